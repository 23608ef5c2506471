//! Rows of any result, in any format.

use std::io::{self, Write};

use udal_core::value::Value;

use crate::csv::CsvWriter;
use crate::header::{Header, JsonRow};
use crate::ison::{IsonDocument, Notation};
use crate::record::shown;
use crate::table::{Column, Table};
use crate::{Format, Layout};

/// This many rows are one table; more of them are several, so that memory stays bounded.
const TABLE_ROWS: usize = 1_000;

/// Writes the rows of a result as they come, keeping at most 1,000 of them.
///
/// ```
/// use udal_core::model::{FieldType, Scalar};
/// use udal_core::value::Value;
/// use udal_format::{Format, Header, Layout, ResultColumn, ResultWriter};
///
/// let columns = vec![
///     ResultColumn::new("id", FieldType::required(Scalar::Int)),
///     ResultColumn::new("status", FieldType::required(Scalar::Str)),
///     ResultColumn::new("name", FieldType::required(Scalar::Str)),
/// ];
/// let row = [Some(Value::Int(123)), Some(Value::from("active")), Some(Value::from("Acme Corp"))];
///
/// let mut writer = ResultWriter::new(Vec::new(), Header::new("accounts", columns), Layout::new(Format::Ison));
/// writer.write(&row).unwrap();
/// let text = String::from_utf8(writer.finish().unwrap()).unwrap();
/// assert_eq!(text, "table.accounts\nid status name\n123 active \"Acme Corp\"\n");
/// ```
pub struct ResultWriter<W: Write> {
    kind: Kind<W>,
    header: Header,
    nothing: &'static str,
}

enum Kind<W: Write> {
    Json { out: W, count: u64 },
    Ndjson { out: W },
    Csv(Box<io::Result<CsvWriter<W>>>),
    Table { out: W, rows: Vec<Vec<Option<Value>>>, width: usize, count: u64 },
    Ison(Box<IsonDocument<W>>),
}

impl<W: Write> ResultWriter<W> {
    /// A writer of rows under `header`.
    pub fn new(out: W, header: Header, layout: Layout) -> Self {
        let kind = match layout.format {
            Format::Json => Kind::Json { out, count: 0 },
            Format::Ndjson => Kind::Ndjson { out },
            Format::Csv => Kind::Csv(Box::new(CsvWriter::new(out, &header))),
            Format::Table => Kind::Table { out, rows: Vec::new(), width: layout.width, count: 0 },
            Format::Ison => ison(out, &header, Notation::Tokens, layout),
            Format::IsonTable => ison(out, &header, Notation::Picture, layout),
        };
        ResultWriter { kind, header, nothing: "no rows" }
    }

    /// The same writer, whose table says `text` where there are no rows.
    pub(crate) fn nothing(mut self, text: &'static str) -> Self {
        self.nothing = text;
        self
    }

    /// Writes a row: a value or none for each column of the header, in their order.
    ///
    /// Under the header of a model, a row is [the values of a record](udal_core::record::Record::values).
    ///
    /// # Errors
    /// What writing answers.
    pub fn write(&mut self, row: &[Option<Value>]) -> io::Result<()> {
        let header = &self.header;
        match &mut self.kind {
            Kind::Json { out, count } => {
                out.write_all(if *count == 0 { b"[\n  " } else { b",\n  " })?;
                *count += 1;
                serde_json::to_writer(out, &JsonRow { header, row }).map_err(io::Error::from)
            }
            Kind::Ndjson { out } => {
                serde_json::to_writer(&mut *out, &JsonRow { header, row })?;
                out.write_all(b"\n")
            }
            Kind::Csv(writer) => match writer.as_mut() {
                Ok(writer) => writer.write(header, row),
                Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
            },
            Kind::Table { out, rows, width, count } => {
                rows.push(row.to_vec());
                *count += 1;
                if rows.len() == TABLE_ROWS {
                    write!(out, "{}", table(header, rows, *width))?;
                    rows.clear();
                }
                Ok(())
            }
            Kind::Ison(document) => document.row(row),
        }
    }

    /// Ends the output, and gives back where it went.
    ///
    /// # Errors
    /// What writing answers.
    pub fn finish(self) -> io::Result<W> {
        let mut out = match self.kind {
            Kind::Json { mut out, count } => {
                out.write_all(if count == 0 { b"[]\n" } else { b"\n]\n" })?;
                out
            }
            Kind::Ndjson { out } => out,
            Kind::Csv(writer) => (*writer)?.finish()?,
            Kind::Table { mut out, rows, width, count } => {
                match (rows.is_empty(), count) {
                    (true, 0) => writeln!(out, "{}", self.nothing)?,
                    (true, _) => {}
                    (false, _) => write!(out, "{}", table(&self.header, &rows, width))?,
                }
                out
            }
            Kind::Ison(document) => document.finish()?,
        };
        out.flush()?;
        Ok(out)
    }
}

fn ison<W: Write>(out: W, header: &Header, notation: Notation, layout: Layout) -> Kind<W> {
    Kind::Ison(Box::new(IsonDocument::of(out, notation, layout.ison, header.clone())))
}

/// A table of `rows`, without columns in which nothing stands.
pub(crate) fn table(header: &Header, rows: &[Vec<Option<Value>>], width: usize) -> Table {
    let shown_columns: Vec<_> = header
        .columns()
        .iter()
        .filter(|column| column.is_in_tables() && rows.iter().any(|row| column.value(row).is_some()))
        .collect();
    let columns = shown_columns
        .iter()
        .map(|column| if column.is_number() { Column::number(column.name()) } else { Column::text(column.name()) });
    let mut table = Table::new(columns.collect(), width);
    for row in rows {
        table.push(shown_columns.iter().map(|column| shown(column.value(row))).collect());
    }
    table
}
