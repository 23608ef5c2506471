//! One at a time, for each key.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// Lets those who work on the same thing work one after the other, within this process.
pub(crate) struct Flights<K>(Mutex<HashMap<K, Weak<Turn<()>>>>);

impl<K> Default for Flights<K> {
    fn default() -> Self {
        Flights(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash> Flights<K> {
    /// Waits for the turn of `key`, which lasts as long as what is answered is kept.
    pub(crate) async fn board(&self, key: &K) -> OwnedMutexGuard<()> {
        self.turn(key).lock_owned().await
    }

    fn turn(&self, key: &K) -> Arc<Turn<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(key).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::new(Turn::new(()));
        turns.insert(key.clone(), Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_at_a_time_for_each_key_and_nothing_kept() {
        let flights = Flights::default();
        let first = flights.board(&1).await;
        assert!(flights.turn(&1).try_lock().is_err());
        drop(flights.board(&2).await);
        drop(first);
        drop(flights.board(&1).await);
        drop(flights.board(&3).await);
        assert_eq!(flights.0.lock().unwrap().len(), 1);
    }
}
