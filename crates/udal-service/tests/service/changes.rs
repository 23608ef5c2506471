//! Upserts, updates and deletes of many records: checked, through the hooks, told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures_util::stream;
use serde_json::{Value as Json, json};
use udal_core::contract::{BatchMode, Effect};
use udal_core::{Error, ErrorKind, Result};
use udal_memory::MemoryBackend;
use udal_service::{
    BatchDeleteRequest, BatchUpdateRequest, ChangeAnswer, CountRequest, DeleteRequest, HookContext, Hooks, Members,
    Records, UpdateRequest, UpsertRequest, refuse,
};

use crate::faulty::{Faulty, SECRET};
use crate::support::{Log, Recorder, Sink, Stopped, accounts, acme, ada, add, over, over_any, service};

const MODES: [BatchMode; 2] = [BatchMode::Atomic, BatchMode::PerItem];

fn failed(answer: &ChangeAnswer) -> Vec<(u64, ErrorKind)> {
    answer.failures.iter().map(|failure| (failure.index, failure.error.kind())).collect()
}

async fn read(records: &Records, id: &str) -> Option<Json> {
    records.get(&acme(), id).await.unwrap().map(|record| record.to_json())
}

async fn count(records: &Records) -> u64 {
    records.count(&acme(), CountRequest::new()).await.unwrap()
}

/// An account at version 1, as the operator made it in 2020.
async fn made(records: &Records, id: &str) {
    let data = json!({"id": id, "name": "first", "score": 1, "tags": ["t"], "created_at": "2020-01-01T00:00:00Z"});
    add(records, data).await;
}

#[tokio::test]
async fn an_upsert_creates_and_changes() {
    for mode in MODES {
        let log = Log::default();
        let clock = Arc::new(Stopped("2024-05-06T07:08:09Z"));
        let built = over(&Arc::new(MemoryBackend::new())).events(Sink::new(&log)).clock(clock).build().unwrap();
        let records = accounts(&built);
        made(&records, "Account/a").await;
        log.take();
        let items = vec![
            json!({"id": "Account/a", "name": "second", "score": null, "created_at": "1999-01-01T00:00:00Z"}),
            json!({"id": "Account/b", "name": "new", "created_at": "1999-01-01T00:00:00Z"}),
            json!({"name": "without an id"}),
        ];
        let request = UpsertRequest::from_items(items).mode(mode).with_written();
        let answer = records.upsert(&acme(), request).await.unwrap();
        assert_eq!((answer.created, answer.updated, answer.deleted), (2, 1, 0));
        let effects: Vec<_> = answer.written.iter().map(|item| (item.index, item.effect, item.version)).collect();
        assert_eq!(effects, [(0, Effect::Updated, 2), (1, Effect::Created, 1), (2, Effect::Created, 1)]);
        let a = read(&records, "Account/a").await.unwrap();
        assert_eq!(
            (&a["name"], &a["score"], &a["tags"], &a["version"]),
            (&json!("second"), &Json::Null, &json!(["t"]), &json!(2))
        );
        assert_eq!(
            (&a["created_at"], &a["updated_at"]),
            (&json!("2020-01-01T00:00:00Z"), &json!("2024-05-06T07:08:09Z"))
        );
        let b = read(&records, "Account/b").await.unwrap();
        assert_eq!((&b["created_at"], &b["version"]), (&json!("1999-01-01T00:00:00Z"), &json!(1)));
        let told: Vec<Json> = log.take().iter().map(|entry| entry["event"]["operation"].clone()).collect();
        assert_eq!(told, [json!("update"), json!("create"), json!("create")]);
    }
}

