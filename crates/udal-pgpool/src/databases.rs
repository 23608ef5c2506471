//! The databases of tenants: connections to them, and bringing them to where they must be.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use udal_core::{Error, Result, TenantSlug};

use crate::directory::{Directory, Known};
use crate::failure::Attempt;
use crate::flights::Flights;
use crate::lookups::LookUps;
use crate::once::{Once, OncePer};
use crate::pool::{Pools, Reserved};
use crate::{Connection, Database, Failure, Place, Placement, PoolStatus, ServerName, Settings, Step, server};

/// How many databases and tables are made at the same time.
const PROVISIONERS: usize = 4;
/// How many times as long as for a connection one waits for the turn to make them.
const TURN_WAITS: u32 = 3;

/// The databases of the tenants. Cheap to clone.
#[derive(Clone)]
pub struct TenantDatabases {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Arc<Settings>,
    pools: Arc<Pools>,
    directory: Directory,
    look_ups: LookUps,
    /// What was brought up to date in each database.
    done: OncePer<Place, Failure>,
    /// Whether the platform's database was.
    platform: Once<Error>,
    /// The servers that have the template.
    templates: Once<Failure>,
    /// The servers that were not searched for tenants of earlier releases.
    unsearched: Mutex<BTreeSet<ServerName>>,
    flights: Flights<TenantSlug, Error>,
    provisioners: Semaphore,
}

impl std::fmt::Debug for TenantDatabases {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TenantDatabases").field("settings", &self.inner.settings).finish_non_exhaustive()
    }
}

impl TenantDatabases {
    /// The databases on the servers that `settings` names. Connects when it is first used.
    pub fn new(settings: Settings) -> Self {
        let settings = Arc::new(settings);
        let inner = Inner {
            pools: Pools::new(Arc::clone(&settings)),
            directory: Directory::new(settings.place_fresh_for),
            look_ups: LookUps::default(),
            settings,
            done: OncePer::default(),
            platform: Once::default(),
            templates: Once::default(),
            unsearched: Mutex::default(),
            flights: Flights::default(),
            provisioners: Semaphore::new(PROVISIONERS),
        };
        TenantDatabases { inner: Arc::new(inner) }
    }

    /// How many connections to databases are open now: at most [`Settings::max_connections`].
    pub fn open_connections(&self) -> usize {
        self.inner.pools.open_connections()
    }

    /// How many of them are kept for maintenance: so many can work on databases at the same time without waiting.
    pub fn maintenance_connections(&self) -> usize {
        self.inner.settings.limits.reserved_connections()
    }

    /// What the connections are doing, in numbers: for metrics.
    pub fn status(&self) -> PoolStatus {
        self.inner.pools.status()
    }

    /// Where the reference database is that every tenant reads.
    pub fn shared_place(&self) -> Place {
        Place::new(self.inner.settings.platform_server.clone(), &self.inner.settings.shared_database)
    }

    /// Where the tenant's database is, as far as this process knows; `None` where there is no such tenant.
    ///
    /// # Errors
    /// `Unavailable` where the registry must be asked and cannot.
    pub async fn place_of(&self, tenant: &TenantSlug) -> Result<Option<Place>> {
        match self.inner.directory.get(tenant) {
            Some(known) => {
                self.look_again(tenant, &known);
                Ok(Some(known.place))
            }
            None => self.look_up(tenant).await,
        }
    }

    /// Asks the registry where the tenant is, and remembers it.
    pub(crate) async fn look_up(&self, slug: &TenantSlug) -> Result<Option<Place>> {
        match self.tenant(slug).await?.filter(|tenant| tenant.state.is_open()) {
            Some(tenant) => {
                self.inner.directory.put(slug, tenant.place.clone());
                Ok(Some(tenant.place))
            }
            None => {
                self.inner.directory.forget(slug);
                Ok(None)
            }
        }
    }

    /// Asks the registry again about a place that was looked up some time ago, while it is used as it is.
    pub(crate) fn look_again(&self, slug: &TenantSlug, known: &Known) {
        if !self.inner.directory.is_due(known) {
            return;
        }
        let (databases, slug, place) = (self.clone(), slug.clone(), known.place.clone());
        tokio::spawn(async move {
            if let Err(error) = databases.look_up(&slug).await {
                tracing::debug!(tenant = %slug, %error, "a tenant's place could not be looked up again");
                databases.inner.directory.put(&slug, place);
            }
        });
    }

