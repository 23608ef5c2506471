//! What is asked of the service, and what it answers.

use std::fmt;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream, Stream};
use serde_json::Value as Json;
use udal_core::contract::{BatchMode, ItemFailure};
use udal_core::record::Record;
use udal_core::{Error, Result};

/// Asks for a page of records.
#[derive(Clone, Debug, Default)]
pub struct ListRequest {
    pub(crate) filter: Option<Json>,
    pub(crate) order_by: String,
    pub(crate) limit: Option<usize>,
    pub(crate) skip: Option<u64>,
    pub(crate) cursor: Option<String>,
}

impl ListRequest {
    /// Asks for the first 100 records, by id.
    pub fn new() -> Self {
        ListRequest::default()
    }

    /// Only records that the filter finds, such as `{"value": {"gte": 7}}`.
    #[must_use]
    pub fn filter(mut self, filter: Json) -> Self {
        self.filter = Some(filter);
        self
    }

    /// The order, such as `-value,test_type`.
    #[must_use]
    pub fn order_by(mut self, order: impl Into<String>) -> Self {
        self.order_by = order.into();
        self
    }

    /// At most this many records: 1 to 10,000.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Leaves out this many records. Not together with a cursor.
    #[must_use]
    pub fn skip(mut self, count: u64) -> Self {
        self.skip = Some(count);
        self
    }

    /// Goes on where the page before ended: its [`Listing::next`].
    #[must_use]
    pub fn cursor(mut self, cursor: impl Into<String>) -> Self {
        self.cursor = Some(cursor.into());
        self
    }
}

/// Asks for a page of records as JSON text.
#[derive(Clone, Debug)]
pub struct ListTextRequest {
    pub(crate) list: ListRequest,
    pub(crate) between: &'static str,
}

impl ListTextRequest {
    /// Asks for the text of that page, with a comma between two records.
    pub fn new(list: ListRequest) -> Self {
        ListTextRequest { list, between: "," }
    }

    /// What stands between two records, such as a line break.
    #[must_use]
    pub fn between(mut self, between: &'static str) -> Self {
        self.between = between;
        self
    }
}

/// A page of records.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// The records, in order.
    pub records: Vec<Record>,
    /// The cursor of the page after this one; none where this is the last.
    pub next: Option<String>,
}

/// Asks for records that hold words.
#[derive(Clone, Debug)]
pub struct SearchRequest {
    pub(crate) words: String,
    pub(crate) fields: Vec<String>,
    pub(crate) limit: Option<usize>,
}

impl SearchRequest {
    /// Asks for the first 100 records, by id, in which every word occurs in one of the text fields, ignoring case.
    pub fn new(words: impl Into<String>) -> Self {
        SearchRequest { words: words.into(), fields: Vec::new(), limit: None }
    }

    /// Looks in these fields only.
    #[must_use]
    pub fn fields<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
        self.fields = fields.into_iter().map(Into::into).collect();
        self
    }

    /// At most this many records: 1 to 10,000.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }
}

/// Asks how many records there are.
#[derive(Clone, Debug, Default)]
pub struct CountRequest {
    pub(crate) filter: Option<Json>,
}

impl CountRequest {
    /// Counts every record.
    pub fn new() -> Self {
        CountRequest::default()
    }

    /// Counts only records that the filter finds.
    #[must_use]
    pub fn filter(mut self, filter: Json) -> Self {
        self.filter = Some(filter);
        self
    }
}

/// Asks to create a record.
#[derive(Clone, Debug)]
pub struct CreateRequest {
    pub(crate) data: Json,
    pub(crate) idempotency_key: Option<String>,
}

impl CreateRequest {
    /// A record with these members; an `id` is made where none is given.
    pub fn new(data: Json) -> Self {
        CreateRequest { data, idempotency_key: None }
    }

    /// Makes a repetition of this request answer what the first did: 1 to 200 characters of the caller's choice.
    #[must_use]
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }
}

/// Asks to change a record.
#[derive(Clone, Debug)]
pub struct UpdateRequest {
    pub(crate) id: String,
    pub(crate) changes: Json,
    pub(crate) if_version: Option<i64>,
}

impl UpdateRequest {
    /// Changes these members of the record; `null` clears one.
    pub fn new(id: impl Into<String>, changes: Json) -> Self {
        UpdateRequest { id: id.into(), changes, if_version: None }
    }

    /// Only if the record has this version.
    #[must_use]
    pub fn if_version(mut self, version: i64) -> Self {
        self.if_version = Some(version);
        self
    }
}

/// Asks to delete a record.
#[derive(Clone, Debug)]
pub struct DeleteRequest {
    pub(crate) id: String,
    pub(crate) if_version: Option<i64>,
}

impl DeleteRequest {
    /// Deletes the record with this id.
    pub fn new(id: impl Into<String>) -> Self {
        DeleteRequest { id: id.into(), if_version: None }
    }

    /// Only if the record has this version.
    #[must_use]
    pub fn if_version(mut self, version: i64) -> Self {
        self.if_version = Some(version);
        self
    }
}

/// Asks to create many records.
pub struct BatchRequest<'a> {
    pub(crate) items: BoxStream<'a, Result<Json>>,
    pub(crate) mode: BatchMode,
    pub(crate) with_ids: bool,
}

impl<'a> BatchRequest<'a> {
    /// Creates a record of each item, all or none. An error in the stream is one of that item: a line that is not JSON.
    pub fn new(items: impl Stream<Item = Result<Json>> + Send + 'a) -> Self {
        BatchRequest { items: items.fuse().boxed(), mode: BatchMode::Atomic, with_ids: false }
    }

    /// Creates a record of each of these.
    pub fn from_items(items: Vec<Json>) -> BatchRequest<'static> {
        BatchRequest::new(stream::iter(items.into_iter().map(Ok)))
    }

    /// Whole, or item by item.
    #[must_use]
    pub fn mode(mut self, mode: BatchMode) -> Self {
        self.mode = mode;
        self
    }

    /// Answers the ids of the records that were created.
    #[must_use]
    pub fn with_ids(mut self) -> Self {
        self.with_ids = true;
        self
    }
}

impl fmt::Debug for BatchRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchRequest").field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// What a batch did.
#[derive(Debug, Default)]
pub struct BatchAnswer {
    /// How many records were created; they are durable.
    pub created: u64,
    /// Index and id of each, where [`with_ids`](BatchRequest::with_ids) asked for them.
    pub ids: Vec<(u64, String)>,
    /// The items that were not created, in the order of the input. Empty for an atomic batch, which fails whole.
    pub failures: Vec<ItemFailure>,
    /// Why the batch ended before its input did: the storage failed. What `created` counts stays.
    pub stopped: Option<Error>,
}
