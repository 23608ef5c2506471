//! Batches that change records: their size, the streams that they come in, and how they cross.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt, stream};
use serde_json::json;
use udal_core::Error;
use udal_core::ErrorKind::{Refused, Unavailable};
use udal_core::contract::BatchMode::{Atomic, PerItem};
use udal_core::contract::{Answer, BatchUpdate, ChangeReport, UpdateItem};
use udal_core::record::Patch;
use udal_core::value::Value;

use Op::{Delete, Update, Upsert};

use super::changes::there;
use crate::case::{Case, Outcome, case};
use crate::changes::{Item, Op, failures, item, key, numbered};
use crate::expect::{equal, fails, holds, some};
use crate::rows::Rows;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("CHANGES-4", tens_of_thousands_of_upserts, many(Upsert)),
        case!("CHANGES-4", tens_of_thousands_of_updates, many(Update)),
        case!("CHANGES-4", tens_of_thousands_of_deletes, many(Delete)),
        case!("CHANGES-4", changes_are_not_all_in_memory),
        case!("CHANGES-5", an_error_in_the_stream_ends_the_upserts, stream_fails(Upsert)),
        case!("CHANGES-5", an_error_in_the_stream_ends_the_updates, stream_fails(Update)),
        case!("CHANGES-5", an_error_in_the_stream_ends_the_deletes, stream_fails(Delete)),
        case!("CHANGES-6", upserts_that_cross_lose_nothing, cross(Upsert)),
        case!("CHANGES-6", updates_that_cross_lose_nothing, cross(Update)),
        case!("CHANGES-6", deletes_that_cross_lose_nothing),
    ]
}

async fn many(world: &World, op: Op) -> Outcome {
    // Of twelve fields each: no statement takes as many values.
    let rows = world.rows("Wide")?;
    let count = world.many(12_000);
    let members = |text: &str| (0..12).map(|field| (format!("f{field}"), json!(format!("{text}{field}")))).collect();
    let items =
        |text: &'static str| (0..count).map(move |at| Ok((at as u64, item(&format!("k{at:05}"), members(text)))));
    let report = rows.change(Upsert, Atomic, Answer::Counts, stream::iter(items("new"))).await?;
    equal((report.created, report.updated, report.written.len()), (count as u64, 0, 0))?;
    let report = rows.change(op, PerItem, Answer::Counts, stream::iter(items("now"))).await?;
    equal(failures(&report), Vec::new())?;
    let done = count as u64;
    if op == Delete {
        equal((report.deleted, rows.count(json!({})).await?), (done, 0))?;
        return Ok(());
    }
    equal((report.created, report.updated), (0, done))?;
    equal(rows.count(json!({"f0": "now0", "f11": "now11", "version": 2})).await?, done)
}

async fn changes_are_not_all_in_memory(world: &World) -> Outcome {
    let count = world.many(40_000);
    let rows = world.rows("Twelve")?;
    rows.create("a", json!({"name": "x"})).await?;
    let name = Arc::new((**some(rows.model.find("name"), "field")?).clone());
    // Each item holds its field: how many share it says how many are alive while the batch is read.
    let most = AtomicUsize::new(0);
    let made = (0..count as u64).map(|at| {
        most.fetch_max(Arc::strong_count(&name), Ordering::Relaxed);
        let mut patch = Patch::default();
        patch.set(Arc::clone(&name), Some(Value::from("y")));
        Ok((at, UpdateItem { id: rows.id("a"), patch, if_version: Some(at as i64 + 1) }))
    });
    let op = BatchUpdate {
        model: rows.model.clone(),
        items: stream::iter(made).boxed(),
        mode: Atomic,
        answer: Answer::Counts,
    };
    let report = world.backend.batch_update(&rows.ctx, op).await?;
    equal(report.updated, count as u64)?;
    equal(some(rows.get("a").await?, "record")?.version(), count as i64 + 1)?;
    let most = most.into_inner();
    holds(most < count / 2, format!("{most} of {count} items were in memory at one time"))
}