#[tokio::test]
async fn every_field_error_of_every_item_is_said() {
    let records = accounts(&service());
    made(&records, "Account/a").await;
    // Whether it is there or not: an item is a complete record.
    let bad = json!({"id": "Account/a", "score": "x", "scor": 2, "version": 3});
    let items = || vec![json!({"name": "good"}), bad.clone()];
    let error = records.upsert(&acme(), UpsertRequest::from_items(items())).await.unwrap_err();
    assert!(error.message().starts_with("item 1: "), "{error}");
    let fields: Vec<&str> = error.field_errors().iter().map(|field| field.field.as_str()).collect();
    assert_eq!((error.operation(), fields.len(), fields.contains(&"name")), (Some("upsert"), 4, true), "{error}");
    assert_eq!(count(&records).await, 1);
    let request = UpsertRequest::from_items(items()).mode(BatchMode::PerItem);
    let answer = records.upsert(&acme(), request).await.unwrap();
    assert_eq!((answer.created, failed(&answer)), (1, vec![(1, ErrorKind::InvalidInput)]));
    assert_eq!(
        (answer.failures[0].error.operation(), answer.failures[0].error.field_errors().len()),
        (Some("upsert"), 4)
    );
    let update = |changes: Json| UpdateRequest::new("Account/a", changes);
    let items =
        vec![update(json!({"name": "b"})), update(json!({"name": null, "id": "x", "created_at": "y", "score": []}))];
    let request = BatchUpdateRequest::from_items(items).mode(BatchMode::PerItem);
    let answer = records.batch_update(&acme(), request).await.unwrap();
    assert_eq!((answer.updated, failed(&answer)), (1, vec![(1, ErrorKind::InvalidInput)]));
    assert_eq!(answer.failures[0].error.field_errors().len(), 4);
}

#[tokio::test]
async fn errors_in_the_stream_are_those_of_their_items() {
    let records = accounts(&service());
    made(&records, "Account/a").await;
    let update = |id: &str| Ok(UpdateRequest::new(id, json!({"score": 2})));
    let items = || {
        stream::iter([
            update("Account/a"),
            Err(Error::invalid("not JSON")),
            update("Account/none"),
            update("Account/a"),
        ])
    };
    let error = records.batch_update(&acme(), BatchUpdateRequest::new(items())).await.unwrap_err();
    assert_eq!((error.message(), error.operation()), ("item 1: not JSON", Some("batch_update")));
    let request = BatchUpdateRequest::new(items()).mode(BatchMode::PerItem);
    let answer = records.batch_update(&acme(), request).await.unwrap();
    assert_eq!((answer.updated, failed(&answer)), (2, vec![(1, ErrorKind::InvalidInput), (2, ErrorKind::NotFound)]));
}

#[tokio::test]
async fn versions_are_minded_and_what_is_absent_is_counted() {
    for mode in MODES {
        let log = Log::default();
        let records = accounts(&over(&Arc::new(MemoryBackend::new())).events(Sink::new(&log)).build().unwrap());
        for id in ["Account/a", "Account/b", "Account/c"] {
            made(&records, id).await;
        }
        log.take();
        let items = vec![
            UpdateRequest::new("Account/a", json!({"score": 2})).if_version(1),
            UpdateRequest::new("Account/a", json!({"score": 3})).if_version(2),
        ];
        assert_eq!(
            records.batch_update(&acme(), BatchUpdateRequest::from_items(items).mode(mode)).await.unwrap().updated,
            2
        );
        let delete = DeleteRequest::new;
        let items =
            vec![delete("Account/a").if_version(3), delete("Account/none"), delete("Account/b"), delete("Account/b")];
        let request = BatchDeleteRequest::from_items(items).mode(mode).with_written();
        let answer = records.batch_delete(&acme(), request).await.unwrap();
        assert_eq!((answer.deleted, answer.absent, answer.failures.len()), (2, 2, 0));
        let ids: Vec<_> = answer.written.iter().map(|item| (item.index, item.id.as_str(), item.version)).collect();
        assert_eq!(ids, [(0, "Account/a", 3), (2, "Account/b", 1)]);
        let told: Vec<_> = log.take().iter().map(|entry| entry["event"]["operation"].clone()).collect();
        assert_eq!(told, ["update", "update", "delete", "delete"].map(Json::from));
        let stale = vec![delete("Account/c").if_version(7)];
        let refused = records.batch_delete(&acme(), BatchDeleteRequest::from_items(stale).mode(mode)).await;
        match mode {
            BatchMode::Atomic => assert_eq!(refused.unwrap_err().kind(), ErrorKind::VersionConflict),
            BatchMode::PerItem => assert_eq!(failed(&refused.unwrap()), [(0, ErrorKind::VersionConflict)]),
        }
    }
}

