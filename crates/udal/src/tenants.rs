//! Tenants and their places.

use std::collections::BTreeMap;

use udal_core::value::Timestamp;
use udal_core::{Error, Result, TenantSlug};
use udal_pgpool::{DroppedDatabase, GraphTenant, Place, Placement, ServerName, Tenant, TenantState};

use crate::Udal;

/// Where a new tenant's databases are to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantPlacement {
    /// The PostgreSQL server.
    pub tables: Placement,
    /// The TerminusDB server.
    pub documents: Placement,
}

/// A tenant, its state and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantStatus {
    /// Its name.
    pub slug: TenantSlug,
    /// Where it stands between being made and being dropped.
    pub state: TenantState,
    /// Where its database is; none where it has none in PostgreSQL.
    pub place: Option<Place>,
    /// The TerminusDB server that keeps its graph database; none where it has none.
    pub graph_server: Option<ServerName>,
}

impl Udal {
    /// Makes a tenant, where `placement` says; answers whether it was not there before.
    ///
    /// # Errors
    /// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) for a server that is not configured,
    /// [`AlreadyExists`](udal_core::ErrorKind::AlreadyExists) where the tenant is on another; what a backend says.
    pub async fn create_tenant(&self, slug: &TenantSlug, placement: &TenantPlacement) -> Result<bool> {
        let TenantPlacement { tables, documents } = placement;
        let registry = self.graph().and_then(|graph| graph.registry.as_ref());
        match (registry, documents) {
            (Some(registry), Placement::On(_)) => drop(registry.place_on(slug, documents).await?),
            (Some(_), Placement::Anywhere) | (None, Placement::Anywhere) => {}
            (None, Placement::On(server)) => {
                let message = format!("there is no graph server `{server}` to choose");
                return Err(Error::invalid(message).hint("configure it under `[terminusdb.servers]`, or leave it out"));
            }
        }
        let is_new = match (self.databases(), tables) {
            (Some(databases), placement) => databases.create_tenant(slug, placement).await?,
            (None, Placement::Anywhere) => false,
            (None, Placement::On(server)) => {
                let message = format!("there is no server `{server}`: records are kept in memory");
                return Err(Error::invalid(message).hint("leave out the server"));
            }
        };
        Ok(self.service().create_tenant(slug).await? || is_new)
    }

    /// Drops a tenant with everything of it, its access directory first; answers which databases went and how that is known, `None` where there is no such
    /// tenant.
    ///
    /// # Errors
    /// What a backend says; asked again, what is left is removed.
    pub async fn drop_tenant(&self, slug: &TenantSlug) -> Result<Option<Vec<DroppedDatabase>>> {
        let graph_place = self.graph_place(slug).await?;
        self.drop_access(slug).await?;
        let mut dropped = Vec::new();
        if let Some(databases) = self.databases() {
            dropped.extend(databases.drop_tenant(slug).await?);
        }
        let was_there = !dropped.is_empty();
        let is_dropped = self.service().drop_tenant(slug).await? || was_there;
        if let Some(place) = graph_place {
            dropped.push(DroppedDatabase { place, oid: None, verified_at: Timestamp::now() });
        }
        Ok(is_dropped.then_some(dropped))
    }

    /// Where the tenant's graph database is.
    async fn graph_place(&self, slug: &TenantSlug) -> Result<Option<Place>> {
        let (Some(graph), Some(databases)) = (self.graph(), self.databases()) else { return Ok(None) };
        let found = databases.graph_tenant(slug).await?;
        Ok(found.map(|found| Place::new(found.server, &graph.backend.database_name(slug))))
    }

    /// Every tenant, sorted, also those that are being made or dropped.
    ///
    /// # Errors
    /// What a backend says.
    pub async fn tenants(&self) -> Result<Vec<TenantStatus>> {
        let Some(databases) = self.databases() else {
            let status = |slug| TenantStatus { slug, state: TenantState::Active, place: None, graph_server: None };
            return Ok(self.service().list_tenants().await?.into_iter().map(status).collect());
        };
        let status = |Tenant { slug, state, place, .. }| {
            (slug.clone(), TenantStatus { slug, state, place: Some(place), graph_server: None })
        };
        let mut tenants: BTreeMap<TenantSlug, TenantStatus> =
            databases.tenants().await?.into_iter().map(status).collect();
        if let Some(graph) = self.graph() {
            // Asked first, the backend takes in what servers have that the registry does not know.
            udal_core::contract::Backend::list_tenants(&graph.backend).await?;
            for GraphTenant { slug, server, is_dropping } in databases.graph_tenants().await? {
                let state = if is_dropping { TenantState::Dropping } else { TenantState::Active };
                let empty = TenantStatus { slug: slug.clone(), state, place: None, graph_server: None };
                let status = tenants.entry(slug).or_insert(empty);
                status.graph_server = Some(server);
                status.state = if is_dropping { state } else { status.state };
            }
        }
        Ok(tenants.into_values().collect())
    }
}
