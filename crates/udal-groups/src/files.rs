//! Group files on disk.

use std::fs;
use std::path::{Path, PathBuf};

use udal_yaml::{FileKind, LoadErrors, fault, plain};

/// What is said of group files.
pub(crate) const GROUP_FILE: FileKind = FileKind {
    large: "split it into several groups",
    deep: "a group file needs no more than 6",
    second: "put each group into a file of its own",
};

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

fn is_group_file(path: &Path) -> bool {
    let is_hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
    let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    is_yaml && !is_hidden && path.is_file()
}
