//! Why a command did not do what it was told.

use std::io;

use serde_json::{Value as Json, json};
use udal::{Error, ErrorKind, FieldError, LoadError, LoadErrors, StartError};

use crate::exit::Exit;

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The service refused, or could not.
    Service(Error),
    /// Udal does not start.
    Start(StartError),
    /// A file of policies is wrong: every error, at its line.
    Policies(LoadErrors),
    /// Whoever read the output has gone: nothing is left to say.
    Unread,
    /// A signal ended it.
    Interrupted,
}

impl Failure {
    /// A failure of the system around: a file, a pipe, the runtime.
    pub(crate) fn system(what: &str, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::Unread,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Failure::Service(Error::new(ErrorKind::StorageFull, format!("{what}: the disk is full")))
            }
            _ => Failure::Service(Error::invalid(format!("{what}: {error}"))),
        }
    }

    /// The exit that it leads to.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Failure::Service(error) => Exit::of(error.kind()),
            Failure::Start(error) => Exit::of(error.kind()),
            Failure::Policies(_) => Exit::Invalid,
            Failure::Unread => Exit::Done,
            Failure::Interrupted => Exit::Interrupted,
        }
    }

    /// What people read; nothing where nothing is left to say.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Failure::Service(error) => Some(error_text(error)),
            Failure::Start(StartError::Groups(errors)) => Some(format!("the group files are wrong\n{errors}")),
            Failure::Policies(errors) => Some(format!("the file of policies is wrong\n{errors}")),
            Failure::Start(error) => Some(error.to_string()),
            Failure::Unread => None,
            Failure::Interrupted => Some("interrupted".to_owned()),
        }
    }

    /// What programs read.
    pub(crate) fn json(&self) -> Option<Json> {
        match self {
            Failure::Service(error) => Some(error_json(error)),
            Failure::Start(error) => Some(json!({"code": error.kind().code(), "message": error.to_string()})),
            Failure::Policies(errors) => {
                let errors: Vec<Json> = errors.errors().iter().map(load_error_json).collect();
                Some(json!({"code": "invalid_input", "message": "the file of policies is wrong", "errors": errors}))
            }
            Failure::Unread => None,
            Failure::Interrupted => Some(json!({"code": "interrupted", "message": "interrupted"})),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Service(error)
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Service(error) => Failure::Service(error),
            other => Failure::Start(other),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::system("cannot write the output", &error)
    }
}

/// Message, hint and field errors, a line each.
fn error_text(error: &Error) -> String {
    let mut text = error.message().to_owned();
    for field in error.field_errors() {
        text.push_str(&format!("\n  {field}"));
    }
    if let Some(hint) = error.mend() {
        text.push_str(&format!("\n  hint: {hint}"));
    }
    text
}

/// An error as programs read it.
pub(crate) fn error_json(error: &Error) -> Json {
    let fields: Vec<Json> = error.field_errors().iter().map(field_json).collect();
    json!({"code": error.kind().code(), "message": error.message(), "hint": error.mend(), "fields": fields})
}

fn field_json(field: &FieldError) -> Json {
    json!({"field": field.field, "code": field.code, "message": field.message, "hint": field.hint})
}

/// An error of a file as programs read it.
pub(crate) fn load_error_json(error: &LoadError) -> Json {
    let LoadError { file, line, message, hint } = error;
    json!({"file": file, "line": line, "message": message, "hint": hint})
}
