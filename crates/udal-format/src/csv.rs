//! Records as comma-separated values.

use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};
use udal_core::value::Value;

use crate::header::{Header, ResultColumn};

/// Writes a header, then a row a record.
pub(crate) struct CsvWriter<W: Write> {
    writer: Writer<W>,
}

impl<W: Write> CsvWriter<W> {
    /// A writer whose first line names the columns of `header`.
    pub(crate) fn new(out: W, header: &Header) -> io::Result<Self> {
        let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
        writer.write_record(header.columns().iter().map(ResultColumn::name)).map_err(as_io)?;
        Ok(CsvWriter { writer })
    }

    pub(crate) fn write(&mut self, header: &Header, row: &[Option<Value>]) -> io::Result<()> {
        let cells = header.columns().iter().map(|column| column.value(row).map(cell).unwrap_or_default());
        self.writer.write_record(cells).map_err(as_io)
    }

    pub(crate) fn finish(self) -> io::Result<W> {
        self.writer.into_inner().map_err(|error| io::Error::from(error.error().kind()))
    }
}

/// A line of comma-separated values, ended.
pub fn csv_row(cells: &[&str]) -> String {
    let mut bytes = Vec::new();
    {
        let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(&mut bytes);
        // Writing to memory does not fail; dropping the writer ends the line.
        let _always_written = writer.write_record(cells);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Text as it is, everything else as JSON.
fn cell(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => match value.to_json() {
            serde_json::Value::String(text) if !matches!(value, Value::Json(_)) => text,
            json => json.to_string(),
        },
    }
}

fn as_io(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
