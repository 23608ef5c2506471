//! What is written of a value: all of it, or what the options leave.

use std::collections::HashMap;

use serde_json::Value as Json;
use udal_core::model::{ColumnKind, Scalar};
use udal_core::value::{Date, Decimal, Timestamp, Value};

use super::options::{Floats, Ids, IsonOptions, Times, Uuids};
use crate::header::ResultColumn;

/// Stands before a value of a column with a prefix that is whole all the same.
pub(crate) const WHOLE: &str = "=";

/// What is written of one value.
pub(crate) enum Cell<'a> {
    /// No value.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// An instant, as far as it is written.
    Time(Timestamp, Times),
    /// A day.
    Date(Date),
    /// A decimal number.
    Decimal(&'a Decimal),
    /// A text.
    Text(&'a str),
    /// The whole text in a column whose texts are written without their prefix.
    WholeText(&'a str),
    /// What stands for a UUID, or the number that an id ends in where its prefix is left out.
    Number(u64),
    /// A reference.
    Reference(Target<'a>),
    /// Any JSON.
    Json(&'a Json),
    /// The elements of a set or list.
    List(Vec<Cell<'a>>),
}

/// What a reference refers to.
pub(crate) enum Target<'a> {
    /// The record of this id, or of the rest of it where the column's prefix is left out.
    Id(&'a str),
    /// The whole id in a column whose ids are written without their prefix.
    WholeId(&'a str),
    /// The record of a model whose id goes on like this. Boxed, so that the cells of every result stay small.
    OfModel(Box<(&'a str, &'a str)>),
    /// The record whose id is written as this number.
    Number(u64),
}

/// Numbers for UUIDs, in the order in which they are met.
#[derive(Clone, Default)]
pub(crate) struct Numbers(HashMap<String, u64>);

impl Numbers {
    fn of(&mut self, text: &str) -> u64 {
        if let Some(number) = self.0.get(text) {
            return *number;
        }
        let number = self.0.len() as u64 + 1;
        self.0.insert(text.to_owned(), number);
        number
    }

    /// What each number stands for, in their order.
    pub(crate) fn in_order(&self) -> Vec<(u64, &str)> {
        let mut pairs: Vec<(u64, &str)> = self.0.iter().map(|(text, number)| (*number, text.as_str())).collect();
        pairs.sort_unstable();
        pairs
    }
}

/// How the values of one column are written.
pub(crate) struct ColumnWriting {
    column: ResultColumn,
    /// What is left out at the start of each value.
    prefix: Option<String>,
    options: IsonOptions,
}

impl ColumnWriting {
    /// Writing of `column`, whose values are written without `prefix`, where there is one.
    pub(crate) fn new(column: &ResultColumn, prefix: Option<String>, options: IsonOptions) -> Self {
        ColumnWriting { column: column.clone(), prefix, options }
    }

    pub(crate) fn column(&self) -> &ResultColumn {
        &self.column
    }

    /// The prefix that is left out.
    pub(crate) fn prefix(&self) -> Option<&str> {
        self.prefix.as_deref()
    }

    /// What is written of this column's value in `row`.
    #[inline]
    pub(crate) fn cell<'a>(&self, row: &'a [Option<Value>], numbers: &mut Numbers) -> Cell<'a> {
        let Some(value) = self.column.value(row) else {
            return Cell::Null;
        };
        match value {
            Value::Str(text) => self.text(text, numbers),
            Value::Int(number) => Cell::Int(*number),
            Value::Float(number) => self.float(*number),
            Value::Bool(truth) => Cell::Bool(*truth),
            Value::DateTime(at) => Cell::Time(*at, self.options.times),
            Value::Date(day) => Cell::Date(*day),
            Value::Decimal(number) => Cell::Decimal(number),
            Value::Json(json) => Cell::Json(json),
            Value::Set(elements) | Value::List(elements) => {
                Cell::List(elements.iter().map(|element| self.element(element, numbers)).collect())
            }
        }
    }

    /// An element of a list, in which references are plain texts.
    fn element<'a>(&self, element: &'a Value, numbers: &mut Numbers) -> Cell<'a> {
        match element {
            Value::Str(text) => match self.number(text, numbers) {
                Some(number) => Cell::Number(number),
                None => self.shortened(text),
            },
            Value::Float(number) => self.float(*number),
            Value::Int(number) => Cell::Int(*number),
            Value::Bool(truth) => Cell::Bool(*truth),
            Value::DateTime(at) => Cell::Time(*at, self.options.times),
            Value::Date(day) => Cell::Date(*day),
            Value::Decimal(number) => Cell::Decimal(number),
            Value::Json(json) => Cell::Json(json),
            // No list holds lists.
            Value::Set(_) | Value::List(_) => Cell::Null,
        }
    }

    fn text<'a>(&self, text: &'a str, numbers: &mut Numbers) -> Cell<'a> {
        let is_reference = match self.column.kind() {
            ColumnKind::References => true,
            ColumnKind::Ids(_) => false,
            ColumnKind::Values(field_type) => matches!(field_type.scalar, Scalar::Ref(_)),
        };
        match self.number(text, numbers) {
            Some(number) if is_reference => Cell::Reference(Target::Number(number)),
            Some(number) => Cell::Number(number),
            None if is_reference => self.reference(text),
            None => self.shortened(text),
        }
    }

    fn reference<'a>(&self, id: &'a str) -> Cell<'a> {
        if *self.column.kind() == ColumnKind::References && self.options.ids == Ids::PrefixInMeta {
            return Cell::Reference(of_any_model(id));
        }
        match self.shortened(id) {
            Cell::WholeText(id) => Cell::Reference(Target::WholeId(id)),
            // A reference to it would be one to what has that number.
            Cell::Text(id) if self.options.uuids == Uuids::Numbered && is_digits(id) => Cell::Text(id),
            Cell::Text(id) => Cell::Reference(Target::Id(id)),
            Cell::Number(number) => Cell::Reference(Target::Number(number)),
            other => other,
        }
    }

    /// `text` without the column's prefix; whole where it has none, or where what is left would be read as a whole one.
    fn shortened<'a>(&self, text: &'a str) -> Cell<'a> {
        let Some(prefix) = &self.prefix else {
            return Cell::Text(text);
        };
        match text.strip_prefix(prefix.as_str()) {
            Some(rest) if !rest.is_empty() && !rest.starts_with(WHOLE) => match integer(rest) {
                // A number without quotes, unless it would be read as that of a UUID.
                Some(number) if self.options.uuids == Uuids::Whole => Cell::Number(number),
                _ => Cell::Text(rest),
            },
            _ => Cell::WholeText(text),
        }
    }

    fn number(&self, text: &str, numbers: &mut Numbers) -> Option<u64> {
        is_numbered(text, self.options).then(|| numbers.of(text))
    }

    fn float(&self, number: f64) -> Cell<'static> {
        match self.options.floats {
            Floats::Exact => Cell::Float(number),
            Floats::Digits(digits) if significant_digits(number) <= usize::from(digits.get()) => Cell::Float(number),
            Floats::Digits(digits) => {
                let rounded = format!("{number:.*e}", usize::from(digits.get()) - 1);
                Cell::Float(rounded.parse().unwrap_or(number))
            }
        }
    }
}

