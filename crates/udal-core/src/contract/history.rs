//! Reading what a record was: offered by storages that keep every commit, and by no other.

use std::sync::Arc;

use crate::error::{Error, ErrorKind};
use crate::model::Model;
use crate::record::Record;
use crate::value::Timestamp;

/// How many versions a history has when nothing is said.
pub const DEFAULT_VERSIONS: usize = 20;
/// The most versions that a history answers.
pub const MAX_VERSIONS: usize = 1_000;

/// A moment in the past of a tenant's records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// After the commit of that name.
    Commit(String),
    /// At that time, by the clock of what keeps the records.
    Time(Timestamp),
}

impl Moment {
    /// A time where `text` is one in RFC 3339, else a commit.
    pub fn parse(text: &str) -> Self {
        Timestamp::parse(text).map_or_else(|_| Moment::Commit(text.to_owned()), Moment::Time)
    }
}

/// Reads one record as it was.
///
/// It answers none where it was not there then, where it was out of the asker's reach then, and where it is now: who may not
/// see a record does not see its past. A record that was deleted since is seen as it was.
#[derive(Clone, Debug)]
pub struct GetAt {
    /// The record's model.
    pub model: Arc<Model>,
    /// The record's id.
    pub id: String,
    /// When.
    pub at: Moment,
}

/// Reads what one record was, the newest version first, back to its creation.
///
/// Versions out of the asker's reach are left out, and all of them where the record is out of reach now. Where an id was used
/// again after a delete, the earlier record is not looked for.
#[derive(Clone, Debug)]
pub struct History {
    /// The record's model.
    pub model: Arc<Model>,
    /// The record's id.
    pub id: String,
    /// The most versions to look at: 1 to [`MAX_VERSIONS`].
    pub limit: usize,
}

/// What a record became by one commit.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// The commit's name.
    pub commit: String,
    /// When it was made, by the clock of what keeps the records.
    pub at: Timestamp,
    /// Who made it: the user that the write acted for, or `udal`.
    pub author: String,
    /// What the commit says of itself.
    pub message: String,
    /// The record; none where the commit deleted it.
    pub record: Option<Record>,
}

/// What a record was.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Versions {
    /// Its versions, the newest first.
    pub versions: Vec<Version>,
    /// Whether they go back to the record's creation: neither the limit nor what is looked through at most ended them.
    pub is_complete: bool,
}

/// The error of a storage that keeps no history.
pub(super) fn no_history(backend: &str, operation: &str) -> Error {
    let why = match backend {
        "postgresql" | "pggraph" => "PostgreSQL keeps the current version of a record only",
        _ => "this storage keeps the current version of a record only",
    };
    Error::new(ErrorKind::Unsupported, format!("`{operation}` is not offered here: {why}"))
        .hint("a model with `storage: terminusdb` has a history where a TerminusDB server is configured")
}
