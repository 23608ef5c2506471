//! The platform's database: made when it is first needed, brought to this release's version, asked about tenants.

use std::collections::BTreeSet;

use tokio_postgres::Row;
use udal_core::{Error, ErrorKind, Result, TenantSlug};
use udal_sql::Statement;

use crate::failure::Attempt;
use crate::names::check_tenants;
use crate::{
    Connection, Failure, Place, ServerName, Step, Tenant, TenantDatabases, TenantState, Transaction, read_text,
};
use crate::{registry, server};

/// The advisory lock that one who changes the platform's structure holds: the letters `plat`.
const PLATFORM_LOCK: i64 = 0x706c_6174;
/// Nobody waits for a lock for ever.
const SET_LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '10s'";
/// The one key of what is done once.
const PLATFORM: &str = "platform";

impl TenantDatabases {
    /// Where the registry of tenants is.
    pub fn platform_place(&self) -> Place {
        Place::new(self.settings().platform_server.clone(), &self.settings().platform_database)
    }

    /// Every tenant that the platform knows, sorted, also those that are being made or dropped.
    ///
    /// # Errors
    /// `Unavailable` where the platform's server cannot be reached.
    pub async fn tenants(&self) -> Result<Vec<Tenant>> {
        self.prepare_platform().await?;
        if let Err(error) = self.search_servers().await {
            tracing::warn!(%error, "not every tenant is known");
        }
        self.ask_platform(registry::tenants).await?.iter().map(registry::read_tenant).collect()
    }

    /// What the platform knows of one tenant.
    ///
    /// # Errors
    /// `Unavailable` where the platform's server cannot be reached, or a server that was never searched for tenants.
    pub async fn tenant(&self, slug: &TenantSlug) -> Result<Option<Tenant>> {
        self.prepare_platform().await?;
        let found = self.find_tenant(slug).await?;
        // An earlier release may have left it on a server that was not reached so far.
        if found.is_none() && self.search_servers().await? {
            return self.find_tenant(slug).await;
        }
        Ok(found)
    }

    /// Asks the platform's database, which is made where it is not there.
    ///
    /// # Errors
    /// `Unavailable` where the platform's server cannot be reached.
    pub async fn query_platform(&self, statement: &Statement) -> Result<Vec<Row>> {
        self.prepare_platform().await?;
        self.ask_platform(|| statement.clone()).await
    }

