//! Pools that share one budget of connections.
//!
//! Each database has a pool of its own; every open connection holds a permit of the budget. When the budget is spent, the
//! pool that was idle longest gives a connection up; when none is idle, whoever finishes next gives theirs up.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, Object, Pool, PoolError, RecycleError, RecycleResult};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;
use tokio_postgres::{Client, NoTls};
use udal_core::{Error, ErrorKind};

use crate::{Failure, Place, Settings};

/// An open connection with its part of the budget.
pub(crate) struct Pooled {
    client: Client,
    /// The task that drives the connection.
    driver: AbortHandle,
    _permit: OwnedSemaphorePermit,
}

impl Pooled {
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn client_mut(&mut self) -> &mut Client {
        &mut self.client
    }
}

/// A connection that is in use.
pub(crate) enum Lease {
    /// Lent from a pool; the second part is dropped after the first, so that the connection is idle when those who wait are
    /// told.
    Pooled { object: Object<Opener>, _returned: Returned },
    /// Opened for maintenance; it is closed after use.
    Maintenance(Pooled),
}

impl Lease {
    pub(crate) fn pooled(&self) -> &Pooled {
        match self {
            Lease::Pooled { object, .. } => object,
            Lease::Maintenance(pooled) => pooled,
        }
    }

    pub(crate) fn pooled_mut(&mut self) -> &mut Pooled {
        match self {
            Lease::Pooled { object, .. } => object,
            Lease::Maintenance(pooled) => pooled,
        }
    }

    /// Closes the connection at once, whatever the server still sends, and takes it out of the pool.
    pub(crate) fn close(self) {
        match self {
            Lease::Pooled { object, .. } => Object::take(object).driver.abort(),
            Lease::Maintenance(pooled) => pooled.driver.abort(),
        }
    }
}

/// Tells, when it is dropped, that a connection became idle.
pub(crate) struct Returned(Arc<Budget>);

impl Drop for Returned {
    fn drop(&mut self) {
        if self.0.waiting.load(Ordering::Acquire) > 0 {
            self.0.returned.notify_one();
        }
    }
}

struct Budget {
    permits: Arc<Semaphore>,
    /// The part of the budget that is kept for maintenance.
    reserve: Arc<Semaphore>,
    /// How many wait for a permit.
    waiting: AtomicUsize,
    /// Told when a connection became idle while someone waits.
    returned: Notify,
}

/// Opens the connections of one pool.
pub(crate) struct Opener {
    config: tokio_postgres::Config,
    settings: Arc<Settings>,
    budget: Arc<Budget>,
    pools: Weak<Pools>,
}

impl Opener {
    async fn permit(&self) -> Result<OwnedSemaphorePermit, Failure> {
        if let Ok(permit) = Arc::clone(&self.budget.permits).try_acquire_owned() {
            return Ok(permit);
        }
        let _waiting = Waiting::new(&self.budget.waiting);
        tokio::time::timeout(self.settings.wait_timeout, self.wait_for_permit())
            .await
            .unwrap_or_else(|_| Err(busy().into()))
    }

    async fn wait_for_permit(&self) -> Result<OwnedSemaphorePermit, Failure> {
        loop {
            if let Some(pools) = self.pools.upgrade() {
                pools.give_up_idlest();
            }
            tokio::select! {
                permit = Arc::clone(&self.budget.permits).acquire_owned() => return permit.map_err(|_| busy().into()),
                () = self.budget.returned.notified() => {}
            }
        }
    }
}

/// Counts one who waits, for as long as it lives: also when the wait is cancelled.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Waiting(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn busy() -> Error {
    Error::new(ErrorKind::Unavailable, "every connection to the database is in use").hint("try again in a moment")
}

fn no_such_server(place: &Place) -> Error {
    Error::new(ErrorKind::Unavailable, format!("the server `{}` is not configured", place.server()))
        .hint("add it to the configuration, under the name it had")
}

impl Manager for Opener {
    type Type = Pooled;
    type Error = Failure;

    async fn create(&self) -> Result<Pooled, Failure> {
        let permit = self.permit().await?;
        let (client, driver) = open(&self.config, self.settings.connect_timeout).await?;
        Ok(Pooled { client, driver, _permit: permit })
    }

    async fn recycle(&self, pooled: &mut Pooled, _: &Metrics) -> RecycleResult<Failure> {
        if pooled.client.is_closed() { Err(RecycleError::message("the connection was closed")) } else { Ok(()) }
    }
}

/// Opens a connection and drives it in a task of its own, which ends when the client is dropped.
async fn open(config: &tokio_postgres::Config, timeout: Duration) -> Result<(Client, AbortHandle), Failure> {
    let connected = tokio::time::timeout(timeout, config.connect(NoTls)).await;
    let (client, connection) = connected.map_err(|_| {
        Error::new(ErrorKind::Unavailable, "the database does not answer").hint("try again in a moment")
    })??;
    let driver = tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a database connection ended");
        }
    });
    Ok((client, driver.abort_handle()))
}

