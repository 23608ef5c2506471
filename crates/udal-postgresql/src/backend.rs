//! The backend: one line an operation; what each does is in the module it calls.

use std::sync::Arc;

use async_trait::async_trait;
use udal_core::contract::{
    Backend, BatchCreate, BatchDelete, BatchReport, BatchUpdate, ChangeReport, Count, Create, Created, Delete, Deleted,
    Get, List, ListText, Page, Search, TextPieces, Update, Upsert,
};
use udal_core::model::Model;
use udal_core::record::Record;
use udal_core::value::Date;
use udal_core::{Context, Result, TenantSlug};
use udal_pgpool::{Database, Placement, TenantDatabases};
use udal_query::Rows;
use udal_query::raw::{RawBackend, RawSql};

use crate::home::Home;
use crate::maintain::Maintenance;
use crate::migrate::{Allowances, TableChange, Watch};
use crate::{batch, changes, listing, maintain, migrate, raw, read, write};

/// Keeps records in tables, a database for each tenant.
#[derive(Clone, Debug)]
pub struct PostgresqlBackend {
    databases: TenantDatabases,
}

impl PostgresqlBackend {
    /// A backend over these databases. Connects when it is first used.
    pub fn new(databases: TenantDatabases) -> Self {
        PostgresqlBackend { databases }
    }

    pub(crate) fn databases(&self) -> &TenantDatabases {
        &self.databases
    }

    /// Makes the shared reference database, and the table of `model` in it, where they are not there. A table that is there is
    /// left as it is.
    ///
    /// # Errors
    /// What the database says.
    pub async fn prepare_shared(&self, model: &Arc<Model>) -> Result<()> {
        let home = Home::at(&self.databases, Database::Shared, model)?;
        if home.is_there().await? { Ok(()) } else { home.ensure_table().await }
    }

    /// Makes the partitions of `model`'s table that will be needed soon, and drops those that its `retention` is over for.
    /// Does nothing for a table that is not split, or was never written.
    ///
    /// # Errors
    /// What the database says; done again, it goes on where it ended.
    pub async fn maintain(&self, ctx: &Context, model: &Arc<Model>, today: Date) -> Result<Maintenance> {
        maintain::maintain(&Home::of(&self.databases, ctx, model)?, today).await
    }

    /// What `model`'s table lacks of it, and has beyond it. Changes nothing; nothing is due where the table is not there: the
    /// first write makes it whole.
    ///
    /// # Errors
    /// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) for a fill that is no value of its field; what the database says.
    pub async fn plan(&self, ctx: &Context, model: &Arc<Model>, allowances: &Allowances) -> Result<Vec<TableChange>> {
        migrate::plan(&Home::of(&self.databases, ctx, model)?, allowances).await
    }

    /// Brings `model`'s table up to it: adds what it lacks, and does what is allowed beyond that. Answers what was done, and
    /// what is left. Killed at any instant and called again, it goes on.
    ///
    /// # Errors
    /// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) for a fill that is no value of its field; what the database says
    /// when it is asked what there is. What it says of a change is in the answer.
    pub async fn migrate(
        &self,
        ctx: &Context,
        model: &Arc<Model>,
        allowances: &Allowances,
        watch: Watch<'_>,
    ) -> Result<Vec<TableChange>> {
        migrate::apply(&Home::of(&self.databases, ctx, model)?, allowances, watch).await
    }
}

#[async_trait]
impl Backend for PostgresqlBackend {
    fn name(&self) -> &'static str {
        "postgresql"
    }

    async fn get(&self, ctx: &Context, op: Get) -> Result<Option<Record>> {
        read::get(&self.databases, ctx, op).await
    }

    async fn list(&self, ctx: &Context, op: List) -> Result<Page> {
        read::list(&self.databases, ctx, op).await
    }

    async fn list_text(&self, ctx: &Context, op: ListText) -> Result<TextPieces> {
        listing::list(&self.databases, ctx, op).await
    }

    async fn search(&self, ctx: &Context, op: Search) -> Result<Vec<Record>> {
        read::search(&self.databases, ctx, op).await
    }

    async fn count(&self, ctx: &Context, op: Count) -> Result<u64> {
        read::count(&self.databases, ctx, op).await
    }

    async fn create(&self, ctx: &Context, op: Create) -> Result<Created> {
        write::create(&self.databases, ctx, op).await
    }

    async fn update(&self, ctx: &Context, op: Update) -> Result<Record> {
        write::update(&self.databases, ctx, op).await
    }

    async fn delete(&self, ctx: &Context, op: Delete) -> Result<Option<Deleted>> {
        write::delete(&self.databases, ctx, op).await
    }

    async fn batch_create(&self, ctx: &Context, op: BatchCreate<'_>) -> Result<BatchReport> {
        batch::batch_create(&self.databases, ctx, op).await
    }

    async fn upsert(&self, ctx: &Context, op: Upsert<'_>) -> Result<ChangeReport> {
        changes::upsert(&self.databases, ctx, op).await
    }

    async fn batch_update(&self, ctx: &Context, op: BatchUpdate<'_>) -> Result<ChangeReport> {
        changes::batch_update(&self.databases, ctx, op).await
    }

    async fn batch_delete(&self, ctx: &Context, op: BatchDelete<'_>) -> Result<ChangeReport> {
        changes::batch_delete(&self.databases, ctx, op).await
    }

    async fn create_tenant(&self, tenant: &TenantSlug) -> Result<bool> {
        self.databases.create_tenant(tenant, &Placement::Anywhere).await
    }

    async fn list_tenants(&self) -> Result<Vec<TenantSlug>> {
        self.databases.list_tenants().await
    }

    async fn drop_tenant(&self, tenant: &TenantSlug) -> Result<bool> {
        Ok(self.databases.drop_tenant(tenant).await?.is_some())
    }
}

#[async_trait]
impl RawBackend for PostgresqlBackend {
    async fn raw_sql(&self, ctx: &Context, op: RawSql) -> Result<Rows> {
        raw::raw_sql(&self.databases, ctx, op).await
    }
}
