//! How PostgreSQL answers what Udal asks: the plans of the very statements, with their parameters, and the types of columns.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[path = "../../udal-pgpool/tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use serde_json::{Value as Json, json};
use support::Fixture;
use support::records::{DATABASE, ctx, model, record};
use udal_core::TenantSlug;
use udal_core::contract::{Backend, Create, Get, Start};
use udal_core::filter::{Predicate, parse};
use udal_core::model::{Model, ModelDeclaration};
use udal_core::order::Order;
use udal_pgpool::{Connection, Database, TenantDatabases};
use udal_postgresql::PostgresqlBackend;
use udal_sql::Statement;
use udal_sql::table::{self, Spot, Target};

fn tenant() -> TenantSlug {
    TenantSlug::new("acme").unwrap()
}

async fn create(backend: &PostgresqlBackend, model: &Arc<Model>, data: Json) {
    backend.create(&ctx(), Create { record: record(model, &data), idempotency: None }).await.unwrap();
}

async fn connect(databases: &TenantDatabases) -> Connection {
    databases.connect_to(&Database::Tenant(tenant())).await.unwrap()
}

/// The plan of the statement as Udal sends it: the same text, the same parameters in binary with their types.
async fn plan(connection: &Connection, statement: Statement) -> String {
    let Statement { text, params } = statement;
    let explain = Statement { text: format!("EXPLAIN (COSTS OFF) {text}"), params };
    let rows = connection.query(&explain).await.unwrap();
    rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n")
}

