//! Creates, updates and deletes, one at a time.

use serde_json::json;
use udal_core::ErrorKind;

use crate::case::{Case, Outcome, case};
use crate::expect::{equal, fails, holds, same_record, some};
use crate::rows::Ask;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("GET-1", get_answers_the_record_with_that_id),
        case!("GET-2", get_answers_none_where_there_is_none),
        case!("CREATE-1", create_answers_the_record_as_given),
        case!("CREATE-1", a_second_record_leaves_the_first),
        case!("CREATE-2", a_taken_id_already_exists),
        case!("CREATE-2", a_taken_id_does_not_use_up_an_idempotency_key),
        case!("CREATE-3", a_repetition_answers_the_first_record),
        case!("CREATE-3", a_repetition_after_an_update_answers_the_first_record),
        case!("CREATE-3", a_repetition_after_a_delete_writes_nothing),
        case!("CREATE-3", without_a_key_two_creates_are_two),
        case!("CREATE-3", keys_are_told_apart_by_bytes),
        case!("CREATE-4", another_fingerprint_is_refused),
        case!("UPDATE-1", an_update_merges),
        case!("UPDATE-1", an_update_answers_what_is_read_then),
        case!("UPDATE-1", an_update_may_change_who_owns),
        case!("UPDATE-2", an_update_counts_the_version_up),
        case!("UPDATE-2", an_update_of_nothing_counts_too),
        case!("UPDATE-3", a_stale_version_changes_nothing),
        case!("UPDATE-3", the_right_version_is_changed),
        case!("UPDATE-4", an_update_of_nothing_there_is_not_found),
        case!("DELETE-1", a_delete_answers_the_record_as_it_was),
        case!("DELETE-1", the_id_is_free_again),
        case!("DELETE-2", a_delete_of_nothing_answers_none),
        case!("DELETE-3", a_delete_of_a_stale_version_changes_nothing),
        case!("DELETE-3", a_delete_of_the_right_version),
    ]
}

async fn get_answers_the_record_with_that_id(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let records = rows.fill((0..5).map(|at| json!({"value": at}))).await?;
    for (at, key) in ["k000", "k001", "k002", "k003", "k004"].iter().enumerate() {
        same_record(&some(rows.get(key).await?, key)?, some(records.get(at), key)?)?;
    }
    Ok(())
}

async fn get_answers_none_where_there_is_none(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.create("a", json!({})).await?;
    world.rows("Friend")?.create("b", json!({})).await?;
    equal(rows.get("b").await?, None)?;
    equal(rows.get_id("Friend/b").await?, None)?;
    holds(world.rows("Friend")?.get("b").await?.is_some(), "the other model's record is not there")
}

async fn create_answers_the_record_as_given(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let record = rows.record("a", json!({"name": "x", "tags": ["b", "a"], "owned_by": "ann", "team_id": "red"}))?;
    let created = rows.write(record.clone(), None).await?;
    equal(created.replayed, false)?;
    same_record(&created.record, &record)?;
    rows.hold(&[record]).await
}

async fn a_second_record_leaves_the_first(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let first = rows.create("a", json!({"name": "x"})).await?;
    let second = rows.create("b", json!({"name": "x"})).await?;
    rows.hold(&[first, second]).await
}

async fn a_taken_id_already_exists(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let record = rows.create("a", json!({"name": "first", "tags": ["t"]})).await?;
    fails(rows.try_create("a", json!({"name": "second"})).await, ErrorKind::AlreadyExists)?;
    fails(rows.try_create("a", json!({"name": "first", "tags": ["t"]})).await, ErrorKind::AlreadyExists)?;
    // The same key under another model is another id.
    world.rows("Friend")?.create("a", json!({"name": "third"})).await?;
    rows.hold(&[record]).await
}

async fn a_taken_id_does_not_use_up_an_idempotency_key(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.create("a", json!({})).await?;
    fails(rows.write(rows.record("a", json!({}))?, Some(("key", "print"))).await, ErrorKind::AlreadyExists)?;
    let created = rows.write(rows.record("b", json!({}))?, Some(("key", "print"))).await?;
    equal((created.replayed, created.record.id()), (false, "Plain/b"))
}

