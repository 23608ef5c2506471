//! Batches of deletes: what they delete, what they pass over, and what holds a record.

use serde_json::{Value as Json, json};
use udal_core::ErrorKind::{Denied, StillLinked, VersionConflict};
use udal_core::Ownership;
use udal_core::contract::BatchMode::{Atomic, PerItem};
use udal_core::contract::Touched;
use udal_core::record::Record;
use udal_core::value::Value;

use crate::case::{Case, Failure, Outcome, case};
use crate::changes::Op::{Delete, Upsert};
use crate::changes::{Item, failures, item, key, refused};
use crate::expect::{equal, holds};
use crate::rows::Rows;
use crate::subject::Need;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("BATCH-DELETE-1", these_records_alone_are_deleted),
        case!("BATCH-DELETE-1", the_ids_are_free_again, free_again("Plain")),
        case!("BATCH-DELETE-1", the_ids_of_a_split_table_are_free_again, free_again("Sample")),
        case!("BATCH-DELETE-2", what_is_not_there_is_counted),
        case!("BATCH-DELETE-2", what_is_out_of_reach_is_not_there),
        case!("BATCH-DELETE-3", a_stale_version_deletes_nothing),
        case!("BATCH-DELETE-3", who_may_not_write_shared_records_is_denied).needs(Need::Tables),
        case!("BATCH-DELETE-4", a_linked_record_is_held).needs(Need::Documents),
        case!("BATCH-DELETE-4", it_is_free_behind_those_that_link_to_it).needs(Need::Documents),
        case!("BATCH-DELETE-4", links_are_taken_out_and_named).needs(Need::Documents),
        case!("BATCH-DELETE-4", a_required_link_holds_a_record).needs(Need::Documents),
    ]
}

async fn these_records_alone_are_deleted(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let keys = ["a", "A", "a ", "á", "a%", "_", "a\\", "'"];
    rows.all_of(Upsert, Atomic, &keys.map(key)).await?;
    let report = rows.all_of(Delete, Atomic, &["_", "a%", "a", "'"].map(key)).await?;
    equal((report.deleted, report.absent), (4, 0))?;
    let left = ["A", "a ", "a\\", "á"].map(|key| rows.record(key, json!({})));
    rows.hold(&left.into_iter().collect::<Result<Vec<_>, _>>()?).await
}

async fn free_again(world: &World, model: &str) -> Outcome {
    let rows = world.rows(model)?;
    let day = |at: usize| match model {
        "Plain" => json!({"value": at}),
        _ => json!({"taken_at": format!("20{at:02}-05-01T00:00:00Z"), "day": "2020-01-01", "value": 1.5}),
    };
    let items: Vec<Item> = (10..40).map(|at| item(&format!("k{at}"), day(at))).collect();
    for mode in [Atomic, PerItem] {
        equal(rows.all_of(Upsert, mode, &items).await?.created, 30)?;
        equal(rows.all_of(Delete, mode, &items).await?.deleted, 30)?;
        rows.hold(&[]).await?;
        equal(rows.get("k10").await?, None)?;
    }
    // Elsewhere, where the table is split.
    let record = rows.create("k10", day(39)).await?;
    rows.hold(&[record]).await
}

async fn what_is_not_there_is_counted(world: &World) -> Outcome {
    for model in ["Plain", "Friend"] {
        let rows = world.rows(model)?;
        let keys = ["a", "", "Straße ", "%", "a\u{0}"];
        // First where nothing was ever written, then beside another record.
        for mode in [Atomic, PerItem] {
            let report = rows.all_of(Delete, mode, &keys.map(key)).await?;
            equal((report.deleted, report.absent, failures(&report)), (0, 5, Vec::new()))?;
        }
        let record = rows.create("Straße", json!({})).await?;
        for mode in [Atomic, PerItem] {
            let report = rows.all_of(Delete, mode, &keys.map(|name| key(name).at(1))).await?;
            equal((report.deleted, report.absent, failures(&report)), (0, 5, Vec::new()))?;
        }
        rows.hold(&[record]).await?;
    }
    Ok(())
}

async fn what_is_out_of_reach_is_not_there(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.create("a", json!({"owned_by": "ann"})).await?;
    let b = rows.create("b", json!({"owned_by": "bob", "team_id": "red"})).await?;
    let anns = rows.seen_by(&world.user("ann", Some("red"), Ownership::OwnerOnly)?);
    // A conflict would tell that there is such a record.
    let report = anns.all_of(Delete, Atomic, &[key("b"), key("b").at(1), key("a"), key("b").at(2)]).await?;
    equal((report.deleted, report.absent), (1, 3))?;
    rows.hold(&[b]).await?;
    let teams = rows.seen_by(&world.user("ann", Some("red"), Ownership::TeamWide)?);
    equal(teams.all_of(Delete, PerItem, &[key("b")]).await?.deleted, 1)?;
    rows.hold(&[]).await
}

async fn a_stale_version_deletes_nothing(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.create("a", json!({})).await?;
    let a = rows.update("a", json!({"value": 1})).await?;
    let b = rows.create("b", json!({})).await?;
    for version in [1, 3, 0, -1, i64::MAX] {
        refused(rows.all_of(Delete, Atomic, &[key("b").at(1), key("a").at(version)]).await, VersionConflict, 1)?;
        rows.hold(&[a.clone(), b.clone()]).await?;
    }
    let report = rows.all_of(Delete, PerItem, &[key("b").at(2), key("a").at(2)]).await?;
    equal((report.deleted, failures(&report)), (1, vec![(0, VersionConflict)]))?;
    rows.hold(&[b]).await
}

