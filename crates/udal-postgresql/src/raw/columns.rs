//! The columns of an answer: PostgreSQL's types as Udal's.

use std::collections::BTreeSet;

use tokio_postgres::Row;
use tokio_postgres::types::Type;
use udal_core::model::{FieldType, Scalar, Shape};
use udal_core::shorten;
use udal_core::value::Value;
use udal_core::{Error, ErrorKind, Result};
use udal_pgpool::read_value;
use udal_query::Column;
use udal_sql::raw::AnswerColumn;

/// The types that an answer may have: as PostgreSQL names them, what they are read as, and what they are.
const TYPES: [(Type, &str, Option<&str>, Scalar, Shape); 23] = [
    (Type::TEXT, "text", None, Scalar::Str, Shape::One),
    (Type::VARCHAR, "varchar", None, Scalar::Str, Shape::One),
    (Type::BPCHAR, "bpchar", None, Scalar::Str, Shape::One),
    (Type::UUID, "uuid", Some("text"), Scalar::Str, Shape::One),
    (Type::INT2, "smallint", Some("bigint"), Scalar::Int, Shape::One),
    (Type::INT4, "integer", Some("bigint"), Scalar::Int, Shape::One),
    (Type::INT8, "bigint", None, Scalar::Int, Shape::One),
    (Type::FLOAT4, "real", Some("double precision"), Scalar::Float, Shape::One),
    (Type::FLOAT8, "double precision", None, Scalar::Float, Shape::One),
    (Type::NUMERIC, "numeric", Some("text"), Scalar::Decimal, Shape::One),
    (Type::BOOL, "boolean", None, Scalar::Bool, Shape::One),
    (Type::TIMESTAMPTZ, "timestamptz", None, Scalar::DateTime, Shape::One),
    (Type::DATE, "date", None, Scalar::Date, Shape::One),
    (Type::JSON, "json", Some("jsonb"), Scalar::Json, Shape::One),
    (Type::JSONB, "jsonb", None, Scalar::Json, Shape::One),
    (Type::TEXT_ARRAY, "text[]", None, Scalar::Str, Shape::List),
    (Type::INT4_ARRAY, "integer[]", Some("bigint[]"), Scalar::Int, Shape::List),
    (Type::INT8_ARRAY, "bigint[]", None, Scalar::Int, Shape::List),
    (Type::FLOAT8_ARRAY, "double precision[]", None, Scalar::Float, Shape::List),
    (Type::NUMERIC_ARRAY, "numeric[]", Some("text[]"), Scalar::Decimal, Shape::List),
    (Type::BOOL_ARRAY, "boolean[]", None, Scalar::Bool, Shape::List),
    (Type::TIMESTAMPTZ_ARRAY, "timestamptz[]", None, Scalar::DateTime, Shape::List),
    (Type::DATE_ARRAY, "date[]", None, Scalar::Date, Shape::List),
];

/// The columns as they are answered, and as they are read.
///
/// # Errors
/// [`InvalidInput`](ErrorKind::InvalidInput) for two of one name, and for one of a type that has no place in an answer, with
/// the cast that mends it.
pub(super) fn answer_columns(described: &[(String, Type)]) -> Result<(Vec<Column>, Vec<AnswerColumn>)> {
    let mut names = BTreeSet::new();
    let (mut columns, mut answered) = (Vec::new(), Vec::new());
    for (name, given) in described {
        if !names.insert(name.as_str()) {
            return Err(Error::invalid(format!("two columns of the answer are called `{}`", shorten(name)))
                .hint("give each a name of its own: `… AS name`"));
        }
        let Some((_, given, read_as, scalar, shape)) = TYPES.iter().find(|(known, ..)| known == given) else {
            return Err(not_answered(name, given));
        };
        let field_type = FieldType { scalar: scalar.clone(), shape: *shape, optional: *shape == Shape::One };
        columns.push(Column::new(name, field_type));
        answered.push(AnswerColumn { given, read_as: *read_as });
    }
    if columns.is_empty() {
        return Err(Error::invalid("the answer has no columns").hint("select at least one"));
    }
    Ok((columns, answered))
}

fn not_answered(name: &str, given: &Type) -> Error {
    let shown = shorten(name);
    let kind = if Type::from_oid(given.oid()).is_some() { given.name() } else { "row" };
    let hint = match *given {
        Type::TIMESTAMP => "say of which time zone it is: `… AT TIME ZONE 'UTC'`".to_owned(),
        Type::INTERVAL => "cast it, `…::text`, or count its seconds: `extract(epoch FROM …)`".to_owned(),
        _ if kind == "row" || *given == Type::RECORD => "select its columns, or `to_jsonb(…)` of it".to_owned(),
        _ => "cast it: `…::text`".to_owned(),
    };
    Error::invalid(format!("the column `{shown}` is of the type `{kind}`, which has no place in an answer")).hint(hint)
}

/// Reads a row of these columns.
///
/// # Errors
/// [`Unsupported`](ErrorKind::Unsupported) for a value that has no form in an answer.
pub(super) fn read_row(columns: &[Column], row: &Row) -> Result<Vec<Option<Value>>> {
    let values = columns.iter().enumerate().map(|(at, column)| {
        let value = read_value(row, at, &column.kind.field_type()).map_err(|cause| {
            let message = format!("the column `{}` has a value that has no form in an answer", shorten(&column.name));
            Error::new(ErrorKind::Unsupported, message)
                .hint("such are NaN, infinity, times outside the years 1 to 9999, and arrays with NULL: cast it, or leave it out")
                .cause(cause)
        });
        // JSON's own `null` is a missing value, here as in records.
        value.map(|value| value.filter(|value| *value != Value::Json(serde_json::Value::Null)))
    });
    values.collect()
}
