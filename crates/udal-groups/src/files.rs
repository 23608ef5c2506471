//! Group files on disk: found, bounded, and read as UTF-8.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::{LoadError, LoadErrors};

/// The largest group file, in bytes.
pub const MAX_FILE_BYTES: u64 = 1 << 20;

/// The group files that stand directly in `directory`, by name.
pub(crate) fn in_directory(directory: &Path) -> Result<Vec<PathBuf>, LoadErrors> {
    let unreadable = |error: std::io::Error| {
        let hint = "name a directory that holds group files, such as `groups`";
        LoadErrors::from(fault(directory, None, format!("this directory cannot be read: {}", plain(&error)), hint))
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if is_group_file(&path) {
            found.push(path);
        }
    }
    if found.is_empty() {
        let hint = "add one such as `crm.yaml`, or name another directory";
        return Err(fault(directory, None, "this directory holds no group files".to_owned(), hint).into());
    }
    found.sort();
    Ok(found)
}

/// The text of the group file at `path`.
pub(crate) fn read(path: &Path) -> Result<String, LoadError> {
    let unreadable = |error: std::io::Error| {
        fault(path, None, format!("this file cannot be read: {}", plain(&error)), "check its name and its permissions")
    };
    let mut bytes = Vec::new();
    File::open(path).map_err(unreadable)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let message = "this file is larger than 1 MiB".to_owned();
        return Err(fault(path, None, message, "split it into several groups"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
        fault(path, Some(line), "this line is not UTF-8".to_owned(), "save the file as UTF-8")
    })
}

fn is_group_file(path: &Path) -> bool {
    let is_hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
    let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    is_yaml && !is_hidden && path.is_file()
}

fn fault(path: &Path, line: Option<usize>, message: String, hint: &str) -> LoadError {
    LoadError { file: path.display().to_string(), line, message, hint: hint.to_owned() }
}

/// The error without the number that the system gives it.
fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "it is not there".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission is denied".to_owned(),
        std::io::ErrorKind::NotADirectory => "it is not a directory".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        _ => error.to_string(),
    }
}
