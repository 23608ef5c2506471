//! What a distributed PostgreSQL (Citus) says otherwise than one server does.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../udal-pgpool/tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use serde_json::json;
use support::Fixture;
use support::records::{self, ctx};
use tokio_postgres::NoTls;
use udal_core::contract::{Backend, BatchCreate, BatchMode, BatchReport, Count};
use udal_core::filter::Predicate;
use udal_core::model::{Catalog, GroupDeclaration, Model, ModelDeclaration};
use udal_core::record::Record;
use udal_core::value::Date;
use udal_core::{ErrorKind, Result};
use udal_postgresql::PostgresqlBackend;

/// Says of a taken id what Citus says: the message of the shard, and no code but that of an internal error. And refuses one
/// id for no reason that anybody can find.
const REFUSALS_WITHOUT_A_CODE: &str = "
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.id = 'Result/broken' OR EXISTS (SELECT FROM result WHERE id = NEW.id) THEN
            RAISE EXCEPTION 'duplicate key value violates unique constraint' USING ERRCODE = 'XX000';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON result FOR EACH ROW EXECUTE FUNCTION refuse()";

fn record(model: &Arc<Model>, id: &str) -> Record {
    records::record(model, &json!({"id": format!("Result/{id}")}))
}

async fn batch(backend: &PostgresqlBackend, model: &Arc<Model>, mode: BatchMode, ids: &[&str]) -> Result<BatchReport> {
    let items: Vec<_> = ids.iter().zip(0..).map(|(id, index)| Ok((index, record(model, id)))).collect();
    let records = stream::iter(items).boxed();
    backend.batch_create(&ctx(), BatchCreate { model: Arc::clone(model), records, mode }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_id_is_found_out_without_the_code_of_the_refusal() {
    let fixture = Fixture::start().await;
    let backend = PostgresqlBackend::new(fixture.databases());
    let declared = GroupDeclaration::new("lab")
        .model(ModelDeclaration::new("Result").field("note", "Optional[str]").postgresql().table_name("result"));
    let model = Arc::clone(Catalog::build(vec![declared]).unwrap().model("lab", "Result").unwrap());
    batch(&backend, &model, BatchMode::Atomic, &["1", "2"]).await.unwrap();
    let mut config = fixture.server.config();
    let (client, connection) = config.dbname("sqh_tenant_acme").connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(REFUSALS_WITHOUT_A_CODE).await.unwrap();

    let error = batch(&backend, &model, BatchMode::Atomic, &["3", "2", "4"]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error:?}");
    assert!(error.to_string().contains("Result/2"), "{error}");

    let report = batch(&backend, &model, BatchMode::PerItem, &["3", "2", "4"]).await.unwrap();
    assert_eq!((report.created, report.failures.len()), (2, 1));
    assert_eq!(report.failures.first().unwrap().index, 1);

    // Nobody has this id: it is not called taken, and the batch is not called a success.
    for mode in [BatchMode::Atomic, BatchMode::PerItem] {
        let error = batch(&backend, &model, mode, &["5", "broken"]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal, "{error:?}");
    }
    let count = Count { model: Arc::clone(&model), filter: Predicate::always() };
    assert_eq!(backend.count(&ctx(), count).await.unwrap(), 4);
    drop(client);
    fixture.stop().await;
}

/// Says of what is detached concurrently what Citus says.
const NO_DETACHING_CONCURRENTLY: &str = "
    CREATE FUNCTION refuse_detaching() RETURNS event_trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_query() LIKE '%DETACH PARTITION%CONCURRENTLY%' THEN
            RAISE EXCEPTION 'commands are currently unsupported' USING ERRCODE = 'XX000';
        END IF;
    END $$;
    CREATE EVENT TRIGGER refuse_detaching ON ddl_command_start EXECUTE FUNCTION refuse_detaching()";

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_is_detached_at_once_where_it_cannot_be_concurrently() {
    let fixture = Fixture::start().await;
    let backend = PostgresqlBackend::new(fixture.databases());
    let declared = ModelDeclaration::new("Result").field("note", "Optional[str]").postgresql().table_name("result");
    let declared = GroupDeclaration::new("lab").model(declared.partition_by("created_at").retention("1 month"));
    let model = Arc::clone(Catalog::build(vec![declared]).unwrap().model("lab", "Result").unwrap());
    batch(&backend, &model, BatchMode::Atomic, &["1", "2"]).await.unwrap();
    let mut config = fixture.server.config();
    let (client, connection) = config.dbname("sqh_tenant_acme").connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(NO_DETACHING_CONCURRENTLY).await.unwrap();

    let done = backend.maintain(&ctx(), &model, Date::new(2024, 9, 1).unwrap()).await.unwrap();
    assert_eq!(done.dropped, ["result__p2024_05"]);
    let count = Count { model: Arc::clone(&model), filter: Predicate::always() };
    assert_eq!(backend.count(&ctx(), count).await.unwrap(), 0);
    // Their ids are free.
    batch(&backend, &model, BatchMode::Atomic, &["1", "2"]).await.unwrap();
    drop(client);
    fixture.stop().await;
}
