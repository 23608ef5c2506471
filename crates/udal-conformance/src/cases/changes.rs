//! What holds of every batch that changes records: order, whole or item by item, what is told.

use std::sync::Arc;

use futures_util::stream;
use serde_json::json;
use udal_core::ErrorKind::{self, AlreadyExists, NotFound, VersionConflict};
use udal_core::contract::{Answer, BatchMode, Effect, Written};
use udal_core::record::{Record, read_changes};
use udal_core::{Context, Ownership};

use BatchMode::{Atomic, PerItem};
use Op::{Delete, Update, Upsert};

use crate::case::{Case, Failure, Outcome, case};
use crate::changes::{Item, Op, failures, item, key, numbered, refused};
use crate::expect::{equal, holds, same_record, some};
use crate::rows::Rows;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("CHANGES-1", a_later_upsert_finds_what_an_earlier_left, one_after_another(Upsert)),
        case!("CHANGES-1", a_later_update_finds_what_an_earlier_left, one_after_another(Update)),
        case!("CHANGES-1", a_later_delete_finds_what_an_earlier_left, one_after_another(Delete)),
        case!("CHANGES-1", versions_of_one_record_follow_each_other),
        case!("CHANGES-1", upserts_of_one_id_thousands_of_items_apart, far_apart(Upsert)),
        case!("CHANGES-1", updates_of_one_id_thousands_of_items_apart, far_apart(Update)),
        case!("CHANGES-1", deletes_of_one_id_thousands_of_items_apart, far_apart(Delete)),
        case!("CHANGES-2", one_upsert_refuses_the_whole_batch, whole_or_nothing(Upsert)),
        case!("CHANGES-2", one_update_refuses_the_whole_batch, whole_or_nothing(Update)),
        case!("CHANGES-2", one_delete_refuses_the_whole_batch, whole_or_nothing(Delete)),
        case!("CHANGES-2", the_last_of_thousands_of_upserts_refuses_them_all, last_refuses(Upsert)),
        case!("CHANGES-2", the_last_of_thousands_of_updates_refuses_them_all, last_refuses(Update)),
        case!("CHANGES-2", the_last_of_thousands_of_deletes_refuses_them_all, last_refuses(Delete)),
        case!("CHANGES-3", the_other_upserts_take_effect, others_take_effect(Upsert)),
        case!("CHANGES-3", the_other_updates_take_effect, others_take_effect(Update)),
        case!("CHANGES-3", the_other_deletes_take_effect, others_take_effect(Delete)),
        case!("CHANGES-7", what_was_written_is_told_in_order),
        case!("CHANGES-7", no_more_is_told_than_was_asked_for),
    ]
}

/// Records with these keys, each at version 1 with the value 0.
pub(super) async fn there(rows: &Rows, keys: &[&str]) -> Result<Vec<Record>, Failure> {
    let records: Result<Vec<Record>, Failure> =
        keys.iter().map(|key| rows.record(key, json!({"name": key, "value": 0}))).collect();
    let records = records?;
    rows.store(&records).await?;
    Ok(records)
}

/// The record after these changes, one after another.
pub(super) fn after(record: &Record, changes: &[serde_json::Value]) -> Result<Record, Failure> {
    let mut record = record.clone();
    for changes in changes {
        record.apply(&read_changes(&Arc::clone(record.model()), changes)?);
    }
    Ok(record)
}

async fn one_after_another(world: &World, op: Op) -> Outcome {
    for mode in [Atomic, PerItem] {
        let rows = world.rows("Plain")?;
        let held = there(&rows, &["a", "b"]).await?;
        let items = [
            item("a", json!({"value": 1})),
            key("b"),
            item("a", json!({"name": "last"})),
            item("a", json!({"value": 3})),
        ];
        let report = rows.all_of(op, mode, &items).await?;
        equal(failures(&report), Vec::new())?;
        if op == Delete {
            equal((report.deleted, report.absent), (2, 2))?;
            rows.hold(&[]).await?;
            continue;
        }
        equal((report.created, report.updated), (0, 4))?;
        let a = after(&held[0], &[json!({"value": 1}), json!({"name": "last"}), json!({"value": 3})])?;
        rows.hold(&[a, after(&held[1], &[json!({})])?]).await?;
        rows.delete("a").await?;
        rows.delete("b").await?;
    }
    Ok(())
}

