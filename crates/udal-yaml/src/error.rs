//! What is wrong with files: every error, at its line.

use std::error::Error;
use std::fmt;

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// The file, or the directory, as it was named.
    pub file: String,
    /// The line, counted from 1, where it is about one.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub hint: String,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {} ({})", self.message, self.hint)
    }
}

/// Everything that is wrong with the files, a line each: by file in the order they were given, then by line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadErrors(Vec<LoadError>);

impl LoadErrors {
    /// The errors of these files, in the files' order.
    pub fn new(files: &[String], mut errors: Vec<LoadError>) -> Self {
        errors.sort_by_key(|error| (files.iter().position(|file| *file == error.file), error.line));
        LoadErrors(errors)
    }

    /// The errors.
    pub fn errors(&self) -> &[LoadError] {
        &self.0
    }
}

impl From<LoadError> for LoadErrors {
    fn from(error: LoadError) -> Self {
        LoadErrors(vec![error])
    }
}

impl fmt::Display for LoadErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl Error for LoadErrors {}
