//! The backend: one line an operation; what each does is in the module it calls.

use std::sync::Arc;

use async_trait::async_trait;
use udal_core::contract::{
    Backend, BatchCreate, BatchDelete, BatchReport, BatchUpdate, ChangeReport, Count, Create, Created, Delete, Deleted,
    Get, GetAt, History, List, Page, Search, Update, Upsert, Versions,
};
use udal_core::record::Record;
use udal_core::{Context, Result, TenantSlug};

use crate::settings::Settings;
use crate::tenant::Databases;
use crate::{batch, changes, history, read, write};

/// Keeps linked documents in TerminusDB, a database for each tenant. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TerminusdbBackend {
    pub(crate) databases: Arc<Databases>,
}

impl TerminusdbBackend {
    /// A backend over the servers of these settings. Connects when it is first used.
    ///
    /// # Errors
    /// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) for a URL or credentials that cannot be used, and for a default
    /// server that is not named.
    pub fn new(settings: Settings) -> Result<Self> {
        Ok(TerminusdbBackend { databases: Arc::new(Databases::new(settings)?) })
    }

    /// The name of the tenant's database.
    pub fn database_name(&self, tenant: &TenantSlug) -> String {
        self.databases.name_of(tenant)
    }
}

#[async_trait]
impl Backend for TerminusdbBackend {
    fn name(&self) -> &'static str {
        "terminusdb"
    }

    async fn get(&self, ctx: &Context, op: Get) -> Result<Option<Record>> {
        read::get(&self.databases, ctx, op).await
    }

    async fn list(&self, ctx: &Context, op: List) -> Result<Page> {
        read::list(&self.databases, ctx, op).await
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

    fn keeps_history(&self) -> bool {
        true
    }

    async fn get_at(&self, ctx: &Context, op: GetAt) -> Result<Option<Record>> {
        history::get_at(&self.databases, ctx, op).await
    }

    async fn history(&self, ctx: &Context, op: History) -> Result<Versions> {
        history::history(&self.databases, ctx, op).await
    }

    async fn create_tenant(&self, tenant: &TenantSlug) -> Result<bool> {
        self.databases.create(tenant).await
    }

    async fn list_tenants(&self) -> Result<Vec<TenantSlug>> {
        self.databases.list().await
    }

    async fn drop_tenant(&self, tenant: &TenantSlug) -> Result<bool> {
        self.databases.remove(tenant).await
    }
}
