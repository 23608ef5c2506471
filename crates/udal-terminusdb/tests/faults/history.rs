//! What a record was, over a scripted list of commits: which versions are found, who may see them, and how often it is asked.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use udal_core::contract::{Backend, GetAt, History, Moment, Versions};
use udal_core::record::Record;
use udal_core::value::Timestamp;
use udal_core::{AccessContext, Context, ErrorKind, Ownership, TenantSlug};
use udal_graph::document;

use super::server::{Answer, Asked, Server};
use super::{backend, model, operator};

/// Seconds of the first commit.
const EPOCH: i64 = 1_700_000_000;

/// A record's document as it is after a commit; none where it is not there.
type State = Option<Json>;

fn at(seconds: f64) -> Timestamp {
    Timestamp::from_micros(EPOCH * 1_000_000 + (seconds * 1e6) as i64).unwrap()
}

/// The record as of a version, changed at that many seconds, owned by that user.
fn state(version: i64, seconds: f64, owner: &str) -> State {
    let members = json!({
        "id": "Account/a", "version": version, "created_at": at(0.0).to_string(), "updated_at": at(seconds).to_string(),
        "owned_by": owner, "name": format!("name {version}"),
    });
    Some(document(&Record::from_members(&model(), members.as_object().unwrap()).unwrap()))
}