async fn who_may_not_write_shared_records_is_denied(world: &World) -> Outcome {
    let rows = world.rows("Shared")?;
    let name = world.tenant.to_string();
    let record = rows.create(&name, json!({"name": "x", "tag": name, "team_id": "red"})).await?;
    let ann = rows.seen_by(&world.user("ann", Some("red"), Ownership::TeamWide)?);
    refused(ann.all_of(Delete, Atomic, &[key(&name)]).await, Denied, 0)?;
    equal(failures(&ann.all_of(Delete, PerItem, &[key("none"), key(&name)]).await?), vec![(0, Denied), (1, Denied)])?;
    equal(rows.get(&name).await?, Some(record))?;
    equal(rows.all_of(Delete, Atomic, &[key(&name)]).await?.deleted, 1)
}

/// Accounts: `b` and `c` link to `a`, `c` to `b` in the list of its contact.
async fn chain(world: &World) -> Result<(Rows, Vec<Record>), Failure> {
    let accounts = world.rows("Account")?;
    let parents = [("a", Json::Null), ("b", json!("Account/a")), ("c", json!("Account/b")), ("d", json!("Account/d"))];
    let records = parents.map(|(key, parent)| accounts.record(key, json!({"parent": parent})));
    let records = records.into_iter().collect::<Result<Vec<_>, _>>()?;
    accounts.store(&records).await?;
    Ok((accounts, records))
}

async fn a_linked_record_is_held(world: &World) -> Outcome {
    let (accounts, held) = chain(world).await?;
    refused(accounts.all_of(Delete, Atomic, &["d", "a", "b", "c"].map(key)).await, StillLinked, 1)?;
    accounts.hold(&held).await?;
    // `a` is held by `b`, which is held by `c`: by the time that `c` is gone they were asked for already.
    let report = accounts.all_of(Delete, PerItem, &["a", "b", "c"].map(key)).await?;
    equal((report.deleted, failures(&report)), (1, vec![(0, StillLinked), (1, StillLinked)]))?;
    accounts.hold(&[held[0].clone(), held[1].clone(), held[3].clone()]).await
}

async fn it_is_free_behind_those_that_link_to_it(world: &World) -> Outcome {
    let (accounts, _) = chain(world).await?;
    let report = accounts.all_of(Delete, Atomic, &["c", "b", "d", "a"].map(key)).await?;
    equal((report.deleted, report.absent), (4, 0))?;
    accounts.hold(&[]).await?;
    // Their links are gone too: nothing holds what comes under the same ids.
    let accounts = chain(world).await?.0;
    equal(accounts.all_of(Delete, PerItem, &["c", "b", "d", "a"].map(key)).await?.deleted, 4)
}

fn touched(rows: &Rows, key: &str, version: i64) -> Touched {
    Touched { model: rows.model.name().to_owned(), id: rows.id(key), version }
}

async fn links_are_taken_out_and_named(world: &World) -> Outcome {
    let (tags, tagged) = (world.rows("Tag")?, world.rows("Tagged")?);
    tags.all_of(Upsert, Atomic, &["t", "u", "v", "w"].map(key)).await?;
    let (t, u, v) = ("Tag/t", "Tag/u", "Tag/v");
    tagged.create("all", json!({"name": "n", "tag": t, "tags": [t, u, v], "history": [t, u, t, v]})).await?;
    tagged.create("one", json!({"tag": u})).await?;
    let kept = tagged.create("kept", json!({"tags": [v]})).await?;
    let report = tags.all_of(Delete, Atomic, &["w", "t", "u"].map(key)).await?;
    equal(report.deleted, 3)?;
    let unlinked: Vec<Vec<Touched>> = report.written.iter().map(|written| written.unlinked.clone()).collect();
    let of_u = vec![touched(&tagged, "all", 3), touched(&tagged, "one", 2)];
    equal(unlinked, vec![vec![], vec![touched(&tagged, "all", 2)], of_u])?;
    let changed = |key: &str, members: Json, version: i64| -> Result<Record, Failure> {
        let mut record = tagged.record(key, members)?;
        record.set(tagged.model.field("version")?, Some(Value::Int(version)));
        Ok(record)
    };
    let all = changed("all", json!({"name": "n", "tags": [v], "history": [v]}), 3)?;
    tagged.hold(&[all, kept, changed("one", json!({}), 2)?]).await?;
    // What is left holds no link any more.
    equal(tags.all_of(Delete, PerItem, &["v"].map(key)).await?.deleted, 1)?;
    equal(tagged.find(json!({"tags": {"is_null": false}})).await?, Vec::<String>::new())?;
    tags.hold(&[]).await
}

async fn a_required_link_holds_a_record(world: &World) -> Outcome {
    let (tags, tagged, labelled) = (world.rows("Tag")?, world.rows("Tagged")?, world.rows("Labelled")?);
    tags.all_of(Upsert, Atomic, &["t", "u"].map(key)).await?;
    let label = labelled.create("l", json!({"tag": "Tag/u"})).await?;
    let both = tagged.create("both", json!({"tags": ["Tag/t", "Tag/u"]})).await?;
    refused(tags.all_of(Delete, Atomic, &["t", "u"].map(key)).await, StillLinked, 1)?;
    tagged.hold(std::slice::from_ref(&both)).await?;
    let report = tags.all_of(Delete, PerItem, &["u", "t"].map(key)).await?;
    equal((report.deleted, failures(&report)), (1, vec![(0, StillLinked)]))?;
    equal(tagged.find(json!({"tags": {"has": "Tag/u"}, "version": 2})).await?, vec!["both"])?;
    labelled.hold(&[label]).await?;
    holds(labelled.delete("l").await?.is_some(), "the label was not deleted")
}