#[tokio::test]
async fn hooks_see_each_item_in_the_order_of_single_writes() {
    for mode in MODES {
        let log = Log::default();
        let built = over(&Arc::new(MemoryBackend::new()))
            .hooks("crm", "Account", Recorder::new("h", &log))
            .events(Sink::new(&log))
            .build()
            .unwrap();
        let records = accounts(&built);
        made(&records, "Account/a").await;
        log.take();
        // The second item of `Account/b` finds what the first makes of it.
        let items = vec![
            json!({"id": "Account/a", "name": "second"}),
            json!({"id": "Account/b", "name": "new"}),
            json!({"id": "Account/b", "name": "newer"}),
        ];
        let answer = records.upsert(&acme(), UpsertRequest::from_items(items).mode(mode)).await.unwrap();
        assert_eq!((answer.created, answer.updated, answer.failures.len()), (1, 2, 0));
        let entries = log.take();
        let calls: Vec<&str> = entries.iter().map(|entry| entry["call"].as_str().unwrap_or("event")).collect();
        let before =
            ["h.validate", "h.before_update", "h.validate", "h.before_create", "h.validate", "h.before_update"];
        let after = ["h.after_update", "event", "h.after_create", "event", "h.after_update", "event"];
        assert_eq!(calls, [before, after].concat());
        let versions = |at: usize| (entries[at]["before"]["version"].clone(), entries[at]["after"]["version"].clone());
        assert_eq!((versions(1), versions(5)), ((json!(1), Json::Null), (json!(1), Json::Null)));
        assert_eq!(
            (versions(6), versions(8), versions(10)),
            ((json!(1), json!(2)), (Json::Null, json!(1)), (json!(1), json!(2)))
        );
        assert_eq!(entries[1]["data"], json!({"name": "second"}));

        let items = ["Account/a", "Account/none", "Account/a"].map(DeleteRequest::new).to_vec();
        let answer = records.batch_delete(&acme(), BatchDeleteRequest::from_items(items).mode(mode)).await.unwrap();
        assert_eq!((answer.deleted, answer.absent), (1, 2));
        assert_eq!(log.take_calls(), ["h.before_delete", "h.after_delete", "event"]);
    }
}

/// Refuses a score of 13, doubles another, and lets another write come between at its first call.
struct Doubling {
    backend: Arc<MemoryBackend>,
    calls: AtomicUsize,
}

#[async_trait]
impl Hooks for Doubling {
    async fn before_update(&self, ctx: &HookContext, changes: &mut Members) -> Result<()> {
        if self.calls.fetch_add(1, Ordering::SeqCst) == 0 {
            let others = accounts(&over(&self.backend).build().unwrap());
            others.update(ctx.context(), UpdateRequest::new("Account/a", json!({"status": "open"}))).await?;
        }
        match changes.get("score").and_then(Json::as_i64) {
            Some(13) => Err(refuse("not thirteen")),
            Some(score) => {
                changes.insert("score".to_owned(), json!(score * 2));
                Ok(())
            }
            None => Ok(()),
        }
    }
}

