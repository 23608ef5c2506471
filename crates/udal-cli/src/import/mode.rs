//! What is done with the rows of a file, and how each becomes an item of a batch.

use futures_util::stream::{BoxStream, Stream, StreamExt};
use serde_json::{Map, Value as Json};
use udal::{
    BatchAnswer, BatchDeleteRequest, BatchMode, BatchRequest, BatchUpdateRequest, ChangeAnswer, Context, DeleteRequest,
    Error, FieldError, Records, UpdateRequest, UpsertRequest,
};

/// What is done with the rows of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Mode {
    /// Create a record of each row
    Create,
    /// Create the records that are not there, and change those that are
    Upsert,
    /// Change the record that each row names by its id
    Update,
    /// Delete the record that each row names by its id.
    #[value(skip)]
    Delete,
}

impl Mode {
    /// What it is called in messages.
    pub(super) fn name(self) -> &'static str {
        if self == Mode::Delete { "delete" } else { "import" }
    }

    /// What became of what it was done to.
    pub(super) fn done(self) -> &'static str {
        if self == Mode::Delete { "deleted" } else { "imported" }
    }

    /// Does it with these rows; answers what became of part after part.
    pub(super) fn send<'a>(
        self,
        records: &'a Records,
        ctx: &'a Context,
        rows: impl Stream<Item = udal::Result<Json>> + Send + 'a,
        mode: BatchMode,
    ) -> BoxStream<'a, udal::Result<ChangeAnswer>> {
        match self {
            Mode::Create => {
                let parts = records.batch_create_parts(ctx, BatchRequest::new(rows).mode(mode));
                parts.map(|part| part.map(created)).boxed()
            }
            Mode::Upsert => records.upsert_parts(ctx, UpsertRequest::new(rows).mode(mode)),
            Mode::Update => {
                let items = rows.map(|row| row.and_then(update_of));
                records.batch_update_parts(ctx, BatchUpdateRequest::new(items).mode(mode))
            }
            Mode::Delete => {
                let items = rows.map(|row| row.and_then(delete_of));
                records.batch_delete_parts(ctx, BatchDeleteRequest::new(items).mode(mode))
            }
        }
    }
}

fn created(answer: BatchAnswer) -> ChangeAnswer {
    let BatchAnswer { created, ids: _, failures, stopped } = answer;
    ChangeAnswer { created, failures, stopped, ..ChangeAnswer::default() }
}

/// The record that a row names, and the version that it must have, taken out of the row.
fn named(members: &mut Map<String, Json>) -> udal::Result<(String, Option<i64>)> {
    let wrong = |field: &str, code: &'static str, message: &str| {
        let fields = vec![FieldError::new(field, code, message)];
        Error::with_fields(udal::ErrorKind::InvalidInput, "the row does not say which record it is about", fields)
    };
    let Some(Json::String(id)) = members.remove("id") else {
        return Err(wrong("id", "missing", "the id of a record is required, a string"));
    };
    let version = match members.remove("version") {
        None | Some(Json::Null) => None,
        Some(version) => {
            Some(version.as_i64().ok_or_else(|| wrong("version", "wrong_type", "expected a whole number"))?)
        }
    };
    Ok((id, version))
}

fn members_of(row: Json) -> udal::Result<Map<String, Json>> {
    match row {
        Json::Object(members) => Ok(members),
        _ => Err(Error::invalid("a row is a JSON object").hint("write such as {\"id\": \"AppLabResult/r1\"}")),
    }
}

fn update_of(row: Json) -> udal::Result<UpdateRequest> {
    let mut members = members_of(row)?;
    let (id, version) = named(&mut members)?;
    Ok(version.into_iter().fold(UpdateRequest::new(id, Json::Object(members)), UpdateRequest::if_version))
}

/// A row is an id, or an object with an id; what else is in it does not matter.
fn delete_of(row: Json) -> udal::Result<DeleteRequest> {
    if let Json::String(id) = row {
        return Ok(DeleteRequest::new(id));
    }
    let (id, version) = named(&mut members_of(row)?)?;
    Ok(version.into_iter().fold(DeleteRequest::new(id), DeleteRequest::if_version))
}