fn list(model: &Arc<Model>, filter: Json, order: &str) -> Statement {
    let order = if order.is_empty() { Order::by_id(model) } else { Order::parse(model, order).unwrap() };
    table::list(Target::new(model).unwrap(), &parse(model, &filter).unwrap(), &order, 100, &Start::Beginning)
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_orders_use_their_indexes() {
    let fixture = Fixture::start().await;
    let databases = fixture.databases();
    let backend = PostgresqlBackend::new(databases.clone());
    let model = model(
        ModelDeclaration::new("Result")
            .field("kind", "str")
            .field("score", "Optional[int]")
            .field("tags", "Set[str]")
            .field("steps", "List[str]")
            .field("numbers", "Optional[List[int]]")
            .field("plain", "List[int]")
            .high_volume()
            .index(["kind", "created_at"])
            .index(["score"])
            .index(["steps"])
            .index(["numbers"]),
    );
    create(&backend, &model, json!({"id": "Result/1", "kind": "k", "steps": [], "plain": []})).await;
    let client = fixture.client(DATABASE).await;
    client
        .batch_execute(
            "INSERT INTO lab_result (id, version, created_at, updated_at, kind, score, tags, steps, numbers, plain) \
             SELECT 'Result/a' || n, 1, timestamptz '2020-01-01Z' + n * interval '1 hour', now(), 'k' || n % 3, n, \
             ARRAY['t' || n], ARRAY['s' || n, 's'], ARRAY[n], ARRAY[n] FROM generate_series(1, 60000) n",
        )
        .await
        .unwrap();
    client.batch_execute("VACUUM ANALYZE lab_result").await.unwrap();
    let connection = connect(&databases).await;
    let cases = [
        (json!({"tags": {"has": "t7"}}), "", "Bitmap Index Scan on lab_result_tags_"),
        (json!({"steps": {"has": "s7"}}), "", "Bitmap Index Scan on lab_result_steps_"),
        (json!({"numbers": {"has": 7}}), "", "Bitmap Index Scan on lab_result_numbers_"),
        (json!({"kind": "k1"}), "created_at", "Index Scan using lab_result_kind_created_at_id_"),
        (json!({}), "-score", "Index Scan Backward using lab_result_score_id_"),
        (json!({}), "score", "Index Scan using lab_result_score_id_"),
        (
            json!({"created_at": {"gte": "2020-02-01T00:00:00Z", "lt": "2020-02-02T00:00:00Z"}}),
            "",
            "Bitmap Index Scan on lab_result_created_at_",
        ),
        (json!({"id": "Result/a7"}), "", "Index Scan using lab_result_pkey"),
        // No index is made of what is not asked for.
        (json!({"plain": {"has": 7}}), "", "Seq Scan on lab_result"),
    ];
    for (filter, order, expected) in cases {
        let plan = plan(&connection, list(&model, filter.clone(), order)).await;
        assert!(plan.contains(expected), "{filter} {order}: {expected}\n{plan}");
        assert!(expected.starts_with("Seq") || !plan.contains("Seq Scan"), "{filter} {order}\n{plan}");
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_partition_is_read_by_id_and_those_of_a_time_by_time() {
    let fixture = Fixture::start().await;
    let databases = fixture.databases();
    let backend = PostgresqlBackend::new(databases.clone());
    for (table, key, key_type) in [("by_day", "day", "date"), ("by_time", "at", "datetime")] {
        let declared = ModelDeclaration::new("Result").field(key, key_type).field("value", "Optional[int]");
        let model = model(declared.table_name(table).partition_by(key));
        let value = |month: u32| match key_type {
            "date" => format!("2024-{month:02}-15"),
            _ => format!("2024-{month:02}-15T12:00:00Z"),
        };
        for month in 1..=12 {
            create(&backend, &model, json!({"id": format!("Result/{month}"), key: value(month)})).await;
        }
        let connection = connect(&databases).await;
        let target = Target::new(&model).unwrap();
        let touched = |plan: &str| {
            (1..=12).filter(|month| plan.contains(&format!("{table}__p2024_{month:02}"))).collect::<Vec<_>>()
        };

        // By id: the table of ids, then one partition.
        let ids = plan(&connection, table::key_of(target, "Result/7", false).unwrap()).await;
        assert!(ids.contains(&format!("{table}__ids")) && touched(&ids).is_empty(), "{ids}");
        let get = Get { model: Arc::clone(&model), id: "Result/7".to_owned() };
        let found = backend.get(&ctx(), get).await.unwrap().unwrap();
        let spot = Spot { id: "Result/7", key: found.value(key).cloned() };
        let by_id = plan(&connection, table::get(target, &spot, &Predicate::always())).await;
        assert_eq!(touched(&by_id), [7], "{by_id}");
        let deleted = plan(&connection, table::delete(target, &spot, &Predicate::always(), None)).await;
        assert_eq!(touched(&deleted), [7], "{deleted}");

        // By time: what the filter leaves, in lists and in counts.
        let filter = json!({key: {"gte": value(3), "lt": value(5)}, "value": {"is_null": true}});
        let ranged = plan(&connection, list(&model, filter.clone(), &format!("-{key}"))).await;
        assert_eq!(touched(&ranged), [3, 4, 5], "{ranged}");
        let counted = plan(&connection, table::count(target, &parse(&model, &filter).unwrap())).await;
        assert_eq!(touched(&counted), [3, 4, 5], "{counted}");
        let one = plan(&connection, list(&model, json!({key: value(9)}), "")).await;
        assert_eq!(touched(&one), [9], "{one}");
        let some = plan(&connection, list(&model, json!({key: {"in": [value(2), value(11)]}}), "")).await;
        assert_eq!(touched(&some), [2, 11], "{some}");
        // Without a time, every one: the test sees what it would see.
        assert_eq!(touched(&plan(&connection, list(&model, json!({}), "")).await).len(), 12);
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_have_the_types_that_are_said_and_keep_every_digit() {
    let fixture = Fixture::start().await;
    let databases = fixture.databases();
    let backend = PostgresqlBackend::new(databases.clone());
    let long = format!("{}.{}", "9".repeat(120), "123456789".repeat(8));
    // The declared type, the column, a value, and what the database says that it holds.
    let cases = [
        ("str", "text C", json!("Å\u{10ffff} "), "Å\u{10ffff} ".to_owned()),
        ("int", "bigint -", json!(i64::MIN), i64::MIN.to_string()),
        ("float", "double precision -", json!(0.1 + 0.2), "0.30000000000000004".to_owned()),
        ("bool", "boolean -", json!(true), "true".to_owned()),
        (
            "datetime",
            "timestamp with time zone -",
            json!("2024-02-29T23:59:59.999999+14:00"),
            "2024-02-29 09:59:59.999999+00".to_owned(),
        ),
        ("date", "date -", json!("9999-12-31"), "9999-12-31".to_owned()),
        ("decimal", "numeric -", json!(long), long.clone()),
        (
            "json",
            "jsonb -",
            json!({"b": [1e-7, null], "a": 18_446_744_073_709_551_615_u64}),
            r#"{"a": 18446744073709551615, "b": [0.0000001, null]}"#.to_owned(),
        ),
        ("enum[a, it's]", "text C", json!("it's"), "it's".to_owned()),
        ("Optional[int]", "bigint -", json!(null), "NULL".to_owned()),
        ("Set[str]", "text[] C", json!(["b", "a", "b"]), "{a,b}".to_owned()),
        ("Set[decimal]", "numeric[] -", json!(["10", "9.50"]), "{9.5,10}".to_owned()),
        ("List[int]", "bigint[] -", json!([2, 1, 2]), "{2,1,2}".to_owned()),
        (
            "List[datetime]",
            "timestamp with time zone[] -",
            json!(["2024-01-01T00:00:00.000001Z"]),
            "{\"2024-01-01 00:00:00.000001+00\"}".to_owned(),
        ),
        ("Ref[Result]", "text C", json!("Result/1"), "Result/1".to_owned()),
    ];
    let declared =
        cases.iter().enumerate().fold(ModelDeclaration::new("Result"), |declared, (at, (field_type, ..))| {
            declared.field(format!("f{at}"), *field_type)
        });
    let model = model(declared);
    let mut data: serde_json::Map<String, Json> =
        cases.iter().enumerate().map(|(at, (_, _, value, _))| (format!("f{at}"), value.clone())).collect();
    data.insert("id".to_owned(), json!("Result/1"));
    create(&backend, &model, Json::Object(data)).await;
    let client = fixture.client(DATABASE).await;
    client.batch_execute("SET TIME ZONE 'UTC'").await.unwrap();
    for (at, (field_type, column, _, kept)) in cases.iter().enumerate() {
        let text = format!(
            "SELECT (SELECT format_type(a.atttypid, a.atttypmod) || ' ' || CASE WHEN c.collname IS NULL THEN '-' ELSE c.collname END \
             FROM pg_attribute a LEFT JOIN pg_collation c ON c.oid = a.attcollation \
             WHERE a.attrelid = 'lab_result'::regclass AND a.attname = 'f{at}'), COALESCE(f{at}::text, 'NULL') FROM lab_result"
        );
        let row = client.query_one(&text, &[]).await.unwrap();
        assert_eq!((row.get::<_, &str>(0), row.get::<_, &str>(1)), (*column, kept.as_str()), "{field_type}");
    }
    let get = Get { model: Arc::clone(&model), id: "Result/1".to_owned() };
    let found = backend.get(&ctx(), get).await.unwrap().unwrap();
    assert_eq!(found.value("f6").unwrap().to_json(), json!(long));
    fixture.stop().await;
}
