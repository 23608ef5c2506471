//! Parameters, as JSON, to the types that PostgreSQL infers for them.

use serde_json::Value as Json;
use tokio_postgres::types::Type;
use udal_core::FieldError;
use udal_core::value::{Date, Decimal, Timestamp};
use udal_core::{Error, Result};

/// How the text of a parameter is made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Text,
    Int(i64, i64),
    Float,
    Decimal,
    Bool,
    Instant,
    Day,
    /// What only PostgreSQL reads.
    Other,
    Json,
}

/// A type that a parameter may have.
#[derive(Clone, Copy)]
pub(super) struct ParamType {
    /// As `CAST` names it.
    pub(super) name: &'static str,
    reading: Reading,
    is_array: bool,
}

const SMALL: Reading = Reading::Int(i16::MIN as i64, i16::MAX as i64);
const MIDDLE: Reading = Reading::Int(i32::MIN as i64, i32::MAX as i64);
const LARGE: Reading = Reading::Int(i64::MIN, i64::MAX);

/// The types that parameters may have, and what each is read from.
const TYPES: [(Type, &str, Reading, bool); 28] = [
    (Type::TEXT, "text", Reading::Text, false),
    (Type::VARCHAR, "varchar", Reading::Text, false),
    (Type::BPCHAR, "bpchar", Reading::Text, false),
    (Type::INT2, "smallint", SMALL, false),
    (Type::INT4, "integer", MIDDLE, false),
    (Type::INT8, "bigint", LARGE, false),
    (Type::FLOAT4, "real", Reading::Float, false),
    (Type::FLOAT8, "double precision", Reading::Float, false),
    (Type::NUMERIC, "numeric", Reading::Decimal, false),
    (Type::BOOL, "boolean", Reading::Bool, false),
    (Type::TIMESTAMPTZ, "timestamptz", Reading::Instant, false),
    (Type::TIMESTAMP, "timestamp", Reading::Other, false),
    (Type::DATE, "date", Reading::Day, false),
    (Type::TIME, "time", Reading::Other, false),
    (Type::INTERVAL, "interval", Reading::Other, false),
    (Type::UUID, "uuid", Reading::Other, false),
    (Type::JSON, "json", Reading::Json, false),
    (Type::JSONB, "jsonb", Reading::Json, false),
    (Type::TEXT_ARRAY, "text[]", Reading::Text, true),
    (Type::VARCHAR_ARRAY, "varchar[]", Reading::Text, true),
    (Type::INT4_ARRAY, "integer[]", MIDDLE, true),
    (Type::INT8_ARRAY, "bigint[]", LARGE, true),
    (Type::FLOAT8_ARRAY, "double precision[]", Reading::Float, true),
    (Type::NUMERIC_ARRAY, "numeric[]", Reading::Decimal, true),
    (Type::BOOL_ARRAY, "boolean[]", Reading::Bool, true),
    (Type::TIMESTAMPTZ_ARRAY, "timestamptz[]", Reading::Instant, true),
    (Type::DATE_ARRAY, "date[]", Reading::Day, true),
    (Type::UUID_ARRAY, "uuid[]", Reading::Other, true),
];

/// The type of each parameter.
///
/// # Errors
/// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) for one of a type that JSON is not read as.
pub(super) fn param_types(inferred: &[Type]) -> Result<Vec<ParamType>> {
    let typed = inferred.iter().enumerate().map(|(at, wanted)| {
        let known = TYPES.iter().find(|(known, ..)| known == wanted);
        known.map(|(_, name, reading, is_array)| ParamType { name, reading: *reading, is_array: *is_array }).ok_or_else(
            || {
                Error::invalid(format!("the parameter `${}` would be of the type `{}`", at + 1, wanted.name()))
                    .hint(format!("give it as a text and cast it: `(${}::text)::{}`", at + 1, wanted.name()))
            },
        )
    });
    typed.collect()
}

/// The parameters as the texts that PostgreSQL reads them from; none for `null`.
///
/// # Errors
/// [`InvalidInput`](udal_core::ErrorKind::InvalidInput), with each that is not of its type.
pub(super) fn param_texts(types: &[ParamType], params: &[Json]) -> Result<Vec<Option<String>>> {
    let mut wrong = Vec::new();
    let mut texts = Vec::new();
    for (at, (wanted, json)) in types.iter().zip(params).enumerate() {
        match text_of(*wanted, json) {
            Ok(text) => texts.push(text),
            Err((code, what)) => wrong.push(FieldError::new(format!("params[{at}]"), code, what)),
        }
    }
    if wrong.is_empty() { Ok(texts) } else { Err(Error::fields("some parameters do not fit the statement", wrong)) }
}

