//! Pages as text: how much memory they take, and how long they hold a connection.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on fails, or says that it skips")]

#[path = "../../udal-pgpool/tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use futures_util::StreamExt;
use serde_json::json;
use support::Fixture;
use support::records::{ctx, record};
use udal_core::contract::{Backend, Create, List, ListText, Start, TextPiece};
use udal_core::filter::Predicate;
use udal_core::model::{Catalog, GroupDeclaration, Model, ModelDeclaration};
use udal_core::order::Order;
use udal_pgpool::TenantDatabases;
use udal_postgresql::PostgresqlBackend;
use udal_sql::Statement;

fn model() -> Arc<Model> {
    let group = GroupDeclaration::new("lab").model(ModelDeclaration::new("Note").field("body", "str").postgresql());
    Arc::clone(Catalog::build(vec![group]).unwrap().model("lab", "Note").unwrap())
}

fn everything() -> ListText {
    let model = model();
    let order = Order::by_id(&model);
    let list = List { model, filter: Predicate::always(), order, limit: 10_000, start: Start::Beginning };
    ListText { list, between: "," }
}

/// Writes that many records of that many bytes, without their passing through this process.
async fn fill(databases: &TenantDatabases, backend: &PostgresqlBackend, records: usize, bytes: usize) {
    let record = record(&model(), &json!({"id": "Note/0", "body": "x"}));
    backend.create(&ctx(), Create { record, idempotency: None }).await.unwrap();
    let text = format!(
        "INSERT INTO lab_note (id, version, created_at, updated_at, body) \
         SELECT 'Note/' || i, 1, now(), now(), repeat(md5(i::text), {}) FROM generate_series(1, {}) AS i",
        bytes / 32,
        records - 1
    );
    let connection = databases.connect(&databases.place_of(ctx().tenant()).await.unwrap().unwrap()).await.unwrap();
    connection.execute(&Statement { text, params: Vec::new() }).await.unwrap();
}

/// The tests take turns: the memory of one is the memory of the whole process.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Lets [`peak`] begin anew, where the system can.
fn forget_peak() {
    drop(std::fs::write("/proc/self/clear_refs", "5"));
}

/// The most memory that this process has had, in bytes; none where the system does not tell.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<usize>().ok()? << 10)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_takes_no_more_memory_than_some_pieces() {
    let _turn = TURN.lock().await;
    let fixture = Fixture::start().await;
    let databases = fixture.databases();
    let backend = PostgresqlBackend::new(databases.clone());
    let (records, bytes) = (400, 512 << 10);
    fill(&databases, &backend, records, bytes).await;
    forget_peak();
    let before = peak();
    let mut pieces = backend.list_text(&ctx(), everything()).await.unwrap();
    let (mut read, mut largest, mut count) = (0, 0, None);
    while let Some(piece) = pieces.next().await {
        match piece.unwrap() {
            TextPiece::Records(text) => {
                read += text.len();
                largest = largest.max(text.len());
            }
            TextPiece::End(end) => count = Some(end.records),
        }
    }
    assert_eq!(count, Some(records as u64));
    assert!(read > (records - 1) * bytes, "{read} bytes");
    assert!(largest < 2 * bytes, "a piece has {largest} bytes");
    match (before, peak()) {
        (Some(before), Some(after)) => {
            assert!(
                after.saturating_sub(before) < read / 8,
                "{read} bytes took {} bytes of memory",
                after.saturating_sub(before)
            );
        }
        _ => println!("skipped: this system does not tell how much memory a process has had"),
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_slowly_loses_the_connection_and_nothing_else() {
    let _turn = TURN.lock().await;
    let fixture = Fixture::start().await;
    let databases = fixture.databases_with(|settings| {
        settings.limits.max_connections = 1;
        settings.limits.wait_timeout = std::time::Duration::from_secs(60);
    });
    let backend = PostgresqlBackend::new(databases.clone());
    fill(&databases, &backend, 100, 64 << 10).await;
    let mut quick = backend.list_text(&ctx(), everything()).await.unwrap();
    let mut expected = Vec::new();
    while let Some(piece) = quick.next().await {
        expected.push(piece.unwrap());
    }
    let mut slow = backend.list_text(&ctx(), everything()).await.unwrap();
    let mut got = vec![slow.next().await.unwrap().unwrap()];
    // There is one connection in all, and someone else has it while nobody reads on.
    let other = databases.connect(&databases.place_of(ctx().tenant()).await.unwrap().unwrap()).await.unwrap();
    drop(other);
    while let Some(piece) = slow.next().await {
        got.push(piece.unwrap());
    }
    let text = |pieces: &[TextPiece]| {
        let texts = pieces.iter().filter_map(|piece| match piece {
            TextPiece::Records(text) => Some(text.as_slice()),
            TextPiece::End(_) => None,
        });
        texts.collect::<Vec<_>>().join(b",".as_slice())
    };
    assert!(text(&got) == text(&expected), "the texts differ");
    assert_eq!(got.last(), expected.last());
    fixture.stop().await;
}
