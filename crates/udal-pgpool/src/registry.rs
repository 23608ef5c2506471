//! The statements on the platform's tables, and what their rows say.

use std::collections::BTreeMap;

use tokio_postgres::Row;
use udal_core::value::Timestamp;
use udal_core::{Error, Result, TenantSlug};
use udal_sql::{Param, Sql, Statement};

use crate::{Place, ServerName, Tenant, TenantState, access_tables, audit_table, read_text};

/// The statements that bring the platform's tables from each version to the next: the first makes version 1.
///
/// A released one is never changed; what is to be different is a new one.
pub(crate) const VERSIONS: [&[&str]; 4] = [
    &["CREATE TABLE \"udal_servers\" (\"name\" text COLLATE \"C\" PRIMARY KEY, \
     \"searched_at\" timestamptz NOT NULL DEFAULT now()); \
     CREATE TABLE \"udal_tenants\" (\"slug\" text COLLATE \"C\" PRIMARY KEY, \
     \"state\" text COLLATE \"C\" NOT NULL CHECK (\"state\" IN ('creating', 'active', 'moving', 'dropping')), \
     \"server\" text COLLATE \"C\" NOT NULL, \"database\" text COLLATE \"C\" NOT NULL, \
     \"attempts\" integer NOT NULL DEFAULT 0, \
     \"created_at\" timestamptz NOT NULL DEFAULT now(), \"changed_at\" timestamptz NOT NULL DEFAULT now(), \
     UNIQUE (\"server\", \"database\"))"],
    &["CREATE TABLE \"udal_graph_servers\" (\"name\" text COLLATE \"C\" PRIMARY KEY, \
     \"searched_at\" timestamptz NOT NULL DEFAULT now()); \
     CREATE TABLE \"udal_graph_tenants\" (\"slug\" text COLLATE \"C\" PRIMARY KEY, \
     \"server\" text COLLATE \"C\" NOT NULL, \"is_dropping\" boolean NOT NULL DEFAULT false, \
     \"optimized_at\" bigint NOT NULL DEFAULT 0, \
     \"created_at\" timestamptz NOT NULL DEFAULT now(), \"changed_at\" timestamptz NOT NULL DEFAULT now())"],
    &[access_tables::TABLES],
    &audit_table::AUDIT,
];

/// Makes the table of versions. Does nothing where it is there.
pub(crate) const VERSION_TABLE: &str = "CREATE TABLE IF NOT EXISTS \"udal_schema\" (\
     \"version\" bigint PRIMARY KEY, \"applied_at\" timestamptz NOT NULL DEFAULT now())";

const TENANTS: &str = "SELECT \"slug\", \"state\", \"server\", \"database\", \
     (extract(epoch FROM \"created_at\") * 1000000)::int8, (extract(epoch FROM \"changed_at\") * 1000000)::int8 \
     FROM \"udal_tenants\"";

/// Answers the version of the tables.
pub(crate) fn version() -> Statement {
    plain("SELECT coalesce(max(\"version\"), 0) FROM \"udal_schema\"")
}

/// Writes down that the tables have that version.
pub(crate) fn set_version(version: i64) -> Statement {
    let mut sql = Sql::new();
    sql.push("INSERT INTO \"udal_schema\" (\"version\") VALUES (").param(Param::int(version)).push(")");
    sql.finish()
}

/// Waits until no other transaction holds the lock, and holds it until this one ends.
pub(crate) fn lock_structure(lock: i64) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT pg_advisory_xact_lock(").param(Param::int(lock)).push(")");
    sql.finish()
}

/// The servers that were searched for tenants of earlier releases.
pub(crate) fn searched_servers() -> Statement {
    plain("SELECT \"name\" FROM \"udal_servers\"")
}

/// Writes down that the server was searched.
pub(crate) fn set_searched(server: &ServerName) -> Statement {
    let mut sql = Sql::new();
    sql.push("INSERT INTO \"udal_servers\" (\"name\") VALUES (").param(Param::text(server.as_str()));
    sql.push(") ON CONFLICT DO NOTHING");
    sql.finish()
}

/// Every tenant, sorted.
pub(crate) fn tenants() -> Statement {
    let mut sql = Sql::new();
    sql.push(TENANTS).push(" ORDER BY \"slug\"");
    sql.finish()
}

