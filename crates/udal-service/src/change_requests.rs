//! What the batches that change records are asked, and what they answer.

use std::fmt;

use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use serde_json::Value as Json;
use udal_core::contract::{BatchMode, Effect, ItemFailure};
use udal_core::{Error, Result};

use crate::{DeleteRequest, UpdateRequest};

/// Asks to change many records: by [`UpsertRequest`], [`BatchUpdateRequest`] or [`BatchDeleteRequest`].
pub struct ChangeRequest<'a, T> {
    pub(crate) items: BoxStream<'a, Result<T>>,
    pub(crate) mode: BatchMode,
    pub(crate) with_written: bool,
}

/// Asks to create each record whose id is free, and to change each that is there. An item is a complete new record; of one
/// that is there, the members that were given change.
pub type UpsertRequest<'a> = ChangeRequest<'a, Json>;

/// Asks to change many records.
pub type BatchUpdateRequest<'a> = ChangeRequest<'a, UpdateRequest>;

/// Asks to delete many records.
pub type BatchDeleteRequest<'a> = ChangeRequest<'a, DeleteRequest>;

impl<'a, T: Send + 'a> ChangeRequest<'a, T> {
    /// Every item, all or none. An error in the stream is one of that item: a line that is not JSON.
    pub fn new(items: impl Stream<Item = Result<T>> + Send + 'a) -> Self {
        ChangeRequest { items: items.fuse().boxed(), mode: BatchMode::Atomic, with_written: false }
    }

    /// Each of these.
    pub fn from_items(items: Vec<T>) -> Self {
        ChangeRequest::new(stream::iter(items.into_iter().map(Ok)))
    }

    /// Whole, or item by item.
    #[must_use]
    pub fn mode(mut self, mode: BatchMode) -> Self {
        self.mode = mode;
        self
    }

    /// Answers what became of each record: [`ChangeAnswer::written`].
    #[must_use]
    pub fn with_written(mut self) -> Self {
        self.with_written = true;
        self
    }
}

impl<T> fmt::Debug for ChangeRequest<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangeRequest").field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// What a batch did that changes records.
#[derive(Debug, Default)]
pub struct ChangeAnswer {
    /// How many records were created. What is counted here and below is durable.
    pub created: u64,
    /// How often a record was changed.
    pub updated: u64,
    /// How many records were deleted.
    pub deleted: u64,
    /// How many items asked to delete what is not there.
    pub absent: u64,
    /// What became of each, in the order of the input, where [`with_written`](ChangeRequest::with_written) asked for it.
    pub written: Vec<WrittenItem>,
    /// The items that had no effect, in the order of the input. Empty for an atomic batch, which fails whole.
    pub failures: Vec<ItemFailure>,
    /// Why the batch ended before its input did: the storage failed. What was counted stays.
    pub stopped: Option<Error>,
}

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenItem {
    /// The item's place in the input.
    pub index: u64,
    /// Whether it was created, changed or deleted.
    pub effect: Effect,
    /// The record's id.
    pub id: String,
    /// Its version now; of a deleted record its last.
    pub version: i64,
}
