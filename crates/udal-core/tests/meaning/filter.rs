//! What filters are refused for, and that the normal form means what the filter means.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};
use udal_core::ErrorKind;
use udal_core::filter::{Normal, Predicate, Test, evaluate, parse};
use udal_core::model::Field;
use udal_core::record::Record;

use crate::sample::{any_record, model, record, values_of};

fn refused(filter: &Json) -> udal_core::Error {
    parse(&model(), filter).unwrap_err()
}

/// Path and code of each error.
fn found(error: &udal_core::Error) -> Vec<(&str, &str)> {
    error.field_errors().iter().map(|error| (error.field.as_str(), error.code)).collect()
}

#[test]
fn each_error_says_where_it_stands() {
    let cases = [
        (json!([]), ("filter", "wrong_type")),
        (json!(null), ("filter", "wrong_type")),
        (json!({"nam": 1}), ("nam", "unknown")),
        (json!({"or": [{"name": "a"}, {"not": {"nam": 1}}]}), ("or[1].not.nam", "unknown")),
        (json!({"or": {"name": "a"}}), ("or", "wrong_type")),
        (json!({"and": [{"or": "x"}]}), ("and[0].or", "wrong_type")),
        (json!({"and": [3]}), ("and[0]", "wrong_type")),
        (json!({"not": [{"name": "a"}]}), ("not", "wrong_type")),
        (json!({"rank": {}}), ("rank", "missing")),
        (json!({"rank": {"gtee": 1}}), ("rank.gtee", "unknown_operator")),
        (json!({"rank": {"$gt": 1}}), ("rank.$gt", "unknown_operator")),
        (json!({"or": [{"rank": {"gte": "5"}}]}), ("or[0].rank.gte", "wrong_type")),
        (json!({"rank": "5"}), ("rank", "wrong_type")),
        (json!({"rank": {"eq": "5"}}), ("rank", "wrong_type")),
        (json!({"rank": {"in": 5}}), ("rank.in", "wrong_type")),
        (json!({"rank": {"in": [5, "6"]}}), ("rank.in", "wrong_type")),
        (json!({"rank": {"not_in": [null]}}), ("rank.not_in", "wrong_type")),
        (json!({"rank": [5]}), ("rank", "wrong_type")),
        (json!({"note": null}), ("note", "wrong_type")),
        (json!({"note": {"ne": null}}), ("note.ne", "wrong_type")),
        (json!({"note": {"is_null": "yes"}}), ("note.is_null", "wrong_type")),
        (json!({"note": {"is_null": null}}), ("note.is_null", "wrong_type")),
        (json!({"note": {"contains": 1}}), ("note.contains", "wrong_type")),
        (json!({"note": "a\0"}), ("note", "not_allowed")),
        (json!({"rank": {"contains": "1"}}), ("rank.contains", "not_allowed")),
        (json!({"state": {"starts_with": "o"}}), ("state.starts_with", "not_allowed")),
        (json!({"state": {"lt": "open"}}), ("state.lt", "not_allowed")),
        (json!({"state": "ajar"}), ("state", "not_allowed")),
        (json!({"done": {"gt": false}}), ("done.gt", "not_allowed")),
        (json!({"parent": "Other/1"}), ("parent", "wrong_type")),
        (json!({"extra": "x"}), ("extra", "not_allowed")),
        (json!({"extra": {"has": 1}}), ("extra.has", "not_allowed")),
        (json!({"tags": "a"}), ("tags", "not_allowed")),
        (json!({"tags": {"in": ["a"]}}), ("tags.in", "not_allowed")),
        (json!({"name": {"has": "a"}}), ("name.has", "not_allowed")),
        (json!({"at": {"gt": "2024-01-01"}}), ("at.gt", "wrong_type")),
    ];
    for (filter, expected) in cases {
        let error = refused(&filter);
        assert_eq!(found(&error), [expected], "{filter}");
        let kind = if expected.1 == "unknown" { ErrorKind::UnknownName } else { ErrorKind::InvalidInput };
        assert_eq!(error.kind(), kind, "{filter}");
    }
}

#[test]
fn every_error_is_said_with_a_hint_where_one_is_near() {
    let filter = json!({"nam": 1, "rank": {"gtee": 1, "lt": "x"}, "or": [{"tags": "a"}]});
    let error = refused(&filter);
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let found = found(&error);
    let all = [
        ("nam", "unknown"),
        ("or[0].tags", "not_allowed"),
        ("rank.gtee", "unknown_operator"),
        ("rank.lt", "wrong_type"),
    ];
    assert!(all.iter().all(|one| found.contains(one)) && found.len() == 4, "{found:?}");
    let hint = |field: &str| error.field_errors().iter().find(|error| error.field == field).unwrap().hint.clone();
    assert_eq!(hint("nam").as_deref(), Some("did you mean `name`?"));
    assert_eq!(hint("rank.gtee").as_deref(), Some("did you mean `gte`?"));
}

#[test]
fn depth_and_width_have_bounds() {
    let nested = |depth: usize| (0..depth).fold(json!({"rank": 1}), |inner, _| json!({"not": inner}));
    assert!(parse(&model(), &nested(32)).is_ok());
    assert_eq!(refused(&nested(33)).field_errors()[0].code, "not_allowed");
    assert!(parse(&model(), &json!({"or": vec![json!({"rank": 1}); 1_000]})).is_ok());
    assert!(refused(&json!({"or": vec![json!({"rank": 1}); 1_001]})).message().contains("more than 1,000 conditions"));
    assert!(refused(&json!({"or": vec![json!({}); 1_001]})).message().contains("more than 1,000 conditions"));
    assert!(parse(&model(), &json!({"rank": {"in": vec![1; 10_000]}})).is_ok());
    assert_eq!(refused(&json!({"rank": {"in": vec![1; 10_001]}})).field_errors()[0].code, "too_long");
}