    /// Lends a connection to the database at `place`.
    ///
    /// # Errors
    /// [`Failure::Missing`] where there is no such database; `Unavailable` where none can be had in time.
    pub async fn connect(&self, place: &Place) -> Attempt<Connection> {
        let limit = self.inner.settings.limits.statement_timeout;
        Ok(Connection::new(self.inner.pools.lend(place).await?, Some(limit)))
    }

    /// Lends a connection to `database`, wherever it is.
    ///
    /// # Errors
    /// [`Failure::Missing`] where there is no such tenant or database; `Unavailable` where none can be had in time.
    pub async fn connect_to(&self, database: &Database) -> Attempt<Connection> {
        let Database::Tenant(slug) = database else { return self.connect(&self.shared_place()).await };
        if let Some(known) = self.inner.directory.get(slug) {
            self.look_again(slug, &known);
            match self.connect(&known.place).await {
                // It was dropped, or brought elsewhere: the registry knows.
                Err(Failure::Missing(_)) => {}
                connected => return connected,
            }
        }
        match self.look_up(slug).await? {
            Some(place) => self.connect(&place).await,
            None => Err(no_such_tenant(slug)),
        }
    }

    pub(crate) async fn settle_and_remember(
        &self,
        slug: &TenantSlug,
        placement: &Placement,
        is_missing: bool,
    ) -> Result<(Place, bool)> {
        let settled = self.settle(slug, placement, is_missing).await?;
        self.inner.directory.put(slug, settled.place.clone());
        if settled.is_new {
            self.inner.done.forget(&settled.place);
        }
        Ok((settled.place, settled.is_new))
    }

    /// Makes the tenant with its database; answers whether it was not there before.
    ///
    /// # Errors
    /// `AlreadyExists` where it is on another server than `placement` says; what the database says.
    pub async fn create_tenant(&self, slug: &TenantSlug, placement: &Placement) -> Result<bool> {
        let settled = match placement {
            Placement::Anywhere => {
                self.inner.flights.shared(slug, || self.settle_and_remember(slug, placement, false)).await
            }
            // What is said of one server is no answer to those who name none.
            Placement::On(_) => self.inner.flights.alone(slug, self.settle_and_remember(slug, placement, false)).await,
        };
        settled.map(|settled| settled.1)
    }

    /// The tenants that can be read and written, sorted.
    ///
    /// # Errors
    /// What the database says.
    pub async fn list_tenants(&self) -> Result<Vec<TenantSlug>> {
        let open = self.tenants().await?.into_iter().filter(|tenant| tenant.state.is_open());
        Ok(open.map(|tenant| tenant.slug).collect())
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(crate) fn look_ups(&self) -> &LookUps {
        &self.inner.look_ups
    }

    /// What one is answered who may not even wait.
    pub(crate) fn turned_away(&self) -> Error {
        self.inner.pools.turned_away()
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.inner.directory
    }

    /// What was brought up to date in each database.
    pub(crate) fn done(&self) -> &OncePer<Place, Failure> {
        &self.inner.done
    }

    pub(crate) fn flights(&self) -> &Flights<TenantSlug, Error> {
        &self.inner.flights
    }

    pub(crate) fn platform(&self) -> &Once<Error> {
        &self.inner.platform
    }

    pub(crate) fn templates(&self) -> &Once<Failure> {
        &self.inner.templates
    }

    pub(crate) fn unsearched(&self) -> MutexGuard<'_, BTreeSet<ServerName>> {
        self.inner.unsearched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the one who watches that a step is done.
    pub(crate) async fn reached(&self, step: Step) -> Result<()> {
        self.inner.settings.checkpoints.reached(step).await
    }

    /// Waits until one of the few who make databases and tables, here at `place`, is done.
    ///
    /// # Errors
    /// `Unavailable` where none is done in time.
    pub(crate) async fn provisioning_turn(&self, place: &Place) -> Result<SemaphorePermit<'_>> {
        // Each before may itself wait for a connection, and then has work to do.
        let limit = self.inner.settings.limits.wait_timeout * TURN_WAITS;
        match timeout(limit, self.inner.provisioners.acquire()).await {
            Ok(turn) => turn.map_err(Error::internal),
            Err(_) => Err(self.inner.pools.waited_in_vain(place, limit)),
        }
    }

