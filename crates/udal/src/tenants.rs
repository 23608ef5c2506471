//! Tenants and their places.

use udal_core::{Error, Result, TenantSlug};
use udal_pgpool::{DroppedDatabase, Place, Placement, Tenant, TenantState};

use crate::Udal;

/// A tenant, its state and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantStatus {
    /// Its name.
    pub slug: TenantSlug,
    /// Where it stands between being made and being dropped.
    pub state: TenantState,
    /// Where its database is; none where records are kept in memory.
    pub place: Option<Place>,
}

impl Udal {
    /// Makes a tenant, where `placement` says; answers whether it was not there before.
    ///
    /// # Errors
    /// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) for a server that is not configured,
    /// [`AlreadyExists`](udal_core::ErrorKind::AlreadyExists) where the tenant is on another; what a backend says.
    pub async fn create_tenant(&self, slug: &TenantSlug, placement: &Placement) -> Result<bool> {
        let is_new = match (self.databases(), placement) {
            (Some(databases), placement) => databases.create_tenant(slug, placement).await?,
            (None, Placement::Anywhere) => false,
            (None, Placement::On(server)) => {
                let message = format!("there is no server `{server}`: records are kept in memory");
                return Err(Error::invalid(message).hint("leave out the server"));
            }
        };
        Ok(self.service().create_tenant(slug).await? || is_new)
    }

    /// Drops a tenant with everything of it; answers which databases went and how that is known, `None` where there is no such
    /// tenant.
    ///
    /// # Errors
    /// What a backend says; asked again, what is left is removed.
    pub async fn drop_tenant(&self, slug: &TenantSlug) -> Result<Option<Vec<DroppedDatabase>>> {
        let dropped = match self.databases() {
            Some(databases) => databases.drop_tenant(slug).await?,
            None => None,
        };
        let is_dropped = self.service().drop_tenant(slug).await? || dropped.is_some();
        Ok(is_dropped.then(|| dropped.into_iter().collect()))
    }

    /// Every tenant, sorted, also those that are being made or dropped.
    ///
    /// # Errors
    /// What a backend says.
    pub async fn tenants(&self) -> Result<Vec<TenantStatus>> {
        if let Some(databases) = self.databases() {
            let status = |Tenant { slug, state, place, .. }| TenantStatus { slug, state, place: Some(place) };
            return Ok(databases.tenants().await?.into_iter().map(status).collect());
        }
        let status = |slug| TenantStatus { slug, state: TenantState::Active, place: None };
        Ok(self.service().list_tenants().await?.into_iter().map(status).collect())
    }
}
