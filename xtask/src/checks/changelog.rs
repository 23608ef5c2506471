//! The changelog has a place for the next entry.

use crate::markdown::prose;
use crate::problem::Problem;
use crate::tree::Tree;

const PAGE: &str = "CHANGELOG.md";

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let Some(text) = tree.text(PAGE) else {
        return vec![Problem::new(PAGE, 1, "the page is missing")];
    };
    let is_unreleased =
        |line: &str| line.strip_prefix("## ").is_some_and(|title| title.trim_matches(['[', ']', ' ']) == "Unreleased");
    match prose(text).any(|(_, line)| is_unreleased(line)) {
        true => Vec::new(),
        false => vec![Problem::new(PAGE, 1, "there is no section `## Unreleased`")],
    }
}
