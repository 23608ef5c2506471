//! Work that is done once, however many ask for it at the same instant.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

/// Remembers which pieces of work are done. A piece that failed is tried again by the next who asks.
#[derive(Debug, Default)]
pub(crate) struct Once {
    cells: Mutex<HashMap<String, Arc<OnceCell<()>>>>,
}

impl Once {
    /// Does `work`, unless it has been done under this key; waits where another is at it.
    pub(crate) async fn run<E, F: Future<Output = Result<(), E>>>(
        &self,
        key: &str,
        work: impl FnOnce() -> F,
    ) -> Result<(), E> {
        let cell = Arc::clone(self.lock().entry(key.to_owned()).or_default());
        cell.get_or_try_init(work).await.copied()
    }

    /// Forgets every key that `is_stale`.
    pub(crate) fn forget(&self, is_stale: impl Fn(&str) -> bool) {
        self.lock().retain(|key, _| !is_stale(key));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<OnceCell<()>>>> {
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
