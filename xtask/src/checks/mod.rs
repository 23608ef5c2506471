//! The checks, and what each holds.

mod allows;
mod changelog;
mod clauses;
mod crates;
mod dependencies;
mod no_io;
mod paths;
mod sizes;
#[cfg(test)]
mod tests;
mod words;

use crate::problem::Problem;
use crate::tree::Tree;

/// A rule of the repository that can be broken.
pub(crate) struct Check {
    /// What it is called on the command line.
    pub(crate) name: &'static str,
    /// What must hold.
    pub(crate) says: &'static str,
    /// Finds where it does not.
    pub(crate) run: fn(&Tree) -> Vec<Problem>,
}

/// Every check, in the order in which they run.
pub(crate) const CHECKS: [Check; 9] = [
    Check {
        name: "dependencies",
        says: "a crate depends only on what the table in ARCHITECTURE.md allows; only `udal` reaches backends",
        run: dependencies::check,
    },
    Check { name: "no-io", says: "core does no IO and knows no runtime", run: no_io::check },
    Check {
        name: "crates",
        says: "a crate is named as its directory, says what it is for, and keeps the workspace's lints",
        run: crates::check,
    },
    Check { name: "clauses", says: "each clause of the contract has a case, each case a clause", run: clauses::check },
    Check { name: "sizes", says: "files stay under 400 lines and functions under 60, tests aside", run: sizes::check },
    Check { name: "allows", says: "an exception to a lint gives its reason", run: allows::check },
    Check {
        name: "paths",
        says: "what the documents point at is there, and each invariant names its test",
        run: paths::check,
    },
    Check { name: "words", says: "no file names a path of one machine", run: words::check },
    Check { name: "changelog", says: "the changelog has an unreleased section", run: changelog::check },
];
