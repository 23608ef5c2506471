//! Golden cases: `cases/<model>/model.yaml` declares a model, `<case>/input.json` says what is asked of it, and
//! `<case>/expected.graphql` is the request with its variables, `expected.json` the documents, as people read and review them.
//!
//! `UDAL_BLESS=1 cargo test -p udal-graph --test golden` writes what is expected anew; the difference is to be read.

#![allow(clippy::panic, reason = "a test that cannot go on fails")]

#[path = "../../../udal-sql/tests/golden/input.rs"]
mod input;
mod operations;
mod render;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use input::Input;
use render::Golden;
use udal_core::model::Model;

#[test]
fn requests_are_as_expected() {
    let mut wrong = Vec::new();
    for case in cases() {
        let golden = case.golden();
        let (path, got) = (case.folder.join(golden.file_name()), golden.to_string());
        if std::env::var_os("UDAL_BLESS").is_some() {
            fs::write(&path, &got).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        } else if fs::read_to_string(&path).unwrap_or_default() != got {
            wrong.push(format!("{}\n{got}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "these differ; if they are right, bless them:\n\n{}", wrong.join("\n"));
}

#[test]
fn every_operation_has_a_case() {
    let asked: BTreeSet<String> = cases().iter().map(|case| case.input().operation()).collect();
    let without: Vec<&str> =
        operations::OPERATIONS.iter().map(|(name, _)| *name).filter(|name| !asked.contains(*name)).collect();
    assert!(without.is_empty(), "no case asks for {without:?}");
}

struct Case {
    folder: PathBuf,
    model: Arc<Model>,
}

impl Case {
    fn input(&self) -> Input {
        Input::read(&self.folder.join("input.json"))
    }

    fn golden(&self) -> Golden {
        let mut input = self.input();
        let name = input.operation();
        let Some((_, operation)) = operations::OPERATIONS.iter().find(|(known, _)| *known == name) else {
            panic!("{}: `{name}` is no operation", self.folder.display());
        };
        let golden = operation(&self.model, &mut input);
        input.finish();
        golden
    }
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/cases");
    let of_model = |folder: PathBuf| {
        let model = model(&folder.join("model.yaml"));
        folders(&folder).into_iter().map(move |folder| Case { folder, model: Arc::clone(&model) })
    };
    let cases: Vec<Case> = folders(&root).into_iter().flat_map(of_model).collect();
    assert!(!cases.is_empty(), "there is no case in {}", root.display());
    cases
}

/// The first model of the file; the others are there to be referred to.
fn model(path: &Path) -> Arc<Model> {
    let text = read(path);
    let name = path.display().to_string();
    let group = udal_groups::parse(&name, &text).unwrap_or_else(|errors| panic!("{errors}"));
    let catalog = udal_groups::load_texts(&[(&name, &text)]).unwrap_or_else(|errors| panic!("{errors}"));
    let Some(first) = group.models.first() else { panic!("{name} declares no model") };
    catalog.model(&group.name, &first.name).map(Arc::clone).unwrap_or_else(|error| panic!("{error}"))
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).unwrap_or_else(|error| panic!("{}: {error}", parent.display()));
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
