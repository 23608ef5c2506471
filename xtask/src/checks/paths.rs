//! What the documents point at is there.

use super::dependencies::PAGE as ARCHITECTURE;
use crate::markdown::{Piece, code_spans, links, paragraphs, spans_of_line};
use crate::problem::Problem;
use crate::source::words;
use crate::tree::Tree;

const PAGES: [&str; 3] = [ARCHITECTURE, "README.md", "CONTRIBUTING.md"];
/// A code span that starts with one of these is a path of this repository.
const PLACES: [&str; 9] =
    [".ci/", ".cargo/", ".github/", "benches/", "crates/", "docs/", "groups/", "scripts/", "xtask/"];

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems: Vec<Problem> = PAGES
        .iter()
        .filter(|page| tree.text(page).is_none())
        .map(|page| Problem::new(page, 1, "the page is missing"))
        .collect();
    for (path, text) in tree.files().filter(|(path, _)| is_page(path)) {
        let dead = |piece: &Piece| Problem::new(path, piece.line, format!("`{}` is not there", piece.text));
        problems.extend(code_spans(text).iter().filter(|span| is_dead_path(tree, &span.text)).map(dead));
        problems.extend(links(text).iter().filter(|link| is_dead_link(tree, path, &link.text)).map(dead));
    }
    if let Some(text) = tree.text(ARCHITECTURE) {
        problems.extend(unnamed_crates(tree, text));
        problems.extend(unheld_invariants(tree, text));
    }
    problems
}

fn is_page(path: &str) -> bool {
    PAGES.contains(&path) || (path.starts_with("docs/") && path.ends_with(".md"))
}

/// Whether `span` is a path of this repository, or a page at its root, that is not there.
fn is_dead_path(tree: &Tree, span: &str) -> bool {
    let is_page =
        !span.contains('/') && span.ends_with(".md") && span.starts_with(|first: char| first.is_ascii_uppercase());
    let is_path = PLACES.iter().any(|place| span.starts_with(place)) && !span.contains(' ');
    (is_path || is_page) && !names_something(tree, span)
}

/// Whether `path` is there; `path::name` also needs the name in the file, and `*` or `<x>` stand for anything.
fn names_something(tree: &Tree, path: &str) -> bool {
    if let Some((file, name)) = path.split_once("::") {
        let last = name.rsplit("::").next().unwrap_or(name);
        return tree.text(file).is_some_and(|text| words(text).any(|(_, word)| word == last));
    }
    match path.find(['*', '<', '{']) {
        Some(open) => {
            tree.has(path.get(..open).and_then(|known| known.rsplit_once('/')).map_or("", |(known, _)| known))
        }
        None => tree.has(path),
    }
}

fn is_dead_link(tree: &Tree, page: &str, target: &str) -> bool {
    let path = target.split(['#', ' ']).next().unwrap_or_default();
    if path.is_empty() || path.contains("://") || path.starts_with("mailto:") {
        return false;
    }
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_none() => return true,
            ".." => {}
            name => parts.push(name),
        }
    }
    !tree.has(&parts.join("/"))
}

fn unnamed_crates(tree: &Tree, text: &str) -> Vec<Problem> {
    let spans = code_spans(text);
    let is_named = |name: &str| spans.iter().any(|span| span.text == name);
    let unnamed = |name: &str| Problem::new(ARCHITECTURE, 1, format!("the crate `{name}` is not on the page"));
    let manifests = tree.manifests();
    manifests.iter().map(|manifest| manifest.folder()).filter(|name| !is_named(name)).map(unnamed).collect()
}

/// Invariants that name no test, or one that is not there. The test follows `test:`, in backticks.
fn unheld_invariants(tree: &Tree, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    for paragraph in paragraphs(text) {
        let Some((_, invariant)) = paragraph.text.split_once("Invariant:") else { continue };
        let tests = invariant.split_once("test:").map_or_else(Vec::new, |(_, after)| spans_of_line(after));
        if tests.is_empty() {
            let message = "the invariant names no test; end it with such as test: `crates/x/src/y.rs::name`";
            problems.push(Problem::new(ARCHITECTURE, paragraph.line, message));
        }
        let is_absent = |test: &&String| !names_something(tree, test);
        problems.extend(tests.iter().filter(is_absent).map(|test| {
            Problem::new(ARCHITECTURE, paragraph.line, format!("the invariant's test `{test}` is not there"))
        }));
    }
    problems
}
