//! Many records at once: whole or item by item, with bad items, and on a storage that fails.

use std::sync::Arc;

use futures_util::stream;
use serde_json::{Value as Json, json};
use udal_core::contract::BatchMode;
use udal_core::{Error, ErrorKind};
use udal_memory::MemoryBackend;
use udal_service::{BatchAnswer, BatchRequest, CountRequest, ListRequest, Records};

use crate::faulty::{Faulty, SECRET};
use crate::support::{Log, Recorder, Sink, accounts, acme, ada, over, over_any, results, service};

async fn count(records: &Records) -> u64 {
    records.count(&acme(), CountRequest::new()).await.unwrap()
}

/// Index and kind of each failure.
fn failed(answer: &BatchAnswer) -> Vec<(u64, ErrorKind)> {
    answer.failures.iter().map(|failure| (failure.index, failure.error.kind())).collect()
}

fn numbered(count: u64) -> impl Iterator<Item = Json> + Send {
    (0..count).map(|at| json!({"id": format!("Result/{at:06}"), "kind": "ph", "count": at}))
}

#[tokio::test]
async fn an_atomic_batch_is_written_whole() {
    let log = Log::default();
    let records = accounts(&over(&Arc::new(MemoryBackend::new())).events(Sink::new(&log)).build().unwrap());
    let items = vec![json!({"name": "a"}), json!({"id": "Account/b", "name": "b"})];
    let answer = records.batch_create(&ada(), BatchRequest::from_items(items).with_ids()).await.unwrap();
    assert_eq!((answer.created, answer.failures.len(), answer.stopped.is_none()), (2, 0, true));
    assert_eq!(answer.ids[1], (1, "Account/b".to_owned()));
    let made = records.get(&ada(), &answer.ids[0].1).await.unwrap().unwrap().to_json();
    assert_eq!((&made["name"], &made["owned_by"], &made["version"]), (&json!("a"), &json!("ada"), &json!(1)));
    let events = log.take();
    let told: Vec<_> = events.iter().map(|entry| (&entry["event"]["id"], &entry["event"]["operation"])).collect();
    assert_eq!(told, [(&made["id"], &json!("create")), (&json!("Account/b"), &json!("create"))]);
}

#[tokio::test]
async fn an_atomic_batch_fails_whole_and_names_the_item() {
    let cases: [(Json, ErrorKind); 3] = [
        (json!({"name": 5}), ErrorKind::InvalidInput),
        (json!(["not an object"]), ErrorKind::InvalidInput),
        (json!({"id": "Account/0", "name": "twice"}), ErrorKind::AlreadyExists),
    ];
    for (bad, kind) in cases {
        let log = Log::default();
        let records = accounts(&over(&Arc::new(MemoryBackend::new())).events(Sink::new(&log)).build().unwrap());
        let items = vec![json!({"id": "Account/0", "name": "a"}), json!({"name": "b"}), bad, json!({"name": "c"})];
        let error = records.batch_create(&acme(), BatchRequest::from_items(items)).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(error.message().starts_with("item 2: "), "{error}");
        assert_eq!(error.message().matches("item").count(), 1, "{error}");
        assert_eq!((error.operation(), error.tenant()), (Some("batch_create"), Some("acme")));
        assert_eq!(count(&records).await, 0);
        assert!(log.take().is_empty());
    }
}

#[tokio::test]
async fn an_error_in_the_stream_fails_an_atomic_batch() {
    let records = accounts(&service());
    let items = [Ok(json!({"name": "a"})), Err(Error::invalid("this line is not JSON"))];
    let error = records.batch_create(&acme(), BatchRequest::new(stream::iter(items))).await.unwrap_err();
    assert_eq!(error.message(), "item 1: this line is not JSON");
    assert_eq!(count(&records).await, 0);
}

#[tokio::test]
async fn item_by_item_every_failure_keeps_its_index() {
    let log = Log::default();
    let records = accounts(&over(&Arc::new(MemoryBackend::new())).events(Sink::new(&log)).build().unwrap());
    let items = vec![
        Ok(json!({"id": "Account/0", "name": "a"})),
        Ok(json!({"name": 1, "scor": 2})),
        Err(Error::invalid("this line is not JSON")),
        Ok(json!({"id": "Account/0", "name": "twice"})),
        Ok(json!({"id": "Contact/4", "name": "another model's id"})),
        Ok(json!({"id": "Account/5", "name": "f"})),
    ];
    let request = BatchRequest::new(stream::iter(items)).mode(BatchMode::PerItem).with_ids();
    let answer = records.batch_create(&acme(), request).await.unwrap();
    assert_eq!(answer.created, 2);
    let invalid = ErrorKind::InvalidInput;
    assert_eq!(failed(&answer), [(1, invalid), (2, invalid), (3, ErrorKind::AlreadyExists), (4, invalid)]);
    assert_eq!(answer.failures[0].error.field_errors().len(), 2);
    assert_eq!(answer.ids, [(0, "Account/0".to_owned()), (5, "Account/5".to_owned())]);
    for failure in &answer.failures {
        let error = &failure.error;
        let at = (error.operation(), error.model(), error.tenant());
        assert_eq!(at, (Some("batch_create"), Some("Account"), Some("acme")));
    }
    assert_eq!(log.take_calls(), ["event", "event"]);
    assert_eq!(records.get(&acme(), "Account/0").await.unwrap().unwrap().value("name").unwrap().as_str(), Some("a"));
}

