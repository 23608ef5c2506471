//! A backend whose disk is full, or whose network is gone, at the call that a test chooses.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use udal_core::contract::{
    Backend, BatchCreate, BatchDelete, BatchReport, BatchUpdate, ChangeReport, Count, Create, Created, Delete, Deleted,
    Get, List, Page, Search, Update, Upsert,
};
use udal_core::record::Record;
use udal_core::{Context, Error, ErrorKind, Result, TenantSlug};
use udal_memory::MemoryBackend;

/// The reference backend, whose batch fails at one call, and whose other writes fail always, with one kind of error.
pub(crate) struct Faulty {
    pub(crate) inner: Arc<MemoryBackend>,
    kind: ErrorKind,
    fails_at: usize,
    batches: AtomicUsize,
}

/// What a driver might say: no answer may hold it.
pub(crate) const SECRET: &str = "password=hunter2";

impl Faulty {
    pub(crate) fn new(kind: ErrorKind, fails_at: usize) -> Arc<Self> {
        Arc::new(Faulty { inner: Arc::default(), kind, fails_at, batches: AtomicUsize::new(0) })
    }

    /// How many batches were asked for.
    pub(crate) fn batches(&self) -> usize {
        self.batches.load(Ordering::SeqCst)
    }

    fn fault(&self) -> Error {
        Error::new(self.kind, "the storage says no").cause(SECRET)
    }
}

#[async_trait]
impl Backend for Faulty {
    fn name(&self) -> &'static str {
        "faulty"
    }

    async fn get(&self, ctx: &Context, op: Get) -> Result<Option<Record>> {
        self.inner.get(ctx, op).await
    }

    async fn list(&self, ctx: &Context, op: List) -> Result<Page> {
        self.inner.list(ctx, op).await
    }

    async fn search(&self, ctx: &Context, op: Search) -> Result<Vec<Record>> {
        self.inner.search(ctx, op).await
    }

    async fn count(&self, ctx: &Context, op: Count) -> Result<u64> {
        self.inner.count(ctx, op).await
    }

    async fn create(&self, _: &Context, _: Create) -> Result<Created> {
        Err(self.fault())
    }

    async fn update(&self, _: &Context, _: Update) -> Result<Record> {
        Err(self.fault())
    }

    async fn delete(&self, _: &Context, _: Delete) -> Result<Option<Deleted>> {
        Err(self.fault())
    }

    async fn batch_create(&self, ctx: &Context, op: BatchCreate<'_>) -> Result<BatchReport> {
        if self.batches.fetch_add(1, Ordering::SeqCst) == self.fails_at {
            return Err(self.fault());
        }
        self.inner.batch_create(ctx, op).await
    }

    async fn upsert(&self, ctx: &Context, op: Upsert<'_>) -> Result<ChangeReport> {
        if self.batches.fetch_add(1, Ordering::SeqCst) == self.fails_at {
            return Err(self.fault());
        }
        self.inner.upsert(ctx, op).await
    }

    async fn batch_update(&self, _: &Context, _: BatchUpdate<'_>) -> Result<ChangeReport> {
        Err(self.fault())
    }

    async fn batch_delete(&self, _: &Context, _: BatchDelete<'_>) -> Result<ChangeReport> {
        Err(self.fault())
    }

    async fn create_tenant(&self, tenant: &TenantSlug) -> Result<bool> {
        self.inner.create_tenant(tenant).await
    }

    async fn list_tenants(&self) -> Result<Vec<TenantSlug>> {
        self.inner.list_tenants().await
    }

    async fn drop_tenant(&self, tenant: &TenantSlug) -> Result<bool> {
        self.inner.drop_tenant(tenant).await
    }
}
