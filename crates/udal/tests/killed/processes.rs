//! The processes of a data directory: the child, the server's, and how they end.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long something that must happen is waited for before the test gives up.
const PATIENCE: Duration = Duration::from_secs(120);

/// The server's main process, where it runs. A file that a killed server left may name a stranger.
pub(crate) fn postmaster(data_dir: &Path) -> Option<i32> {
    let content = fs::read_to_string(cluster(data_dir).join("postmaster.pid")).ok()?;
    let pid = content.lines().next()?.parse().ok()?;
    works_in(pid, &cluster(data_dir)).then_some(pid)
}

/// The processes that the server's main one has started.
pub(crate) fn backends(data_dir: &Path) -> Vec<i32> {
    let main = postmaster(data_dir);
    all().into_iter().filter(|pid| Some(*pid) != main && works_in(*pid, &cluster(data_dir))).collect()
}

/// Kills what still works on the data directory: what a failed test leaves, and what a killed child had begun.
pub(crate) fn kill_everything(data_dir: &Path) {
    let named = |pid: i32| {
        let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let path = data_dir.as_os_str().as_encoded_bytes();
        i32::try_from(std::process::id()) != Ok(pid) && words.windows(path.len()).any(|window| window == path)
    };
    let of_it =
        || all().into_iter().filter(|pid| works_in(*pid, &cluster(data_dir)) || named(*pid)).collect::<Vec<_>>();
    until("everything ends", || {
        let left = of_it();
        left.iter().for_each(|pid| kill(*pid));
        left.is_empty()
    });
}

pub(crate) fn kill(pid: i32) {
    // It may have ended by itself.
    let _ = kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL);
}

pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "it does not happen that {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn cluster(data_dir: &Path) -> PathBuf {
    data_dir.join("postgresql")
}

fn works_in(pid: i32, directory: &Path) -> bool {
    fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|path| path == directory)
}

fn all() -> Vec<i32> {
    let entries = fs::read_dir("/proc").unwrap();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
}
