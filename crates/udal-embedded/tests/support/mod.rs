//! What the tests of real servers share.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};
use udal_embedded::{Durability, Server, Settings};

/// How long something that must happen is waited for before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Makes a directory that the server's user may enter, which a temporary one of root is not.
pub(crate) fn scratch() -> TempDir {
    let scratch = tempfile::tempdir().unwrap();
    fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o755)).unwrap();
    scratch
}

pub(crate) fn quick(data_dir: impl AsRef<Path>) -> Settings {
    Settings { durability: Durability::None, ..Settings::new(data_dir.as_ref()) }
}

pub(crate) async fn connect(server: &Server) -> Client {
    let (client, connection) = server.config().connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

pub(crate) async fn ask(server: &Server, sql: &str) -> String {
    connect(server).await.query_one(sql, &[]).await.unwrap().get(0)
}

pub(crate) fn postmaster_pid(data_dir: &Path) -> i32 {
    let content = fs::read_to_string(data_dir.join("postgresql/postmaster.pid")).unwrap();
    content.lines().next().unwrap().parse().unwrap()
}

pub(crate) fn is_running(data_dir: &Path) -> bool {
    data_dir.join("postgresql/postmaster.pid").exists()
}

/// Kills a process and waits until it is gone.
pub(crate) fn kill(pid: i32) {
    let pid = Pid::from_raw(pid).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
    until(|| test_kill_process(pid).is_err());
}

pub(crate) fn until(mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "it does not happen");
        std::thread::sleep(Duration::from_millis(10));
    }
}
