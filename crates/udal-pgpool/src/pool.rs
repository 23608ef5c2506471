//! Connections to every database in use, out of one budget.
//!
//! [`Queue`] says who gets one; this is what opens, lends, watches and closes them.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;
use tokio_postgres::config::Config;
use tokio_postgres::{Client, Error as PgError};
use udal_core::{Error, ErrorKind};

use crate::breaker::{Breakers, left_alone};
use crate::lease::{Lease, Live};
use crate::open::{NotOpened, config_for, connect, drive};
use crate::queue::{Grant, Limits, Queue, Taken};
use crate::status::{Counts, PoolStatus, ServerStatus};
use crate::watch::Watch;
use crate::{BreakerSettings, Failure, Place, ServerName, Settings};

/// The connections of this process.
pub(crate) struct Pools {
    settings: Arc<Settings>,
    queue: Mutex<Queue<Live>>,
    reserve: Arc<Semaphore>,
    breakers: Arc<Breakers<ServerName>>,
    /// The databases that take no more connections.
    full: Breakers<Place>,
    counts: Arc<Counts>,
    /// Whether a task closes what is idle for too long.
    is_reaped: Mutex<bool>,
    this: Weak<Pools>,
}

/// A part of the reserve: room for one connection at a time.
pub(crate) struct Reserved(Arc<OwnedSemaphorePermit>);

impl Pools {
    pub(crate) fn new(settings: Arc<Settings>) -> Arc<Self> {
        let queue = Mutex::new(Queue::new(limits(&settings)));
        let reserved = settings.limits.reserved_connections();
        Arc::new_cyclic(|this| Pools {
            queue,
            reserve: Arc::new(Semaphore::new(reserved)),
            breakers: Arc::new(Breakers::new(settings.breaker)),
            full: Breakers::new(pauses_of_a_full_database(settings.breaker)),
            counts: Arc::default(),
            is_reaped: Mutex::new(false),
            this: Weak::clone(this),
            settings,
        })
    }

    /// Lends a connection to the database at `place`.
    pub(crate) async fn lend(self: &Arc<Self>, place: &Place) -> Result<Lease, Failure> {
        self.known(place)?;
        let lease = self.find_or_open(place).await?;
        self.counts.lent();
        Ok(lease)
    }

    async fn find_or_open(self: &Arc<Self>, place: &Place) -> Result<Lease, Failure> {
        loop {
            let grant = match self.with_queue(|queue| queue.take(place)) {
                Taken::Granted(grant) => grant,
                Taken::Waits(number, receiver) => self.wait(place, number, receiver).await?,
                Taken::Full => return Err(self.turned_away().into()),
            };
            match grant {
                Grant::Refused(error) => return Err(error.into()),
                Grant::MayOpen(id) => return self.open(place, id).await,
                Grant::Connection(live) => {
                    // One that the server has closed meanwhile is not given back, but ends.
                    if let Some(lease) = Lease::new(live, Some(Arc::clone(self))) {
                        return Ok(lease);
                    }
                }
            }
        }
    }

    async fn wait(
        self: &Arc<Self>,
        place: &Place,
        number: u64,
        receiver: oneshot::Receiver<Grant<Live>>,
    ) -> Result<Grant<Live>, Failure> {
        let mut waiting = Waiting { pools: self, place, number, receiver };
        // Whoever waits for a server that does not answer would wait in vain.
        self.breakers.check(place.server(), Instant::now())?;
        if let Ok(Ok(grant)) = timeout(self.settings.limits.wait_timeout, &mut waiting.receiver).await {
            return Ok(grant);
        }
        Err(self.waited_in_vain(place, self.settings.limits.wait_timeout).into())
    }

    /// What one is answered who may not wait, since too many do.
    pub(crate) fn turned_away(&self) -> Error {
        self.counts.turned_away();
        Error::new(ErrorKind::Unavailable, "too many calls wait for a connection to the database")
            .hint("try again in a moment, with fewer calls at one time")
    }

    /// What one is answered who waited for so long.
    pub(crate) fn waited_in_vain(&self, place: &Place, waited: Duration) -> Error {
        self.counts.timed_out();
        tracing::warn!(%place, ?waited, "a call got no connection in time");
        Error::new(ErrorKind::Unavailable, "every connection to the database is in use").hint("try again in a moment")
    }

    async fn open(self: &Arc<Self>, place: &Place, id: u64) -> Result<Lease, Failure> {
        let mut opening = Opening { pools: self, place, is_opened: false };
        let (opened, connection) = self.connect(place).await?;
        opening.is_opened = true;
        self.with_queue(|queue| queue.opened(place, id));
        let held = Held { pools: Weak::clone(&self.this), place: place.clone(), id };
        let live = self.live(place, id, opened, connection, held);
        self.start_reaper();
        Lease::new(live, Some(Arc::clone(self))).ok_or_else(|| closed_at_once(place).into())
    }