#[tokio::test]
async fn an_item_out_of_the_writers_reach_is_denied() {
    let records = accounts(&service());
    let items = || vec![json!({"name": "mine"}), json!({"name": "theirs", "team_id": "south"})];
    let error = records.batch_create(&ada(), BatchRequest::from_items(items())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.message().starts_with("item 1: "), "{error}");
    assert_eq!(count(&records).await, 0);
    let request = BatchRequest::from_items(items()).mode(BatchMode::PerItem);
    let answer = records.batch_create(&ada(), request).await.unwrap();
    assert_eq!((answer.created, failed(&answer)), (1, vec![(1, ErrorKind::Denied)]));
    assert!(answer.ids.is_empty());
}

#[tokio::test]
async fn an_empty_batch_writes_nothing() {
    for mode in [BatchMode::Atomic, BatchMode::PerItem] {
        let answer = accounts(&service()).batch_create(&acme(), BatchRequest::from_items(vec![]).mode(mode)).await;
        let answer = answer.unwrap();
        assert_eq!((answer.created, answer.failures.len(), answer.stopped.is_none()), (0, 0, true));
    }
}

#[tokio::test]
async fn item_by_item_is_written_in_chunks() {
    let backend = Faulty::new(ErrorKind::Internal, usize::MAX);
    let records = results(&over_any(Arc::clone(&backend) as _).build().unwrap());
    // Bad items on both sides of the end of the first chunk.
    let items = numbered(12_000).enumerate().map(|(at, item)| match at {
        4_999 | 5_000 | 11_999 => Err(Error::invalid("this line is not JSON")),
        _ => Ok(item),
    });
    let request = BatchRequest::new(stream::iter(items)).mode(BatchMode::PerItem).with_ids();
    let answer = records.batch_create(&acme(), request).await.unwrap();
    assert_eq!((answer.created, backend.batches()), (11_997, 3));
    assert_eq!(answer.failures.iter().map(|failure| failure.index).collect::<Vec<_>>(), [4_999, 5_000, 11_999]);
    assert_eq!(count(&records).await, 11_997);
    assert!(answer.ids.windows(2).all(|pair| pair[0].0 < pair[1].0));
    assert!(answer.ids.iter().all(|(index, id)| *id == format!("Result/{index:06}")));
    assert_eq!(answer.ids.len(), 11_997);
}

#[tokio::test]
async fn a_chunk_of_bad_items_alone_does_not_reach_the_storage() {
    let backend = Faulty::new(ErrorKind::StorageFull, 0);
    let records = results(&over_any(Arc::clone(&backend) as _).build().unwrap());
    let items = vec![json!({}), json!({"kind": 1})];
    let request = BatchRequest::from_items(items).mode(BatchMode::PerItem);
    let answer = records.batch_create(&acme(), request).await.unwrap();
    assert_eq!((answer.created, answer.failures.len(), backend.batches()), (0, 2, 0));
    assert!(answer.stopped.is_none());
}

#[tokio::test]
async fn a_full_disk_stops_a_batch_and_keeps_what_was_acknowledged() {
    for kind in [ErrorKind::StorageFull, ErrorKind::Unavailable, ErrorKind::Internal] {
        let log = Log::default();
        let backend = Faulty::new(kind, 1);
        let builder = over_any(Arc::clone(&backend) as _).events(Sink::new(&log));
        let records = results(&builder.hooks("lab", "Result", Recorder::new("first", &log)).build().unwrap());
        let items = numbered(12_000).enumerate().map(|(at, item)| match at {
            7 | 5_000 => Err(Error::invalid("this line is not JSON")),
            _ => Ok(item),
        });
        let request = BatchRequest::new(stream::iter(items)).mode(BatchMode::PerItem).with_ids();
        let answer = records.batch_create(&acme(), request).await.unwrap();
        assert_eq!((answer.created, answer.ids.len()), (4_999, 4_999));
        assert_eq!(count(&records).await, 4_999);
        // What was read from the input before it stopped, and could not be written anyway, is said too.
        assert_eq!(failed(&answer), [(7, ErrorKind::InvalidInput), (5_000, ErrorKind::InvalidInput)]);
        let stopped = answer.stopped.unwrap();
        assert_eq!((stopped.kind(), stopped.message()), (kind, "item 5001: the storage says no"));
        // Where the connection was lost, the chunk may have been written all the same.
        let is_sure = kind != ErrorKind::Unavailable;
        assert_eq!(stopped.mend() == Some("this item and those after it were not written"), is_sure);
        assert!(stopped.mend().is_some());
        assert_eq!(
            (stopped.operation(), stopped.model(), stopped.tenant()),
            (Some("batch_create"), Some("Result"), Some("acme"))
        );
        assert!(!stopped.to_string().contains(SECRET));
        let calls = log.take_calls();
        assert_eq!(calls.iter().filter(|call| *call == "event").count(), 4_999);
        assert_eq!(calls.iter().filter(|call| *call == "first.after_create").count(), 4_999);
        let request = ListRequest::new().order_by("-id").limit(1);
        assert_eq!(records.list(&acme(), request).await.unwrap().records[0].id(), "Result/004999");
    }
}

#[tokio::test]
async fn a_full_disk_fails_an_atomic_batch() {
    let records = results(&over_any(Faulty::new(ErrorKind::StorageFull, 0)).build().unwrap());
    let error = records.batch_create(&acme(), BatchRequest::from_items(numbered(3).collect())).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::StorageFull, Some("batch_create")));
    assert!(!error.to_string().contains(SECRET));
    assert_eq!(count(&records).await, 0);
}

#[tokio::test]
async fn a_broken_link_names_the_item_and_the_field() {
    let service = service();
    let records = service.records("crm", "Contact").unwrap();
    let items = vec![json!({"name": "a", "account": "Account/none"})];
    let error = records.batch_create(&acme(), BatchRequest::from_items(items)).await.unwrap_err();
    assert_eq!(error.field_errors()[0].code, "broken_link");
    assert!(error.message().starts_with("item 0: "), "{error}");
}
