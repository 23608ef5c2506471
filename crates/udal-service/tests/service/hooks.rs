//! The order of hooks, what they are given, and what they can do.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value as Json, json};
use udal_core::contract::BatchMode;
use udal_core::{Error, ErrorKind, Result};
use udal_memory::MemoryBackend;
use udal_service::{
    BatchRequest, CountRequest, CreateRequest, DeleteRequest, HookContext, Hooks, Members, RecordService, Records,
    UpdateRequest, refuse,
};

use crate::support::{Log, Recorder, Sink, Stopped, accounts, acme, ada, add, over, results};

const NOW: &str = "2024-03-01T12:00:00Z";

/// Hooks of one model, with the log of what they and the events did.
fn hooked(log: &Log, hooks: Vec<Arc<dyn Hooks>>) -> RecordService {
    let mut builder = over(&Arc::new(MemoryBackend::new())).events(Sink::new(log)).clock(Arc::new(Stopped(NOW)));
    for hook in hooks {
        builder = builder.hooks("crm", "Account", Arc::clone(&hook)).hooks("lab", "Result", hook);
    }
    builder.build().unwrap()
}

fn two_recorders(log: &Log) -> RecordService {
    hooked(log, vec![Recorder::new("first", log), Recorder::new("second", log)])
}

type Spoiler = fn(&mut Members);

/// Changes what is about to be written.
struct Changes(Spoiler);

#[async_trait]
impl Hooks for Changes {
    async fn before_create(&self, _: &HookContext, data: &mut Members) -> Result<()> {
        (self.0)(data);
        Ok(())
    }

    async fn before_update(&self, _: &HookContext, changes: &mut Members) -> Result<()> {
        (self.0)(changes);
        Ok(())
    }
}