/// The pools of every database in use.
pub(crate) struct Pools {
    settings: Arc<Settings>,
    budget: Arc<Budget>,
    pools: Mutex<HashMap<Place, Pool<Opener>>>,
    this: Weak<Pools>,
}

impl Pools {
    pub(crate) fn new(settings: Arc<Settings>) -> Arc<Self> {
        let permits = Arc::new(Semaphore::new(settings.pooled_connections()));
        let reserve = Arc::new(Semaphore::new(settings.reserved_connections()));
        let budget = Arc::new(Budget { permits, reserve, waiting: AtomicUsize::new(0), returned: Notify::new() });
        Arc::new_cyclic(|this| Pools { settings, budget, pools: Mutex::default(), this: Weak::clone(this) })
    }

    /// Lends a connection to the database at `place`.
    pub(crate) async fn lend(&self, place: &Place) -> Result<Lease, Failure> {
        let pool = self.pool(place)?;
        match pool.get().await {
            Ok(object) => Ok(Lease::Pooled { object, _returned: Returned(Arc::clone(&self.budget)) }),
            Err(PoolError::Backend(failure)) => Err(failure),
            Err(_) => Err(busy().into()),
        }
    }

    /// Opens a connection to the database at `place` out of the reserve for maintenance.
    ///
    /// Who holds one asks for no second and waits for no pooled one: so one can be had, in time, by whoever holds a pooled
    /// one.
    pub(crate) async fn maintain(&self, place: &Place) -> Result<Lease, Failure> {
        let reserve = Arc::clone(&self.budget.reserve).acquire_owned();
        let permit = match tokio::time::timeout(self.settings.wait_timeout, reserve).await {
            Ok(Ok(permit)) => permit,
            _ => return Err(busy().into()),
        };
        let (client, driver) = open(&self.config(place)?, self.settings.connect_timeout).await?;
        Ok(Lease::Maintenance(Pooled { client, driver, _permit: permit }))
    }

    fn pool(&self, place: &Place) -> Result<Pool<Opener>, Failure> {
        let mut pools = self.lock();
        if let Some(pool) = pools.get(place) {
            return Ok(pool.clone());
        }
        let opener = Opener {
            config: self.config(place)?,
            settings: Arc::clone(&self.settings),
            budget: Arc::clone(&self.budget),
            pools: Weak::clone(&self.this),
        };
        let pool = Pool::builder(opener)
            .max_size(self.settings.max_connections_per_tenant.max(1))
            .wait_timeout(Some(self.settings.wait_timeout))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(|error| Failure::Error(Error::internal(error)))?;
        if pools.is_empty() {
            self.start_reaper();
        }
        pools.insert(place.clone(), pool.clone());
        Ok(pool)
    }

    pub(crate) fn open_connections(&self) -> usize {
        let free = self.budget.permits.available_permits() + self.budget.reserve.available_permits();
        (self.settings.pooled_connections() + self.settings.reserved_connections()).saturating_sub(free)
    }

    /// How to reach the database at `place`.
    pub(crate) fn config(&self, place: &Place) -> Result<tokio_postgres::Config, Failure> {
        let known = self.settings.servers.get(place.server());
        let mut config = known.cloned().ok_or_else(|| no_such_server(place))?;
        config.dbname(place.database()).application_name("udal");
        Ok(config)
    }

    /// Closes the pool of the database at `place`.
    pub(crate) fn close(&self, place: &Place) {
        if let Some(pool) = self.lock().remove(place) {
            pool.close();
        }
    }

    /// Closes what the pool that was idle longest keeps idle.
    fn give_up_idlest(&self) {
        let idlest = {
            let pools = self.lock();
            let idle = pools.values().filter_map(|pool| Some((idle_time(pool)?, pool.clone())));
            idle.max_by_key(|(time, _)| *time).map(|(_, pool)| pool)
        };
        if let Some(pool) = idlest {
            let mut is_first = true;
            pool.retain(|_, _| !std::mem::take(&mut is_first));
        }
    }

    /// Starts a task that closes idle connections and forgets pools without any; it ends with the pools.
    fn start_reaper(&self) {
        let (weak, idle_timeout) = (Weak::clone(&self.this), self.settings.idle_timeout);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(idle_timeout / 2).await;
                let Some(pools) = weak.upgrade() else { return };
                let mut all = pools.lock();
                all.retain(|_, pool| {
                    pool.retain(|_, metrics| metrics.last_used() < idle_timeout);
                    pool.status().size > 0
                });
                if all.is_empty() {
                    return;
                }
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Place, Pool<Opener>>> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long the pool's idlest connection has been idle; `None` where none is idle.
fn idle_time(pool: &Pool<Opener>) -> Option<Duration> {
    let mut idlest = None;
    pool.retain(|_, metrics| {
        idlest = idlest.max(Some(metrics.last_used()));
        true
    });
    idlest
}
