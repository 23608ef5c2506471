//! What can go wrong with a database, as what Udal's callers can do about it.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use tokio_postgres::Error as PgError;
use tokio_postgres::error::{DbError, SqlState};
use udal_core::{Error, ErrorKind};

/// What an operation on a database answers.
pub(crate) type Attempt<T> = std::result::Result<T, Failure>;

/// Why an operation on a database failed.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The database, a table, a column or a partition is not there.
    Missing(Arc<dyn StdError + Send + Sync>),
    /// Another change came in the way: the same again may succeed at once.
    Overtaken(Error),
    /// Others hold a lock that was needed.
    Locked(Error),
    /// Everything else, as the caller sees it.
    Error(Error),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Missing(cause) => Error::new(ErrorKind::Unavailable, "the tenant's database or table is gone")
                .hint("try again: it is made anew")
                .cause(cause),
            Failure::Overtaken(error) | Failure::Locked(error) | Failure::Error(error) => error,
        }
    }
}

impl Failure {
    /// The database, or what of it is named, is not there.
    pub(crate) fn missing(what: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Failure::Missing(Arc::from(what.into()))
    }

    /// Others came in the way again and again.
    pub fn overtaken() -> Self {
        let error = Error::new(ErrorKind::Unavailable, "another change came in the way");
        Failure::Overtaken(error.hint("try again in a moment"))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Error(error)
    }
}

impl From<PgError> for Failure {
    fn from(error: PgError) -> Self {
        if is_missing(&error) {
            return Failure::Missing(Arc::new(Cause(error)));
        }
        match error.code().map(SqlState::code) {
            // A serialization failure, a deadlock.
            Some("40001" | "40P01") => Failure::Overtaken(public_error(error)),
            Some("55P03") => Failure::Locked(public_error(error)),
            _ => Failure::Error(public_error(error)),
        }
    }
}

fn is_missing(error: &PgError) -> bool {
    const MISSING: [&SqlState; 3] =
        [&SqlState::INVALID_CATALOG_NAME, &SqlState::UNDEFINED_TABLE, &SqlState::UNDEFINED_COLUMN];
    let Some(database_error) = error.as_db_error() else { return false };
    // A row that no partition takes is a check violation without the name of a constraint.
    let no_partition = *database_error.code() == SqlState::CHECK_VIOLATION && database_error.constraint().is_none();
    no_partition || is_missing_behind_pooler(database_error) || MISSING.contains(&database_error.code())
}

/// PgBouncer passes on what the server said of a database, and puts a code of its own before it.
fn is_missing_behind_pooler(error: &DbError) -> bool {
    let message = error.message();
    *error.code() == SqlState::PROTOCOL_VIOLATION
        && message.starts_with("database \"")
        && message.ends_with("\" does not exist")
}

/// The error that callers see: never the driver's text, which is kept as the cause for the log.
fn public_error(error: PgError) -> Error {
    let code = error.code().map(|state| state.code().to_owned());
    let (kind, message) = match code.as_deref() {
        None if error.is_closed() || is_io(&error) => (ErrorKind::Unavailable, "the database cannot be reached"),
        None => return Error::internal(Cause(error)),
        Some("0A000") => {
            (ErrorKind::Unsupported, "the database cannot do this with a table that it has spread over servers")
        }
        Some("53100") => (ErrorKind::StorageFull, "the database's disk is full"),
        Some("57014") => (ErrorKind::TimedOut, "the database took too long"),
        Some("40001" | "40P01") => (ErrorKind::Unavailable, "another change came in the way"),
        Some("55P03") => (ErrorKind::Unavailable, "the database is busy"),
        Some("54000") => (ErrorKind::InvalidInput, "the record is larger than the database can keep"),
        Some(code) if ["08", "53", "57"].iter().any(|class| code.starts_with(class)) => {
            (ErrorKind::Unavailable, "the database cannot take requests now")
        }
        Some(_) => return Error::internal(Cause(error)),
    };
    let error = Error::new(kind, message).cause(Cause(error));
    if kind == ErrorKind::Unavailable { error.hint("try again in a moment") } else { error }
}

/// A driver's error as the log shows it: what the database said, but for the detail, which holds values of rows.
#[derive(Debug)]
pub(crate) struct Cause(pub(crate) PgError);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(said) = self.0.as_db_error() else {
            let source = self.0.source().map(|source| format!(": {source}")).unwrap_or_default();
            return write!(f, "{}{source}", self.0);
        };
        write!(f, "{}: {}", said.code().code(), said.message())?;
        match said.constraint() {
            Some(constraint) => write!(f, " (constraint {constraint})"),
            None => Ok(()),
        }
    }
}

impl StdError for Cause {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

pub(crate) fn is_io(error: &PgError) -> bool {
    error.source().is_some_and(|source| source.is::<std::io::Error>() || source.is::<tokio::time::error::Elapsed>())
}

/// Whether `error` says that a key is taken.
pub fn is_duplicate(error: &PgError) -> bool {
    error.code() == Some(&SqlState::UNIQUE_VIOLATION)
}

/// Whether `error`, of a `COPY`, may say that a key is taken. Citus passes on what a shard says to a `COPY`, but not its code.
pub fn may_be_duplicate(error: &PgError) -> bool {
    is_duplicate(error) || error.code() == Some(&SqlState::INTERNAL_ERROR)
}

/// Whether the database says that it cannot do such a thing: as PostgreSQL says it, or as Citus does, which has no code for it.
pub fn is_refused(error: &PgError) -> bool {
    [Some(&SqlState::FEATURE_NOT_SUPPORTED), Some(&SqlState::INTERNAL_ERROR)].contains(&error.code())
}
