//! What is answered when the server is slow, gone, cut off or overrun: never half of a write, never the same write twice.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on fails")]

mod answers;
mod history;
mod lists;
mod placement;
mod server;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use server::{Answer, Asked, Server};
use udal_core::contract::{Backend, Count, Create, Created, Get, Update};
use udal_core::filter::Predicate;
use udal_core::model::{Catalog, GroupDeclaration, Model, ModelDeclaration};
use udal_core::record::{Record, read_changes};
use udal_core::{AccessContext, Context, ErrorKind, Result, TenantSlug};
use udal_graph::{answers_class, class_of, document};
use udal_terminusdb::{Credentials, Endpoint, Settings, TerminusdbBackend};

fn model() -> Arc<Model> {
    let account = ModelDeclaration::new("Account").field("name", "Optional[str]");
    let catalog = Catalog::build(vec![GroupDeclaration::new("crm").model(account)]).unwrap();
    Arc::clone(catalog.model("crm", "Account").unwrap())
}

fn record(key: &str, name: &str) -> Record {
    let members = json!({
        "id": format!("Account/{key}"), "version": 1, "created_at": "2024-01-01T00:00:00Z",
        "updated_at": "2024-01-01T00:00:00Z", "name": name,
    });
    Record::from_members(&model(), members.as_object().unwrap()).unwrap()
}

fn operator() -> Context {
    Context::new(TenantSlug::new("acme").unwrap(), AccessContext::unrestricted("a test"))
}

fn backend(server: &Server) -> TerminusdbBackend {
    let credentials = Credentials::Password { user: "admin".to_owned(), password: "hunter2".to_owned() };
    let mut settings = Settings::new(Endpoint { url: server.url.clone(), credentials });
    settings.read_timeout = Duration::from_millis(300);
    settings.write_timeout = Duration::from_millis(300);
    TerminusdbBackend::new(settings).unwrap()
}

const SCHEMA: (&str, &str) = ("GET", "/api/document/admin/sqh_tenant_acme?graph_type=schema");
const INSERT: (&str, &str) = ("POST", "/api/document/admin/sqh_tenant_acme?");
const CHANGE: (&str, &str) = ("POST", "/api/woql/admin/sqh_tenant_acme");
const COMMITS: (&str, &str) = ("POST", "/api/graphql/admin/sqh_tenant_acme/local/_commits");
const ASK: (&str, &str) = ("POST", "/api/graphql/admin/sqh_tenant_acme");

fn classes() -> Answer {
    let classes = [class_of(&model()).definition, answers_class().definition];
    Answer::Whole(200, "branch:v1", json!(classes).to_string())
}

fn nodes(records: &[Record]) -> Answer {
    let nodes: Vec<_> = records.iter().map(|record| json!({"_json": document(record).to_string()})).collect();
    Answer::Whole(200, "", json!({"data": {"r0": nodes}}).to_string())
}

fn refused(status: u16, kind: &str, message: &str) -> Answer {
    let body = json!({"@type": "api:ErrorResponse", "api:error": {"@type": kind}, "api:message": message});
    Answer::Whole(status, "branch:v1", body.to_string())
}

fn is(asked: &Asked, (method, path): (&str, &str)) -> bool {
    asked.is(method, path)
}

fn count_of(server: &Server, (method, path): (&str, &str)) -> usize {
    server.asked(method, path).len()
}

async fn create(backend: &TerminusdbBackend, key: &str, name: &str) -> Result<Created> {
    backend.create(&operator(), Create { record: record(key, name), idempotency: None }).await
}

async fn get(backend: &TerminusdbBackend) -> Result<Option<Record>> {
    backend.get(&operator(), Get { model: model(), id: "Account/a".to_owned() }).await
}

#[tokio::test]
async fn a_read_whose_answer_is_cut_off_is_asked_again() {
    let server = Server::start(|_, before| match before {
        0 => Answer::Half(json!({"data": {"Account": []}}).to_string()),
        1 => Answer::Closed,
        _ => nodes(&[record("a", "Ann")]),
    })
    .await;
    assert_eq!(get(&backend(&server)).await.unwrap(), Some(record("a", "Ann")));
    assert_eq!(count_of(&server, ASK), 3);
}