/// Refuses at one call.
struct Refuses(&'static str);

impl Refuses {
    fn at(&self, call: &str) -> Result<()> {
        if self.0 == call { Err(refuse(format!("not on a Sunday ({call})"))) } else { Ok(()) }
    }
}

#[async_trait]
impl Hooks for Refuses {
    async fn validate_or_raise(&self, _: &HookContext, _: &Members) -> Result<()> {
        self.at("validate")
    }

    async fn before_create(&self, _: &HookContext, _: &mut Members) -> Result<()> {
        self.at("before_create")
    }

    async fn before_update(&self, _: &HookContext, _: &mut Members) -> Result<()> {
        self.at("before_update")
    }

    async fn before_delete(&self, _: &HookContext) -> Result<()> {
        self.at("before_delete")
    }

    async fn after_create(&self, _: &HookContext) -> Result<()> {
        self.at("after_create")
    }

    async fn after_update(&self, _: &HookContext) -> Result<()> {
        self.at("after_update")
    }

    async fn after_delete(&self, _: &HookContext) -> Result<()> {
        self.at("after_delete")
    }
}

async fn count(records: &Records) -> u64 {
    records.count(&acme(), CountRequest::new()).await.unwrap()
}

#[tokio::test]
async fn each_write_calls_the_hooks_in_their_order_and_then_tells_the_event() {
    let log = Log::default();
    let service = two_recorders(&log);
    for records in [accounts(&service), results(&service)] {
        let data = if records.model().name() == "Account" { json!({"name": "a"}) } else { json!({"kind": "ph"}) };
        let field = data.as_object().unwrap().keys().next().unwrap().clone();
        let id = add(&records, data).await;
        assert_eq!(
            log.take_calls(),
            [
                "first.validate",
                "second.validate",
                "first.before_create",
                "second.before_create",
                "first.after_create",
                "second.after_create",
                "event"
            ]
        );
        records.update(&acme(), UpdateRequest::new(&id, json!({field: "b"}))).await.unwrap();
        assert_eq!(
            log.take_calls(),
            [
                "first.validate",
                "second.validate",
                "first.before_update",
                "second.before_update",
                "first.after_update",
                "second.after_update",
                "event"
            ]
        );
        assert!(records.delete(&acme(), DeleteRequest::new(&id)).await.unwrap());
        assert_eq!(
            log.take_calls(),
            ["first.before_delete", "second.before_delete", "first.after_delete", "second.after_delete", "event"]
        );
    }
}

/// What a hook of `Account` saw, without the data and the records.
fn circumstances(operation: &str) -> Json {
    let permissions = ["create", "delete", "share", "transfer", "update", "view"];
    json!({
        "tenant": "acme", "group": "crm", "model": "Account", "operation": operation, "user": "ada", "team": "north",
        "permissions": permissions.map(|action| format!("crm.Account.{action}")), "request": "request-2",
    })
}

fn assert_saw(entry: &Json, call: &str, operation: &str, data: &Json, before: &Json, after: &Json) {
    let mut expected = circumstances(operation);
    expected["call"] = format!("first.{call}").into();
    expected["data"] = data.clone();
    expected["before"] = before.clone();
    expected["after"] = after.clone();
    assert_eq!(*entry, expected);
}

#[tokio::test]
async fn hooks_see_who_writes_what_and_the_record_before_and_after() {
    let log = Log::default();
    let service = hooked(&log, vec![Recorder::new("first", &log)]);
    let records = accounts(&service);
    let (ctx, none) = (ada(), Json::Null);

    let data = json!({"id": "Account/1", "name": "Acme", "tags": ["b", "a", "b"], "score": null});
    let created = records.create(&ctx, CreateRequest::new(data)).await.unwrap().record.to_json();
    let seen = log.take();
    let given = json!({"id": "Account/1", "name": "Acme", "tags": ["a", "b"], "owned_by": "ada", "team_id": "north"});
    assert_saw(&seen[0], "validate", "create", &given, &none, &none);
    assert_saw(&seen[1], "before_create", "create", &given, &none, &none);
    assert_saw(&seen[2], "after_create", "create", &none, &none, &created);

    let request = UpdateRequest::new("Account/1", json!({"score": 5, "tags": []}));
    let updated = records.update(&ctx, request).await.unwrap().to_json();
    let seen = log.take();
    let changes = json!({"score": 5, "tags": null});
    assert_saw(&seen[0], "validate", "update", &changes, &created, &none);
    assert_saw(&seen[1], "before_update", "update", &changes, &created, &none);
    assert_saw(&seen[2], "after_update", "update", &none, &created, &updated);
    assert_eq!((&updated["score"], &updated["tags"], &updated["version"]), (&json!(5), &json!([]), &json!(2)));

    assert!(records.delete(&ctx, DeleteRequest::new("Account/1")).await.unwrap());
    let seen = log.take();
    assert_saw(&seen[0], "before_delete", "delete", &none, &updated, &none);
    assert_saw(&seen[1], "after_delete", "delete", &none, &updated, &none);
}

#[tokio::test]
async fn a_refusal_before_stops_the_write() {
    for call in ["validate", "before_create"] {
        let log = Log::default();
        let service = hooked(&log, vec![Arc::new(Refuses(call))]);
        let records = accounts(&service);
        let error = records.create(&acme(), CreateRequest::new(json!({"name": "a"}))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert_eq!(error.message(), format!("not on a Sunday ({call})"));
        assert_eq!((error.operation(), error.model(), error.tenant()), (Some("create"), Some("Account"), Some("acme")));
        assert_eq!(count(&records).await, 0);
        assert!(log.take().is_empty());
    }
    for call in ["validate", "before_update", "before_delete"] {
        let (log, backend) = (Log::default(), Arc::new(MemoryBackend::new()));
        let id = add(&accounts(&over(&backend).build().unwrap()), json!({"name": "a"})).await;
        let refusing = over(&backend).hooks("crm", "Account", Arc::new(Refuses(call))).events(Sink::new(&log));
        let records = accounts(&refusing.build().unwrap());
        let error = match call {
            "before_delete" => records.delete(&acme(), DeleteRequest::new(&id)).await.unwrap_err(),
            _ => records.update(&acme(), UpdateRequest::new(&id, json!({"name": "b"}))).await.unwrap_err(),
        };
        assert_eq!(error.kind(), ErrorKind::Refused, "{call}");
        let kept = records.get(&acme(), &id).await.unwrap().unwrap();
        assert_eq!((kept.version(), kept.value("name").unwrap().as_str()), (1, Some("a")), "{call}");
        assert!(log.take().is_empty(), "{call}");
    }
}

#[tokio::test]
async fn the_first_refusal_keeps_the_hooks_after_it_from_being_called() {
    let log = Log::default();
    let hooks: Vec<Arc<dyn Hooks>> =
        vec![Recorder::new("first", &log), Arc::new(Refuses("before_create")), Recorder::new("second", &log)];
    let service = hooked(&log, hooks);
    accounts(&service).create(&acme(), CreateRequest::new(json!({"name": "a"}))).await.unwrap_err();
    assert_eq!(log.take_calls(), ["first.validate", "second.validate", "first.before_create"]);
}

#[tokio::test]
async fn a_failure_after_the_write_is_reported_and_undoes_nothing() {
    let log = Log::default();
    let failing =
        ["after_create", "after_update", "after_delete"].map(|call| Arc::new(Refuses(call)) as Arc<dyn Hooks>);
    let service = hooked(&log, failing.into_iter().chain([Recorder::new("last", &log) as Arc<dyn Hooks>]).collect());
    let records = accounts(&service);
    let id = add(&records, json!({"name": "a"})).await;
    let mut seen = vec![log.take()];
    records.update(&acme(), UpdateRequest::new(&id, json!({"name": "b"}))).await.unwrap();
    assert_eq!(records.get(&acme(), &id).await.unwrap().unwrap().version(), 2);
    seen.push(log.take());
    assert!(records.delete(&acme(), DeleteRequest::new(&id)).await.unwrap());
    assert_eq!(records.get(&acme(), &id).await.unwrap(), None);
    seen.push(log.take());
    for ((seen, operation), version) in seen.iter().zip(["create", "update", "delete"]).zip([1, 2, 2]) {
        let at = seen.iter().position(|entry| entry["call"] == "hook_failed").unwrap();
        let event = json!({
            "tenant": "acme", "group": "crm", "model": "Account", "id": id, "version": version,
            "operation": operation, "request": "request-1",
        });
        assert_eq!(seen[at]["event"], event);
        assert_eq!(seen[at]["error"], format!("not on a Sunday (after_{operation})"));
        assert_eq!(seen[at]["at"], json!([operation, "Account", "acme"]));
        // The hooks after it are called all the same, and the event is told.
        assert_eq!(seen[at + 1]["call"], format!("last.after_{operation}"));
        assert_eq!(seen[at + 2], json!({"event": event}));
        assert_eq!(seen.len(), at + 3);
    }
}

#[tokio::test]
async fn what_a_hook_changed_is_written_and_seen_by_the_hooks_after_it() {
    let log = Log::default();
    let shout = Changes(|data| {
        data.insert("score".to_owned(), json!(7));
        data.insert("tags".to_owned(), json!(["z", "a", "z"]));
    });
    let service = hooked(&log, vec![Recorder::new("first", &log), Arc::new(shout), Recorder::new("last", &log)]);
    let records = accounts(&service);
    let id = add(&records, json!({"id": "Account/1", "name": "a"})).await;
    let seen = log.take();
    let calls: Vec<&str> = seen.iter().filter_map(|entry| entry["call"].as_str()).collect();
    assert_eq!(
        calls,
        [
            "first.validate",
            "last.validate",
            "first.before_create",
            "last.before_create",
            "first.validate",
            "last.validate",
            "first.after_create",
            "last.after_create"
        ]
    );
    assert_eq!(seen[0]["data"], json!({"id": "Account/1", "name": "a"}));
    assert_eq!(seen[3]["data"]["score"], 7);
    // Validated again in the form in which it is written.
    assert_eq!(seen[4]["data"], json!({"id": "Account/1", "name": "a", "score": 7, "tags": ["a", "z"]}));
    let record = records.get(&acme(), &id).await.unwrap().unwrap().to_json();
    assert_eq!((&record["score"], &record["tags"]), (&json!(7), &json!(["a", "z"])));

    records.update(&acme(), UpdateRequest::new(&id, json!({"name": "b"}))).await.unwrap();
    let seen = log.take();
    assert_eq!(seen.iter().filter(|entry| entry["call"] == "first.validate").count(), 2);
    assert_eq!(seen[4]["data"], json!({"name": "b", "score": 7, "tags": ["a", "z"]}));
}

#[tokio::test]
async fn what_a_hook_changed_is_checked_against_the_model() {
    let spoilers: [(Spoiler, &str, &str); 5] = [
        (|data| drop(data.insert("score".to_owned(), json!("seven"))), "score", "wrong_type"),
        (|data| drop(data.insert("scor".to_owned(), json!(7))), "scor", "unknown"),
        (|data| drop(data.insert("name".to_owned(), Json::Null)), "name", "missing"),
        (|data| drop(data.insert("version".to_owned(), json!(9))), "version", "not_allowed"),
        (|data| drop(data.insert("status".to_owned(), json!("ajar"))), "status", "not_allowed"),
    ];
    for (spoiler, field, code) in spoilers {
        let backend = Arc::new(MemoryBackend::new());
        let id = add(&accounts(&over(&backend).build().unwrap()), json!({"name": "a"})).await;
        let service = over(&backend).hooks("crm", "Account", Arc::new(Changes(spoiler))).build().unwrap();
        let records = accounts(&service);
        let errors = [
            records.create(&acme(), CreateRequest::new(json!({"name": "b"}))).await.unwrap_err(),
            records.update(&acme(), UpdateRequest::new(&id, json!({"score": 1}))).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            let found: Vec<_> = error.field_errors().iter().map(|error| (error.field.as_str(), error.code)).collect();
            assert_eq!(found, [(field, code)]);
        }
        assert_eq!(count(&records).await, 1);
        assert_eq!(records.get(&acme(), &id).await.unwrap().unwrap().version(), 1);
    }
}

/// Lets nothing through whose score is above ten.
struct AtMostTen;

#[async_trait]
impl Hooks for AtMostTen {
    async fn validate_or_raise(&self, _: &HookContext, data: &Members) -> Result<()> {
        match data.get("score").and_then(Json::as_i64) {
            Some(11..) => Err(refuse("a score is at most ten")),
            _ => Ok(()),
        }
    }
}

#[tokio::test]
async fn what_a_hook_changed_is_validated_by_the_hooks_again() {
    let raise = Changes(|data| drop(data.insert("score".to_owned(), json!(11))));
    let backend = Arc::new(MemoryBackend::new());
    let id = add(&accounts(&over(&backend).build().unwrap()), json!({"name": "a"})).await;
    let builder = over(&backend).hooks("crm", "Account", Arc::new(AtMostTen));
    let service = builder.hooks("crm", "Account", Arc::new(raise)).build().unwrap();
    let records = accounts(&service);
    let refused = records.create(&acme(), CreateRequest::new(json!({"name": "b", "score": 1}))).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Refused);
    let refused = records.update(&acme(), UpdateRequest::new(&id, json!({"score": 1}))).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Refused);
    assert_eq!(count(&records).await, 1);
}

