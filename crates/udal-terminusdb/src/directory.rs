//! Which server keeps which tenant's database, where there are several.

use std::collections::BTreeSet;
use std::fmt::Debug;

use async_trait::async_trait;
use udal_core::{Result, TenantSlug};

/// What remembers where tenants' databases are, for every process of an installation.
///
/// It is asked when a tenant is first used, and again when its database is not where it was.
#[async_trait]
pub trait Directory: Debug + Send + Sync {
    /// The name of the server that keeps the tenant's database; none where it was never placed.
    ///
    /// # Errors
    /// [`Unavailable`](udal_core::ErrorKind::Unavailable) while it is being dropped; what the directory's own storage says.
    async fn find(&self, tenant: &TenantSlug) -> Result<Option<String>>;

    /// Places the tenant's database, where it was not placed before; answers its server. Several that ask at once are
    /// answered the same.
    ///
    /// # Errors
    /// As for [`find`](Directory::find), and [`Unavailable`](udal_core::ErrorKind::Unavailable) where no server takes it.
    async fn place(&self, tenant: &TenantSlug) -> Result<String>;

    /// Writes down that the tenant's database is to be dropped; answers its server, also where that was begun before.
    ///
    /// # Errors
    /// What the directory's own storage says.
    async fn begin_drop(&self, tenant: &TenantSlug) -> Result<Option<String>>;

    /// Forgets a tenant whose database was dropped.
    ///
    /// # Errors
    /// What the directory's own storage says.
    async fn forget(&self, tenant: &TenantSlug) -> Result<()>;

    /// The tenants that have a database, sorted, without those that are being dropped.
    ///
    /// # Errors
    /// What the directory's own storage says.
    async fn tenants(&self) -> Result<Vec<TenantSlug>>;

    /// The servers that were never searched for databases of tenants: the directory may be newer than they are.
    ///
    /// # Errors
    /// What the directory's own storage says.
    async fn unsearched(&self) -> Result<BTreeSet<String>>;

    /// How many commits the tenant's database had when its layers were optimised last; 0 where they never were.
    ///
    /// # Errors
    /// What the directory's own storage says.
    async fn optimized_at(&self, tenant: &TenantSlug) -> Result<u64>;

    /// Writes down how many commits the tenant's database had when its layers were optimised.
    ///
    /// # Errors
    /// What the directory's own storage says.
    async fn set_optimized_at(&self, tenant: &TenantSlug, commits: u64) -> Result<()>;

    /// Takes in what a search of the server found; a tenant that is placed elsewhere stays there.
    ///
    /// # Errors
    /// What the directory's own storage says.
    async fn adopt(&self, server: &str, found: Vec<TenantSlug>) -> Result<()>;
}
