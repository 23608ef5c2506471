//! What a caller may choose about the server.

use std::path::PathBuf;
use std::time::Duration;

/// How long a start waits unless [`Settings::start_timeout`] says otherwise.
pub const DEFAULT_START_TIMEOUT: Duration = Duration::from_secs(120);

/// Says whether committed data survives a crash of the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Committed means on disk.
    #[default]
    Full,
    /// Nothing is synced: fast, and lost when the machine crashes. For tests.
    None,
}

/// Says where the server keeps its data and how it is started.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The directory that holds the cluster, the log and the locks; made when it is not there.
    pub data_dir: PathBuf,
    /// Whether committed data survives a crash of the machine.
    pub durability: Durability,
    /// The directory of the PostgreSQL binaries; searched for when `None`.
    pub binaries: Option<PathBuf>,
    /// How long a start waits for another process, and for a server that does not say that it is starting: one that does, as
    /// while it recovers from a crash, is waited for as long as that takes.
    pub start_timeout: Duration,
}

impl Settings {
    /// Makes settings for a durable server in `data_dir`, with binaries that are searched for.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            durability: Durability::default(),
            binaries: None,
            start_timeout: DEFAULT_START_TIMEOUT,
        }
    }
}
