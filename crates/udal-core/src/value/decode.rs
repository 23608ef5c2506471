//! JSON to values: exact, or refused with what is wrong.

use serde_json::Value as Json;

use super::{Date, Decimal, Timestamp, Value, canonical_json};
use crate::error::FieldError;
use crate::model::{Field, Scalar, Shape};
use crate::names::{nearest, shorten};

/// The longest string, in bytes of UTF-8.
pub const MAX_STRING_BYTES: usize = 1 << 20;
/// The longest string in a set, or in a field of a declared index, in bytes: what an index can hold.
pub const MAX_ELEMENT_BYTES: usize = 1_000;
/// The longest record id, in bytes.
pub const MAX_ID_BYTES: usize = 200;
/// The longest user or team id, in bytes.
pub const MAX_USER_BYTES: usize = 200;
/// The most elements of a set or list.
pub const MAX_COLLECTION_LENGTH: usize = 10_000;
/// The largest `json` value, in bytes of compact text.
pub const MAX_JSON_BYTES: usize = 1 << 20;
/// How deep a `json` value may nest.
pub const MAX_JSON_DEPTH: usize = 64;

/// What one element may not be, as `(code, message)`.
type Fault = (&'static str, String);

/// Reads the value of `field` from `json`; `null` and an empty set are missing.
///
/// # Errors
/// What is wrong with it, named by the field.
pub fn decode(field: &Field, json: &Json) -> Result<Option<Value>, FieldError> {
    let fail = |(code, message): Fault| FieldError::new(field.name(), code, message);
    let field_type = field.field_type();
    match (field_type.shape, json) {
        (_, Json::Null) => Ok(None),
        (Shape::One, one) => element(&field_type.scalar, one, text_limit(field)).map(Some).map_err(fail),
        (shape, Json::Array(items)) => {
            if items.len() > MAX_COLLECTION_LENGTH {
                return Err(fail(("too_long", format!("holds {} elements; the most is 10,000", items.len()))));
            }
            let limit = if shape == Shape::Set { MAX_ELEMENT_BYTES } else { MAX_STRING_BYTES };
            let mut elements = Vec::with_capacity(items.len());
            for (at, item) in items.iter().enumerate() {
                let value = element(&field_type.scalar, item, limit.min(text_limit(field)));
                elements
                    .push(value.map_err(|(code, message)| {
                        FieldError::new(format!("{}[{at}]", field.name()), code, message)
                    })?);
            }
            Ok(if shape == Shape::Set { Value::set(elements) } else { Some(Value::List(elements)) })
        }
        (_, other) => Err(fail(("wrong_type", format!("expected an array, got {}", describe(other))))),
    }
}

/// Reads the value of `field` as [`decode`] does, and keeps the text of a string instead of copying it.
///
/// # Errors
/// As of [`decode`].
pub fn take(field: &Field, json: Json) -> Result<Option<Value>, FieldError> {
    let field_type = field.field_type();
    match json {
        Json::String(text) if field_type.shape == Shape::One && is_text(&field_type.scalar) => {
            match text_fault(&field_type.scalar, &text, text_limit(field)) {
                None => Ok(Some(Value::Str(text))),
                Some((code, message)) => Err(FieldError::new(field.name(), code, message)),
            }
        }
        other => decode(field, &other),
    }
}

/// Reads the value of `field` from JSON that a store kept: a word that the enum had once is still read.
///
/// # Errors
/// What is wrong with it, named by the field.
pub fn decode_stored(field: &Field, json: &Json) -> Result<Option<Value>, FieldError> {
    let text = |json: &Json| json.as_str().map(|text| Value::Str(text.to_owned()));
    let is_text = is_text(&field.field_type().scalar);
    let value = match (field.field_type().shape, json) {
        (Shape::One, one) if is_text => text(one),
        (Shape::Set, Json::Array(items)) if is_text => {
            items.iter().map(text).collect::<Option<_>>().and_then(Value::set)
        }
        (Shape::List, Json::Array(items)) if is_text => items.iter().map(text).collect::<Option<_>>().map(Value::List),
        _ => return decode(field, json),
    };
    // What is not text is an error of its field.
    if value.is_none() { decode(field, json) } else { Ok(value) }
}

/// Reads one element of `field`, as filters compare it.
///
/// # Errors
/// What is wrong with it, named by the field.
pub fn decode_element(field: &Field, json: &Json) -> Result<Value, FieldError> {
    element(&field.field_type().scalar, json, MAX_STRING_BYTES)
        .map_err(|(code, message)| FieldError::new(field.name(), code, message))
}

fn text_limit(field: &Field) -> usize {
    use crate::model::position::{ASSIGNED_TO, CREATED_BY, ID, OWNED_BY, TEAM_ID};
    match field.position() {
        ID => MAX_ID_BYTES,
        CREATED_BY | OWNED_BY | ASSIGNED_TO | TEAM_ID => MAX_USER_BYTES,
        _ if field.is_indexed() => MAX_ELEMENT_BYTES,
        _ => MAX_STRING_BYTES,
    }
}

fn element(scalar: &Scalar, json: &Json, limit: usize) -> Result<Value, Fault> {
    match scalar {
        Scalar::Str | Scalar::Ref(_) | Scalar::Enum(_) => text(scalar, json, limit),
        Scalar::Int => integer(json),
        Scalar::Float => float(json),
        Scalar::Bool => json.as_bool().map(Value::Bool).ok_or_else(|| wrong("true or false", json)),
        Scalar::DateTime => parsed(json, |text| Timestamp::parse(text).map(Value::DateTime)),
        Scalar::Date => parsed(json, |text| Date::parse(text).map(Value::Date)),
        Scalar::Decimal => decimal(json),
        Scalar::Json => any_json(json),
    }
}

fn text(scalar: &Scalar, json: &Json, limit: usize) -> Result<Value, Fault> {
    let text = json.as_str().ok_or_else(|| wrong("a string", json))?;
    match text_fault(scalar, text, limit) {
        None => Ok(Value::Str(text.to_owned())),
        Some(fault) => Err(fault),
    }
}

/// Whether such values are texts.
fn is_text(scalar: &Scalar) -> bool {
    matches!(scalar, Scalar::Str | Scalar::Enum(_) | Scalar::Ref(_))
}

/// What is wrong with the text of a value that is a text, if anything.
fn text_fault(scalar: &Scalar, text: &str, limit: usize) -> Option<Fault> {
    match scalar {
        Scalar::Ref(model) => {
            string_fault(text, MAX_ID_BYTES).or_else(|| Some(("wrong_type", id_problem(model, text)?)))
        }
        Scalar::Enum(words) => word_fault(words, text),
        _ => string_fault(text, limit),
    }
}

fn string_fault(text: &str, limit: usize) -> Option<Fault> {
    if text.len() > limit {
        return Some(("too_long", format!("is {} bytes long; the most is {limit}", text.len())));
    }
    let message = "holds the character U+0000, which no store can keep";
    text.contains('\0').then(|| ("not_allowed", message.to_owned()))
}

/// Why `id` cannot be the id of a record of `model`, where it cannot.
pub(crate) fn id_problem(model: &str, id: &str) -> Option<String> {
    let key = id.strip_prefix(model).and_then(|rest| rest.strip_prefix('/'));
    match key {
        None => Some(format!("`{}` is not an id of `{model}`: such ids start with `{model}/`", shorten(id))),
        Some("") => Some(format!("`{}` has nothing after `{model}/`", shorten(id))),
        Some(_) if id.len() > MAX_ID_BYTES => Some(format!("the id is {} bytes long; the most is 200", id.len())),
        Some(key) if key.chars().any(char::is_control) => Some(format!("`{}` holds a control character", shorten(id))),
        Some(_) => None,
    }
}

fn word_fault(words: &[String], text: &str) -> Option<Fault> {
    if words.iter().any(|word| word == text) {
        return None;
    }
    let listed = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let near = nearest(text, words.iter().map(String::as_str)).map(|word| format!("; did you mean `{word}`?"));
    let message = format!("`{}` is not one of {listed}{}", shorten(text), near.unwrap_or_default());
    Some(("not_allowed", message))
}

fn integer(json: &Json) -> Result<Value, Fault> {
    match json {
        Json::Number(number) => number.as_i64().map(Value::Int).ok_or_else(|| {
            if number.is_u64() || number.as_f64().is_some_and(|float| float.fract() == 0.0 && float.abs() >= 9.2e18) {
                ("out_of_range", format!("{number} does not fit an integer of 64 bits"))
            } else {
                ("wrong_type", format!("expected an integer, got the number {number}"))
            }
        }),
        other => Err(wrong("an integer", other)),
    }
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "the cast is checked by casting back")]
fn float(json: &Json) -> Result<Value, Fault> {
    let Json::Number(number) = json else {
        return Err(wrong("a number", json));
    };
    let exact = match (number.as_i64(), number.as_u64()) {
        (Some(integer), _) => integer as f64 as i128 == i128::from(integer),
        (None, Some(integer)) => integer as f64 as i128 == i128::from(integer),
        (None, None) => true,
    };
    match number.as_f64().filter(|float| float.is_finite()) {
        Some(float) if exact => Ok(Value::Float(if float == 0.0 { 0.0 } else { float })),
        _ => Err(("out_of_range", format!("{number} cannot be kept exactly in a float; use `int` or `decimal`"))),
    }
}

