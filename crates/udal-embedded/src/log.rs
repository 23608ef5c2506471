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

/// Answers the line that says best what happened to the server `pid` after `offset`: its last fatal one, or else the last
/// fatal one, or else the last.
///
/// What is left of a killed server, whose backends end one by one, writes into the same log.
pub(crate) fn last_words(path: &Path, offset: u64, pid: Option<i32>) -> String {
    let output = tail(path, offset).unwrap_or_default();
    let own = pid.and_then(|pid| fatal(&output, &format!(" [{pid}] ")));
    own.or_else(|| pick(&output)).unwrap_or_else(|| SILENT.to_owned())
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
    fatal(output, "").or_else(|| lines(output).next().map(str::to_owned))
}

/// The last fatal line that holds `sign`.
fn fatal(output: &str, sign: &str) -> Option<String> {
    let is_fatal = |line: &&str| ["FATAL:", "PANIC:", "error:"].iter().any(|word| line.contains(word));
    lines(output).filter(is_fatal).find(|line| line.contains(sign)).map(str::to_owned)
}

/// The lines that say something, the last first.
fn lines(output: &str) -> impl Iterator<Item = &str> {
    output.lines().rev().map(str::trim).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_killed_server_does_not_speak_for_a_new_one() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        let own = "t [7] FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use";
        let other = "t [5] FATAL:  connection to client lost";
        fs::write(&log, format!("{own}\nt [7] HINT:  end them\n{other}\nt [5] LOG:  bye\n")).unwrap();
        assert_eq!(last_words(&log, 0, Some(7)), own);
        assert_eq!(last_words(&log, 0, Some(8)), other);
        assert_eq!(last_words(&log, 0, None), other);
        let bye = fs::metadata(&log).unwrap().len() - 16;
        assert_eq!(last_words(&log, bye, Some(7)), "t [5] LOG:  bye");
        assert_eq!(last_words(&directory.path().join("none"), 0, None), SILENT);
    }
}