#[test]
fn what_filters_say_of_missing_values() {
    let record = |json: Json| record("1", json.as_object().unwrap().clone());
    let (bare, full) = (
        record(json!({"name": "", "rank": 0, "scores": []})),
        record(json!({"name": "a", "rank": 1, "note": "", "count": 5, "tags": ["a"], "scores": [1, 1]})),
    );
    for (filter, of_bare, of_full) in [
        (json!({}), true, true),
        (json!({"not": {}}), false, false),
        (json!({"and": []}), true, true),
        (json!({"or": []}), false, false),
        (json!({"count": {"ne": 6}}), false, true),
        (json!({"count": {"not_in": []}}), false, true),
        (json!({"count": {"in": []}}), false, false),
        (json!({"not": {"count": {"ne": 6}}}), true, false),
        (json!({"not": {"count": {"gt": 5}}}), true, true),
        (json!({"count": {"is_null": true}}), true, false),
        (json!({"count": {"is_null": false}}), false, true),
        (json!({"note": {"is_null": true}}), true, false),
        (json!({"note": {"contains": ""}}), false, true),
        (json!({"name": {"starts_with": ""}}), true, true),
        (json!({"tags": {"is_null": true}}), true, false),
        (json!({"scores": {"is_null": true}}), false, false),
        (json!({"scores": {"has": 1}}), false, true),
        (json!({"not": {"tags": {"has": "b"}}}), true, true),
        (json!({"name": "a", "rank": {"gte": 1, "lt": 2}}), false, true),
        (json!({"rank": {"gte": 1, "lt": 1}}), false, false),
        (json!({"id": "Thing/1", "version": 1}), true, true),
    ] {
        let predicate = parse(&model(), &filter).unwrap();
        assert_eq!((evaluate(&predicate, &bare), evaluate(&predicate, &full)), (of_bare, of_full), "{filter}");
    }
}

/// The meaning of the normal form, as a store computes it: every part is known to be true or false.
fn holds(normal: &Normal, record: &Record) -> bool {
    let test = |field: &Arc<Field>, test: &Test| evaluate(&Predicate::Test(field.clone(), test.clone()), record);
    match normal {
        Normal::All(parts) => parts.iter().all(|part| holds(part, record)),
        Normal::Any(parts) => parts.iter().any(|part| holds(part, record)),
        Normal::Missing(field) => record.get(field).is_none(),
        Normal::Present(field) => record.get(field).is_some(),
        Normal::Holds(field, tested) => {
            assert!(!matches!(tested, Test::Missing | Test::Present));
            test(field, tested)
        }
        Normal::Fails(field, tested) => {
            assert!(matches!(tested, Test::Contains(_) | Test::StartsWith(_) | Test::Has(_)));
            record.get(field).is_some() && !test(field, tested)
        }
    }
}

/// A test of some field that fits its type.
fn any_test() -> impl Strategy<Value = Json> {
    let model = model();
    let tests = model.declared_fields().flat_map(|field| {
        let name = field.name().to_owned();
        let values = values_of(&name);
        let operators: &[&str] = match name.as_str() {
            "name" | "note" => &["eq", "ne", "in", "not_in", "lt", "lte", "gt", "gte", "contains", "starts_with"],
            "done" | "state" | "parent" => &["eq", "ne", "in", "not_in"],
            "extra" => &[],
            "tags" | "scores" => &["has"],
            _ => &["eq", "ne", "in", "not_in", "lt", "lte", "gt", "gte"],
        };
        let mut tests = vec![json!({&name: {"is_null": true}}), json!({&name: {"is_null": false}})];
        for operator in operators {
            tests.extend(values.iter().map(|value| {
                let element =
                    value.as_array().map_or_else(|| value.clone(), |all| all.first().cloned().unwrap_or(json!(0)));
                let element = if name == "tags" && !element.is_string() { json!("a") } else { element };
                match *operator {
                    "in" | "not_in" => json!({&name: {*operator: [element, values[0], element]}}),
                    _ => json!({&name: {*operator: element}}),
                }
            }));
        }
        tests
    });
    select(tests.collect::<Vec<_>>())
}

fn any_filter() -> impl Strategy<Value = Json> {
    any_test().prop_recursive(5, 24, 4, |inner| {
        let list = proptest::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            inner.prop_map(|filter| json!({"not": filter})),
            list.clone().prop_map(|filters| json!({"or": filters})),
            list.prop_map(|filters| json!({"and": filters})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_normal_form_means_the_same(filter in any_filter(), record in any_record()) {
        let predicate = parse(&model(), &filter).unwrap();
        let meant = evaluate(&predicate, &record);
        prop_assert_eq!(holds(&predicate.normal(), &record), meant, "{}", predicate);
        let not = Predicate::Not(Box::new(predicate));
        prop_assert_eq!(evaluate(&not, &record), !meant);
        prop_assert_eq!(holds(&not.normal(), &record), !meant, "{}", not);
    }

    #[test]
    fn both_means_both(one in any_filter(), two in any_filter(), record in any_record()) {
        let (one, two) = (parse(&model(), &one).unwrap(), parse(&model(), &two).unwrap());
        let both = evaluate(&one, &record) && evaluate(&two, &record);
        prop_assert_eq!(evaluate(&one.clone().and(two.clone()), &record), both);
        prop_assert_eq!(evaluate(&Predicate::always().and(one.clone()), &record), evaluate(&one, &record));
        prop_assert!(!evaluate(&one.and(Predicate::never()), &record));
    }
}
