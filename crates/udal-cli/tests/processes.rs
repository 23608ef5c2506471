//! Several processes on one data directory, and processes that are interrupted.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};

use serde_json::json;
use support::{command, run, scratch};

/// An import of standard input that has written a chunk and waits for more.
fn waiting_import(data_dir: &std::path::Path) -> Child {
    let mut import = command(&["record", "import", "lab", "AppLabResult", "-", "--tenant", "acme", "--format", "json"]);
    import.env("UDAL_DATA_DIR", data_dir).env("UDAL_LOG", "udal_embedded=info");
    let mut child = import.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let stdin = child.stdin.as_mut().unwrap();
    for at in 0..10_000 {
        writeln!(stdin, "{{\"id\":\"AppLabResult/{at}\",\"test_type\":\"ph\"}}").unwrap();
    }
    stdin.flush().unwrap();
    child
}

fn count(data_dir: &std::path::Path) -> u64 {
    let mut command = command(&["record", "count", "lab", "AppLabResult", "--tenant", "acme"]);
    command.env("UDAL_DATA_DIR", data_dir);
    run(command, b"").json()["count"].as_u64().unwrap()
}

#[test]
fn a_second_process_shares_the_server() {
    let directory = scratch();
    let data_dir = directory.path().join("data");
    let mut first = waiting_import(&data_dir);
    // The second process sees what the first has committed while the first still runs.
    while count(&data_dir) < 5_000 {}
    assert!(first.try_wait().unwrap().is_none());
    let mut stdin = first.stdin.take().unwrap();
    writeln!(stdin, "{{\"test_type\":\"last\"}}").unwrap();
    drop(stdin);
    let output = first.wait_with_output().unwrap();
    assert!(output.status.success());
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["created"], json!(10_001));
    assert_eq!(count(&data_dir), 10_001);
    assert!(!data_dir.join("postgresql/postmaster.pid").exists(), "the last process stops the server");
}

#[test]
fn an_interrupt_stops_the_server_and_keeps_what_was_written() {
    let directory = scratch();
    let data_dir = directory.path().join("data");
    let mut import = waiting_import(&data_dir);
    while count(&data_dir) < 5_000 {}
    let pid = i32::try_from(import.id()).unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), rustix::process::Signal::INT).unwrap();
    let status = import.wait().unwrap();
    assert_eq!(status.code(), Some(130));
    let said: Vec<String> = BufReader::new(import.stderr.take().unwrap()).lines().map(Result::unwrap).collect();
    assert!(said.iter().any(|line| line.ends_with("records were imported, and are kept")), "{said:?}");
    assert!(said.iter().any(|line| line.contains(r#""code":"interrupted""#)), "{said:?}");
    assert!(!data_dir.join("postgresql/postmaster.pid").exists());
    assert!(count(&data_dir) >= 5_000);
}

#[test]
fn the_demo_runs_again_and_again() {
    let directory = scratch();
    let data_dir = directory.path().join("data");
    let demo = || {
        let mut command = command(&["demo", "--results", "3000"]);
        command.env("UDAL_DATA_DIR", &data_dir).current_dir("/");
        run(command, b"")
    };
    let first = demo();
    assert_eq!(first.code(), 0, "{}{}", first.out(), first.err());
    for part in
        ["$ udal model list", "Acme North GmbH", "did you mean `test_type`?", "is not at version 1", "Where to go next"]
    {
        assert!(first.out().contains(part), "{part}: {}", first.out());
    }
    let second = demo();
    assert_eq!(second.code(), 0, "{}{}", second.out(), second.err());
    assert!(data_dir.join("demo").is_dir() && !data_dir.join("postgresql").exists());
}
