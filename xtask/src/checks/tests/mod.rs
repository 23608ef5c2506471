//! Each check passes a small tree that keeps its rule, and fails one that breaks it in one place.

mod documents;
mod manifests;
mod sources;
mod words;

use super::CHECKS;
use crate::problem::Problem;
use crate::tree::Tree;

/// What the check of that name finds in a tree of these files, as `path:line: message`.
fn found(check: &str, files: &[(&str, &str)]) -> Vec<String> {
    let tree = Tree::of(files);
    let check = CHECKS.iter().find(|one| one.name == check).unwrap();
    (check.run)(&tree).iter().map(Problem::to_string).collect()
}

/// Asserts that the check finds exactly one thing, whose text starts with `place` and holds `words`.
fn assert_one(check: &str, files: &[(&str, &str)], place: &str, words: &str) {
    let problems = found(check, files);
    let [one] = problems.as_slice() else { panic!("{check}: expected one problem, found {problems:?}") };
    assert!(one.starts_with(place) && one.contains(words), "{check}: {one}");
}

#[test]
fn names_are_unique() {
    let mut names: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), CHECKS.len());
}
