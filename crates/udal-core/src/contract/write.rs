//! The operations that write.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::BoxStream;

use crate::error::{Error, Result};
use crate::model::Model;
use crate::record::{Patch, Record};

/// What makes a repeated create answer what the first one did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// The caller's key, 1 to 200 bytes. It is known for [`KEPT_FOR`](Idempotency::KEPT_FOR) at least.
    pub key: String,
    /// A hash of what was asked, which a repetition must have too.
    pub fingerprint: String,
}

impl Idempotency {
    /// How long a key is known at least: seven days from the create that took it. A backend may forget it afterwards, and then
    /// the same create is a new one.
    pub const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
}

/// Writes a new record.
///
/// - `[CREATE-1]` Writes the record as it is given, and answers it.
/// - `[CREATE-2]` An id that is taken is [`AlreadyExists`](crate::ErrorKind::AlreadyExists), also where the holder is out of
///   reach; nothing changes. Of many creates with one id at one instant, one succeeds.
/// - `[CREATE-3]` A repetition with the same idempotency key answers what the first answered, says so, and writes nothing;
///   also after the record was changed or deleted, and when both come at one instant. A key is known for
///   [`Idempotency::KEPT_FOR`] at least.
/// - `[CREATE-4]` The same key with another fingerprint is [`InvalidInput`](crate::ErrorKind::InvalidInput), and writes nothing.
/// - `[CREATE-5]` A record out of the writer's reach is [`Denied`](crate::ErrorKind::Denied), and nothing is written.
///
/// Links, for models kept as linked documents (`is_link` of the field):
///
/// - `[LINK-1]` A link to a record that is not there is [`InvalidInput`](crate::ErrorKind::InvalidInput) with a `broken_link`
///   error of the field, in create and in update; nothing is written. A record may link to itself.
/// - `[LINK-2]` The records of an atomic batch may link to one another in any order; of a batch item by item, to earlier ones.
/// - `[LINK-3]` Deleting a record that others link to is [`StillLinked`](crate::ErrorKind::StillLinked) (`on_delete: restrict`).
/// - `[LINK-4]` With `on_delete: unlink` the links are taken out of the records that hold them, which count a version up and
///   are named in [`Deleted::unlinked`]; where one of them is required, it is `StillLinked` and nothing changes.
/// - `[LINK-5]` A delete and a new link to the same record at one instant never leave a link to nothing.
/// - `[LINK-6]` A reference that is not a link is not checked.
#[derive(Clone, Debug)]
pub struct Create {
    /// The record, complete: with its id, version 1 and times.
    pub record: Record,
    /// The idempotency key, where one was given.
    pub idempotency: Option<Idempotency>,
}

/// What a create answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Created {
    /// The record as it was created.
    pub record: Record,
    /// Whether an earlier call with the same idempotency key had created it.
    pub replayed: bool,
}

/// Changes a record.
///
/// - `[UPDATE-1]` Changes the fields of the patch, clears those with no value, keeps the others, and answers the whole record.
/// - `[UPDATE-2]` Counts the version up by one, in the same step: of many updates at one instant none is lost.
/// - `[UPDATE-3]` With `if_version`, another version is [`VersionConflict`](crate::ErrorKind::VersionConflict), and nothing changes.
/// - `[UPDATE-4]` A record that is not there, or out of reach, is [`NotFound`](crate::ErrorKind::NotFound).
/// - `[UPDATE-5]` An update that would put the record out of the writer's reach is [`Denied`](crate::ErrorKind::Denied), and
///   nothing changes.
#[derive(Clone, Debug)]
pub struct Update {
    /// The record's model.
    pub model: Arc<Model>,
    /// The record's id.
    pub id: String,
    /// What to change.
    pub patch: Patch,
    /// The version that the record must have, where that matters.
    pub if_version: Option<i64>,
}

/// Deletes a record.
///
/// - `[DELETE-1]` Deletes the record and answers it as it was; the id is free again.
/// - `[DELETE-2]` Answers none where there is no such record, or none in reach; then nothing changes.
/// - `[DELETE-3]` With `if_version`, another version is [`VersionConflict`](crate::ErrorKind::VersionConflict), and nothing changes.
#[derive(Clone, Debug)]
pub struct Delete {
    /// The record's model.
    pub model: Arc<Model>,
    /// The record's id.
    pub id: String,
    /// The version that the record must have, where that matters.
    pub if_version: Option<i64>,
}

/// What a delete did.
#[derive(Clone, Debug, PartialEq)]
pub struct Deleted {
    /// The record as it was.
    pub record: Record,
    /// The records from which links to it were taken, sorted by model and id.
    pub unlinked: Vec<Touched>,
}

/// A record that a write changed beside the one it was about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Touched {
    /// The record's model.
    pub model: String,
    /// The record's id.
    pub id: String,
    /// Its version now.
    pub version: i64,
}

/// Whether a batch is written whole or item by item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchMode {
    /// All or nothing: the first failure ends it.
    Atomic,
    /// Each that can be written is.
    PerItem,
}

/// How many records of a batch are held in memory and written at once, at most.
pub const CHUNK_RECORDS: usize = 5_000;
/// How many bytes of them, about: the record that reaches it ends the chunk.
pub const CHUNK_BYTES: usize = 16 << 20;

/// New records with their place in the caller's input. An error ends the batch.
pub type Records<'a> = BoxStream<'a, Result<(u64, Record)>>;

/// Writes many new records.
///
/// - `[BATCH-1]` `Atomic`: writes all, or none and answers the first failure, with the item's index in the message.
/// - `[BATCH-2]` `PerItem`: writes each item that can be written, and answers index and error for each other.
/// - `[BATCH-3]` Items count in the order of the input: of two with one id the first wins.
/// - `[BATCH-4]` The number of items has no limit but the disk's, and they are not all in memory at once.
/// - `[BATCH-5]` An error in the stream ends the batch with that error: nothing of it is written.
/// - `[BATCH-6]` An item out of the writer's reach is [`Denied`](crate::ErrorKind::Denied), as in `[CREATE-5]`.
pub struct BatchCreate<'a> {
    /// The model of every record.
    pub model: Arc<Model>,
    /// The records, complete.
    pub records: Records<'a>,
    /// Whole, or item by item.
    pub mode: BatchMode,
}

impl fmt::Debug for BatchCreate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchCreate")
            .field("model", &self.model.name())
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

/// What a batch did.
#[derive(Debug, Default)]
pub struct BatchReport {
    /// How many records were written.
    pub created: u64,
    /// The items that were not, in the order of the input. Empty for `Atomic`.
    pub failures: Vec<ItemFailure>,
}

/// One item of a batch that was not written.
#[derive(Debug)]
pub struct ItemFailure {
    /// Its place in the caller's input.
    pub index: u64,
    /// Why.
    pub error: Error,
}
