//! Batches whose stream waits, ends with an error, or is given up.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use serde_json::json;
use tokio::sync::oneshot;
use udal_core::Error;
use udal_core::ErrorKind::{Refused, Unavailable};
use udal_core::contract::BatchMode::{self, Atomic, PerItem};
use udal_core::contract::{Backend, BatchCreate, BatchReport};
use udal_core::record::Record;

use super::batches::{failed, items, keyed};
use crate::case::{Case, Failure, Outcome, case};
use crate::expect::{equal, fails, holds};
use crate::rows::Rows;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("BATCH-1", half_a_batch_is_never_seen),
        case!("BATCH-1", a_batch_that_is_given_up_writes_nothing, is_given_up(Atomic)),
        case!("BATCH-2", a_batch_that_is_given_up_writes_no_item, is_given_up(PerItem)),
        case!("BATCH-4", records_that_come_one_by_one, come_slowly(Atomic)),
        case!("BATCH-4", records_that_come_one_by_one_are_written_one_by_one, come_slowly(PerItem)),
        case!("BATCH-5", an_error_in_the_stream_ends_the_whole_batch, stream_fails(Atomic)),
        case!("BATCH-5", an_error_in_the_stream_ends_a_batch_of_items, stream_fails(PerItem)),
        case!("BATCH-5", an_error_after_thousands_leaves_nothing, stream_fails_late(Atomic)),
        case!("BATCH-5", an_error_after_thousands_of_items_leaves_nothing, stream_fails_late(PerItem)),
    ]
}

/// A batch of `first`, which then waits for a record that comes through the channel; tells when it waits.
async fn waiting_batch(
    rows: Rows,
    backend: Arc<dyn Backend>,
    mode: BatchMode,
    first: Vec<Record>,
    waits: oneshot::Sender<()>,
    last: oneshot::Receiver<Record>,
) -> Result<BatchReport, Error> {
    let index = first.len() as u64;
    let pause = async move {
        // Nobody listens any more where the batch was given up.
        let _ = waits.send(());
        match last.await {
            Ok(record) => Ok((index, record)),
            Err(_) => std::future::pending().await,
        }
    };
    let records = stream::iter(items(&first)).chain(stream::once(pause)).boxed();
    backend.batch_create(&rows.ctx, BatchCreate { model: rows.model.clone(), records, mode }).await
}

async fn half_a_batch_is_never_seen(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let before = rows.create("before", json!({})).await?;
    let mut records = rows.records((0..world.many(12_000)).map(|value| json!({"value": value})))?;
    let last = rows.record("last", json!({}))?;
    let (waits, waiting) = oneshot::channel();
    let (send, receive) = oneshot::channel();
    let batch = waiting_batch(rows.clone(), world.backend.clone(), Atomic, records.clone(), waits, receive);
    let batch = tokio::spawn(batch);
    waiting.await.map_err(|_| Failure::new("the batch ended before its stream did"))?;
    equal(rows.count(json!({})).await?, 1)?;
    rows.hold(std::slice::from_ref(&before)).await?;
    equal(rows.get("k000").await?, None)?;
    send.send(last.clone()).map_err(|_| Failure::new("the batch ended before its stream did"))?;
    let report = batch.await.map_err(|error| Failure::new(format!("the batch ended: {error}")))??;
    equal(report.created, records.len() as u64 + 1)?;
    records.extend([before, last]);
    equal(rows.count(json!({})).await?, records.len() as u64)
}

async fn is_given_up(world: &World, mode: BatchMode) -> Outcome {
    let rows = world.rows("Plain")?;
    let before = rows.create("before", json!({})).await?;
    let records = rows.records((0..world.many(6_000)).map(|value| json!({"value": value})))?;
    let (waits, waiting) = oneshot::channel();
    let (_send, receive) = oneshot::channel();
    let batch = waiting_batch(rows.clone(), world.backend.clone(), mode, records.clone(), waits, receive);
    let batch = tokio::spawn(batch);
    waiting.await.map_err(|_| Failure::new("the batch ended before its stream did"))?;
    batch.abort();
    let ended = batch.await;
    holds(ended.is_err_and(|error| error.is_cancelled()), "the batch was not given up")?;
    rows.hold(&[before]).await?;
    // Nothing of it stands in the way of the next.
    equal(rows.batch(mode, items(&records)).await?.created, records.len() as u64)?;
    equal(rows.count(json!({})).await?, records.len() as u64 + 1)
}

async fn come_slowly(world: &World, mode: BatchMode) -> Outcome {
    let rows = world.rows("Plain")?;
    let records = rows.records((0..300).map(|value| json!({"value": value})))?;
    let slowly = |item| async move {
        tokio::task::yield_now().await;
        item
    };
    let stream = stream::iter(items(&records)).then(slowly).boxed();
    let op = BatchCreate { model: rows.model.clone(), records: stream, mode };
    let report = world.backend.batch_create(&rows.ctx, op).await?;
    equal((report.created, failed(&report)), (300, Vec::new()))?;
    rows.hold(&records).await
}

/// What ends a stream: as a hook or a broken line of a file does.
fn stop() -> Error {
    Error::new(Refused, "the stream stops here").hint("as it should")
}

async fn stream_fails(world: &World, mode: BatchMode) -> Outcome {
    let rows = world.rows("Plain")?;
    let before = rows.create("before", json!({})).await?;
    let records = keyed(&rows, &["a", "b", "before", "c"])?;
    for at in 0..=2 {
        let until = items(&records).take(at).chain([Err(stop())]).chain(items(&records).skip(3));
        let error = fails(rows.batch(mode, until).await, Refused)?;
        equal((error.message(), error.mend()), ("the stream stops here", Some("as it should")))?;
        rows.hold(std::slice::from_ref(&before)).await?;
    }
    // What was to come is free.
    equal(rows.batch(mode, items(&records[..2])).await?.created, 2)
}

async fn stream_fails_late(world: &World, mode: BatchMode) -> Outcome {
    let rows = world.rows("Plain")?;
    let before = rows.create("before", json!({})).await?;
    let records = rows.records((0..world.many(12_000)).map(|value| json!({"value": value})))?;
    let gone = Error::new(Unavailable, "the source is gone");
    let error = fails(rows.batch(mode, items(&records).chain([Err(gone)])).await, Unavailable)?;
    equal(error.message(), "the source is gone")?;
    rows.hold(&[before]).await
}
