//! Walks along the links of linked documents.

use std::sync::Arc;

use udal_core::model::{Model, StorageKind};
use udal_core::record::Record;
use udal_core::{Context, Error, ErrorKind, Result};
use udal_query::graph::{
    Found, GraphBackend, Neighbourhood, PathRequest, Reached, SubgraphRequest, Traversal, TraverseRequest, Walk,
};

use super::observe::observed;
use crate::QueryService;

impl QueryService {
    /// The records that a path leads to, such as `contacts/opportunities[stage = "won"]`.
    ///
    /// A record that the asker may not see is neither answered nor crossed, and a link that is hidden from them is none.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) or [`UnknownName`](ErrorKind::UnknownName) for a path that does not fit;
    /// [`NotFound`](ErrorKind::NotFound) for a start that the asker does not see; [`Unsupported`](ErrorKind::Unsupported) for a
    /// model that is kept in a table; what the storage says.
    pub async fn traverse(&self, ctx: &Context, request: &TraverseRequest) -> Result<Traversal> {
        let (group, model) = request.model();
        let start = self.inner.catalog.model(group, model)?;
        let read = || request.read(&self.inner.catalog, ctx.access(), start);
        let asked = self.linked(start).and_then(|backend| Ok((backend, read()?)));
        let models = met(start, asked.as_ref().ok().map(|(_, op)| &op.walk));
        let work = async {
            let (backend, op) = asked?;
            backend.traverse(ctx, op).await
        };
        let Traversal { reached, cut } = observed(&self.inner.audit, "traverse", ctx, &models, work).await?;
        let shown = |Reached { record, depth, path }| Reached { record: shown(ctx, record), depth, path };
        Ok(Traversal { reached: reached.into_iter().map(shown).collect(), cut })
    }

    /// The shortest way from one record to another, or all up to a length and a count.
    ///
    /// # Errors
    /// As for [`traverse`](QueryService::traverse); an end that the asker does not see is as one that is not there.
    pub async fn path_query(&self, ctx: &Context, request: &PathRequest) -> Result<Found> {
        let start = self.inner.catalog.model_of(request.start_id())?;
        let asked = self.linked(start).and_then(|backend| {
            let op = request.read(&self.inner.catalog, ctx.access())?;
            self.linked(&op.end_model)?;
            Ok((backend, op))
        });
        let models = met(start, asked.as_ref().ok().map(|(_, op)| &op.walk));
        let work = async {
            let (backend, op) = asked?;
            backend.paths(ctx, op).await
        };
        observed(&self.inner.audit, "path_query", ctx, &models, work).await
    }

    /// The records around one, and the links between them.
    ///
    /// # Errors
    /// As for [`traverse`](QueryService::traverse).
    pub async fn subgraph(&self, ctx: &Context, request: &SubgraphRequest) -> Result<Neighbourhood> {
        let start = self.inner.catalog.model_of(request.root_id())?;
        let read = || request.read(&self.inner.catalog, ctx.access());
        let asked = self.linked(start).and_then(|backend| Ok((backend, read()?)));
        let models = met(start, asked.as_ref().ok().map(|(_, op)| &op.walk));
        let work = async {
            let (backend, op) = asked?;
            backend.subgraph(ctx, op).await
        };
        let Neighbourhood { nodes, edges, cut } = observed(&self.inner.audit, "subgraph", ctx, &models, work).await?;
        let nodes = nodes.into_iter().map(|(record, depth)| (shown(ctx, record), depth)).collect();
        Ok(Neighbourhood { nodes, edges, cut })
    }

    /// The backend of walks, where `model` is kept as linked documents.
    fn linked(&self, model: &Model) -> Result<&Arc<dyn GraphBackend>> {
        if model.storage_kind() != StorageKind::Terminusdb {
            let message = format!("`{}` is kept in a table, and walks are along linked documents", model.name());
            return Err(Error::new(ErrorKind::Unsupported, message).hint("use the reports: aggregate, window, join"));
        }
        self.graphs.as_ref().ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, "records are kept in memory, which walks along no links")
                .hint("start Udal with a PostgreSQL or TerminusDB server")
        })
    }
}

/// The models whose records a walk may meet: those of which its logs tell. Of one that was refused, the start's.
fn met(start: &Arc<Model>, walk: Option<&Walk>) -> Vec<Arc<Model>> {
    walk.map_or_else(|| vec![Arc::clone(start)], |walk| walk.models.clone())
}

/// The record as the asker may see it.
fn shown(ctx: &Context, record: Record) -> Record {
    record.model().seen_by(ctx.access()).show(record)
}