async fn versions_of_one_record_follow_each_other(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let held = there(&rows, &["a"]).await?;
    let items = [1, 2, 3, 3, 4].map(|version| item("a", json!({"value": version})).at(version));
    let report = rows.all_of(Update, PerItem, &items).await?;
    equal((report.updated, failures(&report)), (4, vec![(3, VersionConflict)]))?;
    let a = after(&held[0], &[1, 2, 3, 4].map(|value| json!({"value": value})))?;
    rows.hold(std::slice::from_ref(&a)).await?;
    let items = [item("a", json!({"value": 9})).at(5), item("a", json!({"value": 10})).at(5)];
    refused(rows.all_of(Update, Atomic, &items).await, VersionConflict, 1)?;
    rows.hold(&[a]).await?;
    // Deleted once, it is not there: no version is wrong.
    let report = rows.all_of(Delete, Atomic, &[key("a").at(5), key("a").at(5), key("a").at(6)]).await?;
    equal((report.deleted, report.absent), (1, 2))
}

/// So many keys, and the items that are about them.
fn thousands(count: usize, value: i64) -> Vec<Item> {
    (0..count).map(|at| item(&format!("k{at:05}"), json!({"value": value}))).collect()
}

async fn far_apart(world: &World, op: Op) -> Outcome {
    let rows = world.rows("Plain")?;
    let count = world.many(6_000);
    rows.all_of(Upsert, Atomic, &thousands(count, 0)).await?;
    let mut items = thousands(count, 1);
    items.push(item("k00001", json!({"name": "second"})));
    let report = rows.all_of(op, Atomic, &items).await?;
    if op == Delete {
        equal((report.deleted, report.absent), (count as u64, 1))?;
        return rows.hold(&[]).await;
    }
    equal((report.created, report.updated), (0, count as u64 + 1))?;
    let one = some(rows.get("k00001").await?, "record")?;
    let first = rows.record("k00001", json!({"value": 0}))?;
    same_record(&one, &after(&first, &[json!({"value": 1}), json!({"name": "second"})])?)
}

/// An item that fails, with its kind, for someone who sees what `ann` owns: a record of bob's, or a version that never was.
fn failing(op: Op) -> (Item, ErrorKind) {
    match op {
        Upsert => (item("bobs", json!({"name": "x", "owned_by": "ann"})), AlreadyExists),
        Update => (item("bobs", json!({"name": "x"})), NotFound),
        Delete => (key("last").at(7), VersionConflict),
    }
}

/// Records of ann's, `a`, `b`, `c` and `last`, and one of bob's, `bobs`; and ann, who asks.
async fn anns_and_bobs(world: &World) -> Result<(Rows, Rows, Vec<Record>), Failure> {
    let rows = world.rows("Plain")?;
    let owned = |key: &str, owner: &str| rows.record(key, json!({"name": key, "owned_by": owner}));
    let keys = [("a", "ann"), ("b", "ann"), ("bobs", "bob"), ("c", "ann"), ("last", "ann")];
    let records: Vec<Record> = keys.iter().map(|(key, owner)| owned(key, owner)).collect::<Result<_, _>>()?;
    rows.store(&records).await?;
    let ann: Context = world.user("ann", None, Ownership::OwnerOnly)?;
    Ok((rows.clone(), rows.seen_by(&ann), records))
}

async fn whole_or_nothing(world: &World, op: Op) -> Outcome {
    let (rows, anns, held) = anns_and_bobs(world).await?;
    let (bad, kind) = failing(op);
    for at in 0..=3 {
        let mut items = vec![
            item("a", json!({"value": 1, "owned_by": "ann"})),
            item("b", json!({"value": 2, "owned_by": "ann"})),
            item("c", json!({"value": 3, "owned_by": "ann"})),
        ];
        items.insert(at, bad.clone());
        // What fails behind the first does not matter.
        items.push(bad.clone());
        refused(anns.all_of(op, Atomic, &items).await, kind, at as u64)?;
        rows.hold(&held).await?;
    }
    // The index is the caller's, who may have left out items of its own before.
    let far = [Ok((7, item("a", json!({"value": 1, "owned_by": "ann"})))), Ok((4_000_000_000, bad))];
    refused(anns.change(op, Atomic, Answer::Counts, stream::iter(far)).await, kind, 4_000_000_000)?;
    rows.hold(&held).await?;
    // A batch without items does nothing.
    let report = anns.all_of(op, Atomic, &[]).await?;
    equal((report.created, report.updated, report.deleted, report.absent), (0, 0, 0, 0))
}

async fn last_refuses(world: &World, op: Op) -> Outcome {
    let (rows, anns, held) = anns_and_bobs(world).await?;
    let (bad, kind) = failing(op);
    let count = world.many(6_000);
    let mut items: Vec<Item> = match op {
        // Those that an upsert has to create, and those that it has to change.
        Upsert => (0..count).map(|at| item(&format!("k{at}"), json!({"value": at, "owned_by": "ann"}))).collect(),
        _ => (0..count).map(|at| item("a", json!({"value": at}))).collect(),
    };
    items.push(bad);
    refused(anns.all_of(op, Atomic, &items).await, kind, count as u64)?;
    rows.hold(&held).await
}

