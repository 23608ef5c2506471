//! Files and functions stay short enough to be read at once.
//!
//! Tests do not count: what stands under `#[cfg(test)]`, files named `tests.rs`, and files under `tests/` or `benches/`.
//! What must be longer is listed in `xtask/exceptions.txt` with its reason.

use std::collections::BTreeSet;

use crate::problem::Problem;
use crate::source::Source;
use crate::tree::Tree;

/// A file has fewer lines than this.
const FILE_LINES: usize = 400;
/// A function has fewer lines than this.
const FUNCTION_LINES: usize = 60;
const EXCEPTIONS: &str = "xtask/exceptions.txt";

/// Something that is too long, under the name by which it may be excepted.
struct TooLong {
    name: String,
    problem: Problem,
}

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let too_long: Vec<TooLong> =
        tree.rust("").filter(|(path, _)| !is_test(path)).flat_map(|(path, text)| measure(path, text)).collect();
    let mut problems = Vec::new();
    let mut excepted = BTreeSet::new();
    for (at, line) in tree.text(EXCEPTIONS).unwrap_or_default().lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, reason) = line.split_once(": ").unwrap_or((line, ""));
        if reason.trim().is_empty() {
            problems.push(Problem::new(EXCEPTIONS, at + 1, "no reason is given; write `path::function: reason`"));
        } else if !too_long.iter().any(|found| found.name == name) {
            problems.push(Problem::new(EXCEPTIONS, at + 1, format!("`{name}` is not too long; take the line out")));
        }
        excepted.insert(name);
    }
    problems.extend(
        too_long.iter().filter(|found| !excepted.contains(found.name.as_str())).map(|found| found.problem.clone()),
    );
    problems
}

fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/") || path.contains("/benches/")
}

fn measure(path: &str, text: &str) -> Vec<TooLong> {
    let source = Source::new(text);
    let tests = source.test_lines();
    let lines = text.lines().count() - tests.iter().map(|(first, last)| last - first + 1).sum::<usize>();
    let mut found = Vec::new();
    if lines >= FILE_LINES {
        let message = format!("the file has {lines} lines without tests; the most is {}", FILE_LINES - 1);
        found.push(TooLong { name: path.to_owned(), problem: Problem::new(path, 1, message) });
    }
    for function in source.functions() {
        let lines = function.last_line - function.first_line + 1;
        let tested = tests.iter().any(|(first, last)| (*first..=*last).contains(&function.first_line));
        if lines >= FUNCTION_LINES && !tested {
            let message = format!("`{}` has {lines} lines; the most is {}", function.name, FUNCTION_LINES - 1);
            let problem = Problem::new(path, function.first_line, message);
            found.push(TooLong { name: format!("{path}::{}", function.name), problem });
        }
    }
    found
}
