//! Small answers as results: what is no record, in the formats that have rows.

use std::io::{self, Write};

use serde_json::Value as Json;
use udal::model::{FieldType, Scalar};
use udal::value::Value;
use udal_format::{Header, Layout, ResultColumn, ResultWriter};

/// Writes `rows`, of which the first names the columns. Where `json` has the same members, numbers and truth values are
/// written as such.
pub(crate) fn write(out: impl Write, json: &Json, rows: &[&[&str]], layout: Layout) -> io::Result<()> {
    let Some((names, rows)) = rows.split_first() else {
        return Ok(());
    };
    let column = |name: &&str| ResultColumn::new(*name, FieldType::optional(Scalar::Json));
    let header = Header::new("answer", names.iter().map(column).collect());
    let mut writer = ResultWriter::new(out, header, layout);
    for row in rows {
        let cells: Vec<Option<Value>> =
            names.iter().zip(*row).map(|(name, text)| Some(cell(json.get(name), text))).collect();
        writer.write(&cells)?;
    }
    writer.finish().map(drop)
}

fn cell(member: Option<&Json>, text: &str) -> Value {
    let member = member.filter(|member| member.is_number() || member.is_boolean());
    match member.map(|member| (member, member.to_string())) {
        Some((member, written)) if written == text => Value::Json(member.clone()),
        _ => Value::from(text),
    }
}
