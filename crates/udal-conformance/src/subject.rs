//! What the suite is run on.

use std::sync::Arc;

use tokio::runtime::Handle;
use udal_core::contract::Backend;
use udal_core::model::StorageKind;

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
}

/// A backend with what the suite has to know of it.
#[derive(Clone)]
pub struct Subject {
    pub(crate) name: String,
    pub(crate) storage: StorageKind,
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) runtime: Handle,
    pub(crate) comparisons: usize,
    /// The seed of random comparisons, where every run is to ask the same.
    pub(crate) repeats: Option<u64>,
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
        Subject { name, storage, backend, runtime, comparisons: 2_000, repeats: None, skipped: Vec::new() }
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
        match (skipped, case.need, self.storage) {
            (Some((_, reason)), ..) => Some(reason.clone()),
            (_, Need::Documents, StorageKind::Postgresql) => Some("tables hold no links".to_owned()),
            (_, Need::Tables, StorageKind::Terminusdb) => Some("only tables have these settings".to_owned()),
            _ => None,
        }
    }

    /// What was to be left out and is no case at all.
    pub(crate) fn unknown_skips(&self, cases: &[Case]) -> Vec<&str> {
        let known = |skipped: &str| cases.iter().any(|case| case.clause == skipped || case.title() == skipped);
        self.skipped.iter().map(|(skipped, _)| skipped.as_str()).filter(|skipped| !known(skipped)).collect()
    }
}
