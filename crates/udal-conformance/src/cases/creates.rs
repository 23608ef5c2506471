//! Creates: what is written, and what is refused.

use serde_json::{Value as Json, json};
use udal_core::ErrorKind::{AlreadyExists, Denied};
use udal_core::Ownership;
use udal_core::value::{Timestamp, Value};

use crate::case::{Case, Failure, Outcome, case};
use crate::expect::{equal, fails, same_record, some};
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("CREATE-1", system_fields_are_kept_as_given),
        case!("CREATE-1", a_record_may_hold_nothing_but_its_id),
        case!("CREATE-1", models_do_not_mix),
        case!("CREATE-2", an_id_is_taken_also_by_the_same_record),
        case!("CREATE-2", an_id_is_taken_also_after_an_update),
        case!("CREATE-5", a_record_out_of_reach_is_not_written),
        case!("CREATE-5", a_record_out_of_reach_is_denied_also_where_its_id_is_taken),
    ]
}

/// The parts of a record that is anything but plain.
fn members() -> Json {
    json!({"name": "Ünïcode \"quoted\" \\ % _ 🦀", "value": -9_007_199_254_740_993_i64, "tags": ["b", "", "a", "b"]})
}

async fn system_fields_are_kept_as_given(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let mut record =
        rows.record("a", json!({"owned_by": "ann", "assigned_to": ["zoe", "bob", "Zoe"], "team_id": "red"}))?;
    let at = |text| Timestamp::parse(text).map(Value::DateTime).map_err(Failure::new);
    record.set(rows.model.field("created_by")?, Some(Value::from("the importer")));
    record.set(rows.model.field("created_at")?, Some(at("1969-12-31T23:59:59.999999Z")?));
    record.set(rows.model.field("updated_at")?, Some(at("2025-02-28T23:59:59.000001Z")?));
    record.set(rows.model.field("version")?, Some(Value::Int(1)));
    same_record(&rows.write(record.clone(), None).await?.record, &record)?;
    same_record(&some(rows.get("a").await?, "record")?, &record)
}

async fn a_record_may_hold_nothing_but_its_id(world: &World) -> Outcome {
    for model in ["Plain", "Single", "Sets", "Lists", "Wide"] {
        let rows = world.rows(model)?;
        let record = rows.record("empty", json!({}))?;
        same_record(&rows.write(record.clone(), None).await?.record, &record)?;
        rows.hold(&[record]).await?;
    }
    Ok(())
}

async fn models_do_not_mix(world: &World) -> Outcome {
    let (plain, friends) = (world.rows("Plain")?, world.rows("Friend")?);
    let record = plain.create("a", json!({"name": "plain"})).await?;
    let friend = friends.create("a", json!({"name": "friend"})).await?;
    equal(friends.get_id("Plain/a").await?, None)?;
    equal(plain.get_id("Friend/a").await?, None)?;
    plain.hold(&[record]).await?;
    friends.hold(&[friend]).await
}

async fn an_id_is_taken_also_by_the_same_record(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let record = rows.create("a", members()).await?;
    fails(rows.write(record.clone(), None).await, AlreadyExists)?;
    rows.hold(&[record]).await
}

async fn an_id_is_taken_also_after_an_update(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.create("a", members()).await?;
    let changed = rows.update("a", json!({"name": "changed"})).await?;
    fails(rows.try_create("a", members()).await, AlreadyExists)?;
    rows.hold(&[changed]).await
}

async fn a_record_out_of_reach_is_not_written(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let anns = rows.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    let members = [json!({}), json!({"owned_by": "bob"}), json!({"owned_by": "Ann"}), json!({"assigned_to": ["ann"]})];
    for members in members {
        fails(anns.try_create("a", members).await, Denied)?;
    }
    rows.hold(&[]).await
}

async fn a_record_out_of_reach_is_denied_also_where_its_id_is_taken(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let record = rows.create("a", json!({"owned_by": "bob"})).await?;
    let anns = rows.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    // Another answer would tell which ids are taken to whoever may write nothing.
    fails(anns.try_create("a", json!({"owned_by": "bob"})).await, Denied)?;
    fails(anns.try_create("b", json!({"owned_by": "bob"})).await, Denied)?;
    rows.hold(&[record]).await
}
