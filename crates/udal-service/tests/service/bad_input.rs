//! Bad input: a clear error, nothing half done, no panic.

use serde_json::{Value as Json, json};
use udal_core::access::AccessBuilder;
use udal_core::{AccessContext, ErrorKind, TenantSlug};
use udal_service::{CountRequest, CreateRequest, ListRequest, Records, UpdateRequest};

use crate::support::{accounts, acme, add, results, service};

async fn count(records: &Records) -> u64 {
    records.count(&acme(), CountRequest::new()).await.unwrap()
}

/// Field and code of each field error.
fn found(error: &udal_core::Error) -> Vec<(&str, &str)> {
    error.field_errors().iter().map(|error| (error.field.as_str(), error.code)).collect()
}

#[tokio::test]
async fn every_field_error_is_said_at_once() {
    let records = results(&service());
    let data = json!({
        "knd": "ph", "value": "7", "count": 9_223_372_036_854_775_808_u64, "taken_at": "yesterday", "price": 1.5,
        "day": "2023-02-29", "is_final": 1, "readings": [1.0, "two"], "version": 3, "id": "Account/1",
    });
    let error = records.create(&acme(), CreateRequest::new(data)).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::InvalidInput, "the record is not a valid `Result`"));
    let at = (error.operation(), error.model(), error.tenant());
    assert_eq!(at, (Some("create"), Some("Result"), Some("acme")));
    let mut errors = found(&error);
    errors.sort_unstable();
    assert_eq!(
        errors,
        [
            ("count", "out_of_range"),
            ("day", "wrong_type"),
            ("id", "wrong_type"),
            ("is_final", "wrong_type"),
            ("kind", "missing"),
            ("knd", "unknown"),
            ("price", "wrong_type"),
            ("readings[1]", "wrong_type"),
            ("taken_at", "wrong_type"),
            ("value", "wrong_type"),
            ("version", "not_allowed"),
        ]
    );
    // Each is on a line of its own in what a person reads.
    assert_eq!(error.to_string().lines().count(), 12);
    assert_eq!(count(&records).await, 0);
}

#[tokio::test]
async fn every_error_of_a_change_is_said_at_once_and_nothing_changes() {
    let records = results(&service());
    let id = add(&records, json!({"kind": "ph", "value": 7.2})).await;
    let changes = json!({"kind": null, "valu": 1, "count": "many", "value": 8.0});
    let error = records.update(&acme(), UpdateRequest::new(&id, changes)).await.unwrap_err();
    let mut errors = found(&error);
    errors.sort_unstable();
    assert_eq!(errors, [("count", "wrong_type"), ("kind", "missing"), ("valu", "unknown")]);
    assert_eq!((error.operation(), error.tenant()), (Some("update"), Some("acme")));
    let kept = records.get(&acme(), &id).await.unwrap().unwrap();
    assert_eq!((kept.version(), kept.to_json()["value"].clone()), (1, json!(7.2)));
}

#[tokio::test]
async fn values_that_no_field_can_hold() {
    let records = results(&service());
    let big = "x".repeat(10 << 20);
    let mut nested = json!(1);
    for _ in 0..65 {
        nested = json!([nested]);
    }
    let ten_thousand: Vec<Json> = vec![json!(1.0); 10_001];
    let cases = [
        (json!({"kind": 5}), ("kind", "wrong_type")),
        (json!({"kind": ["ph"]}), ("kind", "wrong_type")),
        (json!({"kind": null}), ("kind", "missing")),
        (json!({"kind": "a\0b"}), ("kind", "not_allowed")),
        (json!({"kind": big}), ("kind", "too_long")),
        (json!({"kind": "a", "value": "NaN"}), ("value", "wrong_type")),
        (json!({"kind": "a", "value": "Infinity"}), ("value", "wrong_type")),
        (json!({"kind": "a", "value": i64::MAX}), ("value", "out_of_range")),
        (json!({"kind": "a", "count": u64::MAX}), ("count", "out_of_range")),
        (json!({"kind": "a", "count": 1e300}), ("count", "out_of_range")),
        (json!({"kind": "a", "count": 1.5}), ("count", "wrong_type")),
        (json!({"kind": "a", "count": "1"}), ("count", "wrong_type")),
        (json!({"kind": "a", "taken_at": "2024-01-01T00:00:00"}), ("taken_at", "wrong_type")),
        (json!({"kind": "a", "taken_at": big}), ("taken_at", "wrong_type")),
        (json!({"kind": "a", "price": "NaN"}), ("price", "wrong_type")),
        (json!({"kind": "a", "price": "9".repeat(201)}), ("price", "wrong_type")),
        (json!({"kind": "a", "extra": nested}), ("extra", "not_allowed")),
        (json!({"kind": "a", "extra": {"a\0": 1}}), ("extra", "not_allowed")),
        (json!({"kind": "a", "extra": [big]}), ("extra", "too_long")),
        (json!({"kind": "a", "readings": ten_thousand}), ("readings", "too_long")),
        (json!({"kind": "a", "readings": [null]}), ("readings[0]", "wrong_type")),
        (json!({"kind": "a", "id": 7}), ("id", "wrong_type")),
        (json!({"kind": "a", "id": "Result/"}), ("id", "wrong_type")),
        (json!({"kind": "a", "id": "Result/\n"}), ("id", "wrong_type")),
        (json!({"kind": "a", "id": format!("Result/{}", "x".repeat(200))}), ("id", "too_long")),
        (json!({"kind": "a", "owned_by": "u".repeat(201)}), ("owned_by", "too_long")),
        (json!({"kind": "a", "assigned_to": "ada"}), ("assigned_to", "wrong_type")),
        (json!({"kind": "a", "created_at": 0}), ("created_at", "wrong_type")),
    ];
    for (data, expected) in cases {
        let error = records.create(&acme(), CreateRequest::new(data)).await.unwrap_err();
        assert_eq!((error.kind(), found(&error)), (ErrorKind::InvalidInput, vec![expected]), "{error}");
        assert!(error.to_string().len() < 1_000, "{error}");
    }
    assert_eq!(count(&records).await, 0);
}

