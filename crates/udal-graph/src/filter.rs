//! Predicates as filters of GraphQL.
//!
//! What is written is the normal form of a predicate, in which a test of a missing value is false; the server's filters mean
//! the same: a filter of a property that is not there is false, and `_not` is the complement. Four of its habits shape what
//! is written here:
//!
//! - `_or` answers a record once for each branch that is true of it, so that `Any` is written as `_not` of `_and` of `_not`.
//! - A filter of one property looks at one operator only, so that each operator is in an object of its own.
//! - Times are compared by their text, see [`InstantText`].
//! - An `eq` that stands alone is looked up as text, also where the property is a day: `eq` of a day is hidden in two `_not`.

use serde_json::{Value as Json, json};
use udal_core::filter::{Comparison, Normal, Predicate, Test};
use udal_core::model::{Field, Shape};
use udal_core::value::{Timestamp, Value};
use udal_core::{Error, ErrorKind, Result};

use crate::kind::Kind;
use crate::letters::literally;
use crate::names::{mark_of_list, property, text_of_link};
use crate::request::Writer;

/// The longest text, in bytes, that `contains` looks for: the server compiles it, within bounds of its own.
const MAX_CONTAINED: usize = 16_384;

/// How many values of a list are written each for itself, at most.
const MANY: usize = 100;

/// Writes `predicate` as a filter.
///
/// # Errors
/// [`Unsupported`](ErrorKind::Unsupported) where a test cannot be said exactly.
pub(crate) fn write_filter(writer: &mut Writer, predicate: &Predicate) -> Result<()> {
    write_normal(writer, &predicate.normal())
}

fn write_normal(writer: &mut Writer, normal: &Normal) -> Result<()> {
    match normal {
        Normal::All(parts) => all(writer, parts, write_normal),
        Normal::Any(parts) => any(writer, parts, write_normal),
        Normal::Missing(field) => not(writer, |writer| present(writer, field)),
        Normal::Present(field) => present(writer, field),
        Normal::Holds(field, test) => holds(writer, field, test),
        Normal::Fails(field, test) => {
            writer.push("{_and: [");
            present(writer, field)?;
            writer.push(", ");
            not(writer, |writer| holds(writer, field, test))?;
            writer.push("]}");
            Ok(())
        }
    }
}

pub(crate) fn all<T>(
    writer: &mut Writer,
    parts: &[T],
    mut write: impl FnMut(&mut Writer, &T) -> Result<()>,
) -> Result<()> {
    if let [one] = parts {
        return write(writer, one);
    }
    writer.push("{_and: [");
    for (at, part) in parts.iter().enumerate() {
        writer.push(if at == 0 { "" } else { ", " });
        write(writer, part)?;
    }
    writer.push("]}");
    Ok(())
}

pub(crate) fn any<T>(
    writer: &mut Writer,
    parts: &[T],
    mut write: impl FnMut(&mut Writer, &T) -> Result<()>,
) -> Result<()> {
    if let [one] = parts {
        return write(writer, one);
    }
    not(writer, |writer| {
        writer.push("{_and: [");
        for (at, part) in parts.iter().enumerate() {
            writer.push(if at == 0 { "" } else { ", " });
            not(writer, |writer| write(writer, part))?;
        }
        writer.push("]}");
        Ok(())
    })
}

pub(crate) fn not(writer: &mut Writer, write: impl FnOnce(&mut Writer) -> Result<()>) -> Result<()> {
    writer.push("{_not: ");
    write(writer)?;
    writer.push("}");
    Ok(())
}

/// Writes that there is a value: that it is not below the lowest there is.
fn present(writer: &mut Writer, field: &Field) -> Result<()> {
    let shape = field.field_type().shape;
    if shape == Shape::List {
        let mark = mark_of_list(field);
        // A list that is required is always there.
        writer.push(&if field.is_required() { "{_and: []}".to_owned() } else { format!("{{{mark}: {{eq: true}}}}") });
        return Ok(());
    }
    if Kind::of(field) == Kind::Boolean {
        return any(writer, &[false, true], |writer, truth| {
            operator(writer, field, |writer| {
                writer.push(&format!("{{eq: {truth}}}"));
                Ok(())
            })
        });
    }
    operator(writer, field, |writer| {
        writer.push("{ge: ").push(lowest(Kind::of(field))).push("}");
        Ok(())
    })
}

fn lowest(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Link | Kind::Boolean | Kind::Instant | Kind::Day => "\"\"",
        Kind::Integer => "\"-9223372036854775808\"",
        Kind::Float => "-1.7976931348623157e308",
    }
}

