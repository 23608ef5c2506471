//! Lists that a model has and its class has not, and the other way round: the server asks for every list.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use udal_core::contract::{Backend, BatchCreate, BatchMode, Create};
use udal_core::model::{Catalog, GroupDeclaration, Model, ModelDeclaration};
use udal_core::record::Record;
use udal_graph::{answers_class, class_of};

use super::server::{Answer, Asked, Server};
use super::{ASK, CHANGE, INSERT, SCHEMA, backend, count_of, is, model, operator, record, update};

const MIGRATE: (&str, &str) = ("POST", "/api/migration/admin/sqh_tenant_acme ");
const PUT: (&str, &str) = ("PUT", "/api/document/admin/sqh_tenant_acme?graph_type=schema");

/// The same model with a list that need not be there.
fn with_list() -> Arc<Model> {
    let account =
        ModelDeclaration::new("Account").field("name", "Optional[str]").field("labels", "Optional[List[str]]");
    let catalog = Catalog::build(vec![GroupDeclaration::new("crm").model(account)]).unwrap();
    Arc::clone(catalog.model("crm", "Account").unwrap())
}

fn as_of(model: &Arc<Model>, key: &str) -> Record {
    let members = json!({
        "id": format!("Account/{key}"), "version": 1, "created_at": "2024-01-01T00:00:00Z",
        "updated_at": "2024-01-01T00:00:00Z",
    });
    Record::from_members(model, members.as_object().unwrap()).unwrap()
}

fn schema(class: &Json) -> Answer {
    Answer::Whole(200, "branch:v1", json!([class, answers_class().definition]).to_string())
}

/// A server that keeps documents of a class without the list until that is added.
async fn server(loses_answers: bool) -> Server {
    let migrated = std::sync::atomic::AtomicBool::new(false);
    Server::start(move |asked: &Asked, _| {
        let ordering = std::sync::atomic::Ordering::SeqCst;
        match asked {
            asked if is(asked, SCHEMA) && migrated.load(ordering) => schema(&class_of(&with_list()).definition),
            asked if is(asked, SCHEMA) => schema(&class_of(&model()).definition),
            asked if is(asked, MIGRATE) => {
                migrated.store(true, ordering);
                if loses_answers { Answer::Closed } else { Answer::Whole(200, "", "{}".to_owned()) }
            }
            asked if asked.body.contains("_count") => {
                Answer::Whole(200, "", json!({"data": {"_count": 2}}).to_string())
            }
            _ => Answer::Whole(200, "branch:v2", "[]".to_owned()),
        }
    })
    .await
}

#[tokio::test]
async fn documents_get_an_empty_list_with_the_property() {
    for loses_answers in [false, true] {
        let server = server(loses_answers).await;
        let create = Create { record: as_of(&with_list(), "a"), idempotency: None };
        assert!(backend(&server).create(&operator(), create).await.is_ok());
        let sent = server.asked(MIGRATE.0, MIGRATE.1);
        let operations: Vec<Json> = sent.iter().map(|asked| serde_json::from_str(&asked.body).unwrap()).collect();
        let list = json!({"@type": "List", "@class": "xsd:string"});
        let expected =
            json!([{"@type": "CreateClassProperty", "class": "Account", "property": "labels", "type": list}]);
        assert_eq!(operations.iter().map(|body| &body["operations"]).collect::<Vec<_>>(), [&expected]);
        // Its mark is a property like others.
        let put = server.asked(PUT.0, PUT.1);
        assert!(put.len() == 1 && put[0].body.contains("_has_labels") && !put[0].body.contains("\"List\""), "{put:?}");
    }
}

#[tokio::test]
async fn an_update_keeps_what_the_document_has_beside_the_model() {
    let mut held = udal_graph::document(&record("a", "Ann"));
    held["labels"] = json!(["x"]);
    held["_has_labels"] = json!(true);
    let server = Server::start(move |asked, _| match asked {
        asked if is(asked, SCHEMA) => schema(&class_of(&with_list()).definition),
        asked if is(asked, ASK) => {
            Answer::Whole(200, "", json!({"data": {"r0": [{"_json": held.to_string()}]}}).to_string())
        }
        _ => Answer::Whole(200, "branch:v2", json!({"bindings": [{}]}).to_string()),
    })
    .await;
    update(&backend(&server), &json!({"name": "Bob"})).await.unwrap();
    let sent = server.asked(CHANGE.0, CHANGE.1);
    assert!(sent.len() == 1 && sent[0].body.contains("Bob") && !sent[0].body.contains("labels"), "{sent:?}");
}

#[tokio::test]
async fn a_process_whose_model_has_not_the_list_writes_it_empty() {
    let server = Server::start(|asked, _| match asked {
        asked if is(asked, SCHEMA) => schema(&class_of(&with_list()).definition),
        _ => Answer::Whole(200, "branch:v2", "[]".to_owned()),
    })
    .await;
    let backend = backend(&server);
    let one = Create { record: record("a", "}\n{"), idempotency: None };
    backend.create(&operator(), one).await.unwrap();
    let items = ["b", "c"].map(|key| Ok((0, record(key, "}\n{"))));
    let records = Box::pin(futures_util::stream::iter(items));
    let batch = BatchCreate { model: model(), records, mode: BatchMode::Atomic };
    assert_eq!(backend.batch_create(&operator(), batch).await.unwrap().created, 2);
    let bodies: Vec<Json> = server
        .asked(INSERT.0, INSERT.1)
        .iter()
        .flat_map(|asked| asked.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Json>>())
        .collect();
    assert_eq!(bodies.len(), 3);
    assert!(bodies.iter().all(|body| body["labels"] == json!([]) && body["name"] == "}\n{"), "{bodies:?}");
    assert_eq!(count_of(&server, PUT), 0);
}
