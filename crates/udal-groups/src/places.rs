//! Lines: where in a file the parts of a declaration stand.

use std::collections::HashMap;

use udal_core::model::Problem;
use udal_yaml::LoadError;

/// The lines of a group file's parts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// The group's name.
    pub(crate) group: String,
    /// The line of `group:`, or of the file's first line.
    pub(crate) line: usize,
    pub(crate) models: HashMap<String, ModelPlaces>,
}

/// The lines of a model's parts.
#[derive(Clone, Debug, Default)]
pub(crate) struct ModelPlaces {
    pub(crate) line: usize,
    pub(crate) keys: HashMap<String, usize>,
    pub(crate) fields: HashMap<String, usize>,
}

impl Places {
    /// The line that `problem` is about, and how exactly it is known.
    fn find(&self, problem: &Problem) -> (usize, usize) {
        let place = &problem.place;
        let Some(model) = place.model.as_ref().and_then(|name| self.models.get(name)) else {
            return (0, self.line);
        };
        let field = place.field.as_ref().and_then(|field| model.fields.get(field));
        let key = place.key.as_ref().and_then(|key| model.keys.get(key));
        match (field, key) {
            (Some(line), _) => (3, *line),
            (None, Some(line)) => (2, *line),
            (None, None) => (1, model.line),
        }
    }
}

/// `problem` with its file and line: where two files declare one group, the later that has what it is about.
pub(crate) fn locate(files: &[(String, Places)], problem: Problem) -> LoadError {
    let found = files
        .iter()
        .filter(|(_, places)| places.group == problem.place.group)
        .map(|(file, places)| (places.find(&problem), file))
        .max_by_key(|((exactness, _), _)| *exactness);
    match found {
        Some(((_, line), file)) => {
            LoadError { file: file.clone(), line: Some(line), message: problem.message, hint: problem.hint }
        }
        None => LoadError { file: problem.place.to_string(), line: None, message: problem.message, hint: problem.hint },
    }
}
