//! Where a model's records are: the database, the table, and how they come to be.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use tokio_postgres::Row;
use udal_core::model::Model;
use udal_core::{Context, Error, Result};
use udal_pgpool::{Connection, Database, Failure, TenantDatabases, read_value};
use udal_sql::table::{self, Span, Spot, Target};

use crate::partition::OnePartition;
use crate::schema::{TableThere, WholeTable};

/// A model's table in one database.
pub(crate) struct Home<'a> {
    databases: &'a TenantDatabases,
    database: Database,
    model: &'a Arc<Model>,
    target: Target<'a>,
}

impl<'a> Home<'a> {
    /// The home of the tenant's records of `model`, or of everyone's where the model is shared.
    pub(crate) fn of(databases: &'a TenantDatabases, ctx: &Context, model: &'a Arc<Model>) -> Result<Self> {
        let database = if model.is_shared() { Database::Shared } else { Database::Tenant(ctx.tenant().clone()) };
        Home::at(databases, database, model)
    }

    /// The home of the records of `model` in that database.
    pub(crate) fn at(databases: &'a TenantDatabases, database: Database, model: &'a Arc<Model>) -> Result<Self> {
        let target = Target::new(model).ok_or_else(|| {
            Error::internal(format!("`{}` has no table, and came to the backend of tables", model.name()))
        })?;
        Ok(Home { databases, database, model, target })
    }

    pub(crate) fn target(&self) -> Target<'a> {
        self.target
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    pub(crate) fn model(&self) -> &'a Arc<Model> {
        self.model
    }

    pub(crate) async fn connect(&self) -> std::result::Result<Connection, Failure> {
        self.databases.connect_to(&self.database).await
    }

    /// A connection for what changes structure; whoever holds it asks for no other.
    pub(crate) async fn maintain(&self) -> std::result::Result<Connection, Failure> {
        self.databases.maintain_of(&self.database).await
    }

    /// Where a record is, by the row that [`table::key_of`] found; `None` where it found none.
    pub(crate) fn spot<'i>(&self, id: &'i str, rows: &[Row]) -> Result<Option<Spot<'i>>> {
        let (Some(row), Some((key, _))) = (rows.first(), self.target.partition_key()) else { return Ok(None) };
        Ok(Some(Spot { id, key: read_value(row, 0, key.field_type())? }))
    }

    /// Whether the table is there, however it looks.
    pub(crate) async fn is_there(&self) -> Result<bool> {
        match self.connect().await {
            Err(Failure::Missing(_)) => Ok(false),
            connected => {
                let found = connected?.query(&table::has_table(self.target)).await.map_err(Failure::from)?;
                Ok(!found.is_empty())
            }
        }
    }

    /// Makes sure that the table is there, with a column for each field.
    pub(crate) async fn ensure_table(&self) -> Result<()> {
        let key = format!("table {}", self.target.table_name());
        self.databases.ensure(&self.database, &key, &WholeTable(self.target)).await
    }

    /// Brings the table up to the model where it is there, before records in it are changed: what does not fit must not be
    /// found out when the change is made already. Makes nothing.
    ///
    /// # Errors
    /// `Missing` where the database is not there, as far as that is seen: where the table is known to be up to the model,
    /// nobody looks.
    pub(crate) async fn follow_model(&self) -> std::result::Result<(), Failure> {
        let key = format!("there {}", self.target.table_name());
        self.databases.ensure_within(&self.database, &key, &TableThere(self.target)).await
    }

    /// Makes sure that these partitions are there, in a database and of a table that are. What changes records makes no
    /// tenant: it may be dropped at this instant.
    ///
    /// # Errors
    /// `Missing` where the database or the table is not there.
    pub(crate) async fn ensure_partitions(&self, spans: &BTreeSet<Span>) -> std::result::Result<(), Failure> {
        for span in spans {
            let key = format!("partition {}", table::partition_name(self.target, *span));
            self.databases.ensure_within(&self.database, &key, &OnePartition(self.target, *span)).await?;
        }
        Ok(())
    }

    /// The same, anew: what was made before turned out to be gone.
    ///
    /// # Errors
    /// `Missing` where the database or the table is not there.
    pub(crate) async fn ensure_partitions_again(&self, spans: &BTreeSet<Span>) -> std::result::Result<(), Failure> {
        tracing::warn!(database = %self.database, table = self.target.table_name(), "a table or partition is gone; making it again");
        self.databases.forget(&self.database);
        self.follow_model().await?;
        self.ensure_partitions(spans).await
    }

    /// Makes sure that the table and these partitions are there.
    pub(crate) async fn ensure(&self, spans: &BTreeSet<Span>) -> Result<()> {
        self.ensure_table().await?;
        for span in spans {
            let key = format!("partition {}", table::partition_name(self.target, *span));
            self.databases.ensure(&self.database, &key, &OnePartition(self.target, *span)).await?;
        }
        Ok(())
    }

    /// Does `work` where the table is there and as the model says, and these partitions; `None` where it is not. What turns out
    /// to be gone, though it was there before, is made again, and the work done once more: but no tenant and no table, which
    /// may be dropped at this instant.
    pub(crate) async fn where_there<T, F: Future<Output = std::result::Result<T, Failure>>>(
        &self,
        spans: &BTreeSet<Span>,
        work: impl Fn() -> F,
    ) -> Result<Option<T>> {
        match self.try_where_there(spans, work).await {
            Err(Failure::Missing(_)) => Ok(None),
            done => Ok(done?),
        }
    }

    async fn try_where_there<T, F: Future<Output = std::result::Result<T, Failure>>>(
        &self,
        spans: &BTreeSet<Span>,
        work: impl Fn() -> F,
    ) -> std::result::Result<Option<T>, Failure> {
        self.follow_model().await?;
        self.ensure_partitions(spans).await?;
        match work().await {
            Err(Failure::Missing(_)) => {}
            done => return Ok(Some(done?)),
        }
        let connection = self.connect().await?;
        if !self.catch_up(&connection).await? {
            return Ok(None);
        }
        drop(connection);
        self.ensure_partitions(spans).await?;
        Ok(Some(work().await?))
    }

    /// Makes everything anew: what was made before turned out to be gone.
    pub(crate) async fn ensure_again(&self, spans: &BTreeSet<Span>) -> Result<()> {
        tracing::warn!(database = %self.database, table = self.target.table_name(), "a table or partition is gone; making it again");
        self.databases.forget(&self.database);
        self.ensure(spans).await
    }

    /// Some partitions are gone: what was made is looked at again when it is needed.
    pub(crate) fn forget_partitions(&self) {
        self.databases.forget(&self.database);
    }

    /// Brings a table that is there up to the model; answers false where there is no table.
    pub(crate) async fn catch_up(&self, connection: &Connection) -> Result<bool> {
        let found = connection.query(&table::has_table(self.target)).await.map_err(Failure::from)?;
        if found.is_empty() {
            return Ok(false);
        }
        self.databases.forget(&self.database);
        match self.follow_model().await {
            Err(Failure::Missing(_)) => Ok(false),
            done => Ok(done.map(|()| true)?),
        }
    }
}
