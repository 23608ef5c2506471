//! Locks between processes: they vanish with their holder, however it ends.

use std::fs::{File, TryLockError};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crate::directory::DataDirectory;
use crate::error::{EmbeddedError, While};

/// How long to wait between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// An advisory lock on a file. Two opened in one process exclude each other as two processes do.
///
/// The file is closed on `exec`, so that a server never inherits the lock.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    fn open(directory: &DataDirectory, path: PathBuf) -> Result<Self, EmbeddedError> {
        Ok(Self { file: directory.open_file(&path)?, path })
    }

    /// Becomes the one process that starts or stops the server, waiting for others until `deadline`.
    pub(crate) fn transition(directory: &DataDirectory, deadline: Instant) -> Result<Self, EmbeddedError> {
        let lock = Self::open(directory, directory.transition_lock())?;
        while !lock.try_exclusive()? {
            if Instant::now() >= deadline {
                return Err(EmbeddedError::Busy { data_dir: directory.path().to_path_buf() });
            }
            thread::sleep(PAUSE);
        }
        Ok(lock)
    }

    /// Becomes one of the server's users. Only for the holder of `_transition`, so that nobody stops it meanwhile.
    pub(crate) fn user(directory: &DataDirectory, _transition: &Lock) -> Result<Self, EmbeddedError> {
        let lock = Self::open(directory, directory.users_lock())?;
        lock.file.lock_shared().while_trying("lock", &lock.path)?;
        Ok(lock)
    }

    /// Takes the lock, alone, if nobody else has it.
    pub(crate) fn try_exclusive(&self) -> Result<bool, EmbeddedError> {
        match self.file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error).while_trying("lock", &self.path),
        }
    }

    /// Takes the lock together with others, after it was tried alone.
    pub(crate) fn share(&self) -> Result<(), EmbeddedError> {
        self.file.lock_shared().while_trying("lock", &self.path)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing is not enough: a child between fork and exec may hold the same open file for a moment.
        let _ = self.file.unlock();
    }
}
