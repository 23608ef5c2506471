//! Core does no IO: neither through a package nor through the standard library.

use crate::problem::Problem;
use crate::source::{Source, closing};
use crate::tree::Tree;

const CORE: &str = "crates/udal-core/";
/// Packages that wait, talk or touch files.
const PACKAGES: [&str; 10] =
    ["async-std", "hyper", "mio", "postgres", "reqwest", "rustix", "smol", "tokio", "tokio-postgres", "ureq"];
/// Modules of the standard library that do.
const MODULES: [&str; 5] = ["env", "fs", "net", "process", "thread"];

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for manifest in tree.manifests().iter().filter(|manifest| manifest.path.starts_with(CORE)) {
        for dependency in manifest.dependencies.iter().filter(|found| PACKAGES.contains(&found.package.as_str())) {
            let message = format!("core may not depend on `{}`: it does no IO", dependency.package);
            problems.push(Problem::new(&manifest.path, dependency.line, message));
        }
    }
    for (path, text) in tree.rust("crates/udal-core/src/") {
        let source = Source::new(text);
        for (at, module) in standard_modules(source.code()) {
            if MODULES.contains(&module) {
                let message = format!("core may not use `std::{module}`: it does no IO");
                problems.push(Problem::new(path, source.line_of(at), message));
            }
        }
    }
    problems
}

/// The modules that follow `std::`, alone or as the first names in a group.
fn standard_modules(code: &str) -> Vec<(usize, &str)> {
    let mut modules = Vec::new();
    for (at, matched) in code.match_indices("std::") {
        let from = at + matched.len();
        let rest = code.get(from..).unwrap_or_default();
        match closing(rest, '{', '}').and_then(|end| rest.get(1..end)) {
            Some(group) => modules.extend(outer_names(group).into_iter().map(|(place, name)| (from + 1 + place, name))),
            None => modules.extend(first_name(rest).map(|name| (at, name))),
        }
    }
    modules
}

/// The first name of each member of a group, such as `fs` in `fmt, fs::{File, read}`.
fn outer_names(group: &str) -> Vec<(usize, &str)> {
    let mut depth = 0_usize;
    let mut start = 0;
    let mut names = Vec::new();
    for (at, letter) in group.char_indices().chain([(group.len(), ',')]) {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                let member = group.get(start..at).unwrap_or_default();
                let indent = member.len() - member.trim_start().len();
                names.extend(first_name(member.trim_start()).map(|name| (start + indent, name)));
                start = at + 1;
            }
            _ => {}
        }
    }
    names
}

fn first_name(text: &str) -> Option<&str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').next().filter(|name| !name.is_empty())
}