async fn others_take_effect(world: &World, op: Op) -> Outcome {
    let (rows, anns, held) = anns_and_bobs(world).await?;
    let (bad, kind) = failing(op);
    let good = |key: &str, value: i64| item(key, json!({"value": value, "owned_by": "ann"}));
    let numbers = [0, 1, 2, 3_000_000_000, u64::MAX];
    let items = [bad.clone(), good("a", 1), bad.clone(), good("c", 2), bad];
    let items = numbers.into_iter().zip(items).map(Ok).collect::<Vec<_>>();
    let report = anns.change(op, PerItem, Answer::Versions, stream::iter(items)).await?;
    equal(failures(&report), vec![(0, kind), (2, kind), (u64::MAX, kind)])?;
    let (a, c) = (after(&held[0], &[json!({"value": 1})])?, after(&held[3], &[json!({"value": 2})])?);
    let mut expected = vec![held[1].clone(), held[2].clone(), held[4].clone()];
    if op == Delete {
        equal((report.updated, report.deleted), (0, 2))?;
    } else {
        equal((report.updated, report.deleted), (2, 0))?;
        expected.extend([a, c]);
    }
    rows.hold(&expected).await
}

async fn what_was_written_is_told_in_order(world: &World) -> Outcome {
    for mode in [Atomic, PerItem] {
        let rows = world.rows("Plain")?;
        let b = rows.create("b", json!({"name": "n"})).await?;
        let items = [
            item("c", json!({"value": 1})),
            item("b", json!({"value": 2})),
            item("a", json!({})),
            item("c", json!({"value": 3})),
        ];
        let report = rows.all_of(Upsert, mode, &items).await?;
        equal((report.created, report.updated, report.deleted, report.absent), (2, 2, 0, 0))?;
        let (a, c) = (rows.record("a", json!({}))?, rows.record("c", json!({"value": 1}))?);
        let (b2, c2) = (after(&b, &[json!({"value": 2})])?, after(&c, &[json!({"value": 3})])?);
        let told = |index: u64, effect: Effect, record: &Record| Written {
            index,
            effect,
            id: record.id().to_owned(),
            version: record.version(),
            record: Some(record.clone()),
            unlinked: Vec::new(),
        };
        let expected = vec![
            told(0, Effect::Created, &c),
            told(1, Effect::Updated, &b2),
            told(2, Effect::Created, &a),
            told(3, Effect::Updated, &c2),
        ];
        equal(report.written, expected)?;
        let report = rows.all_of(Update, mode, &[item("c", json!({"name": "m"})), key("a")]).await?;
        let (c3, a2) = (after(&c2, &[json!({"name": "m"})])?, after(&a, &[json!({})])?);
        equal((report.created, report.updated), (0, 2))?;
        equal(report.written, vec![told(0, Effect::Updated, &c3), told(1, Effect::Updated, &a2)])?;
        let report = rows.all_of(Delete, mode, &[key("c"), key("none"), key("b"), key("a")]).await?;
        equal((report.updated, report.deleted, report.absent), (0, 3, 1))?;
        let expected =
            vec![told(0, Effect::Deleted, &c3), told(2, Effect::Deleted, &b2), told(3, Effect::Deleted, &a2)];
        equal(report.written, expected)?;
    }
    Ok(())
}

async fn no_more_is_told_than_was_asked_for(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    for op in [Upsert, Update, Delete] {
        rows.all_of(Upsert, Atomic, &[key("a"), key("b")]).await?;
        let items = [item("a", json!({"value": 1}))];
        let report = rows.change(op, Atomic, Answer::Counts, stream::iter(numbered(&items))).await?;
        equal((report.updated + report.deleted, report.written.len()), (1, 0))?;
        let report = rows
            .change(op, Atomic, Answer::Versions, stream::iter(numbered(&[item("b", json!({"value": 1}))])))
            .await?;
        let told: Vec<_> = report
            .written
            .iter()
            .map(|written| (written.index, written.id.as_str(), written.version, written.record.is_some()))
            .collect();
        let there = rows.get("b").await?.map_or(1 + i64::from(op != Upsert), |record| record.version());
        equal(told.len(), 1)?;
        equal((told[0].0, told[0].1, told[0].3), (0, "Plain/b", false))?;
        holds(op == Delete || told[0].2 == there, format!("{told:?}"))?;
    }
    Ok(())
}
