//! The errors that every backend answers in the same words.

use crate::access::Action;
use crate::error::{Error, ErrorKind, FieldError, Result};
use crate::model::Model;
use crate::names::shorten;
use crate::record::Record;

/// The record to change is not there, or out of reach.
pub fn not_found(id: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no record `{}`", shorten(id)))
}

/// The id is taken, maybe by a record that the asker may not see: nothing more is said of it.
pub fn already_exists(id: &str) -> Error {
    Error::new(ErrorKind::AlreadyExists, format!("the id `{}` cannot be used: it is taken", shorten(id)))
        .hint("give another id, or leave it out to have one made")
}

/// The record has another version than the one given.
pub fn version_conflict(id: &str, given: i64) -> Error {
    Error::new(ErrorKind::VersionConflict, format!("the record `{}` is not at version {given} any more", shorten(id)))
        .hint("read it again, and decide anew")
}

/// Checks that `record` has the version that was given, where one was.
///
/// # Errors
/// [`VersionConflict`](ErrorKind::VersionConflict) where it has another.
pub fn check_version(record: &Record, if_version: Option<i64>) -> Result<()> {
    match if_version {
        Some(given) if given != record.version() => Err(version_conflict(record.id(), given)),
        _ => Ok(()),
    }
}

/// Other records link to the one to delete.
pub fn still_linked(id: &str) -> Error {
    Error::new(ErrorKind::StillLinked, format!("other records link to `{}`", shorten(id)))
        .hint("take out the links first, or declare the model with `on_delete: unlink`")
}

/// A link to a record that is not there.
pub fn broken_link(field: &str, target: &str) -> FieldError {
    FieldError::new(field, "broken_link", format!("there is no record `{}`", shorten(target)))
        .hint("create it first, or link to another")
}

/// The idempotency key was used for another request.
pub fn key_used_otherwise() -> Error {
    Error::invalid("the idempotency key was used for another request").hint("use a key of its own for each request")
}

/// The permission to write the records of models that every tenant reads.
pub const SHARED_REFERENCE_WRITE: &str = "shared_reference:write";

/// The model is shared by every tenant, and the asker may not write such.
pub fn may_not_write_shared(model: &Model) -> Error {
    Error::new(ErrorKind::Denied, format!("`{}` is shared by every tenant", model.name()))
        .hint(format!("writing it takes the permission `{SHARED_REFERENCE_WRITE}`"))
}

/// The permission to ask in SQL of one's own. No pattern of permissions includes it: it is granted by its name alone.
pub const RAW_SQL: &str = "query:raw_sql";

/// The asker may not ask in SQL of their own.
pub fn may_not_ask_in_sql() -> Error {
    Error::new(ErrorKind::Denied, "you may not ask in SQL of your own")
        .hint(format!("it takes the permission `{RAW_SQL}`; `aggregate`, `join` and `window` take none but to view"))
}

/// The asker may not create records of the model.
pub fn may_not_create(model: &Model) -> Error {
    Error::new(ErrorKind::Denied, format!("you may not create records of `{}`", model.name()))
        .hint(format!("it takes the permission `{}`", model.permission(Action::Create)))
}

/// The asker may not say whose a record is.
pub fn may_not_transfer(field: &str, model: &Model) -> Error {
    Error::new(ErrorKind::Denied, format!("you may not change `{field}` of records of `{}`", model.name()))
        .hint(format!("it takes the permission `{}`", model.permission(Action::Transfer)))
}

/// The record would be where the writer cannot reach it.
pub fn out_of_reach() -> Error {
    Error::new(ErrorKind::Denied, "the record would be out of your own reach")
        .hint("write it with an owner, assignee or team, and attributes, within your reach")
}
