//! Work that is done once, however many ask for it at the same instant.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use tokio::sync::OnceCell;

/// Remembers which pieces of work are done. A piece that failed is tried again by the next who asks.
#[derive(Debug, Default)]
pub(crate) struct Once {
    cells: Mutex<HashMap<Box<str>, Arc<OnceCell<()>>>>,
}

impl Once {
    /// Does `work`, unless it has been done under this key; waits where another is at it.
    pub(crate) async fn run<E, F: Future<Output = Result<(), E>>>(
        &self,
        key: &str,
        work: impl FnOnce() -> F,
    ) -> Result<(), E> {
        let cell = self.cell(key);
        cell.get_or_try_init(work).await.copied()
    }

    /// Forgets that the piece was done.
    pub(crate) fn forget(&self, key: &str) {
        self.lock().remove(key);
    }

    fn cell(&self, key: &str) -> Arc<OnceCell<()>> {
        let mut cells = self.lock();
        if let Some(cell) = cells.get(key) {
            return Arc::clone(cell);
        }
        Arc::clone(cells.entry(key.into()).or_default())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Box<str>, Arc<OnceCell<()>>>> {
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The most subjects whose work is remembered.
const MOST: u64 = 100_000;
/// How long the work on a subject is remembered that nobody asks for.
const IDLE: Duration = Duration::from_secs(600);

/// A [`Once`] for each subject. A subject that is idle is forgotten, and its work looked at again when it is next needed.
pub(crate) struct OncePer<K> {
    subjects: Cache<K, Arc<Once>>,
}

impl<K: Clone + Eq + Hash + Send + Sync + 'static> Default for OncePer<K> {
    fn default() -> Self {
        OncePer { subjects: Cache::builder().max_capacity(MOST).time_to_idle(IDLE).build() }
    }
}

impl<K: Clone + Eq + Hash + Send + Sync + 'static> OncePer<K> {
    /// What was done on `subject`.
    pub(crate) fn of(&self, subject: &K) -> Arc<Once> {
        self.subjects.get_with_by_ref(subject, Arc::default)
    }

    /// Forgets everything that was done on `subject`.
    pub(crate) fn forget(&self, subject: &K) {
        self.subjects.invalidate(subject);
    }
}
