//! What a storage of linked records does with what is asked.

use std::fmt;

use async_trait::async_trait;
use udal_core::{Context, Result};

use super::{Found, Neighbourhood, Paths, Subgraph, Traversal, Traverse};

/// Walks along links.
///
/// Every record that is met must be one that the asker may see ([`Context::reach`] with
/// [`Action::View`](udal_core::Action::View)): the start and the end too, which are
/// [`NotFound`](udal_core::ErrorKind::NotFound) otherwise. A hidden record is not crossed either.
#[async_trait]
pub trait GraphBackend: Send + Sync + fmt::Debug {
    /// Finds the records that a path leads to. See [`Traverse`].
    async fn traverse(&self, ctx: &Context, op: Traverse) -> Result<Traversal>;

    /// Finds ways from one record to another. See [`Paths`].
    async fn paths(&self, ctx: &Context, op: Paths) -> Result<Found>;

    /// Finds what lies around a record. See [`Subgraph`].
    async fn subgraph(&self, ctx: &Context, op: Subgraph) -> Result<Neighbourhood>;
}
