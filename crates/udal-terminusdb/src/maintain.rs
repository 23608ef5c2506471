//! Layers: each commit adds one, and a read goes through those that were not rolled up.

use udal_core::{Error, Result, TenantSlug};

use crate::TerminusdbBackend;
use crate::failure::Failure;

/// The layers of a tenant's database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layers {
    /// How many commits there are.
    pub commits: u64,
    /// How many of them came after the layers were optimised last, as far as that is known: the depth that a read may go
    /// through.
    pub depth: u64,
}

impl TerminusdbBackend {
    /// How many layers the tenant's database has; none where there is no database.
    ///
    /// # Errors
    /// What the server says.
    pub async fn layers(&self, tenant: &TenantSlug) -> Result<Option<Layers>> {
        let Some(database) = self.databases.find(tenant).await? else { return Ok(None) };
        let request = udal_graph::any_of("Commit");
        let commits = match database.client.ask_commits(&database.name, &request).await {
            Ok(data) => udal_graph::read_count(&data)?,
            Err(Failure::Missing(_)) => return Ok(None),
            Err(failure) => return Err(failure.into()),
        };
        let optimized = match &database.home.directory {
            Some(directory) => directory.optimized_at(tenant).await?,
            None => 0,
        };
        let layers = Layers { commits, depth: commits.saturating_sub(optimized) };
        tracing::info!(%tenant, commits, layer_depth = layers.depth, "layers of a graph database");
        Ok(Some(layers))
    }

    /// Optimises the layers of the tenant's database, beside its readers and writers; answers what they were before, none where
    /// there is no database.
    ///
    /// # Errors
    /// What the server says.
    pub async fn optimize(&self, tenant: &TenantSlug) -> Result<Option<Layers>> {
        let (Some(before), Some(database)) = (self.layers(tenant).await?, self.databases.find(tenant).await?) else {
            return Ok(None);
        };
        // The branch, with the graph of its commits, and the repositories above it.
        for resource in ["local/branch/main", "_meta"] {
            database.client.optimize(&database.name, resource).await.map_err(Error::from)?;
        }
        if let Some(directory) = &database.home.directory {
            directory.set_optimized_at(tenant, before.commits).await?;
        }
        tracing::info!(%tenant, commits = before.commits, layers = before.depth, "optimised the layers of a graph database");
        Ok(Some(before))
    }
}
