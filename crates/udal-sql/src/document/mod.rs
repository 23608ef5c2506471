//! The statements of linked documents: one table of documents for every model, one of links.

mod batch;
mod create;
mod layout;
mod link;
mod read;
mod walk;
mod write;

use serde_json::{Map, Value as Json};
use udal_core::record::{Patch, Record};
use udal_core::value::{Value, canonical_json};

pub use batch::{
    StagedDocument, create_stage, delete_documents, delete_links_of, incoming_to, lock_documents, update_from_stage,
};
pub use create::create_tables;
pub use layout::Documents;
pub use link::{LinkRow, delete_links, incoming, insert_links, lock_targets};
pub use read::{count, exists, get, list, lock_document, search, version_of};
pub use walk::{MAX_EDGES, Reaches, WayEnd, links_around, shortest_path, subgraph, traverse, walk_column};
pub use write::{copy, copy_columns, copy_links, delete, delete_plain, insert, unlink, update};

/// The columns that every statement that answers documents selects: the system fields in the order of their positions,
/// then the body.
const SELECTION: &str = "\"id\", \"version\", \"created_at\", \"updated_at\", \"created_by\", \"owned_by\", \"assigned_to\", \
                         \"team_id\", \"body\"";

/// The table of documents.
const DOCUMENTS: &str = "\"udal_documents\"";

/// A value as the body keeps it: times with six digits of fraction, so that their order is that of their text; whole floats
/// with all their digits, because JSON writes no more than tell one float from another, and reads them as another integer.
pub fn stored(value: &Value) -> Json {
    match value {
        Value::DateTime(at) => Json::String(fixed_width(&at.to_string())),
        Value::Float(_) => canonical_json(value.to_json()),
        Value::Set(elements) | Value::List(elements) => elements.iter().map(stored).collect(),
        other => other.to_json(),
    }
}

fn fixed_width(time: &str) -> String {
    match time.strip_suffix('Z') {
        Some(whole) if !whole.contains('.') => format!("{whole}.000000Z"),
        _ => time.to_owned(),
    }
}

/// The body of a record: its declared fields that have a value.
pub fn body(record: &Record) -> Json {
    let fields = record.model().declared_fields();
    let members: Map<String, Json> =
        fields.filter_map(|field| Some((field.name().to_owned(), stored(record.get(field)?)))).collect();
    Json::Object(members)
}

/// What a patch puts into the body, and what it takes out.
fn body_changes(patch: &Patch) -> (Map<String, Json>, Vec<String>) {
    let mut set = Map::new();
    let mut cleared = Vec::new();
    for change in patch.changes().iter().filter(|change| !change.field.is_system()) {
        match &change.value {
            Some(value) => {
                set.insert(change.field.name().to_owned(), stored(value));
            }
            None => cleared.push(change.field.name().to_owned()),
        }
    }
    (set, cleared)
}
