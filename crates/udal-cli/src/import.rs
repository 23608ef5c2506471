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
use std::future::ready;
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use futures_util::future::Either;
use futures_util::stream::{self, Stream, StreamExt};
use tokio::sync::mpsc::Receiver;
use udal::{BatchMode, ChangeAnswer, Context, Error, ItemFailure, RecordService, Records, TenantSlug};

use crate::args::{ImportArguments, InputFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
pub(crate) use mode::Mode;
use progress::Progress;
use report::Report;
use rows::{Chunk, Row, Rows};

/// A file to import, opened.
pub(crate) struct Input {
    name: String,
    reader: Box<dyn Read + Send>,
    bytes: Option<u64>,
    format: InputFormat,
    report: Report,
}

/// Opens what is imported, and where bad rows are written, before a server is started.
pub(crate) fn open(arguments: &ImportArguments) -> Result<Input, Failure> {
    TenantSlug::new(&arguments.target.tenant)?;
    let path = &arguments.file;
    let format = arguments.input_format.unwrap_or_else(|| format_of(path));
    let report = Report::new(arguments.mode, arguments.errors.as_deref())?;
    if path == Path::new("-") {
        let reader = Box::new(io::stdin());
        return Ok(Input { name: "standard input".to_owned(), reader, bytes: None, format, report });
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
    Ok(Input { reader: Box::new(file), name, bytes, format, report })
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
    ctx: &Context,
    input: Input,
    service: &RecordService,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let Input { name, reader, bytes, format, report } = input;
    let records = service.records(&arguments.target.group, &arguments.target.model)?;
    let rows = Rows::new(reader, format, records.model(), arguments)?;
    let progress = Progress::new(bytes);
    let sent = Sent::default();
    let chunks = rows.read_aside(name);
    let mut import = Import { mode: arguments.mode, report, progress, sent, begun: Instant::now() };
    if arguments.atomic {
        import.whole(&records, ctx, chunks).await?;
    } else {
        import.part_by_part(&records, ctx, chunks, output).await?;
    }
    import.progress.finish();
    import.report.finish(import.begun.elapsed(), output)
}

struct Import {
    mode: Mode,
    report: Report,
    progress: Progress,
    sent: Sent,
    begun: Instant,
}

impl Import {
    /// Writes each row that can be written.
    async fn part_by_part(
        &mut self,
        records: &Records,
        ctx: &Context,
        chunks: Receiver<udal::Result<Chunk>>,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let unread: Arc<Mutex<Option<Error>>> = Arc::default();
        let rows = self.sent.rows(chunks);
        let items = rows.scan(Arc::clone(&unread), |unread, row| {
            // What cannot be read ends the input: it is no row.
            let row = row.map_err(|error| *locked(unread) = Some(error)).ok();
            ready(row.map(|row| row.json))
        });
        let mut parts = self.mode.send(records, ctx, items, BatchMode::PerItem);
        while let Some(part) = parts.next().await {
            self.add(part?, output)?;
        }
        if let Some(error) = locked(&unread).take() {
            self.report.stop(None, error);
        }
        Ok(())
    }

    /// Tells of a part that is written.
    fn add(&mut self, mut part: ChangeAnswer, output: &mut Output) -> Result<(), Failure> {
        let failures = std::mem::take(&mut part.failures);
        self.report.add(&part);
        let sent = self.sent.clone();
        for ItemFailure { index, error } in failures {
            let report = &mut self.report;
            self.progress.aside(|| report.add_failure(sent.line_of(index).unwrap_or_default(), &error, output))?;
        }
        if let Some(error) = part.stopped {
            let (index, error) = without_item(error);
            self.report.stop(index.and_then(|index| sent.line_of(index)), error);
        }
        self.progress.at(sent.bytes(), self.report.done());
        Ok(())
    }

    /// Writes all rows or none.
    async fn whole(
        &mut self,
        records: &Records,
        ctx: &Context,
        chunks: Receiver<udal::Result<Chunk>>,
    ) -> Result<(), Failure> {
        let (progress, sent) = (self.progress.clone(), self.sent.clone());
        let items = self.sent.rows(chunks).map(move |row| {
            progress.at(sent.bytes(), 0);
            row?.json
        });
        let mut parts = self.mode.send(records, ctx, items, BatchMode::Atomic);
        let done = self.mode.done();
        while let Some(part) = parts.next().await {
            let part = part.map_err(|error| {
                self.progress.finish();
                let (index, error) = without_item(error);
                let line = index.and_then(|index| self.sent.line_of(index));
                with_message(&error, |message| match line {
                    Some(line) => format!("line {line}: {message}; nothing is {done}"),
                    None => format!("{message}; nothing is {done}"),
                })
            })?;
            self.report.add(&part);
        }
        Ok(())
    }
}

/// What was given to the service so far.
#[derive(Clone, Default)]
struct Sent(Arc<Mutex<Place>>);

#[derive(Default)]
struct Place {
    lines: Lines,
    bytes: u64,
}

impl Sent {
    /// The rows one after the other, noted when they are taken.
    fn rows(&self, chunks: Receiver<udal::Result<Chunk>>) -> impl Stream<Item = udal::Result<Row>> + Send + use<> {
        let sent = self.clone();
        let chunks = stream::unfold(chunks, async |mut chunks| Some((chunks.recv().await?, chunks)));
        let rows = move |chunk: udal::Result<Chunk>| {
            let rows = chunk.map(|chunk| {
                sent.note(&chunk);
                chunk.rows
            });
            match rows {
                Ok(rows) => Either::Left(stream::iter(rows.into_iter().map(Ok))),
                Err(error) => Either::Right(stream::once(ready(Err(error)))),
            }
        };
        chunks.map(rows).flatten()
    }

    fn note(&self, chunk: &Chunk) {
        let mut place = locked(&self.0);
        place.bytes = chunk.end;
        chunk.rows.iter().for_each(|row| place.lines.add(row.line));
    }

    /// How many bytes of the file it was.
    fn bytes(&self) -> u64 {
        locked(&self.0).bytes
    }

    /// The line of the item at that place.
    fn line_of(&self, index: u64) -> Option<u64> {
        locked(&self.0).lines.of(index)
    }
}

fn locked<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
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