    /// Opens a connection to the database at `place` out of the reserve for maintenance.
    ///
    /// Who holds one asks for no second and waits for no pooled one: so one can be had, in time, by whoever holds a pooled
    /// one.
    pub(crate) async fn maintain(&self, place: &Place) -> Result<Lease, Failure> {
        self.known(place)?;
        let room = self.reserve_one(place).await?;
        self.open_reserved(place, &room).await
    }

    /// Takes room for one connection, to `place`, out of the reserve.
    pub(crate) async fn reserve_one(&self, place: &Place) -> Result<Reserved, Failure> {
        let Ok(permit) = self.reserve(1).await else {
            return Err(self.waited_in_vain(place, self.settings.limits.wait_timeout).into());
        };
        Ok(Reserved(Arc::new(permit)))
    }

    /// Takes room for two connections out of the reserve at once, one of them to `place`, so that none who has the one waits
    /// for the other.
    pub(crate) async fn reserve_two(&self, place: &Place) -> Result<(Reserved, Reserved), Failure> {
        let Ok(mut both) = self.reserve(2).await else {
            return Err(self.waited_in_vain(place, self.settings.limits.wait_timeout).into());
        };
        let one = both.split(1).ok_or_else(|| Error::internal("two permits are not two"))?;
        Ok((Reserved(Arc::new(one)), Reserved(Arc::new(both))))
    }

    async fn reserve(&self, connections: u32) -> Result<OwnedSemaphorePermit, Error> {
        let reserve = Arc::clone(&self.reserve).acquire_many_owned(connections);
        let permit = timeout(self.settings.limits.wait_timeout, reserve).await.map_err(Error::internal)?;
        permit.map_err(Error::internal)
    }

    /// Opens a connection in room that was reserved for it, and that no other connection is in.
    pub(crate) async fn open_reserved(&self, place: &Place, reserved: &Reserved) -> Result<Lease, Failure> {
        let (opened, connection) = self.connect(place).await?;
        let live = self.live(place, 0, opened, connection, Arc::clone(&reserved.0));
        Lease::new(live, None).ok_or_else(|| closed_at_once(place).into())
    }

    async fn connect(
        &self,
        place: &Place,
    ) -> Result<(Opened, impl Future<Output = Result<(), PgError>> + Send + use<>), Failure> {
        let config = config_for(self.known(place)?, place, self.settings.keep_alive);
        let server = place.server();
        let room = self.full.admit(place, Instant::now())?;
        let attempt = self.breakers.admit(server, Instant::now())?;
        match connect(server, &config, self.settings.limits.connect_timeout).await {
            Ok((client, connection)) => {
                attempt.answered();
                room.answered();
                self.counts.opened();
                Ok((Opened { client, config: Arc::new(config) }, connection))
            }
            Err(NotOpened::Refused(failure)) => {
                attempt.answered();
                room.answered();
                self.counts.not_opened();
                Err(failure)
            }
            Err(NotOpened::Full(error)) => {
                attempt.answered();
                self.counts.not_opened();
                tracing::warn!(%place, error = ?error, "a connection could not be opened");
                room.failed(Instant::now());
                Err(error.into())
            }
            Err(NotOpened::Unreachable(error)) => {
                self.counts.not_opened();
                tracing::warn!(%place, error = ?error, "a connection could not be opened");
                if let Some(pause) = attempt.failed(Instant::now()) {
                    self.with_queue(|queue| queue.refuse(server, || left_alone(server, pause)));
                }
                Err(error.into())
            }
        }
    }

    fn live(
        &self,
        place: &Place,
        id: u64,
        Opened { client, config }: Opened,
        connection: impl Future<Output = Result<(), PgError>> + Send + 'static,
        held: impl Send + 'static,
    ) -> Live {
        let (wanted, unwanted) = oneshot::channel();
        let patience = self.settings.limits.connect_timeout;
        let driver = drive(place, connection, unwanted, patience, held);
        let watch = Watch::new(place.clone(), patience, (client.cancel_token(), config), driver, self);
        Live::new(id, client, watch, wanted)
    }

    /// Takes a connection back: for the next, where it is as good as new.
    pub(crate) fn give_back(&self, live: Live) {
        let (place, id, is_good) = (live.place().clone(), live.id(), live.is_good());
        self.with_queue(|queue| match is_good {
            true => queue.give_back(&place, id, live),
            false => queue.discard(&place, id, live),
        });
    }

    /// How to reach the server at `place`.
    fn known(&self, place: &Place) -> Result<&Config, Failure> {
        let server = place.server();
        self.settings.servers.get(server).ok_or_else(|| {
            let message = format!("the server `{server}` is not configured");
            Error::new(ErrorKind::Unavailable, message)
                .hint("add it to the configuration, under the name it had")
                .into()
        })
    }

    /// What is told of a server that does not answer, and what counts.
    pub(crate) fn observers(&self) -> (Arc<Breakers<ServerName>>, Arc<Counts>) {
        (Arc::clone(&self.breakers), Arc::clone(&self.counts))
    }

