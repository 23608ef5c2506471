//! Pages, cursors, filters, orders, searches and limits.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};
use udal_core::{Context, ErrorKind};
use udal_service::{CountRequest, CreateRequest, ListRequest, Records, SearchRequest};

use crate::support::{accounts, acme, ada, add, results, service, tenant};

/// Twenty-five results, of which every fifth has no count and many share one.
async fn some_results() -> Records {
    let records = results(&service());
    for at in 0..25 {
        let count = if at % 5 == 0 { Json::Null } else { json!(at % 3) };
        add(&records, json!({"id": format!("Result/{at:02}"), "kind": format!("k{}", at % 2), "count": count})).await;
    }
    records
}

async fn pages(records: &Records, request: ListRequest) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), None);
    loop {
        let page = match &cursor {
            None => request.clone(),
            Some(cursor) => request.clone().cursor(cursor),
        };
        let page = records.list(&acme(), page).await.unwrap();
        ids.extend(page.records.iter().map(|record| record.id().to_owned()));
        match page.next {
            Some(next) => cursor = Some(next),
            None => return ids,
        }
    }
}

#[tokio::test]
async fn pages_by_cursor_give_every_record_once_and_in_order() {
    let records = some_results().await;
    for order in ["", "count", "-count", "-kind,count", "kind,-count", "-id", "created_at,-updated_at"] {
        let whole = records.list(&acme(), ListRequest::new().order_by(order).limit(100)).await.unwrap();
        assert_eq!((whole.records.len(), whole.next), (25, None));
        let whole: Vec<&str> = whole.records.iter().map(udal_core::record::Record::id).collect();
        for limit in [1, 2, 7, 24, 25, 26] {
            assert_eq!(
                pages(&records, ListRequest::new().order_by(order).limit(limit)).await,
                whole,
                "{order} {limit}"
            );
        }
        let filtered = ListRequest::new().order_by(order).limit(3).filter(json!({"count": {"gte": 1}}));
        let found = records.count(&acme(), CountRequest::new().filter(json!({"count": {"gte": 1}}))).await.unwrap();
        assert_eq!(pages(&records, filtered).await.len() as u64, found);
    }
}

#[tokio::test]
async fn a_cursor_holds_long_values_too() {
    let records = results(&service());
    // Each of these letters takes six in JSON.
    for at in 0..3 {
        let kind = format!("{}{at}", "\u{1}".repeat((1 << 20) - 1));
        add(&records, json!({"id": format!("Result/{at}"), "kind": kind})).await;
    }
    assert_eq!(
        pages(&records, ListRequest::new().order_by("-kind").limit(1)).await,
        ["Result/2", "Result/1", "Result/0"]
    );
}

#[tokio::test]
async fn skipping_goes_past_records() {
    let records = some_results().await;
    let page = records.list(&acme(), ListRequest::new().skip(23).limit(5)).await.unwrap();
    let ids: Vec<&str> = page.records.iter().map(udal_core::record::Record::id).collect();
    assert_eq!((ids, page.next), (vec!["Result/23", "Result/24"], None));
    for past in [25, u64::MAX] {
        assert!(records.list(&acme(), ListRequest::new().skip(past)).await.unwrap().records.is_empty());
    }
}

async fn refused(records: &Records, ctx: &Context, request: ListRequest) -> udal_core::Error {
    let error = records.list(ctx, request).await.unwrap_err();
    assert_eq!((error.operation(), error.tenant()), (Some("list"), Some(ctx.tenant().as_str())));
    error
}

#[tokio::test]
async fn a_cursor_of_another_query_is_refused() {
    let service = service();
    let records = results(&service);
    for at in 0..4 {
        add(&records, json!({"kind": "ph", "count": at})).await;
        add(&accounts(&service), json!({"name": "a", "score": at})).await;
    }
    let asked = || ListRequest::new().filter(json!({"kind": "ph"})).order_by("-count").limit(2);
    let next = records.list(&acme(), asked()).await.unwrap().next.unwrap();
    // The limit may change.
    assert_eq!(records.list(&acme(), asked().limit(3).cursor(&next)).await.unwrap().records.len(), 2);
    let others = [
        asked().filter(json!({"kind": "pH"})),
        asked().filter(json!({})),
        ListRequest::new().order_by("-count").limit(2),
        asked().order_by("count"),
        asked().order_by("-value"),
        asked().order_by("-count,kind"),
        asked().order_by(""),
    ];
    for other in others {
        let error = refused(&records, &acme(), other.cursor(&next)).await;
        assert_eq!((error.kind(), error.message()), (ErrorKind::InvalidInput, "the cursor belongs to another query"));
    }
    let elsewhere = Context::new(tenant("other"), acme().access().clone());
    let error = refused(&records, &elsewhere, asked().cursor(&next)).await;
    assert_eq!(error.message(), "the cursor belongs to another query");
    let plain = records.list(&acme(), ListRequest::new().limit(1)).await.unwrap().next.unwrap();
    let error = refused(&accounts(&service), &acme(), ListRequest::new().cursor(plain)).await;
    assert_eq!(error.message(), "the cursor belongs to another query");
}

