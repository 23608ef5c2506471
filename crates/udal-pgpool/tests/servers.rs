//! Three servers, and one that is down.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use support::Fixture;
use tokio::task::JoinSet;
use udal_core::{Error, ErrorKind, Result, TenantSlug};
use udal_pgpool::{Database, Extension, Failure, Placement, ServerName, Settings, Statements, TenantDatabases};
use udal_sql::Statement;

fn slug(name: &str) -> TenantSlug {
    TenantSlug::new(name).unwrap()
}

fn of(name: &str) -> Database {
    Database::Tenant(slug(name))
}

fn server(name: &str) -> ServerName {
    ServerName::new(name).unwrap()
}

async fn write(databases: &TenantDatabases, name: &str) -> Result<()> {
    let texts = ["CREATE TABLE IF NOT EXISTS mine (name text)", "DELETE FROM mine"].map(str::to_owned);
    let insert = format!("INSERT INTO mine VALUES ('{name}')");
    let work = Statements(texts.into_iter().chain([insert]).collect());
    databases.ensure(&of(name), "mine", &work).await
}

async fn read(databases: &TenantDatabases, name: &str) -> std::result::Result<String, Failure> {
    let statement = Statement { text: "SELECT name FROM mine".to_owned(), params: Vec::new() };
    let connection = databases.connect_to(&of(name)).await?;
    Ok(connection.query(&statement).await?.first().unwrap().get(0))
}

/// How many tenants each server has by the registry.
async fn spread(databases: &TenantDatabases) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for tenant in databases.tenants().await.unwrap() {
        *counts.entry(tenant.place.server().to_string()).or_default() += 1;
    }
    counts
}

