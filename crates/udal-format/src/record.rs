//! One record, and the order in which fields are written.

use std::io::{self, Write};
use std::sync::Arc;

use udal_core::model::{Field, Model, SYSTEM_FIELDS};
use udal_core::record::Record;
use udal_core::value::Value;

use crate::table::{Column, Table};
use crate::writer::RecordWriter;
use crate::{Format, Layout};

/// Writes one record: as an object in JSON, as a field a line in a table.
///
/// # Errors
/// What writing to `out` answers.
pub fn write_record<W: Write>(mut out: W, record: &Record, layout: Layout) -> io::Result<()> {
    match layout.format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, record)?;
            out.write_all(b"\n")
        }
        Format::Ndjson | Format::Csv | Format::Ison | Format::IsonTable => {
            let mut writer = RecordWriter::new(out, record.model(), layout);
            writer.write(record)?;
            writer.finish().map(drop)
        }
        Format::Table => {
            let mut table = Table::new(vec![Column::text("field"), Column::text("value")], layout.width).wrapped();
            for (field, value) in record.named().filter(|(field, value)| !field.is_system() || value.is_some()) {
                table.push(vec![field.name().to_owned(), shown(value)]);
            }
            write!(out, "{table}")
        }
    }
}

/// The fields of `model` in the order in which records are written.
pub(crate) fn field_order(model: &Model) -> impl Iterator<Item = &Arc<Field>> {
    let fields = model.fields();
    let all = fields.iter().take(1).chain(fields.iter().skip(SYSTEM_FIELDS));
    all.chain(fields.iter().take(SYSTEM_FIELDS).skip(1)).filter(|field| !field.is_hidden())
}

/// A value as people read it: nothing where it is missing, an empty text with its quotes, elements with commas.
pub(crate) fn shown(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::Str(text)) if text.is_empty() => "\"\"".to_owned(),
        Some(Value::Set(elements) | Value::List(elements)) => {
            let elements: Vec<String> = elements.iter().map(|element| shown(Some(element))).collect();
            if elements.is_empty() { "[]".to_owned() } else { elements.join(", ") }
        }
        Some(Value::Json(json)) => json.to_string(),
        Some(value) => match value.to_json() {
            serde_json::Value::String(text) => text,
            json => json.to_string(),
        },
    }
}