#[tokio::test]
async fn a_hook_that_takes_out_what_the_service_fills_gets_it_filled_again() {
    let forget = Changes(|data| data.retain(|name, _| name == "name"));
    let service = hooked(&Log::default(), vec![Arc::new(forget)]);
    let created = accounts(&service).create(&ada(), CreateRequest::new(json!({"name": "a"}))).await.unwrap();
    let record = created.record.to_json();
    assert!(record["id"].as_str().unwrap().starts_with("Account/"));
    assert_eq!((&record["owned_by"], &record["team_id"]), (&json!("ada"), &json!("north")));
}

#[tokio::test]
async fn what_is_wrong_with_the_input_is_said_before_any_hook_is_called() {
    let log = Log::default();
    let service = two_recorders(&log);
    let records = accounts(&service);
    records.create(&acme(), CreateRequest::new(json!({"name": 1}))).await.unwrap_err();
    let id = add(&records, json!({"name": "a"})).await;
    log.take();
    records.update(&acme(), UpdateRequest::new(&id, json!({"name": null}))).await.unwrap_err();
    let gone = records.update(&acme(), UpdateRequest::new("Account/none", json!({"name": "b"}))).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
    let stale = UpdateRequest::new(&id, json!({"name": "b"})).if_version(9);
    assert_eq!(records.update(&acme(), stale).await.unwrap_err().kind(), ErrorKind::VersionConflict);
    let stale = DeleteRequest::new(&id).if_version(9);
    assert_eq!(records.delete(&acme(), stale).await.unwrap_err().kind(), ErrorKind::VersionConflict);
    assert!(!records.delete(&acme(), DeleteRequest::new("Account/none")).await.unwrap());
    assert!(log.take().is_empty());
}

