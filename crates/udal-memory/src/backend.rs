//! The backend: one line an operation; what each does is in the module it calls.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use futures_util::StreamExt;
use udal_core::contract::{
    Backend, BatchCreate, BatchDelete, BatchReport, BatchUpdate, ChangeReport, Count, Create, Created, Delete, Deleted,
    Get, GetAt, History, Items, List, Page, Search, Update, Upsert, Versions,
};
use udal_core::model::Model;
use udal_core::record::Record;
use udal_core::{Context, Result, TenantSlug};

use crate::changes::Batch;
use crate::history::author_of;
use crate::store::Store;
use crate::{changes, history, read, write};

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

    /// Does what writes, and commits what it changed of the tenant's records of `model`, or of the shared ones.
    fn write<T>(
        &self,
        ctx: &Context,
        model: &Model,
        message: &str,
        act: impl FnOnce(&mut Store) -> Result<T>,
    ) -> Result<T> {
        let mut store = self.store_mut();
        let done = act(&mut store);
        if store.home(ctx, model).is_some() {
            store.home_mut(ctx, model).commit(&author_of(ctx), message);
        }
        done
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
        let (model, message) = (Arc::clone(op.record.model()), format!("create {}", op.record.id()));
        self.write(ctx, &model, &message, |store| write::create(store, ctx, op))
    }

    async fn update(&self, ctx: &Context, op: Update) -> Result<Record> {
        let (model, message) = (Arc::clone(&op.model), format!("update {}", op.id));
        self.write(ctx, &model, &message, |store| write::update(store, ctx, op))
    }

    async fn delete(&self, ctx: &Context, op: Delete) -> Result<Option<Deleted>> {
        let (model, message) = (Arc::clone(&op.model), format!("delete {}", op.id));
        self.write(ctx, &model, &message, |store| write::delete(store, ctx, op))
    }

    async fn batch_create(&self, ctx: &Context, op: BatchCreate<'_>) -> Result<BatchReport> {
        let BatchCreate { model, records, mode } = op;
        let items = gathered(records).await?;
        let message = format!("create {} records of {}", items.len(), model.name());
        self.write(ctx, &model, &message, |store| write::batch_create(store, ctx, &model, items, mode))
    }

    async fn upsert(&self, ctx: &Context, op: Upsert<'_>) -> Result<ChangeReport> {
        let Upsert { model, items, mode, answer } = op;
        let items = gathered(items).await?;
        let batch = Batch { ctx, model: &model, mode, answer };
        let message = format!("upsert a batch of {} records", model.name());
        self.write(ctx, &model, &message, |store| changes::upsert(store, &batch, items))
    }

    async fn batch_update(&self, ctx: &Context, op: BatchUpdate<'_>) -> Result<ChangeReport> {
        let BatchUpdate { model, items, mode, answer } = op;
        let items = gathered(items).await?;
        let batch = Batch { ctx, model: &model, mode, answer };
        let message = format!("update a batch of {} records", model.name());
        self.write(ctx, &model, &message, |store| changes::batch_update(store, &batch, items))
    }

    async fn batch_delete(&self, ctx: &Context, op: BatchDelete<'_>) -> Result<ChangeReport> {
        let BatchDelete { model, items, mode, answer } = op;
        let items = gathered(items).await?;
        let batch = Batch { ctx, model: &model, mode, answer };
        let message = format!("delete a batch of {} records", model.name());
        self.write(ctx, &model, &message, |store| changes::batch_delete(store, &batch, items))
    }

    fn keeps_history(&self) -> bool {
        true
    }

    async fn get_at(&self, ctx: &Context, op: GetAt) -> Result<Option<Record>> {
        history::get_at(&self.store(), ctx, op)
    }

    async fn history(&self, ctx: &Context, op: History) -> Result<Versions> {
        history::history(&self.store(), ctx, op)
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
