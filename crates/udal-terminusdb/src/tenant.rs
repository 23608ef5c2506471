//! Tenants: which database on which server is whose.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use udal_core::{Error, Result, TenantSlug};

use crate::client::Client;
use crate::database::Database;
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
        for name in settings.placement.values().chain([&settings.default_server]) {
            if !clients.contains_key(name) {
                return Err(Error::invalid(format!("there is no graph server `{name}`"))
                    .hint("name it among the servers, or place the tenant on another"));
            }
        }
        Ok(Databases { settings, clients, open: Mutex::default() })
    }

    fn client_of(&self, tenant: &TenantSlug) -> Result<&Client> {
        let name = self.settings.server_of(tenant);
        self.clients.get(name).ok_or_else(|| Error::internal(format!("there is no graph server `{name}`")))
    }

    /// The tenant's database, which may not be there yet.
    pub(crate) fn of(&self, tenant: &TenantSlug) -> Result<Arc<Database>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(database) = open.get(tenant) {
            return Ok(Arc::clone(database));
        }
        let name = format!("{}{tenant}", self.settings.prefix);
        let database = Database::new(self.client_of(tenant)?.clone(), name, self.settings.max_waiting);
        open.insert(tenant.clone(), Arc::clone(&database));
        Ok(database)
    }

    pub(crate) async fn create(&self, tenant: &TenantSlug) -> Result<bool> {
        self.of(tenant)?.create().await
    }

    pub(crate) async fn remove(&self, tenant: &TenantSlug) -> Result<bool> {
        let dropped = self.of(tenant)?.drop_all().await;
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(tenant);
        dropped
    }

    /// Every tenant on every server.
    pub(crate) async fn list(&self) -> Result<Vec<TenantSlug>> {
        let mut tenants = BTreeSet::new();
        for (name, client) in &self.clients {
            let listed = client.databases().await.map_err(Error::from)?;
            let slugs = listed.iter().filter_map(|database| database.strip_prefix(&self.settings.prefix));
            let slugs = slugs.filter_map(|slug| TenantSlug::new(slug).ok());
            tenants.extend(slugs.filter(|slug| self.settings.server_of(slug) == name));
        }
        Ok(tenants.into_iter().collect())
    }
}
