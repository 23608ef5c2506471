//! Batches answered part after part.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::StreamExt;
use futures_util::stream::{self, Stream};
use serde_json::{Value as Json, json};
use udal_core::contract::BatchMode;
use udal_core::{Error, ErrorKind, Result};
use udal_service::{BatchRequest, CountRequest, Records, UpsertRequest};

use crate::faulty::Faulty;
use crate::support::{Log, Recorder, acme, over_any, results};

/// So many items, and then none for ever; counted when they are taken.
fn then_silence(count: u64, taken: &Arc<AtomicU64>) -> impl Stream<Item = Result<Json>> + Send + use<> {
    let taken = Arc::clone(taken);
    let items = (0..count).map(move |at| {
        taken.fetch_add(1, Ordering::SeqCst);
        Ok(json!({"id": format!("Result/{at:06}"), "kind": "ph", "count": at}))
    });
    stream::iter(items).chain(stream::pending())
}

fn over_faulty(kind: ErrorKind, fails_at: usize) -> Records {
    results(&over_any(Faulty::new(kind, fails_at)).build().unwrap())
}

fn each<'a>(items: impl Stream<Item = Result<Json>> + Send + 'a) -> BatchRequest<'a> {
    BatchRequest::new(items).mode(BatchMode::PerItem)
}

#[tokio::test]
async fn what_is_written_is_answered_without_waiting_for_more() {
    let records = over_faulty(ErrorKind::Internal, usize::MAX);
    let (ctx, taken) = (acme(), Arc::default());
    let mut parts = records.batch_create_parts(&ctx, each(then_silence(10_100, &taken)));
    for _ in 0..2 {
        let part = parts.next().await.unwrap().unwrap();
        assert_eq!((part.created, part.failures.len()), (5_000, 0));
    }
    assert_eq!(records.count(&ctx, CountRequest::new()).await.unwrap(), 10_000);
    let mut parts =
        records.upsert_parts(&ctx, UpsertRequest::new(then_silence(5_100, &Arc::default())).mode(BatchMode::PerItem));
    assert_eq!(parts.next().await.unwrap().unwrap().updated, 5_000);
}

#[tokio::test]
async fn a_write_that_fails_ends_the_batch_without_waiting_for_more() {
    let records = over_faulty(ErrorKind::StorageFull, 1);
    let (ctx, taken) = (acme(), Arc::default());
    let mut parts = records.batch_create_parts(&ctx, each(then_silence(10_100, &taken)));
    assert_eq!(parts.next().await.unwrap().unwrap().created, 5_000);
    let stopped = parts.next().await.unwrap().unwrap().stopped.unwrap();
    assert_eq!((stopped.kind(), stopped.message()), (ErrorKind::StorageFull, "item 5000: the storage says no"));
    assert!(parts.next().await.is_none());
    let answer = over_faulty(ErrorKind::StorageFull, 0).batch_create(&ctx, each(then_silence(5_100, &taken))).await;
    assert_eq!(answer.unwrap().stopped.unwrap().kind(), ErrorKind::StorageFull);
}

#[tokio::test]
async fn bad_items_are_part_of_a_part() {
    let records = over_faulty(ErrorKind::Internal, usize::MAX);
    let items =
        (0..7_000).map(|at| if at < 6_000 { Err(Error::invalid("no JSON")) } else { Ok(json!({"kind": "ph"})) });
    let ctx = acme();
    let parts: Vec<_> = records.batch_create_parts(&ctx, each(stream::iter(items))).collect().await;
    let said: Vec<_> = parts.into_iter().map(Result::unwrap).map(|part| (part.created, part.failures.len())).collect();
    assert_eq!(said, [(0, 5_000), (1_000, 1_000)]);
}

#[tokio::test]
async fn with_hooks_nothing_is_made_ready_ahead() {
    let log = Log::default();
    let builder = over_any(Faulty::new(ErrorKind::Internal, usize::MAX));
    let records = results(&builder.hooks("lab", "Result", Recorder::new("first", &log)).build().unwrap());
    let (ctx, taken) = (acme(), Arc::default());
    let mut parts = records.batch_create_parts(&ctx, each(then_silence(10_100, &taken)));
    assert_eq!(parts.next().await.unwrap().unwrap().created, 5_000);
    assert_eq!(taken.load(Ordering::SeqCst), 5_000);
    let calls = log.take_calls();
    assert!(calls.iter().rev().take(5_000).all(|call| *call == "first.after_create"), "{:?}", calls.last());
}

#[tokio::test]
async fn an_atomic_batch_is_one_part_or_an_error() {
    let records = over_faulty(ErrorKind::Internal, 1);
    let ctx = acme();
    let items = || stream::iter((0..6_000).map(|at| Ok(json!({"id": format!("Result/{at}"), "kind": "ph"}))));
    let parts: Vec<_> = records.batch_create_parts(&ctx, BatchRequest::new(items())).collect().await;
    let [Ok(part)] = parts.as_slice() else { unreachable!("{parts:?}") };
    assert_eq!(part.created, 6_000);
    let parts: Vec<_> = records.batch_create_parts(&ctx, BatchRequest::new(items())).collect().await;
    let [Err(error)] = parts.as_slice() else { unreachable!("{parts:?}") };
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Internal, Some("batch_create")));
}
