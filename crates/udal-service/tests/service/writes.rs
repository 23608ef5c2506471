//! Creating, changing and deleting one record: what the service fills, events, repetitions and concurrent changes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use serde_json::{Value as Json, json};
use udal_core::contract::{Backend, Delete, Update};
use udal_core::record::read_changes;
use udal_core::{AccessContext, Context, ErrorKind, Result};
use udal_memory::MemoryBackend;
use udal_service::{
    CountRequest, CreateRequest, DeleteRequest, HookContext, Hooks, Members, RecordService, Records, UpdateRequest,
};

use crate::faulty::{Faulty, SECRET};
use crate::support::{Log, Recorder, Sink, Stopped, accounts, acme, ada, add, over, over_any, service, tenant};

const NOW: &str = "2024-03-01T12:00:00Z";

fn told(log: &Log) -> RecordService {
    over(&Arc::new(MemoryBackend::new())).events(Sink::new(log)).clock(Arc::new(Stopped(NOW))).build().unwrap()
}

async fn count(records: &Records) -> u64 {
    records.count(&acme(), CountRequest::new()).await.unwrap()
}

/// Model, id, version and operation of each event since the last time.
fn events(log: &Log) -> Vec<Json> {
    let brief = |event: &Json| json!([event["group"], event["id"], event["version"], event["operation"]]);
    log.take().iter().map(|entry| brief(&entry["event"])).collect()
}

#[tokio::test]
async fn ids_are_made_of_the_model_and_a_time_ordered_uuid() {
    let records = accounts(&service());
    let first = add(&records, json!({"name": "a"})).await;
    let second = add(&records, json!({"name": "b", "id": null})).await;
    for id in [&first, &second] {
        let uuid = uuid::Uuid::parse_str(id.strip_prefix("Account/").unwrap()).unwrap();
        assert_eq!(uuid.get_version_num(), 7);
    }
    assert!(first < second);
}

#[tokio::test]
async fn the_service_fills_the_system_fields() {
    let records = accounts(&told(&Log::default()));
    let record = records.create(&ada(), CreateRequest::new(json!({"name": "a"}))).await.unwrap().record.to_json();
    let filled = ["version", "created_at", "updated_at", "created_by", "owned_by", "assigned_to", "team_id"];
    assert_eq!(
        filled.map(|name| record[name].clone()),
        [json!(1), json!(NOW), json!(NOW), json!("ada"), json!("ada"), json!([]), json!("north")]
    );
    let nobody = records.create(&acme(), CreateRequest::new(json!({"name": "b"}))).await.unwrap().record.to_json();
    assert_eq!([&nobody["created_by"], &nobody["owned_by"], &nobody["team_id"]], [&Json::Null; 3]);
    let access = AccessContext::unrestricted("an import").acting_for("eve", Some("south")).unwrap();
    let given = json!({"name": "c", "owned_by": "bob", "assigned_to": ["z", "y", "z"], "team_id": "west"});
    let eve = Context::new(tenant("acme"), access);
    let record = records.create(&eve, CreateRequest::new(given)).await.unwrap().record.to_json();
    let kept = ["created_by", "owned_by", "assigned_to", "team_id"];
    assert_eq!(kept.map(|name| record[name].clone()), [json!("eve"), json!("bob"), json!(["y", "z"]), json!("west")]);
}

#[tokio::test]
async fn created_at_may_be_given_on_import_and_never_changes() {
    let records = accounts(&told(&Log::default()));
    let data = json!({"name": "a", "created_at": "2020-01-01T02:00:00+02:00"});
    let record = records.create(&acme(), CreateRequest::new(data)).await.unwrap().record;
    let json = record.to_json();
    assert_eq!((&json["created_at"], &json["updated_at"]), (&json!("2020-01-01T00:00:00Z"), &json!(NOW)));
    for field in ["created_at", "id", "version", "updated_at", "created_by"] {
        let changes = json!({field: json["created_at"], "name": "b"});
        let error = records.update(&acme(), UpdateRequest::new(record.id(), changes)).await.unwrap_err();
        assert_eq!((error.field_errors()[0].field.as_str(), error.field_errors()[0].code), (field, "not_allowed"));
    }
    assert_eq!(records.get(&acme(), record.id()).await.unwrap().unwrap(), record);
}

