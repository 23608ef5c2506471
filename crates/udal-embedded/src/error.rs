//! What can go wrong, each in one line that says how to mend it.

use std::io;
use std::path::{Path, PathBuf};

/// Says why a server could not be started, shared or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbeddedError {
    /// No binaries in `PATH` or the usual places.
    #[error(
        "PostgreSQL {oldest} or newer is not installed; install it with `apt-get install postgresql`, \
         `dnf install postgresql-server` or `brew install postgresql`, or set `UDAL_POSTGRES_BIN` to the directory \
         that holds `postgres` and `initdb`",
        oldest = crate::OLDEST_MAJOR
    )]
    NoBinaries,

    /// The directory that was named does not hold usable binaries.
    #[error("no usable PostgreSQL binaries in `{}`, which {origin} names: {reason}", directory.display())]
    UnusableBinaries {
        /// The directory that was named.
        directory: PathBuf,
        /// Who named it.
        origin: &'static str,
        /// What is wrong with it.
        reason: String,
    },

    /// The cluster was made by a major version whose binaries are not here.
    #[error(
        "`{}` was made by PostgreSQL {major}, and this machine has {found}; install PostgreSQL {major} or choose \
         another data directory", cluster.display()
    )]
    OtherMajor {
        /// The cluster's directory.
        cluster: PathBuf,
        /// The major version that made it.
        major: u32,
        /// The versions that were found, for people.
        found: String,
    },

    /// The cluster's directory holds something that is not a cluster, or one that is older than supported.
    #[error("`{}` is not a PostgreSQL cluster that can be used: {reason}; choose another data directory", cluster.display())]
    NotACluster {
        /// The cluster's directory.
        cluster: PathBuf,
        /// What is wrong with it.
        reason: String,
    },

    /// The cluster belongs to a user that this process cannot act for.
    #[error("`{}` belongs to user {owner}; run as that user or choose another data directory", cluster.display())]
    ForeignCluster {
        /// The cluster's directory.
        cluster: PathBuf,
        /// The name or number of its owner.
        owner: String,
    },

    /// Run by root, and there is no user to step down to.
    #[error("PostgreSQL refuses to run as root, and there is neither a user `postgres` nor a user `nobody`; add one")]
    NoAccount,

    /// Run by root, and the user stepped down to cannot enter a directory above the cluster.
    #[error(
        "user `{account}`, as whom PostgreSQL runs when Udal runs as root, may not enter `{}`; choose a data \
         directory outside of it, such as `/var/lib/udal`", directory.display()
    )]
    NotTraversable {
        /// The directory that cannot be entered.
        directory: PathBuf,
        /// The user who cannot.
        account: String,
    },

    /// The socket's directory could be another user's trap.
    #[error("`{}` cannot hold the server's socket: {reason}; remove it or choose a shorter data directory", directory.display())]
    UnsafeSocketDirectory {
        /// The directory.
        directory: PathBuf,
        /// What is wrong with it.
        reason: String,
    },

    /// Another process is starting or stopping the server and did not finish in time.
    #[error("another process is starting or stopping PostgreSQL in `{}`; try again when it is done", data_dir.display())]
    Busy {
        /// The data directory.
        data_dir: PathBuf,
    },

    /// The server that others use right now is not durable, and a durable one was asked for.
    #[error(
        "PostgreSQL in `{}` is in use by another process with durability off; stop that process first",
        data_dir.display()
    )]
    LessDurable {
        /// The data directory.
        data_dir: PathBuf,
    },

    /// `initdb` failed.
    #[error("cannot make a PostgreSQL cluster in `{}`: {reason}", cluster.display())]
    InitFailed {
        /// The cluster's directory.
        cluster: PathBuf,
        /// The last thing it said.
        reason: String,
    },

    /// The server ended while it was starting.
    #[error("PostgreSQL does not start: {reason}; its log is `{}`", log.display())]
    StartFailed {
        /// The last thing it said.
        reason: String,
        /// Where it says more.
        log: PathBuf,
    },

    /// The server did not take connections in time, and was stopped again.
    #[error("PostgreSQL is not ready after {seconds} s: {reason}; its log is `{}`", log.display())]
    StartTimedOut {
        /// How long it was waited for.
        seconds: u64,
        /// The last thing it said.
        reason: String,
        /// Where it says more.
        log: PathBuf,
    },

    /// The server runs and refuses Udal's user.
    #[error("PostgreSQL in `{}` refuses the connection: {reason}", data_dir.display())]
    Refused {
        /// The data directory.
        data_dir: PathBuf,
        /// What the server said.
        reason: String,
    },

    /// The server did not end in time.
    #[error("PostgreSQL (process {pid}) does not stop; its log is `{}`", log.display())]
    StopTimedOut {
        /// The server's process.
        pid: i32,
        /// Where it says more.
        log: PathBuf,
    },

    /// The operating system refused something.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },

    /// The runtime shut down in the middle of the work.
    #[error("the runtime ended before PostgreSQL was started or stopped")]
    Interrupted,
}

/// Puts what was tried, and on what, around an error of the operating system.
pub(crate) trait While<T> {
    /// Says that `action` was tried on `path`.
    fn while_trying(self, action: &'static str, path: &Path) -> Result<T, EmbeddedError>;
}

impl<T, E: Into<io::Error>> While<T> for Result<T, E> {
    fn while_trying(self, action: &'static str, path: &Path) -> Result<T, EmbeddedError> {
        self.map_err(|source| EmbeddedError::Io { action, path: path.to_path_buf(), source: source.into() })
    }
}
