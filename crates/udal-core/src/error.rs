//! The one error type: what the caller can do about it, said without any driver's words.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// The result of every operation in Udal.
pub type Result<T> = std::result::Result<T, Error>;

/// What a caller can do about an error.
///
/// The kind is stable: programs match on it, or on its [`code`](ErrorKind::code).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorKind {
    /// The request itself is wrong; the fields say where. Change it.
    InvalidInput,
    /// A group, model, field or tenant of that name does not exist.
    UnknownName,
    /// The record to change does not exist, or may not be seen.
    NotFound,
    /// A record with this id exists.
    AlreadyExists,
    /// The record has another version than the one given. Read it again.
    VersionConflict,
    /// Other records link to the one to delete.
    StillLinked,
    /// The asker may not do this.
    Denied,
    /// A hook refused the write.
    Refused,
    /// This storage cannot do this exactly, so it does not do it at all.
    Unsupported,
    /// The database cannot be reached, or is too busy. Try again.
    Unavailable,
    /// It took longer than allowed.
    TimedOut,
    /// It would answer or cost more than allowed. Ask for less.
    OverBudget,
    /// The disk or a quota is full.
    StorageFull,
    /// A fault in Udal or its database; the cause is in the log, not in the answer.
    Internal,
}

/// Every kind with its stable code and whether the same call may succeed later.
pub const ERROR_KINDS: [(ErrorKind, &str, bool); 14] = [
    (ErrorKind::InvalidInput, "invalid_input", false),
    (ErrorKind::UnknownName, "unknown_name", false),
    (ErrorKind::NotFound, "not_found", false),
    (ErrorKind::AlreadyExists, "already_exists", false),
    (ErrorKind::VersionConflict, "version_conflict", false),
    (ErrorKind::StillLinked, "still_linked", false),
    (ErrorKind::Denied, "denied", false),
    (ErrorKind::Refused, "refused", false),
    (ErrorKind::Unsupported, "unsupported", false),
    (ErrorKind::Unavailable, "unavailable", true),
    (ErrorKind::TimedOut, "timed_out", true),
    (ErrorKind::OverBudget, "over_budget", false),
    (ErrorKind::StorageFull, "storage_full", false),
    (ErrorKind::Internal, "internal", false),
];

impl ErrorKind {
    /// The stable code, such as `version_conflict`.
    pub fn code(self) -> &'static str {
        self.row().1
    }

    /// Whether the same call may succeed when it is repeated later.
    pub fn is_retryable(self) -> bool {
        self.row().2
    }

    fn row(self) -> (ErrorKind, &'static str, bool) {
        ERROR_KINDS.into_iter().find(|(kind, _, _)| *kind == self).unwrap_or((ErrorKind::Internal, "internal", false))
    }
}

/// How many field errors one answer lists: what is wrong beyond them shows when these are mended.
pub const MAX_FIELD_ERRORS: usize = 100;

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name, or a path into a filter such as `or[1].value.gte`.
    pub field: String,
    /// A stable code: `unknown`, `unknown_operator`, `missing`, `wrong_type`, `out_of_range`, `too_long`, `not_allowed`,
    /// `broken_link`, `rejected`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub hint: Option<String>,
}

impl FieldError {
    /// An error of `field` with a stable code and a message.
    pub fn new(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        FieldError { field: field.into(), code, message: message.into(), hint: None }
    }

