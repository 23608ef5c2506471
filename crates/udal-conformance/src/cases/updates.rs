//! Updates: what they change, what they keep, and when they change nothing.

use serde_json::json;
use udal_core::ErrorKind::{Denied, NotFound, VersionConflict};
use udal_core::Ownership;
use udal_core::contract::Update;
use udal_core::record::{Patch, Record};
use udal_core::value::{Timestamp, Value};

use crate::case::{Case, Failure, Outcome, case};
use crate::expect::{equal, fails, same_record};
use crate::rows::Rows;
use crate::subject::Need;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("UPDATE-1", what_is_not_in_the_patch_stays),
        case!("UPDATE-1", null_clears_and_absent_keeps),
        case!("UPDATE-1", an_empty_value_is_not_a_cleared_one),
        case!("UPDATE-1", every_type_changes_exactly),
        case!("UPDATE-1", sets_and_lists_are_replaced_whole),
        case!("UPDATE-1", system_fields_change_as_the_patch_says),
        case!("UPDATE-1", one_record_alone_changes),
        case!("UPDATE-1", every_field_of_a_wide_record_changes),
        case!("UPDATE-1", what_was_changed_is_found_by_its_new_values),
        case!("UPDATE-3", a_version_that_never_was_is_refused),
        case!("UPDATE-3", a_stale_version_moves_nothing).needs(Need::Tables),
        case!("UPDATE-4", a_record_that_is_not_there_is_not_found),
        case!("UPDATE-4", a_record_out_of_reach_is_not_found),
        case!("UPDATE-4", a_record_out_of_reach_is_not_found_at_any_version),
        case!("UPDATE-4", a_deleted_record_is_not_found),
        case!("UPDATE-4", ids_that_look_alike_are_not_found),
        case!("UPDATE-5", a_record_is_not_given_away),
        case!("UPDATE-5", a_record_may_change_hands_within_reach),
        case!("UPDATE-5", a_refused_update_moves_nothing).needs(Need::Tables),
    ]
}

async fn what_is_not_in_the_patch_stays(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let mut record =
        rows.create("a", json!({"name": "n", "value": 1, "tags": ["x"], "owned_by": "ann", "team_id": "red"})).await?;
    let updated = rows.update("a", json!({"value": 2})).await?;
    record.set(rows.model.field("value")?, Some(Value::Int(2)));
    record.set(rows.model.field("version")?, Some(Value::Int(2)));
    same_record(&updated, &record)?;
    rows.hold(&[record]).await
}

async fn null_clears_and_absent_keeps(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.create("a", json!({"name": "n", "value": 1, "tags": ["x"], "owned_by": "ann"})).await?;
    let updated = rows.update("a", json!({"name": null, "tags": null, "owned_by": null})).await?;
    equal(updated.value("name"), None::<&Value>)?;
    equal(updated.value("tags"), None::<&Value>)?;
    equal(updated.value("owned_by"), None::<&Value>)?;
    equal(updated.value("value"), Some(&Value::Int(1)))?;
    equal(rows.find(json!({"name": {"is_null": true}, "tags": {"is_null": true}, "value": 1})).await?, vec!["a"])?;
    rows.hold(&[updated]).await
}

async fn an_empty_value_is_not_a_cleared_one(world: &World) -> Outcome {
    let lists = world.rows("Lists")?;
    lists.create("a", json!({"text": ["x"], "whole": [1]})).await?;
    let updated = lists.update("a", json!({"text": [], "whole": null})).await?;
    equal(updated.value("text"), Some(&Value::List(Vec::new())))?;
    equal(updated.value("whole"), None::<&Value>)?;
    lists.hold(&[updated]).await?;
    let plain = world.rows("Plain")?;
    plain.create("a", json!({"name": "n", "tags": ["x"]})).await?;
    let updated = plain.update("a", json!({"name": "", "tags": []})).await?;
    equal(updated.value("name"), Some(&Value::from("")))?;
    equal(updated.value("tags"), None::<&Value>)?;
    plain.hold(&[updated]).await
}

async fn every_type_changes_exactly(world: &World) -> Outcome {
    let rows = world.rows("Strict")?;
    let friends = world.rows("Friend")?;
    friends.create("a", json!({})).await?;
    friends.create("b", json!({})).await?;
    let before = json!({
        "text": "", "whole": 0, "number": 0.5, "truth": false, "instant": "2024-01-01T00:00:00Z", "day": "2024-01-01",
        "amount": "1.10", "choice": "low", "friend": "Friend/a", "anything": [], "texts": ["a"],
    });
    let after = json!({
        "text": "'; %_\\ \u{10ffff}", "whole": i64::MAX, "number": -1.797_693_134_862_315_7e308, "truth": true,
        "instant": "9999-12-31T23:59:59.999999Z", "day": "0001-01-01", "amount": "98765432109876543210.0123456789",
        "choice": "a b", "friend": "Friend/b", "anything": {"a": [null, {"é": 1e-300}]}, "texts": ["b", "", "b"],
    });
    let mut expected = rows.record("a", after.clone())?;
    expected.set(rows.model.field("version")?, Some(Value::Int(2)));
    rows.create("a", before).await?;
    same_record(&rows.update("a", after).await?, &expected)?;
    rows.hold(&[expected]).await
}

