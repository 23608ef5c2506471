//! The tour in README.md, command by command: what it shows is what they answer.
//!
//! With `UDAL_WRITE_TOUR=1` the answers are written into README.md instead of being compared.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod support;

use std::path::Path;
use std::process::Command;

use support::{Desk, repository, run};

const BEGIN: &str = "<!-- tour -->";
const END: &str = "<!-- /tour -->";

/// A line of the tour.
enum Part {
    /// Text, which stays as it is.
    Text(String),
    /// A command with the answer that the tour shows.
    Command(String, String),
}

fn parts(tour: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut in_console = false;
    for line in tour.lines() {
        match (in_console, line.strip_prefix("$ ")) {
            (true, Some(command)) => parts.push(Part::Command(command.to_owned(), String::new())),
            (true, None) if line != "```" => match parts.last_mut() {
                Some(Part::Command(_, answer)) => answer.push_str(&format!("{line}\n")),
                _ => panic!("`{line}` is the answer to no command"),
            },
            _ => {
                in_console = line == "```console";
                parts.push(Part::Text(line.to_owned()));
            }
        }
    }
    parts
}

/// What a terminal would show: answers and messages as they come, tables for people.
fn answer(desk: &Desk, command: &str) -> String {
    let programs = Path::new(env!("CARGO_BIN_EXE_udal")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("exec 2>&1\n{command}")).current_dir(repository());
    shell.env("PATH", format!("{}:{path}", programs.display())).env("UDAL_DATA_DIR", desk.data_dir());
    shell.env("UDAL_FORMAT", "table").env("COLUMNS", "100");
    for name in ["UDAL_CONFIG", "UDAL_DATABASE_URL", "UDAL_GROUPS", "UDAL_LOG"] {
        shell.env_remove(name);
    }
    run(shell, b"").out().replace('\r', "")
}

/// `text` with what differs from one run to the next taken out: times, and how long something took.
fn normal(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let line = match line.split_once(" failed, in ") {
            Some((counts, _)) => format!("{counts} failed, in TIME"),
            None => line.to_owned(),
        };
        let words: Vec<String> = line
            .split_inclusive([' ', '"', ','])
            .map(|word| if is_time(word) { "TIME".to_owned() } else { word.to_owned() })
            .collect();
        out.push_str(words.concat().trim_end());
        out.push('\n');
    }
    out
}

/// Whether a word is an instant of this century.
fn is_time(word: &str) -> bool {
    let bytes = word.as_bytes();
    word.starts_with("20") && bytes.get(4) == Some(&b'-') && bytes.get(10) == Some(&b'T')
}

#[test]
fn the_tour_answers_what_it_shows() {
    let desk = Desk::shared();
    let file = repository().join("README.md");
    let readme = std::fs::read_to_string(&file).unwrap();
    let (before, rest) = readme.split_once(BEGIN).unwrap();
    let (tour, after) = rest.split_once(END).unwrap();
    let mut written = String::new();
    let mut commands = 0;
    for part in parts(tour) {
        match part {
            Part::Text(line) => written.push_str(&format!("{line}\n")),
            Part::Command(command, shown) => {
                commands += 1;
                let answered = answer(&desk, &command);
                if std::env::var_os("UDAL_WRITE_TOUR").is_none() {
                    assert_eq!(normal(&answered), normal(&shown), "$ {command}");
                }
                written.push_str(&format!("$ {command}\n{answered}"));
            }
        }
    }
    assert!(commands >= 10);
    if std::env::var_os("UDAL_WRITE_TOUR").is_some() {
        std::fs::write(file, format!("{before}{BEGIN}{written}{END}{after}")).unwrap();
    }
}
