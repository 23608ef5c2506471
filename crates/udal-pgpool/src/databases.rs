//! The databases of tenants: connections to them, and bringing them to where they must be.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use udal_core::{Error, Result, TenantSlug};
use udal_sql::{Param, Sql, Statement};

use crate::connection::query_client;
use crate::once::Once;
use crate::pool::{Pools, open};
use crate::{Connection, Failure, Provision, Settings, Transaction, read_text};

/// How many databases and tables are made at the same time.
const PROVISIONERS: usize = 4;
/// The advisory lock that one who changes a database's structure holds: the letters `udal`.
const PROVISIONING_LOCK: i64 = 0x7564_616c;

/// The databases of the tenants on one server. Cheap to clone.
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
    /// The databases on the server that `settings` reaches. Connects when it is first used.
    pub fn new(settings: Settings) -> Self {
        let settings = Arc::new(settings);
        let pools = Pools::new(Arc::clone(&settings));
        let provisioners = Semaphore::new(PROVISIONERS);
        TenantDatabases { inner: Arc::new(Inner { settings, pools, done: Once::default(), provisioners }) }
    }

    /// The name of the tenant's database.
    pub fn database_of(&self, tenant: &TenantSlug) -> String {
        format!("{}{tenant}", self.inner.settings.prefix)
    }

    /// How many connections to databases are open now: at most [`Settings::max_connections`].
    pub fn open_connections(&self) -> usize {
        self.inner.pools.open_connections()
    }

    /// The name of the reference database that every tenant reads.
    pub fn shared_database(&self) -> String {
        self.inner.settings.shared_database.clone()
    }

    /// Lends a connection to `database`.
    ///
    /// # Errors
    /// [`Failure::Missing`] where there is no such database; `Unavailable` where none can be had in time.
    pub async fn connect(&self, database: &str) -> std::result::Result<Connection, Failure> {
        Ok(Connection::new(self.inner.pools.lend(database).await?))
    }

    /// Makes sure, once for each `key`, that `database` is there and `work` is done in it, whole or not at all.
    ///
    /// Of many who ask at the same instant one works and the others wait; other processes are kept out by a lock.
    ///
    /// # Errors
    /// What the database says; the next who asks tries again.
    pub async fn ensure(&self, database: &str, key: &str, work: &dyn Provision) -> Result<()> {
        let full_key = format!("{database}\n{key}");
        self.inner.done.run(&full_key, || self.provision(database, key, work)).await
    }

    /// Forgets what was done in `database`: it turned out not to be there any more.
    pub fn forget(&self, database: &str) {
        let prefix = format!("{database}\n");
        self.inner.done.forget(|key| key.starts_with(&prefix));
    }

    async fn provision(&self, database: &str, key: &str, work: &dyn Provision) -> Result<()> {
        let _turn = self.inner.provisioners.acquire().await.map_err(Error::internal)?;
        let started = std::time::Instant::now();
        let mut client = match self.open(database).await {
            Err(Failure::Missing(_)) => {
                self.create_database(database).await?;
                self.open(database).await?
            }
            opened => opened?,
        };
        run(&mut client, work).await?;
        tracing::info!(database, key, elapsed = ?started.elapsed(), "brought a database up to date");
        Ok(())
    }

    async fn open(&self, database: &str) -> std::result::Result<Client, Failure> {
        open(&self.inner.pools.config(database), self.inner.settings.connect_timeout).await
    }

    /// A connection to the database that is always there.
    async fn open_maintenance(&self) -> Result<Client> {
        let own = self.inner.settings.config.get_dbname().unwrap_or("postgres").to_owned();
        Ok(self.open(&own).await?)
    }

    /// Makes `database`; answers whether it was not there before.
    async fn create_database(&self, database: &str) -> Result<bool> {
        let mut sql = Sql::new();
        sql.push("CREATE DATABASE ").name(database);
        sql.push(" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
        let client = self.open_maintenance().await?;
        match client.batch_execute(&sql.into_text()).await {
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
        let database = self.database_of(tenant);
        match self.open(&database).await {
            Ok(_) => Ok(false),
            Err(Failure::Missing(_)) => self.create_database(&database).await,
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
        let client = self.open_maintenance().await?;
        let rows = query_client(&client, &sql.finish()).await.map_err(Failure::from)?;
        let names = rows.iter().map(|row| read_text(row, 0)).collect::<Result<Vec<_>>>()?;
        Ok(names.iter().filter_map(|name| TenantSlug::new(name.strip_prefix(prefix)?).ok()).collect())
    }

    /// Drops the tenant's database with everything in it; answers whether it was there.
    ///
    /// # Errors
    /// What the database says.
    pub async fn drop_tenant(&self, tenant: &TenantSlug) -> Result<bool> {
        let database = self.database_of(tenant);
        let client = self.open_maintenance().await?;
        self.inner.pools.close(&database);
        let mut sql = Sql::new();
        sql.push("DROP DATABASE ").name(&database).push(" WITH (FORCE)");
        let dropped = client.batch_execute(&sql.into_text()).await;
        self.forget(&database);
        match dropped.map_err(Failure::from) {
            Ok(()) => Ok(true),
            Err(Failure::Missing(_)) => Ok(false),
            Err(failure) => Err(failure.into()),
        }
    }
}

async fn run(client: &mut Client, work: &dyn Provision) -> std::result::Result<(), Failure> {
    let transaction = client.transaction().await?;
    transaction.batch_execute("SET LOCAL lock_timeout = '10s'").await?;
    let lock =
        Statement { text: "SELECT pg_advisory_xact_lock($1)".to_owned(), params: vec![Param::int(PROVISIONING_LOCK)] };
    query_client(transaction.client(), &lock).await?;
    let transaction = Transaction::new(transaction);
    work.run(&transaction).await?;
    Ok(transaction.commit().await?)
}
