//! Partitions that come and go while others read and write, whatever state they were left in.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[path = "../../udal-pgpool/tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use serde_json::json;
use support::Fixture;
use support::records::{DATABASE, ctx, model, record};
use tokio_postgres::Client;
use udal_core::contract::{Backend, Count, Create, Get, Update};
use udal_core::filter::Predicate;
use udal_core::model::{Model, ModelDeclaration};
use udal_core::record::read_changes;
use udal_core::value::{Date, Value};
use udal_postgresql::PostgresqlBackend;

fn by_month() -> ModelDeclaration {
    ModelDeclaration::new("Result").field("day", "date").field("value", "Optional[int]").partition_by("day")
}

async fn create(backend: &PostgresqlBackend, model: &Arc<Model>, id: &str, day: &str) -> udal_core::Result<()> {
    let record = record(model, &json!({"id": id, "day": day}));
    backend.create(&ctx(), Create { record, idempotency: None }).await.map(drop)
}

async fn is_there(backend: &PostgresqlBackend, model: &Arc<Model>, id: &str) -> bool {
    backend.get(&ctx(), Get { model: Arc::clone(model), id: id.to_owned() }).await.unwrap().is_some()
}

async fn count(backend: &PostgresqlBackend, model: &Arc<Model>) -> u64 {
    backend.count(&ctx(), Count { model: Arc::clone(model), filter: Predicate::always() }).await.unwrap()
}