#[tokio::test]
async fn an_update_merges_and_writes_the_time() {
    let backend = Arc::new(MemoryBackend::new());
    let id = add(&accounts(&over(&backend).build().unwrap()), json!({"name": "a", "score": 1, "tags": ["t"]})).await;
    let records = accounts(&over(&backend).clock(Arc::new(Stopped("2030-01-01T00:00:00Z"))).build().unwrap());
    let changes = json!({"score": null, "status": "open"});
    let record = records.update(&acme(), UpdateRequest::new(&id, changes).if_version(1)).await.unwrap().to_json();
    let fields = ["name", "score", "status", "tags", "version", "updated_at"];
    let expected = [json!("a"), json!(null), json!("open"), json!(["t"]), json!(2), json!("2030-01-01T00:00:00Z")];
    assert_eq!(fields.map(|name| record[name].clone()), expected);
}

#[tokio::test]
async fn every_committed_write_is_told_once() {
    let log = Log::default();
    let records = accounts(&told(&log));
    let id = add(&records, json!({"id": "Account/1", "name": "a"})).await;
    records.update(&acme(), UpdateRequest::new(&id, json!({"score": 1}))).await.unwrap();
    records.update(&acme(), UpdateRequest::new(&id, json!({"score": 2}))).await.unwrap();
    records.delete(&acme(), DeleteRequest::new(&id)).await.unwrap();
    assert_eq!(
        events(&log),
        [
            json!(["crm", "Account/1", 1, "create"]),
            json!(["crm", "Account/1", 2, "update"]),
            json!(["crm", "Account/1", 3, "update"]),
            json!(["crm", "Account/1", 3, "delete"])
        ]
    );
}

#[tokio::test]
async fn every_sink_is_told() {
    let (first, second) = (Log::default(), Log::default());
    let builder = over(&Arc::new(MemoryBackend::new())).events(Sink::new(&first)).events(Sink::new(&second));
    add(&accounts(&builder.build().unwrap()), json!({"name": "a"})).await;
    assert_eq!((first.take().len(), second.take().len()), (1, 1));
}

#[tokio::test]
async fn a_write_that_failed_is_not_told() {
    let log = Log::default();
    let records = accounts(&told(&log));
    let id = add(&records, json!({"name": "a"})).await;
    log.take();
    records.create(&acme(), CreateRequest::new(json!({"id": id, "name": "b"}))).await.unwrap_err();
    records.create(&acme(), CreateRequest::new(json!({}))).await.unwrap_err();
    records.create(&ada(), CreateRequest::new(json!({"name": "b", "team_id": "south"}))).await.unwrap_err();
    records.update(&acme(), UpdateRequest::new(&id, json!({"score": 1})).if_version(2)).await.unwrap_err();
    records.update(&acme(), UpdateRequest::new("Account/x", json!({"score": 1}))).await.unwrap_err();
    records.delete(&acme(), DeleteRequest::new(&id).if_version(2)).await.unwrap_err();
    assert!(!records.delete(&ada(), DeleteRequest::new(&id)).await.unwrap());
    assert!(log.take().is_empty());
}

