//! Files on disk: bounded, and read as UTF-8.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::{FileKind, LoadError};

/// The largest file, in bytes.
pub const MAX_FILE_BYTES: u64 = 1 << 20;

/// The text of the file at `path`.
///
/// # Errors
/// That it is not there, cannot be read, is too large, or is not UTF-8.
pub fn read(path: &Path, file: &FileKind) -> Result<String, LoadError> {
    let unreadable = |error: std::io::Error| {
        fault(path, None, format!("this file cannot be read: {}", plain(&error)), "check its name and its permissions")
    };
    let mut bytes = Vec::new();
    File::open(path).map_err(unreadable)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let message = "this file is larger than 1 MiB".to_owned();
        return Err(fault(path, None, message, file.large));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
        fault(path, Some(line), "this line is not UTF-8".to_owned(), "save the file as UTF-8")
    })
}

/// What is wrong at a line of the file at `path`.
pub fn fault(path: &Path, line: Option<usize>, message: String, hint: &str) -> LoadError {
    LoadError { file: path.display().to_string(), line, message, hint: hint.to_owned() }
}

/// The error without the number that the system gives it.
pub fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "it is not there".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission is denied".to_owned(),
        std::io::ErrorKind::NotADirectory => "it is not a directory".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        _ => error.to_string(),
    }
}
