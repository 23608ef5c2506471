//! The service: the parts of the record service, and a backend for each kind of query.

use std::fmt;
use std::sync::Arc;

use udal_query::graph::GraphBackend;
use udal_query::raw::RawBackend;
use udal_query::report::ReportBackend;

use crate::RecordService;
use crate::query::Budgets;
use crate::service::Inner;

/// The query services. Cheap to clone.
#[derive(Clone)]
pub struct QueryService {
    pub(super) inner: Arc<Inner>,
    pub(super) reports: Option<Arc<dyn ReportBackend>>,
    pub(super) graphs: Option<Arc<dyn GraphBackend>>,
    pub(super) raw: Option<Arc<dyn RawBackend>>,
    pub(super) budgets: Arc<Budgets>,
}

impl RecordService {
    /// The query services over the same models, with the same audit log. They answer what they are given a backend for.
    pub fn queries(&self) -> QueryService {
        QueryService { inner: Arc::clone(&self.inner), reports: None, graphs: None, raw: None, budgets: Arc::default() }
    }
}

impl QueryService {
    /// Asks `backend` for reports of the models in tables.
    #[must_use]
    pub fn reports(mut self, backend: Arc<dyn ReportBackend>) -> Self {
        self.reports = Some(backend);
        self
    }

    /// Asks `backend` for walks along the links of linked documents.
    #[must_use]
    pub fn graphs(mut self, backend: Arc<dyn GraphBackend>) -> Self {
        self.graphs = Some(backend);
        self
    }

    /// Asks `backend` what is asked in SQL.
    #[must_use]
    pub fn raw(mut self, backend: Arc<dyn RawBackend>) -> Self {
        self.raw = Some(backend);
        self
    }

    /// Bounds what queries cost.
    #[must_use]
    pub fn budgets(mut self, budgets: Budgets) -> Self {
        self.budgets = Arc::new(budgets);
        self
    }
}

impl fmt::Debug for QueryService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryService").field("reports", &self.reports.is_some()).finish_non_exhaustive()
    }
}
