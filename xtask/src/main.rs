//! Checks and generators, run inside the test command.
//!
//! `cargo run -p xtask -- check` runs every check over the tree, `check <name>` one of them, `list` names them.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this program's output is its result")]

mod checks;
mod manifest;
mod markdown;
mod problem;
mod source;
mod tree;

use std::path::Path;
use std::process::ExitCode;

use checks::{CHECKS, Check};
use tree::Tree;

const USAGE: &str = "usage: cargo run -p xtask -- check [name] | list";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["list"] => {
            for check in &CHECKS {
                println!("{:<13} {}", check.name, check.says);
            }
            ExitCode::SUCCESS
        }
        ["check"] => run(&CHECKS.iter().collect::<Vec<_>>()),
        ["check", name] => match CHECKS.iter().find(|check| check.name == *name) {
            Some(check) => run(&[check]),
            None => {
                eprintln!("there is no check `{name}`; `cargo run -p xtask -- list` names them");
                ExitCode::from(2)
            }
        },
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// Runs `checks` over the workspace, prints what each found, and fails when one found something.
fn run(checks: &[&Check]) -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    let tree = match Tree::read(root) {
        Ok(tree) => tree,
        Err(error) => {
            eprintln!("cannot read the tree: {error}");
            return ExitCode::from(2);
        }
    };
    let mut failed = false;
    for check in checks {
        let problems = (check.run)(&tree);
        match problems.len() {
            0 => println!("{:<13} ok", check.name),
            1 => println!("{:<13} 1 problem: {}", check.name, check.says),
            many => println!("{:<13} {many} problems: {}", check.name, check.says),
        }
        for problem in &problems {
            println!("  {problem}");
        }
        failed |= !problems.is_empty();
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
