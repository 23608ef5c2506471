//! Items of a batch: as callers send them, and as backends take them.

use std::future::ready;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde_json::Value as Json;
use udal_core::Result;
use udal_core::contract::{DeleteItem, Expect, Items, UpdateItem, UpsertItem, Weigh};
use udal_core::model::position;
use udal_core::record::{Patch, read_changes, read_upsert};
use udal_core::value::Value;

use super::Changing;
use crate::{DeleteRequest, Records, UpdateRequest};

/// Which batch it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Upsert,
    Update,
    Delete,
}

impl Kind {
    /// The operation's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Upsert => "upsert",
            Kind::Update => "batch_update",
            Kind::Delete => "batch_delete",
        }
    }
}

/// An item as the caller sends it.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    Upsert(Json),
    Update(UpdateRequest),
    Delete(DeleteRequest),
}

impl From<Json> for Asked {
    fn from(json: Json) -> Self {
        Asked::Upsert(json)
    }
}

impl From<UpdateRequest> for Asked {
    fn from(request: UpdateRequest) -> Self {
        Asked::Update(request)
    }
}

impl From<DeleteRequest> for Asked {
    fn from(request: DeleteRequest) -> Self {
        Asked::Delete(request)
    }
}

impl Asked {
    /// The id that it names, where it names one.
    pub(super) fn id(&self) -> Option<&str> {
        match self {
            Asked::Upsert(json) => json.get("id").and_then(Json::as_str),
            Asked::Update(request) => Some(&request.id),
            Asked::Delete(request) => Some(&request.id),
        }
    }

    /// Whether the caller asks to be told when the record is at another version.
    pub(super) fn minds_version(&self) -> bool {
        match self {
            Asked::Upsert(_) => false,
            Asked::Update(request) => request.if_version.is_some(),
            Asked::Delete(request) => request.if_version.is_some(),
        }
    }

    /// How many bytes it takes in memory, about.
    pub(super) fn weight(&self) -> usize {
        match self {
            Asked::Upsert(json) => Value::Json(json.clone()).weight(),
            Asked::Update(request) => request.id.len() + Value::Json(request.changes.clone()).weight(),
            Asked::Delete(request) => request.id.len(),
        }
    }
}

/// An item as the backend takes it.
#[derive(Clone, Debug)]
pub(super) enum Ready {
    Upsert(Box<UpsertItem>),
    Update(UpdateItem),
    Delete(DeleteItem),
}

impl Ready {
    pub(super) fn into_upsert(self) -> Option<UpsertItem> {
        if let Ready::Upsert(item) = self { Some(*item) } else { None }
    }

    pub(super) fn into_update(self) -> Option<UpdateItem> {
        if let Ready::Update(item) = self { Some(item) } else { None }
    }

    pub(super) fn into_delete(self) -> Option<DeleteItem> {
        if let Ready::Delete(item) = self { Some(item) } else { None }
    }
}

/// The items of one kind, which all of a batch are of.
pub(super) fn only<'a, T: Weigh + Send + 'a>(
    items: BoxStream<'a, Result<(u64, Ready)>>,
    kind: fn(Ready) -> Option<T>,
) -> Items<'a, T> {
    let of_kind = move |item: Result<(u64, Ready)>| match item {
        Ok((index, item)) => kind(item).map(|item| Ok((index, item))),
        Err(error) => Some(Err(error)),
    };
    items.filter_map(move |item| ready(of_kind(item))).boxed()
}

impl Changing<'_> {
    /// The item as the backend takes it where there are no hooks: checked, and filled.
    pub(super) fn ready(&self, asked: &Asked) -> Result<Ready> {
        let records = self.records;
        Ok(match asked {
            Asked::Upsert(json) => {
                let (draft, patch) = read_upsert(&records.model_seen_by(self.ctx), json)?;
                let mut draft = draft.of(&records.model);
                records.fill_given(self.ctx, &mut draft);
                let record = records.fill_kept(self.ctx, draft);
                let patch = records.stamped(patch);
                Ready::Upsert(Box::new(UpsertItem { record, patch, expect: Expect::Anything }))
            }
            Asked::Update(UpdateRequest { id, changes, if_version }) => {
                let patch = records.stamped(read_changes(&records.model_seen_by(self.ctx), changes)?);
                Ready::Update(UpdateItem { id: id.clone(), patch, if_version: *if_version })
            }
            Asked::Delete(DeleteRequest { id, if_version }) => {
                Ready::Delete(DeleteItem { id: id.clone(), if_version: *if_version })
            }
        })
    }
}

impl Records {
    /// The patch with the time of the change.
    pub(crate) fn stamped(&self, mut patch: Patch) -> Patch {
        if let Some(field) = self.model.fields().get(position::UPDATED_AT) {
            patch.set(Arc::clone(field), Some(Value::DateTime(self.inner.clock.now())));
        }
        patch
    }
}
