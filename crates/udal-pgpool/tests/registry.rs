//! The registry of tenants: what is looked up, what is healed, what is taken over.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use support::{Fixture, own_names};
use tokio::task::JoinSet;
use udal_core::{Error, ErrorKind, TenantSlug};
use udal_pgpool::{
    Connection, Database, Failure, Place, Placement, ServerName, Statements, TenantDatabases, TenantState,
};
use udal_sql::Statement;

fn slug(name: &str) -> TenantSlug {
    TenantSlug::new(name).unwrap()
}

fn of(name: &str) -> Database {
    Database::Tenant(slug(name))
}

async fn make(databases: &TenantDatabases, name: &str) -> bool {
    databases.create_tenant(&slug(name), &Placement::Anywhere).await.unwrap()
}

/// A write, as backends do it: the database is made where it is not there.
async fn write(databases: &TenantDatabases, name: &str) {
    let table = Statements(vec!["CREATE TABLE IF NOT EXISTS a (x int)".to_owned()]);
    databases.ensure(&of(name), "a", &table).await.unwrap();
}

async fn text_of(connection: &Connection, text: &str) -> String {
    let statement = Statement { text: text.to_owned(), params: Vec::new() };
    connection.query(&statement).await.unwrap().first().unwrap().get(0)
}

async fn database_of(databases: &TenantDatabases, name: &str) -> String {
    text_of(&databases.connect_to(&of(name)).await.unwrap(), "SELECT current_database()::text").await
}

async fn is_missing(databases: &TenantDatabases, name: &str) -> bool {
    matches!(databases.connect_to(&of(name)).await, Err(Failure::Missing(_)))
}

async fn names(databases: &TenantDatabases) -> Vec<String> {
    databases.list_tenants().await.unwrap().iter().map(TenantSlug::to_string).collect()
}

