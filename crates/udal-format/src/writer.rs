//! Records one after the other, in any format.

use std::io::{self, Write};
use std::sync::Arc;

use udal_core::model::{Field, Model, Scalar, Shape, position};
use udal_core::record::Record;

use crate::csv::CsvWriter;
use crate::record::{field_order, shown};
use crate::table::{Column, Table};
use crate::{Format, Layout};

/// This many records are one table; more of them are several, so that memory stays bounded.
const TABLE_ROWS: usize = 1_000;

/// Writes records of one model as they come, keeping at most 1,000 of them.
pub struct RecordWriter<W: Write>(Kind<W>);

enum Kind<W: Write> {
    Json { out: W, count: u64 },
    Ndjson { out: W },
    Csv(Box<io::Result<CsvWriter<W>>>),
    Table { out: W, model: Arc<Model>, rows: Vec<Record>, width: usize, written: bool },
}

impl<W: Write> RecordWriter<W> {
    /// A writer of records of `model`.
    pub fn new(out: W, model: &Arc<Model>, layout: Layout) -> Self {
        RecordWriter(match layout.format {
            Format::Json => Kind::Json { out, count: 0 },
            Format::Ndjson => Kind::Ndjson { out },
            Format::Csv => Kind::Csv(Box::new(CsvWriter::new(out, model))),
            Format::Table => {
                let model = Arc::clone(model);
                Kind::Table { out, model, rows: Vec::new(), width: layout.width, written: false }
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
            Kind::Csv(writer) => match writer.as_mut() {
                Ok(writer) => writer.write(record),
                Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
            },
            Kind::Table { out, model, rows, width, written } => {
                rows.push(record.clone());
                if rows.len() == TABLE_ROWS {
                    write!(out, "{}", table(model, rows, *width))?;
                    rows.clear();
                    *written = true;
                }
                Ok(())
            }
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
            Kind::Csv(writer) => (*writer)?.finish()?,
            Kind::Table { mut out, model, rows, width, written } => {
                match (rows.is_empty(), written) {
                    (true, true) => {}
                    (true, false) => writeln!(out, "no records")?,
                    (false, _) => write!(out, "{}", table(&model, &rows, width))?,
                }
                out
            }
        };
        out.flush()?;
        Ok(out)
    }
}

/// A table of `rows`: their ids, declared fields, version and times, without columns in which nothing stands.
fn table(model: &Model, rows: &[Record], width: usize) -> Table {
    let has_value = |field: &&Arc<Field>| {
        field.position() != position::UPDATED_AT && rows.iter().any(|record| record.get(field).is_some())
    };
    let fields: Vec<&Arc<Field>> = field_order(model).filter(has_value).collect();
    let columns = fields.iter().map(|field| match (&field.field_type().scalar, field.field_type().shape) {
        (Scalar::Int | Scalar::Float | Scalar::Decimal, Shape::One) => Column::number(field.name()),
        _ => Column::text(field.name()),
    });
    let mut table = Table::new(columns.collect(), width);
    for record in rows {
        table.push(fields.iter().map(|field| shown(record.get(field))).collect());
    }
    table
}