#[tokio::test]
async fn a_storage_that_fails_is_said_without_its_words_and_not_told() {
    for hooked in [false, true] {
        let (log, backend) = (Log::default(), Faulty::new(ErrorKind::Unavailable, 0));
        let id = add(&accounts(&over(&backend.inner).build().unwrap()), json!({"name": "a"})).await;
        let mut builder = over_any(backend).events(Sink::new(&log));
        if hooked {
            builder = builder.hooks("crm", "Account", Recorder::new("first", &log));
        }
        let records = accounts(&builder.build().unwrap());
        let errors = [
            ("create", records.create(&acme(), CreateRequest::new(json!({"name": "b"}))).await.unwrap_err()),
            ("update", records.update(&acme(), UpdateRequest::new(&id, json!({"score": 1}))).await.unwrap_err()),
            ("delete", records.delete(&acme(), DeleteRequest::new(&id)).await.unwrap_err()),
        ];
        for (operation, error) in errors {
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            let at = (error.operation(), error.model(), error.tenant());
            assert_eq!(at, (Some(operation), Some("Account"), Some("acme")));
            assert!(!error.to_string().contains(SECRET));
            assert_eq!(std::error::Error::source(&error).unwrap().to_string(), SECRET);
        }
        assert!(log.take_calls().iter().all(|call| call.contains("before") || call.contains("validate")));
    }
}

#[tokio::test]
async fn a_record_that_lost_its_link_is_told_as_changed() {
    for hooked in [false, true] {
        let log = Log::default();
        let mut builder = over(&Arc::new(MemoryBackend::new())).events(Sink::new(&log));
        if hooked {
            builder = builder.hooks("crm", "Account", Recorder::new("first", &Log::default()));
        }
        let service = builder.build().unwrap();
        let (accounts, contacts) = (accounts(&service), service.records("crm", "Contact").unwrap());
        add(&accounts, json!({"id": "Account/1", "name": "a"})).await;
        add(&contacts, json!({"id": "Contact/1", "name": "c", "account": "Account/1"})).await;
        add(&contacts, json!({"id": "Contact/2", "name": "d", "friends": ["Account/1"]})).await;
        add(&contacts, json!({"id": "Contact/3", "name": "e"})).await;
        log.take();
        assert!(accounts.delete(&acme(), DeleteRequest::new("Account/1")).await.unwrap());
        let told = log.take();
        assert_eq!(told[1]["event"]["model"], "Contact");
        let brief =
            |entry: &Json| json!([entry["event"]["id"], entry["event"]["version"], entry["event"]["operation"]]);
        assert_eq!(
            told.iter().map(brief).collect::<Vec<_>>(),
            [json!(["Account/1", 1, "delete"]), json!(["Contact/1", 2, "update"]), json!(["Contact/2", 2, "update"])]
        );
        let contact = contacts.get(&acme(), "Contact/1").await.unwrap().unwrap();
        assert_eq!((contact.value("account"), contact.version()), (None, 2));
    }
}