/// A reference to the record of that id, whose model stands apart.
fn of_any_model(id: &str) -> Target<'_> {
    match id.split_once('/') {
        Some((model, key)) if !model.is_empty() && !key.is_empty() && !model.contains([':', '=']) => {
            Target::OfModel(Box::new((model, key)))
        }
        _ => Target::WholeId(id),
    }
}

/// Whether a number is written in the place of `text`.
pub(crate) fn is_numbered(text: &str, options: IsonOptions) -> bool {
    options.uuids == Uuids::Numbered && ends_in_uuid(text)
}

/// How many digits `number` is written with, at most.
fn significant_digits(number: f64) -> usize {
    let mut buffer = zmij::Buffer::new();
    let written = buffer.format(number);
    let mantissa = written.split_once('e').map_or(written, |(mantissa, _)| mantissa);
    mantissa.trim_start_matches(['-', '0', '.']).bytes().filter(u8::is_ascii_digit).count()
}

/// The integer that is written as `text`, where there is one that every parser reads exactly.
fn integer(text: &str) -> Option<u64> {
    let is_usual = is_digits(text) && text.len() <= 15 && (text == "0" || !text.starts_with('0'));
    if is_usual { text.parse().ok() } else { None }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `text` is a UUID in its usual form, or an id that ends in one.
fn ends_in_uuid(text: &str) -> bool {
    let uuid = text.rsplit_once('/').map_or(text, |(_, key)| key);
    uuid.len() == 36
        && uuid.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}