async fn a_repetition_answers_the_first_record(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let first = rows.write(rows.record("a", json!({"name": "x"}))?, Some(("key", "print"))).await?;
    // The service makes a new id for each request: a repetition brings another one.
    let again = rows.write(rows.record("b", json!({"name": "x"}))?, Some(("key", "print"))).await?;
    equal((first.replayed, again.replayed), (false, true))?;
    same_record(&again.record, &first.record)?;
    rows.hold(&[first.record]).await
}

async fn a_repetition_after_an_update_answers_the_first_record(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let first = rows.write(rows.record("a", json!({"name": "x", "tags": ["t"]}))?, Some(("key", "print"))).await?;
    let changed = rows.update("a", json!({"name": "y", "tags": []})).await?;
    let again = rows.write(rows.record("b", json!({"name": "x"}))?, Some(("key", "print"))).await?;
    equal(again.replayed, true)?;
    same_record(&again.record, &first.record)?;
    rows.hold(&[changed]).await
}

async fn a_repetition_after_a_delete_writes_nothing(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let first = rows.write(rows.record("a", json!({"name": "x"}))?, Some(("key", "print"))).await?;
    rows.delete("a").await?;
    let again = rows.write(rows.record("a", json!({"name": "x"}))?, Some(("key", "print"))).await?;
    equal(again.replayed, true)?;
    same_record(&again.record, &first.record)?;
    // The right answer is nothing: the only record was deleted, and the repetition wrote none.
    equal(rows.count(json!({})).await?, 0)
}

async fn without_a_key_two_creates_are_two(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.write(rows.record("a", json!({"name": "x"}))?, None).await?;
    rows.write(rows.record("b", json!({"name": "x"}))?, None).await?;
    equal(rows.list(&Ask::everything()).await?, ["a", "b"])
}

async fn keys_are_told_apart_by_bytes(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let long = "k".repeat(200);
    let keys = ["a", "A", "a ", "á", "a\u{301}", "'", "%", "\\", "😀", &long, &long[..199]];
    for (at, key) in keys.iter().enumerate() {
        let created = rows.write(rows.record(&format!("{at:02}"), json!({}))?, Some((key, "print"))).await?;
        equal((*key, created.replayed), (*key, false))?;
    }
    for (at, key) in keys.iter().enumerate() {
        let again = rows.write(rows.record("other", json!({}))?, Some((key, "print"))).await?;
        equal((again.replayed, again.record.id()), (true, &*rows.id(&format!("{at:02}"))))?;
    }
    equal(rows.count(json!({})).await?, keys.len() as u64)
}

async fn another_fingerprint_is_refused(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let first = rows.write(rows.record("a", json!({"name": "x"}))?, Some(("key", "print"))).await?;
    fails(rows.write(rows.record("b", json!({"name": "y"}))?, Some(("key", "Print"))).await, ErrorKind::InvalidInput)?;
    fails(rows.write(rows.record("c", json!({"name": "y"}))?, Some(("key", ""))).await, ErrorKind::InvalidInput)?;
    rows.hold(&[first.record]).await
}

async fn an_update_merges(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([json!({"name": "a", "value": 1, "tags": ["t"]}), json!({"name": "b", "value": 2})]).await?;
    let other = some(rows.get("k001").await?, "record")?;
    let changed = rows.update("k000", json!({"name": "c", "value": null})).await?;
    let expected = rows.record("k000", json!({"name": "c", "tags": ["t"]}))?;
    equal(changed.to_json().get("name"), expected.to_json().get("name"))?;
    equal((changed.value("value"), changed.value("tags")), (None, expected.value("tags")))?;
    same_record(&some(rows.get("k001").await?, "record")?, &other)
}

async fn an_update_answers_what_is_read_then(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.create("a", json!({"name": "a", "created_at": "2020-02-02T02:02:02.000002Z"})).await?;
    for changes in [json!({"name": "é"}), json!({"tags": ["b", "a"]}), json!({"value": i64::MIN}), json!({"tags": []})]
    {
        let changed = rows.update("a", changes).await?;
        same_record(&some(rows.get("a").await?, "record")?, &changed)?;
    }
    rows.finds(json!({"name": "é", "value": i64::MIN, "created_at": "2020-02-02T02:02:02.000002Z"}), &["a"]).await
}