async fn stream_fails(world: &World, op: Op) -> Outcome {
    let rows = world.rows("Plain")?;
    let held = there(&rows, &["a", "b"]).await?;
    let items = [item("a", json!({"value": 1})), item("b", json!({"value": 2}))];
    for mode in [Atomic, PerItem] {
        for at in 0..=2 {
            let stop = Error::new(Refused, "the stream stops here");
            let until = numbered(&items).take(at).chain([Err(stop)]).chain(numbered(&items).skip(at));
            let error = fails(rows.change(op, mode, Answer::Counts, stream::iter(until)).await, Refused)?;
            equal(error.message(), "the stream stops here")?;
            rows.hold(&held).await?;
        }
        let gone = Error::new(Unavailable, "the source is gone");
        let late = (0..world.many(6_000) as u64).map(|at| Ok((at, items[at as usize % 2].clone()))).chain([Err(gone)]);
        fails(rows.change(op, mode, Answer::Counts, stream::iter(late)).await, Unavailable)?;
        rows.hold(&held).await?;
    }
    Ok(())
}

/// How many write at one instant, and how often each.
const WRITERS: usize = 6;
const ROUNDS: usize = 5;
const SHARED_KEYS: usize = 40;

async fn cross(world: &World, op: Op) -> Outcome {
    let rows = world.rows("Plain")?;
    // Some are there, and some an upsert has to create.
    let mut keys: Vec<String> = (0..SHARED_KEYS).map(|at| format!("k{at:02}")).collect();
    let is_there = |at: usize| op == Update || at.is_multiple_of(2);
    let first: Vec<Item> =
        keys.iter().enumerate().filter(|(at, _)| is_there(*at)).map(|(_, k)| item(k, json!({"value": 0}))).collect();
    rows.all_of(Upsert, Atomic, &first).await?;
    let written = |writer: usize| {
        let rows = rows.clone();
        keys.rotate_left(7);
        let mut keys = keys.clone();
        if writer.is_multiple_of(2) {
            keys.reverse();
        }
        (rows, keys)
    };
    let mut written = written;
    let tasks: Vec<(Rows, Vec<String>)> = (0..WRITERS).map(&mut written).collect();
    let answers = world
        .at_once(WRITERS, |writer| {
            let (rows, keys) = tasks[writer].clone();
            async move {
                let mut report = ChangeReport::default();
                for round in 0..ROUNDS {
                    let items: Vec<Item> =
                        keys.iter().map(|k| item(k, json!({"value": writer * ROUNDS + round}))).collect();
                    let mode = if round % 2 == 0 { Atomic } else { PerItem };
                    report.add(rows.all_of(op, mode, &items).await?);
                }
                Ok::<_, Error>(report)
            }
        })
        .await?;
    let mut writes = 0;
    for answer in answers {
        let report = answer?;
        equal(failures(&report), Vec::new())?;
        writes += report.created + report.updated;
    }
    equal(writes, (WRITERS * ROUNDS * SHARED_KEYS) as u64)?;
    for at in 0..SHARED_KEYS {
        let record = some(rows.get(&format!("k{at:02}")).await?, "record")?;
        // Each write counts up by one; the one that created it made version 1.
        equal(record.version(), (WRITERS * ROUNDS) as i64 + i64::from(is_there(at)))?;
    }
    Ok(())
}

async fn deletes_that_cross_lose_nothing(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let mut keys: Vec<String> = (0..SHARED_KEYS).map(|at| format!("k{at:02}")).collect();
    for _ in 0..ROUNDS {
        let all: Vec<Item> = keys.iter().map(|key| item(key, json!({}))).collect();
        rows.all_of(Upsert, Atomic, &all).await?;
        let mut batches = Vec::new();
        for _ in 0..WRITERS {
            keys.rotate_left(11);
            batches.push(keys.iter().rev().map(|k| key(k)).collect::<Vec<_>>());
        }
        let answers = world
            .at_once(WRITERS, |writer| {
                let (rows, items) = (rows.clone(), batches[writer].clone());
                async move { rows.all_of(Delete, Atomic, &items).await }
            })
            .await?;
        let reports = answers.into_iter().collect::<Result<Vec<_>, Error>>()?;
        equal(reports.iter().map(|report| report.deleted).sum::<u64>(), SHARED_KEYS as u64)?;
        let all = (WRITERS * SHARED_KEYS) as u64;
        equal(reports.iter().map(|report| report.deleted + report.absent).sum::<u64>(), all)?;
        rows.hold(&[]).await?;
    }
    Ok(())
}
