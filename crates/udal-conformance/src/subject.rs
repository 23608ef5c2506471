//! What the suite is run on.

use std::sync::Arc;

use tokio::runtime::Handle;
use udal_core::contract::Backend;
use udal_core::model::StorageKind;
use udal_query::graph::GraphBackend;

use crate::case::Case;

/// What a case needs to apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing: it applies to every backend.
    Nothing,
    /// Models that are kept as linked documents.
    Documents,
    /// Models that are kept in tables.
    Tables,
    /// A backend that keeps what records were.
    History,
    /// The same, with models that are kept as linked documents.
    LinkedHistory,
    /// A backend that keeps the current version only.
    NoHistory,
}

/// A backend with what the suite has to know of it.
#[derive(Clone)]
pub struct Subject {
    pub(crate) name: String,
    pub(crate) storage: StorageKind,
    pub(crate) backend: Arc<dyn Backend>,
    /// What walks along its links, where it does.
    pub(crate) graph: Option<Arc<dyn GraphBackend>>,
    pub(crate) runtime: Handle,
    pub(crate) comparisons: usize,
    /// The seed of random comparisons, where every run is to ask the same.
    pub(crate) repeats: Option<u64>,
    /// By what large numbers of records are divided.
    pub(crate) fewer: usize,
    skipped: Vec<(String, String)>,
}

impl Subject {
    /// A backend that is asked to keep models in tables.
    pub fn tables(name: impl Into<String>, backend: Arc<dyn Backend>, runtime: &Handle) -> Self {
        Subject::new(name.into(), StorageKind::Postgresql, backend, runtime)
    }

    /// A backend that is asked to keep models as linked documents.
    pub fn documents(name: impl Into<String>, backend: Arc<dyn Backend>, runtime: &Handle) -> Self {
        Subject::new(name.into(), StorageKind::Terminusdb, backend, runtime)
    }

    fn new(name: String, storage: StorageKind, backend: Arc<dyn Backend>, runtime: &Handle) -> Self {
        let runtime = runtime.clone();
        Subject {
            name,
            storage,
            backend,
            graph: None,
            runtime,
            comparisons: 2_000,
            repeats: None,
            fewer: 1,
            skipped: Vec::new(),
        }
    }

    /// Also compares its walks along links: it is asked of random graphs what a plain walk is.
    #[must_use]
    pub fn walking(mut self, graph: Arc<dyn GraphBackend>) -> Self {
        self.graph = Some(graph);
        self
    }

    /// How many random comparisons to make where `UDAL_COMPARISONS` does not say; 2,000 by default.
    #[must_use]
    pub fn comparisons(mut self, comparisons: usize) -> Self {
        self.comparisons = comparisons;
        self
    }

    /// Makes every run ask the same: tenants are called after their cases, and random comparisons are of this seed.
    #[must_use]
    pub fn repeatable(mut self, seed: u64) -> Self {
        self.repeats = Some(seed);
        self
    }

    /// Writes a fifth of the records where it matters only that they are many: 1,200 to 8,000, more than go into one part of
    /// a batch.
    #[must_use]
    pub fn with_fewer_records(mut self) -> Self {
        self.fewer = 5;
        self
    }

    /// Leaves out a case (`LIST-2::ties_are_broken_by_id`) or those of a clause (`LIST-2`): it is shown as ignored.
    #[must_use]
    pub fn skip(mut self, case: impl Into<String>, reason: impl Into<String>) -> Self {
        self.skipped.push((case.into(), reason.into()));
        self
    }

    /// Why the case is not run on this subject, where it is not.
    pub(crate) fn ignores(&self, case: &Case) -> Option<String> {
        let title = case.title();
        let skipped = self.skipped.iter().find(|(skipped, _)| *skipped == title || *skipped == case.clause);
        let keeps_history = self.backend.keeps_history();
        let reason = match (case.need, self.storage) {
            (Need::Documents | Need::LinkedHistory, StorageKind::Postgresql) => "tables hold no links",
            (Need::Tables, StorageKind::Terminusdb) => "only tables have these settings",
            (Need::History | Need::LinkedHistory, _) if !keeps_history => "it keeps the current version only",
            (Need::NoHistory, _) if keeps_history => "it keeps what records were",
            _ => return skipped.map(|(_, reason)| reason.clone()),
        };
        Some(reason.to_owned())
    }

    /// What was to be left out and is no case at all.
    pub(crate) fn unknown_skips(&self, cases: &[Case]) -> Vec<&str> {
        let known = |skipped: &str| cases.iter().any(|case| case.clause == skipped || case.title() == skipped);
        self.skipped.iter().map(|(skipped, _)| skipped.as_str()).filter(|skipped| !known(skipped)).collect()
    }
}
