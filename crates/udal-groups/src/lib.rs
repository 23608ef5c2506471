//! Group files: YAML text to models, with every error at its line.
//!
//! ```
//! let texts = [("lab.yaml", "group: lab\nmodels:\n  AppLabResult:\n    fields:\n      test_type: str\n")];
//! let catalog = udal_groups::load_texts(&texts).unwrap();
//! assert!(catalog.model("lab", "AppLabResult").is_ok());
//!
//! let errors = udal_groups::load_texts(&[("lab.yaml", "group: lab\nmodles: {}\n")]).unwrap_err();
//! assert!(errors.to_string().starts_with("lab.yaml:2: `modles` is not a key here (did you mean `models`?)"));
//! ```

mod files;
mod places;
mod read;
#[cfg(test)]
mod tests;

use std::path::Path;

use udal_core::model::{Catalog, FieldType, GroupDeclaration, Problem, Scalar};

pub use udal_yaml::{LoadError, LoadErrors, MAX_FILE_BYTES};

use places::Places;
use read::GroupFile;

/// Loads every group file (`*.yaml`, `*.yml`) that stands directly in `directory`.
///
/// # Errors
/// Everything that is wrong in any of the files, or that there is none.
pub fn load_dir(directory: impl AsRef<Path>) -> Result<Catalog, LoadErrors> {
    load_files(&files::in_directory(directory.as_ref())?)
}

/// Loads these group files together.
///
/// # Errors
/// Everything that is wrong in any of the files.
pub fn load_files(paths: &[impl AsRef<Path>]) -> Result<Catalog, LoadErrors> {
    let mut loading = Loading::default();
    for path in paths.iter().map(AsRef::as_ref) {
        match udal_yaml::read(path, &files::GROUP_FILE) {
            Ok(text) => loading.add(&path.display().to_string(), &text),
            Err(error) => loading.fail(error),
        }
    }
    loading.finish()
}

/// Loads the texts of group files together; each comes with the name that errors give it.
///
/// # Errors
/// Everything that is wrong in any of the texts.
pub fn load_texts(texts: &[(&str, &str)]) -> Result<Catalog, LoadErrors> {
    let mut loading = Loading::default();
    for (name, text) in texts {
        loading.add(name, text);
    }
    loading.finish()
}

/// Reads one group file's text to a declaration, without checking its models against those of other files.
///
/// # Errors
/// Every key that is unknown, given twice, missing, or has the wrong kind of value.
pub fn parse(file_name: &str, text: &str) -> Result<GroupDeclaration, LoadErrors> {
    let mut loading = Loading::default();
    loading.add(file_name, text);
    if !loading.errors.is_empty() {
        return Err(LoadErrors::new(&loading.names, loading.errors));
    }
    Ok(loading.files.into_iter().map(|file| file.declaration).next().unwrap_or_default())
}

/// What was read so far, and what is wrong with it.
#[derive(Default)]
struct Loading {
    /// The files' names, in the order they were given.
    names: Vec<String>,
    files: Vec<GroupFile>,
    errors: Vec<LoadError>,
    /// Models that are declared, but in a way that could not be read: to refer to one is no error.
    unread_models: Vec<String>,
    /// Whether models of any name may be declared in what could not be read.
    models_unread: bool,
}

impl Loading {
    fn add(&mut self, name: &str, text: &str) {
        self.names.push(name.to_owned());
        let read = read::group_file(name, text);
        self.errors.extend(read.errors);
        self.unread_models.extend(read.unread_models);
        self.models_unread |= read.models_unread;
        self.files.extend(read.file);
    }

    fn fail(&mut self, error: LoadError) {
        self.names.push(error.file.clone());
        self.errors.push(error);
        self.models_unread = true;
    }

    fn finish(mut self) -> Result<Catalog, LoadErrors> {
        let places: Vec<(String, Places)> =
            self.files.iter_mut().map(|file| (file.name.clone(), std::mem::take(&mut file.places))).collect();
        let declarations: Vec<GroupDeclaration> = self.files.into_iter().map(|file| file.declaration).collect();
        let problems = match Catalog::build(declarations.clone()) {
            Ok(catalog) if self.errors.is_empty() => return Ok(catalog),
            Ok(_) => Vec::new(),
            Err(problems) => problems,
        };
        for problem in problems {
            let unread = |model: String| self.models_unread || self.unread_models.contains(&model);
            if !unknown_model(&declarations, &problem).is_some_and(unread) {
                self.errors.push(places::locate(&places, problem));
            }
        }
        Err(LoadErrors::new(&self.names, self.errors))
    }
}

/// The model that nobody declares, where `problem` is about a field that refers to one.
fn unknown_model(declarations: &[GroupDeclaration], problem: &Problem) -> Option<String> {
    let models = || declarations.iter().flat_map(|group| &group.models);
    let (model, field) = (problem.place.model.as_ref()?, problem.place.field.as_ref()?);
    let mut fields = models().filter(|known| known.name == *model).flat_map(|known| &known.fields);
    let declared = fields.find(|known| known.name == *field)?;
    match FieldType::parse(&declared.field_type) {
        Ok(FieldType { scalar: Scalar::Ref(target), .. }) => {
            models().all(|known| known.name != target).then_some(target)
        }
        _ => None,
    }
}
