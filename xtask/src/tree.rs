//! The files of the project, read once: what every check looks at.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use crate::manifest::Manifest;

/// Directories whose names start with a point are not the project's, but for these.
const POINTED: [&str; 3] = [".cargo", ".ci", ".github"];
/// Directories that hold what was built, not what was written.
const BUILT: [&str; 1] = ["target"];
/// In a linked work tree this is a file, which says where the repository is.
const REPOSITORY: &str = ".git";

/// Files by their path from the root, with `/` between the parts.
pub(crate) struct Tree {
    files: BTreeMap<String, String>,
}

impl Tree {
    /// Reads every file under `root`. Bytes that are not UTF-8 are replaced: such a file is only asked whether it exists.
    pub(crate) fn read(root: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        let mut pending = vec![(root.to_path_buf(), String::new())];
        while let Some((directory, prefix)) = pending.pop() {
            for entry in fs::read_dir(&directory)? {
                let entry = entry?;
                let Ok(name) = entry.file_name().into_string() else { continue };
                let path = format!("{prefix}{name}");
                let kind = entry.file_type()?;
                if kind.is_dir() && is_project_directory(&name) {
                    pending.push((entry.path(), format!("{path}/")));
                } else if kind.is_file() && name != REPOSITORY {
                    files.insert(path, String::from_utf8_lossy(&fs::read(entry.path())?).into_owned());
                }
            }
        }
        Ok(Tree { files })
    }

    /// A tree of these files.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Tree { files: files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect() }
    }

    /// Every file with its text, by path.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The Rust files under `prefix`.
    pub(crate) fn rust(&self, prefix: &str) -> impl Iterator<Item = (&str, &str)> {
        self.files().filter(move |(path, _)| path.starts_with(prefix) && path.ends_with(".rs"))
    }

    /// The text of the file at `path`.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Whether there is a file or a directory at `path`.
    pub(crate) fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let inside = format!("{path}/");
        path.is_empty()
            || self.files.contains_key(path)
            || self.files.range(inside.clone()..).next().is_some_and(|(next, _)| next.starts_with(&inside))
    }

    /// The manifests of the workspace's crates, by path.
    pub(crate) fn manifests(&self) -> Vec<Manifest> {
        self.files()
            .filter(|(path, _)| is_crate_manifest(path))
            .map(|(path, text)| Manifest::parse(path, text))
            .collect()
    }
}

fn is_project_directory(name: &str) -> bool {
    !BUILT.contains(&name) && (!name.starts_with('.') || POINTED.contains(&name))
}

fn is_crate_manifest(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    matches!(parts.as_slice(), ["crates", _, "Cargo.toml"] | ["xtask", "Cargo.toml"])
}

#[cfg(test)]
mod tests {
    use super::Tree;

    #[test]
    fn files_and_directories_are_there_or_not() {
        let tree = Tree::of(&[("crates/a/src/lib.rs", ""), ("crates/ab/x", "")]);
        for there in ["crates", "crates/", "crates/a", "crates/a/src/lib.rs"] {
            assert!(tree.has(there), "{there}");
        }
        for absent in ["crate", "crates/a/src/lib", "crates/b", "lib.rs"] {
            assert!(!tree.has(absent), "{absent}");
        }
    }
}
