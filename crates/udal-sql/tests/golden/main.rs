//! Golden cases: `cases/<storage>/model.yaml` declares a model, `<case>/input.json` says what is asked of it, and
//! `<case>/expected.sql` is every statement with its parameters, as people read and review it.
//!
//! `UDAL_BLESS=1 cargo test -p udal-sql --test golden` writes what is expected anew; the difference is to be read.

#![allow(clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod distributed;
mod documents;
mod found;
mod input;
mod render;
mod tables;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use input::Input;
use render::Golden;
use udal_core::model::Model;
use udal_sql::table::Target;

/// What a case may ask of a model: [`Input`] says in which words.
type Operation = fn(&Arc<Model>, &mut Input) -> Golden;

#[test]
fn statements_are_as_expected() {
    let mut wrong = Vec::new();
    for case in cases() {
        let got = case.statements();
        if std::env::var_os("UDAL_BLESS").is_some() {
            write(&case.expected(), &got);
        } else if fs::read_to_string(case.expected()).unwrap_or_default() != got {
            wrong.push(format!("{}\n{got}", case.folder.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "these differ from their expected.sql; if they are right, bless them:\n\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_operation_has_a_case() {
    let asked: BTreeSet<(bool, String)> =
        cases().iter().map(|case| (Target::new(&case.model).is_some(), case.input().operation())).collect();
    let known = tables::OPERATIONS.iter().map(|(name, _)| (true, *name));
    let known = known.chain(documents::OPERATIONS.iter().map(|(name, _)| (false, *name)));
    let without: Vec<(bool, &str)> =
        known.filter(|(table, name)| !asked.contains(&(*table, (*name).to_owned()))).collect();
    assert!(without.is_empty(), "no case asks for (in a table, operation): {without:?}");
}

struct Case {
    folder: PathBuf,
    model: Arc<Model>,
}

impl Case {
    fn input(&self) -> Input {
        Input::read(&self.folder.join("input.json"))
    }

    fn expected(&self) -> PathBuf {
        self.folder.join("expected.sql")
    }

    fn statements(&self) -> String {
        self.golden().to_string()
    }

    fn golden(&self) -> Golden {
        let mut input = self.input();
        let name = input.operation();
        let operations: &[(&str, Operation)] =
            if Target::new(&self.model).is_some() { &tables::OPERATIONS } else { &documents::OPERATIONS };
        let Some((_, operation)) = operations.iter().find(|(known, _)| *known == name) else {
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

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
