//! The backend: one line an operation; what each does is in the module it calls.

use async_trait::async_trait;
use udal_core::contract::{
    Backend, BatchCreate, BatchDelete, BatchReport, BatchUpdate, ChangeReport, Count, Create, Created, Delete, Deleted,
    Get, List, ListText, Page, Search, TextPieces, Update, Upsert,
};
use udal_core::record::Record;
use udal_core::{Context, Result, TenantSlug};
use udal_pgpool::{Placement, TenantDatabases};

use crate::{batch, changes, delete, listing, read, write};

/// Keeps linked documents, a database for each tenant.
#[derive(Clone, Debug)]
pub struct PgGraphBackend {
    databases: TenantDatabases,
}

impl PgGraphBackend {
    /// A backend over these databases. Connects when it is first used.
    pub fn new(databases: TenantDatabases) -> Self {
        PgGraphBackend { databases }
    }

    pub(crate) fn databases(&self) -> &TenantDatabases {
        &self.databases
    }

    /// The statements that make the tables of documents: for the template of tenants. Each does nothing where it is done.
    pub fn tables() -> Vec<String> {
        crate::home::plan().0
    }
}

#[async_trait]
impl Backend for PgGraphBackend {
    fn name(&self) -> &'static str {
        "pggraph"
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
        delete::delete(&self.databases, ctx, op).await
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