    /// Adds how to mend it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds `did you mean` where a near name is known.
    #[must_use]
    pub fn near(mut self, near: Option<&str>) -> Self {
        if let Some(name) = near {
            self.hint = Some(format!("did you mean `{name}`?"));
        }
        self
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.field, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// Why an operation failed.
///
/// [`Display`](fmt::Display) is safe to show to whoever asked: it holds what they sent and what Udal knows of the models,
/// never a driver's text. The cause, for the log, is [`source`](StdError::source).
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    fields: Vec<FieldError>,
    operation: Option<&'static str>,
    model: Option<String>,
    tenant: Option<String>,
    cause: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of `kind`; the message is lower case, without a full stop, with the user's input in backticks.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            kind,
            message: message.into(),
            hint: None,
            fields: Vec::new(),
            operation: None,
            model: None,
            tenant: None,
            cause: None,
        }))
    }

    /// An [`InvalidInput`](ErrorKind::InvalidInput) error.
    pub fn invalid(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::InvalidInput, message)
    }

    /// An [`InvalidInput`](ErrorKind::InvalidInput) error that lists what is wrong with each field.
    pub fn fields(message: impl Into<String>, fields: Vec<FieldError>) -> Self {
        Error::with_fields(ErrorKind::InvalidInput, message, fields)
    }

    /// An error of `kind` that lists what is wrong with each field.
    pub fn with_fields(kind: ErrorKind, message: impl Into<String>, fields: Vec<FieldError>) -> Self {
        let mut error = Error::new(kind, message);
        error.0.fields = fields;
        error
    }

    /// An [`Internal`](ErrorKind::Internal) error; `cause` goes to the log only.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Error::new(ErrorKind::Internal, "something went wrong inside; the log has the cause").cause(cause)
    }

    /// Adds how to mend it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds `did you mean` where a near name is known.
    #[must_use]
    pub fn near(self, near: Option<&str>) -> Self {
        match near {
            Some(name) => self.hint(format!("did you mean `{name}`?")),
            None => self,
        }
    }

    /// Adds what caused it, for the log.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.cause = Some(Arc::from(cause.into()));
        self
    }

    /// Adds where it happened, keeping what is known already.
    #[must_use]
    pub fn at(mut self, operation: &'static str, model: &str, tenant: &str) -> Self {
        self.0.operation.get_or_insert(operation);
        self.0.model.get_or_insert_with(|| model.to_owned());
        self.0.tenant.get_or_insert_with(|| tenant.to_owned());
        self
    }

    /// Adds which item of a batch it is about, in the message.
    #[must_use]
    pub fn of_item(mut self, index: u64) -> Self {
        self.0.message = format!("item {index}: {}", self.0.message);
        self
    }

    /// Keeps of what is wrong with fields that for which `keep` is true.
    #[must_use]
    pub fn keeping(mut self, keep: impl Fn(&FieldError) -> bool) -> Self {
        self.0.fields.retain(keep);
        self
    }

    /// What the caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What is wrong, without the hint and the fields.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// How to mend it, where that is known.
    pub fn mend(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// What is wrong with each field.
    pub fn field_errors(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// The operation that failed, such as `create`.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The model it was about.
    pub fn model(&self) -> Option<&str> {
        self.0.model.as_deref()
    }

    /// The tenant it was about.
    pub fn tenant(&self) -> Option<&str> {
        self.0.tenant.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if let Some(hint) = &self.0.hint {
            write!(f, "; {hint}")?;
        }
        for field in &self.0.fields {
            write!(f, "\n  {field}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("hint", &self.0.hint)
            .field("fields", &self.0.fields)
            .field("operation", &self.0.operation)
            .field("model", &self.0.model)
            .field("tenant", &self.0.tenant)
            .field("cause", &self.0.cause)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_code_of_its_own() {
        let mut codes: Vec<_> = ERROR_KINDS.iter().map(|(kind, code, _)| (kind.code(), *code)).collect();
        assert!(codes.iter().all(|(found, listed)| found == listed));
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), ERROR_KINDS.len());
    }

    #[test]
    fn the_cause_is_not_shown() {
        let error = Error::internal("password=hunter2 in a driver's text").at("get", "AppLabResult", "acme");
        assert!(!error.to_string().contains("hunter2"));
        assert_eq!(error.tenant(), Some("acme"));
        assert!(StdError::source(&error).is_some_and(|cause| cause.to_string().contains("hunter2")));
    }
}
