//! Work that is done once, however many ask for it at the same instant.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;

use crate::line::Line;

/// Remembers which pieces of work are done. A piece that failed is tried again by the next who asks.
#[derive(Debug)]
pub(crate) struct Once<E> {
    pieces: Mutex<Pieces<E>>,
}

type Pieces<E> = HashMap<Box<str>, Arc<Piece<E>>>;

#[derive(Debug)]
struct Piece<E> {
    is_done: AtomicBool,
    line: Line<E>,
}

impl<E> Default for Once<E> {
    fn default() -> Self {
        Once { pieces: Mutex::default() }
    }
}

impl<E> Default for Piece<E> {
    fn default() -> Self {
        Piece { is_done: AtomicBool::new(false), line: Line::default() }
    }
}

impl<E> Piece<E> {
    fn is_done(&self) -> bool {
        self.is_done.load(Ordering::Acquire)
    }
}

impl<E: Clone> Once<E> {
    /// Does `work`, unless it has been done under this key; where another is at it, waits, and fails where that fails.
    pub(crate) async fn run<F: Future<Output = Result<(), E>>>(
        &self,
        key: &str,
        work: impl FnOnce() -> F,
    ) -> Result<(), E> {
        let piece = self.piece(key);
        if piece.is_done() {
            return Ok(());
        }
        let unless_done = async || -> Result<(), E> {
            if !piece.is_done() {
                work().await?;
                piece.is_done.store(true, Ordering::Release);
            }
            Ok(())
        };
        piece.line.shared(unless_done).await
    }

    /// Forgets that the piece was done.
    pub(crate) fn forget(&self, key: &str) {
        self.lock().remove(key);
    }

    fn piece(&self, key: &str) -> Arc<Piece<E>> {
        let mut pieces = self.lock();
        if let Some(piece) = pieces.get(key) {
            return Arc::clone(piece);
        }
        Arc::clone(pieces.entry(key.into()).or_default())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Pieces<E>> {
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The most subjects whose work is remembered.
const MOST: u64 = 100_000;
/// How long the work on a subject is remembered that nobody asks for.
const IDLE: Duration = Duration::from_secs(600);

/// A [`Once`] for each subject. A subject that is idle is forgotten, and its work looked at again when it is next needed.
pub(crate) struct OncePer<K, E> {
    subjects: Cache<K, Arc<Once<E>>>,
}

impl<K: Clone + Eq + Hash + Send + Sync + 'static, E: Send + Sync + 'static> Default for OncePer<K, E> {
    fn default() -> Self {
        OncePer { subjects: Cache::builder().max_capacity(MOST).time_to_idle(IDLE).build() }
    }
}

impl<K: Clone + Eq + Hash + Send + Sync + 'static, E: Send + Sync + 'static> OncePer<K, E> {
    /// What was done on `subject`.
    pub(crate) fn of(&self, subject: &K) -> Arc<Once<E>> {
        self.subjects.get_with_by_ref(subject, Arc::default)
    }

    /// Forgets everything that was done on `subject`.
    pub(crate) fn forget(&self, subject: &K) {
        self.subjects.invalidate(subject);
    }
}