async fn sets_and_lists_are_replaced_whole(world: &World) -> Outcome {
    let sets = world.rows("Sets")?;
    sets.create("a", json!({"text": ["b", "a"], "whole": [3]})).await?;
    let updated = sets.update("a", json!({"text": ["c", "", "c"]})).await?;
    equal(updated.value("text"), Some(&Value::Set(vec![Value::from(""), Value::from("c")])))?;
    equal(updated.value("whole"), Some(&Value::Set(vec![Value::Int(3)])))?;
    equal(sets.find(json!({"text": {"has": "a"}})).await?, Vec::<String>::new())?;
    equal(sets.find(json!({"text": {"has": "c"}})).await?, vec!["a"])?;
    let lists = world.rows("Lists")?;
    lists.create("a", json!({"whole": [1, 2, 3]})).await?;
    let updated = lists.update("a", json!({"whole": [2, 1, 2]})).await?;
    equal(updated.value("whole"), Some(&Value::List([2, 1, 2].map(Value::Int).to_vec())))?;
    lists.hold(&[updated]).await
}

async fn system_fields_change_as_the_patch_says(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let mut record = rows.create("a", json!({"owned_by": "ann", "assigned_to": ["ann"]})).await?;
    let later = Timestamp::parse("2025-06-07T08:09:10.111213Z").map_err(Failure::new)?;
    let changes = [
        ("updated_at", Some(Value::DateTime(later))),
        ("owned_by", Some(Value::from("bob"))),
        ("assigned_to", Value::set(vec![Value::from("zoe"), Value::from("bob")])),
        ("team_id", Some(Value::from("red"))),
    ];
    let mut patch = Patch::default();
    for (name, value) in changes {
        let field = rows.model.field(name)?.clone();
        record.set(&field, value.clone());
        patch.set(field, value);
    }
    record.set(rows.model.field("version")?, Some(Value::Int(2)));
    same_record(&patched(world, &rows, "a", patch).await?, &record)?;
    rows.hold(&[record]).await
}

/// What an update with that patch, which JSON could not say, answers.
async fn patched(world: &World, rows: &Rows, key: &str, patch: Patch) -> Result<Record, Failure> {
    let op = Update { model: rows.model.clone(), id: rows.id(key), patch, if_version: None };
    Ok(world.backend.update(&rows.ctx, op).await?)
}

async fn one_record_alone_changes(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let mut records = Vec::new();
    for key in ["a", "A", "a ", "á", "a%", "_", "a\\"] {
        records.push(rows.create(key, json!({"name": "n", "value": 1})).await?);
    }
    for (at, key) in ["a%", "_", "a"].into_iter().enumerate() {
        let changed = rows.update(key, json!({"value": at + 2})).await?;
        records.retain(|record| record.id() != changed.id());
        records.push(changed);
        rows.hold(&records).await?;
    }
    Ok(())
}

async fn every_field_of_a_wide_record_changes(world: &World) -> Outcome {
    let rows = world.rows("Wide")?;
    let members = |text: &str| {
        let names = rows.model.declared_fields().enumerate();
        names.map(|(at, field)| (field.name().to_owned(), json!(format!("{text}{at}")))).collect()
    };
    rows.create("a", members("before")).await?;
    let mut expected = rows.record("a", members("after"))?;
    expected.set(rows.model.field("version")?, Some(Value::Int(2)));
    same_record(&rows.update("a", members("after")).await?, &expected)?;
    rows.hold(&[expected]).await
}

async fn what_was_changed_is_found_by_its_new_values(world: &World) -> Outcome {
    let rows = world.rows("Note")?;
    rows.create("a", json!({"title": "old title", "pages": 1})).await?;
    rows.create("b", json!({"title": "another", "pages": 5})).await?;
    rows.update("a", json!({"title": "new title", "pages": 9})).await?;
    equal(rows.find(json!({"pages": 1})).await?, Vec::<String>::new())?;
    equal(rows.find(json!({"pages": {"gt": 5}})).await?, vec!["a"])?;
    equal(rows.search("OLD", &["title"]).await?, Vec::<String>::new())?;
    equal(rows.search("NEW", &["title"]).await?, vec!["a"])?;
    equal(rows.ordered("-pages").await?, vec!["a", "b"])
}

/// A day of that year, as the models that are split by time want it.
fn day_of(year: u16) -> serde_json::Value {
    json!({"taken_at": format!("{year}-05-01T00:00:00Z"), "day": format!("{year}-05-01"), "value": 1.5})
}

