//! The items of batches that change records, and the lines that they are kept as.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};
use udal_core::contract::{DeleteItem, Expect, UpdateItem, UpsertItem};
use udal_core::model::Model;
use udal_core::record::{Change, Patch, Record};
use udal_core::value::{Value, decode_stored};
use udal_core::{Error, Result};
use udal_graph::{document, read_document};

/// One item of a batch that changes records.
pub(crate) enum Item {
    Upsert(UpsertItem),
    Update(UpdateItem),
    Delete(DeleteItem),
}

impl Item {
    pub(crate) fn id(&self) -> &str {
        match self {
            Item::Upsert(item) => item.record.id(),
            Item::Update(item) => &item.id,
            Item::Delete(item) => &item.id,
        }
    }
}

/// An item as it is kept until all have come.
#[derive(Serialize, Deserialize)]
enum Line {
    Upsert { record: Box<RawValue>, patch: Map<String, Json>, expect: Expected },
    Update { id: String, patch: Map<String, Json>, if_version: Option<i64> },
    Delete { id: String, if_version: Option<i64> },
}

#[derive(Serialize, Deserialize)]
enum Expected {
    Anything,
    Absent,
    Version(i64),
}

pub(crate) fn write_line(item: &Item) -> Result<String> {
    let line = match item {
        Item::Upsert(UpsertItem { record, patch, expect }) => Line::Upsert {
            record: RawValue::from_string(document(record).to_string()).map_err(Error::internal)?,
            patch: write_patch(patch),
            expect: match expect {
                Expect::Anything => Expected::Anything,
                Expect::Absent => Expected::Absent,
                Expect::Version(version) => Expected::Version(*version),
            },
        },
        Item::Update(UpdateItem { id, patch, if_version }) => {
            Line::Update { id: id.clone(), patch: write_patch(patch), if_version: *if_version }
        }
        Item::Delete(DeleteItem { id, if_version }) => Line::Delete { id: id.clone(), if_version: *if_version },
    };
    serde_json::to_string(&line).map_err(Error::internal)
}

pub(crate) fn read_line(model: &Arc<Model>, line: &str) -> Result<Item> {
    Ok(match serde_json::from_str(line).map_err(Error::internal)? {
        Line::Upsert { record, patch, expect } => {
            let record: Record = read_document(model, record.get())?;
            let expect = match expect {
                Expected::Anything => Expect::Anything,
                Expected::Absent => Expect::Absent,
                Expected::Version(version) => Expect::Version(version),
            };
            Item::Upsert(UpsertItem { record, patch: read_patch(model, &patch)?, expect })
        }
        Line::Update { id, patch, if_version } => {
            Item::Update(UpdateItem { id, patch: read_patch(model, &patch)?, if_version })
        }
        Line::Delete { id, if_version } => Item::Delete(DeleteItem { id, if_version }),
    })
}

fn write_patch(patch: &Patch) -> Map<String, Json> {
    let pair = |change: &Change| {
        (
            change.field.name().to_owned(),
            change.value.as_ref().map_or(Json::Null, |value| Json::Array(vec![value.to_json()])),
        )
    };
    patch.changes().iter().map(pair).collect()
}

fn read_patch(model: &Model, patch: &Map<String, Json>) -> Result<Patch> {
    let mut changes = Vec::with_capacity(patch.len());
    for (name, value) in patch {
        let field = Arc::clone(model.field(name)?);
        let value: Option<Value> = match value.as_array().and_then(|held| held.first()) {
            Some(json) => decode_stored(&field, json).map_err(|error| Error::internal(error.to_string()))?,
            None => None,
        };
        changes.push(Change { field, value });
    }
    Ok(Patch::new(changes))
}
