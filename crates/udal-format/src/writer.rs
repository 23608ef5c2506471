//! Records one after the other, in any format.

use std::io::{self, Write};
use std::sync::Arc;

use udal_core::model::Model;
use udal_core::record::Record;

use crate::header::Header;
use crate::result::ResultWriter;
use crate::{Format, Layout};

/// Writes records of one model as they come, keeping at most 1,000 of them.
pub struct RecordWriter<W: Write>(Kind<W>);

enum Kind<W: Write> {
    Json { out: W, count: u64 },
    Ndjson { out: W },
    Rows(Box<ResultWriter<W>>),
}

impl<W: Write> RecordWriter<W> {
    /// A writer of records of `model`.
    pub fn new(out: W, model: &Arc<Model>, layout: Layout) -> Self {
        RecordWriter(match layout.format {
            Format::Json => Kind::Json { out, count: 0 },
            Format::Ndjson => Kind::Ndjson { out },
            Format::Csv | Format::Table | Format::Ison | Format::IsonTable => {
                let header = Header::of_model(model);
                Kind::Rows(Box::new(ResultWriter::new(out, header, layout).nothing("no records")))
            }
        })
    }

    /// Writes a record.
    ///
    /// # Errors
    /// What writing answers.
    pub fn write(&mut self, record: &Record) -> io::Result<()> {
        match &mut self.0 {
            Kind::Json { out, count } => {
                out.write_all(if *count == 0 { JSON.before } else { JSON.between }.as_bytes())?;
                *count += 1;
                serde_json::to_writer(out, record).map_err(io::Error::from)
            }
            Kind::Ndjson { out } => {
                serde_json::to_writer(&mut *out, record)?;
                out.write_all(b"\n")
            }
            Kind::Rows(rows) => rows.write(record.values()),
        }
    }

    /// Ends the output, and gives back where it went.
    ///
    /// # Errors
    /// What writing answers.
    pub fn finish(self) -> io::Result<W> {
        let mut out = match self.0 {
            Kind::Json { mut out, count } => {
                out.write_all(if count == 0 { JSON.nothing } else { JSON.after }.as_bytes())?;
                out
            }
            Kind::Ndjson { out } => out,
            Kind::Rows(rows) => return rows.finish(),
        };
        out.flush()?;
        Ok(out)
    }
}
/// Writes records whose JSON is there already, in the formats that are JSON.
pub struct TextWriter<W: Write> {
    out: W,
    frame: Frame,
    written: bool,
}

/// What stands around records and between them.
#[derive(Clone, Copy, Debug)]
struct Frame {
    before: &'static str,
    between: &'static str,
    after: &'static str,
    /// What is written where there are no records.
    nothing: &'static str,
}

const JSON: Frame = Frame { before: "[\n  ", between: ",\n  ", after: "\n]\n", nothing: "[]\n" };
const NDJSON: Frame = Frame { before: "", between: "\n", after: "\n", nothing: "" };

impl<W: Write> TextWriter<W> {
    /// A writer of records in `format`; gives `out` back where that is no JSON.
    ///
    /// # Errors
    /// `out`, where the format takes records and not their text.
    pub fn new(out: W, format: Format) -> Result<Self, W> {
        let frame = match format {
            Format::Json => JSON,
            Format::Ndjson => NDJSON,
            Format::Csv | Format::Table | Format::Ison | Format::IsonTable => return Err(out),
        };
        Ok(TextWriter { out, frame, written: false })
    }

    /// What stands between two records of a piece.
    pub fn between(&self) -> &'static str {
        self.frame.between
    }

    /// Writes the text of one record or more, with [`between`](TextWriter::between) between them.
    ///
    /// # Errors
    /// What writing answers.
    pub fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        let before = if self.written { self.frame.between } else { self.frame.before };
        self.written = true;
        self.out.write_all(before.as_bytes())?;
        self.out.write_all(piece)
    }

    /// Ends the output.
    ///
    /// # Errors
    /// What writing answers.
    pub fn finish(mut self) -> io::Result<()> {
        let rest = if self.written { self.frame.after } else { self.frame.nothing };
        self.out.write_all(rest.as_bytes())?;
        self.out.flush()
    }
}
