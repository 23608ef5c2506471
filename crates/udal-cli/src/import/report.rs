//! What an import did: counts, the rows that were not written, and why it stopped.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use serde_json::{Value as Json, json};
use udal::Error;

use crate::exit::Exit;
use crate::failure::{Failure, error_json};
use crate::output::Output;

/// How many bad rows are shown; the others are counted.
const SHOWN: u64 = 20;

/// What an import did so far.
pub(super) struct Report {
    created: u64,
    failed: u64,
    shown: Vec<Json>,
    stopped: Option<(Option<u64>, Error)>,
    file: Option<BufWriter<File>>,
    finished: bool,
}

impl Report {
    /// A report that also writes every bad row to `file`.
    pub(super) fn new(file: Option<&Path>) -> Result<Self, Failure> {
        let create = |path: &Path| {
            let what = format!("`{}` cannot be written", path.display());
            File::create(path).map(BufWriter::new).map_err(|error| Failure::system(&what, &error))
        };
        let file = file.map(create).transpose()?;
        Ok(Report { created: 0, failed: 0, shown: Vec::new(), stopped: None, file, finished: false })
    }

    pub(super) fn created(&self) -> u64 {
        self.created
    }

    pub(super) fn add_created(&mut self, created: u64) {
        self.created += created;
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
            output.message(&format!("… and {} more rows that were not imported", self.failed - SHOWN));
        }
        let stopped = self.stopped.take();
        let exit = match (&stopped, self.failed) {
            (Some((_, error)), _) => Exit::of(error.kind()),
            (None, 0) => Exit::Done,
            (None, _) => Exit::Partial,
        };
        if let Some((line, error)) = &stopped {
            let from = line.map_or(String::new(), |line| format!(" at line {line}"));
            output.message(&format!("error: the import stopped{from}: {}", one_line(error)));
            output.message("what was imported before is kept; nothing from there on was");
        }
        let rate = rate(self.created, time);
        let text = format!(
            "imported {}, {} failed, in {:.1} s ({rate} a second)",
            records(self.created),
            self.failed,
            time.as_secs_f64()
        );
        let json = json!({
            "created": self.created,
            "failed": self.failed,
            "seconds": (time.as_secs_f64() * 1000.0).round() / 1000.0,
            "failures": self.shown,
            "stopped": stopped.as_ref().map(|(line, error)| json!({"line": line, "error": error_json(error)})),
        });
        let (created, failed) = (self.created.to_string(), self.failed.to_string());
        output.answer(&json, &text, &[&["created", "failed"], &[&created, &failed]])?;
        Ok(exit)
    }
}

/// Says what an interrupted import did.
impl Drop for Report {
    fn drop(&mut self) {
        if !self.finished && self.created > 0 {
            let text = format!("{} were imported, and are kept", records(self.created));
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
