//! What runs on a connection, so that nothing goes on there after its caller has gone.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::config::Config;
use tokio_postgres::{CancelToken, Error as PgError};

use crate::breaker::Breakers;
use crate::cancel::cancel;
use crate::pool::Pools;
use crate::status::Counts;
use crate::{Place, ServerName};

/// Watches one connection.
pub(crate) struct Watch {
    place: Place,
    /// How long to wait for a cancel request to be taken, and for what was cancelled to end.
    patience: Duration,
    token: CancelToken,
    /// How the connection was made.
    config: Arc<Config>,
    /// Ends the connection without asking the server.
    driver: AbortHandle,
    breakers: Arc<Breakers<ServerName>>,
    counts: Arc<Counts>,
    /// How many requests have begun whose end was not seen.
    running: AtomicUsize,
    /// A cancel request was sent, which may yet meet what comes next.
    is_spoiled: AtomicBool,
}

impl Watch {
    pub(crate) fn new(
        place: Place,
        patience: Duration,
        (token, config): (CancelToken, Arc<Config>),
        driver: AbortHandle,
        pools: &Pools,
    ) -> Self {
        let (breakers, counts) = pools.observers();
        let (running, is_spoiled) = (AtomicUsize::new(0), AtomicBool::new(false));
        Watch { place, patience, token, config, driver, breakers, counts, running, is_spoiled }
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// A request begins; what never comes to its [`end`](Watch::end) was left by its caller.
    pub(crate) fn begin(&self) {
        self.running.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn end(&self) {
        self.running.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether something runs that its caller has left.
    pub(crate) fn is_left_running(&self) -> bool {
        self.running.load(Ordering::Relaxed) > 0
    }

    /// Whether the next may have the connection.
    pub(crate) fn is_clean(&self) -> bool {
        !self.is_left_running() && !self.is_spoiled.load(Ordering::Relaxed)
    }

    /// Sees a request to its end, however long it takes.
    pub(crate) async fn unlimited<T>(&self, request: impl Future<Output = Result<T, PgError>>) -> Result<T, PgError> {
        self.begin();
        let answer = request.await;
        self.end();
        answer
    }

    /// Sees a request to its end; one that takes longer than `limit` is cancelled, and answers what the server says of that.
    pub(crate) async fn limited<T>(
        &self,
        limit: Duration,
        text: &str,
        request: impl Future<Output = Result<T, PgError>>,
    ) -> Result<T, PgError> {
        self.begin();
        let mut request = pin!(request);
        let answer = match timeout(limit, &mut request).await {
            Ok(answer) => answer,
            Err(_) => {
                tracing::warn!(place = %self.place, ?limit, text, "a statement takes too long; cancelling it");
                self.interrupt(request).await
            }
        };
        self.end();
        answer
    }

    async fn interrupt<T>(&self, mut request: impl Future<Output = Result<T, PgError>> + Unpin) -> Result<T, PgError> {
        self.is_spoiled.store(true, Ordering::Relaxed);
        self.counts.overdue();
        let cancelled = async {
            let ((), answer) = tokio::join!(self.send_cancel(), &mut request);
            answer
        };
        if let Ok(answer) = timeout(self.patience, cancelled).await {
            return answer;
        }
        tracing::warn!(place = %self.place, "a server does not answer a cancel request; closing the connection");
        self.breakers.failed(self.place.server(), Instant::now());
        self.driver.abort();
        // Ends at once: nobody is there who could answer.
        request.await
    }

    /// Cancels what the caller has left. `held` is dropped afterwards: the connection stays until the request was taken, and
    /// its driver then sees it to its end.
    pub(crate) fn cancel(self: &Arc<Self>, held: impl Send + 'static) {
        self.is_spoiled.store(true, Ordering::Relaxed);
        self.counts.cancelled();
        tracing::debug!(place = %self.place, "a caller has gone; cancelling its statement");
        // Without a runtime the driver has ended too, and the socket is closed.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let watch = Arc::clone(self);
            runtime.spawn(async move {
                watch.send_cancel().await;
                drop(held);
            });
        }
    }

    async fn send_cancel(&self) {
        match timeout(self.patience, cancel(&self.token, &self.config)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(place = %self.place, ?error, "a cancel request was not taken"),
            Err(_) => tracing::debug!(place = %self.place, "a cancel request was not taken in time"),
        }
    }
}