#[tokio::test]
async fn what_is_not_a_cursor_is_refused() {
    let records = some_results().await;
    let asked = || ListRequest::new().order_by("-count").limit(2);
    let next = records.list(&acme(), asked()).await.unwrap().next.unwrap();
    let (fingerprint, values): (String, Vec<Json>) =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&next).unwrap()).unwrap();
    let forged = |json: Json| URL_SAFE_NO_PAD.encode(json.to_string());
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let garbage = [
        String::new(),
        "nonsense!".to_owned(),
        "é".to_owned(),
        "a\0b".to_owned(),
        "A".repeat(20 << 20),
        next[1..].to_owned(),
        format!("{next}A"),
        format!("{next}=="),
        URL_SAFE_NO_PAD.encode([0xff, 0xfe]),
        URL_SAFE_NO_PAD.encode(nested),
        forged(json!(null)),
        forged(json!({"offset": 10})),
        forged(json!([])),
        forged(json!(["0000000000000000", values])),
        forged(json!([fingerprint])),
        forged(json!([fingerprint, []])),
        forged(json!([fingerprint, [1]])),
        forged(json!([fingerprint, [1, "Result/01", 2]])),
        forged(json!([fingerprint, ["one", "Result/01"]])),
        forged(json!([fingerprint, [1.5, "Result/01"]])),
        forged(json!([fingerprint, [1, 7]])),
        forged(json!([fingerprint, [1, "Result/\u{0}"]])),
        forged(json!([fingerprint, [1, {"$ne": ""}]])),
    ];
    for cursor in garbage {
        let shown: String = cursor.chars().take(80).collect();
        let error = refused(&records, &acme(), asked().cursor(cursor)).await;
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{shown}");
        assert!(error.mend().is_some(), "{shown}");
    }
}

#[tokio::test]
async fn a_cursor_lets_nobody_see_more() {
    let records = accounts(&service());
    for (at, team) in ["north", "south", "north", "south"].iter().enumerate() {
        add(&records, json!({"id": format!("Account/{at}"), "name": "a", "team_id": team})).await;
    }
    let next = records.list(&acme(), ListRequest::new().limit(1)).await.unwrap().next.unwrap();
    let page = records.list(&ada(), ListRequest::new().limit(10).cursor(next)).await.unwrap();
    let ids: Vec<&str> = page.records.iter().map(udal_core::record::Record::id).collect();
    assert_eq!((ids, page.next), (vec!["Account/2"], None));
}

#[tokio::test]
async fn limits_have_bounds() {
    let records = some_results().await;
    for bad in [0, 10_001, usize::MAX] {
        let error = refused(&records, &acme(), ListRequest::new().limit(bad)).await;
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let error = records.search(&acme(), SearchRequest::new("k").limit(bad)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    assert_eq!(records.list(&acme(), ListRequest::new().limit(10_000)).await.unwrap().records.len(), 25);
    assert_eq!(records.search(&acme(), SearchRequest::new("K1").limit(1)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_page_holds_a_hundred_records_when_nothing_is_said() {
    let records = accounts(&service());
    for _ in 0..101 {
        add(&records, json!({"name": "a"})).await;
    }
    let page = records.list(&acme(), ListRequest::new()).await.unwrap();
    assert_eq!((page.records.len(), page.next.is_some()), (100, true));
}

#[tokio::test]
async fn skip_and_cursor_do_not_go_together() {
    let records = some_results().await;
    let next = records.list(&acme(), ListRequest::new().limit(1)).await.unwrap().next.unwrap();
    for skip in [0, 3] {
        let error = refused(&records, &acme(), ListRequest::new().limit(1).skip(skip).cursor(&next)).await;
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}

#[tokio::test]
async fn unknown_fields_get_the_nearest_name_everywhere() {
    let records = accounts(&service());
    let hint = Some("did you mean `score`?");
    let error = refused(&records, &acme(), ListRequest::new().filter(json!({"scor": 1}))).await;
    assert_eq!((error.kind(), error.field_errors()[0].hint.as_deref()), (ErrorKind::UnknownName, hint));
    let error = refused(&records, &acme(), ListRequest::new().order_by("-scor")).await;
    assert_eq!(error.field_errors()[0].hint.as_deref(), hint);
    let error = records.count(&acme(), CountRequest::new().filter(json!({"scor": 1}))).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::UnknownName, Some("count")));
    let error = records.search(&acme(), SearchRequest::new("a").fields(["nam"])).await.unwrap_err();
    assert_eq!(error.field_errors()[0].hint.as_deref(), Some("did you mean `name`?"));
    let error = records.create(&acme(), CreateRequest::new(json!({"name": "a", "scor": 1}))).await.unwrap_err();
    assert_eq!(error.field_errors()[0].hint.as_deref(), hint);
}

#[tokio::test]
async fn a_search_needs_words_and_text_fields() {
    let records = accounts(&service());
    add(&records, json!({"id": "Account/1", "name": "Acme NORTH"})).await;
    let found = records.search(&acme(), SearchRequest::new("north acm").fields(["name"])).await.unwrap();
    assert_eq!(found.len(), 1);
    let many = (0..33).map(|at| format!("w{at} ")).collect::<String>();
    let long = "a".repeat(5_000);
    for words in ["", " \t\n", "a\0b", &many, &long] {
        let error = records.search(&acme(), SearchRequest::new(words)).await.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::InvalidInput, Some("search")));
    }
    for field in ["score", "tags", "status", "version"] {
        let error = records.search(&acme(), SearchRequest::new("a").fields([field])).await.unwrap_err();
        assert_eq!(error.field_errors()[0].code, "not_allowed", "{field}");
    }
}

#[tokio::test]
async fn nothing_is_read_of_a_tenant_that_was_never_written() {
    let service = service();
    let records = accounts(&service);
    assert_eq!(records.list(&acme(), ListRequest::new()).await.unwrap().records, []);
    assert_eq!(records.count(&acme(), CountRequest::new()).await.unwrap(), 0);
    assert_eq!(records.get(&acme(), "Account/1").await.unwrap(), None);
    for id in ["", "../x", "Account/", "Account/\0", &"x".repeat(1 << 20)] {
        assert_eq!(records.get(&acme(), id).await.unwrap(), None);
    }
    assert!(service.list_tenants().await.unwrap().is_empty());
}
