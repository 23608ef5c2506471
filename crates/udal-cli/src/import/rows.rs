//! Rows of a file, read in chunks beside the writing.

use std::io::{self, BufReader, Read};
use std::sync::Arc;
use std::thread;

use serde_json::Value as Json;
use tokio::sync::mpsc::{Receiver, channel};
use udal::model::Model;
use udal::{Error, ErrorKind};

use super::csv::CsvRows;
use super::lines::LineRows;
use crate::args::{ImportArguments, InputFormat};
use crate::failure::Failure;

/// The longest row, in bytes. More than a record may hold, and little enough to be in memory.
pub(super) const MAX_ROW_BYTES: usize = 8 << 20;
/// The most rows of a chunk: what the service writes in one transaction. What comes slowly does not wait for more.
const CHUNK_ROWS: usize = 5_000;
/// A chunk ends when its rows have this many bytes.
const CHUNK_BYTES: u64 = 4 << 20;
/// How many chunks are read ahead of the one that is written.
const CHUNKS_AHEAD: usize = 1;

/// A row: the record that stands in it, or what is wrong with it.
#[derive(Debug)]
pub(super) struct Row {
    /// The line on which it starts, counted from 1.
    pub(super) line: u64,
    pub(super) json: udal::Result<Json>,
}

/// Rows that follow each other, and where in the file the last one ends.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) rows: Vec<Row>,
    /// The bytes of the file up to here.
    pub(super) end: u64,
}

/// What a reader of rows reads from.
pub(super) type Source = BufReader<Box<dyn Read + Send>>;

/// The rows of a file.
pub(super) struct Rows {
    kind: Kind,
    without: Vec<String>,
}

enum Kind {
    Lines(LineRows),
    Csv(Box<CsvRows>),
}

impl Rows {
    /// The rows that `reader` gives, each for a record of `model`, without the fields that the arguments name.
    pub(super) fn new(
        reader: Box<dyn Read + Send>,
        format: InputFormat,
        model: &Arc<Model>,
        arguments: &ImportArguments,
    ) -> Result<Self, Failure> {
        let without = &arguments.without;
        for name in without {
            model.field(name)?;
        }
        let source = BufReader::with_capacity(1 << 16, reader);
        let kind = match format {
            InputFormat::Ndjson => Kind::Lines(LineRows::new(source, arguments.mode)),
            InputFormat::Csv => Kind::Csv(Box::new(CsvRows::new(source, model)?)),
        };
        Ok(Rows { kind, without: without.clone() })
    }

    /// The next row; `None` at the end of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<Row>> {
        let mut row = match &mut self.kind {
            Kind::Lines(lines) => lines.next()?,
            Kind::Csv(rows) => rows.next()?,
        };
        if let Some(Row { json: Ok(Json::Object(members)), .. }) = &mut row {
            members.retain(|name, _| !self.without.contains(name));
        }
        Ok(row)
    }

    /// How many bytes of the file were read.
    fn position(&self) -> u64 {
        match &self.kind {
            Kind::Lines(lines) => lines.position(),
            Kind::Csv(rows) => rows.position(),
        }
    }

    fn chunk(&mut self) -> io::Result<Option<Chunk>> {
        let begin = self.position();
        let mut rows = Vec::new();
        while rows.len() < CHUNK_ROWS && self.position() - begin < CHUNK_BYTES {
            match self.next()? {
                Some(row) => rows.push(row),
                None => break,
            }
        }
        let end = self.position();
        Ok((!rows.is_empty()).then_some(Chunk { rows, end }))
    }

    /// Reads chunks on a thread of its own, which ends with the file or when nobody takes them any more.
    ///
    /// The thread is not waited for: it may stand in a read of standard input that never ends.
    pub(super) fn read_aside(mut self, name: String) -> Receiver<udal::Result<Chunk>> {
        let (sender, receiver) = channel(CHUNKS_AHEAD);
        thread::spawn(move || {
            loop {
                let chunk = match self.chunk() {
                    Ok(Some(chunk)) => Ok(chunk),
                    Ok(None) => return,
                    Err(error) => {
                        let message = format!("`{name}` cannot be read any further: {error}");
                        Err(Error::new(ErrorKind::Unavailable, message))
                    }
                };
                let failed = chunk.is_err();
                if sender.blocking_send(chunk).is_err() || failed {
                    return;
                }
            }
        });
        receiver
    }
}

/// That a row is longer than any record may be.
pub(super) fn too_long() -> Error {
    Error::invalid(format!("the row is longer than {} MiB", MAX_ROW_BYTES >> 20))
}