async fn an_update_may_change_who_owns(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([json!({"owned_by": "ann", "team_id": "red"}), json!({"owned_by": "ann"})]).await?;
    rows.update("k000", json!({"owned_by": "bob", "team_id": null, "assigned_to": ["cid", "ann"]})).await?;
    rows.finds(json!({"owned_by": "bob", "team_id": {"is_null": true}, "assigned_to": {"has": "ann"}}), &["k000"])
        .await?;
    rows.finds(json!({"owned_by": "ann"}), &["k001"]).await
}

async fn an_update_counts_the_version_up(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([json!({"value": 0}), json!({"value": 0})]).await?;
    for version in 2..7 {
        equal(rows.update("k000", json!({"value": version})).await?.version(), version)?;
    }
    rows.finds(json!({"version": 6}), &["k000"]).await?;
    rows.finds(json!({"version": 1}), &["k001"]).await
}

async fn an_update_of_nothing_counts_too(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.create("a", json!({"name": "x"})).await?;
    let changed = rows.update("a", json!({})).await?;
    equal((changed.version(), changed.value("name").and_then(|name| name.as_str())), (2, Some("x")))?;
    equal(rows.update("a", json!({"name": "x"})).await?.version(), 3)
}

async fn a_stale_version_changes_nothing(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.create("a", json!({"value": 1})).await?;
    let current = rows.update("a", json!({"value": 2})).await?;
    for stale in [1, 3, 0, -1, i64::MIN, i64::MAX] {
        fails(rows.update_if("a", json!({"value": 9}), Some(stale)).await, ErrorKind::VersionConflict)?;
    }
    rows.hold(&[current]).await
}

async fn the_right_version_is_changed(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.create("a", json!({"value": 1})).await?;
    let changed = rows.update_if("a", json!({"value": 2}), Some(1)).await?;
    equal(changed.version(), 2)?;
    let changed = rows.update_if("a", json!({"value": 3}), Some(2)).await?;
    rows.hold(&[changed]).await
}

async fn an_update_of_nothing_there_is_not_found(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    fails(rows.update("a", json!({"value": 1})).await, ErrorKind::NotFound)?;
    let record = rows.create("a", json!({})).await?;
    for key in ["b", "A", "a ", "%"] {
        fails(rows.update(key, json!({"value": 1})).await, ErrorKind::NotFound)?;
    }
    fails(rows.update_if("b", json!({"value": 1}), Some(1)).await, ErrorKind::NotFound)?;
    rows.hold(&[record]).await
}

async fn a_delete_answers_the_record_as_it_was(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([json!({"name": "x", "tags": ["b", "a"]}), json!({"name": "y"})]).await?;
    let current = rows.update("k000", json!({"value": 5})).await?;
    let deleted = some(rows.delete("k000").await?, "deleted record")?;
    same_record(&deleted.record, &current)?;
    equal(deleted.unlinked, Vec::new())?;
    equal(rows.get("k000").await?, None)?;
    equal(rows.list(&Ask::everything()).await?, ["k001"])
}

async fn the_id_is_free_again(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.create("a", json!({"name": "old", "tags": ["t"]})).await?;
    rows.update("a", json!({"value": 1})).await?;
    rows.delete("a").await?;
    let fresh = rows.create("a", json!({"name": "new"})).await?;
    equal(fresh.version(), 1)?;
    rows.hold(&[fresh]).await
}

async fn a_delete_of_nothing_answers_none(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    equal(rows.delete("a").await?, None)?;
    let record = rows.create("a", json!({})).await?;
    for key in ["b", "A", "a ", "%", "_"] {
        equal(rows.delete(key).await?, None)?;
    }
    equal(rows.delete_if("b", Some(1)).await?, None)?;
    rows.hold(&[record]).await?;
    holds(rows.delete("a").await?.is_some(), "the record itself is not deleted")?;
    equal(rows.delete("a").await?, None)
}

async fn a_delete_of_a_stale_version_changes_nothing(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.create("a", json!({"value": 1})).await?;
    let current = rows.update("a", json!({"value": 2})).await?;
    for stale in [1, 3, i64::MAX] {
        fails(rows.delete_if("a", Some(stale)).await, ErrorKind::VersionConflict)?;
    }
    rows.hold(&[current]).await
}

async fn a_delete_of_the_right_version(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([json!({"value": 1}), json!({"value": 2})]).await?;
    rows.update("k000", json!({"value": 3})).await?;
    equal(some(rows.delete_if("k000", Some(2)).await?, "deleted record")?.record.version(), 2)?;
    equal(rows.list(&Ask::everything()).await?, ["k001"])
}