#[tokio::test]
async fn a_batch_calls_the_hooks_for_each_item() {
    let before = ["validate", "before_create"];
    for mode in [BatchMode::Atomic, BatchMode::PerItem] {
        let log = Log::default();
        let records = accounts(&hooked(&log, vec![Recorder::new("first", &log)]));
        let items = (0..3).map(|at| json!({"id": format!("Account/{at}"), "name": "a"})).collect();
        let answer = records.batch_create(&ada(), BatchRequest::from_items(items).mode(mode)).await.unwrap();
        assert_eq!(answer.created, 3);
        let seen = log.take();
        let (written, told) = seen.split_at(6);
        for (at, entries) in written.chunks(2).enumerate() {
            let data = json!({"id": format!("Account/{at}"), "name": "a", "owned_by": "ada", "team_id": "north"});
            for (entry, call) in entries.iter().zip(before) {
                assert_saw(entry, call, "create", &data, &Json::Null, &Json::Null);
            }
        }
        for (at, entries) in told.chunks(2).enumerate() {
            let id = format!("Account/{at}");
            let record = records.get(&ada(), &id).await.unwrap().unwrap().to_json();
            assert_saw(&entries[0], "after_create", "create", &Json::Null, &Json::Null, &record);
            assert_eq!((&entries[1]["event"]["id"], &entries[1]["event"]["version"]), (&json!(id), &json!(1)));
        }
        assert_eq!(told.len(), 6);
    }
}

