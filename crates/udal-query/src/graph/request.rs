//! What is asked of linked records, as callers say it.

use std::sync::Arc;

use udal_core::contract::refusal::not_found;
use udal_core::model::{Catalog, Model};
use udal_core::{AccessContext, Result};

use super::{
    DEFAULT_DEPTH, DEFAULT_NODES, DEFAULT_PATHS, MAX_NODES, MAX_PATHS, Paths, Subgraph, Traverse, Walk, Ways,
    checked_count, checked_depth,
};

/// Asks for the records that a path leads to.
///
/// ```
/// use udal_query::graph::TraverseRequest;
///
/// let request = TraverseRequest::new("crm", "AppCRMAccount", "AppCRMAccount/acme-123", "contacts/opportunities").max_depth(2);
/// assert_eq!(request.model(), ("crm", "AppCRMAccount"));
/// ```
#[derive(Clone, Debug)]
pub struct TraverseRequest {
    group: String,
    model: String,
    start_id: String,
    path: String,
    max_depth: Option<u32>,
    max_nodes: Option<usize>,
}

impl TraverseRequest {
    /// Asks from a record of a model, by its group's name and its own, along a path as [`Walk::parse`] reads it.
    pub fn new(
        group: impl Into<String>,
        model: impl Into<String>,
        start_id: impl Into<String>,
        path: impl Into<String>,
    ) -> Self {
        TraverseRequest {
            group: group.into(),
            model: model.into(),
            start_id: start_id.into(),
            path: path.into(),
            max_depth: None,
            max_nodes: None,
        }
    }

    /// The most links to go away: by default as many as the path has, and 10 where it has no end.
    #[must_use]
    pub fn max_depth(mut self, max_depth: u32) -> Self {
        self.max_depth = Some(max_depth);
        self
    }

    /// The most records to look at: by default 10,000.
    #[must_use]
    pub fn max_nodes(mut self, max_nodes: usize) -> Self {
        self.max_nodes = Some(max_nodes);
        self
    }

    /// The group and the model of the start.
    pub fn model(&self) -> (&str, &str) {
        (&self.group, &self.model)
    }

    /// The request as whoever has `access` may make it.
    ///
    /// # Errors
    /// As for [`Walk::parse`]; [`InvalidInput`](udal_core::ErrorKind::InvalidInput) for a depth or number out of range.
    pub fn read(&self, catalog: &Catalog, access: &AccessContext, model: &Model) -> Result<Traverse> {
        let walk = Walk::parse(catalog, access, model, &self.path)?;
        let max_depth = checked_depth("max_depth", self.max_depth, walk.longest)?;
        let max_nodes = checked_count("max_nodes", self.max_nodes, DEFAULT_NODES, MAX_NODES)?;
        Ok(Traverse { walk, start_id: self.start_id.clone(), max_depth, max_nodes })
    }
}

/// Which links are followed, how far, and to how many records.
#[derive(Clone, Debug, Default)]
struct Around {
    links: Vec<String>,
    ways: Ways,
    depth: Option<u32>,
    max_nodes: Option<usize>,
}

/// Asks for the ways from one record to another.
#[derive(Clone, Debug)]
pub struct PathRequest {
    start_id: String,
    end_id: String,
    around: Around,
    limit: Option<usize>,
}

impl PathRequest {
    /// Asks for the shortest way from one record to another.
    pub fn new(start_id: impl Into<String>, end_id: impl Into<String>) -> Self {
        PathRequest { start_id: start_id.into(), end_id: end_id.into(), around: Around::default(), limit: None }
    }

    /// Follows links of this name alone; asked more often, any of the names. By default all links are followed.
    #[must_use]
    pub fn link(mut self, name: impl Into<String>) -> Self {
        self.around.links.push(name.into());
        self
    }

    /// Follows links in both directions.
    #[must_use]
    pub fn both_ways(mut self) -> Self {
        self.around.ways = Ways::Both;
        self
    }

