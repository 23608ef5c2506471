//! Tenants: which database on which server is whose.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use udal_core::{Error, ErrorKind, Result, TenantSlug};

use crate::client::Client;
use crate::database::{Database, Home};
use crate::failure::Failure;
use crate::settings::Settings;

/// Every tenant's database.
#[derive(Debug)]
pub(crate) struct Databases {
    settings: Settings,
    clients: HashMap<String, Client>,
    open: Mutex<HashMap<TenantSlug, Arc<Database>>>,
}

impl Databases {
    pub(crate) fn new(settings: Settings) -> Result<Self> {
        let mut clients = HashMap::new();
        for (name, endpoint) in &settings.servers {
            clients.insert(name.clone(), Client::new(endpoint, &settings)?);
        }
        let databases = Databases { settings, clients, open: Mutex::default() };
        if databases.settings.directory.is_none() {
            databases.client_of(&databases.settings.default_server).map_err(|_| no_server(&databases.settings))?;
        }
        Ok(databases)
    }

    fn client_of(&self, server: &str) -> Result<&Client> {
        self.clients.get(server).ok_or_else(|| {
            Error::new(ErrorKind::Unavailable, format!("the graph server `{server}` is not configured"))
                .hint(format!("write `[terminusdb.servers.{server}]` with its `url` into the configuration"))
        })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<TenantSlug, Arc<Database>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name of the tenant's database.
    pub(crate) fn name_of(&self, tenant: &TenantSlug) -> String {
        format!("{}{tenant}", self.settings.prefix)
    }

    fn remembered(&self, tenant: &TenantSlug) -> Option<Arc<Database>> {
        self.open().get(tenant).filter(|database| !database.has_moved()).cloned()
    }

    /// The tenant's database, where it was placed; it may not be made yet.
    pub(crate) async fn find(&self, tenant: &TenantSlug) -> Result<Option<Arc<Database>>> {
        if let Some(database) = self.remembered(tenant) {
            return Ok(Some(database));
        }
        let server = self.server_of(tenant).await?;
        server.map(|server| self.at(tenant, &server)).transpose()
    }

    async fn server_of(&self, tenant: &TenantSlug) -> Result<Option<String>> {
        let Some(directory) = &self.settings.directory else {
            return Ok(Some(self.settings.default_server.clone()));
        };
        match directory.find(tenant).await? {
            None if self.search().await? => directory.find(tenant).await,
            found => Ok(found),
        }
    }

    /// The tenant's database, which is placed where it was not before; it may not be made yet.
    pub(crate) async fn of(&self, tenant: &TenantSlug) -> Result<Arc<Database>> {
        if let Some(database) = self.find(tenant).await? {
            return Ok(database);
        }
        let server = match &self.settings.directory {
            Some(directory) => directory.place(tenant).await?,
            None => self.settings.default_server.clone(),
        };
        self.at(tenant, &server)
    }

    /// The tenant's database on that server.
    fn at(&self, tenant: &TenantSlug, server: &str) -> Result<Arc<Database>> {
        let client = self.client_of(server)?;
        let mut open = self.open();
        if let Some(database) = open.get(tenant)
            && database.is_on(server)
        {
            return Ok(Arc::clone(database));
        }
        let name = self.name_of(tenant);
        let directory = self.settings.directory.clone();
        let models = Arc::clone(&self.settings.models);
        let home = Home { tenant: tenant.clone(), server: server.to_owned(), directory, models };
        let database = Database::new(client.clone(), name, home, self.settings.max_waiting);
        open.insert(tenant.clone(), Arc::clone(&database));
        Ok(database)
    }

    /// The tenant's database, which was not where this process thought, where it is now; none where it is nowhere else.
    pub(crate) async fn found_elsewhere(&self, missed: &Database) -> Result<Option<Arc<Database>>> {
        let Home { tenant, server, directory, models: _ } = &missed.home;
        let Some(directory) = directory else { return Ok(None) };
        match directory.find(tenant).await? {
            Some(now) if now != *server => self.at(tenant, &now).map(Some),
            _ => Ok(None),
        }
    }

    /// Takes in the databases of servers that the directory does not know yet; answers whether there was such a server.
    async fn search(&self) -> Result<bool> {
        let Some(directory) = &self.settings.directory else { return Ok(false) };
        let unsearched = directory.unsearched().await?;
        for server in &unsearched {
            let found = self.on_server(server).await.map_err(|error| never_searched(server, error))?;
            tracing::info!(server, tenants = found.len(), "searched a graph server for databases of tenants");
            directory.adopt(server, found).await?;
        }
        Ok(!unsearched.is_empty())
    }

    /// The tenants that have a database on that server.
    async fn on_server(&self, server: &str) -> Result<Vec<TenantSlug>> {
        let listed = self.client_of(server)?.databases().await.map_err(Error::from)?;
        let slugs = listed.iter().filter_map(|database| database.strip_prefix(&self.settings.prefix));
        Ok(slugs.filter_map(|slug| TenantSlug::new(slug).ok()).collect())
    }

    pub(crate) async fn create(&self, tenant: &TenantSlug) -> Result<bool> {
        self.of(tenant).await?.create().await
    }

    pub(crate) async fn remove(&self, tenant: &TenantSlug) -> Result<bool> {
        let Some(directory) = &self.settings.directory else {
            let dropped = self.of(tenant).await?.drop_all().await;
            self.open().remove(tenant);
            return dropped;
        };
        let server = match directory.begin_drop(tenant).await? {
            None if self.search().await? => directory.begin_drop(tenant).await?,
            begun => begun,
        };
        let Some(server) = server else { return Ok(false) };
        let database = self.at(tenant, &server)?;
        database.drop_all().await?;
        // While it is registered as one to be dropped nobody makes it anew.
        match database.client.version(&database.name).await {
            Err(Failure::Missing(_)) => {}
            Ok(_) => return Err(Error::internal("a database that was dropped is there")),
            Err(failure) => return Err(failure.into()),
        }
        directory.forget(tenant).await?;
        self.open().remove(tenant);
        Ok(true)
    }

    /// Every tenant that has a database.
    pub(crate) async fn list(&self) -> Result<Vec<TenantSlug>> {
        if let Some(directory) = &self.settings.directory {
            if let Err(error) = self.search().await {
                tracing::warn!(%error, "not every tenant is known");
            }
            return directory.tenants().await;
        }
        Ok(self
            .on_server(&self.settings.default_server)
            .await?
            .into_iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect())
    }
}

fn no_server(settings: &Settings) -> Error {
    Error::invalid(format!("there is no graph server `{}`", settings.default_server))
        .hint("name it among the servers, or another as the default one")
}

fn never_searched(server: &str, error: Error) -> Error {
    if error.kind() != ErrorKind::Unavailable {
        return error;
    }
    let message = format!("the graph server `{server}` was never reached, so it is not known which tenants it has");
    Error::new(ErrorKind::Unavailable, message).hint("start it, or take it out of the configuration").cause(error)
}