type Problem = (&'static str, String);

fn text_of(wanted: ParamType, json: &Json) -> std::result::Result<Option<String>, Problem> {
    let read = match (wanted.is_array, json) {
        (_, Json::Null) => return Ok(None),
        (false, one) => element(wanted.reading, one),
        (true, Json::Array(elements)) => array(wanted.reading, elements),
        (true, _) => None,
    };
    match read {
        Some(text) if text.contains('\0') => Err(("not_allowed", "it holds U+0000, which no record does".to_owned())),
        Some(text) => Ok(Some(text)),
        None => {
            let of = if wanted.is_array { "an array of " } else { "" };
            Err(("wrong_type", format!("the statement takes {of}{} here", described(wanted.reading))))
        }
    }
}

fn element(reading: Reading, json: &Json) -> Option<String> {
    match (reading, json) {
        (Reading::Text | Reading::Other, Json::String(text)) => Some(text.clone()),
        (Reading::Int(low, high), Json::Number(number)) => {
            number.as_i64().filter(|number| (low..=high).contains(number)).map(|number| number.to_string())
        }
        (Reading::Float, Json::Number(number)) => Some(number.to_string()),
        (Reading::Decimal, Json::Number(number)) => Some(number.to_string()),
        (Reading::Decimal, Json::String(text)) => Decimal::parse(text).ok().map(|number| number.to_string()),
        (Reading::Bool, Json::Bool(truth)) => Some(truth.to_string()),
        (Reading::Instant, Json::String(text)) => Some(Timestamp::parse(text).ok()?.text().as_str().to_owned()),
        (Reading::Day, Json::String(text)) => Some(Date::parse(text).ok()?.text().as_str().to_owned()),
        (Reading::Json, json) => Some(json.to_string()),
        _ => None,
    }
}

/// An array as PostgreSQL reads it from text: each element in quotes.
fn array(reading: Reading, elements: &[Json]) -> Option<String> {
    let mut text = String::from("{");
    for (at, json) in elements.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        if json.is_null() {
            text.push_str("NULL");
            continue;
        }
        text.push('"');
        for c in element(reading, json)?.chars() {
            if matches!(c, '"' | '\\') {
                text.push('\\');
            }
            text.push(c);
        }
        text.push('"');
    }
    text.push('}');
    Some(text)
}

fn described(reading: Reading) -> &'static str {
    match reading {
        Reading::Text | Reading::Other => "a text",
        Reading::Int(..) if reading == SMALL => "an integer of 16 bits",
        Reading::Int(..) if reading == MIDDLE => "an integer of 32 bits",
        Reading::Int(..) => "an integer of 64 bits",
        Reading::Float => "a number",
        Reading::Decimal => "a number, or the text of one",
        Reading::Bool => "true or false",
        Reading::Instant => "an instant such as `2024-05-01T12:00:00Z`",
        Reading::Day => "a day such as `2024-05-01`",
        Reading::Json => "any JSON",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn texts(types: &[Type], params: &[Json]) -> Result<Vec<Option<String>>> {
        param_texts(&param_types(types)?, params)
    }

    #[test]
    fn each_type_reads_its_json() {
        let types = [Type::INT4, Type::NUMERIC, Type::TIMESTAMPTZ, Type::TEXT_ARRAY, Type::JSONB, Type::TEXT];
        let params = [
            json!(-7),
            json!("1.50"),
            json!("2024-05-01T12:00:00+02:00"),
            json!(["a\"\\", null]),
            json!({"a": 1}),
            json!(null),
        ];
        let read = texts(&types, &params).unwrap();
        let read: Vec<_> = read.iter().map(Option::as_deref).collect();
        assert_eq!(
            read,
            [
                Some("-7"),
                Some("1.5"),
                Some("2024-05-01T10:00:00Z"),
                Some("{\"a\\\"\\\\\",NULL}"),
                Some("{\"a\":1}"),
                None
            ]
        );
    }

    #[test]
    fn what_does_not_fit_is_said_of_each() {
        let error = texts(&[Type::INT4, Type::DATE, Type::BOOL], &[json!(1_u64 << 40), json!("1.5."), json!(true)])
            .unwrap_err();
        let fields: Vec<_> = error.field_errors().iter().map(|field| field.field.as_str()).collect();
        assert_eq!(fields, ["params[0]", "params[1]"]);
        let error = texts(&[Type::TEXT], &[json!("a\0")]).unwrap_err();
        assert_eq!(error.field_errors().first().unwrap().code, "not_allowed");
        assert!(texts(&[Type::REGCLASS], &[json!("a")]).unwrap_err().mend().unwrap().contains("cast it"));
    }
}
