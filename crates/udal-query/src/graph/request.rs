//! What is asked of linked records, as callers say it.

use std::sync::Arc;

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

    /// The id of the record that the path starts from.
    pub fn start_id(&self) -> &str {
        &self.start_id
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

/// Which links are followed, and how many records are looked at.
///
/// ```
/// use udal_query::graph::{Follow, PathRequest};
///
/// let follow = Follow::default().link("contacts").link("opportunities").both_ways();
/// let request = PathRequest::new("AppCRMAccount/acme-123", "AppCRMOpportunity/big-one").follow(follow).limit(10);
/// assert_eq!(request.start_id(), "AppCRMAccount/acme-123");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Follow {
    links: Vec<String>,
    ways: Ways,
    max_nodes: Option<usize>,
}

impl Follow {
    /// Links of this name alone; asked more often, of any of the names. By default all links are followed.
    #[must_use]
    pub fn link(mut self, name: impl Into<String>) -> Self {
        self.links.push(name.into());
        self
    }

    /// Links in both directions.
    #[must_use]
    pub fn both_ways(mut self) -> Self {
        self.ways = Ways::Both;
        self
    }

    /// The most records to look at: by default 10,000.
    #[must_use]
    pub fn max_nodes(mut self, max_nodes: usize) -> Self {
        self.max_nodes = Some(max_nodes);
        self
    }

    fn walk(&self, catalog: &Catalog, access: &AccessContext, start_id: &str) -> Result<Walk> {
        Walk::along(catalog, access, catalog.model_of(start_id)?, &self.links, self.ways)
    }

    fn most(&self) -> Result<usize> {
        checked_count("max_nodes", self.max_nodes, DEFAULT_NODES, MAX_NODES)
    }
}

/// Asks for the ways from one record to another.
#[derive(Clone, Debug)]
pub struct PathRequest {
    start_id: String,
    end_id: String,
    follow: Follow,
    max_length: Option<u32>,
    limit: Option<usize>,
}

impl PathRequest {
    /// Asks for the shortest way from one record to another.
    pub fn new(start_id: impl Into<String>, end_id: impl Into<String>) -> Self {
        let (start_id, end_id) = (start_id.into(), end_id.into());
        PathRequest { start_id, end_id, follow: Follow::default(), max_length: None, limit: None }
    }

    /// Which links the ways consist of: by default all.
    #[must_use]
    pub fn follow(mut self, follow: Follow) -> Self {
        self.follow = follow;
        self
    }

    /// The longest way that is looked for, in links: by default 10.
    #[must_use]
    pub fn max_length(mut self, max_length: u32) -> Self {
        self.max_length = Some(max_length);
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
        let PathRequest { start_id, end_id, follow, max_length, limit } = self;
        Ok(Paths {
            walk: follow.walk(catalog, access, start_id)?,
            start_id: start_id.clone(),
            end_id: end_id.clone(),
            end_model: Arc::clone(catalog.model_of(end_id)?),
            max_length: checked_depth("max_length", *max_length, Some(DEFAULT_DEPTH))?,
            limit: checked_count("limit", *limit, DEFAULT_PATHS, MAX_PATHS)?,
            max_nodes: follow.most()?,
        })
    }
}

/// Asks for what lies around a record.
#[derive(Clone, Debug)]
pub struct SubgraphRequest {
    root_id: String,
    depth: u32,
    follow: Follow,
}

impl SubgraphRequest {
    /// Asks for the records that are at most `depth` links away from a record, and the links between them.
    pub fn new(root_id: impl Into<String>, depth: u32) -> Self {
        SubgraphRequest { root_id: root_id.into(), depth, follow: Follow::default() }
    }

    /// Which links lead on: by default all.
    #[must_use]
    pub fn follow(mut self, follow: Follow) -> Self {
        self.follow = follow;
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
        let SubgraphRequest { root_id, depth, follow } = self;
        Ok(Subgraph {
            walk: follow.walk(catalog, access, root_id)?,
            root_id: root_id.clone(),
            depth: checked_depth("depth", Some(*depth), Some(DEFAULT_DEPTH))?,
            max_nodes: follow.most()?,
        })
    }
}
