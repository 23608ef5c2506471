//! Which idempotency keys are forgotten: those whose answers are as they were long ago.

use serde_json::{Value as Json, json};
use udal_core::TenantSlug;
use udal_core::value::Timestamp;

use super::server::{Answer, Asked, Server};
use super::{backend, classes, commits, is, refused};

const THEN: (&str, &str) = ("POST", "/api/graphql/admin/sqh_tenant_acme/local/commit/c7");
const NOW: (&str, &str) = ("POST", "/api/graphql/admin/sqh_tenant_acme ");
const DELETE: (&str, &str) = ("DELETE", "/api/document/admin/sqh_tenant_acme?");

fn answer(key: &str, text: &str) -> Json {
    json!({"_id": format!("terminusdb:///data/Udal_Answer/Account%2F{key}"), "_json": text})
}

fn listed(answers: &[Json]) -> Answer {
    Answer::Whole(200, "", json!({"data": {"Udal_Answer": answers}}).to_string())
}

/// Two keys were known then; one is there as it was, one was taken again.
fn answered(asked: &Asked) -> Answer {
    match asked {
        asked if asked.line.contains("_commits") => {
            commits(json!([{"identifier": "c7", "timestamp": 5.5, "author": "udal", "message": "m"}]))
        }
        asked if is(asked, THEN) && asked.body.contains("offset: 0") => {
            listed(&[answer("kept", "first"), answer("again", "first")])
        }
        asked if is(asked, THEN) => listed(&[]),
        asked if is(asked, NOW) => listed(&[answer("kept", "first"), answer("again", "second")]),
        asked if is(asked, DELETE) => Answer::Whole(200, "branch:v2", String::new()),
        _ => classes(),
    }
}

async fn forget(server: &Server) -> udal_core::Result<u64> {
    let until = Timestamp::from_micros(6_000_000).unwrap();
    backend(server).forget_answers(&TenantSlug::new("acme").unwrap(), until).await
}

#[tokio::test]
async fn a_key_that_was_taken_again_is_not_forgotten() {
    let server = Server::start(|asked, _| answered(asked)).await;
    assert_eq!(forget(&server).await.unwrap(), 1);
    let sent = server.asked(DELETE.0, DELETE.1);
    assert_eq!(sent.iter().map(|asked| asked.body.as_str()).collect::<Vec<_>>(), [r#"["Udal_Answer/Account%2Fkept"]"#]);
    // What was read is what the delete is for.
    assert!(sent.iter().all(|asked| asked.headers.contains("terminusdb-data-version: branch:v1")), "{sent:?}");
}

#[tokio::test]
async fn keys_are_looked_at_again_where_another_process_wrote_meanwhile() {
    let first = std::sync::atomic::AtomicBool::new(true);
    let server = Server::start(move |asked, _| match asked {
        asked if is(asked, DELETE) && first.swap(false, std::sync::atomic::Ordering::SeqCst) => {
            refused(400, "api:DataVersionMismatch", "stale")
        }
        asked => answered(asked),
    })
    .await;
    assert_eq!(forget(&server).await.unwrap(), 1);
    assert_eq!((server.asked(NOW.0, NOW.1).len(), server.asked(DELETE.0, DELETE.1).len()), (2, 2));
}

#[tokio::test]
async fn there_is_nothing_to_forget_before_the_first_commit_and_where_there_is_no_database() {
    let server = Server::start(|_, _| commits(json!([]))).await;
    assert_eq!(forget(&server).await.unwrap(), 0);
    let server = Server::start(|_, _| refused(404, "api:UnknownDatabase", "no such database")).await;
    assert_eq!(forget(&server).await.unwrap(), 0);
}
