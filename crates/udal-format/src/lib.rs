//! Result sets to JSON, CSV and tables.
//!
//! ```
//! use udal_core::model::{Catalog, GroupDeclaration, ModelDeclaration};
//! use udal_core::record::read_new;
//! use udal_format::{Format, Layout, RecordWriter};
//!
//! let lab = GroupDeclaration::new("lab").model(ModelDeclaration::new("AppLabResult").field("value", "float"));
//! let catalog = Catalog::build(vec![lab]).unwrap();
//! let model = catalog.model("lab", "AppLabResult").unwrap();
//! let record = read_new(model, &serde_json::json!({"id": "AppLabResult/1", "value": 7.2})).unwrap().into_record();
//!
//! let mut writer = RecordWriter::new(Vec::new(), model, Layout::new(Format::Ndjson));
//! writer.write(&record).unwrap();
//! let text = String::from_utf8(writer.finish().unwrap()).unwrap();
//! assert!(text.starts_with(r#"{"id":"AppLabResult/1","value":7.2,"#));
//! ```

mod csv;
mod record;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod writer;

use std::fmt;

pub use csv::csv_row;
pub use record::write_record;
pub use table::{Align, Column, Table};
pub use text::{cut, visible, visible_lines};
pub use writer::RecordWriter;

/// How a result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Columns for people, cut to the width that there is.
    Table,
    /// One JSON array, a record a line.
    Json,
    /// A JSON object a line.
    Ndjson,
    /// Comma-separated values with a header, as RFC 4180 says. Sets, lists and `json` are JSON text; a missing value is an
    /// empty cell, and so is an empty string.
    Csv,
}

impl Format {
    /// Every format with its name.
    pub const NAMES: [(&'static str, Format); 4] =
        [("table", Format::Table), ("json", Format::Json), ("csv", Format::Csv), ("ndjson", Format::Ndjson)];

    /// The format of that name.
    pub fn named(name: &str) -> Option<Self> {
        Format::NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, format)| format)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Format::NAMES.into_iter().find(|(_, format)| format == self).map_or("table", |(name, _)| name);
        f.write_str(name)
    }
}

/// A format, and the room there is for a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    format: Format,
    width: usize,
}

impl Layout {
    /// How wide a table may be where nothing else is said, in columns of a terminal.
    pub const DEFAULT_WIDTH: usize = 120;

    /// A layout in `format`.
    pub const fn new(format: Format) -> Self {
        Layout { format, width: Layout::DEFAULT_WIDTH }
    }

    /// The same layout, with tables of at most this many columns of a terminal.
    #[must_use]
    pub const fn width(mut self, width: usize) -> Self {
        self.width = width;
        self
    }

    /// How wide a table may be.
    pub const fn columns(&self) -> usize {
        self.width
    }

    /// The format.
    pub const fn format(&self) -> Format {
        self.format
    }
}
