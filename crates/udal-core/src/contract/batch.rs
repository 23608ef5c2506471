//! The operations that change many records.

use std::fmt;
use std::sync::Arc;

use futures_util::stream::BoxStream;

use super::{BatchMode, ItemFailure, Touched};
use crate::error::Result;
use crate::model::Model;
use crate::record::{Patch, Record};

/// What is held in memory as part of a chunk, and so is weighed.
pub trait Weigh {
    /// How many bytes it takes in memory, about.
    fn weight(&self) -> usize;
}

impl Weigh for Record {
    fn weight(&self) -> usize {
        Record::weight(self)
    }
}

/// Items of a batch with their place in the caller's input. An error ends the batch.
pub type Items<'a, T> = BoxStream<'a, Result<(u64, T)>>;

/// Writes records that are new, and changes those that are there.
///
/// - `[UPSERT-1]` Where the id is free, writes the item's record as it is.
/// - `[UPSERT-2]` Where the id is that of a record in reach, applies the item's patch to it, as `[UPDATE-1]` and `[UPDATE-2]`
///   say: what the patch does not name stays, `created_at` and `created_by` too, and the version counts up by one.
/// - `[UPSERT-3]` Where the id is that of a record out of reach, it is [`AlreadyExists`](crate::ErrorKind::AlreadyExists),
///   as in `[CREATE-2]`; a record that would be out of the writer's reach is [`Denied`](crate::ErrorKind::Denied), created
///   or changed. Nothing of that item is written.
/// - `[UPSERT-4]` Of many who write one id at one instant, one creates the record and the others change it: none is lost.
/// - `[UPSERT-5]` The links of an atomic batch's records may lead to records that the batch creates, in any order; of a batch
///   item by item, to earlier ones. A link to nothing is as in `[LINK-1]`.
/// - `[UPSERT-6]` An item that [expects](Expect) no record is as a create: a record that is there is `AlreadyExists`. One that
///   expects a version is as an update with `if_version`: [`NotFound`](crate::ErrorKind::NotFound) where there is none in
///   reach, [`VersionConflict`](crate::ErrorKind::VersionConflict) where it has another.
///
/// What holds of every batch that changes records is said of [`ChangeReport`].
pub struct Upsert<'a> {
    /// The model of every record.
    pub model: Arc<Model>,
    /// What to write.
    pub items: Items<'a, UpsertItem>,
    /// Whole, or item by item.
    pub mode: BatchMode,
    /// What to answer of the records that were written.
    pub answer: Answer,
}

/// One record to create or change.
#[derive(Clone, Debug)]
pub struct UpsertItem {
    /// The record where the id is free, complete: with its id, version 1 and times.
    pub record: Record,
    /// What changes where a record has that id.
    pub patch: Patch,
    /// What must be there.
    pub expect: Expect,
}

/// What an upsert expects to be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expect {
    /// A record or none.
    #[default]
    Anything,
    /// No record.
    Absent,
    /// The record at this version.
    Version(i64),
}

impl Weigh for UpsertItem {
    fn weight(&self) -> usize {
        self.record.weight() + self.patch.weight()
    }
}

/// Changes many records.
///
/// - `[BATCH-UPDATE-1]` Applies each item's patch to the record with its id, as `[UPDATE-1]` and `[UPDATE-2]` say.
/// - `[BATCH-UPDATE-2]` An item whose `if_version` is not its record's version is
///   [`VersionConflict`](crate::ErrorKind::VersionConflict), and changes nothing.
/// - `[BATCH-UPDATE-3]` An item whose record is not there, or out of reach, is [`NotFound`](crate::ErrorKind::NotFound).
/// - `[BATCH-UPDATE-4]` An item that would put its record out of the writer's reach is
///   [`Denied`](crate::ErrorKind::Denied), and changes nothing.
/// - `[BATCH-UPDATE-5]` An item with a link to a record that is not there is as in `[LINK-1]`.
///
/// What holds of every batch that changes records is said of [`ChangeReport`].
pub struct BatchUpdate<'a> {
    /// The model of every record.
    pub model: Arc<Model>,
    /// What to change.
    pub items: Items<'a, UpdateItem>,
    /// Whole, or item by item.
    pub mode: BatchMode,
    /// What to answer of the records that were changed.
    pub answer: Answer,
}

/// One record to change.
#[derive(Clone, Debug)]
pub struct UpdateItem {
    /// The record's id.
    pub id: String,
    /// What to change.
    pub patch: Patch,
    /// The version that the record must have, where that matters.
    pub if_version: Option<i64>,
}

impl Weigh for UpdateItem {
    fn weight(&self) -> usize {
        self.id.len() + self.patch.weight()
    }
}

