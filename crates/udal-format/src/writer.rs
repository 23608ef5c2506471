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
                out.write_all(if *count == 0 { b"[\n  " } else { b",\n  " })?;
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
                out.write_all(if count == 0 { b"[]\n" } else { b"\n]\n" })?;
                out
            }
            Kind::Ndjson { out } => out,
            Kind::Rows(rows) => return rows.finish(),
        };
        out.flush()?;
        Ok(out)
    }
}
