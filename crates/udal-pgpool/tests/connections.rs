//! Turns between tenants, callers that go away, servers that do.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

#[path = "support/proxy.rs"]
mod proxy;
mod support;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use proxy::Proxy;
use support::Fixture;
use tokio::task::JoinSet;
use udal_core::{Error, ErrorKind, TenantSlug};
use udal_pgpool::{BreakerState, CopyWriter, Failure, Place, Placement, ServerName, TenantDatabases};
use udal_sql::Statement;

fn tenant(name: &str) -> TenantSlug {
    TenantSlug::new(name).unwrap()
}

fn statement(text: &str) -> Statement {
    Statement { text: text.to_owned(), params: Vec::new() }
}

async fn home(databases: &TenantDatabases, name: &str) -> Place {
    databases.create_tenant(&tenant(name), &Placement::Anywhere).await.unwrap();
    databases.place_of(&tenant(name)).await.unwrap().unwrap()
}

/// Looks again and again until it is as it should be; what never comes ends the test.
async fn until<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F) {
    for _ in 0..1_500 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    unreachable!("it never came to be: {what}");
}

#[tokio::test]
async fn a_noisy_tenant_does_not_starve_others() {
    let fixture = Fixture::start().await;
    let databases = fixture.databases_with(|settings| {
        settings.limits.max_connections = 6;
        settings.limits.wait_timeout = Duration::from_secs(120);
    });
    let noisy = home(&databases, "noisy").await;
    let mut quiet = Vec::new();
    for number in 0..20 {
        quiet.push(home(&databases, &format!("quiet{number}")).await);
    }
    let done = Arc::new(AtomicUsize::new(0));
    let mut calls = JoinSet::new();
    for _ in 0..1_000 {
        let (databases, noisy, done) = (databases.clone(), noisy.clone(), Arc::clone(&done));
        calls.spawn(async move {
            let connection = databases.connect(&noisy).await.unwrap();
            connection.query(&statement("SELECT pg_sleep(0.001)")).await.unwrap();
            done.fetch_add(1, Ordering::Relaxed);
        });
    }
    until("the noisy one waits", || async { databases.status().waiting > 900 }).await;
    let before = done.load(Ordering::Relaxed);
    let mut others = JoinSet::new();
    for place in quiet {
        let databases = databases.clone();
        others.spawn(
            async move { databases.connect(&place).await.unwrap().query(&statement("SELECT 1")).await.unwrap() },
        );
    }
    while let Some(served) = others.join_next().await {
        served.unwrap();
    }
    let meanwhile = done.load(Ordering::Relaxed) - before;
    assert!(meanwhile < 300, "while twenty calls of others were served, the noisy one had {meanwhile}");
    while let Some(served) = calls.join_next().await {
        served.unwrap();
    }
    let status = databases.status();
    assert_eq!((status.waiting, status.timed_out, status.turned_away), (0, 0, 0));
    fixture.stop().await;
}

#[tokio::test]
async fn a_bounded_number_waits_and_who_goes_away_leaves_nothing() {
    let fixture = Fixture::start().await;
    let databases = fixture.databases_with(|settings| {
        settings.limits.max_connections = 4;
        settings.limits.max_waiting_per_tenant = 5;
    });
    let place = home(&databases, "a").await;
    let held = [databases.connect(&place).await.unwrap(), databases.connect(&place).await.unwrap()];
    let mut waiting = JoinSet::new();
    for _ in 0..5 {
        let (databases, place) = (databases.clone(), place.clone());
        waiting.spawn(async move { databases.connect(&place).await.map(|_| ()) });
    }
    until("five wait", || async { databases.status().waiting == 5 }).await;
    let error = Error::from(databases.connect(&place).await.unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.message(), "too many calls wait for a connection to the database");
    waiting.shutdown().await;
    assert_eq!(databases.status().waiting, 0);
    drop(held);
    // Nothing of the budget went with those who left.
    let _both = [databases.connect(&place).await.unwrap(), databases.connect(&place).await.unwrap()];
    assert_eq!(databases.status().turned_away, 1);
    fixture.stop().await;
}