/// Writes an operator of the value, or of some element, of `field`.
fn operator(writer: &mut Writer, field: &Field, write: impl FnOnce(&mut Writer) -> Result<()>) -> Result<()> {
    let is_collection = field.field_type().shape != Shape::One;
    match (Kind::of(field), is_collection) {
        (Kind::Link, false) => writer.push("{").push(&text_of_link(field)).push(": "),
        _ => writer.push("{").push(property(field)).push(": "),
    };
    writer.push(if is_collection { "{someHave: " } else { "" });
    let by_id = Kind::of(field) == Kind::Link && is_collection;
    writer.push(if by_id { "{id: " } else { "" });
    write(writer)?;
    writer.push(if by_id { "}" } else { "" });
    writer.push(if is_collection { "}}" } else { "}" });
    Ok(())
}

fn holds(writer: &mut Writer, field: &Field, test: &Test) -> Result<()> {
    match test {
        Test::Compare(comparison, value) => compare(writer, field, *comparison, value),
        Test::In(values) if are_many(field, values) => {
            let filters = each(field, "eq", values).map(|filter| json!({ "_not": filter })).collect();
            writer.push("{_not: {_and: ").filters(filters).push("}}");
            Ok(())
        }
        Test::NotIn(values) if are_many(field, values) => {
            writer.push("{_and: ").filters(each(field, "ne", values).collect()).push("}");
            Ok(())
        }
        Test::In(values) => any(writer, values, |writer, value| compare(writer, field, Comparison::Equal, value)),
        Test::NotIn(values) if values.is_empty() => present(writer, field),
        Test::NotIn(values) => all(writer, values, |writer, value| compare(writer, field, Comparison::NotEqual, value)),
        Test::Contains(text) => contains(writer, field, text),
        Test::StartsWith(text) => starts_with(writer, field, text),
        Test::Has(value) => compare(writer, field, Comparison::Equal, value),
        Test::Missing => not(writer, |writer| present(writer, field)),
        Test::Present => present(writer, field),
    }
}

/// Whether these are so many that they are given as one variable; what is no text and no integer is not.
fn are_many(field: &Field, values: &[Value]) -> bool {
    let fits = |value: &Value| matches!(value, Value::Str(_) | Value::Int(_));
    field.field_type().shape == Shape::One && values.len() > MANY && values.iter().all(fits)
}

/// A filter for each value.
fn each(field: &Field, name: &'static str, values: &[Value]) -> impl Iterator<Item = Json> {
    let property = match Kind::of(field) {
        Kind::Link => text_of_link(field),
        _ => property(field).to_owned(),
    };
    let operand = |value: &Value| value.as_str().map_or_else(|| value.to_json().to_string(), str::to_owned);
    values.iter().map(operand).map(move |operand| json!({ property.clone(): { name: operand } }))
}

fn contains(writer: &mut Writer, field: &Field, text: &str) -> Result<()> {
    if text.is_empty() {
        return present(writer, field);
    }
    if text.len() > MAX_CONTAINED {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("`contains` looks for at most {MAX_CONTAINED} bytes in models kept in TerminusDB"),
        )
        .hint("look for a part of it"));
    }
    expression(writer, field, &literally(text))
}

/// Writes that the regular expression matches somewhere in the text of `field`.
pub(crate) fn expression(writer: &mut Writer, field: &Field, expression: &str) -> Result<()> {
    operator(writer, field, |writer| {
        writer.push("{regex: ").text(expression).push("}");
        Ok(())
    })
}

/// What starts with a text lies between it and the first text that is above all of those.
fn starts_with(writer: &mut Writer, field: &Field, text: &str) -> Result<()> {
    let above = first_above(text);
    let bounds = [Some(("ge", text)), above.as_deref().map(|above| ("lt", above))];
    let bounds: Vec<(&str, &str)> = bounds.into_iter().flatten().collect();
    all(writer, &bounds, |writer, (name, bound)| {
        operator(writer, field, |writer| {
            writer.push("{").push(name).push(": ").text(bound).push("}");
            Ok(())
        })
    })
}

/// The lowest text that is above every text that starts with `text`; none where there is no such.
fn first_above(text: &str) -> Option<String> {
    let last = text.char_indices().rev().find(|(_, letter)| *letter != char::MAX);
    let (at, letter) = last?;
    let next = match letter {
        '\u{d7ff}' => '\u{e000}',
        other => char::from_u32(u32::from(other) + 1)?,
    };
    Some(format!("{}{next}", text.get(..at)?))
}

fn compare(writer: &mut Writer, field: &Field, comparison: Comparison, value: &Value) -> Result<()> {
    match value {
        Value::Bool(truth) => booleans(writer, field, comparison, *truth),
        Value::DateTime(at) => instants(writer, field, comparison, *at),
        Value::Date(_) if matches!(comparison, Comparison::Equal) => {
            not(writer, |writer| not(writer, |writer| plain(writer, field, comparison, value)))
        }
        _ => plain(writer, field, comparison, value),
    }
}

fn plain(writer: &mut Writer, field: &Field, comparison: Comparison, value: &Value) -> Result<()> {
    operator(writer, field, |writer| {
        writer.push("{").push(name_of(comparison)).push(": ");
        operand(writer, field, value)?;
        writer.push("}");
        Ok(())
    })
}