    pub(crate) fn open_connections(&self) -> usize {
        self.with_queue(|queue| queue.held()) + self.maintenance()
    }

    fn maintenance(&self) -> usize {
        self.settings.limits.reserved_connections().saturating_sub(self.reserve.available_permits())
    }

    pub(crate) fn status(&self) -> PoolStatus {
        let now = Instant::now();
        let maintenance = self.maintenance();
        let mut status = self.with_queue(|queue| PoolStatus {
            open: queue.held() + maintenance,
            idle: queue.idle(),
            maintenance,
            waiting: queue.waiting(),
            databases: queue.places(),
            servers: self
                .settings
                .servers
                .keys()
                .map(|server| (server.clone(), self.server(queue, server, now)))
                .collect(),
            ..PoolStatus::default()
        });
        self.counts.fill(&mut status);
        status
    }

    fn server(&self, queue: &Queue<Live>, server: &ServerName, now: Instant) -> ServerStatus {
        let breaker = self.breakers.state(server, now);
        ServerStatus { open: queue.held_on(server), breaker }
    }

    /// Closes the connections to the database at `place`: those in use when they come back.
    pub(crate) fn close(&self, place: &Place) {
        self.with_queue(|queue| queue.close_all(place));
    }

    /// Starts a task that closes idle connections; it ends with the last connection, and with the pools.
    fn start_reaper(&self) {
        if std::mem::replace(&mut *self.is_reaped.lock().unwrap_or_else(PoisonError::into_inner), true) {
            return;
        }
        let (weak, idle_timeout) = (Weak::clone(&self.this), self.settings.limits.idle_timeout);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(idle_timeout / 2).await;
                let Some(pools) = weak.upgrade() else { return };
                let mut is_reaped = pools.is_reaped.lock().unwrap_or_else(PoisonError::into_inner);
                *is_reaped = pools.with_queue(|queue| {
                    queue.reap(idle_timeout);
                    queue.held() > 0
                });
                if !*is_reaped {
                    return;
                }
            }
        });
    }

    /// Does something to the queue; what it drops is dropped after the lock.
    fn with_queue<T>(&self, act: impl FnOnce(&mut Queue<Live>) -> T) -> T {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let done = act(&mut queue);
        let dropped = queue.take_dropped();
        drop(queue);
        drop(dropped);
        done
    }
}

/// A new connection, and how it was made.
struct Opened {
    client: Client,
    config: Arc<Config>,
}

/// One that waits; dropped, it leaves the queue, and what was granted to it meanwhile goes to another.
struct Waiting<'a> {
    pools: &'a Pools,
    place: &'a Place,
    number: u64,
    receiver: oneshot::Receiver<Grant<Live>>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.pools.with_queue(|queue| queue.leave(self.place, self.number)) {
            return;
        }
        match self.receiver.try_recv() {
            Ok(Grant::Connection(live)) => self.pools.give_back(live),
            Ok(Grant::MayOpen(_)) => self.pools.with_queue(|queue| queue.not_opened(self.place)),
            // The grant was received.
            Ok(Grant::Refused(_)) | Err(_) => {}
        }
    }
}

/// One that is being opened: what it takes of the budget is given back when it is dropped, unless it was opened.
struct Opening<'a> {
    pools: &'a Pools,
    place: &'a Place,
    is_opened: bool,
}

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        if !self.is_opened {
            self.pools.with_queue(|queue| queue.not_opened(self.place));
        }
    }
}

/// What an open connection takes of the budget, until its socket is closed.
struct Held {
    pools: Weak<Pools>,
    place: Place,
    id: u64,
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(pools) = self.pools.upgrade() {
            pools.with_queue(|queue| queue.ended(&self.place, self.id));
        }
    }
}

fn limits(settings: &Settings) -> Limits {
    let total = settings.limits.pooled_connections();
    // Of several servers none may take everything: one that hangs would take the others with it.
    let is_alone = settings.servers.len() <= 1;
    Limits {
        total,
        per_server: if is_alone { total } else { (total * 3 / 4).max(1) },
        opening_per_server: if is_alone { total } else { (total / 4).max(1) },
        per_place: settings.limits.max_connections_per_tenant.max(1),
        waiting: settings.limits.max_waiting,
        waiting_per_place: settings.limits.max_waiting_per_tenant,
    }
}

/// A database that is full may have room again at any instant, and answers at once whether it has.
fn pauses_of_a_full_database(of_a_server: BreakerSettings) -> BreakerSettings {
    let BreakerSettings { failures, backoff, longest_backoff } = of_a_server;
    BreakerSettings { failures, backoff, longest_backoff: longest_backoff.min(backoff * 4) }
}

fn closed_at_once(place: &Place) -> Error {
    Error::new(ErrorKind::Unavailable, format!("the server `{}` closed a new connection", place.server()))
        .hint("try again in a moment")
}