#[tokio::test]
async fn an_answer_in_gzip_is_read_and_one_that_is_cut_off_is_no_answer() {
    let found = |name: &str| {
        let node = json!({"_json": document(&record("a", name)).to_string()});
        json!({"data": {"Account": [node]}}).to_string()
    };
    let name = "a name that repeats itself ".repeat(2_000);
    let answer = found(&name);
    let server = Server::start(move |_, before| Answer::Gzip(answer.clone(), if before < 2 { 20 } else { 0 })).await;
    assert_eq!(get(&backend(&server)).await.unwrap(), Some(record("a", &name)));
    let asked = server.asked(ASK.0, ASK.1);
    assert!(asked.len() == 3 && asked.iter().all(|asked| asked.headers.contains("accept-encoding: gzip")), "{asked:?}");
    // What was cut off so that its length fits is no end of gzip either.
    let server = Server::start(move |_, _| Answer::Gzip(found("Ann"), 9)).await;
    assert_eq!(get(&backend(&server)).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_read_that_is_never_answered_ends() {
    let server = Server::start(|_, _| Answer::Silence).await;
    assert_eq!(get(&backend(&server)).await.unwrap_err().kind(), ErrorKind::TimedOut);
}

#[tokio::test]
async fn an_open_connection_keeps_no_worker_of_the_server() {
    let server = Server::with_workers(1, |_, _| nodes(&[record("a", "Ann")])).await;
    let backends: Vec<_> = (0..3).map(|_| backend(&server)).collect();
    for _ in 0..3 {
        let reads = backends.iter().flat_map(|backend| (0..8).map(|_| get(backend)));
        for read in futures_util::future::join_all(reads).await {
            assert_eq!(read.unwrap(), Some(record("a", "Ann")));
        }
    }
    assert_eq!(count_of(&server, ASK), 72);
}

#[tokio::test]
async fn json_that_ends_in_the_middle_is_no_answer() {
    let server = Server::start(|_, _| Answer::Whole(200, "", "{\"data\": {\"Account\": [".to_owned())).await;
    assert_eq!(get(&backend(&server)).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_database_that_was_never_made_is_empty_and_is_not_made_by_a_read() {
    let server = Server::start(|_, _| refused(404, "api:UnresolvableAbsoluteDescriptor", "no such database")).await;
    let backend = backend(&server);
    assert_eq!(get(&backend).await.unwrap(), None);
    let count = Count { model: model(), filter: Predicate::always() };
    assert_eq!(backend.count(&operator(), count).await.unwrap(), 0);
    assert_eq!(count_of(&server, ("POST", "/api/db")), 0);
}

/// What the server answers of a database, one after the other, while it is being made.
fn being_made(before: usize) -> Option<Answer> {
    Some(match before {
        0 => refused(404, "api:UnknownDatabase", "no such database"),
        1 => refused(400, "api:DatabaseAlreadyExists", "another process makes it"),
        2 => refused(400, "api:DatabaseNotFinalized", "currently being created"),
        3 => refused(400, "api:UnresolvableAbsoluteDescriptor", "the branch does not exist"),
        4 => refused(500, "api:InternalServerError", "an internal server error occurred"),
        _ => return None,
    })
}

#[tokio::test]
async fn a_database_that_another_process_is_making_is_waited_for_by_a_write() {
    let server = Server::start(|asked, before| match being_made(before) {
        Some(answer) => answer,
        None if is(asked, SCHEMA) => classes(),
        None => Answer::Whole(200, "branch:v2", "[]".to_owned()),
    })
    .await;
    assert!(create(&backend(&server), "a", "Ann").await.is_ok());
    assert_eq!((count_of(&server, SCHEMA), count_of(&server, INSERT)), (5, 1));
}

#[tokio::test]
async fn a_database_that_another_process_is_making_is_empty_to_a_read() {
    for (status, said) in [(500, "branch_does_not_exist(branch_descriptor{})"), (500, "database_not_finalized(x)")] {
        let server = Server::start(move |_, _| refused(status, "", said)).await;
        assert_eq!(get(&backend(&server)).await.unwrap(), None, "{said}");
    }
    let server = Server::start(|_, before| match before {
        0 => refused(500, "", "Unexpected failure in request handler"),
        _ => nodes(&[record("a", "Ann")]),
    })
    .await;
    assert_eq!(get(&backend(&server)).await.unwrap(), Some(record("a", "Ann")));
}

#[tokio::test]
async fn a_server_that_does_not_know_udal_is_named_without_the_password() {
    let server = Server::start(|_, _| refused(401, "api:IncorrectAuthenticationError", "hunter2 is wrong")).await;
    let error = get(&backend(&server)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(!error.to_string().contains("hunter2") && error.to_string().contains("credentials"), "{error}");
}

#[tokio::test]
async fn a_commit_that_the_server_gave_up_is_made_again() {
    let server = Server::start(|asked, before| match asked {
        asked if is(asked, SCHEMA) => classes(),
        _ if before == 1 => refused(500, "api:TransactionRetryExceeded", "Transaction retry count exceeded"),
        _ => Answer::Whole(200, "branch:v2", "[]".to_owned()),
    })
    .await;
    assert!(!create(&backend(&server), "a", "Ann").await.unwrap().replayed);
    assert_eq!(count_of(&server, INSERT), 2);
}

fn commits(found: serde_json::Value) -> Answer {
    Answer::Whole(200, "", json!({"data": {"Commit": found}}).to_string())
}

/// Answers the token that stands in the message of the first insert.
fn token_of(asked: &Asked) -> String {
    asked.line.split_once("%5B").unwrap().1.split_once("%5D").unwrap().0.to_owned()
}

/// A server that stores the first insert, of which nobody hears, and refuses the same when it is sent again.
async fn server_that_stores_unheard(refusal: &'static str, message: &'static str) -> Server {
    let token = std::sync::Mutex::new(String::new());
    Server::start(move |asked, _| {
        if is(asked, SCHEMA) {
            return classes();
        }
        if is(asked, COMMITS) {
            let token = token.lock().unwrap();
            assert!(asked.body.contains(&*token), "{asked:?}");
            let message = format!("create Account/a [{token}]");
            return commits(json!([{"identifier": "c", "timestamp": 5.5, "author": "udal", "message": message}]));
        }
        if asked.is("HEAD", "/api/document") {
            return Answer::Whole(200, "branch:v2", String::new());
        }
        let mut token = token.lock().unwrap();
        if token.is_empty() {
            *token = token_of(asked);
            return Answer::Closed;
        }
        assert_eq!(*token, token_of(asked));
        refused(400, refusal, message)
    })
    .await
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_stored_once() {
    let server = server_that_stores_unheard("api:DataVersionMismatch", "stale").await;
    assert!(create(&backend(&server), "a", "Ann").await.is_ok());
    let sent = server.asked(INSERT.0, INSERT.1);
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|asked| asked.headers.contains("terminusdb-data-version: branch:v1")), "{sent:?}");
}

#[tokio::test]
async fn a_write_that_was_lost_on_its_way_is_sent_again() {
    let server = Server::start(|asked, before| match asked {
        asked if is(asked, SCHEMA) => classes(),
        asked if is(asked, COMMITS) => commits(json!([])),
        _ if before == 1 => Answer::Closed,
        // Another process wrote meanwhile.
        _ if before == 2 => refused(400, "api:DataVersionMismatch", "stale"),
        _ => Answer::Whole(200, "branch:v3", "[]".to_owned()),
    })
    .await;
    assert!(create(&backend(&server), "a", "Ann").await.is_ok());
    assert_eq!((count_of(&server, INSERT), count_of(&server, SCHEMA)), (3, 2));
}

#[tokio::test]
async fn a_write_of_which_nothing_is_known_is_not_acknowledged() {
    let server = Server::start(|asked, _| if is(asked, SCHEMA) { classes() } else { Answer::Silence }).await;
    assert_eq!(create(&backend(&server), "a", "Ann").await.unwrap_err().kind(), ErrorKind::TimedOut);
}

#[tokio::test]
async fn writes_that_wait_join_one_commit_and_a_bad_one_sinks_no_other() {
    let server = Server::start(|asked, _| match asked {
        asked if is(asked, SCHEMA) => classes(),
        asked if is(asked, ASK) => nodes(&[]),
        asked if asked.body.contains("bad") => refused(400, "api:SchemaCheckFailure", "a value does not fit"),
        _ => Answer::Whole(200, "branch:v1", "[]".to_owned()),
    })
    .await;
    let backend = Arc::new(backend(&server));
    let tasks: Vec<_> = (0..40)
        .map(|at| {
            let backend = Arc::clone(&backend);
            let name = if at == 20 { "bad" } else { "good" };
            tokio::spawn(async move { create(&backend, &format!("k{at}"), name).await })
        })
        .collect();
    for (at, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.await.unwrap().is_ok(), at != 20, "{at}");
    }
}

#[tokio::test]
async fn waiting_writes_are_one_commit() {
    let server = Server::start(|asked, _| match asked {
        asked if is(asked, SCHEMA) => classes(),
        _ => Answer::Whole(200, "branch:v1", "[]".to_owned()),
    })
    .await;
    let backend = backend(&server);
    // Joined on one task, all of them wait before the writer starts.
    let creates = (0..20).map(|at| format!("k{at}")).collect::<Vec<_>>();
    let done = futures_util::future::join_all(creates.iter().map(|key| create(&backend, key, "n"))).await;
    assert!(done.iter().all(Result::is_ok));
    let sent = server.asked(INSERT.0, INSERT.1);
    assert_eq!(sent.iter().map(|asked| asked.body.lines().count()).collect::<Vec<_>>(), [20]);
}

fn changed(version: &'static str) -> Answer {
    Answer::Whole(200, version, json!({"bindings": [{}]}).to_string())
}

async fn update(backend: &TerminusdbBackend, changes: &serde_json::Value) -> Result<Record> {
    let patch = read_changes(&model(), changes).unwrap();
    let update = Update { model: model(), id: "Account/a".to_owned(), patch, if_version: None };
    backend.update(&operator(), update).await
}

/// The same record, as another process left it.
fn given_away() -> Record {
    let mut other = record("a", "Zoe");
    other.apply(&read_changes(&model(), &json!({"owned_by": "zoe"})).unwrap());
    other
}

#[tokio::test]
async fn an_update_is_made_for_the_version_that_was_read() {
    let server = Server::start(|asked, before| match asked {
        asked if is(asked, SCHEMA) && before == 0 => classes(),
        asked if is(asked, SCHEMA) => {
            let Answer::Whole(status, _, body) = classes() else { panic!() };
            Answer::Whole(status, "branch:v2", body)
        }
        asked if is(asked, ASK) && before == 1 => nodes(&[record("a", "Ann")]),
        asked if is(asked, ASK) => nodes(&[given_away()]),
        asked if asked.headers.contains("branch:v1") => refused(400, "api:DataVersionMismatch", "stale"),
        _ => changed("branch:v3"),
    })
    .await;
    let updated = update(&backend(&server), &json!({"name": "Bob"})).await.unwrap();
    assert_eq!((updated.version(), updated.value("owned_by").cloned()), (3, Some("zoe".into())));
    assert_eq!(count_of(&server, CHANGE), 2);
}

#[tokio::test]
async fn an_update_whose_record_changed_while_it_was_written_is_told_again() {
    let server = Server::start(|asked, before| match asked {
        asked if is(asked, SCHEMA) => classes(),
        asked if is(asked, ASK) && before == 1 => nodes(&[record("a", "Ann")]),
        asked if is(asked, ASK) => nodes(&[given_away()]),
        // The transaction was repeated after another's, and what it rests on was so no more.
        _ if before == 2 => Answer::Whole(200, "branch:v2", json!({"bindings": []}).to_string()),
        _ => changed("branch:v3"),
    })
    .await;
    let updated = update(&backend(&server), &json!({"name": "Bob"})).await.unwrap();
    assert_eq!((updated.version(), updated.value("owned_by").cloned()), (3, Some("zoe".into())));
    let sent = server.asked(CHANGE.0, CHANGE.1);
    let rests_on = |at: usize, version: &str| sent[at].body.contains(&format!("\"@value\":\"{version}\""));
    assert!(sent.len() == 2 && rests_on(0, "1") && rests_on(1, "2"), "{sent:?}");
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_and_whose_id_is_taken_by_itself_is_stored_once() {
    // The first one was still under way when the second came.
    let server = server_that_stores_unheard("api:DocumentIdAlreadyExists", "taken").await;
    assert!(!create(&backend(&server), "a", "Ann").await.unwrap().replayed);
    assert_eq!(count_of(&server, INSERT), 2);
}
