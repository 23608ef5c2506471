//! Batches that change records, in the few words that cases need.

use std::sync::Arc;

use futures_util::{Stream, StreamExt, stream};
use serde_json::{Value as Json, json};
use udal_core::contract::{
    Answer, BatchDelete, BatchMode, BatchUpdate, ChangeReport, DeleteItem, Expect, UpdateItem, Upsert, UpsertItem,
};
use udal_core::record::{read_changes, read_upsert};
use udal_core::{Error, ErrorKind};

use crate::case::{Failure, Outcome};
use crate::expect::{fails, holds};
use crate::rows::Rows;

/// Which batch it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Upsert,
    Update,
    Delete,
}

/// One item of a batch: a key, members where there is something to write, and a version where it must be that; an upsert at
/// version 0 expects that there is none.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) key: String,
    pub(crate) members: Json,
    pub(crate) if_version: Option<i64>,
}

/// An item with these members.
pub(crate) fn item(key: &str, members: Json) -> Item {
    Item { key: key.to_owned(), members, if_version: None }
}

/// An item without members.
pub(crate) fn key(key: &str) -> Item {
    item(key, json!({}))
}

impl Item {
    /// The same, if the record is at that version.
    pub(crate) fn at(self, version: i64) -> Self {
        Item { if_version: Some(version), ..self }
    }
}

/// The items with their places.
pub(crate) fn numbered(items: &[Item]) -> impl Iterator<Item = Result<(u64, Item), Error>> + Send + use<> {
    let owned = items.to_vec();
    owned.into_iter().enumerate().map(|(at, item)| Ok((at as u64, item)))
}

/// The indexes and kinds of what failed.
pub(crate) fn failures(report: &ChangeReport) -> Vec<(u64, ErrorKind)> {
    report.failures.iter().map(|failure| (failure.index, failure.error.kind())).collect()
}

/// The batch was refused because of that item.
#[track_caller]
pub(crate) fn refused(result: Result<ChangeReport, Error>, kind: ErrorKind, index: u64) -> Outcome {
    let error = fails(result, kind)?;
    let says = |text: &str| error.message().split(|c: char| !c.is_alphanumeric()).any(|word| word == text);
    holds(says(&index.to_string()), format!("the message does not name item {index}: {error}"))
}

impl Rows {
    /// Tries a batch of these items, and has every record answered.
    pub(crate) async fn all_of(&self, op: Op, mode: BatchMode, items: &[Item]) -> Result<ChangeReport, Error> {
        self.change(op, mode, Answer::Records, stream::iter(numbered(items))).await
    }

    /// Tries a batch of the items in the stream.
    pub(crate) async fn change(
        &self,
        op: Op,
        mode: BatchMode,
        answer: Answer,
        items: impl Stream<Item = Result<(u64, Item), Error>> + Send,
    ) -> Result<ChangeReport, Error> {
        let model = Arc::clone(&self.model);
        match op {
            Op::Upsert => {
                let items = items.map(|item| item.and_then(|(at, item)| Ok((at, self.upsert_item(item)?)))).boxed();
                self.backend.upsert(&self.ctx, Upsert { model, items, mode, answer }).await
            }
            Op::Update => {
                let items = items.map(|item| item.and_then(|(at, item)| Ok((at, self.update_item(item)?)))).boxed();
                self.backend.batch_update(&self.ctx, BatchUpdate { model, items, mode, answer }).await
            }
            Op::Delete => {
                let items = items.map(|item| {
                    item.map(|(at, Item { key, if_version, .. })| (at, DeleteItem { id: self.id(&key), if_version }))
                });
                let items = items.boxed();
                self.backend.batch_delete(&self.ctx, BatchDelete { model, items, mode, answer }).await
            }
        }
    }

    fn upsert_item(&self, item: Item) -> Result<UpsertItem, Error> {
        let Item { key, members, if_version } = item;
        let record = self.record(&key, members.clone()).map_err(internal)?;
        let (_, patch) = read_upsert(&self.model, &members)?;
        let expect = match if_version {
            None => Expect::Anything,
            Some(0) => Expect::Absent,
            Some(version) => Expect::Version(version),
        };
        Ok(UpsertItem { record, patch, expect })
    }

    fn update_item(&self, item: Item) -> Result<UpdateItem, Error> {
        let Item { key, members, if_version } = item;
        Ok(UpdateItem { id: self.id(&key), patch: read_changes(&self.model, &members)?, if_version })
    }
}

fn internal(failure: Failure) -> Error {
    Error::internal(failure.to_string())
}
