//! What another process took out, while this one takes it for made.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[path = "../../udal-pgpool/tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use serde_json::{Value as Json, json};
use support::Fixture;
use support::records::{self, ctx};
use tokio_postgres::Client;
use udal_core::contract::{
    Answer, Backend, BatchCreate, BatchMode, BatchUpdate, CHUNK_RECORDS, ChangeReport, Count, Create, Delete, Expect,
    Update, UpdateItem, Upsert, UpsertItem,
};
use udal_core::filter::Predicate;
use udal_core::model::{Catalog, GroupDeclaration, Model, ModelDeclaration};
use udal_core::record::{Patch, Record, read_changes};
use udal_core::value::Value;
use udal_core::{ErrorKind, Result, TenantSlug};
use udal_pgpool::TenantDatabases;
use udal_postgresql::PostgresqlBackend;

/// A process that has written records of three months, and what another takes out of its database.
struct Scene {
    fixture: Fixture,
    databases: TenantDatabases,
    backend: PostgresqlBackend,
    model: Arc<Model>,
    client: Client,
}

fn acme() -> TenantSlug {
    TenantSlug::new("acme").unwrap()
}

fn by_month() -> ModelDeclaration {
    ModelDeclaration::new("Result").field("day", "date").field("value", "Optional[int]").partition_by("day")
}

impl Scene {
    async fn start(declared: ModelDeclaration) -> Self {
        let fixture = Fixture::start().await;
        let databases = fixture.databases();
        let backend = PostgresqlBackend::new(databases.clone());
        let group = GroupDeclaration::new("lab").model(declared.postgresql());
        let model = Arc::clone(Catalog::build(vec![group]).unwrap().model("lab", "Result").unwrap());
        for month in 1..=3 {
            create(&backend, &model, &format!("first-{month}"), month).await.unwrap();
        }
        let client = fixture.client("sqh_tenant_acme").await;
        Scene { fixture, databases, backend, model, client }
    }

    async fn take_out(&self, months: impl IntoIterator<Item = u32>) {
        for month in months {
            let text = format!(
                "DROP TABLE lab_result__p2024_{month:02}; DELETE FROM lab_result__ids WHERE id = 'Result/first-{month}'"
            );
            self.client.batch_execute(&text).await.unwrap();
        }
    }

    async fn batch_create(&self, records: Vec<Record>, mode: BatchMode) -> Result<u64> {
        let items = records.into_iter().enumerate().map(|(at, record)| Ok((at as u64, record)));
        let op = BatchCreate { model: Arc::clone(&self.model), records: stream::iter(items).boxed(), mode };
        Ok(self.backend.batch_create(&ctx(), op).await?.created)
    }

    async fn batch_update(&self, changes: Vec<(String, Json)>) -> Result<ChangeReport> {
        let items = changes.into_iter().enumerate().map(|(at, (id, changes))| {
            let patch = read_changes(&self.model, &changes).unwrap();
            Ok((at as u64, UpdateItem { id, patch, if_version: None }))
        });
        let (items, mode, answer) = (stream::iter(items).boxed(), BatchMode::Atomic, Answer::Counts);
        let op = BatchUpdate { model: Arc::clone(&self.model), items, mode, answer };
        self.backend.batch_update(&ctx(), op).await
    }

    async fn update(&self, id: &str, changes: Json) -> Result<Record> {
        let patch = read_changes(&self.model, &changes).unwrap();
        let op = Update { model: Arc::clone(&self.model), id: id.to_owned(), patch, if_version: None };
        self.backend.update(&ctx(), op).await
    }

    async fn delete(&self, id: &str) -> bool {
        let op = Delete { model: Arc::clone(&self.model), id: id.to_owned(), if_version: None };
        self.backend.delete(&ctx(), op).await.unwrap().is_some()
    }

    async fn count(&self) -> u64 {
        let op = Count { model: Arc::clone(&self.model), filter: Predicate::always() };
        self.backend.count(&ctx(), op).await.unwrap()
    }