#[tokio::test]
async fn what_is_not_an_object_is_no_record() {
    let records = accounts(&service());
    for data in [json!(null), json!([]), json!("name"), json!(1), json!([{"name": "a"}])] {
        let error = records.create(&acme(), CreateRequest::new(data.clone())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let error = records.update(&acme(), UpdateRequest::new("Account/1", data)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}

#[tokio::test]
async fn an_unknown_field_of_any_length_is_named_in_a_few_letters() {
    let records = accounts(&service());
    let data = Json::Object(
        [("x\u{1b}[31m".repeat(1 << 20), json!(1)), ("name".to_owned(), json!("a"))].into_iter().collect(),
    );
    let error = records.create(&acme(), CreateRequest::new(data)).await.unwrap_err();
    assert!(error.to_string().len() < 500);
    assert!(!error.to_string().contains('\u{1b}'));
}

async fn refused(records: &Records, filter: Json) -> udal_core::Error {
    let listed = records.list(&acme(), ListRequest::new().filter(filter.clone())).await.unwrap_err();
    let counted = records.count(&acme(), CountRequest::new().filter(filter)).await.unwrap_err();
    assert_eq!((listed.kind(), listed.to_string()), (counted.kind(), counted.to_string()));
    listed
}

#[tokio::test]
async fn a_filter_that_nests_a_thousand_deep_is_refused() {
    let records = results(&service());
    for word in ["not", "or", "and"] {
        let mut filter = json!({"kind": "ph"});
        for _ in 0..1_000 {
            filter = if word == "not" { json!({"not": filter}) } else { json!({word: [filter]}) };
        }
        let error = refused(&records, filter).await;
        assert_eq!((error.kind(), error.field_errors().len()), (ErrorKind::InvalidInput, 1));
        assert!(error.to_string().len() < 500, "{error}");
    }
}

#[tokio::test]
async fn a_filter_that_is_too_wide_is_refused() {
    let records = results(&service());
    let many = |part: Json| json!({"or": vec![part; 1_001]});
    for filter in [many(json!({"kind": "a"})), many(json!({})), many(json!({"and": []})), many(json!({"not": {}}))] {
        assert_eq!(refused(&records, filter).await.kind(), ErrorKind::InvalidInput);
    }
    let listed: Vec<u32> = (0..10_001).collect();
    assert_eq!(found(&refused(&records, json!({"count": {"in": listed}})).await), [("count.in", "too_long")]);
    let fits = json!({"or": vec![json!({"kind": "a"}); 1_000]});
    assert_eq!(records.count(&acme(), CountRequest::new().filter(fits)).await.unwrap(), 0);
}

#[test]
fn slugs_that_no_tenant_can_have() {
    let long = "a".repeat(64);
    for bad in ["../x", "A B", long.as_str(), "postgres", "", "-a", "a/b", "a\0", "é"] {
        let error = TenantSlug::new(bad).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{bad}");
        assert!(error.mend().is_some());
    }
}

#[test]
fn user_ids_that_no_context_takes() {
    let long = "u".repeat(201);
    for bad in ["", "a\0", long.as_str()] {
        let refused = [
            AccessContext::user(bad, None).map(AccessBuilder::build),
            AccessContext::user("ada", Some(bad)).map(AccessBuilder::build),
            AccessContext::user("ada", None).and_then(|access| access.build().acting_for("bob", None)),
            AccessContext::unrestricted("a test").acting_for(bad, None),
        ];
        assert!(refused.into_iter().all(|access| access.unwrap_err().kind() == ErrorKind::InvalidInput));
    }
}
