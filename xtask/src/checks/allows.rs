//! An attribute that silences a lint says why.

use crate::problem::Problem;
use crate::source::{Source, words};
use crate::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, text) in tree.rust("") {
        let source = Source::new(text);
        for (at, attribute) in source.attributes() {
            let written = text.get(at..at + attribute.len()).unwrap_or_default();
            if silences(attribute) && !gives_reason(attribute, written) {
                let message = "an exception to a lint without a reason; add `reason = \"..\"`";
                problems.push(Problem::new(path, source.line_of(at), message));
            }
        }
    }
    problems
}

fn silences(attribute: &str) -> bool {
    words(attribute).any(|(at, word)| {
        let after = attribute.get(at + word.len()..).unwrap_or_default();
        ["allow", "expect"].contains(&word) && after.trim_start().starts_with('(')
    })
}

/// Whether there is a `reason = ".."` that is not empty: `attribute` is the code, `written` the same with its literals.
fn gives_reason(attribute: &str, written: &str) -> bool {
    words(attribute).filter(|(_, word)| *word == "reason").any(|(at, word)| {
        let value = written.get(at + word.len()..).and_then(|rest| rest.trim_start().strip_prefix('='));
        value
            .and_then(|rest| rest.trim_start().strip_prefix('"'))
            .is_some_and(|text| !text.trim_start().starts_with('"'))
    })
}
