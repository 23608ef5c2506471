//! The directory as a file that is kept in git: `policies.yaml`.

mod read;
mod rules;
mod write;

use std::collections::HashMap;
use std::path::Path;

use udal_core::model::Catalog;
use udal_yaml::{FileKind, LoadError, LoadErrors};

use crate::{Directory, Place};

/// What is said of such files.
const POLICY_FILE: FileKind = FileKind {
    large: "take out what is not needed; users can be added by `udal access user`",
    deep: "a file of policies needs no more than 6",
    second: "a tenant's policies are one document",
};

/// Where the parts of a file stand.
type Lines = HashMap<Place, usize>;

/// Reads the file at `path`, and checks what it says against the models.
///
/// # Errors
/// Everything that is wrong with it, at its line.
pub fn load_file(path: impl AsRef<Path>, catalog: &Catalog) -> Result<Directory, LoadErrors> {
    let path = path.as_ref();
    load_text(&path.display().to_string(), &udal_yaml::read(path, &POLICY_FILE)?, catalog)
}

/// Reads a file's text, and checks what it says against the models; errors name it `name`.
///
/// # Errors
/// Everything that is wrong with it, at its line.
pub fn load_text(name: &str, text: &str, catalog: &Catalog) -> Result<Directory, LoadErrors> {
    let read::Read { directory, lines, mut errors, is_whole } = read::policy_file(name, text);
    // Of what could not be read, others would be said to be missing.
    if is_whole {
        let problems = directory.check(catalog).into_iter();
        errors.extend(problems.map(|problem| {
            let line = line_of(&lines, &problem.place);
            LoadError { file: name.to_owned(), line, message: problem.message, hint: problem.hint }
        }));
    }
    if errors.is_empty() { Ok(directory) } else { Err(LoadErrors::new(&[name.to_owned()], errors)) }
}

fn line_of(lines: &Lines, place: &Place) -> Option<usize> {
    lines.get(place).copied().or_else(|| line_of(lines, &place.outer()?))
}

impl Directory {
    /// The text of a file that says all of it: read again, it is the same directory.
    pub fn to_yaml(&self) -> String {
        write::policy_file(self)
    }
}
