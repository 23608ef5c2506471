//! Idempotency keys that are forgotten when their time is over.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod support;

use support::Fixture;
use tokio_postgres::Client;
use udal_core::TenantSlug;
use udal_pgpool::{Database, Placement, idempotency};

const INDEX: &str =
    "SELECT count(*) FROM pg_index WHERE indisvalid AND indexrelid = to_regclass('udal_idempotency_created_at')";

async fn number(client: &Client, text: &str) -> i64 {
    client.query_one(text, &[]).await.unwrap().get(0)
}

/// Keys that were taken so many days ago.
async fn keys(client: &Client, prefix: &str, count: i32, days: i32) {
    let text = "INSERT INTO udal_idempotency (model, key, fingerprint, answer, created_at) \
        SELECT 'Note', $1 || n, 'f', '{}', now() - make_interval(days => $3, secs => n) FROM generate_series(1, $2) n";
    client.execute(text, &[&prefix, &count, &days]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_known_for_seven_days_and_forgotten_then() {
    let fixture = Fixture::start().await;
    let (databases, others) = (fixture.databases(), fixture.databases());
    let acme = TenantSlug::new("acme").unwrap();
    databases.create_tenant(&acme, &Placement::Anywhere).await.unwrap();
    let tenant = Database::Tenant(acme);
    let client = fixture.client("sqh_tenant_acme").await;
    keys(&client, "old", 2_500, 7).await;
    keys(&client, "new", 10, 6).await;
    // More than one step, by two at once; each key is forgotten by one of them.
    let (one, other) = tokio::join!(idempotency::forget(&databases, &tenant), idempotency::forget(&others, &tenant));
    assert_eq!(one.unwrap() + other.unwrap(), 2_500);
    assert_eq!(number(&client, "SELECT count(*) FROM udal_idempotency WHERE key ^@ 'new'").await, 10);
    assert_eq!(number(&client, "SELECT count(*) FROM udal_idempotency").await, 10);
    assert_eq!(idempotency::forget(&databases, &tenant).await.unwrap(), 0);
    assert_eq!(number(&client, INDEX).await, 1);
    // An index that was left half made is made again.
    client
        .batch_execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'udal_idempotency_created_at'::regclass",
        )
        .await
        .unwrap();
    assert_eq!(idempotency::forget(&databases, &tenant).await.unwrap(), 0);
    assert_eq!(number(&client, INDEX).await, 1);
    // Where there is no table, and no such tenant, there is nothing to forget.
    client.batch_execute("DROP TABLE udal_idempotency").await.unwrap();
    assert_eq!(idempotency::forget(&databases, &tenant).await.unwrap(), 0);
    let nobody = Database::Tenant(TenantSlug::new("nobody").unwrap());
    assert_eq!(idempotency::forget(&databases, &nobody).await.unwrap(), 0);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_is_made_while_others_take_keys() {
    let fixture = Fixture::start().await;
    let databases = fixture.databases();
    let acme = TenantSlug::new("acme").unwrap();
    databases.create_tenant(&acme, &Placement::Anywhere).await.unwrap();
    let (writer, other) = (fixture.client("sqh_tenant_acme").await, fixture.client("sqh_tenant_acme").await);
    // One takes a key and does not end.
    writer.batch_execute("BEGIN").await.unwrap();
    keys(&writer, "open", 1, 0).await;
    let forgetting = tokio::spawn({
        let databases = databases.clone();
        async move { idempotency::forget(&databases, &Database::Tenant(acme)).await }
    });
    while number(&other, "SELECT count(*) FROM pg_locks WHERE NOT granted").await == 0 {
        tokio::task::yield_now().await;
    }
    // Who comes after it is not held up: with an index that locks the table this would wait for the first.
    other.batch_execute("SET lock_timeout = '1s'").await.unwrap();
    keys(&other, "meanwhile", 1, 0).await;
    writer.batch_execute("COMMIT").await.unwrap();
    assert_eq!(forgetting.await.unwrap().unwrap(), 0);
    assert_eq!(number(&other, "SELECT count(*) FROM udal_idempotency").await, 2);
    assert_eq!(number(&other, INDEX).await, 1);
    fixture.stop().await;
}
