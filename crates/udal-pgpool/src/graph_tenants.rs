//! Where tenants' graph databases are, which stand on servers of another kind: the registry knows of both.

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::Row;
use udal_core::{Error, Result, TenantSlug};
use udal_sql::{Param, Sql, Statement};

use crate::registry::{plain, read_loads};
use crate::{ServerName, TenantDatabases, read_text};

const TENANTS: &str = "SELECT \"slug\", \"server\", \"is_dropping\" FROM \"udal_graph_tenants\"";

/// A tenant's graph database, as the platform's registry has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphTenant {
    /// The tenant.
    pub slug: TenantSlug,
    /// The graph server that keeps its database.
    pub server: ServerName,
    /// Whether the database is to be dropped, and may be gone.
    pub is_dropping: bool,
}

impl TenantDatabases {
    /// Every tenant that has a graph database, sorted.
    ///
    /// # Errors
    /// `Unavailable` where the platform's server cannot be reached; so for the others.
    pub async fn graph_tenants(&self) -> Result<Vec<GraphTenant>> {
        self.ask_graph(&ordered_tenants()).await?.iter().map(read_tenant).collect()
    }

    /// What the registry knows of the tenant's graph database.
    ///
    /// # Errors
    /// As [`graph_tenants`](TenantDatabases::graph_tenants).
    pub async fn graph_tenant(&self, slug: &TenantSlug) -> Result<Option<GraphTenant>> {
        self.ask_graph(&one_tenant(slug)).await?.first().map(read_tenant).transpose()
    }

    /// How many tenants each graph server has.
    ///
    /// # Errors
    /// As [`graph_tenants`](TenantDatabases::graph_tenants).
    pub async fn graph_loads(&self) -> Result<BTreeMap<ServerName, i64>> {
        let text = "SELECT \"server\", count(*) FROM \"udal_graph_tenants\" GROUP BY \"server\"";
        read_loads(&self.ask_graph(&plain(text)).await?)
    }

    /// Registers that the tenant's graph database is on that server; changes nothing where it is registered.
    ///
    /// # Errors
    /// As [`graph_tenants`](TenantDatabases::graph_tenants).
    pub async fn add_graph_tenant(&self, slug: &TenantSlug, server: &ServerName) -> Result<()> {
        self.ask_graph(&insert(slug, server)).await.map(drop)
    }

    /// Writes down that the tenant's graph database is to be dropped.
    ///
    /// # Errors
    /// As [`graph_tenants`](TenantDatabases::graph_tenants).
    pub async fn begin_graph_drop(&self, slug: &TenantSlug) -> Result<()> {
        self.ask_graph(&begin_drop(slug)).await.map(drop)
    }

    /// Forgets the tenant's graph database, which was dropped.
    ///
    /// # Errors
    /// As [`graph_tenants`](TenantDatabases::graph_tenants).
    pub async fn forget_graph_tenant(&self, slug: &TenantSlug) -> Result<()> {
        self.ask_graph(&delete_dropped(slug)).await.map(drop)
    }

    /// How many commits the tenant's graph database had when its layers were optimised last.
    ///
    /// # Errors
    /// As [`graph_tenants`](TenantDatabases::graph_tenants).
    pub async fn graph_optimized_at(&self, slug: &TenantSlug) -> Result<u64> {
        let rows = self.ask_graph(&optimized_at(slug)).await?;
        let commits: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0)).map_err(Error::internal)?;
        Ok(u64::try_from(commits).unwrap_or_default())
    }

    /// Writes down how many commits the tenant's graph database had when its layers were optimised.
    ///
    /// # Errors
    /// As [`graph_tenants`](TenantDatabases::graph_tenants).
    pub async fn set_graph_optimized_at(&self, slug: &TenantSlug, commits: u64) -> Result<()> {
        self.ask_graph(&set_optimized_at(slug, i64::try_from(commits).unwrap_or(i64::MAX))).await.map(drop)
    }

    /// The graph servers that were searched for databases of tenants that the registry does not have.
    ///
    /// # Errors
    /// As [`graph_tenants`](TenantDatabases::graph_tenants).
    pub async fn searched_graph_servers(&self) -> Result<BTreeSet<ServerName>> {
        let rows = self.ask_graph(&plain("SELECT \"name\" FROM \"udal_graph_servers\"")).await?;
        rows.iter().map(|row| ServerName::new(&read_text(row, 0)?)).collect()
    }

    /// Writes down that the graph server was searched.
    ///
    /// # Errors
    /// As [`graph_tenants`](TenantDatabases::graph_tenants).
    pub async fn set_graph_server_searched(&self, server: &ServerName) -> Result<()> {
        self.ask_graph(&set_searched(server)).await.map(drop)
    }

    async fn ask_graph(&self, statement: &Statement) -> Result<Vec<Row>> {
        self.prepare_platform().await?;
        self.ask_platform(|| statement.clone()).await
    }
}

fn ordered_tenants() -> Statement {
    let mut sql = Sql::new();
    sql.push(TENANTS).push(" ORDER BY \"slug\"");
    sql.finish()
}

fn one_tenant(slug: &TenantSlug) -> Statement {
    let mut sql = Sql::new();
    sql.push(TENANTS).push(" WHERE \"slug\" = ").param(Param::text(slug.as_str()));
    sql.finish()
}

fn insert(slug: &TenantSlug, server: &ServerName) -> Statement {
    let mut sql = Sql::new();
    sql.push("INSERT INTO \"udal_graph_tenants\" (\"slug\", \"server\") VALUES (");
    sql.list([slug.as_str(), server.as_str()], |sql, text| {
        sql.param(Param::text(text));
    });
    sql.push(") ON CONFLICT DO NOTHING");
    sql.finish()
}

fn begin_drop(slug: &TenantSlug) -> Statement {
    let mut sql = Sql::new();
    sql.push("UPDATE \"udal_graph_tenants\" SET \"changed_at\" = now(), \"is_dropping\" = true WHERE \"slug\" = ");
    sql.param(Param::text(slug.as_str()));
    sql.finish()
}

fn delete_dropped(slug: &TenantSlug) -> Statement {
    let mut sql = Sql::new();
    sql.push("DELETE FROM \"udal_graph_tenants\" WHERE \"is_dropping\" AND \"slug\" = ");
    sql.param(Param::text(slug.as_str()));
    sql.finish()
}

fn optimized_at(slug: &TenantSlug) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT \"optimized_at\" FROM \"udal_graph_tenants\" WHERE \"slug\" = ").param(Param::text(slug.as_str()));
    sql.finish()
}

fn set_optimized_at(slug: &TenantSlug, commits: i64) -> Statement {
    let mut sql = Sql::new();
    sql.push("UPDATE \"udal_graph_tenants\" SET \"optimized_at\" = ").param(Param::int(commits));
    sql.push(" WHERE \"slug\" = ").param(Param::text(slug.as_str()));
    sql.finish()
}

fn set_searched(server: &ServerName) -> Statement {
    let mut sql = Sql::new();
    sql.push("INSERT INTO \"udal_graph_servers\" (\"name\") VALUES (").param(Param::text(server.as_str()));
    sql.push(") ON CONFLICT DO NOTHING");
    sql.finish()
}

fn read_tenant(row: &Row) -> Result<GraphTenant> {
    Ok(GraphTenant {
        slug: TenantSlug::new(&read_text(row, 0)?).map_err(Error::internal)?,
        server: ServerName::new(&read_text(row, 1)?).map_err(Error::internal)?,
        is_dropping: row.try_get(2).map_err(Error::internal)?,
    })
}
