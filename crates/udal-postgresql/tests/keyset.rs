//! Cursors at depth: what PostgreSQL does for a page behind many others, as its plan tells and counts.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../udal-pgpool/tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use support::Fixture;
use support::records::ctx;
use udal_core::contract::{Backend, List, Start};
use udal_core::filter::Predicate;
use udal_core::model::{Catalog, GroupDeclaration, Model, ModelDeclaration};
use udal_core::order::{Order, Position};
use udal_core::record::Record;
use udal_pgpool::Connection;
use udal_postgresql::PostgresqlBackend;
use udal_sql::Statement;
use udal_sql::table::{self, Target};

const ROWS: u64 = 20_000;
const PAGE: usize = 10;
/// How many records come after the last place that is looked at: so few that it may be right to sort them.
const LEFT: u64 = 100;

/// Measurements of four kinds, one in ten without a note.
fn model() -> Arc<Model> {
    let declared = ModelDeclaration::new("Sample")
        .field("kind", "str")
        .field("note", "Optional[str]")
        .field("value", "int")
        .postgresql()
        .index(["kind", "value"])
        .index(["note"])
        .index(["value"]);
    let catalog = Catalog::build(vec![GroupDeclaration::new("lab").model(declared)]).unwrap();
    Arc::clone(catalog.model("lab", "Sample").unwrap())
}

async fn run(connection: &Connection, text: impl Into<String>) -> Vec<tokio_postgres::Row> {
    connection.query(&Statement { text: text.into(), params: Vec::new() }).await.unwrap()
}

fn list(model: &Arc<Model>, order: &Order, start: Start, limit: usize) -> List {
    List { model: Arc::clone(model), filter: Predicate::always(), order: order.clone(), limit, start }
}

/// The record that stands `depth` places from the first.
async fn record_at(backend: &PostgresqlBackend, model: &Arc<Model>, order: &Order, depth: u64) -> Record {
    backend.list(&ctx(), list(model, order, Start::Skip(depth), 1)).await.unwrap().records.remove(0)
}

/// What PostgreSQL did for the page after that record.
async fn plan(connection: &Connection, model: &Arc<Model>, order: &Order, after: &Record) -> String {
    let start = Start::After(Position::of(after, order));
    let Statement { text, params } =
        table::list(Target::new(model).unwrap(), &Predicate::always(), order, PAGE, &start);
    let text = format!("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) {text}");
    let rows = connection.query(&Statement { text, params }).await.unwrap();
    rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n")
}

/// The most rows that any step of a plan says it saw, after that word.
fn most_rows(plan: &str, word: &str) -> u64 {
    let seen = plan.split(word).skip(1).filter_map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u64>().ok()
    });
    seen.max().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_behind_many_starts_where_it_starts() {
    let fixture = Fixture::start().await;
    let databases = fixture.databases();
    let backend = PostgresqlBackend::new(databases.clone());
    let model = model();
    let batch = udal_core::contract::BatchCreate {
        model: Arc::clone(&model),
        records: Box::pin(futures_util::stream::empty()),
        mode: udal_core::contract::BatchMode::Atomic,
    };
    backend.batch_create(&ctx(), batch).await.unwrap();
    let connection = databases.connect(&databases.place_of(ctx().tenant()).await.unwrap().unwrap()).await.unwrap();
    run(
        &connection,
        format!(
            "INSERT INTO lab_sample (id, version, created_at, updated_at, kind, note, value) SELECT 'Sample/' || \
             lpad(i::text, 8, '0'), 1, now(), now(), 'kind-' || i % 4, CASE WHEN i % 10 > 0 THEN 'n' || i END, \
             i * 7919 % {ROWS} FROM generate_series(1, {ROWS}) AS i"
        ),
    )
    .await;
    run(&connection, "VACUUM ANALYZE lab_sample").await;
    // Left out is what an index gives in groups to be sorted, at any depth alike: `kind,-value`, which goes in two directions,
    // and `-note`, whose missing values come last.
    let orders = ["id", "-id", "value", "-value", "kind,value", "-kind,-value", "note"];
    for order in orders {
        let order = Order::parse(&model, order).unwrap();
        for depth in [5, ROWS / 2, ROWS - LEFT] {
            let after = record_at(&backend, &model, &order, depth).await;
            let plan = plan(&connection, &model, &order, &after).await;
            let told = format!("{order} behind {depth}:\n{plan}");
            assert!(plan.contains("Index Cond"), "{told}");
            assert!(!plan.contains("Seq Scan") && most_rows(&plan, "rows=") <= LEFT, "{told}");
            // Of those with the values of the record itself, as many as are before it in the other direction of the id.
            assert!(most_rows(&plan, "Removed by Filter: ") <= 1, "{told}");
        }
    }
    fixture.stop().await;
}
