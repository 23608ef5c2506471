//! One at a time; and whoever waits for an attempt that fails is not made to fail by one of his own.

use std::fmt;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Mutex as Turn;

/// Lets those who want the same work do it one after another. What fails, fails all who waited for it: where it takes long to
/// fail, the last of many would else wait for as many failures as there are before him.
pub(crate) struct Line<E> {
    turn: Turn<()>,
    failures: Mutex<Failures<E>>,
}

/// How many attempts failed, and the last of them.
struct Failures<E> {
    count: u64,
    last: Option<E>,
}

impl<E> Default for Line<E> {
    fn default() -> Self {
        Line { turn: Turn::default(), failures: Mutex::new(Failures { count: 0, last: None }) }
    }
}

impl<E> fmt::Debug for Line<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("failed", &self.failures().count).finish_non_exhaustive()
    }
}

impl<E: Clone> Line<E> {
    /// Does `work` when its turn comes, unless what it waited for failed. One that is dropped before its end is no failure:
    /// the next does its own.
    ///
    /// # Errors
    /// What `work` fails with, or what another's did meanwhile.
    pub(crate) async fn shared<T, F: Future<Output = Result<T, E>>>(&self, work: impl FnOnce() -> F) -> Result<T, E> {
        let before = self.failures().count;
        let _turn = self.turn.lock().await;
        let meanwhile = Some(self.failures()).filter(|failures| failures.count > before);
        if let Some(failure) = meanwhile.and_then(|failures| failures.last.clone()) {
            return Err(failure);
        }
        // Whoever gets here works for long; the future is kept out of those of every caller.
        let done = Box::pin(work()).await;
        let mut failures = self.failures();
        failures.last = done.as_ref().err().cloned();
        failures.count += u64::from(done.is_err());
        done
    }
}

impl<E> Line<E> {
    /// Does `work` when its turn comes; what comes of it is nobody else's.
    pub(crate) async fn alone<T>(&self, work: impl Future<Output = T>) -> T {
        let _turn = self.turn.lock().await;
        work.await
    }

    fn failures(&self) -> MutexGuard<'_, Failures<E>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Semaphore;
    use tokio::task::JoinSet;

    use super::*;

    /// Twenty who want work that ends when the test says so.
    struct Twenty {
        line: Line<usize>,
        attempts: AtomicUsize,
        may_end: Semaphore,
    }

    impl Twenty {
        async fn work(&self, fails: bool) -> Result<usize, usize> {
            let attempt = self.attempts.fetch_add(1, Ordering::Relaxed) + 1;
            self.may_end.acquire().await.unwrap().forget();
            if fails { Err(attempt) } else { Ok(attempt) }
        }
    }

    fn begin(fails: bool) -> (Arc<Twenty>, JoinSet<Result<usize, usize>>) {
        let (line, attempts, may_end) = (Line::default(), AtomicUsize::new(0), Semaphore::new(0));
        let twenty = Arc::new(Twenty { line, attempts, may_end });
        let mut callers = JoinSet::new();
        for _ in 0..20 {
            let twenty = Arc::clone(&twenty);
            callers.spawn(async move { twenty.line.shared(|| twenty.work(fails)).await });
        }
        (twenty, callers)
    }

    #[tokio::test]
    async fn who_waits_for_an_attempt_that_fails_fails_with_it_and_the_next_tries_again() {
        let (twenty, callers) = begin(true);
        tokio::task::yield_now().await;
        twenty.may_end.add_permits(100);
        assert_eq!(callers.join_all().await, [Err(1); 20]);
        assert_eq!(twenty.line.shared(|| twenty.work(false)).await, Ok(2));
        assert!(twenty.line.failures().last.is_none());
    }

    #[tokio::test]
    async fn what_succeeds_is_each_ones_own() {
        let (twenty, callers) = begin(false);
        tokio::task::yield_now().await;
        twenty.may_end.add_permits(100);
        let mut attempts: Vec<usize> = callers.join_all().await.into_iter().map(Result::unwrap).collect();
        attempts.sort_unstable();
        assert_eq!(attempts, (1..=20).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn an_attempt_that_is_given_up_is_taken_up_by_the_next() {
        let line = Arc::new(Line::<()>::default());
        let first = tokio::spawn({
            let line = Arc::clone(&line);
            async move { line.shared(std::future::pending::<Result<(), ()>>).await }
        });
        tokio::task::yield_now().await;
        let second = tokio::spawn(async move { line.shared(|| async { Ok(2) }).await });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        first.abort();
        assert_eq!(second.await.unwrap(), Ok(2));
    }
}