    /// Changes the platform's database in one transaction, which is committed where `work` is done and rolled back where it
    /// fails. It has one of the connections for maintenance.
    ///
    /// # Errors
    /// What `work` says; `Unavailable` where the platform's server cannot be reached.
    pub async fn change_platform<T>(
        &self,
        work: impl AsyncFnOnce(&Transaction<'_>) -> std::result::Result<T, Failure>,
    ) -> Result<T> {
        self.prepare_platform().await?;
        let mut connection = self.maintain(&self.platform_place()).await?;
        let transaction = begin(&mut connection).await?;
        let done = work(&transaction).await?;
        transaction.commit().await.map_err(Failure::from)?;
        Ok(done)
    }

    /// Asks the platform's database, what is known to ask when there is a connection; where someone dropped the database, it
    /// is made again first.
    pub(crate) async fn ask_platform(&self, mut statement: impl FnMut() -> Statement + Send) -> Result<Vec<Row>> {
        match self.try_platform(&mut statement).await {
            Err(Failure::Missing(_)) => {
                tracing::warn!(place = %self.platform_place(), "the platform's database is gone; making it again");
                self.platform().forget(PLATFORM);
                self.prepare_platform().await?;
                self.search_servers().await?;
                Ok(self.try_platform(&mut statement).await?)
            }
            done => Ok(done?),
        }
    }

    async fn try_platform(&self, statement: &mut (impl FnMut() -> Statement + Send)) -> Attempt<Vec<Row>> {
        let connection = self.connect(&self.platform_place()).await?;
        Ok(connection.query(&statement()).await?)
    }

    /// Makes sure, once in this process, that the platform's database is there and has this release's tables.
    pub(crate) async fn prepare_platform(&self) -> Result<()> {
        self.platform().run(PLATFORM, || self.make_platform()).await
    }

    async fn make_platform(&self) -> Result<()> {
        let place = self.platform_place();
        let mut connection = match self.maintain(&place).await {
            Err(Failure::Missing(_)) => {
                self.create_database(&place).await?;
                self.reached(Step::PlatformMade).await?;
                self.maintain(&place).await?
            }
            opened => opened?,
        };
        bring_up_to_date(&mut connection).await?;
        self.reached(Step::PlatformFilled).await?;
        let searched = names(&connection.query(&registry::searched_servers()).await.map_err(Failure::from)?)?;
        let unsearched = self.settings().servers.keys().filter(|server| !searched.contains(*server));
        *self.unsearched() = unsearched.cloned().collect();
        Ok(())
    }

    /// Searches each server, when it is first known to the platform, for tenants that an earlier release left there without
    /// a registry. Answers whether there was one to search.
    ///
    /// # Errors
    /// `Unavailable` where one cannot be reached: which tenants it has is not known then.
    pub(crate) async fn search_servers(&self) -> Result<bool> {
        let unsearched = self.unsearched().clone();
        for server in &unsearched {
            self.search_server(server).await.map_err(|error| never_searched(server, error))?;
            self.unsearched().remove(server);
            self.reached(Step::ServerSearched).await?;
        }
        Ok(!unsearched.is_empty())
    }

    async fn search_server(&self, server: &ServerName) -> Result<()> {
        let prefix = &self.settings().prefix;
        let databases = server::names(&self.maintain_server(server).await?, prefix).await?;
        let slug = |name: &String| TenantSlug::new(name.strip_prefix(prefix)?).ok();
        let found: Vec<(TenantSlug, Place)> =
            databases.iter().filter_map(|name| Some((slug(name)?, Place::new(server.clone(), name)))).collect();
        let found = found.into_iter().filter(|(_, place)| check_tenants(self.settings(), place).is_ok());
        let found: Vec<(TenantSlug, Place)> = found.collect();
        let mut connection = self.maintain(&self.platform_place()).await?;
        let transaction = begin(&mut connection).await?;
        transaction.query(&registry::lock_structure(PLATFORM_LOCK)).await.map_err(Failure::from)?;
        // Where another searched it meanwhile, what was found may have been dropped since.
        let searched = transaction.query(&registry::searched_servers()).await.map_err(Failure::from)?;
        if !names(&searched)?.contains(server) {
            for (slug, place) in &found {
                let added = transaction.execute(&registry::insert(slug, place, TenantState::Active)).await;
                match added.map_err(Failure::from)? {
                    0 => tracing::warn!(%place, "a database has a tenant's name, and the tenant is elsewhere"),
                    _ => tracing::info!(%place, "registered a tenant of an earlier release"),
                }
            }
            transaction.execute(&registry::set_searched(server)).await.map_err(Failure::from)?;
        }
        Ok(transaction.commit().await.map_err(Failure::from)?)
    }
}

/// Starts a transaction that does not wait for a lock for ever.
pub(crate) async fn begin(connection: &mut Connection) -> Attempt<Transaction<'_>> {
    let transaction = connection.transaction().await?;
    transaction.batch(SET_LOCK_TIMEOUT).await?;
    Ok(transaction)
}

/// Brings the platform's tables to this release's version.
async fn bring_up_to_date(connection: &mut Connection) -> Attempt<()> {
    let known = i64::try_from(registry::VERSIONS.len()).map_err(Error::internal)?;
    let version = match connection.query(&registry::version()).await.map_err(Failure::from) {
        Err(Failure::Missing(_)) => 0,
        rows => version_in(&rows?)?,
    };
    if version == known {
        return Ok(());
    }
    let transaction = begin(connection).await?;
    transaction.query(&registry::lock_structure(PLATFORM_LOCK)).await?;
    transaction.batch(registry::VERSION_TABLE).await?;
    let version = version_in(&transaction.query(&registry::version()).await?)?;
    if version > known {
        return Err(made_by_a_later_release().into());
    }
    for (number, statements) in (1..).zip(registry::VERSIONS).filter(|(number, _)| *number > version) {
        for statement in statements {
            transaction.batch(statement).await?;
        }
        transaction.execute(&registry::set_version(number)).await?;
    }
    Ok(transaction.commit().await?)
}

fn version_in(rows: &[Row]) -> Attempt<i64> {
    Ok(rows.first().map_or(Ok(0), |row| row.try_get(0))?)
}

fn names(rows: &[Row]) -> Result<BTreeSet<ServerName>> {
    rows.iter().map(|row| ServerName::new(&read_text(row, 0)?)).collect()
}

fn made_by_a_later_release() -> Error {
    Error::new(ErrorKind::Unsupported, "the platform's database was made by a later release of Udal")
        .hint("run that release, or a later one")
}

fn never_searched(server: &ServerName, error: Error) -> Error {
    if error.kind() != ErrorKind::Unavailable {
        return error;
    }
    let message = format!("the server `{server}` was never reached, so it is not known which tenants it has");
    Error::new(ErrorKind::Unavailable, message).hint("start it, or take it out of the configuration").cause(error)
}