/// Looks again and again until it is as it should be; what never comes ends the test.
async fn until<F: Future<Output = bool>>(is_so: impl Fn() -> F) {
    for _ in 0..1_500 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    unreachable!("it never came to be");
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_spread_and_a_server_that_is_down_is_felt_by_its_own() {
    let (platform, east, west) = tokio::join!(Fixture::start(), Fixture::start(), Fixture::start());
    let [first, second, third] = [&platform, &east, &west].map(|fixture| fixture.server.config());
    let process = move || {
        let mut settings = Settings::new(first.clone());
        settings.servers.insert(server("east"), second.clone());
        settings.servers.insert(server("west"), third.clone());
        TenantDatabases::new(settings)
    };
    // Two processes make tenants at the same time.
    let (ours, theirs) = (process(), process());
    let mut tasks = JoinSet::new();
    for number in 0..12 {
        let databases = if number % 2 == 0 { ours.clone() } else { theirs.clone() };
        tasks.spawn(async move { write(&databases, &format!("t{number}")).await });
    }
    while let Some(written) = tasks.join_next().await {
        written.unwrap().unwrap();
    }
    let even = ["default", "east", "west"].map(|name| (name.to_owned(), 4));
    assert_eq!(spread(&ours).await, BTreeMap::from(even));

    // Each is where the registry says, and there only.
    let tenants = ours.tenants().await.unwrap();
    for tenant in &tenants {
        let fixture = match tenant.place.server().as_str() {
            "east" => &east,
            "west" => &west,
            _ => &platform,
        };
        let client = fixture.client(tenant.place.database()).await;
        let name: String = client.query_one("SELECT name FROM mine", &[]).await.unwrap().get(0);
        assert_eq!(name, tenant.slug.as_str());
        assert_eq!(read(&theirs, &name).await.unwrap(), name);
    }
    let all = "SELECT count(*) FROM pg_database WHERE datname ^@ 'sqh_tenant_'";
    let counts = [platform.count(all).await, east.count(all).await, west.count(all).await];
    assert_eq!(counts, [4, 4, 4]);
    extensions(&ours, tenants.first().unwrap().slug.as_str()).await;

    let names_on = |wanted: &str| {
        let on = tenants.iter().filter(|tenant| tenant.place.server().as_str() == wanted);
        on.map(|tenant| tenant.slug.to_string()).collect::<Vec<_>>()
    };
    // East goes down: its tenants fail, the others go on, new ones avoid it.
    let down = async {
        let fresh = process();
        for name in names_on("east") {
            for databases in [&ours, &fresh] {
                assert_eq!(Error::from(read(databases, &name).await.unwrap_err()).kind(), ErrorKind::Unavailable);
            }
            assert_eq!(ours.drop_tenant(&slug(&name)).await.unwrap_err().kind(), ErrorKind::Unavailable);
        }
        for name in names_on("default").iter().chain(&names_on("west")) {
            assert_eq!(read(&fresh, name).await.unwrap(), *name);
        }
        for number in 0..4 {
            write(&ours, &format!("new{number}")).await.unwrap();
        }
        let named = ours.create_tenant(&slug("named"), &Placement::On(server("east"))).await.unwrap_err();
        assert_eq!(named.kind(), ErrorKind::Unavailable);
        let counts = [("default", 6), ("east", 4), ("west", 6)];
        assert_eq!(spread(&fresh).await, counts.map(|(name, count)| (name.to_owned(), count)).into());
    };
    let east = east.restart(down).await;
    // It comes back: nothing was lost, and it is the one with most room.
    for name in names_on("east") {
        until(|| async { read(&ours, &name).await.is_ok() }).await;
        assert_eq!(read(&ours, &name).await.unwrap(), name);
    }
    write(&ours, "next").await.unwrap();
    assert_eq!(ours.tenant(&slug("next")).await.unwrap().unwrap().place.server(), &server("east"));
    let platform = while_the_platform_is_down(platform, &ours, &names_on("west")).await;
    tokio::join!(platform.stop(), east.stop(), west.stop());
}

/// Tenants in use go on while the platform's server is down; the others are told, and it heals.
async fn while_the_platform_is_down(platform: Fixture, ours: &TenantDatabases, on_west: &[String]) -> Fixture {
    for name in on_west {
        assert_eq!(read(ours, name).await.unwrap(), *name);
    }
    let platform = platform
        .restart(async {
            for name in on_west {
                assert_eq!(read(ours, name).await.unwrap(), *name);
            }
            let refused = Error::from(read(ours, "nobody").await.unwrap_err());
            assert_eq!(refused.kind(), ErrorKind::Unavailable);
            assert_eq!(write(ours, "nobody").await.unwrap_err().kind(), ErrorKind::Unavailable);
        })
        .await;
    until(|| async { matches!(read(ours, "nobody").await, Err(Failure::Missing(_))) }).await;
    platform
}

/// What a server can do is switched on in one tenant's database; what it cannot is named.
async fn extensions(databases: &TenantDatabases, name: &str) {
    let database = of(name);
    let refused = databases.ensure_extension(&database, &Extension::new("no_such_thing").unwrap()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
    assert!(refused.message().starts_with("the extension `no_such_thing` is not available"), "{refused}");
    assert_eq!(Extension::new("a\"; DROP TABLE x").unwrap_err().kind(), ErrorKind::InvalidInput);
    let available = databases.connect_to(&database).await.unwrap();
    // Every server has the language; whether it has contributed modules depends on its packages.
    let language = Extension::new("plpgsql").unwrap();
    databases.ensure_extension(&database, &language).await.unwrap();
    databases.ensure_extension(&database, &language).await.unwrap();
    let statement = Statement { text: "SELECT extname::text FROM pg_extension".to_owned(), params: Vec::new() };
    assert_eq!(available.query(&statement).await.unwrap().len(), 1);
}

/// More servers than connections for maintenance: each can be asked whether it is there.
#[tokio::test(flavor = "multi_thread")]
async fn more_servers_than_connections_for_maintenance() {
    let fixture = Fixture::start().await;
    let names = ["default", "a", "b", "c", "d", "e"];
    let databases = fixture.databases_with(|settings| {
        settings.limits.wait_timeout = Duration::from_secs(10);
        settings.servers = names.iter().map(|name| (server(name), fixture.server.config())).collect();
    });
    for number in 0..names.len() {
        databases.create_tenant(&slug(&format!("t{number}")), &Placement::Anywhere).await.unwrap();
    }
    assert_eq!(spread(&databases).await, names.map(|name| (name.to_owned(), 1)).into());
    fixture.stop().await;
}
