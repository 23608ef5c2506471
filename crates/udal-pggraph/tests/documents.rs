//! What the behaviour suite cannot see: the tables behind the documents, and chunks of a batch.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

#[path = "../../udal-pgpool/tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use serde_json::{Value as Json, json};
use support::Fixture;
use tokio_postgres::{Client, NoTls};
use udal_core::contract::{
    Backend, BatchCreate, BatchMode, BatchReport, CHUNK_RECORDS, Count, Create, Delete, Deleted, Get, List, Start,
    Update,
};
use udal_core::filter::parse;
use udal_core::model::{Catalog, GroupDeclaration, Model, ModelDeclaration};
use udal_core::order::Order;
use udal_core::record::{Record, read_changes};
use udal_core::{AccessContext, Context, ErrorKind, Result, TenantSlug};
use udal_pggraph::PgGraphBackend;

fn catalog() -> Catalog {
    let group = GroupDeclaration::new("crm")
        .model(ModelDeclaration::new("Tag").field("name", "Optional[str]").on_delete("unlink"))
        .model(
            ModelDeclaration::new("Note")
                .field("value", "Optional[int]")
                .field("weights", "Set[float]")
                .field("tag", "Optional[Ref[Tag]]")
                .field("tags", "Set[Ref[Tag]]")
                .field("past", "Optional[List[Ref[Tag]]]")
                .field("next", "Optional[Ref[Note]]"),
        )
        .model(ModelDeclaration::new("Word").field("value", "str").field("weights", "Optional[bool]"));
    Catalog::build(vec![group]).unwrap()
}

/// A backend with a tenant, and a connection of its own to the tenant's database.
struct Bench {
    fixture: Fixture,
    backend: PgGraphBackend,
    catalog: Catalog,
    ctx: Context,
}

impl Bench {
    async fn start() -> Self {
        let fixture = Fixture::start().await;
        let backend = PgGraphBackend::new(fixture.databases());
        let ctx = Context::new(TenantSlug::new("acme").unwrap(), AccessContext::unrestricted("a test"));
        Bench { fixture, backend, catalog: catalog(), ctx }
    }

    fn model(&self, name: &str) -> Arc<Model> {
        Arc::clone(self.catalog.model("crm", name).unwrap())
    }

    /// A record whose model is what its id starts with.
    fn record(&self, id: &str, mut members: Json) -> Record {
        let model = self.model(id.split('/').next().unwrap());
        let system = json!({
            "id": id, "version": 1, "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z"
        });
        members.as_object_mut().unwrap().extend(system.as_object().unwrap().clone());
        Record::from_members(&model, members.as_object().unwrap()).unwrap()
    }

    async fn create(&self, id: &str, members: Json) -> Result<Record> {
        let create = Create { record: self.record(id, members), idempotency: None };
        self.backend.create(&self.ctx, create).await.map(|created| created.record)
    }

    async fn update(&self, id: &str, changes: Json) -> Result<Record> {
        let model = self.model(id.split('/').next().unwrap());
        let patch = read_changes(&model, &changes).unwrap();
        self.backend.update(&self.ctx, Update { model, id: id.to_owned(), patch, if_version: None }).await
    }

    async fn delete(&self, id: &str) -> Result<Option<Deleted>> {
        let model = self.model(id.split('/').next().unwrap());
        self.backend.delete(&self.ctx, Delete { model, id: id.to_owned(), if_version: None }).await
    }

    async fn get(&self, id: &str) -> Record {
        let model = self.model(id.split('/').next().unwrap());
        self.backend.get(&self.ctx, Get { model, id: id.to_owned() }).await.unwrap().unwrap()
    }

    async fn batch(&self, mode: BatchMode, records: Vec<Record>) -> Result<BatchReport> {
        let model = Arc::clone(records[0].model());
        let records = stream::iter((0..).zip(records).map(Ok)).boxed();
        self.backend.batch_create(&self.ctx, BatchCreate { model, records, mode }).await
    }