#[tokio::test]
async fn a_repeated_create_answers_the_first_and_tells_nothing() {
    let log = Log::default();
    let builder = over(&Arc::new(MemoryBackend::new())).events(Sink::new(&log));
    let records = accounts(&builder.hooks("crm", "Account", Recorder::new("first", &log)).build().unwrap());
    let request = || CreateRequest::new(json!({"name": "a", "score": 1})).idempotency_key("key-1");
    let first = records.create(&acme(), request()).await.unwrap();
    assert!(!first.replayed);
    log.take();
    let again = records.create(&acme(), request()).await.unwrap();
    assert_eq!((&again.record, again.replayed), (&first.record, true));
    let calls = log.take_calls();
    assert!(calls.iter().all(|call| !call.contains("after") && call != "event"), "{calls:?}");
    assert_eq!(count(&records).await, 1);
    // The order of the members does not matter; what they say does.
    let turned = serde_json::from_str(r#"{"score": 1, "name": "a"}"#).unwrap();
    assert!(records.create(&acme(), CreateRequest::new(turned).idempotency_key("key-1")).await.unwrap().replayed);
    let other = CreateRequest::new(json!({"name": "b"})).idempotency_key("key-1");
    assert_eq!(records.create(&acme(), other).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(count(&records).await, 1);
}

#[tokio::test]
async fn an_idempotency_key_has_bounds() {
    let records = accounts(&service());
    for bad in [String::new(), "k".repeat(201), "é".repeat(101), "a\nb".to_owned(), "a\0".to_owned()] {
        let error = records.create(&acme(), CreateRequest::new(json!({"name": "a"})).idempotency_key(bad)).await;
        assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    assert_eq!(count(&records).await, 0);
    for good in ["k".to_owned(), "k".repeat(200), "é".repeat(100)] {
        records.create(&acme(), CreateRequest::new(json!({"name": "a"})).idempotency_key(good)).await.unwrap();
    }
    assert_eq!(count(&records).await, 3);
}

/// Lets another writer in between what the hooks saw and the write, the first few times.
struct Meddles {
    backend: Arc<MemoryBackend>,
    times: usize,
    calls: AtomicUsize,
    deletes: bool,
}

impl Meddles {
    fn new(backend: &Arc<MemoryBackend>, times: usize) -> Arc<Self> {
        Arc::new(Meddles { backend: Arc::clone(backend), times, calls: AtomicUsize::new(0), deletes: false })
    }

    async fn meddle(&self, ctx: &HookContext) -> Result<()> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        if call >= self.times {
            return Ok(());
        }
        let (model, id) = (Arc::clone(ctx.model()), ctx.before().unwrap().id().to_owned());
        if self.deletes {
            self.backend.delete(ctx.context(), Delete { model, id, if_version: None }).await?;
            return Ok(());
        }
        let patch = read_changes(&model, &json!({"score": call}))?;
        self.backend.update(ctx.context(), Update { model, id, patch, if_version: None }).await?;
        Ok(())
    }
}

#[async_trait]
impl Hooks for Meddles {
    async fn before_update(&self, ctx: &HookContext, changes: &mut Members) -> Result<()> {
        // What is written depends on what was seen: a write over an unseen change would show.
        let seen = ctx.before().unwrap().value("score").map_or(Json::Null, |score| score.to_json());
        changes.insert("tags".to_owned(), json!([format!("saw {seen}")]));
        self.meddle(ctx).await
    }

    async fn before_delete(&self, ctx: &HookContext) -> Result<()> {
        self.meddle(ctx).await
    }
}

#[tokio::test]
async fn a_write_through_hooks_is_tried_again_when_another_came_between() {
    let (log, backend) = (Log::default(), Arc::new(MemoryBackend::new()));
    let id = add(&accounts(&over(&backend).build().unwrap()), json!({"name": "a"})).await;
    let hooks = Meddles::new(&backend, 3);
    let builder = over(&backend).events(Sink::new(&log)).hooks("crm", "Account", Arc::clone(&hooks) as _);
    let records = accounts(&builder.build().unwrap());
    let record = records.update(&acme(), UpdateRequest::new(&id, json!({"name": "b"}))).await.unwrap();
    let json = record.to_json();
    assert_eq!((&json["name"], &json["score"], &json["tags"]), (&json!("b"), &json!(2), &json!(["saw 2"])));
    assert_eq!((record.version(), hooks.calls.load(Ordering::SeqCst)), (5, 4));
    assert_eq!(events(&log), [json!(["crm", id, 5, "update"])]);
}

#[tokio::test]
async fn a_delete_through_hooks_is_tried_again_when_another_came_between() {
    let (log, backend) = (Log::default(), Arc::new(MemoryBackend::new()));
    let id = add(&accounts(&over(&backend).build().unwrap()), json!({"name": "a"})).await;
    let hooks = Meddles::new(&backend, 2);
    let builder = over(&backend).events(Sink::new(&log)).hooks("crm", "Account", hooks);
    let records = accounts(&builder.build().unwrap());
    assert!(records.delete(&acme(), DeleteRequest::new(&id)).await.unwrap());
    assert_eq!(events(&log), [json!(["crm", id, 3, "delete"])]);
}

#[tokio::test]
async fn a_version_that_was_given_is_not_tried_again() {
    let backend = Arc::new(MemoryBackend::new());
    let id = add(&accounts(&over(&backend).build().unwrap()), json!({"name": "a"})).await;
    let hooks = Meddles::new(&backend, 2);
    let records = accounts(&over(&backend).hooks("crm", "Account", Arc::clone(&hooks) as _).build().unwrap());
    let request = UpdateRequest::new(&id, json!({"name": "b"})).if_version(1);
    let error = records.update(&acme(), request).await.unwrap_err();
    assert_eq!((error.kind(), hooks.calls.load(Ordering::SeqCst)), (ErrorKind::VersionConflict, 1));
    let error = records.delete(&acme(), DeleteRequest::new(&id).if_version(2)).await.unwrap_err();
    assert_eq!((error.kind(), hooks.calls.load(Ordering::SeqCst)), (ErrorKind::VersionConflict, 2));
    let kept = records.get(&acme(), &id).await.unwrap().unwrap();
    assert_eq!((kept.version(), kept.value("name").unwrap().as_str()), (3, Some("a")));
}

#[tokio::test]
async fn a_record_that_others_change_all_the_time_is_given_up() {
    let backend = Arc::new(MemoryBackend::new());
    let id = add(&accounts(&over(&backend).build().unwrap()), json!({"name": "a"})).await;
    let hooks = Meddles::new(&backend, usize::MAX);
    let records = accounts(&over(&backend).hooks("crm", "Account", hooks).build().unwrap());
    let error = records.update(&acme(), UpdateRequest::new(&id, json!({"name": "b"}))).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Unavailable && error.kind().is_retryable());
    let error = records.delete(&acme(), DeleteRequest::new(&id)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(records.get(&acme(), &id).await.unwrap().unwrap().value("name").unwrap().as_str(), Some("a"));
}

#[tokio::test]
async fn a_record_that_is_deleted_meanwhile_is_not_found() {
    let (log, backend) = (Log::default(), Arc::new(MemoryBackend::new()));
    let plain = accounts(&over(&backend).build().unwrap());
    let meddles = || Meddles { backend: Arc::clone(&backend), times: 1, calls: AtomicUsize::new(0), deletes: true };
    let id = add(&plain, json!({"name": "a"})).await;
    let builder = over(&backend).events(Sink::new(&log)).hooks("crm", "Account", Arc::new(meddles()));
    let records = accounts(&builder.build().unwrap());
    let error = records.update(&acme(), UpdateRequest::new(&id, json!({"name": "b"}))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let id = add(&plain, json!({"name": "a"})).await;
    let builder = over(&backend).events(Sink::new(&log)).hooks("crm", "Account", Arc::new(meddles()));
    assert!(!accounts(&builder.build().unwrap()).delete(&acme(), DeleteRequest::new(&id)).await.unwrap());
    assert!(log.take().is_empty());
}

/// Waits between what was seen and the write, so that other tasks come in between.
struct Waits;

#[async_trait]
impl Hooks for Waits {
    async fn before_update(&self, _: &HookContext, _: &mut Members) -> Result<()> {
        tokio::task::yield_now().await;
        Ok(())
    }
}

#[tokio::test]
async fn many_updates_at_once_through_hooks_lose_none() {
    let (log, backend) = (Log::default(), Arc::new(MemoryBackend::new()));
    let builder = over(&backend).hooks("crm", "Account", Recorder::new("first", &log));
    let records = accounts(&builder.hooks("crm", "Account", Arc::new(Waits)).build().unwrap());
    let id = add(&records, json!({"name": "a"})).await;
    log.take();
    let update = |at: usize| {
        let (records, id) = (records.clone(), id.clone());
        async move { records.update(&acme(), UpdateRequest::new(&id, json!({"score": at}))).await.unwrap().version() }
    };
    let mut versions = futures_util::future::join_all((0..8).map(update)).await;
    versions.sort_unstable();
    assert_eq!(versions, (2..10).collect::<Vec<i64>>());
    let tries = log.take_calls().iter().filter(|call| *call == "first.before_update").count();
    assert!(tries > 8, "no update met another");
}
