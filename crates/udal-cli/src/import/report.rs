//! What was done with a file of rows: counts, the rows that had no effect, and why it stopped.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use serde_json::{Value as Json, json};
use udal::{ChangeAnswer, Error};

use super::Mode;
use crate::exit::Exit;
use crate::failure::{Failure, error_json};
use crate::output::Output;

/// How many bad rows are shown; the others are counted.
const SHOWN: u64 = 20;

/// What an import did so far.
pub(super) struct Report {
    mode: Mode,
    created: u64,
    updated: u64,
    deleted: u64,
    absent: u64,
    failed: u64,
    shown: Vec<Json>,
    stopped: Option<(Option<u64>, Error)>,
    file: Option<BufWriter<File>>,
    finished: bool,
}

impl Report {
    /// A report that also writes every bad row to `file`.
    pub(super) fn new(mode: Mode, file: Option<&Path>) -> Result<Self, Failure> {
        let create = |path: &Path| {
            let what = format!("`{}` cannot be written", path.display());
            File::create(path).map(BufWriter::new).map_err(|error| Failure::system(&what, &error))
        };
        let file = file.map(create).transpose()?;
        let (shown, stopped, finished) = (Vec::new(), None, false);
        Ok(Report { mode, created: 0, updated: 0, deleted: 0, absent: 0, failed: 0, shown, stopped, file, finished })
    }

    /// How many rows took effect.
    pub(super) fn done(&self) -> u64 {
        self.created + self.updated + self.deleted
    }

    /// Adds what a batch did.
    pub(super) fn add(&mut self, answer: &ChangeAnswer) {
        self.created += answer.created;
        self.updated += answer.updated;
        self.deleted += answer.deleted;
        self.absent += answer.absent;
    }

    /// What is counted for the mode, with its name.
    fn counts(&self) -> Vec<(&'static str, u64)> {
        match self.mode {
            Mode::Create => vec![("created", self.created)],
            Mode::Upsert => vec![("created", self.created), ("updated", self.updated)],
            Mode::Update => vec![("updated", self.updated)],
            Mode::Delete => vec![("deleted", self.deleted), ("absent", self.absent)],
        }
    }

    /// The counts for people.
    fn summary(&self) -> String {
        match self.mode {
            Mode::Create => format!("imported {}", records(self.created)),
            _ => self.counts().iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", "),
        }
    }

    /// Adds a row that was not written.
    pub(super) fn add_failure(&mut self, line: u64, error: &Error, output: &mut Output) -> Result<(), Failure> {
        self.failed += 1;
        let mut json = error_json(error);
        if let Some(members) = json.as_object_mut() {
            members.insert("line".to_owned(), Json::from(line));
        }
        if let Some(file) = &mut self.file {
            writeln!(file, "{json}")
                .map_err(|error| Failure::system("the file of bad rows cannot be written", &error))?;
        }
        if self.failed <= SHOWN {
            output.message(&format!("line {line}: {}", one_line(error)));
            self.shown.push(json);
        }
        Ok(())
    }

    /// Says that the import cannot go on, from that line on.
    pub(super) fn stop(&mut self, line: Option<u64>, error: Error) {
        self.stopped = Some((line, error));
    }

    /// Writes the summary; answers how the process ends.
    pub(super) fn finish(mut self, time: Duration, output: &mut Output) -> Result<Exit, Failure> {
        self.finished = true;
        if let Some(file) = &mut self.file {
            file.flush().map_err(|error| Failure::system("the file of bad rows cannot be written", &error))?;
        }
        if self.failed > SHOWN {
            let (more, done) = (self.failed - SHOWN, self.mode.done());
            output.message(&format!("… and {more} more rows that were not {done}"));
        }
        let stopped = self.stopped.take();
        let exit = match (&stopped, self.failed) {
            (Some((_, error)), _) => Exit::of(error.kind()),
            (None, 0) => Exit::Done,
            (None, _) => Exit::Partial,
        };
        if let Some((line, error)) = &stopped {
            let from = line.map_or(String::new(), |line| format!(" at line {line}"));
            let (name, done) = (self.mode.name(), self.mode.done());
            output.message(&format!("error: the {name} stopped{from}: {}", one_line(error)));
            output.message(&match self.mode {
                Mode::Delete => format!("what was {done} before is gone; nothing from there on was"),
                _ => format!("what was {done} before is kept; nothing from there on was"),
            });
        }
        let (rate, seconds) = (rate(self.done(), time), time.as_secs_f64());
        let text = format!("{}, {} failed, in {seconds:.1} s ({rate} a second)", self.summary(), self.failed);
        let mut json = json!({
            "failed": self.failed,
            "seconds": (seconds * 1000.0).round() / 1000.0,
            "failures": self.shown,
            "stopped": stopped.as_ref().map(|(line, error)| json!({"line": line, "error": error_json(error)})),
        });
        let mut counts = self.counts();
        if let Some(members) = json.as_object_mut() {
            members.extend(counts.iter().map(|(name, count)| ((*name).to_owned(), Json::from(*count))));
        }
        counts.push(("failed", self.failed));
        let (names, values): (Vec<&str>, Vec<String>) =
            counts.into_iter().map(|(name, count)| (name, count.to_string())).unzip();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        output.answer(&json, &text, &[&names, &values])?;
        Ok(exit)
    }
}

/// Says what an interrupted import did.
impl Drop for Report {
    fn drop(&mut self) {
        if !self.finished && self.done() > 0 {
            let kept = if self.mode == Mode::Delete { "stay so" } else { "are kept" };
            let text = format!("{} were {}, and {kept}", records(self.done()), self.mode.done());
            let _unread = writeln!(std::io::stderr(), "{text}");
        }
    }
}

fn records(count: u64) -> String {
    if count == 1 { "1 record".to_owned() } else { format!("{count} records") }
}

fn rate(count: u64, time: Duration) -> u128 {
    u128::from(count) * 1000 / time.as_millis().max(1)
}

/// Message, field errors and hint in one line.
fn one_line(error: &Error) -> String {
    let mut text = error.message().to_owned();
    let fields: Vec<String> = error.field_errors().iter().map(ToString::to_string).collect();
    if !fields.is_empty() {
        text.push_str(": ");
        text.push_str(&fields.join("; "));
    } else if let Some(hint) = error.mend() {
        text.push_str(&format!(" ({hint})"));
    }
    text
}
