//! Tables that follow their models, and partitions over time.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../udal-pgpool/tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use serde_json::json;
use support::Fixture;
use support::records::{ctx, model, record};
use udal_core::contract::{Backend, Count, Create, Created, Delete, Get, List, Start, Update};
use udal_core::filter::Predicate;
use udal_core::model::{Model, ModelDeclaration};
use udal_core::order::Order;
use udal_core::record::{Record, read_changes};
use udal_core::value::{Date, Value};
use udal_core::{ErrorKind, Result};
use udal_postgresql::PostgresqlBackend;

fn first() -> ModelDeclaration {
    ModelDeclaration::new("Result").field("kind", "enum[a, b]").field("value", "float")
}

async fn create(backend: &PostgresqlBackend, model: &Arc<Model>, data: serde_json::Value) -> Result<Created> {
    backend.create(&ctx(), Create { record: record(model, &data), idempotency: None }).await
}

async fn update(backend: &PostgresqlBackend, model: &Arc<Model>, id: &str, data: serde_json::Value) -> Result<Record> {
    let patch = read_changes(model, &data).unwrap();
    backend.update(&ctx(), Update { model: Arc::clone(model), id: id.to_owned(), patch, if_version: Some(1) }).await
}

async fn delete(backend: &PostgresqlBackend, model: &Arc<Model>, id: &str) -> Result<bool> {
    let delete = Delete { model: Arc::clone(model), id: id.to_owned(), if_version: None };
    Ok(backend.delete(&ctx(), delete).await?.is_some())
}

