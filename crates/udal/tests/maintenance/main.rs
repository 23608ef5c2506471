//! What is due from time to time, in all of a tenant's tables.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;
use tokio_postgres::{Client, NoTls};
use udal::model::{GroupDeclaration, ModelDeclaration};
use udal::value::Date;
use udal::{AccessContext, Catalog, Context, CreateRequest, Durability, MigrationRequest, TenantSlug, Udal};
use udal_embedded::{Server, Settings};

async fn server(scratch: &Path) -> Server {
    // The server's user must be able to enter it.
    fs::set_permissions(scratch, fs::Permissions::from_mode(0o755)).unwrap();
    let settings = Settings { durability: Durability::None, ..Settings::new(scratch.join("data")) };
    Server::start(settings).await.unwrap()
}

async fn client(server: &Server) -> Client {
    let (client, connection) = server.config().dbname("sqh_tenant_acme").connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn ctx() -> Context {
    Context::new(TenantSlug::new("acme").unwrap(), AccessContext::unrestricted("a test"))
}

fn catalog() -> Catalog {
    let table = |name| {
        let declared = ModelDeclaration::new(name).postgresql().field("day", "date").field("kind", "Optional[str]");
        declared.partition_by("day").retention("2 months")
    };
    let group = GroupDeclaration::new("lab").model(table("First")).model(table("Second")).model(table("Third"));
    Catalog::build(vec![group.model(ModelDeclaration::new("Linked").field("note", "Optional[str]"))]).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_fails_does_not_keep_the_others_from_their_turn() {
    let scratch = tempfile::tempdir().unwrap();
    let server = server(scratch.path()).await;
    let udal = Udal::builder().catalog(catalog()).data_dir(scratch.path().join("data"));
    let udal = udal.durability(Durability::None).start().await.unwrap();
    for model in ["First", "Second", "Third"] {
        let records = udal.service().records("lab", model).unwrap();
        let request = CreateRequest::new(json!({"day": "2024-01-01"})).idempotency_key("once");
        records.create(&ctx(), request).await.unwrap();
    }
    let linked = udal.service().records("lab", "Linked").unwrap();
    for key in ["old", "new"] {
        linked.create(&ctx(), CreateRequest::new(json!({})).idempotency_key(key)).await.unwrap();
    }
    // What has the name of the first's next partition cannot become one.
    let client = client(&server).await;
    client
        .batch_execute("CREATE TABLE lab_first__p2024_05 (id int); INSERT INTO lab_first__p2024_05 VALUES (1)")
        .await
        .unwrap();
    // The keys of tables are older than seven days, and one of linked documents is.
    let older =
        "UPDATE udal_idempotency SET created_at = now() - interval '7 days 1 hour' WHERE key IN ('once', 'old')";
    client.batch_execute(older).await.unwrap();

    let done = udal.maintain(&ctx(), Date::parse("2024-05-05").unwrap()).await;
    let failed: Vec<&str> = done.failures.iter().map(|(model, _)| model.as_str()).collect();
    assert_eq!(failed, ["First"]);
    let dropped: Vec<(&str, usize)> =
        done.tables.iter().map(|(model, done)| (model.as_str(), done.dropped.len())).collect();
    assert_eq!(dropped, [("Second", 1), ("Third", 1)]);
    assert_eq!(done.forgotten_keys, 4);
    assert!(done.whole().is_err());
    let is_replayed = async |key| {
        let request = CreateRequest::new(json!({})).idempotency_key(key);
        linked.create(&ctx(), request).await.unwrap().replayed
    };
    assert_eq!((is_replayed("new").await, is_replayed("old").await, is_replayed("old").await), (true, false, true));

    // Nor does it in a migration: the first cannot be looked at, the third lacks a column.
    let view = "CREATE VIEW lab_first AS SELECT 'x'::text AS id WHERE 1 / (SELECT 0) = 1";
    client
        .batch_execute(&format!("DROP TABLE lab_first; {view}; ALTER TABLE lab_third DROP COLUMN kind"))
        .await
        .unwrap();
    let request = MigrationRequest { tenants: vec![ctx().tenant().clone()], ..MigrationRequest::default() };
    let done = udal.migrate(&request, &|_| ()).await.unwrap();
    assert!(done[0].error.is_some() && done[0].has_failed());
    let settled: Vec<&str> = done[0].models.values().flatten().map(|change| change.name.as_str()).collect();
    assert_eq!(settled, ["add-column:lab.Third.kind"]);
    udal.stop().await.unwrap();
    server.stop().await.unwrap();
}
