//! Builds a service, and checks that nothing is missing.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use udal_core::contract::Backend;
use udal_core::model::{Catalog, StorageKind};
use udal_core::{Error, Result};

use crate::service::Inner;
use crate::{AuditLog, Clock, EventSink, Hooks, RecordService, SystemClock};

/// Builds a [`RecordService`].
pub struct RecordServiceBuilder {
    catalog: Catalog,
    backends: HashMap<StorageKind, Arc<dyn Backend>>,
    hooks: Vec<(String, String, Arc<dyn Hooks>)>,
    sinks: Vec<Arc<dyn EventSink>>,
    audit: Option<Arc<dyn AuditLog>>,
    clock: Arc<dyn Clock>,
}

impl RecordServiceBuilder {
    pub(crate) fn new(catalog: Catalog) -> Self {
        let (backends, hooks, sinks) = (HashMap::new(), Vec::new(), Vec::new());
        RecordServiceBuilder { catalog, backends, hooks, sinks, audit: None, clock: Arc::new(SystemClock) }
    }

    /// Keeps the models of that storage in `backend`.
    #[must_use]
    pub fn backend(mut self, storage: StorageKind, backend: Arc<dyn Backend>) -> Self {
        self.backends.insert(storage, backend);
        self
    }

    /// Calls `hooks` around each write of the model, after those registered before.
    #[must_use]
    pub fn hooks(mut self, group: &str, model: &str, hooks: Arc<dyn Hooks>) -> Self {
        self.hooks.push((group.to_owned(), model.to_owned(), hooks));
        self
    }

    /// Tells `sink` of each committed write.
    #[must_use]
    pub fn events(mut self, sink: Arc<dyn EventSink>) -> Self {
        self.sinks.push(sink);
        self
    }

    /// Notes in `log` what was written and denied, and what was read of models that ask for it.
    #[must_use]
    pub fn audit(mut self, log: Arc<dyn AuditLog>) -> Self {
        self.audit = Some(log);
        self
    }

    /// Takes the time from `clock` instead of the system's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The service.
    ///
    /// # Errors
    /// [`UnknownName`](udal_core::ErrorKind::UnknownName) where hooks name a model that is not there;
    /// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) where a model's storage has no backend.
    pub fn build(self) -> Result<RecordService> {
        let RecordServiceBuilder { catalog, backends, hooks: registered, sinks, audit, clock } = self;
        if let Some(model) = catalog.models().find(|model| !backends.contains_key(&model.storage_kind())) {
            let message = format!("model `{}` is kept in {}, which has no backend", model.name(), model.storage_kind());
            return Err(Error::invalid(message).hint("give the builder a backend for this storage"));
        }
        let mut hooks: HashMap<String, Vec<Arc<dyn Hooks>>> = HashMap::new();
        for (group, model, hook) in registered {
            // Names of models are unique in all groups.
            hooks.entry(catalog.model(&group, &model)?.name().to_owned()).or_default().push(hook);
        }
        Ok(RecordService { inner: Arc::new(Inner { catalog, backends, hooks, audit, sinks, clock }) })
    }
}

impl fmt::Debug for RecordServiceBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordServiceBuilder").field("storages", &self.backends.keys()).finish_non_exhaustive()
    }
}