    /// Closes the pool of the database at `place`, which is about to be dropped, and forgets what was done in it.
    pub(crate) fn give_up(&self, slug: &TenantSlug, place: &Place) {
        self.inner.directory.forget(slug);
        self.inner.done.forget(place);
        self.inner.pools.close(place);
    }

    /// Makes an empty database that no tenant owns, where it is not there.
    pub(crate) async fn create_database(&self, place: &Place) -> Result<()> {
        let connection = self.maintain_server(place.server()).await?;
        Ok(server::create(&connection, place.database(), None).await.map(|_| ())?)
    }

    /// Opens a connection to the database at `place` for maintenance: for what changes structure, not records.
    ///
    /// It is part of the budget, out of a reserve of its own, and is closed after use. Whoever holds a connection of
    /// [`connect`](TenantDatabases::connect) may ask for one; whoever holds one must ask for neither kind until it is given
    /// back, or all may wait for one another.
    ///
    /// # Errors
    /// [`Failure::Missing`] where there is no such database; `Unavailable` where none can be had in time.
    pub async fn maintain(&self, place: &Place) -> Attempt<Connection> {
        Ok(Connection::new(self.inner.pools.maintain(place).await?, None))
    }

    /// Opens a connection to `database` for maintenance, wherever it is; as [`maintain`](TenantDatabases::maintain).
    ///
    /// # Errors
    /// [`Failure::Missing`] where there is no such tenant or database; `Unavailable` where none can be had in time.
    pub async fn maintain_of(&self, database: &Database) -> Attempt<Connection> {
        let place = match database {
            Database::Shared => self.shared_place(),
            Database::Tenant(slug) => self.place_of(slug).await?.ok_or_else(|| no_such_tenant(slug))?,
        };
        match (self.maintain(&place).await, database) {
            // It was dropped, or brought elsewhere: the registry knows.
            (Err(Failure::Missing(_)), Database::Tenant(slug)) => {
                let place = self.look_up(slug).await?.ok_or_else(|| no_such_tenant(slug))?;
                self.maintain(&place).await
            }
            (opened, _) => opened,
        }
    }

    /// A connection to the server's database that is always there, for maintenance.
    pub(crate) async fn maintain_server(&self, server: &ServerName) -> Result<Connection> {
        Ok(self.maintain(&self.always_there(server)).await?)
    }

    /// Takes room for one connection for maintenance on that server.
    pub(crate) async fn reserve_one(&self, server: &ServerName) -> Attempt<Reserved> {
        self.inner.pools.reserve_one(&self.always_there(server)).await
    }

    /// Takes room for two connections for maintenance.
    pub(crate) async fn reserve_two(&self) -> Attempt<(Reserved, Reserved)> {
        self.inner.pools.reserve_two(&self.platform_place()).await
    }

    /// Opens a connection for maintenance in `room`, which no other is in.
    pub(crate) async fn open_in(&self, place: &Place, room: &Reserved) -> Attempt<Connection> {
        Ok(Connection::new(self.inner.pools.open_reserved(place, room).await?, None))
    }

    /// Opens a connection to the server's database that is always there in `room`, which no other is in.
    pub(crate) async fn open_server(&self, server: &ServerName, room: &Reserved) -> Attempt<Connection> {
        self.open_in(&self.always_there(server), room).await
    }

    fn always_there(&self, server: &ServerName) -> Place {
        let own = self.inner.settings.servers.get(server).and_then(|config| config.get_dbname()).unwrap_or("postgres");
        Place::new(server.clone(), own)
    }
}

pub(crate) fn no_such_tenant(slug: &TenantSlug) -> Failure {
    Failure::missing(format!("there is no tenant `{slug}`"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use udal_core::ErrorKind;

    use super::*;

    #[tokio::test]
    async fn nobody_waits_for_ever_for_the_turn_to_make_something() {
        let mut settings = Settings::new(tokio_postgres::Config::new());
        settings.limits.wait_timeout = Duration::from_millis(20);
        let databases = TenantDatabases::new(settings);
        let place = databases.platform_place();
        let mut turns = Vec::new();
        for _ in 0..PROVISIONERS {
            turns.push(databases.provisioning_turn(&place).await.unwrap());
        }
        let refused = databases.provisioning_turn(&place).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unavailable);
        assert_eq!(refused.mend(), Some("try again in a moment"));
        assert_eq!(databases.status().timed_out, 1);
        turns.pop();
        assert!(databases.provisioning_turn(&place).await.is_ok());
    }
}
