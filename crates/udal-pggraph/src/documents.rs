//! Rows as documents.

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use tokio_postgres::Row;
use udal_core::model::{FieldType, Model, SYSTEM_FIELDS, Scalar};
use udal_core::record::Record;
use udal_core::value::{Value, decode_stored};
use udal_core::{Error, ErrorKind, FieldError, Result};
use udal_pgpool::read_value;

/// Reads a document of `model` from a row with the system fields in the order of their positions, then the body.
pub(crate) fn read_document(model: &Arc<Model>, row: &Row) -> Result<Record> {
    let body = read_body(row, SYSTEM_FIELDS)?;
    let mut values = Vec::with_capacity(model.fields().len());
    for (at, field) in model.fields().iter().enumerate() {
        values.push(if field.is_system() {
            read_value(row, at, field.field_type())?
        } else {
            let stored = body.get(field.name());
            stored.map_or(Ok(None), |json| decode_stored(field, json)).map_err(misfit)?
        });
    }
    Ok(Record::new(Arc::clone(model), values))
}

/// A body that does not fit the model: the model was changed since it was written.
fn misfit(error: FieldError) -> Error {
    Error::with_fields(ErrorKind::Unsupported, "a stored record does not fit the model any more", vec![error])
        .hint("change the model back, or write the record anew")
}

/// Reads the body in column `at`.
pub(crate) fn read_body(row: &Row, at: usize) -> Result<Map<String, Json>> {
    match read_value(row, at, &FieldType::required(Scalar::Json))? {
        Some(Value::Json(Json::Object(members))) => Ok(members),
        _ => Err(Error::internal("a document's body is not an object")),
    }
}
