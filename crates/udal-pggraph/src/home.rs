//! Where a tenant's documents are, and how their tables come to be.

use udal_core::{Context, Result};
use udal_pgpool::{Connection, Database, Failure, Statements, TenantDatabases, idempotency};
use udal_sql::document::create_tables;

/// How often a write is tried again when it and another stood in each other's way.
pub(crate) const ATTEMPTS: usize = 8;

/// A tenant's documents.
pub(crate) struct Home<'a> {
    databases: &'a TenantDatabases,
    database: Database,
}

impl<'a> Home<'a> {
    pub(crate) fn of(databases: &'a TenantDatabases, ctx: &Context) -> Self {
        Home { databases, database: Database::Tenant(ctx.tenant().clone()) }
    }

    pub(crate) async fn connect(&self) -> std::result::Result<Connection, Failure> {
        self.databases.connect_to(&self.database).await
    }

    /// Makes sure that the tables are there.
    pub(crate) async fn ensure(&self) -> Result<()> {
        self.databases.ensure(&self.database, "documents", &plan()).await
    }

    /// Makes the tables anew: what was made before turned out to be gone.
    pub(crate) async fn ensure_again(&self) -> Result<()> {
        tracing::warn!(database = %self.database, "the tables of documents are gone; making them again");
        self.databases.forget(&self.database);
        self.ensure().await
    }
}

pub(crate) fn plan() -> Statements {
    Statements(std::iter::once(idempotency::table()).chain(create_tables()).map(str::to_owned).collect())
}
