//! The databases of tenants: connections to them, and bringing them to where they must be.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_postgres::error::SqlState;
use udal_core::{Error, Result, TenantSlug};
use udal_sql::{Param, Sql};

use crate::once::Once;
use crate::pool::Pools;
use crate::{Connection, Failure, Place, PoolStatus, Provision, ServerName, Settings, Turn, read_text};

/// How many databases and tables are made at the same time.
const PROVISIONERS: usize = 4;

/// The databases of the tenants. Cheap to clone.
#[derive(Clone)]
pub struct TenantDatabases {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Arc<Settings>,
    pools: Arc<Pools>,
    done: Once,
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
        let pools = Pools::new(Arc::clone(&settings));
        let provisioners = Semaphore::new(PROVISIONERS);
        TenantDatabases { inner: Arc::new(Inner { settings, pools, done: Once::default(), provisioners }) }
    }

    /// Where the tenant's database is.
    pub fn place_of(&self, tenant: &TenantSlug) -> Place {
        let Settings { platform_server, prefix, .. } = self.inner.settings.as_ref();
        Place::new(platform_server.clone(), &format!("{prefix}{tenant}"))
    }

    /// How many connections to databases are open now: at most [`Settings::max_connections`].
    pub fn open_connections(&self) -> usize {
        self.inner.pools.open_connections()
    }

    /// What the connections are doing, in numbers: for metrics.
    pub fn status(&self) -> PoolStatus {
        self.inner.pools.status()
    }

    /// Where the reference database is that every tenant reads.
    pub fn shared_place(&self) -> Place {
        Place::new(self.inner.settings.platform_server.clone(), &self.inner.settings.shared_database)
    }

    /// Lends a connection to the database at `place`.
    ///
    /// # Errors
    /// [`Failure::Missing`] where there is no such database; `Unavailable` where none can be had in time.
    pub async fn connect(&self, place: &Place) -> std::result::Result<Connection, Failure> {
        let limit = self.inner.settings.statement_timeout;
        Ok(Connection::new(self.inner.pools.lend(place).await?, Some(limit)))
    }

    /// Makes sure, once for each `key`, that the database at `place` is there and `work` is done in it, whole or not at all.
    ///
    /// Of many who ask at the same instant one works and the others wait; other processes are kept out by a lock.
    ///
    /// # Errors
    /// What the database says; the next who asks tries again.
    pub async fn ensure(&self, place: &Place, key: &str, work: &dyn Provision) -> Result<()> {
        let full_key = format!("{place}\n{key}");
        self.inner.done.run(&full_key, || self.provision(place, key, work)).await
    }

    /// Forgets what was done in the database at `place`: it turned out not to be there any more.
    pub fn forget(&self, place: &Place) {
        let prefix = format!("{place}\n");
        self.inner.done.forget(|key| key.starts_with(&prefix));
    }

    async fn provision(&self, place: &Place, key: &str, work: &dyn Provision) -> Result<()> {
        let _turn = self.inner.provisioners.acquire().await.map_err(Error::internal)?;
        let started = std::time::Instant::now();
        let mut connection = match self.maintain(place).await {
            Err(Failure::Missing(_)) => {
                self.create_database(place).await?;
                self.maintain(place).await?
            }
            opened => opened?,
        };
        connection.restructure(Turn::Alone, work).await?;
        tracing::info!(%place, key, elapsed = ?started.elapsed(), "brought a database up to date");
        Ok(())
    }

    /// Opens a connection to the database at `place` for maintenance: for what changes structure, not records.
    ///
    /// It is part of the budget, out of a reserve of its own, and is closed after use. Whoever holds a connection of
    /// [`connect`](TenantDatabases::connect) may ask for one; whoever holds one must ask for neither kind until it is given
    /// back, or all may wait for one another.
    ///
    /// # Errors
    /// [`Failure::Missing`] where there is no such database; `Unavailable` where none can be had in time.
    pub async fn maintain(&self, place: &Place) -> std::result::Result<Connection, Failure> {
        Ok(Connection::new(self.inner.pools.maintain(place).await?, None))
    }

    /// A connection to the server's database that is always there.
    async fn maintain_server(&self, server: &ServerName) -> Result<Connection> {
        let own = self.inner.settings.servers.get(server).and_then(|config| config.get_dbname()).unwrap_or("postgres");
        Ok(self.maintain(&Place::new(server.clone(), own)).await?)
    }

    /// Makes the database at `place`; answers whether it was not there before.
    async fn create_database(&self, place: &Place) -> Result<bool> {
        let mut sql = Sql::new();
        sql.push("CREATE DATABASE ").name(place.database());
        sql.push(" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
        let client = self.maintain_server(place.server()).await?;
        match client.batch(&sql.into_text()).await {
            Ok(()) => Ok(true),
            // Two who make one database at one instant meet in the catalog's unique index.
            Err(error)
                if [Some(&SqlState::DUPLICATE_DATABASE), Some(&SqlState::UNIQUE_VIOLATION)].contains(&error.code()) =>
            {
                Ok(false)
            }
            Err(error) => Err(Failure::from(error).into()),
        }
    }

    /// Makes the tenant's database; answers whether it was not there before.
    ///
    /// # Errors
    /// What the database says.
    pub async fn create_tenant(&self, tenant: &TenantSlug) -> Result<bool> {
        let place = self.place_of(tenant);
        match self.maintain(&place).await {
            Ok(_) => Ok(false),
            Err(Failure::Missing(_)) => self.create_database(&place).await,
            Err(failure) => Err(failure.into()),
        }
    }

    /// The tenants that have a database, sorted.
    ///
    /// # Errors
    /// What the database says.
    pub async fn list_tenants(&self) -> Result<Vec<TenantSlug>> {
        let prefix = &self.inner.settings.prefix;
        let mut sql = Sql::new();
        sql.push("SELECT datname::text FROM pg_database WHERE datname ^@ ").param(Param::text(prefix.as_str()));
        sql.push(" ORDER BY datname COLLATE \"C\"");
        let client = self.maintain_server(&self.inner.settings.platform_server).await?;
        let rows = client.query(&sql.finish()).await.map_err(Failure::from)?;
        let names = rows.iter().map(|row| read_text(row, 0)).collect::<Result<Vec<_>>>()?;
        Ok(names.iter().filter_map(|name| TenantSlug::new(name.strip_prefix(prefix)?).ok()).collect())
    }

    /// Drops the tenant's database with everything in it; answers whether it was there.
    ///
    /// # Errors
    /// What the database says.
    pub async fn drop_tenant(&self, tenant: &TenantSlug) -> Result<bool> {
        let place = self.place_of(tenant);
        let client = self.maintain_server(place.server()).await?;
        self.inner.pools.close(&place);
        let mut sql = Sql::new();
        sql.push("DROP DATABASE ").name(place.database()).push(" WITH (FORCE)");
        let dropped = client.batch(&sql.into_text()).await;
        self.forget(&place);
        match dropped.map_err(Failure::from) {
            Ok(()) => Ok(true),
            Err(Failure::Missing(_)) => Ok(false),
            Err(failure) => Err(failure.into()),
        }
    }
}
