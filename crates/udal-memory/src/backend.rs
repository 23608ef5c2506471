//! The backend: one line an operation; what each does is in the module it calls.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use futures_util::StreamExt;
use udal_core::contract::{
    Backend, BatchCreate, BatchReport, Count, Create, Created, Delete, Deleted, Get, List, Page, Search, Update,
};
use udal_core::record::Record;
use udal_core::{Context, Result, TenantSlug};

use crate::store::Store;
use crate::{read, write};

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
        let BatchCreate { model, mut records, mode } = op;
        // Everything here is in memory anyway: the items are gathered before the lock is taken.
        let mut items = Vec::new();
        while let Some(item) = records.next().await {
            items.push(item?);
        }
        write::batch_create(&mut self.store_mut(), ctx, &model, items, mode)
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