    /// The longest way that is looked for, in links: by default 10.
    #[must_use]
    pub fn max_length(mut self, max_length: u32) -> Self {
        self.around.depth = Some(max_length);
        self
    }

    /// The most records to look at: by default 10,000.
    #[must_use]
    pub fn max_nodes(mut self, max_nodes: usize) -> Self {
        self.around.max_nodes = Some(max_nodes);
        self
    }

    /// The most ways to answer, the shortest first: by default 1.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The id of the record that the ways start from.
    pub fn start_id(&self) -> &str {
        &self.start_id
    }

    /// The request as whoever has `access` may make it.
    ///
    /// # Errors
    /// As for [`Walk::along`]; [`NotFound`](udal_core::ErrorKind::NotFound) for an id of no model;
    /// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) for a length or number out of range.
    pub fn read(&self, catalog: &Catalog, access: &AccessContext) -> Result<Paths> {
        let PathRequest { start_id, end_id, around, limit } = self;
        let Around { links, ways, depth, max_nodes } = around;
        let model = model_of(catalog, start_id)?;
        Ok(Paths {
            walk: Walk::along(catalog, access, &model, links, *ways)?,
            start_id: start_id.clone(),
            end_id: end_id.clone(),
            end_model: model_of(catalog, end_id)?,
            max_length: checked_depth("max_length", *depth, Some(DEFAULT_DEPTH))?,
            limit: checked_count("limit", *limit, DEFAULT_PATHS, MAX_PATHS)?,
            max_nodes: checked_count("max_nodes", *max_nodes, DEFAULT_NODES, MAX_NODES)?,
        })
    }
}

/// Asks for what lies around a record.
#[derive(Clone, Debug)]
pub struct SubgraphRequest {
    root_id: String,
    around: Around,
}

impl SubgraphRequest {
    /// Asks for the records that are at most `depth` links away from a record, and the links between them.
    pub fn new(root_id: impl Into<String>, depth: u32) -> Self {
        SubgraphRequest { root_id: root_id.into(), around: Around { depth: Some(depth), ..Around::default() } }
    }

    /// Follows links of this name alone; asked more often, any of the names. By default all links are followed.
    #[must_use]
    pub fn link(mut self, name: impl Into<String>) -> Self {
        self.around.links.push(name.into());
        self
    }

    /// Follows links in both directions.
    #[must_use]
    pub fn both_ways(mut self) -> Self {
        self.around.ways = Ways::Both;
        self
    }

    /// The most records to answer: by default 10,000.
    #[must_use]
    pub fn max_nodes(mut self, max_nodes: usize) -> Self {
        self.around.max_nodes = Some(max_nodes);
        self
    }

    /// The id of the record in the middle.
    pub fn root_id(&self) -> &str {
        &self.root_id
    }

    /// The request as whoever has `access` may make it.
    ///
    /// # Errors
    /// As for [`PathRequest::read`].
    pub fn read(&self, catalog: &Catalog, access: &AccessContext) -> Result<Subgraph> {
        let SubgraphRequest { root_id, around } = self;
        let Around { links, ways, depth, max_nodes } = around;
        let model = model_of(catalog, root_id)?;
        Ok(Subgraph {
            walk: Walk::along(catalog, access, &model, links, *ways)?,
            root_id: root_id.clone(),
            depth: checked_depth("depth", *depth, Some(DEFAULT_DEPTH))?,
            max_nodes: checked_count("max_nodes", *max_nodes, DEFAULT_NODES, MAX_NODES)?,
        })
    }
}

/// The model whose records have ids such as `id`.
///
/// # Errors
/// [`NotFound`](udal_core::ErrorKind::NotFound) where there is none.
pub fn model_of(catalog: &Catalog, id: &str) -> Result<Arc<Model>> {
    let name = id.split_once('/').map(|(name, _)| name);
    let found = catalog.models().find(|model| Some(model.name()) == name);
    found.cloned().ok_or_else(|| not_found(id).hint("write its whole id, such as `AppCRMAccount/acme-123`"))
}
