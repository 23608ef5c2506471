//! The service: a catalog, the backends, and what is called around writes.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use udal_core::contract::Backend;
use udal_core::model::{Catalog, StorageKind};
use udal_core::{Error, Result, TenantSlug};

use crate::{Clock, EventSink, Hooks, RecordServiceBuilder, Records, audit};

/// The record service. Cheap to clone.
#[derive(Clone)]
pub struct RecordService {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) catalog: Catalog,
    pub(crate) backends: HashMap<StorageKind, Arc<dyn Backend>>,
    /// The hooks of each model, in the order in which they were registered.
    pub(crate) hooks: HashMap<String, Vec<Arc<dyn Hooks>>>,
    pub(crate) audit: audit::Log,
    pub(crate) sinks: Vec<Arc<dyn EventSink>>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl RecordService {
    /// Starts to build a service for the models of `catalog`.
    pub fn builder(catalog: Catalog) -> RecordServiceBuilder {
        RecordServiceBuilder::new(catalog)
    }

    /// The models.
    pub fn catalog(&self) -> &Catalog {
        &self.inner.catalog
    }

    /// The operations on the records of one model.
    ///
    /// # Errors
    /// [`UnknownName`](udal_core::ErrorKind::UnknownName), with the nearest name.
    pub fn records(&self, group: &str, model: &str) -> Result<Records> {
        let model = Arc::clone(self.inner.catalog.model(group, model)?);
        let kind = model.storage_kind();
        let backend =
            self.inner.backends.get(&kind).ok_or_else(|| Error::internal(format!("no backend for {kind}")))?;
        Ok(Records::new(Arc::clone(&self.inner), model, Arc::clone(backend)))
    }

    /// Makes a tenant on every backend; answers whether it was not there before.
    ///
    /// # Errors
    /// What a backend says; asked again, what is missing is made.
    pub async fn create_tenant(&self, tenant: &TenantSlug) -> Result<bool> {
        let mut created = false;
        for backend in self.distinct_backends() {
            created |= backend.create_tenant(tenant).await?;
        }
        Ok(created)
    }

    /// The tenants of every backend, sorted.
    ///
    /// # Errors
    /// What a backend says.
    pub async fn list_tenants(&self) -> Result<Vec<TenantSlug>> {
        let mut tenants = Vec::new();
        for backend in self.distinct_backends() {
            tenants.extend(backend.list_tenants().await?);
        }
        tenants.sort();
        tenants.dedup();
        Ok(tenants)
    }

    /// Removes a tenant and everything of it from every backend; answers whether it was there.
    ///
    /// # Errors
    /// What a backend says; asked again, what is left is removed.
    pub async fn drop_tenant(&self, tenant: &TenantSlug) -> Result<bool> {
        let mut dropped = false;
        for backend in self.distinct_backends() {
            dropped |= backend.drop_tenant(tenant).await?;
        }
        tracing::info!(%tenant, dropped, "dropped a tenant");
        Ok(dropped)
    }

    fn distinct_backends(&self) -> Vec<&Arc<dyn Backend>> {
        let mut distinct: Vec<&Arc<dyn Backend>> = Vec::new();
        for backend in self.inner.backends.values() {
            if !distinct.iter().any(|known| Arc::ptr_eq(known, backend)) {
                distinct.push(backend);
            }
        }
        distinct
    }
}

impl fmt::Debug for RecordService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let backends = self.inner.backends.iter().map(|(kind, backend)| (kind, backend.name()));
        f.debug_struct("RecordService").field("backends", &backends.collect::<HashMap<_, _>>()).finish_non_exhaustive()
    }
}
