//! Access in batches: each item is asked for as a single operation would be.

use serde_json::json;
use udal_core::ErrorKind;
use udal_core::access::{Action, Entitlement, Grant, Ownership};
use udal_core::contract::BatchMode;

use super::{context, everything, fill};
use crate::case::{Case, Outcome, case};
use crate::changes::{Op, failures, item, key, refused};
use crate::expect::{equal, some};
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![case!("ACCESS-8", batches_ask_for_each_item), case!("ACCESS-8", an_upsert_asks_for_what_it_does)]
}

async fn batches_ask_for_each_item(world: &World) -> Outcome {
    let (rows, mut records) = fill(world).await?;
    let own = Entitlement::of(Ownership::OwnerOnly).grant(Grant::new("the suite"));
    let held = [(Action::View, everything()), (Action::Update, own.clone()), (Action::Delete, own)];
    let asked = rows.seen_by(&context(world, &rows, &held)?);
    let items = ["none", "one", "two", "blue", "not-there"].map(|key| item(key, json!({"value": 7})));
    refused(asked.all_of(Op::Update, BatchMode::Atomic, &items).await, ErrorKind::NotFound, 0)?;
    let report = asked.all_of(Op::Update, BatchMode::PerItem, &items).await?;
    let not_found = [0, 2, 3, 4].map(|index| (index, ErrorKind::NotFound));
    equal((report.updated, failures(&report)), (1, not_found.to_vec()))?;
    for record in records.iter_mut().filter(|record| record.id() == "Plain/one") {
        *record = some(rows.get("one").await?, "changed record")?;
        equal(record.version(), 2)?;
    }
    let keys = ["none", "one", "two", "not-there"].map(key);
    let report = asked.all_of(Op::Delete, BatchMode::PerItem, &keys).await?;
    equal((report.deleted, report.absent), (1, 3))?;
    records.retain(|record| record.id() != "Plain/one");
    rows.hold(&records).await
}

async fn an_upsert_asks_for_what_it_does(world: &World) -> Outcome {
    let (rows, records) = fill(world).await?;
    let red = || json!({"name": "new", "team_id": "red"});
    let held = [(Action::View, everything()), (Action::Create, everything())];
    let creator = rows.seen_by(&context(world, &rows, &held)?);
    let items = [item("one", json!({"name": "new"})), item("new", red()), item("blue", red()), item("new", red())];
    let report = creator.all_of(Op::Upsert, BatchMode::PerItem, &items).await?;
    // What may not be changed is as an id that is taken: also what an earlier item created.
    let expected = vec![(0, ErrorKind::Denied), (2, ErrorKind::AlreadyExists), (3, ErrorKind::AlreadyExists)];
    equal((report.created, report.updated, failures(&report)), (1, 0, expected))?;
    equal(rows.delete("new").await?.is_some(), true)?;
    rows.hold(&records).await?;
    let held = [(Action::View, everything()), (Action::Update, everything())];
    let editor = rows.seen_by(&context(world, &rows, &held)?);
    let items = [item("one", json!({"name": "new"})), item("new", red())];
    let report = editor.all_of(Op::Upsert, BatchMode::PerItem, &items).await?;
    equal((report.created, report.updated, failures(&report)), (0, 1, vec![(1, ErrorKind::Denied)]))?;
    rows.finds(json!({"name": "new"}), &["one"]).await
}