/// Those of these tenants that are there.
pub(crate) fn some_tenants<'a>(slugs: impl Iterator<Item = &'a TenantSlug>) -> Statement {
    let mut sql = Sql::new();
    sql.push(TENANTS).push(" WHERE \"slug\" = ANY (").param(Param::texts(slugs.map(TenantSlug::to_string))).push(")");
    sql.finish()
}

/// One tenant, kept from every other change of it until the transaction ends.
pub(crate) fn lock_tenant(slug: &TenantSlug) -> Statement {
    let mut sql = Sql::new();
    sql.push(TENANTS).push(" WHERE \"slug\" = ").param(Param::text(slug.as_str())).push(" FOR UPDATE");
    sql.finish()
}

/// How many tenants each server has.
pub(crate) fn loads() -> Statement {
    plain("SELECT \"server\", count(*) FROM \"udal_tenants\" GROUP BY \"server\"")
}

/// Registers a tenant; touches nothing where it is registered.
pub(crate) fn insert(slug: &TenantSlug, place: &Place, state: TenantState) -> Statement {
    let mut sql = Sql::new();
    sql.push("INSERT INTO \"udal_tenants\" (\"slug\", \"state\", \"server\", \"database\") VALUES (");
    sql.list([slug.as_str(), state.as_str(), place.server().as_str(), place.database()], |sql, text| {
        sql.param(Param::text(text));
    });
    sql.push(") ON CONFLICT DO NOTHING");
    sql.finish()
}

/// Gives a tenant a state.
pub(crate) fn set_state(slug: &TenantSlug, state: TenantState) -> Statement {
    let mut sql = Sql::new();
    sql.push("UPDATE \"udal_tenants\" SET \"changed_at\" = now(), \"state\" = ").param(Param::text(state.as_str()));
    sql.push(" WHERE \"slug\" = ").param(Param::text(slug.as_str()));
    sql.finish()
}

/// Writes down that making a tenant's database was begun, and that nobody knows how that ended.
pub(crate) fn count_attempt(slug: &TenantSlug) -> Statement {
    let mut sql = Sql::new();
    sql.push("UPDATE \"udal_tenants\" SET \"attempts\" = \"attempts\" + 1 WHERE \"slug\" = ");
    sql.param(Param::text(slug.as_str()));
    sql.finish()
}

/// Forgets a tenant that was not begun to be made.
pub(crate) fn delete_untried(slug: &TenantSlug) -> Statement {
    let mut sql = Sql::new();
    sql.push("DELETE FROM \"udal_tenants\" WHERE \"attempts\" = 0 AND \"slug\" = ").param(Param::text(slug.as_str()));
    sql.finish()
}

/// Forgets a tenant.
pub(crate) fn delete(slug: &TenantSlug) -> Statement {
    let mut sql = Sql::new();
    sql.push("DELETE FROM \"udal_tenants\" WHERE \"slug\" = ").param(Param::text(slug.as_str()));
    sql.finish()
}

/// Reads a row of [`tenants`].
pub(crate) fn read_tenant(row: &Row) -> Result<Tenant> {
    let server = ServerName::new(&read_text(row, 2)?).map_err(damaged)?;
    Ok(Tenant {
        slug: TenantSlug::new(&read_text(row, 0)?).map_err(damaged)?,
        state: TenantState::parse(&read_text(row, 1)?)?,
        place: Place::new(server, &read_text(row, 3)?),
        created_at: read_time(row, 4)?,
        changed_at: read_time(row, 5)?,
    })
}

/// Reads the rows of [`loads`].
pub(crate) fn read_loads(rows: &[Row]) -> Result<BTreeMap<ServerName, i64>> {
    let load = |row: &Row| {
        let count = row.try_get::<_, i64>(1).map_err(Error::internal)?;
        Ok((ServerName::new(&read_text(row, 0)?).map_err(damaged)?, count))
    };
    rows.iter().map(load).collect()
}

/// Reads a time in microseconds.
pub(crate) fn read_time(row: &Row, at: usize) -> Result<Timestamp> {
    let micros = row.try_get::<_, i64>(at).map_err(Error::internal)?;
    Timestamp::from_micros(micros).ok_or_else(|| Error::internal(format!("{micros} is no time")))
}

pub(crate) fn plain(text: &'static str) -> Statement {
    Statement { text: text.to_owned(), params: Vec::new() }
}

/// The registry holds what Udal did not write.
fn damaged(error: Error) -> Error {
    Error::internal(format!("the platform's registry: {error}"))
}
