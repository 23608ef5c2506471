//! Each crate is found where its name says, and says what it is for.

use crate::problem::Problem;
use crate::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for manifest in tree.manifests() {
        let mut found = |message: String| problems.push(Problem::new(&manifest.path, 1, message));
        let folder = manifest.folder();
        match manifest.name.as_deref() {
            Some(name) if name == folder => {}
            Some(name) => found(format!("the crate `{name}` is in a directory named `{folder}`; name them alike")),
            None => found("the package has no name".to_owned()),
        }
        if manifest.description.is_none() {
            found("the package has no description; say in a line what its one job is".to_owned());
        }
        if !manifest.inherits_lints {
            found("the workspace's lints do not hold here; add `[lints]` with `workspace = true`".to_owned());
        }
    }
    if problems.is_empty() && tree.manifests().is_empty() {
        problems.push(Problem::new("Cargo.toml", 1, "no crate was found in crates/ or xtask/"));
    }
    problems
}