/// Refuses the items that are named `bad`.
struct NoneNamedBad;

#[async_trait]
impl Hooks for NoneNamedBad {
    async fn before_create(&self, _: &HookContext, data: &mut Members) -> Result<()> {
        let is_bad = data.get("name").is_some_and(|name| name == "bad");
        if is_bad { Err(refuse("no bad names")) } else { Ok(()) }
    }

    async fn after_create(&self, ctx: &HookContext) -> Result<()> {
        let name = ctx.after().and_then(|record| record.value("name")?.as_str());
        if name == Some("late") { Err(Error::internal("a secret cause")) } else { Ok(()) }
    }
}

#[tokio::test]
async fn a_hook_refuses_items_of_a_batch() {
    let log = Log::default();
    let records = accounts(&hooked(&log, vec![Arc::new(NoneNamedBad)]));
    let items = || ["good", "bad", "late"].map(|name| json!({"name": name})).to_vec();
    let error = records.batch_create(&acme(), BatchRequest::from_items(items())).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Refused, "item 1: no bad names"));
    assert_eq!(count(&records).await, 0);
    assert!(log.take().is_empty());
    let request = BatchRequest::from_items(items()).mode(BatchMode::PerItem);
    let answer = records.batch_create(&acme(), request).await.unwrap();
    let failed: Vec<_> = answer.failures.iter().map(|failure| (failure.index, failure.error.kind())).collect();
    assert_eq!((answer.created, failed), (2, vec![(1, ErrorKind::Refused)]));
    assert_eq!(log.take_calls(), ["event", "hook_failed", "event"]);
}
