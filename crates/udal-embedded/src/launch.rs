//! Launching the server process.

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::account::Account;
use crate::binaries::Binaries;
use crate::directory::DataDirectory;
use crate::error::{EmbeddedError, While};
use crate::log;
use crate::settings::Durability;
use crate::socket::PORT;

/// How many connections the server takes, those of all processes that share it together.
pub const MAX_CONNECTIONS: u16 = 200;

/// The memory that the server keeps pages in.
pub const SHARED_BUFFERS: &str = "256MB";

/// Variables that binaries outside of the system's directories may need.
const KEPT_VARIABLES: [&str; 4] = ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR"];

/// How long a server that never got ready may take to end, for each way to end it.
const END_PATIENCE: Duration = Duration::from_secs(10);

/// The option that tells a server without durability from others.
pub(crate) const NOT_DURABLE: &str = "fsync=off";

/// A server that this process launched.
#[derive(Debug)]
pub(crate) struct Launched {
    pid: i32,
    log_offset: u64,
    ended: Receiver<ExitStatus>,
}

impl Launched {
    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// Answers where in the log its words begin.
    pub(crate) fn log_offset(&self) -> u64 {
        self.log_offset
    }

    /// Answers whether it has ended.
    pub(crate) fn has_ended(&self) -> bool {
        !matches!(self.ended.try_recv(), Err(TryRecvError::Empty))
    }

    /// Ends it, gently first. For one that never came so far as to be found and stopped by its file.
    pub(crate) fn end(&self) {
        let Some(pid) = Pid::from_raw(self.pid).filter(|_| !self.has_ended()) else { return };
        for signal in [Signal::INT, Signal::QUIT, Signal::KILL] {
            let _ = kill_process(pid, signal);
            if !matches!(self.ended.recv_timeout(END_PATIENCE), Err(RecvTimeoutError::Timeout)) {
                return;
            }
        }
    }
}

/// Prepares a command that runs as `account`, away from this process's directory, input and environment.
pub(crate) fn command(program: &Path, account: &Account) -> Command {
    let mut command = Command::new(program);
    // Variables such as PGOPTIONS or LC_ALL would change what the programs do.
    command.env_clear().env("LC_ALL", "C");
    command.envs(KEPT_VARIABLES.iter().filter_map(|name| env::var_os(name).map(|value| (name, value))));
    command.current_dir("/").stdin(Stdio::null());
    account.apply(&mut command);
    command
}

/// Launches the server and returns at once.
pub(crate) fn launch(
    directory: &DataDirectory,
    account: &Account,
    binaries: &Binaries,
    durability: Durability,
    socket_dir: &Path,
) -> Result<Launched, EmbeddedError> {
    let (log, log_offset) = log::open(directory)?;
    let errors = log.try_clone().while_trying("open", &directory.log())?;
    let mut command = command(&binaries.postgres(), account);
    command.arg("-D").arg(directory.cluster());
    for option in options(durability) {
        command.arg("-c").arg(option);
    }
    command.arg("-c").arg(socket_option(socket_dir));
    // A group of its own: Ctrl-C in a terminal goes to the group of the one who asked for the server, not to it.
    command.process_group(0).stdout(log).stderr(errors);
    let mut child = command.spawn().while_trying("run", &binaries.postgres())?;
    let pid = i32::try_from(child.id()).unwrap_or_default();
    let (sender, ended) = channel();
    // Somebody must wait for the child, or it stays a zombie that looks alive when it is killed.
    let waiting = thread::Builder::new().name("udal-embedded".to_owned()).spawn(move || {
        if let Ok(status) = child.wait() {
            let _ = sender.send(status);
        }
    });
    waiting.while_trying("wait for", &binaries.postgres())?;
    Ok(Launched { pid, log_offset, ended })
}

fn options(durability: Durability) -> Vec<String> {
    let synced = match durability {
        Durability::Full => "on",
        Durability::None => "off",
    };
    let mut options = vec![
        format!("fsync={synced}"),
        format!("synchronous_commit={synced}"),
        format!("full_page_writes={synced}"),
        format!("max_connections={MAX_CONNECTIONS}"),
        format!("shared_buffers={SHARED_BUFFERS}"),
        format!("port={PORT}"),
    ];
    let fixed = [
        "listen_addresses=",
        "unix_socket_permissions=0700",
        "timezone=UTC",
        "log_timezone=UTC",
        "log_destination=stderr",
        "logging_collector=off",
        // Errors of statements are their sender's, and hold data that does not belong in a log.
        "log_min_messages=log",
        "log_min_error_statement=panic",
        "log_error_verbosity=terse",
        "log_checkpoints=off",
    ];
    options.extend(fixed.map(str::to_owned));
    options
}

/// Writes the option that names the socket's directory: a list, so the name is quoted.
fn socket_option(socket_dir: &Path) -> OsString {
    let mut option = OsString::from("unix_socket_directories=\"");
    let quoted = socket_dir.as_os_str().as_encoded_bytes().split(|byte| *byte == b'"');
    for (index, part) in quoted.enumerate() {
        if index > 0 {
            option.push("\"\"");
        }
        option.push(<OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(part));
    }
    option.push("\"");
    option
}
