//! Rows of ISON.

use std::fmt::Write;

use serde_json::Value as Json;
use udal_core::value::{Date, Timestamp};

use super::cell::{Cell, Target, WHOLE};
use super::options::Times;
use super::token::{
    is_bare, is_bare_integer, opens_block, write_float, write_integer, write_pair, write_quoted, write_reference,
    write_string,
};

/// Writes `cells` as a line.
pub(crate) fn write_row<'a>(out: &mut String, cells: impl Iterator<Item = Cell<'a>>) {
    let from = out.len();
    let mut count = 0;
    cells.for_each(|cell| {
        if count > 0 {
            out.push(' ');
        }
        write_cell(out, &cell);
        count += 1;
    });
    if count == 1 && out.get(from..).is_some_and(opens_block) {
        let token = out.split_off(from);
        write_quoted(out, &token);
    }
    out.push('\n');
}

#[inline]
fn write_cell(out: &mut String, cell: &Cell<'_>) {
    match cell {
        Cell::Null => out.push_str("null"),
        Cell::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Cell::Int(number) => write_integer(out, *number),
        Cell::Float(number) => write_float(out, *number),
        Cell::Text(text) => write_string(out, text),
        Cell::WholeText(text) => write_string(out, &format!("{WHOLE}{text}")),
        // As JSON has it, a string: a number would lose digits.
        Cell::Decimal(number) => write_quoted(out, &number.to_string()),
        Cell::Time(at, times) => write_time(out, *at, *times),
        Cell::Date(day) => write_date(out, *day),
        Cell::Number(number) => write(out, number),
        Cell::Reference(Target::Id(id)) => write_reference(out, None, id),
        Cell::Reference(Target::WholeId(id)) => write_reference(out, None, &format!("{WHOLE}{id}")),
        Cell::Reference(Target::OfModel(target)) => write_reference(out, Some(target.0), target.1),
        Cell::Reference(Target::Number(number)) => {
            out.push(':');
            write(out, number);
        }
        Cell::Json(json) => write_json(out, json),
        Cell::List(elements) => write_list(out, elements),
    }
}

/// Writes an instant, or as much of it as is asked for. None is taken for anything but a string.
pub(crate) fn write_time(out: &mut String, at: Timestamp, times: Times) {
    const SECOND: i64 = 1_000_000;
    const DAY: i64 = 86_400 * SECOND;
    write_date(out, at.date());
    if times == Times::Days {
        return;
    }
    let of_day = at.as_micros().rem_euclid(DAY);
    let (seconds, micros) = (of_day / SECOND, of_day % SECOND);
    out.push('T');
    write_pair(out, seconds / 3_600);
    out.push(':');
    write_pair(out, seconds / 60 % 60);
    if times != Times::Minutes {
        out.push(':');
        write_pair(out, seconds % 60);
    }
    if times == Times::Exact && micros != 0 {
        out.push('.');
        write_pair(out, micros / 10_000);
        write_pair(out, micros / 100);
        write_pair(out, micros);
    }
    out.push('Z');
}

fn write_date(out: &mut String, day: Date) {
    let (year, month, day) = day.parts();
    write_pair(out, i64::from(year) / 100);
    write_pair(out, i64::from(year));
    out.push('-');
    write_pair(out, i64::from(month));
    out.push('-');
    write_pair(out, i64::from(day));
}

/// Writes elements with commas between them, or as JSON text where that would not be read back.
fn write_list(out: &mut String, elements: &[Cell<'_>]) {
    let from = out.len();
    for (at, element) in elements.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        let element_from = out.len();
        write_cell(out, element);
        let token = out.get(element_from..).unwrap_or_default();
        // What starts with a bracket is JSON text.
        if token.starts_with(['"', '[']) || token.contains(',') {
            out.truncate(from);
            return write_string(out, &as_json(elements).to_string());
        }
    }
    if elements.is_empty() {
        out.push_str("[]");
    }
}

/// Writes numbers and truth values as they are, and everything else as JSON text.
fn write_json(out: &mut String, json: &Json) {
    match json {
        Json::Bool(truth) => write(out, truth),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) if is_bare_integer(number) => write(out, &number),
            (None, Some(float)) if number.is_f64() => write_float(out, float),
            _ => write_string(out, &number.to_string()),
        },
        json => write_string(out, &json.to_string()),
    }
}

/// A list as JSON, its elements as they are written otherwise.
fn as_json(elements: &[Cell<'_>]) -> Json {
    let element = |cell: &Cell<'_>| match cell {
        Cell::Null | Cell::Reference(_) | Cell::List(_) => Json::Null,
        Cell::Bool(truth) => Json::Bool(*truth),
        Cell::Int(number) => Json::from(*number),
        Cell::Float(number) => Json::from(*number),
        Cell::Text(text) => Json::from(*text),
        Cell::WholeText(text) => Json::String(format!("{WHOLE}{text}")),
        Cell::Decimal(number) => Json::String(number.to_string()),
        Cell::Time(at, times) => {
            let mut text = String::new();
            write_time(&mut text, *at, *times);
            Json::String(text)
        }
        Cell::Date(day) => Json::String(day.to_string()),
        Cell::Number(number) => Json::from(*number),
        Cell::Json(json) => (*json).clone(),
    };
    elements.iter().map(element).collect()
}

/// Whether a cell is written with quotes.
pub(crate) fn is_quoted(cell: &Cell<'_>) -> bool {
    match cell {
        Cell::Text(text) => !is_bare(text),
        Cell::Int(number) => !is_bare_integer(*number),
        Cell::Decimal(_) => true,
        Cell::Null | Cell::Bool(_) | Cell::Float(_) | Cell::Time(..) | Cell::Date(_) | Cell::Number(_) => false,
        Cell::WholeText(_) | Cell::Reference(_) | Cell::Json(_) | Cell::List(_) => {
            let mut token = String::new();
            write_cell(&mut token, cell);
            token.starts_with('"')
        }
    }
}

fn write(out: &mut String, what: &impl std::fmt::Display) {
    // Writing to a string does not fail.
    let _written = write!(out, "{what}");
}