async fn a_version_that_never_was_is_refused(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let record = rows.create("a", json!({"value": 1})).await?;
    for version in [0, -1, 2, i64::MAX, i64::MIN] {
        fails(rows.update_if("a", json!({"value": 2}), Some(version)).await, VersionConflict)?;
    }
    rows.hold(&[record]).await
}

async fn a_stale_version_moves_nothing(world: &World) -> Outcome {
    let rows = world.rows("Sample")?;
    let record = rows.create("a", day_of(2021)).await?;
    fails(rows.update_if("a", day_of(2023), Some(2)).await, VersionConflict)?;
    fails(rows.update_if("b", day_of(2023), Some(1)).await, NotFound)?;
    rows.hold(&[record]).await
}

async fn a_record_that_is_not_there_is_not_found(world: &World) -> Outcome {
    for model in ["Plain", "Friend"] {
        let rows = world.rows(model)?;
        // First where nothing was ever written, then beside another record.
        fails(rows.update("a", json!({"name": "n"})).await, NotFound)?;
        fails(rows.update_if("a", json!({"name": "n"}), Some(1)).await, NotFound)?;
        let record = rows.create("b", json!({})).await?;
        fails(rows.update("a", json!({"name": "n"})).await, NotFound)?;
        fails(rows.update_if("a", json!({"name": "n"}), Some(1)).await, NotFound)?;
        rows.hold(&[record]).await?;
    }
    Ok(())
}

async fn a_record_out_of_reach_is_not_found(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let record = rows.create("a", json!({"name": "bob's secret", "owned_by": "bob"})).await?;
    let anns = rows.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    let there = fails(anns.update("a", json!({"name": "n"})).await, NotFound)?;
    let absent = fails(anns.update("b", json!({"name": "n"})).await, NotFound)?;
    equal(there.to_string().replace("Plain/a", "Plain/b"), absent.to_string())?;
    // To take what is not one's own is to change what one does not see.
    fails(anns.update("a", json!({"owned_by": "ann"})).await, NotFound)?;
    rows.hold(&[record]).await
}

async fn a_record_out_of_reach_is_not_found_at_any_version(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let record = rows.create("a", json!({"owned_by": "bob"})).await?;
    let anns = rows.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    for version in [1, 2] {
        fails(anns.update_if("a", json!({"name": "n"}), Some(version)).await, NotFound)?;
        fails(anns.update_if("a", json!({"owned_by": "ann"}), Some(version)).await, NotFound)?;
    }
    rows.hold(&[record]).await
}

async fn a_deleted_record_is_not_found(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.create("a", json!({})).await?;
    rows.delete("a").await?;
    fails(rows.update("a", json!({"name": "n"})).await, NotFound)?;
    rows.hold(&[]).await
}

async fn ids_that_look_alike_are_not_found(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let record = rows.create("Straße", json!({})).await?;
    for key in ["straße", "Strasse", "Straße ", "Stra_e", "%", "", "Straße\u{0}", "Stra\u{df}e/", "' OR '1'='1"] {
        fails(rows.update(key, json!({"name": "n"})).await, NotFound)?;
    }
    rows.hold(&[record]).await
}

async fn a_record_is_not_given_away(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let record = rows.create("a", json!({"name": "n", "owned_by": "ann"})).await?;
    let anns = rows.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    for changes in [json!({"owned_by": "bob", "name": "m"}), json!({"owned_by": null}), json!({"owned_by": "ANN"})] {
        fails(anns.update("a", changes.clone()).await, Denied)?;
        fails(anns.update_if("a", changes, Some(1)).await, Denied)?;
    }
    rows.hold(&[record]).await
}

async fn a_record_may_change_hands_within_reach(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.create("a", json!({"owned_by": "ann"})).await?;
    let anns = rows.seen_by(&world.user("ann", None, Ownership::AssignedOnly)?);
    // She keeps seeing it: first as assigned to her, then as its owner again.
    anns.update("a", json!({"owned_by": "bob", "assigned_to": ["ann"]})).await?;
    fails(anns.update("a", json!({"assigned_to": ["zoe"]})).await, Denied)?;
    let updated = anns.update("a", json!({"owned_by": "ann", "assigned_to": null})).await?;
    equal(updated.version(), 3)?;
    rows.hold(&[updated]).await
}

async fn a_refused_update_moves_nothing(world: &World) -> Outcome {
    let rows = world.rows("Sample")?;
    let mut members = day_of(2021);
    members["owned_by"] = json!("ann");
    let record = rows.create("a", members).await?;
    let anns = rows.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    let mut changes = day_of(2023);
    changes["owned_by"] = json!("bob");
    fails(anns.update("a", changes.clone()).await, Denied)?;
    fails(anns.update_if("a", changes, Some(1)).await, Denied)?;
    rows.hold(&[record]).await
}
