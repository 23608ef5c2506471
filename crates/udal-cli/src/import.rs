//! Importing records from a file, and deleting those that a file names: streamed, bounded in memory, every bad row named by its line.

mod cells;
mod csv;
mod lines;
mod mode;
mod progress;
mod report;
mod rows;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures_util::stream::{self, Stream, StreamExt};
use serde_json::Value as Json;
use tokio::sync::mpsc::Receiver;
use udal::{BatchMode, Context, Error, RecordService, Records};

use crate::args::{ImportArguments, InputFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::operator;
pub(crate) use mode::Mode;
use progress::Progress;
use report::Report;
use rows::{Chunk, Row, Rows};

/// A file to import, opened.
pub(crate) struct Input {
    ctx: Context,
    name: String,
    reader: Box<dyn Read + Send>,
    bytes: Option<u64>,
    format: InputFormat,
    report: Report,
}

/// Opens what is imported, and where bad rows are written, before a server is started.
pub(crate) fn open(arguments: &ImportArguments) -> Result<Input, Failure> {
    let ctx = operator(&arguments.target.tenant)?;
    let path = &arguments.file;
    let format = arguments.input_format.unwrap_or_else(|| format_of(path));
    let report = Report::new(arguments.mode, arguments.errors.as_deref())?;
    if path == Path::new("-") {
        let reader = Box::new(io::stdin());
        return Ok(Input { ctx, name: "standard input".to_owned(), reader, bytes: None, format, report });
    }
    let name = path.display().to_string();
    let unreadable = |error: io::Error| {
        Failure::from(
            Error::invalid(format!("`{name}` cannot be read: {error}")).hint("name a file, or - for standard input"),
        )
    };
    let file = File::open(path).map_err(unreadable)?;
    let about = file.metadata().map_err(unreadable)?;
    if about.is_dir() {
        return Err(Error::invalid(format!("`{name}` is a directory"))
            .hint("name a file, or - for standard input")
            .into());
    }
    let bytes = about.is_file().then_some(about.len());
    Ok(Input { ctx, reader: Box::new(file), name, bytes, format, report })
}

fn format_of(path: &Path) -> InputFormat {
    match path.extension() {
        Some(extension) if extension.eq_ignore_ascii_case("csv") => InputFormat::Csv,
        _ => InputFormat::Ndjson,
    }
}

/// Imports the file.
pub(crate) async fn run(
    arguments: &ImportArguments,
    input: Input,
    service: &RecordService,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let Input { ctx, name, reader, bytes, format, report } = input;
    let records = service.records(&arguments.target.group, &arguments.target.model)?;
    let rows = Rows::new(reader, format, records.model(), arguments)?;
    let progress = Progress::new(bytes);
    let chunks = rows.read_aside(name);
    let import = Import { ctx, records, mode: arguments.mode, report, progress, begun: Instant::now() };
    if arguments.atomic { import.whole(chunks, output).await } else { import.row_by_row(chunks, output).await }
}

struct Import {
    ctx: Context,
    records: Records,
    mode: Mode,
    report: Report,
    progress: Progress,
    begun: Instant,
}

impl Import {
    /// Writes each row that can be written, a chunk a call.
    async fn row_by_row(
        mut self,
        mut chunks: Receiver<Result<Chunk, Failure>>,
        output: &mut Output,
    ) -> Result<Exit, Failure> {
        while let Some(chunk) = chunks.recv().await {
            let chunk = match chunk {
                Ok(chunk) => chunk,
                Err(Failure::Service(error)) => {
                    self.report.stop(None, error);
                    break;
                }
                Err(other) => return Err(other),
            };
            let end = chunk.end;
            let stopped = self.write(chunk, output).await?;
            self.progress.at(end, self.report.done());
            if stopped {
                break;
            }
        }
        self.progress.finish();
        self.report.finish(self.begun.elapsed(), output)
    }

    /// Writes a chunk; answers whether there is no going on.
    async fn write(&mut self, chunk: Chunk, output: &mut Output) -> Result<bool, Failure> {
        let mut failed: Vec<(u64, Error)> = Vec::new();
        let mut lines = Vec::with_capacity(chunk.rows.len());
        let mut items = Vec::with_capacity(chunk.rows.len());
        for Row { line, json } in chunk.rows {
            match json {
                Ok(json) => {
                    lines.push(line);
                    items.push(json);
                }
                Err(error) => failed.push((line, error)),
            }
        }
        let first = lines.first().copied();
        let line_of = |index: u64| usize::try_from(index).ok().and_then(|index| lines.get(index)).copied();
        let mut stop = None;
        if !items.is_empty() {
            let items = stream::iter(items.into_iter().map(Ok));
            match self.mode.send(&self.records, &self.ctx, items, BatchMode::PerItem).await {
                Ok(mut answer) => {
                    let stopped = answer.stopped.take();
                    self.report.add(&answer);
                    let named =
                        |failure: udal::ItemFailure| (line_of(failure.index).unwrap_or_default(), failure.error);
                    failed.extend(answer.failures.into_iter().map(named));
                    stop = stopped;
                }
                Err(error) => stop = Some(error),
            }
        }
        let stop = stop.map(|error| {
            let (index, error) = without_item(error);
            (index.and_then(line_of).or(first), error)
        });
        failed.sort_by_key(|(line, _)| *line);
        for (line, error) in failed {
            let report = &mut self.report;
            self.progress.aside(|| report.add_failure(line, &error, output))?;
        }
        let stopped = stop.is_some();
        if let Some((line, error)) = stop {
            self.report.stop(line, error);
        }
        Ok(stopped)
    }

    /// Writes all rows or none.
    async fn whole(mut self, chunks: Receiver<Result<Chunk, Failure>>, output: &mut Output) -> Result<Exit, Failure> {
        let lines = Arc::new(Mutex::new(Lines::default()));
        let items = self.items(chunks, Arc::clone(&lines));
        let answer = self.mode.send(&self.records, &self.ctx, items, BatchMode::Atomic).await;
        let done = self.mode.done();
        self.progress.finish();
        let answer = answer.map_err(|error| {
            let (index, error) = without_item(error);
            let line = index.and_then(|index| lines.lock().unwrap_or_else(PoisonError::into_inner).of(index));
            with_message(&error, |message| match line {
                Some(line) => format!("line {line}: {message}; nothing is {done}"),
                None => format!("{message}; nothing is {done}"),
            })
        })?;
        self.report.add(&answer);
        self.report.finish(self.begun.elapsed(), output)
    }

    /// The rows one after the other, whose lines are kept in `lines`.
    fn items(
        &self,
        chunks: Receiver<Result<Chunk, Failure>>,
        lines: Arc<Mutex<Lines>>,
    ) -> impl Stream<Item = udal::Result<Json>> + Send + 'static {
        let progress = self.progress.clone();
        let next_chunk = async |chunks: &mut Receiver<Result<Chunk, Failure>>| match chunks.recv().await? {
            Ok(chunk) => Some(Ok(chunk)),
            Err(Failure::Service(error)) => Some(Err(error)),
            Err(_) => None,
        };
        stream::unfold(chunks, move |mut chunks| async move { Some((next_chunk(&mut chunks).await?, chunks)) })
            .map(move |chunk| {
                let rows = chunk.map(|chunk| {
                    progress.at(chunk.end, 0);
                    chunk.rows
                });
                match rows {
                    Ok(rows) => stream::iter(rows.into_iter().map(Ok).collect::<Vec<_>>()),
                    Err(error) => stream::iter(vec![Err(error)]),
                }
            })
            .flatten()
            .map(move |row: udal::Result<Row>| {
                let row = row?;
                lines.lock().unwrap_or_else(PoisonError::into_inner).add(row.line);
                row.json
            })
    }
}

