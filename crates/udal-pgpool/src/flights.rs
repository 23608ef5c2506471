//! One at a time, for each key.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::line::Line;

/// Lets those who work on the same thing work one after the other, within this process.
pub(crate) struct Flights<K, E>(Mutex<HashMap<K, Weak<Line<E>>>>);

impl<K, E> Default for Flights<K, E> {
    fn default() -> Self {
        Flights(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash, E: Clone> Flights<K, E> {
    /// Does `work` when the turn of `key` comes, unless what it waited for failed.
    ///
    /// # Errors
    /// What `work` fails with, or what another's did meanwhile.
    pub(crate) async fn shared<T, F: Future<Output = Result<T, E>>>(
        &self,
        key: &K,
        work: impl FnOnce() -> F,
    ) -> Result<T, E> {
        self.line(key).shared(work).await
    }

    /// Does `work` when the turn of `key` comes; what comes of it is nobody else's.
    pub(crate) async fn alone<T>(&self, key: &K, work: impl Future<Output = T>) -> T {
        self.line(key).alone(work).await
    }

    fn line(&self, key: &K) -> Arc<Line<E>> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get(key).and_then(Weak::upgrade) {
            return line;
        }
        lines.retain(|_, line| line.strong_count() > 0);
        let line = Arc::new(Line::default());
        lines.insert(key.clone(), Arc::downgrade(&line));
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_at_a_time_for_each_key_and_nothing_kept() {
        let flights: Flights<i32, ()> = Flights::default();
        let first = flights.line(&1);
        let kept = async {
            assert!(Arc::ptr_eq(&first, &flights.line(&1)));
            flights.alone(&2, async {}).await;
        };
        flights.alone(&1, kept).await;
        drop(first);
        flights.shared(&1, || async { Ok(()) }).await.unwrap();
        flights.alone(&3, async {}).await;
        assert_eq!(flights.0.lock().unwrap().len(), 1);
    }
}
