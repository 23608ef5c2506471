//! What is asked: one struct each, checked.

use std::sync::Arc;

use udal_core::model::Model;
use udal_core::{Error, Result};

use super::Walk;

/// How many links away a walk goes where nothing is said and its path has no end.
pub const DEFAULT_DEPTH: u32 = 10;
/// The most links that a walk goes away.
pub const MAX_DEPTH: u32 = 64;
/// How many records a walk looks at where nothing is said.
pub const DEFAULT_NODES: usize = 10_000;
/// The most records that a walk looks at.
pub const MAX_NODES: usize = 100_000;
/// How many ways between two records are answered where nothing is said.
pub const DEFAULT_PATHS: usize = 1;
/// The most ways between two records that are answered.
pub const MAX_PATHS: usize = 1_000;

/// Finds the records that a path leads to.
///
/// - Answers each record once, with the fewest links by which the path leads to it, and of the ways of that length the one
///   whose ids and links come first: they are compared one after another, each id before the link to it.
/// - Answers them by depth, then by id.
/// - Neither a record that the asker may not see nor one of which a step's filter is false is crossed.
/// - Where the depth or the number of records was not enough to see the whole, the answer says so; what it holds is right.
#[derive(Clone, Debug)]
pub struct Traverse {
    /// The path.
    pub walk: Walk,
    /// The record that it starts from, of the walk's first model.
    pub start_id: String,
    /// The most links that it goes away: up to [`MAX_DEPTH`].
    pub max_depth: u32,
    /// The most records that it looks at, each counted once for each place of the path in which it stands.
    pub max_nodes: usize,
}

/// Finds ways from one record to another.
///
/// - Answers ways on which no record stands twice: the shortest first, and of those of one length the one whose ids and links
///   come first.
/// - A record that the asker may not see is on none of them.
#[derive(Clone, Debug)]
pub struct Paths {
    /// Which links are followed: of [`Walk::along`].
    pub walk: Walk,
    /// Where they start, of the walk's first model.
    pub start_id: String,
    /// Where they end.
    pub end_id: String,
    /// The model of that record.
    pub end_model: Arc<Model>,
    /// The longest that is looked for, in links: up to [`MAX_DEPTH`].
    pub max_length: u32,
    /// The most ways to answer: 1 to [`MAX_PATHS`].
    pub limit: usize,
    /// The most records that are looked at.
    pub max_nodes: usize,
}

/// Finds what lies around a record.
///
/// - Answers the records that are at most so many links away, by distance, then by id, and every link between two of them.
/// - A record that the asker may not see is not crossed.
#[derive(Clone, Debug)]
pub struct Subgraph {
    /// Which links are followed: of [`Walk::along`].
    pub walk: Walk,
    /// The record in the middle, of the walk's first model.
    pub root_id: String,
    /// How many links away: up to [`MAX_DEPTH`].
    pub depth: u32,
    /// The most records to answer.
    pub max_nodes: usize,
}

/// The depth that is asked for, or how long the path is, or [`DEFAULT_DEPTH`].
///
/// # Errors
/// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) where it is out of range.
pub fn checked_depth(name: &str, asked: Option<u32>, longest: Option<u32>) -> Result<u32> {
    match asked {
        None => Ok(longest.unwrap_or(DEFAULT_DEPTH).min(MAX_DEPTH)),
        Some(depth @ ..=MAX_DEPTH) => Ok(depth),
        Some(depth) => {
            let message = format!("`{name}` of {depth} is out of range");
            Err(Error::invalid(message).hint(format!("use 0 to {MAX_DEPTH}")))
        }
    }
}

/// The number that is asked for, or `otherwise`.
///
/// # Errors
/// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) where it is out of range.
pub fn checked_count(name: &str, asked: Option<usize>, otherwise: usize, most: usize) -> Result<usize> {
    match asked {
        None => Ok(otherwise),
        Some(count) if (1..=most).contains(&count) => Ok(count),
        Some(count) => {
            let message = format!("`{name}` of {count} is out of range");
            Err(Error::invalid(message).hint(format!("use 1 to {most}")))
        }
    }
}