/// Deletes many records.
///
/// - `[BATCH-DELETE-1]` Deletes the record with each item's id; the ids are free again.
/// - `[BATCH-DELETE-2]` An item whose record is not there, or out of reach, is no failure: it is counted in
///   [`ChangeReport::absent`], and changes nothing.
/// - `[BATCH-DELETE-3]` An item whose `if_version` is not its record's version is
///   [`VersionConflict`](crate::ErrorKind::VersionConflict), and deletes nothing.
/// - `[BATCH-DELETE-4]` Links to a deleted record are as in `[LINK-3]` and `[LINK-4]`: a record that others link to can be
///   deleted behind those others.
///
/// What holds of every batch that changes records is said of [`ChangeReport`].
pub struct BatchDelete<'a> {
    /// The model of every record.
    pub model: Arc<Model>,
    /// What to delete.
    pub items: Items<'a, DeleteItem>,
    /// Whole, or item by item.
    pub mode: BatchMode,
    /// What to answer of the records that were deleted.
    pub answer: Answer,
}

/// One record to delete.
#[derive(Clone, Debug)]
pub struct DeleteItem {
    /// The record's id.
    pub id: String,
    /// The version that the record must have, where that matters.
    pub if_version: Option<i64>,
}

impl Weigh for DeleteItem {
    fn weight(&self) -> usize {
        self.id.len()
    }
}

/// What a batch answers of each record that it wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing but how many there were.
    Counts,
    /// What became of each, with its id and version.
    Versions,
    /// The same, with the whole record.
    Records,
}

/// What a batch did that changes records.
///
/// - `[CHANGES-1]` The items take effect one after another in the order of the input, each as the single operation would: of
///   two with one id the second finds what the first left.
/// - `[CHANGES-2]` `Atomic`: all take effect, or none does and the first failure is answered, with the item's index in the
///   message.
/// - `[CHANGES-3]` `PerItem`: each item that can takes effect; index and error are answered for each other.
/// - `[CHANGES-4]` The number of items has no limit but the disk's, and they are not all in memory at once.
/// - `[CHANGES-5]` An error in the stream ends the batch with that error: nothing of it takes effect.
/// - `[CHANGES-6]` Batches that cross, in whatever order each has its items, wait for one another: no change is lost. Of
///   those that fit into one chunk ([`CHUNK_RECORDS`](super::CHUNK_RECORDS)) none fails because of another.
/// - `[CHANGES-7]` What was created, updated and deleted is counted, and told as [`Answer`] says, in the order of the input.
#[derive(Debug, Default)]
pub struct ChangeReport {
    /// How many records were created.
    pub created: u64,
    /// How often a record was changed.
    pub updated: u64,
    /// How many records were deleted.
    pub deleted: u64,
    /// How many items asked to delete what is not there.
    pub absent: u64,
    /// What became of each record that was written, in the order of the input.
    pub written: Vec<Written>,
    /// The items that were not written, in the order of the input. Empty for `Atomic`.
    pub failures: Vec<ItemFailure>,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It was created.
    Created,
    /// It was changed.
    Updated,
    /// It was deleted.
    Deleted,
}

/// What an item of a batch did.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The item's place in the caller's input.
    pub index: u64,
    /// What became of the record.
    pub effect: Effect,
    /// The record's id.
    pub id: String,
    /// The version that the item left; of a deleted record the last.
    pub version: i64,
    /// The record as the item left it, or as it was when it was deleted; for [`Answer::Records`].
    pub record: Option<Record>,
    /// The records from which a delete took links, sorted by model and id.
    pub unlinked: Vec<Touched>,
}

impl ChangeReport {
    /// Counts an item that took effect on `record`, and notes what `answer` asks for.
    pub fn wrote(&mut self, answer: Answer, index: u64, effect: Effect, record: &Record, unlinked: Vec<Touched>) {
        match effect {
            Effect::Created => self.created += 1,
            Effect::Updated => self.updated += 1,
            Effect::Deleted => self.deleted += 1,
        }
        let whole = match answer {
            Answer::Counts => return,
            Answer::Versions => None,
            Answer::Records => Some(record.clone()),
        };
        let (id, version) = (record.id().to_owned(), record.version());
        self.written.push(Written { index, effect, id, version, record: whole, unlinked });
    }

    /// Adds what a later part of the same batch did.
    pub fn add(&mut self, later: ChangeReport) {
        let ChangeReport { created, updated, deleted, absent, written, failures } = later;
        self.created += created;
        self.updated += updated;
        self.deleted += deleted;
        self.absent += absent;
        self.written.extend(written);
        self.failures.extend(failures);
    }
}

/// Shows a batch without its items, which come later.
macro_rules! debug_without_items {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("model", &self.model.name())
                    .field("mode", &self.mode)
                    .field("answer", &self.answer)
                    .finish_non_exhaustive()
            }
        }
    )+};
}
debug_without_items!(Upsert, BatchUpdate, BatchDelete);