async fn tables(client: &Client) -> Vec<String> {
    let text = "SELECT relname::text FROM pg_class WHERE relname ~ '^lab_result__(p|old)' AND relkind = 'r' ORDER BY 1";
    client.query(text, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

async fn ids(client: &Client) -> i64 {
    client.query_one("SELECT count(*) FROM lab_result__ids", &[]).await.unwrap().get(0)
}

const IS_PENDING: &str = "SELECT count(*) FROM pg_inherits WHERE inhdetachpending";

/// Takes the partition out, and is killed in the middle of it.
async fn leave_pending(fixture: &Fixture, partition: &str) {
    let (watcher, blocker, detaching) =
        (fixture.client(DATABASE).await, fixture.client(DATABASE).await, fixture.client(DATABASE).await);
    blocker.batch_execute("BEGIN; SELECT 1 FROM lab_result").await.unwrap();
    let token = detaching.cancel_token();
    let statement = format!("ALTER TABLE lab_result DETACH PARTITION {partition} CONCURRENTLY");
    let detach = tokio::spawn(async move { detaching.batch_execute(&statement).await });
    while watcher.query_one(IS_PENDING, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::task::yield_now().await;
    }
    token.cancel_query(tokio_postgres::NoTls).await.unwrap();
    detach.await.unwrap().unwrap_err();
    blocker.batch_execute("COMMIT").await.unwrap();
    assert_eq!(watcher.query_one(IS_PENDING, &[]).await.unwrap().get::<_, i64>(0), 1);
}

fn today() -> Date {
    Date::parse("2024-05-05").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_comes_while_others_read_and_write() {
    let fixture = Fixture::start().await;
    let (backend, model) = (PostgresqlBackend::new(fixture.databases()), model(by_month()));
    create(&backend, &model, "Result/1", "2024-01-31").await.unwrap();
    // One has read the table, one has written to it, and neither ends.
    let (reader, writer) = (fixture.client(DATABASE).await, fixture.client(DATABASE).await);
    reader.batch_execute("BEGIN; SELECT count(*) FROM lab_result").await.unwrap();
    writer.batch_execute("BEGIN; UPDATE lab_result SET value = 1").await.unwrap();
    // The partition comes none the less, made on demand and ahead.
    create(&backend, &model, "Result/2", "2024-02-01").await.unwrap();
    backend.maintain(&ctx(), &model, today()).await.unwrap();
    assert_eq!(tables(&reader).await.len(), 6);
    // Both go on.
    reader.batch_execute("SELECT count(*) FROM lab_result").await.unwrap();
    writer.batch_execute("UPDATE lab_result SET value = 2 WHERE day < '2024-02-01'; COMMIT").await.unwrap();
    reader.batch_execute("COMMIT").await.unwrap();
    assert_eq!(count(&backend, &model).await, 2);

    // One who holds the whole table is waited for a while, and is no harm to those who write where they can.
    reader.batch_execute("BEGIN; LOCK TABLE lab_result IN SHARE UPDATE EXCLUSIVE MODE").await.unwrap();
    let waiting = tokio::spawn({
        let (backend, model) = (backend.clone(), Arc::clone(&model));
        async move { create(&backend, &model, "Result/3", "2025-01-01").await }
    });
    while writer.query_one("SELECT count(*) FROM pg_locks WHERE NOT granted", &[]).await.unwrap().get::<_, i64>(0) == 0
    {
        tokio::task::yield_now().await;
    }
    create(&backend, &model, "Result/4", "2024-01-02").await.unwrap();
    assert!(is_there(&backend, &model, "Result/4").await && !waiting.is_finished());
    reader.batch_execute("COMMIT").await.unwrap();
    waiting.await.unwrap().unwrap();
    assert_eq!(count(&backend, &model).await, 4);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_interrupted_is_ended_by_the_next_run() {
    let fixture = Fixture::start().await;
    let (backend, model) = (PostgresqlBackend::new(fixture.databases()), model(by_month().retention("2 months")));
    for (id, day) in
        [("Result/1", "2023-11-01"), ("Result/2", "2023-12-01"), ("Result/3", "2024-01-01"), ("Result/4", "2024-05-01")]
    {
        create(&backend, &model, id, day).await.unwrap();
    }
    let client = fixture.client(DATABASE).await;
    // Killed between taking out and dropping, and in the middle of taking out.
    client.batch_execute("ALTER TABLE lab_result DETACH PARTITION lab_result__p2023_11").await.unwrap();
    leave_pending(&fixture, "lab_result__p2023_12").await;
    // A table of a partition's name was made, and never became one.
    client.batch_execute("CREATE TABLE lab_result__p2024_06 (id text)").await.unwrap();

    let done = backend.maintain(&ctx(), &model, today()).await.unwrap();
    assert_eq!(done.dropped, ["lab_result__p2023_11", "lab_result__p2023_12", "lab_result__p2024_01"]);
    assert_eq!(
        tables(&client).await,
        ["lab_result__p2024_05", "lab_result__p2024_06", "lab_result__p2024_07", "lab_result__p2024_08"]
    );
    assert_eq!((count(&backend, &model).await, ids(&client).await), (1, 1));
    create(&backend, &model, "Result/1", "2024-06-02").await.unwrap();
    assert_eq!(backend.maintain(&ctx(), &model, today()).await.unwrap().dropped, [] as [String; 0]);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_a_time_that_is_being_taken_out_brings_it_back() {
    let fixture = Fixture::start().await;
    let model = model(by_month());
    create(&PostgresqlBackend::new(fixture.databases()), &model, "Result/1", "2023-11-01").await.unwrap();
    let client = fixture.client(DATABASE).await;
    client.batch_execute("ALTER TABLE lab_result DETACH PARTITION lab_result__p2023_11").await.unwrap();
    let backend = PostgresqlBackend::new(fixture.databases());
    create(&backend, &model, "Result/2", "2023-11-02").await.unwrap();
    create(&backend, &model, "Result/1", "2023-11-02").await.unwrap_err();
    assert!(is_there(&backend, &model, "Result/1").await);
    assert_eq!(count(&backend, &model).await, 2);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_moves_a_record_into_a_time_that_another_process_took_out() {
    let fixture = Fixture::start().await;
    let model = model(by_month());
    let backend = PostgresqlBackend::new(fixture.databases());
    create(&backend, &model, "Result/1", "2024-05-01").await.unwrap();
    create(&backend, &model, "Result/2", "2023-11-01").await.unwrap();
    let client = fixture.client(DATABASE).await;
    client
        .batch_execute("DROP TABLE lab_result__p2023_11; DELETE FROM lab_result__ids WHERE id = 'Result/2'")
        .await
        .unwrap();
    // This process still takes the partition for made.
    let patch = read_changes(&model, &json!({"day": "2023-11-05"})).unwrap();
    let op = Update { model: Arc::clone(&model), id: "Result/1".to_owned(), patch, if_version: Some(1) };
    let moved = backend.update(&ctx(), op).await.unwrap();
    assert_eq!(moved.value("day"), Some(&Value::Date(Date::parse("2023-11-05").unwrap())));
    assert_eq!((count(&backend, &model).await, ids(&client).await), (1, 1));
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_is_kept_where_the_model_says_so() {
    let fixture = Fixture::start().await;
    let backend = PostgresqlBackend::new(fixture.databases());
    let model = model(by_month().retention("2 months").retention_then("detach"));
    for turn in ["lab_result__old2024_01", "lab_result__old2024_01_2"] {
        create(&backend, &model, "Result/1", "2024-01-31").await.unwrap();
        let done = backend.maintain(&ctx(), &model, today()).await.unwrap();
        assert_eq!((done.dropped.len(), done.detached.len()), (0, 1), "{done:?}");
        assert!(!is_there(&backend, &model, "Result/1").await);
        let client = fixture.client(DATABASE).await;
        let kept = client.query_one(&format!("SELECT id FROM {turn}"), &[]).await.unwrap();
        assert_eq!((kept.get::<_, &str>(0), ids(&client).await), ("Result/1", 0));
    }
    assert_eq!(backend.maintain(&ctx(), &model, today()).await.unwrap().detached, [] as [String; 0]);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_of_a_later_partition_is_ended_first() {
    let fixture = Fixture::start().await;
    let (backend, model) = (PostgresqlBackend::new(fixture.databases()), model(by_month().retention("2 months")));
    for (id, day) in [("Result/1", "2023-11-01"), ("Result/2", "2023-12-01"), ("Result/3", "2024-05-01")] {
        create(&backend, &model, id, day).await.unwrap();
    }
    leave_pending(&fixture, "lab_result__p2023_12").await;
    let done = backend.maintain(&ctx(), &model, today()).await.unwrap();
    assert_eq!(done.dropped, ["lab_result__p2023_11", "lab_result__p2023_12"]);
    assert_eq!((count(&backend, &model).await, ids(&fixture.client(DATABASE).await).await), (1, 1));

    // One that is not over comes back, with its records: the model keeps it longer than whoever began.
    create(&backend, &model, "Result/1", "2023-11-01").await.unwrap();
    leave_pending(&fixture, "lab_result__p2024_05").await;
    assert_eq!(count(&backend, &model).await, 1);
    let done = backend.maintain(&ctx(), &model, today()).await.unwrap();
    assert_eq!(done.dropped, ["lab_result__p2023_11"]);
    assert!(is_there(&backend, &model, "Result/3").await);
    assert_eq!((count(&backend, &model).await, ids(&fixture.client(DATABASE).await).await), (1, 1));
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_that_maintain_at_once_all_end_well() {
    let fixture = Fixture::start().await;
    let model = model(by_month().retention("2 months"));
    let backends = [(); 3].map(|()| PostgresqlBackend::new(fixture.databases()));
    for round in 0..3 {
        for month in 1..=6 {
            create(&backends[0], &model, &format!("Result/{month}"), &format!("2023-{month:02}-01")).await.unwrap();
        }
        let runs = backends.clone().map(|backend| {
            let model = Arc::clone(&model);
            tokio::spawn(async move { backend.maintain(&ctx(), &model, today()).await })
        });
        let mut dropped = Vec::new();
        for run in runs {
            dropped.extend(run.await.unwrap().unwrap().dropped);
        }
        dropped.sort();
        let expected: Vec<String> = (1..=6).map(|month| format!("lab_result__p2023_{month:02}")).collect();
        assert_eq!(dropped, expected, "each by one of them, in round {round}");
        assert_eq!((count(&backends[0], &model).await, ids(&fixture.client(DATABASE).await).await), (0, 0));
    }
    fixture.stop().await;
}
