//! The operations that read.

use std::sync::Arc;

use crate::filter::Predicate;
use crate::model::Model;
use crate::order::{Order, Position};
use crate::record::Record;
use crate::search;

/// How many records a page holds when nothing is said.
pub const DEFAULT_LIMIT: usize = 100;
/// The most records that a page or a search answers.
pub const MAX_LIMIT: usize = 10_000;

/// Reads one record by id.
///
/// - `[GET-1]` Answers the record with that id.
/// - `[GET-2]` Answers none where there is no such record, whatever the id looks like.
/// - `[GET-3]` Answers none for a record out of the asker's reach: nobody learns that it exists.
#[derive(Clone, Debug)]
pub struct Get {
    /// The record's model.
    pub model: Arc<Model>,
    /// The record's id.
    pub id: String,
}

/// Where a page starts.
#[derive(Clone, Debug, PartialEq)]
pub enum Start {
    /// With the first record.
    Beginning,
    /// After this many records.
    Skip(u64),
    /// With the first record after this position.
    After(Position),
}

/// Reads a page of records.
///
/// - `[LIST-1]` Answers exactly the records for which the filter is true, of those in reach.
/// - `[LIST-2]` Answers them in the order asked for; it is total, because `id` ends it.
/// - `[LIST-3]` A missing value sorts below every value: first ascending, last descending.
/// - `[LIST-4]` Strings, also ids, enums and references, sort and compare by their bytes; `false` sorts below `true`.
/// - `[LIST-5]` Answers at most `limit` records, and says whether there are more.
/// - `[LIST-6]` `Skip` leaves out that many of the records that would have been answered; past the end there is nothing.
/// - `[LIST-7]` `After` answers what comes after the position, also when the record that stood there is gone, and whatever
///   was inserted before it: pages that follow one another repeat nothing and miss nothing that stayed.
/// - `[LIST-8]` What is out of reach takes no place: not in a page, not in what is skipped, not in whether there are more.
///
/// Filters, as in [`evaluate`](crate::filter::evaluate):
///
/// - `[FILTER-1]` `eq` and `ne` are false of a missing value; `ne` is true of every other value but the one.
/// - `[FILTER-2]` `in` and `not_in` are false of a missing value; nothing is `in []`, every value is `not_in []`.
/// - `[FILTER-3]` `lt lte gt gte` compare by the type's order; false of a missing value.
/// - `[FILTER-4]` `contains` finds bytes in a string; `%`, `_` and `\` are letters like others; the empty string is in every string.
/// - `[FILTER-5]` `starts_with` likewise, at the start.
/// - `[FILTER-6]` `has` finds an element in a set or list.
/// - `[FILTER-7]` `is_null` is true of a missing value, and of an empty set; not of an empty string or list.
/// - `[FILTER-8]` `not` is the complement: what a filter leaves out, its `not` answers, missing values included.
/// - `[FILTER-9]` `and` of nothing is true, `or` of nothing is false; they nest.
/// - `[FILTER-10]` System fields are filtered like declared ones.
#[derive(Clone, Debug)]
pub struct List {
    /// The model whose records are listed.
    pub model: Arc<Model>,
    /// What must be true of them.
    pub filter: Predicate,
    /// Their order.
    pub order: Order,
    /// The most records to answer: 1 to [`MAX_LIMIT`].
    pub limit: usize,
    /// Where the page starts.
    pub start: Start,
}

/// Some of the records that a query finds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The records, in order.
    pub records: Vec<Record>,
    /// Whether records come after these.
    pub has_more: bool,
}

impl Page {
    /// A page of the first `limit` of `records`, which were read with one more than the limit.
    pub fn cut(mut records: Vec<Record>, limit: usize) -> Self {
        let has_more = records.len() > limit;
        records.truncate(limit);
        Page { records, has_more }
    }
}

/// Finds records by words.
///
/// - `[SEARCH-1]` Answers the records, of those in reach, in which every word occurs in one of the fields.
/// - `[SEARCH-2]` Case is ignored, for every script that has case.
/// - `[SEARCH-3]` Answers them in the order of their ids, at most `limit`.
/// - `[SEARCH-4]` No character is a wildcard, and accents count.
#[derive(Clone, Debug)]
pub struct Search {
    /// The model whose records are searched.
    pub model: Arc<Model>,
    /// The words and the fields.
    pub query: search::Query,
    /// The most records to answer: 1 to [`MAX_LIMIT`].
    pub limit: usize,
}

/// Counts records.
///
/// - `[COUNT-1]` Answers how many records `list` would answer with the same filter and no limit.
#[derive(Clone, Debug)]
pub struct Count {
    /// The model whose records are counted.
    pub model: Arc<Model>,
    /// What must be true of them.
    pub filter: Predicate,
}
