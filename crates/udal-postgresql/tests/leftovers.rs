//! After every operation the session of a pooled connection is as it was when it was opened.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../udal-pgpool/tests/support/mod.rs"]
mod support;

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt};
use serde_json::{Value as Json, json};
use support::Fixture;
use udal_core::contract::{BatchMode, CHUNK_RECORDS};
use udal_core::model::{Catalog, GroupDeclaration, ModelDeclaration, StorageKind};
use udal_core::{AccessContext, Context, ErrorKind, Result, TenantSlug};
use udal_pgpool::{Place, Placement, TenantDatabases};
use udal_postgresql::PostgresqlBackend;
use udal_service::{
    BatchRequest, ChangeRequest, CountRequest, CreateRequest, DeleteRequest, ListRequest, RecordService, Records,
    SearchRequest, UpdateRequest,
};
use udal_sql::Statement;

/// Everything that a session can keep from one transaction to the next, but for the transaction itself.
const KEPT: &str = "\
    SELECT 'a prepared statement: ' || statement FROM pg_prepared_statements \
    UNION ALL SELECT 'a setting: ' || name FROM pg_settings WHERE source = 'session' \
    UNION ALL SELECT 'a lock: ' || locktype FROM pg_locks \
        WHERE pid = pg_backend_pid() AND locktype NOT IN ('relation', 'virtualxid') \
    UNION ALL SELECT 'a cursor: ' || name FROM pg_cursors WHERE name <> '' \
    UNION ALL SELECT 'a temporary table: ' || relname FROM pg_class \
        WHERE relnamespace = pg_my_temp_schema() AND pg_my_temp_schema() <> 0 \
    UNION ALL SELECT 'a channel: ' || channel FROM pg_listening_channels() AS channel \
    UNION ALL SELECT 'a role: ' || current_user WHERE current_user <> session_user";

struct Bench {
    fixture: Fixture,
    databases: TenantDatabases,
    place: Place,
    /// The one session that there is.
    session: Option<i64>,
}

impl Bench {
    /// Looks what the operation before has left in the session.
    async fn look(&mut self, after: &str) {
        let connection = self.databases.connect(&self.place).await.unwrap();
        let asked = Statement { text: KEPT.to_owned(), params: Vec::new() };
        let rows = connection.query(&asked).await.unwrap();
        let kept: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert!(kept.is_empty(), "after {after}: {kept:?}");
        let whoami = Statement { text: "SELECT pg_backend_pid()::bigint".to_owned(), params: Vec::new() };
        let session: i64 = connection.query(&whoami).await.unwrap().first().unwrap().get(0);
        assert_eq!(*self.session.get_or_insert(session), session, "{after} closed the connection");
        let text = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {session} AND state <> 'idle'");
        assert_eq!(self.fixture.count(&text).await, 0, "after {after}: a transaction");
    }
}

fn measurement(name: &str) -> ModelDeclaration {
    ModelDeclaration::new(name)
        .field("name", "str")
        .field("value", "Optional[float]")
        .field("tags", "Set[str]")
        .postgresql()
}

fn service(databases: &TenantDatabases) -> RecordService {
    let group = GroupDeclaration::new("lab")
        .model(measurement("Plain"))
        .model(measurement("Split").high_volume().partition_by("created_at"));
    RecordService::builder(Catalog::build(vec![group]).unwrap())
        .backend(StorageKind::Postgresql, Arc::new(PostgresqlBackend::new(databases.clone())))
        .backend(StorageKind::Terminusdb, Arc::new(udal_memory::MemoryBackend::new()))
        .build()
        .unwrap()
}

