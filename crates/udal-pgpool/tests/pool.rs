//! One budget of connections for every tenant.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::time::Duration;

use support::Fixture;
use tokio::task::JoinSet;
use udal_core::{Error, ErrorKind, TenantSlug};
use udal_pgpool::{Database, Failure, Place, Placement, Statements, TenantDatabases};
use udal_sql::{Param, Statement};

fn tenant(number: usize) -> TenantSlug {
    TenantSlug::new(&format!("t{number}")).unwrap()
}

fn ask(number: i64) -> Statement {
    Statement {
        text: "SELECT $1::bigint + 0 * length(pg_sleep(0.002)::text)".to_owned(),
        params: vec![Param::int(number)],
    }
}

async fn tenants(databases: &TenantDatabases, count: usize) -> Vec<Place> {
    let mut places = Vec::new();
    for number in 0..count {
        assert!(databases.create_tenant(&tenant(number), &Placement::Anywhere).await.unwrap());
        places.push(databases.place_of(&tenant(number)).await.unwrap().unwrap());
    }
    places
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tenants_share_few_connections() {
    let fixture = Fixture::start().await;
    let databases = fixture.databases_with(|settings| settings.limits.max_connections = 4);
    let places = tenants(&databases, 12).await;
    let mut tasks = JoinSet::new();
    for turn in 0..240 {
        let (databases, place) = (databases.clone(), places.get(turn * 7 % 12).unwrap().clone());
        tasks.spawn(async move {
            let connection = databases.connect(&place).await.unwrap();
            let number = i64::try_from(turn).unwrap();
            connection.query(&ask(number)).await.unwrap().first().unwrap().get::<_, i64>(0) == number
        });
    }
    let mut most = 0;
    while let Some(right) = tasks.join_next().await {
        assert!(right.unwrap());
        most = most.max(databases.open_connections());
    }
    assert!((1..=4).contains(&most), "{most} connections at once");
    assert!(fixture.connections().await <= 4);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_too_long_is_told_so() {
    let fixture = Fixture::start().await;
    let databases = fixture.databases_with(|settings| {
        settings.limits.max_connections = 1;
        settings.limits.wait_timeout = Duration::from_millis(50);
    });
    let places = tenants(&databases, 2).await;
    let held = databases.connect(places.first().unwrap()).await.unwrap();
    for place in &places {
        let error = Error::from(databases.connect(place).await.unwrap_err());
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(error.message(), "every connection to the database is in use");
    }
    drop(held);
    assert!(databases.connect(places.last().unwrap()).await.is_ok());
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_are_closed() {
    let fixture = Fixture::start().await;
    let databases = fixture.databases_with(|settings| settings.limits.idle_timeout = Duration::from_millis(40));
    for place in tenants(&databases, 3).await {
        let connection = databases.connect(&place).await.unwrap();
        connection.query(&ask(1)).await.unwrap();
        assert!(databases.open_connections() > 0);
    }
    for _ in 0..500 {
        if databases.open_connections() == 0 {
            return fixture.stop().await;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    unreachable!("{} connections stay open", databases.open_connections());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_many_ask_for_is_made_once() {
    let fixture = Fixture::start().await;
    let shared = fixture.databases();
    let mut tasks = JoinSet::new();
    for number in 0..50 {
        // Some know nothing of the others, as another process would.
        let databases = if number % 5 == 0 { fixture.databases() } else { shared.clone() };
        tasks.spawn(async move {
            let texts = ["CREATE TABLE IF NOT EXISTS a (x int)", "CREATE INDEX IF NOT EXISTS i ON a (x)"];
            let work = Statements(texts.map(str::to_owned).to_vec());
            databases.ensure(&Database::Tenant(tenant(0)), "a", &work).await
        });
    }
    while let Some(made) = tasks.join_next().await {
        made.unwrap().unwrap();
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_tenant_is_gone_also_while_in_use() {
    let fixture = Fixture::start().await;
    let databases = fixture.databases();
    let places = tenants(&databases, 2).await;
    let used = databases.connect(places.first().unwrap()).await.unwrap();
    assert!(databases.drop_tenant(&tenant(0)).await.unwrap().is_some());
    assert!(databases.drop_tenant(&tenant(0)).await.unwrap().is_none());
    assert!(used.query(&ask(1)).await.is_err());
    assert!(matches!(databases.connect(places.first().unwrap()).await, Err(Failure::Missing(_))));
    assert_eq!(databases.list_tenants().await.unwrap(), [tenant(1)]);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn maintenance_never_waits_for_pooled_connections() {
    let fixture = Fixture::start().await;
    let databases = fixture.databases_with(|settings| {
        settings.limits.max_connections = 4;
        settings.limits.wait_timeout = Duration::from_millis(200);
    });
    let places = tenants(&databases, 3).await;
    let mut held = Vec::new();
    // Every pooled connection is held by someone who asks for one for maintenance.
    for place in places.iter().take(2) {
        held.push(databases.connect(place).await.unwrap());
    }
    let mut reserve = Vec::new();
    for place in places.iter().take(2) {
        reserve.push(databases.maintain(place).await.unwrap());
    }
    assert_eq!(databases.open_connections(), 4);
    // The reserve is part of the budget: there is no third.
    assert!(matches!(databases.maintain(places.last().unwrap()).await, Err(Failure::Error(error)) if is_busy(&error)));
    reserve.clear();
    let work = Statements(vec!["CREATE TABLE IF NOT EXISTS a (x int)".to_owned()]);
    databases.ensure(&Database::Tenant(tenant(2)), "a", &work).await.unwrap();
    drop(held);
    fixture.stop().await;
}

fn is_busy(error: &Error) -> bool {
    error.kind() == ErrorKind::Unavailable && error.message() == "every connection to the database is in use"
}
