//! The dependency table in ARCHITECTURE.md, held against every crate's manifest.
//!
//! Development dependencies are exempt: a backend's tests may use the conformance suite or the embedded server.

use std::collections::{BTreeMap, BTreeSet};

use crate::markdown::{spans_of_line, table};
use crate::problem::Problem;
use crate::tree::Tree;

/// The page that holds the table.
pub(super) const PAGE: &str = "ARCHITECTURE.md";
const HEADER: [&str; 2] = ["crate", "may depend on"];
/// Crates that keep records; only [`FACADE`] may name them.
const BACKENDS: [&str; 4] = ["udal-memory", "udal-pggraph", "udal-postgresql", "udal-terminusdb"];
const FACADE: &str = "udal";

/// What a crate may depend on, and the line that says so.
struct Row {
    line: usize,
    allowed: BTreeSet<String>,
}

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let Some(page) = tree.text(PAGE) else {
        return vec![Problem::new(PAGE, 1, "the page is missing; it holds the dependency table")];
    };
    let Some(rows) = read_table(page) else {
        return vec![Problem::new(PAGE, 1, "there is no table with the header `| crate | may depend on |`")];
    };
    let mut problems = Vec::new();
    let mut found = BTreeSet::new();
    for manifest in tree.manifests() {
        let name = manifest.folder().to_owned();
        let Some(row) = rows.get(&name) else {
            problems.push(Problem::new(
                &manifest.path,
                1,
                format!("`{name}` is not in the table of {PAGE}; add a row"),
            ));
            found.insert(name);
            continue;
        };
        for dependency in manifest.dependencies.iter().filter(|dependency| is_ours(&dependency.package)) {
            if !row.allowed.contains(&dependency.package) {
                let message = format!("`{name}` may not depend on `{}`; see {PAGE}:{}", dependency.package, row.line);
                problems.push(Problem::new(&manifest.path, dependency.line, message));
            }
        }
        found.insert(name);
    }
    problems.extend(rows.iter().flat_map(|(name, row)| check_row(name, row, &found)));
    problems
}

/// What is wrong with a row itself: crates that are not there, backends where they may not be named.
fn check_row(name: &str, row: &Row, crates: &BTreeSet<String>) -> Vec<Problem> {
    let unknown = std::iter::once(name)
        .chain(row.allowed.iter().map(String::as_str))
        .filter(|named| !crates.contains(*named))
        .map(|named| Problem::new(PAGE, row.line, format!("the workspace has no crate `{named}`")));
    let reached =
        row.allowed.iter().filter(|allowed| name != FACADE && BACKENDS.contains(&allowed.as_str())).map(|backend| {
            Problem::new(PAGE, row.line, format!("only `{FACADE}` may depend on a backend such as `{backend}`"))
        });
    unknown.chain(reached).collect()
}

fn read_table(page: &str) -> Option<BTreeMap<String, Row>> {
    let rows = table(page, &HEADER)?.into_iter().filter_map(|(line, cells)| {
        let name = spans_of_line(cells.first()?).into_iter().next()?;
        Some((name, Row { line, allowed: spans_of_line(cells.last()?).into_iter().collect() }))
    });
    Some(rows.collect())
}

fn is_ours(package: &str) -> bool {
    package == FACADE || package.starts_with("udal-")
}