fn item(id: &str, month: u32) -> Json {
    json!({"id": id, "name": "x", "value": 1.5, "tags": ["a"], "created_at": format!("2024-{month:02}-01T00:00:00Z")})
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_behind_in_a_session() {
    let fixture = Fixture::start().await;
    let databases = fixture.databases_with(|settings| settings.limits.max_connections_per_tenant = 1);
    let tenant = TenantSlug::new("acme").unwrap();
    databases.create_tenant(&tenant, &Placement::Anywhere).await.unwrap();
    let place = databases.place_of(&tenant).await.unwrap().unwrap();
    let service = service(&databases);
    let ctx = Context::new(tenant, AccessContext::unrestricted("a test"));
    let mut bench = Bench { fixture, databases, place, session: None };
    for model in ["Plain", "Split"] {
        let records = service.records("lab", model).unwrap();
        operate(&mut bench, &records, &ctx, model).await.unwrap();
    }
    bench.fixture.stop().await;
}

/// Does everything that one can do, and what fails too.
async fn operate(bench: &mut Bench, records: &Records, ctx: &Context, model: &str) -> Result<()> {
    let id = |key: &str| format!("{model}/{key}");
    records.create(ctx, CreateRequest::new(item(&id("a"), 1))).await?;
    bench.look("create").await;
    assert!(records.create(ctx, CreateRequest::new(item(&id("a"), 1))).await.is_err());
    bench.look("a create that fails").await;
    for _ in 0..2 {
        records.create(ctx, CreateRequest::new(item(&id("b"), 2)).idempotency_key("k")).await?;
        bench.look("create with a key").await;
    }
    records.get(ctx, &id("a")).await?;
    bench.look("get").await;
    records.list(ctx, ListRequest::new().filter(json!({"value": {"gt": 1.0}})).limit(5)).await?;
    bench.look("list").await;
    records.search(ctx, SearchRequest::new("x").fields(["name"])).await?;
    bench.look("search").await;
    records.count(ctx, CountRequest::new()).await?;
    bench.look("count").await;
    records.update(ctx, UpdateRequest::new(id("a"), json!({"value": 2.5})).if_version(1)).await?;
    bench.look("update").await;
    assert!(records.update(ctx, UpdateRequest::new(id("a"), json!({"value": 3.5})).if_version(1)).await.is_err());
    bench.look("an update that fails").await;
    for mode in [BatchMode::Atomic, BatchMode::PerItem] {
        let key = |number: u32| id(&format!("{mode:?}{number}"));
        let items = (1..=9).map(|number| item(&key(number), number)).collect();
        records.batch_create(ctx, BatchRequest::from_items(items).mode(mode)).await?;
        bench.look("batch_create").await;
        let again = (9..=11).map(|number| item(&key(number), number)).collect();
        let answer = records.batch_create(ctx, BatchRequest::from_items(again).mode(mode)).await;
        assert_eq!(answer.is_err(), mode == BatchMode::Atomic);
        bench.look("a batch_create with failures").await;
    }
    records.delete(ctx, DeleteRequest::new(id("a"))).await?;
    bench.look("delete").await;
    assert!(records.delete(ctx, DeleteRequest::new(id("b")).if_version(9)).await.is_err());
    bench.look("a delete that fails").await;
    Ok(())
}

/// What a caller sends who then stalls.
fn stalled<T: Send + 'static>(items: Vec<T>) -> impl Stream<Item = Result<T>> + Send {
    stream::iter(items.into_iter().map(Ok)).chain(stream::pending())
}

/// How many sessions of the tenant are within a transaction, or run something.
async fn at_work(fixture: &Fixture) -> i64 {
    fixture.count("SELECT count(*) FROM pg_stat_activity WHERE datname = 'sqh_tenant_acme' AND state <> 'idle'").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_stalls_holds_no_transaction() {
    let fixture = Fixture::start().await;
    let service =
        service(&fixture.databases_with(|settings| settings.limits.input_timeout = Duration::from_millis(50)));
    let ctx = Context::new(TenantSlug::new("acme").unwrap(), AccessContext::unrestricted("a test"));
    let records = service.records("lab", "Plain").unwrap();
    records.create(&ctx, CreateRequest::new(item("Plain/first", 1))).await.unwrap();
    let new = || (0..CHUNK_RECORDS).map(|number| item(&format!("Plain/{number}"), 1)).collect();
    let changes = (0..CHUNK_RECORDS).map(|_| UpdateRequest::new("Plain/first", json!({"value": 2.5}))).collect();
    let deletes = (0..CHUNK_RECORDS).map(|_| DeleteRequest::new("Plain/first")).collect();
    let refused = [
        records.batch_create(&ctx, BatchRequest::new(stalled(new()))).await.unwrap_err(),
        records.upsert(&ctx, ChangeRequest::new(stalled(new()))).await.unwrap_err(),
        records.batch_update(&ctx, ChangeRequest::new(stalled(changes))).await.unwrap_err(),
        records.batch_delete(&ctx, ChangeRequest::new(stalled(deletes))).await.unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
        assert!(error.message().contains("it may pause for 50ms"), "{error}");
    }
    assert_eq!(records.count(&ctx, CountRequest::new()).await.unwrap(), 1);
    assert_eq!(records.get(&ctx, "Plain/first").await.unwrap().unwrap().version(), 1);
    // What is undone is undone on the way back.
    while at_work(&fixture).await > 0 {
        tokio::task::yield_now().await;
    }

    // A batch of one chunk comes at its caller's pace: nothing is held meanwhile.
    let slow = stream::once(async { Ok(item("Plain/a", 1)) }).chain(stream::once(async {
        assert_eq!(at_work(&fixture).await, 0);
        tokio::time::sleep(Duration::from_millis(100)).await;
        Ok(item("Plain/b", 1))
    }));
    assert_eq!(records.batch_create(&ctx, BatchRequest::new(slow)).await.unwrap().created, 2);
    fixture.stop().await;
}
