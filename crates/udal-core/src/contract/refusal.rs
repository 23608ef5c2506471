//! The errors that every backend answers in the same words.

use crate::access::Context;
use crate::error::{Error, ErrorKind, FieldError, Result};
use crate::filter::{Predicate, evaluate};
use crate::model::Model;
use crate::names::shorten;
use crate::record::Record;

/// The record to change is not there, or out of reach.
pub fn not_found(id: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no record `{}`", shorten(id)))
}

/// The id is taken.
pub fn already_exists(id: &str) -> Error {
    Error::new(ErrorKind::AlreadyExists, format!("a record `{}` exists already", shorten(id)))
        .hint("give another id, leave it out to have one made, or update the record")
}

/// The record has another version than the one given.
pub fn version_conflict(id: &str, given: i64) -> Error {
    Error::new(ErrorKind::VersionConflict, format!("the record `{}` is not at version {given} any more", shorten(id)))
        .hint("read it again, and decide anew")
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

impl Context {
    /// What of `model` may be changed or deleted.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) where the model is shared by every tenant, and the asker may not write such.
    pub fn reach_to_write(&self, model: &Model) -> Result<Predicate> {
        let may_write_shared = self.access().unrestricted_reason().is_some()
            || self.access().permissions().contains(SHARED_REFERENCE_WRITE);
        if model.is_shared() && !may_write_shared {
            return Err(Error::new(ErrorKind::Denied, format!("`{}` is shared by every tenant", model.name()))
                .hint(format!("writing it takes the permission `{SHARED_REFERENCE_WRITE}`")));
        }
        self.reach(model)
    }

    /// Checks that `record`, which is about to be written, is within the writer's reach.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) where it is not.
    pub fn check_reach(&self, record: &Record) -> Result<()> {
        if evaluate(&self.reach_to_write(record.model())?, record) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Denied, "the record would be out of your own reach")
            .hint("write it with an owner, assignee or team within your reach"))
    }
}
