//! Result sets to JSON, ISON, CSV and tables.
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
mod graph;
mod header;
mod ison;
mod record;
mod result;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod writer;

use std::fmt;

pub use csv::csv_row;
pub use graph::{EdgeType, Graph};
pub use header::{Header, ResultColumn, ResultKind};
pub use ison::{ColumnOrder, Floats, Ids, IsonOptions, NullColumns, Times, TrailingNulls, Uuids};
pub use record::write_record;
pub use result::ResultWriter;
pub use table::{Align, Column, Table};
pub use text::{cut, visible, visible_lines};
pub use udal_core::model::ColumnKind;
pub use writer::{RecordWriter, TextWriter};

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
    /// ISON: a line of field names, then a line of values a record, for language models and for programs.
    Ison,
    /// The same as columns with bars between them, for prompts and for people; nothing parses it.
    IsonTable,
}

impl Format {
    /// Every format with its name.
    pub const NAMES: [(&'static str, Format); 6] = [
        ("table", Format::Table),
        ("json", Format::Json),
        ("csv", Format::Csv),
        ("ndjson", Format::Ndjson),
        ("ison", Format::Ison),
        ("ison_table", Format::IsonTable),
    ];

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

/// A format, the room there is for a table, and what ISON leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    format: Format,
    width: usize,
    ison: IsonOptions,
}

impl Layout {
    /// How wide a table may be where nothing else is said, in columns of a terminal.
    pub const DEFAULT_WIDTH: usize = 120;

    /// A layout in `format`.
    pub const fn new(format: Format) -> Self {
        Layout { format, width: Layout::DEFAULT_WIDTH, ison: IsonOptions::PLAIN }
    }

    /// The same layout, with tables of at most this many columns of a terminal.
    #[must_use]
    pub const fn width(mut self, width: usize) -> Self {
        self.width = width;
        self
    }

    /// The same layout, with ISON that leaves out what these options say.
    #[must_use]
    pub const fn ison(mut self, options: IsonOptions) -> Self {
        self.ison = options;
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
