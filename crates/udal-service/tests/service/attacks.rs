//! What someone tries who may see some records and wants to learn of others.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};
use udal_core::access::{Entitlement, Grant, Subject};
use udal_core::contract::{BatchMode, ItemFailure};
use udal_core::{AccessContext, Action, Context, Error, ErrorKind, Ownership};
use udal_memory::MemoryBackend;
use udal_service::{
    BatchUpdateRequest, CountRequest, CreateRequest, DeleteRequest, Hooks, ListRequest, Records, SearchRequest,
    UpdateRequest, UpsertRequest,
};

use crate::support::{Log, Recorder, accounts, acme, add, over, service, tenant};

fn subject() -> Subject {
    Subject::parse("crm.Account").unwrap()
}

/// Mallory, who owns some accounts and holds every permission for these.
fn mallory() -> Context {
    let access = AccessContext::user("mallory", Some("north")).unwrap();
    Context::new(tenant("acme"), access.permit_all(&subject(), &Ownership::OwnerOnly).build())
}

/// Twelve accounts, of which every third is Mallory's.
async fn fill(records: &Records) {
    for at in 0..12 {
        let owner = if at % 3 == 0 { "mallory" } else { "alice" };
        let data =
            json!({"id": format!("Account/{at:02}"), "name": format!("n{at:02}"), "score": at, "owned_by": owner});
        add(records, data).await;
    }
}

const MINE: [&str; 4] = ["Account/00", "Account/03", "Account/06", "Account/09"];

async fn ids(records: &Records, ctx: &Context, request: ListRequest) -> Vec<String> {
    records.list(ctx, request).await.unwrap().records.iter().map(|record| record.id().to_owned()).collect()
}

/// The error's words, with the id that was asked for taken out of them.
fn words(error: &Error, id: &str) -> (ErrorKind, String) {
    (error.kind(), error.to_string().replace(id, "ID"))
}