async fn count(backend: &PostgresqlBackend, model: &Arc<Model>) -> u64 {
    backend.count(&ctx(), Count { model: Arc::clone(model), filter: Predicate::always() }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_adds_is_applied() {
    let fixture = Fixture::start().await;
    let (old, new) = (
        model(first()),
        model(
            ModelDeclaration::new("Result")
                .field("kind", "Optional[enum[a, b, c]]")
                .field("value", "Optional[float]")
                .field("note", "Optional[str]")
                .field("tags", "Set[str]"),
        ),
    );
    create(&PostgresqlBackend::new(fixture.databases()), &old, json!({"id": "Result/1", "kind": "a", "value": 1}))
        .await
        .unwrap();

    // Another process, with the model of a later release.
    let backend = PostgresqlBackend::new(fixture.databases());
    let found = backend.get(&ctx(), Get { model: Arc::clone(&new), id: "Result/1".to_owned() }).await.unwrap().unwrap();
    assert_eq!((found.value("note"), found.value("value")), (None, Some(&Value::Float(1.0))));
    create(&backend, &new, json!({"id": "Result/2", "kind": "c", "note": "new", "tags": ["x"]})).await.unwrap();
    create(&backend, &new, json!({"id": "Result/3"})).await.unwrap();
    assert_eq!(count(&backend, &new).await, 3);

    // The process of the earlier release still reads and writes what it knows.
    let earlier = PostgresqlBackend::new(fixture.databases());
    create(&earlier, &old, json!({"id": "Result/4", "kind": "b", "value": 2})).await.unwrap();
    assert_eq!(count(&earlier, &old).await, 4);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_lose_data_is_refused() {
    let fixture = Fixture::start().await;
    let old = model(first());
    create(&PostgresqlBackend::new(fixture.databases()), &old, json!({"id": "Result/1", "kind": "a", "value": 1}))
        .await
        .unwrap();
    let changes = [
        ("a type", first().field("more", "Optional[str]"), "value", "Optional[int]"),
        ("a required field", first(), "unit", "str"),
    ];
    for (what, declared, field, field_type) in changes {
        let mut declared = declared;
        declared.fields.retain(|known| known.name != field);
        let new = model(declared.field(field, field_type));
        let backend = PostgresqlBackend::new(fixture.databases());
        let refused = create(
            &backend,
            &new,
            json!({"id": "Result/2", "kind": "a", "value": 2, "unit": "g"})
                .as_object()
                .map(|data| {
                    data.iter()
                        .filter(|(name, _)| new.find(name).is_some())
                        .map(|(n, v)| (n.clone(), v.clone()))
                        .collect()
                })
                .unwrap(),
        )
        .await
        .unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unsupported, "{what}: {refused}");
        assert!(refused.message().contains(&format!("`{field}`")), "{what}: {refused}");
    }
    assert_eq!(count(&PostgresqlBackend::new(fixture.databases()), &old).await, 1);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_finds_the_records_of_a_table_that_lacks_a_field() {
    let fixture = Fixture::start().await;
    for (name, split) in [("whole", false), ("split", true)] {
        let declared = |declared: ModelDeclaration| {
            let declared = declared.table_name(name);
            model(if split { declared.partition_by("created_at") } else { declared })
        };
        let old = declared(first());
        for id in ["Result/1", "Result/2", "Result/3"] {
            let backend = PostgresqlBackend::new(fixture.databases());
            create(&backend, &old, json!({"id": id, "kind": "a", "value": 1})).await.unwrap();
        }
        // Each change is the first thing that another process does, with the model of a later release.
        let new = declared(first().field("note", "Optional[str]"));
        let changed =
            update(&PostgresqlBackend::new(fixture.databases()), &new, "Result/1", json!({"note": "x"})).await;
        assert_eq!(changed.unwrap().value("note"), Some(&Value::Str("x".to_owned())));
        let newer = declared(first().field("note", "Optional[str]").field("more", "Optional[str]"));
        assert!(delete(&PostgresqlBackend::new(fixture.databases()), &newer, "Result/2").await.unwrap());
        let word = declared(ModelDeclaration::new("Result").field("kind", "enum[a, b, c]").field("value", "float"));
        update(&PostgresqlBackend::new(fixture.databases()), &word, "Result/3", json!({"kind": "c"})).await.unwrap();
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_by_a_model_that_does_not_fit_is_refused_whole() {
    let fixture = Fixture::start().await;
    let old = model(first());
    let data = json!({"id": "Result/1", "kind": "a", "value": 1});
    create(&PostgresqlBackend::new(fixture.databases()), &old, data).await.unwrap();
    let new = model(ModelDeclaration::new("Result").field("kind", "str").field("value", "str"));
    let backend = PostgresqlBackend::new(fixture.databases());
    let refused = update(&backend, &new, "Result/1", json!({"kind": "b"})).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported, "{refused}");
    let refused = delete(&backend, &new, "Result/1").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported, "{refused}");
    let get = Get { model: Arc::clone(&old), id: "Result/1".to_owned() };
    let found = PostgresqlBackend::new(fixture.databases()).get(&ctx(), get).await.unwrap().unwrap();
    assert_eq!((found.version(), found.value("kind")), (1, Some(&Value::Str("a".to_owned()))));
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_makes_no_tenant() {
    let fixture = Fixture::start().await;
    let backend = PostgresqlBackend::new(fixture.databases());
    let model = model(first().field("day", "date").partition_by("day"));
    let refused = update(&backend, &model, "Result/1", json!({"day": "2024-01-01"})).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotFound, "{refused}");
    assert!(!delete(&backend, &model, "Result/1").await.unwrap());
    assert_eq!(backend.list_tenants().await.unwrap(), []);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_are_made_ahead_and_dropped_when_their_time_is_over() {
    let fixture = Fixture::start().await;
    let backend = PostgresqlBackend::new(fixture.databases());
    let model = model(first().field("day", "date").partition_by("day").retention("2 months"));
    for (number, day) in ["2024-01-31", "2024-03-04", "2024-03-05", "2024-05-05"].into_iter().enumerate() {
        let data = json!({"id": format!("Result/{number}"), "kind": "a", "value": number, "day": day});
        create(&backend, &model, data).await.unwrap();
    }
    let today = Date::parse("2024-05-05").unwrap();
    let done = backend.maintain(&ctx(), &model, today).await.unwrap();
    assert_eq!(
        done.ahead,
        ["lab_result__p2024_05", "lab_result__p2024_06", "lab_result__p2024_07", "lab_result__p2024_08"]
    );
    // March holds days that are kept: a partition goes when the whole of it is over.
    assert_eq!(done.dropped, ["lab_result__p2024_01"]);
    let list = List {
        model: Arc::clone(&model),
        filter: Predicate::always(),
        order: Order::by_id(&model),
        limit: 10,
        start: Start::Beginning,
    };
    let left = backend.list(&ctx(), list).await.unwrap().records;
    assert_eq!(left.iter().map(Record::id).collect::<Vec<_>>(), ["Result/1", "Result/2", "Result/3"]);

    // What was dropped is free again: the id, and the time.
    create(&backend, &model, json!({"id": "Result/0", "kind": "a", "value": 0, "day": "2024-01-31"})).await.unwrap();
    let again = backend.maintain(&ctx(), &model, today).await.unwrap();
    assert_eq!(again.dropped, ["lab_result__p2024_01"]);
    assert_eq!(count(&backend, &model).await, 3);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_not_split_in_another_way() {
    let fixture = Fixture::start().await;
    let by = |split: Option<(&str, &str)>| {
        let declared = first().field("day", "date");
        model(match split {
            None => declared,
            Some((field, interval)) => declared.partition_by(field).partition_interval(interval),
        })
    };
    let data = |id: &str| json!({"id": id, "kind": "a", "value": 1, "day": "2024-02-03"});
    let monthly = by(Some(("day", "month")));
    create(&PostgresqlBackend::new(fixture.databases()), &monthly, data("Result/1")).await.unwrap();
    for split in [None, Some(("created_at", "month")), Some(("day", "day")), Some(("day", "year"))] {
        let backend = PostgresqlBackend::new(fixture.databases());
        let refused = create(&backend, &by(split), data("Result/1")).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unsupported, "{split:?}: {refused}");
        assert!(refused.message().contains("partition"), "{split:?}: {refused}");
        assert_eq!(
            delete(&backend, &by(split), "Result/1").await.unwrap_err().kind(),
            ErrorKind::Unsupported,
            "{split:?}"
        );
    }
    assert_eq!(count(&PostgresqlBackend::new(fixture.databases()), &monthly).await, 1);
    fixture.stop().await;
}