/// The lines of a batch's items, kept as the places where they stop following each other.
#[derive(Default)]
struct Lines {
    count: u64,
    runs: Vec<(u64, u64)>,
}

impl Lines {
    fn add(&mut self, line: u64) {
        if self.of(self.count) != Some(line) {
            self.runs.push((self.count, line));
        }
        self.count += 1;
    }

    fn of(&self, index: u64) -> Option<u64> {
        let after = self.runs.partition_point(|(first, _)| *first <= index);
        let (first, line) = self.runs.get(after.checked_sub(1)?)?;
        Some(line + (index - first))
    }
}

/// The error without the item's number that the service puts before its message, and that number.
fn without_item(error: Error) -> (Option<u64>, Error) {
    let found = error.message().strip_prefix("item ").and_then(|rest| rest.split_once(": "));
    match found.and_then(|(number, message)| Some((number.parse().ok()?, message.to_owned()))) {
        Some((index, message)) => (Some(index), with_message(&error, |_| message)),
        None => (None, error),
    }
}

/// The same error with another message.
fn with_message(error: &Error, message: impl FnOnce(&str) -> String) -> Error {
    let changed = Error::with_fields(error.kind(), message(error.message()), error.field_errors().to_vec());
    match error.mend() {
        Some(hint) => changed.hint(hint),
        None => changed,
    }
}
