//! Nothing in the repository is true of one machine only.

use crate::problem::Problem;
use crate::tree::Tree;

/// How the absolute paths of one machine start.
const MACHINE_PATHS: [&str; 4] = ["/work/", "/root/", "/home/", "/Users/"];
/// Files that are made by a program, and this one.
const SKIPPED: [&str; 3] = ["Cargo.lock", "xtask/src/checks/words.rs", "xtask/src/checks/tests/words.rs"];

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in tree.files().filter(|(path, _)| !SKIPPED.contains(path)) {
        for (at, line) in text.lines().enumerate() {
            if let Some(word) = MACHINE_PATHS.iter().find(|word| holds(line, word)) {
                problems.push(Problem::new(path, at + 1, format!("`{word}` is a path of one machine; take it out")));
            }
        }
    }
    problems
}

/// Whether `line` holds `word` where a path starts: not in the middle of a longer one, such as a web address.
fn holds(line: &str, word: &str) -> bool {
    let starts_path = |before: &str| {
        !before.ends_with(|last: char| last.is_alphanumeric() || ['.', '_', '-', '~', '}', ')', '>'].contains(&last))
    };
    line.match_indices(word).any(|(at, _)| line.get(..at).is_some_and(starts_path))
}
