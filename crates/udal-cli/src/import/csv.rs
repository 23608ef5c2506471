//! Comma-separated values with a header that names fields.

use std::io::{self, BufRead};
use std::sync::Arc;

use csv_core::{ReadRecordResult, Reader};
use serde_json::{Map, Value as Json};
use udal::model::{Field, Model};
use udal::{Error, FieldError, shorten};

use super::cells;
use super::rows::{MAX_ROW_BYTES, Row, Source, too_long};
use crate::failure::Failure;

/// The most cells of a row.
const MAX_CELLS: usize = 4_096;
/// How large the buffer for a row is at first.
const FIRST_ROW_BYTES: usize = 1 << 12;

/// The rows of a file after its header.
pub(super) struct CsvRows {
    cells: Cells,
    fields: Vec<Arc<Field>>,
}

impl CsvRows {
    /// Reads the header, and checks it against the fields of `model`.
    pub(super) fn new(source: Source, model: &Arc<Model>) -> Result<Self, Failure> {
        let mut cells = Cells::new(source);
        let unreadable = |error| Failure::system("the header cannot be read", &error);
        let names = match cells.read().map_err(unreadable)? {
            None => {
                return Err(Error::invalid("the file is empty").hint("write a header that names the fields").into());
            }
            Some((_, false)) => return Err(too_long().hint("write a header that names the fields").into()),
            Some((_, true)) => cells.texts().map_err(|problem| Error::invalid(format!("the header is {problem}")))?,
        };
        let fields = header(&names, model)?;
        Ok(CsvRows { cells, fields })
    }

    pub(super) fn position(&self) -> u64 {
        self.cells.position
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Row>> {
        let Some((line, fits)) = self.cells.read()? else {
            return Ok(None);
        };
        let json = if fits { self.record() } else { Err(too_long()) };
        Ok(Some(Row { line, json }))
    }

    fn record(&self) -> udal::Result<Json> {
        let texts = self.cells.texts().map_err(|problem| Error::invalid(format!("the row is {problem}")))?;
        if texts.len() != self.fields.len() {
            let message = format!("the row has {} cells, and the header {}", texts.len(), self.fields.len());
            return Err(Error::invalid(message).hint("quote what holds a comma, a quote or a line break"));
        }
        let mut members = Map::new();
        let mut errors = Vec::new();
        for (field, text) in self.fields.iter().zip(texts).filter(|(_, text)| !text.is_empty()) {
            match cells::read(field, text) {
                Ok(json) => _ = members.insert(field.name().to_owned(), json),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(Json::Object(members)) } else { Err(Error::fields("the row cannot be read", errors)) }
    }
}

/// The fields that the header names, each once.
fn header(names: &[&str], model: &Arc<Model>) -> udal::Result<Vec<Arc<Field>>> {
    let mut fields: Vec<Arc<Field>> = Vec::with_capacity(names.len());
    let mut errors = Vec::new();
    for name in names {
        match model.find(name) {
            None => {
                let message = format!("`{}` has no such field", model.name());
                errors.push(FieldError::new(shorten(name), "unknown", message).near(model.nearest_field(name)));
            }
            Some(field) if fields.contains(field) => {
                errors.push(FieldError::new(*name, "not_allowed", "the header names it twice"));
            }
            Some(field) => fields.push(Arc::clone(field)),
        }
    }
    if errors.is_empty() {
        return Ok(fields);
    }
    Err(Error::fields("the header does not fit the model", errors).hint("name fields of the model in the first line"))
}

/// The cells of one row after the other, in buffers that grow to a bound.
struct Cells {
    source: Source,
    reader: Reader,
    /// The row's text, and where each cell of it ends.
    text: Vec<u8>,
    ends: Vec<usize>,
    /// How many cells the row has.
    count: usize,
    line: u64,
    position: u64,
}

impl Cells {
    fn new(source: Source) -> Self {
        Cells {
            source,
            reader: Reader::new(),
            text: vec![0; FIRST_ROW_BYTES],
            ends: vec![0; 64],
            count: 0,
            line: 1,
            position: 0,
        }
    }

    /// Reads a row; answers the line on which it starts and whether it fits, or none at the end.
    fn read(&mut self) -> io::Result<Option<(u64, bool)>> {
        self.skip_line_breaks()?;
        let begin = self.line;
        let mut fits = true;
        let (mut written, mut count) = (0, 0);
        loop {
            let bytes = self.source.fill_buf()?;
            let text = self.text.get_mut(written..).unwrap_or_default();
            let ends = self.ends.get_mut(count..).unwrap_or_default();
            let (result, taken, more_text, more_ends) = self.reader.read_record(bytes, text, ends);
            self.line += bytes.iter().take(taken).filter(|byte| **byte == b'\n').count() as u64;
            self.position += taken as u64;
            self.source.consume(taken);
            written += more_text;
            count += more_ends;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.text.len() < MAX_ROW_BYTES => {
                    self.text.resize(self.text.len() * 2, 0)
                }
                ReadRecordResult::OutputEndsFull if self.ends.len() < MAX_CELLS => {
                    self.ends.resize(self.ends.len() * 2, 0)
                }
                // The rest of the row is read over what was read of it: it is reported, not written.
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    fits = false;
                    (written, count) = (0, 0);
                }
                ReadRecordResult::Record => {
                    self.count = count;
                    return Ok(Some((begin, fits)));
                }
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    /// Passes over blank lines, so that the line of the next row is known.
    fn skip_line_breaks(&mut self) -> io::Result<()> {
        loop {
            let bytes = self.source.fill_buf()?;
            let breaks = bytes.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
            self.line += bytes.iter().take(breaks).filter(|byte| **byte == b'\n').count() as u64;
            let more = breaks > 0;
            self.source.consume(breaks);
            self.position += breaks as u64;
            if !more {
                return Ok(());
            }
        }
    }

    /// The cells of the row that was read.
    fn texts(&self) -> Result<Vec<&str>, String> {
        let mut begin = 0;
        let mut texts = Vec::with_capacity(self.count);
        for (at, end) in self.ends.iter().take(self.count).enumerate() {
            let bytes = self.text.get(begin..*end).unwrap_or_default();
            texts.push(std::str::from_utf8(bytes).map_err(|_| format!("not UTF-8 in cell {}", at + 1))?);
            begin = *end;
        }
        Ok(texts)
    }
}
