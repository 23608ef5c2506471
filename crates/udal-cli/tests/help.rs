//! The help of every command, word by word: it is what people learn the commands from.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use support::{command, run};

const COMMANDS: [&[&str]; 52] = [
    &[],
    &["model"],
    &["model", "check"],
    &["model", "list"],
    &["model", "show"],
    &["tenant"],
    &["tenant", "create"],
    &["tenant", "list"],
    &["tenant", "drop"],
    &["migrate"],
    &["migrate", "plan"],
    &["migrate", "apply"],
    &["record"],
    &["record", "create"],
    &["record", "get"],
    &["record", "history"],
    &["record", "diff"],
    &["record", "update"],
    &["record", "delete"],
    &["record", "list"],
    &["record", "search"],
    &["record", "count"],
    &["record", "import"],
    &["query"],
    &["query", "aggregate"],
    &["query", "join"],
    &["query", "window"],
    &["query", "traverse"],
    &["query", "path"],
    &["query", "subgraph"],
    &["query", "sql"],
    &["access"],
    &["access", "plan"],
    &["access", "apply"],
    &["access", "show"],
    &["access", "export"],
    &["access", "grant"],
    &["access", "revoke"],
    &["access", "share"],
    &["access", "unshare"],
    &["access", "explain"],
    &["access", "user"],
    &["access", "user", "set"],
    &["access", "user", "remove"],
    &["access", "team"],
    &["access", "team", "set"],
    &["access", "team", "remove"],
    &["access", "member"],
    &["access", "member", "set"],
    &["access", "member", "remove"],
    &["audit"],
    &["audit", "list"],
];

fn help(path: &[&str]) -> String {
    let answer = run(command(&[path, &["--help"]].concat()), b"");
    assert_eq!((answer.code(), answer.err().as_str()), (0, ""));
    answer.out()
}

#[test]
fn the_help_of_every_command() {
    let all: Vec<String> = COMMANDS
        .iter()
        .chain([&["demo"][..]].iter())
        .map(|path| format!("$ udal {}\n{}", [*path, &["--help"]].concat().join(" "), help(path)))
        .collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn every_command_that_does_something_shows_examples() {
    let has_commands = |path: &[&str]| COMMANDS.iter().any(|other| other.len() > path.len() && other.starts_with(path));
    for path in COMMANDS.iter().filter(|path| path.len() > 1 && !has_commands(path)) {
        let shown = help(path);
        let example = format!("  udal {} ", path.join(" "));
        assert!(
            shown.contains("Examples:\n") && format!("{shown} ").replace('\n', " \n").contains(&example),
            "{shown}"
        );
    }
}

#[test]
fn exit_codes_are_in_the_help_and_in_the_readme() {
    let shown = help(&[]);
    let codes: Vec<&str> =
        shown.lines().skip_while(|line| *line != "Exit codes:").skip(1).take_while(|line| !line.is_empty()).collect();
    assert_eq!(codes.len(), 12);
    let readme = std::fs::read_to_string(support::repository().join("README.md")).unwrap();
    for code in codes {
        let (number, text) = code.trim_start().split_once("  ").unwrap();
        assert!(readme.contains(&format!("| {number} | {text} |")), "{code}");
    }
}
