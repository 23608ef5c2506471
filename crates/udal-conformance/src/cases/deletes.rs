//! Deletes: what they answer, and when they delete nothing.

use serde_json::json;
use udal_core::ErrorKind::VersionConflict;
use udal_core::Ownership;
use udal_core::contract::Deleted;

use crate::case::{Case, Outcome, case};
use crate::expect::{equal, fails, some};
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("DELETE-1", one_record_alone_is_deleted),
        case!("DELETE-1", what_is_deleted_is_in_no_answer),
        case!("DELETE-2", what_is_not_there_is_none),
        case!("DELETE-2", what_is_out_of_reach_is_none),
        case!("DELETE-2", what_is_out_of_reach_is_none_at_any_version),
        case!("DELETE-2", the_second_delete_is_none),
        case!("DELETE-2", ids_that_look_alike_are_none),
        case!("DELETE-3", a_stale_version_deletes_nothing),
        case!("DELETE-3", a_version_of_nothing_is_none),
    ]
}

async fn one_record_alone_is_deleted(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let mut records = Vec::new();
    for key in ["a", "A", "a ", "á", "a%", "_", "a\\", "'"] {
        records.push(rows.create(key, json!({"name": "n"})).await?);
    }
    for key in ["_", "a%", "a", "'"] {
        let deleted = some(rows.delete(key).await?, "deleted record")?;
        records.retain(|record| record.id() != deleted.record.id());
        equal(deleted.record.id(), rows.id(key))?;
        rows.hold(&records).await?;
    }
    Ok(())
}

async fn what_is_deleted_is_in_no_answer(world: &World) -> Outcome {
    let rows = world.rows("Note")?;
    rows.create("a", json!({"title": "same", "pages": 1})).await?;
    rows.create("b", json!({"title": "same", "pages": 1})).await?;
    some(rows.delete("a").await?, "deleted record")?;
    equal(rows.get("a").await?, None)?;
    equal(rows.find(json!({"pages": 1})).await?, vec!["b"])?;
    equal(rows.search("same", &["title"]).await?, vec!["b"])?;
    equal(rows.count(json!({})).await?, 1)
}

async fn what_is_not_there_is_none(world: &World) -> Outcome {
    for model in ["Plain", "Friend"] {
        let rows = world.rows(model)?;
        // First where nothing was ever written, then beside another record.
        equal(rows.delete("a").await?, None)?;
        let record = rows.create("b", json!({})).await?;
        equal(rows.delete("a").await?, None)?;
        rows.hold(&[record]).await?;
    }
    Ok(())
}

async fn what_is_out_of_reach_is_none(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let record = rows.create("a", json!({"owned_by": "bob", "team_id": "red"})).await?;
    let anns = rows.seen_by(&world.user("ann", Some("red"), Ownership::OwnerOnly)?);
    equal(anns.delete("a").await?, None)?;
    rows.hold(std::slice::from_ref(&record)).await?;
    let teams = rows.seen_by(&world.user("ann", Some("red"), Ownership::TeamWide)?);
    equal(teams.delete("a").await?, Some(Deleted { record, unlinked: Vec::new() }))?;
    rows.hold(&[]).await
}

async fn what_is_out_of_reach_is_none_at_any_version(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let record = rows.create("a", json!({"owned_by": "bob"})).await?;
    let anns = rows.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    // A conflict would tell that there is such a record.
    equal(anns.delete_if("a", Some(1)).await?, None)?;
    equal(anns.delete_if("a", Some(2)).await?, None)?;
    rows.hold(&[record]).await
}

async fn the_second_delete_is_none(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.create("a", json!({})).await?;
    some(rows.delete("a").await?, "deleted record")?;
    equal(rows.delete("a").await?, None)?;
    equal(rows.delete_if("a", Some(1)).await?, None)
}

async fn ids_that_look_alike_are_none(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let record = rows.create("Straße", json!({})).await?;
    for key in ["straße", "Strasse", "Straße ", "Stra_e", "%", "", "Straße\u{0}", "' OR '1'='1"] {
        equal(rows.delete(key).await?, None)?;
    }
    rows.hold(&[record]).await
}

async fn a_stale_version_deletes_nothing(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.create("a", json!({})).await?;
    let record = rows.update("a", json!({"value": 1})).await?;
    for version in [1, 3, 0, -1, i64::MAX] {
        fails(rows.delete_if("a", Some(version)).await, VersionConflict)?;
    }
    rows.hold(&[record]).await
}

async fn a_version_of_nothing_is_none(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    equal(rows.delete_if("a", Some(1)).await?, None)?;
    rows.create("b", json!({})).await?;
    equal(rows.delete_if("a", Some(1)).await?, None)?;
    equal(rows.count(json!({})).await?, 1)
}