/// A server with a commit every ten seconds, the oldest first: what the record is after it, and what it says.
async fn server(commits: Vec<(State, &'static str)>) -> Server {
    let commits = Arc::new(commits);
    Server::start(move |asked: &Asked, _| {
        let body: Json = serde_json::from_str(asked.body.trim()).unwrap();
        let (text, value) = (body["query"].as_str().unwrap(), body["variables"]["v0"].as_str().unwrap_or_default());
        let data = if asked.line.contains("/local/_commits") {
            json!({ "Commit": listed(&commits, text, value) })
        } else {
            let name = asked.line.split("/local/commit/c").nth(1).and_then(|rest| rest.split(' ').next());
            let number = name.map_or(commits.len() - 1, |number| number.parse::<usize>().unwrap());
            let node = commits[number].0.as_ref().map(|document| json!({"_json": document.to_string()}));
            json!({ "Account": node.into_iter().collect::<Vec<_>>() })
        };
        Answer::Whole(200, "", json!({ "data": data }).to_string())
    })
    .await
}

fn listed(commits: &[(State, &str)], text: &str, value: &str) -> Vec<Json> {
    let seconds = |number: usize| (EPOCH + 10 * number as i64) as f64;
    let is_asked = |number: usize, message: &str| {
        let limit = || value.parse::<f64>().unwrap();
        match () {
            () if text.contains("{le:") => seconds(number) <= limit(),
            () if text.contains("{lt:") => seconds(number) < limit(),
            () if text.contains("identifier: {eq:") => value == format!("c{number}"),
            () if text.contains("regex") => value.split('|').any(|part| message.contains(&part.replace('\\', ""))),
            () => true,
        }
    };
    let limit: usize = text.split("limit: ").nth(1).unwrap().split(')').next().unwrap().parse().unwrap();
    let found = commits.iter().enumerate().rev().filter(|(number, (_, message))| is_asked(*number, message));
    let node = |(number, (_, message)): (usize, &(State, &str))| {
        let seconds = format!("{}.00000000000000000001", EPOCH + 10 * number as i64);
        let timestamp: serde_json::Number = seconds.parse().unwrap();
        json!({"identifier": format!("c{number}"), "timestamp": timestamp, "author": "ann", "message": message})
    };
    found.take(limit).map(node).collect()
}

async fn history(server: &Server, ctx: &Context, limit: usize) -> Versions {
    let op = History { model: model(), id: "Account/a".to_owned(), limit };
    backend(server).history(ctx, op).await.unwrap()
}

/// Commit and version of each.
fn told(versions: &Versions) -> Vec<(&str, Option<i64>)> {
    let told = versions.versions.iter().map(|one| (one.commit.as_str(), one.record.as_ref().map(Record::version)));
    told.collect()
}

fn user(name: &str) -> Context {
    let access = AccessContext::user(name, None).unwrap().permit_all(model().subject(), &Ownership::OwnerOnly);
    Context::new(TenantSlug::new("acme").unwrap(), access.build())
}

/// Twenty commits of others, the record in between: made at 3, changed at 7 and 8 and 15.
fn busy(skew: f64) -> Vec<(State, &'static str)> {
    (0..20)
        .map(|number| {
            let (version, changed) = match number {
                0..3 => return (None, "others [x]"),
                3..7 => (1, 3.0),
                7 => (2, 7.0),
                8..15 => (3, 8.0),
                _ => (4, 15.0),
            };
            (state(version, changed * 10.0 - 0.5 + skew, "ann"), "update Account/a [x]")
        })
        .collect()
}

#[tokio::test]
async fn versions_are_found_where_they_begin_with_few_questions() {
    let server = server(busy(0.0)).await;
    let found = history(&server, &operator(), 20).await;
    assert_eq!(told(&found), [("c15", Some(4)), ("c8", Some(3)), ("c7", Some(2)), ("c3", Some(1))]);
    assert!(found.is_complete);
    assert_eq!(found.versions[0].message, "update Account/a");
    assert_eq!(found.versions[3].at, at(30.0));
    // For each version a page of commits and one or two looks; not one look at every commit.
    let asked = server.asked("", "").len();
    assert!(asked <= 2 + 4 * 3, "{asked}");
    let some = history(&server, &operator(), 2).await;
    assert_eq!((told(&some), some.is_complete), (vec![("c15", Some(4)), ("c8", Some(3))], false));
}

#[tokio::test]
async fn clocks_that_differ_cost_questions_and_no_version() {
    for skew in [-45.0, 45.0, 3_600.0, -3_600.0] {
        let server = server(busy(skew)).await;
        let found = history(&server, &operator(), 20).await;
        assert_eq!(told(&found), [("c15", Some(4)), ("c8", Some(3)), ("c7", Some(2)), ("c3", Some(1))], "{skew}");
    }
}

#[tokio::test]
async fn a_record_that_was_deleted_is_found_by_what_its_delete_says() {
    let mut commits = busy(0.0);
    commits.push((None, "delete Account/a [x]"));
    commits.extend((0..30).map(|_| (None, "others [x]")));
    let server = server(commits).await;
    let found = history(&server, &user("ann"), 2).await;
    assert_eq!(told(&found), [("c20", None), ("c15", Some(4)), ("c8", Some(3))]);
    assert_eq!(history(&server, &user("bob"), 9).await.versions, []);
}

#[tokio::test]
async fn who_may_not_see_a_version_does_not() {
    let mut commits = vec![(state(1, -0.5, "bob"), "create"), (state(2, 9.5, "ann"), "update")];
    let mixed = server(commits.clone()).await;
    assert_eq!(told(&history(&mixed, &user("ann"), 9).await), [("c1", Some(2))]);
    // Who may not see the record now sees nothing of its past either.
    assert_eq!(told(&history(&mixed, &user("bob"), 9).await), []);
    let get = |at: Moment| GetAt { model: model(), id: "Account/a".to_owned(), at };
    let first = || get(Moment::Commit("c0".to_owned()));
    assert!(backend(&mixed).get_at(&operator(), first()).await.unwrap().is_some());
    assert_eq!(backend(&mixed).get_at(&user("bob"), first()).await.unwrap(), None);
    // It is the server that is asked for what is in reach.
    let _ = backend(&mixed).get_at(&user("ann"), first()).await.unwrap();
    let asked = mixed.asked("POST", "/api/graphql/admin/sqh_tenant_acme/local/commit/c0");
    assert!(asked.last().unwrap().body.contains("owned_by"), "{asked:?}");

    commits.push((None, "delete Account/a [x]"));
    let gone = server(commits).await;
    assert!(backend(&gone).get_at(&operator(), first()).await.unwrap().is_some());
}

#[tokio::test]
async fn moments() {
    let server = server(busy(0.0)).await;
    let get = async |at: Moment| {
        let op = GetAt { model: model(), id: "Account/a".to_owned(), at };
        backend(&server).get_at(&operator(), op).await.map(|record| record.map(|record| record.version()))
    };
    assert_eq!(get(Moment::Time(at(75.0))).await.unwrap(), Some(2));
    assert_eq!(get(Moment::Time(at(80.0))).await.unwrap(), Some(3));
    assert_eq!(get(Moment::Time(at(-5.0))).await.unwrap(), None);
    assert_eq!(get(Moment::Time(at(5.0))).await.unwrap(), None);
    assert_eq!(get(Moment::Commit("c3".to_owned())).await.unwrap(), Some(1));
    // A name is never part of a path before it is known to be a commit's.
    let error = get(Moment::Commit("../c3".to_owned())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().contains("`../c3`"), "{error}");
    assert_eq!(server.asked("POST", "/api/graphql/admin/sqh_tenant_acme/local/commit/..").len(), 0);
}
