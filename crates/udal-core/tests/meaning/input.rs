//! JSON to records and changes, and back.

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use udal_core::model::position;
use udal_core::record::{Patch, Record, read_changes, read_id, read_new, read_upsert};

use crate::sample::{any_record, model, record};

fn found(error: &udal_core::Error) -> Vec<(&str, &str)> {
    error.field_errors().iter().map(|error| (error.field.as_str(), error.code)).collect()
}

#[test]
fn a_draft_holds_what_was_given_in_one_form() {
    let data = json!({
        "name": "a", "rank": 1, "note": null, "ratio": 2, "at": "2024-01-01t01:00:00.5+01:00", "price": "01.50",
        "extra": {"b": 1.0, "a": [null]}, "tags": ["b", "a", "b"], "scores": [2, 1, 2], "assigned_to": [],
    });
    let draft = read_new(&model(), &data).unwrap();
    assert!(!draft.has(position::ID) && !draft.has(position::ASSIGNED_TO) && !draft.has(position::VERSION));
    let json = draft.into_record().to_json();
    let expected = json!({
        "id": null, "name": "a", "note": null, "count": null, "rank": 1, "ratio": 2.0, "done": null,
        "at": "2024-01-01T00:00:00.500000Z", "day": null, "price": "1.5", "extra": {"a": [null], "b": 1},
        "state": null, "parent": null, "tags": ["a", "b"], "scores": [2, 1, 2], "version": null, "created_at": null,
        "updated_at": null, "created_by": null, "owned_by": null, "assigned_to": [], "team_id": null,
    });
    assert_eq!(json, expected);
}

#[test]
fn an_upsert_is_a_whole_record_and_what_was_given_of_it() {
    let data = json!({"id": "Thing/a", "created_at": "2024-01-01T00:00:00Z", "name": "a", "rank": 1, "note": null});
    let (draft, patch) = read_upsert(&model(), &data).unwrap();
    assert!(draft.has(position::ID) && draft.has(position::CREATED_AT));
    let given: Vec<_> = patch.changes().iter().map(|change| (change.field.name(), change.value.is_some())).collect();
    assert_eq!(given, [("name", true), ("note", false), ("rank", true)]);
    let error = read_upsert(&model(), &json!({"note": 1, "version": 2})).unwrap_err();
    let mut fields: Vec<&str> = error.field_errors().iter().map(|error| error.field.as_str()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["name", "note", "rank", "version"]);
}

#[test]
fn filling_keeps_what_was_given() {
    let mut draft = read_new(&model(), &json!({"name": "a", "rank": 1, "owned_by": "ada"})).unwrap();
    draft.fill(position::OWNED_BY, Some("bob".into()));
    draft.fill(position::TEAM_ID, Some("north".into()));
    let record = draft.into_record();
    assert_eq!(record.value("owned_by").unwrap().as_str(), Some("ada"));
    assert_eq!(record.value("team_id").unwrap().as_str(), Some("north"));
}

#[test]
fn each_mistake_is_named_once() {
    for (data, expected) in [
        (json!({}), vec![("name", "missing"), ("rank", "missing")]),
        (json!({"name": null, "rank": 1}), vec![("name", "missing")]),
        (json!({"name": 5, "rank": "x"}), vec![("name", "wrong_type"), ("rank", "wrong_type")]),
        (json!({"name": "a", "rank": 1, "tags": ["a", 1, 2]}), vec![("tags[1]", "wrong_type")]),
        (json!({"name": "a", "rank": 1, "tags": "a"}), vec![("tags", "wrong_type")]),
        (json!({"name": "a", "rank": 1, "": 1}), vec![("", "unknown")]),
        (json!({"name": "a", "Rank": 1}), vec![("Rank", "unknown"), ("rank", "missing")]),
        (json!({"name": "a", "rank": 1, "version": 1}), vec![("version", "not_allowed")]),
        (json!({"name": "a", "rank": 1, "updated_at": null}), vec![("updated_at", "not_allowed")]),
        (json!({"name": "a", "rank": 1, "id": "thing/1"}), vec![("id", "wrong_type")]),
        (json!({"name": "a", "rank": 1, "parent": "Thing"}), vec![("parent", "wrong_type")]),
    ] {
        let error = read_new(&model(), &data).unwrap_err();
        assert_eq!(found(&error), expected, "{data}");
    }
    let error =
        read_changes(&model(), &json!({"name": null, "id": "Thing/1", "created_at": null, "nme": 1})).unwrap_err();
    let mut named = found(&error);
    named.sort_unstable();
    assert_eq!(named, [("created_at", "not_allowed"), ("id", "not_allowed"), ("name", "missing"), ("nme", "unknown")]);
}

#[test]
fn no_answer_lists_more_than_a_hundred_mistakes() {
    let unknown = |at| (format!("nothing{at}"), json!(1));
    let data: Json = (0..100_000).map(unknown).collect::<serde_json::Map<_, _>>().into();
    assert_eq!(read_changes(&model(), &data).unwrap_err().field_errors().len(), 100);
    assert_eq!(udal_core::filter::parse(&model(), &data).unwrap_err().field_errors().len(), 100);
    let names: Vec<String> = (0..100_000).map(|at| format!("nothing{at}")).collect();
    assert_eq!(udal_core::order::Order::parse(&model(), &names.join(",")).unwrap_err().field_errors().len(), 100);
    assert_eq!(udal_core::search::Query::new(&model(), "a", &names).unwrap_err().field_errors().len(), 100);
}

#[test]
fn changes_merge() {
    let model = model();
    let mut changed =
        record("1", json!({"name": "a", "rank": 1, "note": "n", "tags": ["a"]}).as_object().unwrap().clone());
    let patch = read_changes(&model, &json!({"note": null, "rank": 2, "tags": []})).unwrap();
    let fields: Vec<&str> = patch.changes().iter().map(|change| change.field.name()).collect();
    assert_eq!(fields, ["note", "rank", "tags"]);
    changed.apply(&patch);
    let json = changed.to_json();
    assert_eq!(
        (&json["name"], &json["note"], &json["rank"], &json["tags"]),
        (&json!("a"), &Json::Null, &json!(2), &json!([]))
    );
    assert_eq!(changed.version(), 2);
    changed.apply(&Patch::default());
    assert_eq!(changed.version(), 3);
}

#[test]
fn ids_belong_to_their_model() {
    for good in ["Thing/1", "Thing/a/b", "Thing/é ", "Thing/../x"] {
        assert!(read_id(&model(), good).is_ok(), "{good}");
    }
    let long = format!("Thing/{}", "x".repeat(195));
    for bad in ["", "Thing", "Thing/", "thing/1", "Things/1", "Other/1", "Thing/a\nb", "Thing/\u{7f}", long.as_str()] {
        assert_eq!(found(&read_id(&model(), bad).unwrap_err()), [("id", "wrong_type")], "{bad}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(record in any_record()) {
        let json = record.to_json();
        prop_assert_eq!(&serde_json::to_value(&record).unwrap(), &json);
        let text = serde_json::to_string(&record).unwrap();
        let again: Json = serde_json::from_str(&text).unwrap();
        let read = Record::from_members(record.model(), again.as_object().unwrap()).unwrap();
        prop_assert_eq!(read, record);
    }
}
