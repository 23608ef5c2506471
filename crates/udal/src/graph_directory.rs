//! Where tenants' graph databases are: remembered in the platform's registry.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use async_trait::async_trait;
use udal_core::{Error, ErrorKind, Result, TenantSlug};
use udal_pgpool::{GraphTenant, Placement, ServerName, TenantDatabases, not_configured, roomiest};
use udal_terminusdb::Directory;

use crate::TerminusdbConfig;

/// The registry's graph side.
#[derive(Clone, Debug)]
pub(crate) struct Registry {
    databases: TenantDatabases,
    /// Each server's weight, and whether it takes tenants that do not name it.
    servers: BTreeMap<ServerName, (NonZeroU32, bool)>,
}

impl Registry {
    pub(crate) fn new(databases: TenantDatabases, config: &TerminusdbConfig) -> Self {
        let servers = config.servers.iter().map(|(name, server)| (name.clone(), (server.weight, server.accepts_new)));
        Registry { databases, servers: servers.collect() }
    }

    /// Places the tenant's database where `placement` says, if it is nowhere yet.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for a server that is not configured,
    /// [`AlreadyExists`](ErrorKind::AlreadyExists) where it is on another.
    pub(crate) async fn place_on(&self, tenant: &TenantSlug, placement: &Placement) -> Result<ServerName> {
        let is_named = match placement {
            Placement::On(server) => Some(self.configured(server)?),
            Placement::Anywhere => None,
        };
        let found = match self.databases.graph_tenant(tenant).await? {
            Some(found) => found,
            None => {
                let server = match is_named {
                    Some(server) => server.clone(),
                    None => self.roomiest().await?,
                };
                self.databases.add_graph_tenant(tenant, &server).await?;
                tracing::info!(%tenant, %server, "placed a tenant's graph database");
                // Another may have been first.
                let found = self.databases.graph_tenant(tenant).await?;
                found.ok_or_else(|| being_dropped(tenant))?
            }
        };
        let server = open(tenant, found)?;
        match is_named {
            Some(named) if *named != server => {
                let message = format!("tenant `{tenant}` is on the graph server `{server}` already");
                Err(Error::new(ErrorKind::AlreadyExists, message).hint("leave out the server"))
            }
            _ => Ok(server),
        }
    }

    fn configured<'a>(&self, server: &'a ServerName) -> Result<&'a ServerName> {
        if self.servers.contains_key(server) {
            return Ok(server);
        }
        Err(not_configured("graph server", server, self.servers.keys()))
    }

    /// The server that has the fewest tenants for its weight, of those that take new ones.
    async fn roomiest(&self) -> Result<ServerName> {
        let loads = self.databases.graph_loads().await?;
        least_loaded(&self.servers, &loads).cloned().ok_or_else(|| {
            Error::new(ErrorKind::Unavailable, "no graph server takes new tenants")
                .hint("set `accepts_new` of a server under `[terminusdb.servers]`, or name the server")
        })
    }
}

fn least_loaded<'a>(
    servers: &'a BTreeMap<ServerName, (NonZeroU32, bool)>,
    loads: &BTreeMap<ServerName, i64>,
) -> Option<&'a ServerName> {
    let taking = servers.iter().filter(|(_, (_, accepts_new))| *accepts_new);
    roomiest(taking.map(|(name, (weight, _))| (name, *weight)), loads)
}

fn open(tenant: &TenantSlug, found: GraphTenant) -> Result<ServerName> {
    let GraphTenant { slug: _, server, is_dropping } = found;
    if is_dropping { Err(being_dropped(tenant)) } else { Ok(server) }
}

fn being_dropped(tenant: &TenantSlug) -> Error {
    Error::new(ErrorKind::Unavailable, format!("tenant `{tenant}` is being dropped"))
        .hint("try again when it is gone; where that was interrupted, drop it again")
}

#[async_trait]
impl Directory for Registry {
    async fn find(&self, tenant: &TenantSlug) -> Result<Option<String>> {
        let found = self.databases.graph_tenant(tenant).await?;
        found.map(|found| Ok(open(tenant, found)?.as_str().to_owned())).transpose()
    }

    async fn place(&self, tenant: &TenantSlug) -> Result<String> {
        Ok(self.place_on(tenant, &Placement::Anywhere).await?.as_str().to_owned())
    }

    async fn begin_drop(&self, tenant: &TenantSlug) -> Result<Option<String>> {
        self.databases.begin_graph_drop(tenant).await?;
        Ok(self.databases.graph_tenant(tenant).await?.map(|found| found.server.as_str().to_owned()))
    }

    async fn forget(&self, tenant: &TenantSlug) -> Result<()> {
        self.databases.forget_graph_tenant(tenant).await
    }

    async fn tenants(&self) -> Result<Vec<TenantSlug>> {
        let tenants = self.databases.graph_tenants().await?.into_iter();
        Ok(tenants.filter(|tenant| !tenant.is_dropping).map(|tenant| tenant.slug).collect())
    }

    async fn unsearched(&self) -> Result<BTreeSet<String>> {
        let searched = self.databases.searched_graph_servers().await?;
        let unsearched = self.servers.keys().filter(|server| !searched.contains(*server));
        Ok(unsearched.map(|server| server.as_str().to_owned()).collect())
    }

    async fn optimized_at(&self, tenant: &TenantSlug) -> Result<u64> {
        self.databases.graph_optimized_at(tenant).await
    }

    async fn set_optimized_at(&self, tenant: &TenantSlug, commits: u64) -> Result<()> {
        self.databases.set_graph_optimized_at(tenant, commits).await
    }

    async fn adopt(&self, server: &str, found: Vec<TenantSlug>) -> Result<()> {
        let server = ServerName::new(server)?;
        for tenant in &found {
            self.databases.add_graph_tenant(tenant, &server).await?;
        }
        self.databases.set_graph_server_searched(&server).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_spread_by_weight_over_the_servers_that_take_new_ones() {
        let name = |name: &str| ServerName::new(name).unwrap();
        let weight = |weight| NonZeroU32::new(weight).unwrap();
        let servers = BTreeMap::from([
            (name("a"), (weight(1), true)),
            (name("b"), (weight(2), true)),
            (name("closed"), (weight(9), false)),
        ]);
        let mut loads = BTreeMap::new();
        for _ in 0..99 {
            let chosen = least_loaded(&servers, &loads).unwrap();
            *loads.entry(chosen.clone()).or_default() += 1;
        }
        assert_eq!(loads, BTreeMap::from([(name("a"), 33), (name("b"), 66)]));
        assert_eq!(least_loaded(&BTreeMap::new(), &loads), None);
    }
}
