//! The backend: one line an operation; what each does is in the module it calls.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use futures_util::StreamExt;
use udal_core::contract::{
    Backend, BatchCreate, BatchDelete, BatchReport, BatchUpdate, ChangeReport, Count, Create, Created, Delete, Deleted,
    Get, Items, List, Page, Search, Update, Upsert,
};
use udal_core::record::Record;
use udal_core::{Context, Result, TenantSlug};

use crate::changes::Batch;
use crate::store::Store;
use crate::{changes, read, write};

/// Keeps records in memory, for as long as it lives.
#[derive(Debug, Default)]
pub struct MemoryBackend {
    store: RwLock<Store>,
}

impl MemoryBackend {
    /// A backend without tenants.
    pub fn new() -> Self {
        MemoryBackend::default()
    }

    fn store(&self) -> RwLockReadGuard<'_, Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn store_mut(&self) -> RwLockWriteGuard<'_, Store> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every item of a batch. Everything here is in memory anyway: they are gathered before the lock is taken.
async fn gathered<T>(mut items: Items<'_, T>) -> Result<Vec<(u64, T)>> {
    let mut gathered = Vec::new();
    while let Some(item) = items.next().await {
        gathered.push(item?);
    }
    Ok(gathered)
}

#[async_trait]
impl Backend for MemoryBackend {
    fn name(&self) -> &'static str {
        "memory"
    }

    async fn get(&self, ctx: &Context, op: Get) -> Result<Option<Record>> {
        read::get(&self.store(), ctx, op)
    }

    async fn list(&self, ctx: &Context, op: List) -> Result<Page> {
        read::list(&self.store(), ctx, op)
    }

    async fn search(&self, ctx: &Context, op: Search) -> Result<Vec<Record>> {
        read::search(&self.store(), ctx, op)
    }

    async fn count(&self, ctx: &Context, op: Count) -> Result<u64> {
        read::count(&self.store(), ctx, op)
    }

    async fn create(&self, ctx: &Context, op: Create) -> Result<Created> {
        write::create(&mut self.store_mut(), ctx, op)
    }

    async fn update(&self, ctx: &Context, op: Update) -> Result<Record> {
        write::update(&mut self.store_mut(), ctx, op)
    }

    async fn delete(&self, ctx: &Context, op: Delete) -> Result<Option<Deleted>> {
        write::delete(&mut self.store_mut(), ctx, op)
    }

    async fn batch_create(&self, ctx: &Context, op: BatchCreate<'_>) -> Result<BatchReport> {
        let BatchCreate { model, records, mode } = op;
        let items = gathered(records).await?;
        write::batch_create(&mut self.store_mut(), ctx, &model, items, mode)
    }

    async fn upsert(&self, ctx: &Context, op: Upsert<'_>) -> Result<ChangeReport> {
        let Upsert { model, items, mode, answer } = op;
        let items = gathered(items).await?;
        changes::upsert(&mut self.store_mut(), &Batch { ctx, model: &model, mode, answer }, items)
    }

    async fn batch_update(&self, ctx: &Context, op: BatchUpdate<'_>) -> Result<ChangeReport> {
        let BatchUpdate { model, items, mode, answer } = op;
        let items = gathered(items).await?;
        changes::batch_update(&mut self.store_mut(), &Batch { ctx, model: &model, mode, answer }, items)
    }

    async fn batch_delete(&self, ctx: &Context, op: BatchDelete<'_>) -> Result<ChangeReport> {
        let BatchDelete { model, items, mode, answer } = op;
        let items = gathered(items).await?;
        changes::batch_delete(&mut self.store_mut(), &Batch { ctx, model: &model, mode, answer }, items)
    }

    async fn create_tenant(&self, tenant: &TenantSlug) -> Result<bool> {
        Ok(self.store_mut().create_tenant(tenant))
    }

    async fn list_tenants(&self) -> Result<Vec<TenantSlug>> {
        Ok(self.store().tenants())
    }

    async fn drop_tenant(&self, tenant: &TenantSlug) -> Result<bool> {
        Ok(self.store_mut().drop_tenant(tenant))
    }
}