    /// Which records have no id of theirs in the table of ids, or the other way round.
    async fn torn(&self) -> i64 {
        let text = "SELECT count(*) FROM lab_result r FULL JOIN lab_result__ids i USING (id, day) \
            WHERE r.ctid IS NULL OR i.ctid IS NULL";
        self.client.query_one(text, &[]).await.unwrap().get(0)
    }
}

fn record(model: &Arc<Model>, name: &str, month: u32) -> Record {
    let data = json!({"id": format!("Result/{name}"), "day": format!("2024-{month:02}-05"), "value": 1});
    records::record(model, &data)
}

async fn create(backend: &PostgresqlBackend, model: &Arc<Model>, name: &str, month: u32) -> Result<()> {
    backend.create(&ctx(), Create { record: record(model, name, month), idempotency: None }).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_brings_back_the_partitions_that_it_needs() {
    let scene = Scene::start(by_month()).await;
    for (mode, name) in [(BatchMode::Atomic, "whole"), (BatchMode::PerItem, "each")] {
        scene.take_out([1, 3]).await;
        let records = (0..60).map(|at| record(&scene.model, &format!("{name}-{at}"), 1 + at % 3)).collect();
        assert_eq!(scene.batch_create(records, mode).await.unwrap(), 60, "{mode:?}");
        assert_eq!(scene.torn().await, if name == "whole" { 0 } else { 40 }, "{mode:?}");
    }
    scene
        .client
        .batch_execute("DELETE FROM lab_result__ids WHERE id NOT IN (SELECT id FROM lab_result)")
        .await
        .unwrap();
    // What a chunk before has written stays, and so does what another has in the way.
    scene.take_out([3]).await;
    let last = record(&scene.model, "late", 3);
    let mut records: Vec<Record> =
        (0..CHUNK_RECORDS).map(|at| record(&scene.model, &format!("long-{at}"), 2)).collect();
    records.push(last.clone());
    assert_eq!(scene.batch_create(records, BatchMode::Atomic).await.unwrap(), CHUNK_RECORDS as u64 + 1);
    let refused = scene.batch_create(vec![record(&scene.model, "new", 1), last], BatchMode::Atomic).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::AlreadyExists, "{refused}");
    scene.fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_move_records_into_every_time_that_was_taken_out() {
    let scene = Scene::start(by_month()).await;
    scene.take_out([1, 3]).await;
    let names: Vec<Record> = (0..4).map(|at| record(&scene.model, &format!("moving-{at}"), 2)).collect();
    scene.batch_create(names, BatchMode::Atomic).await.unwrap();
    let moves = [1, 3, 1, 3].iter().enumerate();
    let changes = moves.map(|(at, month)| (format!("Result/moving-{at}"), json!({"day": format!("2024-0{month}-09")})));
    assert_eq!(scene.batch_update(changes.collect()).await.unwrap().updated, 4);
    assert_eq!((scene.count().await, scene.torn().await), (5, 0));
    scene.fixture.stop().await;
}

/// Waits until the database answers yes.
async fn until(client: &Client, question: &str) {
    while !client.query_one(question, &[]).await.unwrap().get::<_, bool>(0) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_batch_may_meet_the_loss_of_several_partitions() {
    let scene = Scene::start(by_month()).await;
    scene.take_out([1]).await;
    // While the first chunk is written, one partition is made again and known again, then another begins to be taken out.
    let (backend, model) = (scene.backend.clone(), Arc::clone(&scene.model));
    let (client, detaching) =
        (scene.fixture.client("sqh_tenant_acme").await, scene.fixture.client("sqh_tenant_acme").await);
    let first = (0..CHUNK_RECORDS as u64).map(|at| (at, format!("many-{at}"), 1));
    let items = stream::iter(first).chain(stream::once(async move {
        until(&client, "SELECT to_regclass('lab_result__p2024_01') IS NOT NULL").await;
        create(&backend, &model, "between", 3).await.unwrap();
        let token = detaching.cancel_token();
        let detach = tokio::spawn(async move {
            detaching.batch_execute("ALTER TABLE lab_result DETACH PARTITION lab_result__p2024_03 CONCURRENTLY").await
        });
        until(&client, "SELECT EXISTS (SELECT FROM pg_inherits WHERE inhdetachpending)").await;
        token.cancel_query(tokio_postgres::NoTls).await.unwrap();
        detach.await.unwrap().unwrap_err();
        (CHUNK_RECORDS as u64, "last".to_owned(), 3)
    }));
    let model = Arc::clone(&scene.model);
    let items = items.map(move |(at, name, month)| {
        let (record, patch, expect) = (record(&model, &name, month), Patch::default(), Expect::Anything);
        Ok((at, UpsertItem { record, patch, expect }))
    });
    let (model, mode, answer) = (Arc::clone(&scene.model), BatchMode::Atomic, Answer::Counts);
    let op = Upsert { model, items: items.boxed(), mode, answer };
    assert_eq!(scene.backend.upsert(&ctx(), op).await.unwrap().created, CHUNK_RECORDS as u64 + 1);
    // Of the first records, the one of the lost partition is gone.
    assert_eq!((scene.count().await, scene.torn().await), (CHUNK_RECORDS as u64 + 4, 0));
    scene.fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_records_makes_no_tenant_that_was_dropped() {
    let scene = Scene::start(by_month()).await;
    scene.update("Result/first-1", json!({"value": 2})).await.unwrap();
    let other = scene.fixture.databases();
    other.drop_tenant(&acme()).await.unwrap().unwrap();
    // This process takes tenant and table for made; of the month it knows nothing yet.
    let refused = scene.update("Result/first-1", json!({"day": "2024-07-01"})).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotFound, "{refused}");
    assert!(!scene.delete("Result/first-2").await);
    let refused = scene.batch_update(vec![("Result/first-3".to_owned(), json!({"day": "2024-07-01"}))]).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(other.tenants().await.unwrap(), []);
    // Who writes makes it anew.
    assert_eq!(scene.batch_create(vec![record(&scene.model, "new", 1)], BatchMode::Atomic).await.unwrap(), 1);
    assert_eq!(scene.count().await, 1);
    scene.fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_is_gone_hides_no_record_from_who_changes_it() {
    let scene = Scene::start(by_month()).await;
    scene.update("Result/first-1", json!({"value": 2})).await.unwrap();
    for _ in 0..2 {
        scene.client.batch_execute("ALTER TABLE lab_result DROP COLUMN value").await.unwrap();
        assert_eq!(
            scene.update("Result/first-1", json!({"value": 3})).await.unwrap().value("value"),
            Some(&Value::Int(3))
        );
        scene.client.batch_execute("ALTER TABLE lab_result DROP COLUMN value").await.unwrap();
        let done = scene.batch_update(vec![("Result/first-2".to_owned(), json!({"value": 4}))]).await.unwrap();
        assert_eq!(done.updated, 1);
    }
    scene.client.batch_execute("ALTER TABLE lab_result DROP COLUMN value").await.unwrap();
    assert!(scene.delete("Result/first-3").await);
    scene.fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_takes_one_connection_once() {
    let plain = ModelDeclaration::new("Result").field("day", "date").field("value", "Optional[int]");
    for declared in [plain, by_month()] {
        let scene = Scene::start(declared).await;
        let lent = || scene.databases.status().lent;
        scene.update("Result/first-1", json!({"value": 1})).await.unwrap();
        let before = lent();
        scene.update("Result/first-1", json!({"value": 2})).await.unwrap();
        assert_eq!(lent() - before, 1, "an update");
        assert!(scene.delete("Result/first-2").await);
        assert_eq!(lent() - before, 2, "a delete");
        scene.batch_update(vec![("Result/first-3".to_owned(), json!({"value": 3}))]).await.unwrap();
        assert_eq!(lent() - before, 3, "a batch of updates");
        create(&scene.backend, &scene.model, "last", 1).await.unwrap();
        assert_eq!(lent() - before, 4, "a create");
        assert_eq!(scene.batch_create(vec![record(&scene.model, "new", 1)], BatchMode::Atomic).await.unwrap(), 1);
        assert_eq!(lent() - before, 5, "a batch of creates");
        scene.fixture.stop().await;
    }
}