fn name_of(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "eq",
        Comparison::NotEqual => "ne",
        Comparison::Less => "lt",
        Comparison::LessOrEqual => "le",
        Comparison::Greater => "gt",
        Comparison::GreaterOrEqual => "ge",
    }
}

/// Writes a value: texts as variables; numbers, which variables do not take, as they are.
fn operand(writer: &mut Writer, field: &Field, value: &Value) -> Result<()> {
    match value {
        Value::Str(text) => writer.text(text),
        Value::Int(number) => writer.push(&format!("\"{number}\"")),
        Value::Float(number) => writer.push(&serde_json::Value::from(*number).to_string()),
        Value::Bool(truth) => writer.push(&truth.to_string()),
        Value::DateTime(at) => writer.push(&format!("\"{}\"", InstantText::of(*at).text)),
        Value::Date(day) => writer.push(&format!("\"{day}\"")),
        Value::Decimal(number) => writer.text(&crate::document::sortable(number)),
        Value::Json(_) | Value::Set(_) | Value::List(_) => {
            let message = format!("`{}` has no order in models kept in TerminusDB", field.field_type());
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
    };
    Ok(())
}

/// The server compares truth values by `eq` and `ne` only.
fn booleans(writer: &mut Writer, field: &Field, comparison: Comparison, truth: bool) -> Result<()> {
    let holds = |held: bool| match comparison {
        Comparison::Equal => held == truth,
        Comparison::NotEqual => held != truth,
        Comparison::Less => !held & truth,
        Comparison::LessOrEqual => held <= truth,
        Comparison::Greater => held & !truth,
        Comparison::GreaterOrEqual => held >= truth,
    };
    let held: Vec<bool> = [false, true].into_iter().filter(|held| holds(*held)).collect();
    any(writer, &held, |writer, held| {
        operator(writer, field, |writer| {
            writer.push(&format!("{{eq: {held}}}"));
            Ok(())
        })
    })
}

/// The server compares times by their text, which has no fraction, or one of three or six digits: `.` stands before `Z`, so
/// that a second comes after its own fractions, and three digits come after six that begin with them.
///
/// A bound without its `Z` stands before every text of its second that is not below it, but for those two, which are named.
fn instants(writer: &mut Writer, field: &Field, comparison: Comparison, at: Timestamp) -> Result<()> {
    let own = InstantText::of(at);
    let texts: Vec<(&str, &str)> = match comparison {
        Comparison::Equal => vec![("eq", &own.text)],
        Comparison::NotEqual => vec![("ne", &own.text)],
        Comparison::Less | Comparison::LessOrEqual => own.below(comparison == Comparison::LessOrEqual),
        Comparison::Greater | Comparison::GreaterOrEqual => own.above(comparison == Comparison::Greater),
    };
    let write = |writer: &mut Writer, (name, text): &(&str, &str)| {
        operator(writer, field, |writer| {
            writer.push(&format!("{{{name}: \"{text}\"}}"));
            Ok(())
        })
    };
    match comparison {
        Comparison::Less | Comparison::LessOrEqual => any(writer, &texts, write),
        _ => all(writer, &texts, write),
    }
}

/// A time as the server writes it, and what stands around it.
struct InstantText {
    text: String,
    bound: String,
    /// Texts that stand above the bound though they are times below it.
    misplaced: Vec<String>,
}

impl InstantText {
    fn of(at: Timestamp) -> Self {
        let text = at.to_string();
        let second = text.get(..19).unwrap_or_default().to_owned();
        let micros = at.as_micros().rem_euclid(1_000_000);
        if micros == 0 {
            return InstantText { text, bound: second, misplaced: Vec::new() };
        }
        let thousandth = format!("{second}.{:03}Z", micros / 1_000);
        let bound = format!("{second}.{micros:06}");
        let whole = format!("{second}Z");
        match micros % 1_000 {
            0 => InstantText { text: thousandth, bound, misplaced: vec![whole] },
            _ => InstantText { text, bound, misplaced: vec![whole, thousandth] },
        }
    }

    fn below(&self, with_itself: bool) -> Vec<(&str, &str)> {
        let misplaced = self.misplaced.iter().map(|text| ("eq", text.as_str()));
        let itself = with_itself.then_some(("eq", self.text.as_str()));
        std::iter::once(("lt", self.bound.as_str())).chain(misplaced).chain(itself).collect()
    }

    fn above(&self, without_itself: bool) -> Vec<(&str, &str)> {
        let misplaced = self.misplaced.iter().map(|text| ("ne", text.as_str()));
        let itself = without_itself.then_some(("ne", self.text.as_str()));
        std::iter::once(("ge", self.bound.as_str())).chain(misplaced).chain(itself).collect()
    }
}