    async fn found(&self, model: &str, filter: Json, order: &str) -> Vec<String> {
        let model = self.model(model);
        let (filter, order) = (parse(&model, &filter).unwrap(), Order::parse(&model, order).unwrap());
        let list = List { model, filter, order, limit: 100, start: Start::Beginning };
        let page = self.backend.list(&self.ctx, list).await.unwrap();
        page.records.iter().map(|record| record.id().to_owned()).collect()
    }

    async fn count(&self, model: &str) -> u64 {
        let model = self.model(model);
        let filter = parse(&model, &json!({})).unwrap();
        self.backend.count(&self.ctx, Count { model, filter }).await.unwrap()
    }

    async fn database(&self) -> Client {
        let mut config = self.fixture.server.config();
        let (client, connection) = config.dbname("sqh_tenant_acme").connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// The rows of the table of links, each as source, field, target.
    async fn links(&self) -> Vec<String> {
        let text = "SELECT concat_ws(' ', source, field, target) FROM udal_links ORDER BY source, field, target";
        self.database().await.query(text, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn models_share_a_table_and_not_their_types() {
    let bench = Bench::start().await;
    for number in 0..50 {
        bench.create(&format!("Word/{number:02}"), json!({"value": "not a number", "weights": true})).await.unwrap();
        bench.create(&format!("Note/{number:02}"), json!({"value": number, "weights": [number]})).await.unwrap();
    }
    bench.database().await.batch_execute("ANALYZE udal_documents").await.unwrap();
    assert_eq!(bench.found("Note", json!({"value": {"gte": 48}}), "-value").await, ["Note/49", "Note/48"]);
    assert_eq!(
        bench.found("Note", json!({"or": [{"value": {"lt": 1}}, {"weights": {"has": 7.0}}]}), "value").await,
        ["Note/00", "Note/07"]
    );
    assert_eq!(bench.found("Word", json!({"weights": {"ne": true}}), "").await, Vec::<String>::new());
    bench.fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_rows_as_long_as_documents_hold_them() {
    let bench = Bench::start().await;
    for key in ["a", "b", "c"] {
        bench.create(&format!("Tag/{key}"), json!({})).await.unwrap();
    }
    let all =
        json!({"tag": "Tag/a", "tags": ["Tag/a", "Tag/b"], "past": ["Tag/c", "Tag/a", "Tag/c"], "next": "Note/1"});
    bench.create("Note/1", all).await.unwrap();
    let rows = |rows: &[&str]| rows.iter().map(|row| format!("Note/{row}")).collect::<Vec<_>>();
    let written = ["1 next Note/1", "1 past Tag/a", "1 past Tag/c", "1 tag Tag/a", "1 tags Tag/a", "1 tags Tag/b"];
    assert_eq!(bench.links().await, rows(&written));

    bench.update("Note/1", json!({"tag": "Tag/b", "tags": ["Tag/c"], "value": 5})).await.unwrap();
    let changed = ["1 next Note/1", "1 past Tag/a", "1 past Tag/c", "1 tag Tag/b", "1 tags Tag/c"];
    assert_eq!(bench.links().await, rows(&changed));
    let broken = bench.update("Note/1", json!({"tag": "Tag/x", "next": null})).await.unwrap_err();
    assert_eq!(broken.field_errors()[0].code, "broken_link");
    assert_eq!(bench.links().await, rows(&changed));

    let deleted = bench.delete("Tag/c").await.unwrap().unwrap();
    assert_eq!(deleted.unlinked[0].version, 3);
    assert_eq!(bench.links().await, rows(&["1 next Note/1", "1 past Tag/a", "1 tag Tag/b"]));
    bench.delete("Note/1").await.unwrap().unwrap();
    assert_eq!(bench.links().await, rows(&[]));

    // A batch that is refused leaves none either, one that is written leaves its own.
    let chain = |length: usize| {
        let next = move |at: usize| {
            if at + 1 < length { json!({"next": format!("Note/{}", at + 1)}) } else { json!({"tag": "Tag/a"}) }
        };
        (0..length).map(|at| bench.record(&format!("Note/{at}"), next(at))).collect::<Vec<_>>()
    };
    let mut broken = chain(3);
    broken.push(bench.record("Note/x", json!({"tag": "Tag/x"})));
    assert!(bench.batch(BatchMode::Atomic, broken).await.is_err());
    assert_eq!(bench.links().await, rows(&[]));
    bench.batch(BatchMode::Atomic, chain(3)).await.unwrap();
    assert_eq!(bench.links().await, rows(&["0 next Note/1", "1 next Note/2", "2 tag Tag/a"]));
    bench.fixture.stop().await;
}

/// A float whose shortest form in JSON is another whole number.
const LONG: f64 = 123_456_789_012_345_670.0;

#[tokio::test(flavor = "multi_thread")]
async fn taking_a_link_out_leaves_the_other_values_as_they_were_written() {
    let bench = Bench::start().await;
    bench.create("Tag/a", json!({})).await.unwrap();
    let note = bench.create("Note/1", json!({"tag": "Tag/a", "weights": [LONG, 0.1]})).await.unwrap();
    assert_eq!(bench.get("Note/1").await.value("weights"), note.value("weights"));
    bench.delete("Tag/a").await.unwrap().unwrap();
    assert_eq!(bench.get("Note/1").await.value("weights"), note.value("weights"));
    assert_eq!(bench.found("Note", json!({"weights": {"has": LONG}}), "").await, ["Note/1"]);
    bench.fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_atomic_batch_names_its_first_failure_across_chunks() {
    let bench = Bench::start().await;
    bench.create("Note/taken", json!({})).await.unwrap();
    let batch = |links: &[(usize, &str)], taken: Option<usize>| {
        let mut records: Vec<Record> =
            (0..12_000).map(|at| bench.record(&format!("Note/{at}"), json!({"value": at}))).collect();
        for (at, target) in links {
            records[*at] = bench.record(&format!("Note/{at}"), json!({"next": target}));
        }
        if let Some(at) = taken {
            records[at] = bench.record("Note/taken", json!({}));
        }
        records
    };
    /// Broken links by item, the item whose id is taken, and how the batch fails.
    type Case = (&'static [(usize, &'static str)], Option<usize>, ErrorKind, &'static str);
    let cases: [Case; 4] = [
        (&[(3, "Note/none"), (1, "Note/11999")], Some(6_000), ErrorKind::InvalidInput, "item 3: "),
        (&[(3, "Note/11999"), (7_000, "Note/none")], Some(6_000), ErrorKind::AlreadyExists, "item 6000: "),
        (
            &[(3, "Note/11999"), (7_000, "Note/none"), (11_000, "Note/none")],
            None,
            ErrorKind::InvalidInput,
            "item 7000: ",
        ),
        (&[], Some(11_999), ErrorKind::AlreadyExists, "item 11999: "),
    ];
    for (links, taken, kind, names) in cases {
        let error = bench.batch(BatchMode::Atomic, batch(links, taken)).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().starts_with(names), "{error}");
        assert_eq!(bench.count("Note").await, 1);
    }
    let report = bench.batch(BatchMode::Atomic, batch(&[(3, "Note/11999"), (6_000, "Note/3")], None)).await.unwrap();
    assert_eq!((report.created, bench.count("Note").await), (12_000, 12_001));
    bench.fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_are_gone_are_made_again() {
    let bench = Bench::start().await;
    let lose = async || {
        let text = "DROP TABLE IF EXISTS udal_documents, udal_links, udal_idempotency";
        bench.database().await.batch_execute(text).await.unwrap();
    };
    bench.create("Word/1", json!({"value": "a"})).await.unwrap();
    lose().await;
    assert_eq!(bench.count("Word").await, 0);
    assert!(bench.delete("Word/1").await.unwrap().is_none());
    assert_eq!(bench.update("Word/1", json!({"value": "b"})).await.unwrap_err().kind(), ErrorKind::NotFound);
    bench.create("Word/1", json!({"value": "a"})).await.unwrap();
    for mode in [BatchMode::Atomic, BatchMode::PerItem] {
        lose().await;
        let records =
            vec![bench.record("Word/1", json!({"value": "a"})), bench.record("Word/2", json!({"value": "b"}))];
        assert_eq!(bench.batch(mode, records).await.unwrap().created, 2);
    }
    bench.fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn equality_and_elements_are_found_through_the_index() {
    let bench = Bench::start().await;
    bench.create("Tag/a", json!({"name": "n"})).await.unwrap();
    let database = bench.database().await;
    database.batch_execute("SET enable_seqscan = off; SET enable_indexscan = off").await.unwrap();
    for (model, filter) in [("Tag", json!({"name": "n"})), ("Note", json!({"tags": {"has": "Tag/a"}}))] {
        let model = bench.model(model);
        let statement = udal_sql::document::count(&model, &parse(&model, &filter).unwrap());
        // The planner would choose the index on the model for so few documents.
        database.batch_execute("DROP INDEX IF EXISTS udal_documents_model").await.unwrap();
        let text = statement.text.replacen("$1", &format!("'{}'", model.name()), 1);
        let member = statement.params[1].value.as_ref().unwrap().to_json().to_string();
        let plan =
            database.query(&format!("EXPLAIN {}", text.replace("$2", &format!("'{member}'"))), &[]).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        assert!(plan.iter().any(|line| line.contains("udal_documents_body")), "{}", plan.join("\n"));
    }
    bench.fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_record_that_does_not_fit_its_model_any_more_is_refused_whole() {
    let mut bench = Bench::start().await;
    bench.create("Note/1", json!({"value": 7})).await.unwrap();
    let before = bench.get("Note/1").await;
    let declared = bench.catalog.clone();
    // A later release, which declares the field as text.
    let note = ModelDeclaration::new("Note").field("value", "Optional[str]").field("other", "Optional[str]");
    bench.catalog = Catalog::build(vec![GroupDeclaration::new("crm").model(note)]).unwrap();
    for refused in [
        bench.update("Note/1", json!({"other": "x"})).await.unwrap_err(),
        bench.delete("Note/1").await.unwrap_err(),
        bench.backend.get(&bench.ctx, Get { model: bench.model("Note"), id: "Note/1".to_owned() }).await.unwrap_err(),
    ] {
        assert_eq!(refused.kind(), ErrorKind::Unsupported);
        assert_eq!(refused.field_errors()[0].field, "value");
    }
    bench.catalog = declared;
    assert_eq!(bench.get("Note/1").await, before);
    bench.fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_stalls_is_not_waited_for_without_end() {
    let fixture = Fixture::start().await;
    let databases =
        fixture.databases_with(|settings| settings.limits.input_timeout = std::time::Duration::from_millis(50));
    let ctx = Context::new(TenantSlug::new("acme").unwrap(), AccessContext::unrestricted("a test"));
    let bench = Bench { backend: PgGraphBackend::new(databases), fixture, catalog: catalog(), ctx };
    let items = (0..CHUNK_RECORDS).map(|at| Ok((at as u64, bench.record(&format!("Tag/{at}"), json!({})))));
    let records = stream::iter(items.collect::<Vec<_>>()).chain(stream::pending()).boxed();
    let op = BatchCreate { model: bench.model("Tag"), records, mode: BatchMode::Atomic };
    let error = bench.backend.batch_create(&bench.ctx, op).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    let get = Get { model: bench.model("Tag"), id: "Tag/0".to_owned() };
    assert_eq!(bench.backend.get(&bench.ctx, get).await.unwrap(), None);
    bench.fixture.stop().await;
}
