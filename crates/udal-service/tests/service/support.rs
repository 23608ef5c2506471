//! A catalog, hooks that log their calls, and a sink that keeps what it is told.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::{Value as Json, json};
use udal_core::access::Subject;
use udal_core::contract::Backend;
use udal_core::model::{Catalog, GroupDeclaration, ModelDeclaration, StorageKind};
use udal_core::value::Timestamp;
use udal_core::{AccessContext, Context, Ownership, Result, TenantSlug};
use udal_memory::MemoryBackend;
use udal_service::{
    Clock, CreateRequest, Event, EventSink, HookContext, HookFailure, Hooks, Members, RecordService,
    RecordServiceBuilder, Records,
};

pub(crate) fn catalog() -> Catalog {
    let crm = GroupDeclaration::new("crm")
        .model(
            ModelDeclaration::new("Account")
                .field("name", "str")
                .field("score", "Optional[int]")
                .field("status", "Optional[enum[open, closed]]")
                .field("tags", "Set[str]")
                .on_delete("unlink"),
        )
        .model(
            ModelDeclaration::new("Contact")
                .field("name", "str")
                .field("account", "Optional[Ref[Account]]")
                .field("friends", "Set[Ref[Account]]"),
        );
    let lab = GroupDeclaration::new("lab").model(
        ModelDeclaration::new("Result")
            .field("kind", "str")
            .field("value", "Optional[float]")
            .field("count", "Optional[int]")
            .field("taken_at", "Optional[datetime]")
            .field("price", "Optional[decimal]")
            .field("day", "Optional[date]")
            .field("is_final", "Optional[bool]")
            .field("extra", "Optional[json]")
            .field("readings", "Optional[List[float]]")
            .postgresql(),
    );
    Catalog::build(vec![crm, lab]).unwrap()
}

pub(crate) fn tenant(slug: &str) -> TenantSlug {
    TenantSlug::new(slug).unwrap()
}

/// Sees everything of the tenant `acme`.
pub(crate) fn acme() -> Context {
    Context::new(tenant("acme"), AccessContext::unrestricted("a test")).with_request_id("request-1")
}

/// A user of a team of `acme` with every permission for the team's accounts.
pub(crate) fn ada() -> Context {
    let access = AccessContext::user("ada", Some("north")).unwrap();
    let access = access.permit_all(&Subject::parse("crm.Account").unwrap(), &Ownership::TeamWide);
    Context::new(tenant("acme"), access.build()).with_request_id("request-2")
}

/// A service whose two storages are one backend.
pub(crate) fn over(backend: &Arc<MemoryBackend>) -> RecordServiceBuilder {
    over_any(Arc::<MemoryBackend>::clone(backend))
}

pub(crate) fn over_any(backend: Arc<dyn Backend>) -> RecordServiceBuilder {
    RecordService::builder(catalog())
        .backend(StorageKind::Terminusdb, Arc::clone(&backend))
        .backend(StorageKind::Postgresql, backend)
}

pub(crate) fn service() -> RecordService {
    over(&Arc::new(MemoryBackend::new())).build().unwrap()
}

pub(crate) fn accounts(service: &RecordService) -> Records {
    service.records("crm", "Account").unwrap()
}

pub(crate) fn results(service: &RecordService) -> Records {
    service.records("lab", "Result").unwrap()
}

/// Creates a record without asking more.
pub(crate) async fn add(records: &Records, data: Json) -> String {
    records.create(&acme(), CreateRequest::new(data)).await.unwrap().record.id().to_owned()
}

/// What every hook and sink of one service wrote down, in the order in which it happened.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Json>>>);

impl Log {
    pub(crate) fn add(&self, entry: Json) {
        self.0.lock().unwrap().push(entry);
    }

    /// What was written down since the last time.
    pub(crate) fn take(&self) -> Vec<Json> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// The calls since the last time, by name alone.
    pub(crate) fn take_calls(&self) -> Vec<String> {
        self.take().iter().map(|entry| entry["call"].as_str().unwrap_or("event").to_owned()).collect()
    }
}

/// Writes down each call and everything that its context says.
pub(crate) struct Recorder {
    pub(crate) name: &'static str,
    pub(crate) log: Log,
}

impl Recorder {
    pub(crate) fn new(name: &'static str, log: &Log) -> Arc<Self> {
        Arc::new(Recorder { name, log: log.clone() })
    }

    fn note(&self, call: &str, ctx: &HookContext, data: Option<&Members>) -> Result<()> {
        self.log.add(json!({
            "call": format!("{}.{call}", self.name),
            "data": data,
            "tenant": ctx.tenant(),
            "group": ctx.group(),
            "model": ctx.model().name(),
            "operation": ctx.operation().to_string(),
            "user": ctx.user_id(),
            "team": ctx.team_id(),
            "permissions": ctx.permissions(),
            "request": ctx.request_id(),
            "before": ctx.before(),
            "after": ctx.after(),
        }));
        Ok(())
    }
}

#[async_trait]
impl Hooks for Recorder {
    async fn validate_or_raise(&self, ctx: &HookContext, data: &Members) -> Result<()> {
        self.note("validate", ctx, Some(data))
    }

    async fn before_create(&self, ctx: &HookContext, data: &mut Members) -> Result<()> {
        self.note("before_create", ctx, Some(data))
    }

    async fn before_update(&self, ctx: &HookContext, changes: &mut Members) -> Result<()> {
        self.note("before_update", ctx, Some(changes))
    }

    async fn before_delete(&self, ctx: &HookContext) -> Result<()> {
        self.note("before_delete", ctx, None)
    }

    async fn after_create(&self, ctx: &HookContext) -> Result<()> {
        self.note("after_create", ctx, None)
    }

    async fn after_update(&self, ctx: &HookContext) -> Result<()> {
        self.note("after_update", ctx, None)
    }

    async fn after_delete(&self, ctx: &HookContext) -> Result<()> {
        self.note("after_delete", ctx, None)
    }
}

/// Writes each event and each failed hook into the log.
pub(crate) struct Sink(pub(crate) Log);

impl Sink {
    pub(crate) fn new(log: &Log) -> Arc<Self> {
        Arc::new(Sink(log.clone()))
    }
}

/// An event as the tests compare it.
pub(crate) fn written(event: &Event) -> Json {
    json!({
        "tenant": event.tenant.as_str(), "group": event.group, "model": event.model, "id": event.id,
        "version": event.version, "operation": event.operation.to_string(), "request": event.request_id,
    })
}

#[async_trait]
impl EventSink for Sink {
    async fn on_event(&self, event: &Event) {
        self.0.add(json!({"event": written(event)}));
    }

    async fn on_hook_failure(&self, failure: &HookFailure) {
        let error = &failure.error;
        self.0.add(json!({
            "call": "hook_failed",
            "event": written(&failure.event),
            "error": error.message(),
            "at": [error.operation(), error.model(), error.tenant()],
        }));
    }
}

/// A clock that stands still.
pub(crate) struct Stopped(pub(crate) &'static str);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::parse(self.0).unwrap()
    }
}
