//! Why Udal does not start.

use udal_core::{Error, ErrorKind};
use udal_embedded::EmbeddedError;
use udal_groups::LoadErrors;

/// Why Udal does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The group files are wrong: every error, at its line.
    #[error(transparent)]
    Groups(#[from] LoadErrors),
    /// The embedded PostgreSQL cannot be started or used.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// The URL of a PostgreSQL server cannot be read; it is not repeated, since it can hold a password.
    #[error("the URL of the PostgreSQL server cannot be read; write such as `postgres://user@host:5432/postgres`")]
    DatabaseUrl,
    /// What was given does not fit together.
    #[error(transparent)]
    Service(#[from] Error),
}

impl StartError {
    /// What the caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            StartError::Groups(_) | StartError::DatabaseUrl => ErrorKind::InvalidInput,
            StartError::Embedded(_) => ErrorKind::Unavailable,
            StartError::Service(error) => error.kind(),
        }
    }
}
