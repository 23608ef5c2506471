//! The server's log: kept in one file, with one before it, and asked for its last words.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::directory::DataDirectory;
use crate::error::{EmbeddedError, While};

/// The size, in bytes, at which the next start begins a new log.
const ROTATE_AT: u64 = 8 * 1024 * 1024;

/// How much of the end, in bytes, is read for the last words.
const TAIL: u64 = 16 * 1024;

/// What is said when the log says nothing.
const SILENT: &str = "it logged nothing";

/// Opens the log for a new server, after putting a big one aside.
pub(crate) fn open(directory: &DataDirectory) -> Result<(File, u64), EmbeddedError> {
    let path = directory.log();
    if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.len() > ROTATE_AT) {
        fs::rename(&path, path.with_extension("log.1")).while_trying("rotate", &path)?;
    }
    let file = directory.open_file(&path)?;
    let length = file.metadata().while_trying("open", &path)?.len();
    Ok((file, length))
}

/// Answers the line that says best what happened after `offset`: the last fatal one, or else the last.
pub(crate) fn last_words(path: &Path, offset: u64) -> String {
    pick(&tail(path, offset).unwrap_or_default()).unwrap_or_else(|| SILENT.to_owned())
}

fn tail(path: &Path, offset: u64) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(offset.max(length.saturating_sub(TAIL))))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Picks the last fatal line of an output, or else its last line.
pub(crate) fn pick(output: &str) -> Option<String> {
    let lines = || output.lines().rev().map(str::trim).filter(|line| !line.is_empty());
    let fatal = lines().find(|line| ["FATAL:", "PANIC:", "error:"].iter().any(|word| line.contains(word)));
    fatal.or_else(|| lines().next()).map(str::to_owned)
}