/// The databases of the server whose names start so.
async fn on_server(fixture: &Fixture, prefix: &str) -> Vec<String> {
    let text = "SELECT datname::text FROM pg_database WHERE datname ^@ $1 ORDER BY 1";
    let rows = fixture.client("postgres").await.query(text, &[&prefix]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_looked_up_and_never_computed() {
    let fixture = Fixture::start().await;
    let (ours, theirs) = (fixture.installation("a"), fixture.installation("a"));
    assert!(make(&ours, "acme").await);
    assert!(!make(&theirs, "acme").await);
    write(&ours, "acme").await;
    assert_eq!(database_of(&theirs, "acme").await, "a_tenant_acme");
    let tenants = ours.tenants().await.unwrap();
    let [tenant] = tenants.as_slice() else { unreachable!("{tenants:?}") };
    assert_eq!((tenant.slug.as_str(), tenant.state), ("acme", TenantState::Active));
    assert_eq!(tenant.place, Place::new(ServerName::default(), "a_tenant_acme"));

    // It is brought elsewhere: whoever remembers where it was finds it all the same.
    for installation in [&ours, &theirs] {
        let place = installation.place_of(&slug("acme")).await.unwrap().unwrap();
        assert_eq!(place.database(), "a_tenant_acme");
    }
    let admin = fixture.client("postgres").await;
    let send_away = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'a_tenant_acme'";
    admin.execute(send_away, &[]).await.unwrap();
    let renamed = async || {
        let text = "ALTER DATABASE a_tenant_acme RENAME TO elsewhere";
        while admin.batch_execute(text).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    renamed().await;
    let text = "UPDATE udal_tenants SET database = 'elsewhere' WHERE slug = 'acme'";
    assert_eq!(fixture.client("a_platform").await.execute(text, &[]).await.unwrap(), 1);
    assert_eq!(database_of(&theirs, "acme").await, "elsewhere");
    write(&ours, "acme").await;
    assert_eq!(database_of(&ours, "acme").await, "elsewhere");
    assert_eq!(on_server(&fixture, "a_tenant_").await, Vec::<String>::new());

    let dropped = ours.drop_tenant(&slug("acme")).await.unwrap().unwrap();
    assert_eq!(dropped.place.database(), "elsewhere");
    assert!(is_missing(&theirs, "acme").await);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_dropped_is_not_there_and_is_made_anew() {
    let fixture = Fixture::start().await;
    let (ours, theirs) = (fixture.installation("b"), fixture.installation("b"));
    write(&ours, "acme").await;
    drop(theirs.connect_to(&of("acme")).await.unwrap());
    assert!(theirs.drop_tenant(&slug("acme")).await.unwrap().is_some());
    assert!(is_missing(&ours, "acme").await);
    assert_eq!((names(&ours).await, on_server(&fixture, "b_tenant_").await), (vec![], vec![]));
    write(&ours, "acme").await;
    assert_eq!(names(&theirs).await, ["acme"]);
    drop(theirs.connect_to(&of("acme")).await.unwrap());

    // A database that was dropped by hand is made again where the registry says it is.
    fixture.client("postgres").await.batch_execute("DROP DATABASE b_tenant_acme WITH (FORCE)").await.unwrap();
    assert!(is_missing(&theirs, "acme").await);
    write(&theirs, "acme").await;
    assert_eq!(database_of(&ours, "acme").await, "b_tenant_acme");

    // What nobody wrote reads as nothing, and is not made.
    assert!(is_missing(&ours, "nobody").await);
    assert_eq!(ours.place_of(&slug("nobody")).await.unwrap(), None);
    assert_eq!(ours.drop_tenant(&slug("nobody")).await.unwrap(), None);
    assert_eq!(on_server(&fixture, "b_tenant_").await, ["b_tenant_acme"]);
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_that_start_at_once_make_one_platform_and_find_earlier_tenants() {
    let fixture = Fixture::start().await;
    let admin = fixture.client("postgres").await;
    for name in ["c_tenant_old", "c_tenant_older", "\"c_tenant_No slug\"", "other"] {
        admin.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    }
    let mut tasks = JoinSet::new();
    for number in 0..12 {
        let databases = fixture.installation("c");
        tasks.spawn(async move {
            if number % 3 == 0 { make(&databases, "new").await } else { is_missing(&databases, "old").await }
        });
    }
    let mut made = 0;
    while let Some(answer) = tasks.join_next().await {
        made += usize::from(answer.unwrap());
    }
    assert_eq!(made, 1);
    let platform = fixture.client("c_platform").await;
    let row = platform.query_one("SELECT count(*), max(version) FROM udal_schema", &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (4, 4));
    let databases = fixture.installation("c");
    assert_eq!(names(&databases).await, ["new", "old", "older"]);
    assert_eq!(database_of(&databases, "old").await, "c_tenant_old");

    // A registry that is lost is made again out of what is there.
    drop(platform);
    admin.batch_execute("DROP DATABASE c_platform WITH (FORCE)").await.unwrap();
    assert_eq!(names(&databases).await, ["new", "old", "older"]);

    // A later release's registry is not touched.
    let platform = fixture.client("c_platform").await;
    platform.execute("INSERT INTO udal_schema (version) VALUES (1000)", &[]).await.unwrap();
    let refused = fixture.installation("c").list_tenants().await.unwrap_err();
    assert_eq!((refused.kind(), refused.mend()), (ErrorKind::Unsupported, Some("run that release, or a later one")));
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_whose_server_is_not_configured_fails_alone() {
    let fixture = Fixture::start().await;
    let server = |name| ServerName::new(name).unwrap();
    let both = fixture.databases_with(|settings| {
        own_names(settings, "d");
        settings.servers.insert(server("east"), fixture.server.config());
    });
    both.create_tenant(&slug("far"), &Placement::On(server("east"))).await.unwrap();
    both.create_tenant(&slug("near"), &Placement::On(ServerName::default())).await.unwrap();
    let one = fixture.installation("d");
    assert_eq!(names(&one).await, ["far", "near"]);
    assert_eq!(database_of(&one, "near").await, "d_tenant_near");
    let refused = Error::from(one.connect_to(&of("far")).await.unwrap_err());
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert_eq!(refused.message(), "the server `east` is not configured");
    let refused = one.drop_tenant(&slug("far")).await.unwrap_err();
    assert_eq!(refused.message(), "the server `east` is not configured");
    assert_eq!(names(&both).await, ["far", "near"]);

    // A tenant stays where it is.
    let refused = both.create_tenant(&slug("far"), &Placement::On(ServerName::default())).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
    assert_eq!(refused.message(), "tenant `far` is on the server `east` already");
    let refused = both.create_tenant(&slug("new"), &Placement::On(server("esat"))).await.unwrap_err();
    assert_eq!((refused.kind(), refused.mend()), (ErrorKind::InvalidInput, Some("did you mean `east`?")));
    assert!(!both.create_tenant(&slug("near"), &Placement::On(ServerName::default())).await.unwrap());
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_ask_where_tenants_are_while_there_is_no_connection_ask_together() {
    let fixture = Fixture::start().await;
    let databases = fixture.databases_with(|settings| {
        own_names(settings, "l");
        settings.limits.max_connections = 5;
    });
    write(&databases, "acme").await;
    let place = databases.place_of(&slug("acme")).await.unwrap().unwrap();
    let other = fixture.installation("l");
    make(&other, "beta").await;
    let pooled = 5 - databases.maintenance_connections();
    let mut held = Vec::new();
    for _ in 0..pooled {
        held.push(databases.connect(&place).await.unwrap());
    }
    let mut asked = JoinSet::new();
    for number in 0..300 {
        let databases = databases.clone();
        let name = if number % 3 == 0 { "beta".to_owned() } else { format!("nobody-{number}") };
        asked.spawn(async move { (name == "beta", databases.place_of(&slug(&name)).await.unwrap()) });
    }
    while databases.status().waiting == 0 {
        tokio::task::yield_now().await;
    }
    // Time for the others to ask.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(databases.status().waiting, 1);
    drop(held);
    let answers = asked.join_all().await;
    assert!(answers.iter().all(|(is_there, place)| *is_there == place.is_some()));
    assert_eq!(answers.len(), 300);
    // Who asks after that is asked for again.
    assert!(databases.place_of(&slug("nobody-1")).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_ask_together_fail_together_and_may_ask_again() {
    let fixture = Fixture::start().await;
    let databases = fixture.databases_with(|settings| {
        own_names(settings, "f");
        settings.limits.max_connections = 5;
        settings.limits.wait_timeout = std::time::Duration::from_millis(50);
    });
    write(&databases, "acme").await;
    let place = databases.place_of(&slug("acme")).await.unwrap().unwrap();
    let mut held = Vec::new();
    for _ in 0..5 - databases.maintenance_connections() {
        held.push(databases.connect(&place).await.unwrap());
    }
    let mut asked = JoinSet::new();
    for number in 0..20 {
        let databases = databases.clone();
        asked.spawn(async move { databases.place_of(&slug(&format!("nobody-{number}"))).await });
    }
    let kinds = asked.join_all().await.into_iter().map(|answer| answer.map_err(|error| error.kind()));
    assert!(kinds.into_iter().all(|answer| answer == Err(ErrorKind::Unavailable)));
    drop(held);
    assert!(databases.place_of(&slug("nobody-1")).await.unwrap().is_none());
}
