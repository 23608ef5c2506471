//! The server's main process, found by the file it leaves in the cluster.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::error::{EmbeddedError, While};
use crate::launch::NOT_DURABLE;
use crate::socket;

/// A server that runs on the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Postmaster {
    pid: i32,
    socket: Option<(PathBuf, u16)>,
}

impl Postmaster {
    /// Answers the server that runs on `cluster`, also one that still starts or already ends.
    pub(crate) fn find(cluster: &Path) -> Result<Option<Self>, EmbeddedError> {
        let path = cluster.join("postmaster.pid");
        match fs::read_to_string(&path) {
            Ok(content) => Ok(parse(&content).filter(|postmaster| runs_on(postmaster.pid, cluster))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).while_trying("read", &path),
        }
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// Answers the directory of its socket and its port, once it has them.
    pub(crate) fn socket(&self) -> Option<&(PathBuf, u16)> {
        self.socket.as_ref()
    }

    /// Answers whether it still runs on `cluster`.
    pub(crate) fn runs_on(&self, cluster: &Path) -> bool {
        runs_on(self.pid, cluster)
    }

    /// Lets it shut down in order: open transactions are rolled back, everything is written.
    pub(crate) fn shut_down(&self) {
        self.signal(Signal::INT);
    }

    /// Lets it end at once: the next start recovers.
    pub(crate) fn abort(&self) {
        self.signal(Signal::QUIT);
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = Pid::from_raw(self.pid) {
            // It may have ended by itself meanwhile; whoever stops it looks again.
            let _ = kill_process(pid, signal);
        }
    }
}

/// Answers whether the server that runs on `cluster`, or ran on it last, was started without durability.
pub(crate) fn is_not_durable(cluster: &Path) -> bool {
    fs::read(cluster.join("postmaster.opts"))
        .is_ok_and(|options| String::from_utf8_lossy(&options).contains(&format!("\"{NOT_DURABLE}\"")))
}

/// How long a lock file stays empty before it is taken for one that a killed server left: a server that makes one writes its
/// number there at once.
const EMPTY_FOR: Duration = Duration::from_secs(1);

/// Removes lock files whose process lives and is no server of this cluster, for its number was given to another program; and
/// empty ones, whose server was killed as it made them.
///
/// PostgreSQL clears those of dead processes itself, after checks of its own, and refuses to start on these.
pub(crate) fn remove_misleading_locks(cluster: &Path, socket_dir: &Path) -> Result<(), EmbeddedError> {
    let socket = socket::path(socket_dir, socket::PORT);
    let socket_lock = socket.with_file_name(format!(".s.PGSQL.{}.lock", socket::PORT));
    for path in [cluster.join("postmaster.pid"), socket_lock] {
        if let Some(why) = misleads(&path, cluster) {
            tracing::info!(path = %path.display(), "removed a PostgreSQL lock {why}");
            fs::remove_file(&path).while_trying("remove", &path)?;
        }
    }
    Ok(())
}

fn misleads(path: &Path, cluster: &Path) -> Option<&'static str> {
    let content = fs::read_to_string(path).ok()?;
    if content.is_empty() {
        thread::sleep(EMPTY_FOR);
        return fs::read(path).is_ok_and(|content| content.is_empty()).then_some("that names nobody");
    }
    let pid = content.lines().next()?.trim().parse().ok()?;
    (exists(pid) && !runs_on(pid, cluster)).then_some("that names another program")
}

/// Reads `postmaster.pid`: process, cluster, start time, port, socket directory, and more, one a line.
fn parse(content: &str) -> Option<Postmaster> {
    let mut lines = content.lines();
    let pid = lines.next()?.trim().parse().ok().filter(|pid| *pid > 0)?;
    let port = lines.nth(2).and_then(|port| port.trim().parse().ok());
    let directory = lines.next().filter(|directory| !directory.is_empty()).map(PathBuf::from);
    Some(Postmaster { pid, socket: directory.zip(port) })
}

fn runs_on(pid: i32, cluster: &Path) -> bool {
    exists(pid) && !process::is_zombie(pid) && process::is_server_of(pid, cluster)
}

fn exists(pid: i32) -> bool {
    Pid::from_raw(pid).is_some_and(|pid| !matches!(test_kill_process(pid), Err(Errno::SRCH)))
}

#[cfg(target_os = "linux")]
mod process {
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    /// Answers whether the process has ended and only its parent does not know yet.
    pub(super) fn is_zombie(pid: i32) -> bool {
        let stat = fs::read(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The state follows the name, which stands in brackets and may hold anything.
        String::from_utf8_lossy(&stat).rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['Z', 'X']))
    }

    /// Answers whether the process works in the cluster, or was started for it.
    ///
    /// Either is enough: a cluster may be moved under a running server, and a container may hide where another user's
    /// process works.
    pub(super) fn is_server_of(pid: i32, cluster: &Path) -> bool {
        works_in(pid, cluster) || was_started_for(pid, cluster)
    }

    fn works_in(pid: i32, cluster: &Path) -> bool {
        let identity = |path: &Path| fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()));
        let working = identity(Path::new(&format!("/proc/{pid}/cwd")));
        working.is_some() && working == identity(cluster) && has_server_name(pid)
    }

    fn has_server_name(pid: i32) -> bool {
        fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim().starts_with("postgres"))
    }

    fn was_started_for(pid: i32, cluster: &Path) -> bool {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let arguments: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
        let is_server = arguments.first().is_some_and(|program| program.ends_with(b"postgres"));
        is_server && arguments.windows(2).any(|pair| pair == [b"-D".as_slice(), cluster.as_os_str().as_bytes()])
    }
}

#[cfg(not(target_os = "linux"))]
mod process {
    use std::path::Path;
    use std::process::Command;

    /// Answers whether the process has ended and only its parent does not know yet.
    pub(super) fn is_zombie(pid: i32) -> bool {
        ask(pid, "stat=").starts_with('Z')
    }

    /// Answers whether the process was started for the cluster.
    pub(super) fn is_server_of(pid: i32, cluster: &Path) -> bool {
        let line = ask(pid, "command=");
        let program = line.split(" -D ").next().unwrap_or_default();
        program.ends_with("postgres") && line.contains(&format!(" -D {} ", cluster.display()))
    }

    fn ask(pid: i32, column: &str) -> String {
        let output = Command::new("ps").args(["-ww", "-o", column, "-p", &pid.to_string()]).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_file_also_while_it_is_being_written() {
        let whole = "4711\n/data/postgresql\n1700000000\n5432\n/data/run\n\n  5325\nready   \n";
        let expected = Postmaster { pid: 4711, socket: Some((PathBuf::from("/data/run"), 5432)) };
        assert_eq!(parse(whole), Some(expected));
        assert_eq!(parse("4711\n/data/postgresql\n17"), Some(Postmaster { pid: 4711, socket: None }));
        assert_eq!(parse("-4711\n/data/postgresql\n"), None);
        assert_eq!(parse(""), None);
    }
}
