//! Values in PostgreSQL's binary form.

use std::error::Error as StdError;

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};
use udal_core::value::Value;
use udal_sql::{BaseType, Param, SqlType};

use crate::numeric;

/// 2000-01-01T00:00:00Z, from where PostgreSQL counts, in microseconds since 1970.
pub(crate) const EPOCH_MICROS: i64 = 946_684_800_000_000;
/// The same in days.
pub(crate) const EPOCH_DAYS: i32 = 10_957;

/// The driver's name of a type.
pub(crate) fn driver_type(sql_type: SqlType) -> Type {
    match (sql_type.base, sql_type.is_array) {
        (BaseType::Text, false) => Type::TEXT,
        (BaseType::Int8, false) => Type::INT8,
        (BaseType::Float8, false) => Type::FLOAT8,
        (BaseType::Bool, false) => Type::BOOL,
        (BaseType::Timestamptz, false) => Type::TIMESTAMPTZ,
        (BaseType::Date, false) => Type::DATE,
        (BaseType::Numeric, false) => Type::NUMERIC,
        (BaseType::Jsonb, false) => Type::JSONB,
        (BaseType::Text, true) => Type::TEXT_ARRAY,
        (BaseType::Int8, true) => Type::INT8_ARRAY,
        (BaseType::Float8, true) => Type::FLOAT8_ARRAY,
        (BaseType::Bool, true) => Type::BOOL_ARRAY,
        (BaseType::Timestamptz, true) => Type::TIMESTAMPTZ_ARRAY,
        (BaseType::Date, true) => Type::DATE_ARRAY,
        (BaseType::Numeric, true) => Type::NUMERIC_ARRAY,
        (BaseType::Jsonb, true) => Type::JSONB_ARRAY,
    }
}

/// A parameter as the driver takes it.
#[derive(Debug)]
pub(crate) struct Bound<'a>(pub(crate) &'a Param);

impl ToSql for Bound<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match &self.0.value {
            None => Ok(IsNull::Yes),
            Some(value) => {
                encode(self.0.sql_type, value, out)?;
                Ok(IsNull::No)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Binary
    }

    to_sql_checked!();
}

/// A value that is not of the type of its column: a fault of the program, which the log names.
#[derive(Debug)]
struct WrongType(SqlType);

impl std::fmt::Display for WrongType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a value does not fit {}", self.0.name())
    }
}

impl StdError for WrongType {}

type Encoded = Result<(), Box<dyn StdError + Sync + Send>>;

/// Writes `value`, which is of `sql_type`, in binary.
pub(crate) fn encode(sql_type: SqlType, value: &Value, out: &mut BytesMut) -> Encoded {
    match (sql_type.is_array, value) {
        (true, Value::Set(elements) | Value::List(elements)) => array(sql_type, elements, out),
        (true, _) => Err(Box::new(WrongType(sql_type))),
        (false, one) => element(sql_type, one, out),
    }
}

fn element(sql_type: SqlType, value: &Value, out: &mut BytesMut) -> Encoded {
    match (sql_type.base, value) {
        (BaseType::Text, Value::Str(text)) => out.put_slice(text.as_bytes()),
        (BaseType::Int8, Value::Int(number)) => out.put_i64(*number),
        (BaseType::Float8, Value::Float(number)) => out.put_f64(*number),
        (BaseType::Bool, Value::Bool(truth)) => out.put_u8(u8::from(*truth)),
        (BaseType::Timestamptz, Value::DateTime(at)) => out.put_i64(at.as_micros() - EPOCH_MICROS),
        (BaseType::Date, Value::Date(day)) => out.put_i32(day.as_days() - EPOCH_DAYS),
        (BaseType::Numeric, Value::Decimal(number)) => numeric::encode(&number.to_string(), out),
        (BaseType::Jsonb, Value::Json(json)) => {
            out.put_u8(1);
            serde_json::to_writer(out.writer(), json)?;
        }
        _ => return Err(Box::new(WrongType(sql_type))),
    }
    Ok(())
}

fn array(sql_type: SqlType, elements: &[Value], out: &mut BytesMut) -> Encoded {
    let one = SqlType::one(sql_type.base);
    out.put_i32(i32::from(!elements.is_empty()));
    out.put_i32(0);
    out.put_u32(driver_type(one).oid());
    if elements.is_empty() {
        return Ok(());
    }
    out.put_i32(i32::try_from(elements.len())?);
    out.put_i32(1);
    for value in elements {
        with_length(out, |out| element(one, value, out))?;
    }
    Ok(())
}

/// Writes what `body` writes, with its length before it.
pub(crate) fn with_length(out: &mut BytesMut, body: impl FnOnce(&mut BytesMut) -> Encoded) -> Encoded {
    let at = out.len();
    out.put_i32(0);
    body(out)?;
    let length = i32::try_from(out.len() - at - 4)?;
    if let Some(place) = out.get_mut(at..at + 4) {
        place.copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}
