//! Where a tenant's documents are, and how their tables come to be.

use udal_core::{Context, Result};
use udal_pgpool::{Connection, Failure, Place, Statements, TenantDatabases, idempotency};
use udal_sql::document::create_tables;

/// How often a write is tried again when it and another stood in each other's way.
pub(crate) const ATTEMPTS: usize = 8;

/// A tenant's documents.
pub(crate) struct Home<'a> {
    databases: &'a TenantDatabases,
    place: Place,
}

impl<'a> Home<'a> {
    pub(crate) fn of(databases: &'a TenantDatabases, ctx: &Context) -> Self {
        Home { databases, place: databases.place_of(ctx.tenant()) }
    }

    pub(crate) async fn connect(&self) -> std::result::Result<Connection, Failure> {
        self.databases.connect(&self.place).await
    }

    /// Makes sure that the tables are there.
    pub(crate) async fn ensure(&self) -> Result<()> {
        self.databases.ensure(&self.place, "documents", &plan()).await
    }

    /// Makes the tables anew: what was made before turned out to be gone.
    pub(crate) async fn ensure_again(&self) -> Result<()> {
        tracing::warn!(place = %self.place, "the tables of documents are gone; making them again");
        self.databases.forget(&self.place);
        self.ensure().await
    }
}

fn plan() -> Statements {
    Statements(std::iter::once(idempotency::table()).chain(create_tables()).map(str::to_owned).collect())
}
