//! Values: what a field of a record holds.

mod decimal;
mod decode;
mod json;
mod time;

use std::cmp::Ordering;

use serde_json::Value as Json;

pub use decimal::Decimal;
pub(crate) use decode::id_problem;
pub use decode::{
    MAX_COLLECTION_LENGTH, MAX_ELEMENT_BYTES, MAX_ID_BYTES, MAX_JSON_BYTES, MAX_JSON_DEPTH, MAX_STRING_BYTES,
    MAX_USER_BYTES, decode, decode_element, decode_stored, take,
};
pub use json::canonical_json;
pub use time::{Date, TimeText, Timestamp};

/// A present value. A missing one is `Option::<Value>::None`.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `str`, `enum` and `Ref`.
    Str(String),
    /// `int`.
    Int(i64),
    /// `float`: finite, and never `-0.0`.
    Float(f64),
    /// `bool`.
    Bool(bool),
    /// `datetime`.
    DateTime(Timestamp),
    /// `date`.
    Date(Date),
    /// `decimal`.
    Decimal(Decimal),
    /// `json`, in canonical form; never the top-level `null`.
    Json(Json),
    /// `Set`: sorted, without duplicates, and never empty (an empty set is missing).
    Set(Vec<Value>),
    /// `List`.
    List(Vec<Value>),
}

impl Value {
    /// The text of a string, enum or reference.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The integer.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The instant.
    pub fn as_timestamp(&self) -> Option<Timestamp> {
        match self {
            Value::DateTime(at) => Some(*at),
            _ => None,
        }
    }

    /// How many bytes it takes in memory, about.
    pub fn weight(&self) -> usize {
        let own = std::mem::size_of::<Value>();
        own + match self {
            Value::Str(text) => text.len(),
            Value::Json(json) => json_weight(json),
            Value::Set(elements) | Value::List(elements) => elements.iter().map(Value::weight).sum(),
            _ => 0,
        }
    }

    /// The elements of a set or list; the value itself otherwise.
    pub fn elements(&self) -> &[Value] {
        match self {
            Value::Set(elements) | Value::List(elements) => elements,
            one => std::slice::from_ref(one),
        }
    }

    /// A set of `elements`: sorted, without duplicates; missing when there are none.
    pub fn set(mut elements: Vec<Value>) -> Option<Value> {
        elements.sort_by(|a, b| compare(a, b).unwrap_or(Ordering::Equal));
        elements.dedup();
        (!elements.is_empty()).then_some(Value::Set(elements))
    }
}

fn json_weight(json: &Json) -> usize {
    let own = std::mem::size_of::<Json>();
    own + match json {
        Json::String(text) => text.len(),
        Json::Array(items) => items.iter().map(json_weight).sum(),
        Json::Object(members) => members.iter().map(|(name, member)| name.len() + json_weight(member)).sum(),
        _ => 0,
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Str(text.to_owned())
    }
}

/// The order of two values of one type; `None` for types without an order or for values of two types.
///
/// Strings compare by bytes, `false` is below `true`.
pub fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Str(a), Value::Str(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::DateTime(a), Value::DateTime(b)) => Some(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::Decimal(a), Value::Decimal(b)) => Some(a.cmp(b)),
        _ => None,
    }
}
