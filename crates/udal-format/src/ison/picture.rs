//! The piped picture: the same rows for eyes and prompts. No parser reads it.

use super::cell::{Cell, Target, WHOLE};
use super::tokens::write_time;
use crate::text::{visible, width};

/// A column is padded to no more than this, however long its cells are.
const WIDEST: usize = 48;

/// What stands in a cell.
pub(crate) fn text(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Text("") => "\"\"".to_owned(),
        Cell::Text(text) | Cell::Reference(Target::Id(text)) => shown(text),
        Cell::WholeText(text) | Cell::Reference(Target::WholeId(text)) => shown(&format!("{WHOLE}{text}")),
        Cell::Reference(Target::OfModel(target)) => shown(&format!("{}/{}", target.0, target.1)),
        Cell::Number(number) | Cell::Reference(Target::Number(number)) => number.to_string(),
        Cell::Bool(truth) => truth.to_string(),
        Cell::Int(number) => number.to_string(),
        Cell::Float(number) => serde_json::Value::from(*number).to_string(),
        Cell::Time(at, times) => {
            let mut text = String::new();
            write_time(&mut text, *at, *times);
            text
        }
        Cell::Date(day) => day.to_string(),
        Cell::Decimal(number) => number.to_string(),
        Cell::Json(json) => shown(&json.to_string()),
        Cell::List(elements) if elements.is_empty() => "[]".to_owned(),
        Cell::List(elements) => elements.iter().map(text).collect::<Vec<_>>().join(", "),
    }
}

/// `text` in one line, and without what would look like the end of its cell.
fn shown(text: &str) -> String {
    visible(text).replace('|', "\\|")
}

/// Widens `widths` to what `cells` need.
pub(crate) fn widen(widths: &mut [usize], cells: &[String]) {
    for (column, cell) in widths.iter_mut().zip(cells) {
        *column = (*column).max(width(cell).min(WIDEST));
    }
}

/// Writes `cells` as a line, each padded to its column's width but for the last.
pub(crate) fn write_line(out: &mut String, cells: &[String], widths: &[usize]) {
    let from = out.len();
    for (at, (cell, column)) in cells.iter().zip(widths).enumerate() {
        if at > 0 {
            out.push_str(" | ");
        }
        out.push_str(cell);
        if at + 1 < cells.len() {
            out.extend(std::iter::repeat_n(' ', column.saturating_sub(width(cell))));
        }
    }
    let end = from + out.get(from..).unwrap_or_default().trim_end().len();
    out.truncate(end);
    out.push('\n');
}