#[tokio::test]
async fn a_cursor_leads_to_no_more_than_its_query_finds() {
    let records = accounts(&service());
    fill(&records).await;
    let request = || ListRequest::new().order_by("-score").limit(1);
    let mut page = records.list(&acme(), request()).await.unwrap();
    for seen in 1..12 {
        // The cursor of someone who sees everything: its position is that of a hidden record.
        let cursor = page.next.clone().unwrap();
        let expected: Vec<String> = MINE
            .iter()
            .rev()
            .filter(|id| id[8..].parse::<i32>().unwrap() < 12 - seen)
            .map(|id| (*id).to_owned())
            .collect();
        assert_eq!(ids(&records, &mallory(), ListRequest::new().order_by("-score").cursor(&cursor)).await, expected);
        page = records.list(&acme(), request().cursor(&cursor)).await.unwrap();
    }
    // One with other values is a position like any other; one of another query is refused.
    let page = records.list(&mallory(), request()).await.unwrap();
    let text = URL_SAFE_NO_PAD.decode(page.next.unwrap()).unwrap();
    let (print, _): (String, Vec<Json>) = serde_json::from_slice(&text).unwrap();
    let forged = |print: &str, values: Json| URL_SAFE_NO_PAD.encode(json!([print, values]).to_string());
    let ctx = mallory();
    let ask = |cursor: String| records.list(&ctx, ListRequest::new().order_by("-score").cursor(cursor));
    let listed = ask(forged(&print, json!([7, "Account/07"]))).await.unwrap().records;
    assert_eq!(listed.iter().map(|record| record.id()).collect::<Vec<_>>(), ["Account/06", "Account/03", "Account/00"]);
    for bad in
        [forged("0", json!([7, "Account/07"])), forged(&print, json!([7])), forged(&print, json!(["x", "Account/07"]))]
    {
        assert_eq!(ask(bad).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}

#[tokio::test]
async fn no_filter_order_search_or_count_tells_of_hidden_records() {
    let records = accounts(&service());
    fill(&records).await;
    for filter in [
        json!({"owned_by": "alice"}),
        json!({"id": {"in": ["Account/01", "Account/02"]}}),
        json!({"not": {"owned_by": "mallory"}}),
        json!({"score": {"gt": 9}}),
        json!({"or": [{"owned_by": "alice"}, {"not": {"owned_by": {"is_null": true}}}], "owned_by": {"ne": "mallory"}}),
    ] {
        assert_eq!(ids(&records, &mallory(), ListRequest::new().filter(filter.clone())).await, Vec::<String>::new());
        assert_eq!(records.count(&mallory(), CountRequest::new().filter(filter)).await.unwrap(), 0);
    }
    for order in ["score", "-score", "owned_by,-id", "created_at"] {
        let mut got = ids(&records, &mallory(), ListRequest::new().order_by(order)).await;
        got.sort();
        assert_eq!(got, MINE, "{order}");
        // A page says that more follows only where more is seen.
        let page = records.list(&mallory(), ListRequest::new().order_by(order).limit(4)).await.unwrap();
        assert_eq!((page.records.len(), page.next), (4, None));
        assert_eq!(ids(&records, &mallory(), ListRequest::new().order_by(order).skip(4)).await, Vec::<String>::new());
    }
    assert_eq!(records.search(&mallory(), SearchRequest::new("n01")).await.unwrap(), []);
    assert_eq!(records.search(&mallory(), SearchRequest::new("n")).await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_hidden_id_is_answered_as_one_that_was_never_given() {
    let records = accounts(&service());
    fill(&records).await;
    let mut answers = Vec::new();
    for id in ["Account/01", "Account/never"] {
        let update = |version| {
            let request = UpdateRequest::new(id, json!({"score": 1}));
            match version {
                Some(version) => request.if_version(version),
                None => request,
            }
        };
        let mut told = Vec::new();
        for version in [None, Some(1), Some(2)] {
            told.push(words(&records.update(&mallory(), update(version)).await.unwrap_err(), id));
            let mut delete = DeleteRequest::new(id);
            if let Some(version) = version {
                delete = delete.if_version(version);
            }
            assert!(!records.delete(&mallory(), delete).await.unwrap());
            let batch = BatchUpdateRequest::from_items(vec![update(version)]).mode(BatchMode::PerItem);
            let ItemFailure { error, .. } = records.batch_update(&mallory(), batch).await.unwrap().failures.remove(0);
            told.push(words(&error, id));
        }
        assert_eq!(records.get(&mallory(), id).await.unwrap(), None);
        answers.push(told);
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn a_taken_id_says_the_same_whosever_it_is() {
    let records = accounts(&service());
    fill(&records).await;
    let mut answers = Vec::new();
    for id in ["Account/00", "Account/01"] {
        let data = json!({"id": id, "name": "x"});
        let single = records.create(&mallory(), CreateRequest::new(data.clone())).await.unwrap_err();
        assert_eq!(single.kind(), ErrorKind::AlreadyExists);
        assert!(!single.to_string().contains("alice") && single.field_errors().is_empty());
        answers.push(words(&single, id));
    }
    assert_eq!(answers[0], answers[1]);
    // To write over a hidden record is to take its id.
    let item = json!({"id": "Account/01", "name": "mine", "owned_by": "mallory"});
    let upsert = UpsertRequest::from_items(vec![item]).mode(BatchMode::PerItem);
    let failures = records.upsert(&mallory(), upsert).await.unwrap().failures;
    assert_eq!(words(&failures[0].error, "Account/01"), answers[1]);
    assert_eq!(records.get(&acme(), "Account/01").await.unwrap().unwrap().version(), 1);
}

#[tokio::test]
async fn a_list_that_goes_on_after_the_grant_was_taken_ends() {
    let records = accounts(&service());
    fill(&records).await;
    let first = records.list(&mallory(), ListRequest::new().limit(2)).await.unwrap();
    let next = first.next.unwrap();
    let revoked = Context::new(tenant("acme"), AccessContext::user("mallory", Some("north")).unwrap().build());
    let page = records.list(&revoked, ListRequest::new().limit(2).cursor(&next)).await.unwrap();
    assert_eq!((page.records.len(), page.next), (0, None));
    let narrower = Entitlement::of(Ownership::TeamWide).grant(Grant::new("another role"));
    let access = AccessContext::user("mallory", Some("north")).unwrap();
    let access = access.permit(subject().permission(Action::View), narrower).build();
    let page = records.list(&Context::new(tenant("acme"), access), ListRequest::new().cursor(next)).await.unwrap();
    assert_eq!(page.records, []);
}

#[tokio::test]
async fn another_tenants_records_are_not_there() {
    let records = accounts(&service());
    fill(&records).await;
    let access = AccessContext::user("mallory", Some("north")).unwrap();
    let elsewhere = Context::new(tenant("other"), access.permit_all(&subject(), &Ownership::OwnerOnly).build());
    assert_eq!(records.get(&elsewhere, "Account/00").await.unwrap(), None);
    assert_eq!(records.count(&elsewhere, CountRequest::new()).await.unwrap(), 0);
    let error = records.update(&elsewhere, UpdateRequest::new("Account/00", json!({"score": 1}))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn hooks_are_not_called_for_what_may_not_be_written() {
    let (log, backend) = (Log::default(), Arc::new(MemoryBackend::new()));
    fill(&accounts(&over(&backend).build().unwrap())).await;
    let hook: Arc<dyn Hooks> = Recorder::new("hook", &log);
    let records = accounts(&over(&backend).hooks("crm", "Account", hook).build().unwrap());
    let viewer = {
        let all = Entitlement::of(Ownership::OwnerOnly).grant(Grant::new("a role"));
        let access = AccessContext::user("mallory", Some("north")).unwrap();
        Context::new(tenant("acme"), access.permit(subject().permission(Action::View), all).build())
    };
    for (ctx, id) in [(viewer.clone(), "Account/00"), (mallory(), "Account/01")] {
        let request = || UpdateRequest::new(id, json!({"score": 1}));
        assert_eq!(records.update(&ctx, request()).await.unwrap_err().kind(), ErrorKind::NotFound);
        assert!(!records.delete(&ctx, DeleteRequest::new(id)).await.unwrap());
        for mode in [BatchMode::Atomic, BatchMode::PerItem] {
            let answer = records.batch_update(&ctx, BatchUpdateRequest::from_items(vec![request()]).mode(mode)).await;
            let kind = answer.map_or_else(|error| error.kind(), |answer| answer.failures[0].error.kind());
            assert_eq!(kind, ErrorKind::NotFound);
        }
    }
    let created = records.create(&viewer, CreateRequest::new(json!({"name": "x"}))).await;
    assert_eq!(created.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(log.take_calls(), Vec::<String>::new());
}
