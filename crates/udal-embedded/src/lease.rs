//! Being one of a server's users, and stopping it as the last of them.

use std::thread;
use std::time::{Duration, Instant};

use crate::directory::DataDirectory;
use crate::error::EmbeddedError;
use crate::lock::Lock;
use crate::postmaster::Postmaster;

/// How long an orderly shutdown may take before it is cut short.
pub(crate) const STOP_PATIENCE: Duration = Duration::from_secs(60);

/// How long a drop may block.
const DROP_PATIENCE: Duration = Duration::from_secs(5);

/// How long a server may take to end at once.
const ABORT_PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Says what became of the server when one of its users left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It was stopped: nobody else used it.
    Server,
    /// It runs on: another process, or another part of this one, uses it.
    LeftRunning,
}

/// The use of a server; given back when dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    directory: DataDirectory,
    user: Option<Lock>,
}

impl Lease {
    /// Becomes a user of the server, whether it runs already or not.
    pub(crate) fn take(directory: DataDirectory, transition: &Lock) -> Result<Self, EmbeddedError> {
        let user = Some(Lock::user(&directory, transition)?);
        Ok(Self { directory, user })
    }

    pub(crate) fn directory(&self) -> &DataDirectory {
        &self.directory
    }

    /// Answers whether nobody else uses the server. True until `_transition` is given back.
    pub(crate) fn is_alone(&self, _transition: &Lock) -> Result<bool, EmbeddedError> {
        let Some(user) = &self.user else { return Ok(false) };
        let alone = user.try_exclusive()?;
        user.share()?;
        Ok(alone)
    }

    /// Gives the use back, and stops the server when that was the last.
    pub(crate) fn give_back(&mut self, transition: &Lock, patience: Duration) -> Result<Stopped, EmbeddedError> {
        let alone = self.is_alone(transition)?;
        self.user = None;
        if !alone {
            return Ok(Stopped::LeftRunning);
        }
        stop(&self.directory, patience)?;
        Ok(Stopped::Server)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.user.is_none() {
            return;
        }
        let transition = Lock::transition(&self.directory, Instant::now() + DROP_PATIENCE);
        if let Err(error) = transition.and_then(|transition| self.give_back(&transition, DROP_PATIENCE)) {
            tracing::warn!(%error, "cannot stop PostgreSQL");
        }
    }
}

/// Stops the server that runs in the data directory, if one does.
pub(crate) fn stop(directory: &DataDirectory, patience: Duration) -> Result<(), EmbeddedError> {
    let cluster = directory.cluster();
    let Some(postmaster) = Postmaster::find(&cluster)? else { return Ok(()) };
    let begun = Instant::now();
    let has_ended = |patience: Duration| {
        let deadline = Instant::now() + patience;
        while postmaster.runs_on(&cluster) {
            if Instant::now() >= deadline {
                return false;
            }
            thread::sleep(PAUSE);
        }
        true
    };
    postmaster.shut_down();
    if !has_ended(patience) {
        tracing::warn!(pid = postmaster.pid(), "PostgreSQL does not shut down; ending it at once");
        postmaster.abort();
        if !has_ended(ABORT_PATIENCE) {
            return Err(EmbeddedError::StopTimedOut { pid: postmaster.pid(), log: directory.log() });
        }
    }
    let milliseconds = begun.elapsed().as_millis();
    tracing::info!(data_dir = %directory.path().display(), milliseconds, "stopped PostgreSQL");
    Ok(())
}