/// How many sessions of the tenant's database run something or are within a transaction.
async fn at_work(fixture: &Fixture) -> i64 {
    let text = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'sqh_tenant_a' AND state <> 'idle'";
    fixture.count(text).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_caller_has_left_is_cancelled() {
    let fixture = Fixture::start().await;
    let databases = fixture.databases_with(|settings| settings.limits.max_connections = 3);
    let place = home(&databases, "a").await;
    databases.connect(&place).await.unwrap().batch("CREATE TABLE t (x bigint)").await.unwrap();
    let sleep = statement("SELECT pg_sleep(600)");
    for kind in ["query", "rows", "transaction", "copy"] {
        let (databases_, place_, sleep) = (databases.clone(), place.clone(), sleep.clone());
        let call = tokio::spawn(async move {
            let mut connection = databases_.connect(&place_).await.unwrap();
            match kind {
                "query" => drop(connection.query(&sleep).await),
                "rows" => drop(connection.rows(&statement("SELECT generate_series(1, 2000000000)")).await.unwrap()),
                "transaction" => drop(connection.transaction().await.unwrap().execute(&sleep).await),
                _ => {
                    let transaction = connection.transaction().await.unwrap();
                    let writer = CopyWriter::start(&transaction, "COPY t FROM STDIN (FORMAT binary)").await.unwrap();
                    std::future::pending::<()>().await;
                    drop(writer);
                }
            }
            std::future::pending::<()>().await;
        });
        if kind != "rows" {
            until("it runs", || async { at_work(&fixture).await == 1 }).await;
        }
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        // The one connection that there may be is to be had again, and does not wait for what was left.
        let connection = databases.connect(&place).await.unwrap();
        assert_eq!(connection.query(&statement("SELECT 1")).await.unwrap().len(), 1, "{kind}");
        until("it is cancelled", || async { at_work(&fixture).await == 0 }).await;
    }
    assert!(databases.status().cancelled >= 3, "{:?}", databases.status());
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_takes_too_long_is_cancelled() {
    let fixture = Fixture::start().await;
    let databases = fixture.databases_with(|settings| settings.limits.statement_timeout = Duration::from_millis(200));
    let place = home(&databases, "a").await;
    let mut connection = databases.connect(&place).await.unwrap();
    let sleep = statement("SELECT pg_sleep(600)");
    let error = Error::from(Failure::from(connection.query(&sleep).await.unwrap_err()));
    assert_eq!((error.kind(), error.message()), (ErrorKind::TimedOut, "the database took too long"));
    let transaction = connection.transaction().await.unwrap();
    let error = Error::from(Failure::from(transaction.execute(&sleep).await.unwrap_err()));
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    drop(transaction);
    drop(connection);
    until("both are cancelled", || async { at_work(&fixture).await == 0 }).await;
    until("it is closed", || async { databases.status().idle == 0 }).await;
    assert_eq!(databases.status().overdue, 2);
    // Maintenance takes as long as it takes.
    let maintenance = databases.maintain(&place).await.unwrap();
    maintenance.query(&statement("SELECT pg_sleep(0.5)")).await.unwrap();
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_answers_is_felt_by_its_own_tenants_only() {
    let fixture = Fixture::start().await;
    let proxy = Proxy::start(&fixture.server).await;
    let east = ServerName::new("east").unwrap();
    let databases = fixture.databases_with(|settings| {
        settings.servers.insert(east.clone(), proxy.config(&fixture.server));
        settings.limits.connect_timeout = Duration::from_millis(400);
        settings.limits.statement_timeout = Duration::from_millis(200);
        settings.breaker.failures = 2;
        settings.breaker.backoff = Duration::from_secs(2);
        settings.breaker.longest_backoff = Duration::from_secs(2);
    });
    let here = home(&databases, "a").await;
    let there = Place::new(east.clone(), here.database());
    let connection = databases.connect(&there).await.unwrap();
    assert_eq!(connection.query(&statement("SELECT 1")).await.unwrap().len(), 1);
    proxy.mute(true);
    // Neither the statement nor the request to cancel it is answered: the first failure.
    let error = Error::from(Failure::from(connection.query(&statement("SELECT 2")).await.unwrap_err()));
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    drop(connection);
    let error = Error::from(databases.connect(&there).await.unwrap_err());
    assert_eq!(error.message(), "the server `east` cannot be reached, or takes no requests now");
    let tried = proxy.accepted();
    // It is left alone: whoever asks is told at once, and the other server feels nothing.
    for _ in 0..20 {
        let error = Error::from(databases.connect(&there).await.unwrap_err());
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.message().starts_with("the server `east` cannot be reached; it is tried again in "), "{error}");
        databases.connect(&here).await.unwrap().query(&statement("SELECT 1")).await.unwrap();
    }
    assert_eq!(proxy.accepted(), tried);
    let breaker = |name: &ServerName| databases.status().servers.get(name).unwrap().breaker;
    assert!(matches!(breaker(&east), BreakerState::Open { .. }));
    assert_eq!(breaker(here.server()), BreakerState::Closed);
    // After the pause one of many tries.
    until("the pause is over", || async { breaker(&east) == BreakerState::Open { retry_in: Duration::ZERO } }).await;
    let many = (0..10).map(|_| databases.connect(&there));
    let answers = futures_util::future::join_all(many).await;
    assert!(answers.iter().all(Result::is_err));
    assert_eq!(proxy.accepted(), tried + 1);
    proxy.mute(false);
    until("it answers again", || async { databases.connect(&there).await.is_ok() }).await;
    assert_eq!(breaker(&east), BreakerState::Closed);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_back_is_found_again() {
    let fixture = Fixture::start().await;
    let databases = fixture.databases();
    let place = home(&databases, "a").await;
    let idle = databases.connect(&place).await.unwrap();
    idle.query(&statement("SELECT 1")).await.unwrap();
    drop(idle);
    let down = async {
        until("the idle connection is forgotten", || async { databases.status().open == 0 }).await;
        for _ in 0..3 {
            let error = Error::from(databases.connect(&place).await.unwrap_err());
            assert_eq!(error.kind(), ErrorKind::Unavailable);
        }
        let error = Error::from(databases.connect(&place).await.unwrap_err());
        assert!(error.message().contains("`default` cannot be reached; it is "), "{error}");
        // Also for maintenance.
        assert!(databases.maintain(&place).await.is_err());
    };
    let fixture = fixture.restart(down).await;
    until("it is found again", || async { databases.connect(&place).await.is_ok() }).await;
    // What it answers, be it a refusal, shows that it is there.
    for _ in 0..5 {
        let nowhere = Place::new(ServerName::default(), "sqh_tenant_nowhere");
        assert!(matches!(databases.connect(&nowhere).await, Err(Failure::Missing(_))));
    }
    assert!(databases.connect(&place).await.is_ok());
    fixture.stop().await;
}

#[tokio::test]
async fn a_database_that_takes_no_more_connections_is_felt_by_its_own_tenant_only() {
    let fixture = Fixture::start().await;
    let client = fixture.client("postgres").await;
    // No limit holds for a superuser.
    client.batch_execute("CREATE ROLE plain LOGIN CREATEDB").await.unwrap();
    let installation = |backoff| {
        fixture.databases_with(|settings| {
            for config in settings.servers.values_mut() {
                config.user("plain");
            }
            settings.breaker.backoff = backoff;
            settings.breaker.longest_backoff = Duration::from_secs(600);
        })
    };
    let patient = installation(Duration::from_secs(600));
    let (full, other) = (home(&patient, "full").await, home(&patient, "other").await);
    client.batch_execute("ALTER DATABASE sqh_tenant_full CONNECTION LIMIT 0").await.unwrap();
    let (mut refusals, before) = (Vec::new(), patient.status().not_opened);
    for _ in 0..6 {
        let error = Error::from(patient.connect(&full).await.unwrap_err());
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        refusals.push(error.message().to_owned());
        drop(patient.connect(&other).await.unwrap());
        assert_eq!(patient.status().servers[full.server()].breaker, BreakerState::Closed);
    }
    let (asked, spared) = refusals.split_at(3);
    assert!(asked.iter().all(|message| message == "the database takes no more connections now"), "{asked:?}");
    assert!(spared.iter().all(|message| message.contains("it is tried again in")), "{spared:?}");
    assert_eq!(patient.status().not_opened - before, 3, "the server is not asked again and again");

    // Once there is room it is served again.
    let quick = installation(Duration::from_millis(20));
    for _ in 0..4 {
        drop(quick.connect(&full).await.unwrap_err());
    }
    client.batch_execute("ALTER DATABASE sqh_tenant_full CONNECTION LIMIT -1").await.unwrap();
    until("the tenant is served again", || async { quick.connect(&full).await.is_ok() }).await;
    fixture.stop().await;
}