fn decimal(json: &Json) -> Result<Value, Fault> {
    match json {
        Json::String(_) => parsed(json, |text| Decimal::parse(text).map(Value::Decimal)),
        Json::Number(number) if number.is_i64() || number.is_u64() => Decimal::parse(&number.to_string())
            .map(Value::Decimal)
            .map_err(|message| ("wrong_type", message.to_owned())),
        Json::Number(number) => Err((
            "wrong_type",
            format!("expected a decimal as a string, such as \"{number}\", so that no digit is lost"),
        )),
        other => Err(wrong("a decimal as a string", other)),
    }
}

fn parsed(json: &Json, parse: impl Fn(&str) -> Result<Value, &'static str>) -> Result<Value, Fault> {
    let text = json.as_str().ok_or_else(|| wrong("a string", json))?;
    parse(text).map_err(|message| ("wrong_type", format!("`{}`: {message}", shorten(text))))
}

fn any_json(json: &Json) -> Result<Value, Fault> {
    if json_fault(json, MAX_JSON_DEPTH) {
        let message = "nests deeper than 64, or holds the character U+0000, which no store can keep";
        return Err(("not_allowed", message.to_owned()));
    }
    let length = json.to_string().len();
    if length > MAX_JSON_BYTES {
        return Err(("too_long", format!("is {length} bytes long; the most is {MAX_JSON_BYTES}")));
    }
    Ok(Value::Json(canonical_json(json.clone())))
}

fn json_fault(json: &Json, depth_left: usize) -> bool {
    match json {
        Json::String(text) => text.contains('\0'),
        Json::Array(_) | Json::Object(_) if depth_left == 0 => true,
        Json::Array(items) => items.iter().any(|item| json_fault(item, depth_left - 1)),
        Json::Object(members) => {
            members.iter().any(|(name, member)| name.contains('\0') || json_fault(member, depth_left - 1))
        }
        _ => false,
    }
}

fn wrong(expected: &str, got: &Json) -> Fault {
    ("wrong_type", format!("expected {expected}, got {}", describe(got)))
}

fn describe(json: &Json) -> String {
    match json {
        Json::Null => "null".to_owned(),
        Json::Bool(truth) => format!("{truth}"),
        Json::Number(number) => format!("the number {}", shorten(&number.to_string())),
        Json::String(text) => format!("the string `{}`", shorten(text)),
        Json::Array(_) => "an array".to_owned(),
        Json::Object(_) => "an object".to_owned(),
    }
}