#[tokio::test]
async fn hooks_change_and_refuse_and_are_asked_again_when_overtaken() {
    for mode in MODES {
        let backend = Arc::new(MemoryBackend::new());
        let hooks = Arc::new(Doubling { backend: Arc::clone(&backend), calls: AtomicUsize::new(0) });
        let built = over(&backend).hooks("crm", "Account", Arc::<Doubling>::clone(&hooks)).build().unwrap();
        let records = accounts(&built);
        made(&records, "Account/a").await;
        made(&records, "Account/b").await;
        let update = |id: &str, score: i64| UpdateRequest::new(id, json!({"score": score}));
        let items = vec![update("Account/a", 4), update("Account/b", 5)];
        let answer = records.batch_update(&acme(), BatchUpdateRequest::from_items(items).mode(mode)).await.unwrap();
        assert_eq!((answer.updated, answer.failures.len()), (2, 0));
        let a = read(&records, "Account/a").await.unwrap();
        // What came between is kept.
        assert_eq!((&a["score"], &a["status"], &a["version"]), (&json!(8), &json!("open"), &json!(3)));
        assert!(hooks.calls.load(Ordering::SeqCst) >= 3);

        let items = vec![update("Account/b", 6), update("Account/a", 13)];
        let refused = records.batch_update(&acme(), BatchUpdateRequest::from_items(items).mode(mode)).await;
        let b = match mode {
            BatchMode::Atomic => {
                let error = refused.unwrap_err();
                assert_eq!(
                    (error.kind(), error.message().starts_with("item 1: ")),
                    (ErrorKind::Refused, true),
                    "{error}"
                );
                json!(10)
            }
            BatchMode::PerItem => {
                assert_eq!(failed(&refused.unwrap()), [(1, ErrorKind::Refused)]);
                json!(12)
            }
        };
        assert_eq!(read(&records, "Account/b").await.unwrap()["score"], b);
    }
}

#[tokio::test]
async fn with_hooks_what_nobody_sees_stays_taken() {
    let log = Log::default();
    let built =
        over(&Arc::new(MemoryBackend::new())).hooks("crm", "Account", Recorder::new("h", &log)).build().unwrap();
    let records = accounts(&built);
    add(&records, json!({"id": "Account/south", "name": "s", "team_id": "south"})).await;
    let items = || vec![json!({"id": "Account/mine", "name": "m"}), json!({"id": "Account/south", "name": "x"})];
    let error = records.upsert(&ada(), UpsertRequest::from_items(items())).await.unwrap_err();
    assert_eq!((error.kind(), error.message().starts_with("item 1: ")), (ErrorKind::AlreadyExists, true), "{error}");
    let request = UpsertRequest::from_items(items()).mode(BatchMode::PerItem);
    let answer = records.upsert(&ada(), request).await.unwrap();
    assert_eq!((answer.created, failed(&answer)), (1, vec![(1, ErrorKind::AlreadyExists)]));
    assert_eq!(read(&records, "Account/south").await.unwrap()["name"], "s");
}

#[tokio::test]
async fn links_that_a_batch_takes_out_are_told() {
    let log = Log::default();
    let built = over(&Arc::new(MemoryBackend::new())).events(Sink::new(&log)).build().unwrap();
    let (records, contacts) = (accounts(&built), built.records("crm", "Contact").unwrap());
    made(&records, "Account/a").await;
    add(&contacts, json!({"id": "Contact/c", "name": "c", "account": "Account/a"})).await;
    log.take();
    let items = vec![DeleteRequest::new("Account/a")];
    assert_eq!(records.batch_delete(&acme(), BatchDeleteRequest::from_items(items)).await.unwrap().deleted, 1);
    let told: Vec<_> = log.take().iter().map(|e| (e["event"]["id"].clone(), e["event"]["version"].clone())).collect();
    assert_eq!(told, [(json!("Account/a"), json!(1)), (json!("Contact/c"), json!(2))]);
}

#[tokio::test]
async fn a_storage_that_fails_ends_the_batch_and_says_where() {
    let records = accounts(&over_any(Faulty::new(ErrorKind::Unavailable, 1)).build().unwrap());
    let items = (0..12_000).map(|at| Ok(json!({"id": format!("Account/{at}"), "name": "n"})));
    let request = UpsertRequest::new(stream::iter(items)).mode(BatchMode::PerItem);
    let answer = records.upsert(&acme(), request).await.unwrap();
    let stopped = answer.stopped.unwrap();
    assert_eq!((answer.created, stopped.kind()), (5_000, ErrorKind::Unavailable));
    assert!(stopped.message().starts_with("item 5000: "), "{stopped}");
    assert!(!stopped.to_string().contains(SECRET) && stopped.operation() == Some("upsert"));
    let records = accounts(&over_any(Faulty::new(ErrorKind::StorageFull, 0)).build().unwrap());
    let error = records.upsert(&acme(), UpsertRequest::from_items(vec![json!({"name": "n"})])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StorageFull);
}
