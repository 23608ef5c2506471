//! What cannot work is refused in one line that says why, and leaves nothing behind.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::time::Duration;

use support::{is_running, quick, scratch};
use udal_embedded::{EmbeddedError, Server, Settings};

async fn refusal(settings: Settings) -> (EmbeddedError, String) {
    let error = Server::start(settings).await.unwrap_err();
    let message = error.to_string();
    assert_eq!(message.lines().count(), 1, "{message}");
    (error, message)
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Makes a directory that looks like a cluster of `version`, owned by a user that may run servers.
fn pretend_cluster(data_dir: &Path, version: &str) {
    let cluster = data_dir.join("postgresql");
    fs::create_dir_all(&cluster).unwrap();
    fs::write(cluster.join("PG_VERSION"), version).unwrap();
    if is_root() {
        chown(&cluster, Some(65534), Some(65534)).unwrap();
    }
}

/// Puts a script in place of the binaries: it names `version`, and otherwise does `action`.
fn pretend_binaries(directory: &Path, version: &str, action: &str) {
    fs::create_dir_all(directory).unwrap();
    let names_version = format!("test \"$1\" = --version && echo 'postgres (PostgreSQL) {version}' && exit");
    for program in ["postgres", "initdb"] {
        let path = directory.join(program);
        fs::write(&path, format!("#!/bin/sh\n{names_version}\n{action}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[tokio::test]
async fn a_directory_without_binaries() {
    let scratch = scratch();
    let settings = Settings { binaries: Some(scratch.path().into()), ..quick(scratch.path().join("data")) };
    let (error, message) = refusal(settings).await;
    assert!(matches!(error, EmbeddedError::UnusableBinaries { .. }), "{error:?}");
    assert!(message.contains("there is no `postgres` in it"), "{message}");
    assert!(!scratch.path().join("data/postgresql").exists());
}

#[tokio::test]
async fn a_cluster_of_a_version_that_is_not_here() {
    let scratch = scratch();
    pretend_cluster(scratch.path(), "99\n");
    let (error, message) = refusal(quick(scratch.path())).await;
    assert!(matches!(error, EmbeddedError::OtherMajor { major: 99, .. }), "{error:?}");
    assert!(message.contains("was made by PostgreSQL 99, and this machine has"), "{message}");
    assert!(message.contains("install PostgreSQL 99"), "{message}");
}

#[tokio::test]
async fn clusters_that_are_none_or_too_old() {
    for (version, reason) in [
        ("12\n", "PostgreSQL 12 made it, and 14 is the oldest supported"),
        ("9.6\n", "PostgreSQL 9.6 made it, and 14 is the oldest supported"),
        ("new\u{1b}[1m", "its `PG_VERSION` says `new\\u{1b}[1m`"),
        ("", "its `PG_VERSION` says ``"),
        ("-15", "its `PG_VERSION` says `-15`"),
    ] {
        let scratch = scratch();
        pretend_cluster(scratch.path(), version);
        let (error, message) = refusal(quick(scratch.path())).await;
        assert!(matches!(error, EmbeddedError::NotACluster { .. }), "{error:?}");
        assert!(message.contains(reason), "{message}");
    }
}

#[tokio::test]
async fn files_in_the_place_of_the_cluster_are_kept() {
    let scratch = scratch();
    pretend_cluster(scratch.path(), "15");
    let file = scratch.path().join("postgresql/precious");
    fs::rename(scratch.path().join("postgresql/PG_VERSION"), &file).unwrap();
    let (_, message) = refusal(quick(scratch.path())).await;
    assert!(message.contains("it holds files and no `PG_VERSION`"), "{message}");
    assert_eq!(fs::read_to_string(file).unwrap(), "15");
}

#[tokio::test]
async fn a_cluster_of_another_user() {
    let scratch = scratch();
    symlink("/etc", scratch.path().join("postgresql")).unwrap();
    let (error, message) = refusal(quick(scratch.path())).await;
    assert!(matches!(error, EmbeddedError::ForeignCluster { .. }), "{error:?}");
    assert!(message.contains("belongs to user `root`"), "{message}");
}

/// Root may go where the server's user may not; other users cannot go there at all.
#[tokio::test]
async fn a_directory_that_the_server_may_not_enter() {
    let scratch = scratch();
    let closed = scratch.path().join("closed");
    fs::create_dir(&closed).unwrap();
    let mode = if is_root() { 0o700 } else { 0o000 };
    fs::set_permissions(&closed, fs::Permissions::from_mode(mode)).unwrap();
    let (error, message) = refusal(quick(closed.join("data"))).await;
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    if is_root() {
        assert!(matches!(error, EmbeddedError::NotTraversable { .. }), "{error:?}");
        assert!(message.contains(&format!("may not enter `{}`", closed.display())), "{message}");
        assert!(message.contains("choose a data directory outside of it"), "{message}");
        assert!(!closed.join("data").exists(), "nothing is made");
    } else {
        assert!(matches!(error, EmbeddedError::Io { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_data_directory_that_is_a_file() {
    let scratch = scratch();
    let file = scratch.path().join("file");
    fs::write(&file, "text").unwrap();
    let (_, message) = refusal(quick(&file)).await;
    assert!(message.contains("file`: not a directory"), "{message}");
    assert_eq!(fs::read_to_string(file).unwrap(), "text");
}

#[tokio::test]
async fn a_server_that_ends_at_once_says_why() {
    let scratch = scratch();
    Server::start(quick(scratch.path())).await.unwrap().stop().await.unwrap();
    let configuration = scratch.path().join("postgresql/postgresql.conf");
    let good = fs::read(&configuration).unwrap();
    fs::write(&configuration, "no_such_thing = 1\n").unwrap();
    let (error, message) = refusal(quick(scratch.path())).await;
    assert!(matches!(error, EmbeddedError::StartFailed { .. }), "{error:?}");
    assert!(message.contains("postgresql.conf") && message.contains("postgresql.log"), "{message}");
    assert!(!is_running(scratch.path()));

    fs::write(&configuration, good).unwrap();
    Server::start(quick(scratch.path())).await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn an_initdb_that_fails_says_why_and_leaves_nothing() {
    let scratch = scratch();
    let binaries = scratch.path().join("bin");
    pretend_binaries(&binaries, "15.1", "echo 'initdb: error: no space left on device' >&2; exit 1");
    let data_dir = scratch.path().join("data");
    let (error, message) = refusal(Settings { binaries: Some(binaries), ..quick(&data_dir) }).await;
    assert!(matches!(error, EmbeddedError::InitFailed { .. }), "{error:?}");
    assert!(message.contains("no space left on device"), "{message}");
    let mut left: Vec<_> = fs::read_dir(&data_dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["transition.lock", "users.lock"]);
}

#[tokio::test]
async fn a_server_that_never_gets_ready_is_ended() {
    let scratch = scratch();
    let binaries = scratch.path().join("bin");
    let started = scratch.path().join("started");
    fs::write(&started, "").unwrap();
    fs::set_permissions(&started, fs::Permissions::from_mode(0o666)).unwrap();
    let action = format!("echo 'LOG:  redo goes on' >&2; echo $$ > {}; exec sleep 600", started.display());
    pretend_binaries(&binaries, "15.1", &action);
    let data_dir = scratch.path().join("data");
    pretend_cluster(&data_dir, "15");
    let start_timeout = Duration::from_secs(2);
    let (error, message) = refusal(Settings { binaries: Some(binaries), start_timeout, ..quick(&data_dir) }).await;
    assert!(matches!(error, EmbeddedError::StartTimedOut { .. }), "{error:?}");
    assert!(message.contains("is not ready after 2 s: LOG:  redo goes on"), "{message}");
    let pid: i32 = fs::read_to_string(started).unwrap().trim().parse().unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    assert!(rustix::process::test_kill_process(pid).is_err(), "it was ended");
}

#[tokio::test]
async fn a_start_while_another_process_starts_or_stops() {
    let scratch = scratch();
    let lock = File::create(scratch.path().join("transition.lock")).unwrap();
    lock.lock().unwrap();
    let settings = Settings { start_timeout: Duration::from_millis(100), ..quick(scratch.path()) };
    let (error, _) = refusal(settings).await;
    assert!(matches!(error, EmbeddedError::Busy { .. }), "{error:?}");
    lock.unlock().unwrap();
    let server = Server::start(quick(scratch.path())).await.unwrap();
    assert_ne!(fs::metadata(scratch.path().join("postgresql")).unwrap().uid(), 0);
    server.stop().await.unwrap();
}
