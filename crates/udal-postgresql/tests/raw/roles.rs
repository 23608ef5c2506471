//! The role that statements run as: how it comes to be, and what it must not be.

use udal_core::ErrorKind;
use udal_core::contract::{Backend, Create};
use udal_pgpool::{Settings, TenantDatabases};
use udal_postgresql::PostgresqlBackend;
use udal_query::raw::{RawBackend, RawLimits, RawSql, RawStatement};

use crate::bench::{record_of, system};
use crate::support::Fixture;

async fn ask(backend: &PostgresqlBackend, tenant: &str) -> udal_core::Result<()> {
    let statement = RawStatement::parse("SELECT count(*) AS n FROM AppLabCount", &crate::roles::counts()).unwrap();
    backend.raw_sql(&system(tenant), RawSql { statement, params: vec![], limits: RawLimits::default() }).await.map(drop)
}

fn counts() -> udal_core::model::Catalog {
    use udal_core::model::{Catalog, GroupDeclaration, ModelDeclaration};
    let count = ModelDeclaration::new("AppLabCount").field("n", "int").postgresql().table_name("app_lab_count");
    Catalog::build(vec![GroupDeclaration::new("lab").model(count)]).unwrap()
}

async fn write(backend: &PostgresqlBackend, tenant: &str) {
    let json = serde_json::json!({"id": "AppLabCount/1", "n": 1});
    let record = record_of(counts().model("lab", "AppLabCount").unwrap(), &json);
    backend.create(&system(tenant), Create { record, idempotency: None }).await.unwrap();
}

/// A backend that connects as that role, which may make databases.
async fn backend_of(fixture: &Fixture, role: &str, attributes: &str) -> PostgresqlBackend {
    let client = fixture.client("postgres").await;
    client.batch_execute(&format!("CREATE ROLE {role} LOGIN CREATEDB {attributes}")).await.unwrap();
    let mut config = fixture.server.config();
    config.user(role);
    let mut settings = Settings::new(config);
    settings.limits.wait_timeout = std::time::Duration::from_secs(120);
    crate::support::own_names(&mut settings, role);
    PostgresqlBackend::new(TenantDatabases::new(settings))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_role_is_made_where_it_may_be_and_asked_for_where_not() {
    let fixture = Fixture::start().await;
    let client = fixture.client("postgres").await;
    let humble = backend_of(&fixture, "humble", "").await;
    write(&humble, "acme").await;
    let error = ask(&humble, "acme").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let said = error.to_string();
    assert!(
        said.contains("CREATE ROLE \"udal_reader\" NOLOGIN") && said.contains("GRANT \"udal_reader\" TO"),
        "{said}"
    );
    // As it says.
    client.batch_execute("CREATE ROLE udal_reader NOLOGIN; GRANT udal_reader TO humble").await.unwrap();
    ask(&humble, "acme").await.unwrap();
    client.batch_execute("DROP DATABASE humble_tenant_acme WITH (FORCE)").await.unwrap();
    client.batch_execute("DROP ROLE udal_reader").await.unwrap();

    // Who may make roles makes it, for many databases at one instant.
    let maker = backend_of(&fixture, "maker", "CREATEROLE").await;
    let tenants = ["a", "b", "c"];
    for tenant in tenants {
        write(&maker, tenant).await;
    }
    let asked = futures_util::future::join_all(tenants.map(|tenant| ask(&maker, tenant))).await;
    asked.into_iter().for_each(|asked| asked.unwrap());
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_ask_is_told_so() {
    // Before anything is connected to.
    let backend = PostgresqlBackend::new(TenantDatabases::new(Settings::new(tokio_postgres::Config::new())));
    let everything = udal_core::Ownership::TeamWide;
    let subject = counts().model("lab", "AppLabCount").unwrap().subject().clone();
    let access = udal_core::AccessContext::user("ada", Some("north")).unwrap().permit_all(&subject, &everything);
    let ctx = udal_core::Context::new(system("acme").tenant().clone(), access.build());
    let statement = RawStatement::parse("SELECT count(*) AS n FROM AppLabCount", &counts()).unwrap();
    let op = RawSql { statement, params: vec![], limits: RawLimits::default() };
    let error = backend.raw_sql(&ctx, op).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Denied && error.mend().unwrap().contains("`query:raw_sql`"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_more_runs_nothing() {
    let fixture = Fixture::start().await;
    for (number, (give, take)) in [
        ("ALTER ROLE udal_reader LOGIN", "ALTER ROLE udal_reader NOLOGIN"),
        ("ALTER ROLE udal_reader BYPASSRLS", "ALTER ROLE udal_reader NOBYPASSRLS"),
        ("GRANT pg_read_all_data TO udal_reader", "REVOKE pg_read_all_data FROM udal_reader"),
        ("GRANT SELECT ON app_lab_count TO udal_reader", "REVOKE SELECT ON app_lab_count FROM udal_reader"),
        ("GRANT USAGE ON SCHEMA public TO udal_reader", "REVOKE USAGE ON SCHEMA public FROM udal_reader"),
        (
            "GRANT TEMP ON DATABASE sqh_tenant_acme TO udal_reader",
            "REVOKE TEMP ON DATABASE sqh_tenant_acme FROM udal_reader",
        ),
        ("CREATE TABLE x (); ALTER TABLE x OWNER TO udal_reader", "DROP TABLE x"),
    ]
    .into_iter()
    .enumerate()
    {
        let fresh = || PostgresqlBackend::new(fixture.databases());
        if number == 0 {
            write(&fresh(), "acme").await;
            ask(&fresh(), "acme").await.unwrap();
        }
        let client = fixture.client("sqh_tenant_acme").await;
        client.batch_execute(give).await.unwrap();
        let error = ask(&fresh(), "acme").await.unwrap_err();
        assert!(
            error.kind() == ErrorKind::Unsupported && error.to_string().contains("may do more than it should"),
            "{give}: {error:?}"
        );
        client.batch_execute(take).await.unwrap();
        ask(&fresh(), "acme").await.unwrap_or_else(|error| panic!("{take}: {error:?}"));
    }
    fixture.stop().await;
}
