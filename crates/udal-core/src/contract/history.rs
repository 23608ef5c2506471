//! Reading what a record was: offered by storages that keep every commit, and by no other.

use std::sync::Arc;

use crate::error::{Error, ErrorKind};
use crate::model::{Field, Model};
use crate::record::Record;
use crate::value::{Timestamp, Value};

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
/// - `[AT-1]` Answers the record as it was after that commit, or at that time; none where it was not there then. A record that
///   was deleted since is seen as it was.
/// - `[AT-2]` Answers none where the record was out of the asker's reach then, and where it is now: who may not see a record does
///   not see its past.
/// - `[AT-3]` A commit that is not there is [`NotFound`](ErrorKind::NotFound).
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
/// - `[HISTORY-1]` Answers a version for each commit that changed the record, and for no other: by itself, in a batch, or by taking out
///   a link to what was deleted. Each has the record as it was then, who made it, and a commit that [`GetAt`] knows.
/// - `[HISTORY-2]` A delete is a version without a record. Where an id was used again after it, the history ends at the new
///   record's creation.
/// - `[HISTORY-3]` Looks at no more versions than the limit; `is_complete` says whether that was all.
/// - `[HISTORY-4]` Leaves out versions that were out of the asker's reach, and all of them where the record is out of reach now.
/// - `[HISTORY-5]` What was never written has no versions, and that is all of it.
/// - `[HISTORY-6]` A backend whose [`keeps_history`](super::Backend::keeps_history) is false refuses both as
///   [`Unsupported`](ErrorKind::Unsupported).
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

/// A field that differs between two versions of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldChange {
    /// Its name.
    pub field: String,
    /// Its value in the first version; none where it had none.
    pub from: Option<Value>,
    /// Its value in the other.
    pub to: Option<Value>,
}

/// The fields that differ between two versions of a record, in the order of the model that `after` has.
///
/// - `[DIFF-1]` Each field whose value differs is named with both values, system fields too, and no other.
pub fn changes_between(before: &Record, after: &Record) -> Vec<FieldChange> {
    let change = |field: &Arc<Field>| {
        let (from, to) = (before.value(field.name()), after.get(field));
        (from != to).then(|| FieldChange { field: field.name().to_owned(), from: from.cloned(), to: to.cloned() })
    };
    after.model().fields().iter().filter_map(change).collect()
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
