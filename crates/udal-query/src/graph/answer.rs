//! What is answered of linked records.

use serde_json::{Value as Json, json};
use udal_core::record::Record;

use super::{MAX_DEPTH, MAX_NODES};

/// Why an answer is not the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Links lead on from where the depth ended; there may be more.
    Depth,
    /// There were more records than were to be looked at.
    Nodes,
    /// There are more ways than were to be answered, or than there was patience to look for.
    Paths,
    /// There are more links between the records than are answered.
    Edges,
}

impl Cut {
    /// Its word, such as `depth`.
    pub fn name(self) -> &'static str {
        match self {
            Cut::Depth => "depth",
            Cut::Nodes => "nodes",
            Cut::Paths => "paths",
            Cut::Edges => "edges",
        }
    }

    /// What is missing, and how to get it.
    pub fn note(self) -> String {
        match self {
            Cut::Depth => format!("cut by depth: links lead on from the last records (a depth goes up to {MAX_DEPTH})"),
            Cut::Nodes => format!("cut by nodes: more records are there than were to be looked at (up to {MAX_NODES})"),
            Cut::Paths => "cut by paths: there may be more ways than these".to_owned(),
            Cut::Edges => "cut by edges: more links are there between the records".to_owned(),
        }
    }
}

/// A link that was followed, and the record that it led to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hop {
    /// The record's id.
    pub id: String,
    /// The link as a path writes it: `contacts`, `^AppCRMActivity.account`.
    pub link: String,
}

/// A record that a path leads to.
#[derive(Clone, Debug, PartialEq)]
pub struct Reached {
    /// The record.
    pub record: Record,
    /// How many links away it is.
    pub depth: u32,
    /// The links and records in between, the record itself at the end; nothing for the start.
    pub path: Vec<Hop>,
}

/// The records that a path leads to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traversal {
    /// The records, by depth, then by id.
    pub reached: Vec<Reached>,
    /// Why there may be more.
    pub cut: Option<Cut>,
}

/// A way from one record to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The links and records in their order, without the start.
    pub hops: Vec<Hop>,
}

/// The ways from one record to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The ways, the shortest first.
    pub routes: Vec<Route>,
    /// Why there may be more.
    pub cut: Option<Cut>,
}

/// A link between two records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge {
    /// The id of the record that holds it.
    pub source: String,
    /// The field that holds it.
    pub field: String,
    /// The id that it leads to.
    pub target: String,
}

/// What lies around a record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Neighbourhood {
    /// The records with their distances, by distance, then by id.
    pub nodes: Vec<(Record, u32)>,
    /// The links between them, by source, field and target.
    pub edges: Vec<Edge>,
    /// Why there may be more.
    pub cut: Option<Cut>,
}

/// A way as JSON: the ids, with the link that was followed between each two.
pub fn path_of(start: &str, hops: &[Hop]) -> Json {
    let rest = hops.iter().flat_map(|hop| [json!(hop.link), json!(hop.id)]);
    std::iter::once(json!(start)).chain(rest).collect()
}
