//! Rows as values and records.

use std::error::Error as StdError;
use std::sync::Arc;

use serde_json::Value as Json;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, FromSqlOwned, Type};
use udal_core::model::{FieldType, Model, Scalar, Shape};
use udal_core::record::Record;
use udal_core::value::{Date, Decimal, Timestamp, Value, canonical_json};
use udal_core::{Error, ErrorKind, Result};

use crate::encode::{EPOCH_DAYS, EPOCH_MICROS};

/// Reads a record of `model` from a row with a column for each field, in the order of their positions, decimals as text.
///
/// # Errors
/// [`Internal`](udal_core::ErrorKind::Internal) where the row holds what Udal would not have written.
pub fn read_record(model: &Arc<Model>, row: &Row) -> Result<Record> {
    let fields = model.fields().iter().enumerate();
    let values = fields.map(|(at, field)| read_value(row, at, field.field_type())).collect::<Result<Vec<_>>>()?;
    Ok(Record::new(Arc::clone(model), values))
}

/// Reads the value in column `at`; an array that is empty and a set is missing.
///
/// # Errors
/// [`Internal`](udal_core::ErrorKind::Internal) where the column holds what Udal would not have written.
pub fn read_value(row: &Row, at: usize, field_type: &FieldType) -> Result<Option<Value>> {
    match field_type.scalar {
        Scalar::Str | Scalar::Enum(_) | Scalar::Ref(_) => read::<Text>(row, at, field_type),
        Scalar::Int => read::<Int>(row, at, field_type),
        Scalar::Float => read::<Float>(row, at, field_type),
        Scalar::Bool => read::<Bool>(row, at, field_type),
        Scalar::DateTime => read::<Instant>(row, at, field_type),
        Scalar::Date => read::<Day>(row, at, field_type),
        Scalar::Decimal => read::<Number>(row, at, field_type),
        Scalar::Json => read::<Document>(row, at, field_type),
    }
}

/// Whether `id` can be one that was written: PostgreSQL keeps no U+0000, and refuses to be asked for it.
pub fn can_be_id(id: &str) -> bool {
    !id.contains('\0')
}

/// Reads the text in column `at`.
///
/// # Errors
/// [`Internal`](udal_core::ErrorKind::Internal) where it holds something else.
pub fn read_text(row: &Row, at: usize) -> Result<String> {
    row.try_get::<_, String>(at).map_err(Error::internal)
}

/// A column that holds what the model does not say: the model was changed and the table was not.
pub(crate) fn misfit(row: &Row, at: usize, cause: tokio_postgres::Error) -> Error {
    let column = row.columns().get(at).map(|column| column.name()).unwrap_or_default().to_owned();
    Error::new(ErrorKind::Unsupported, format!("the column `{column}` does not fit the model any more"))
        .hint("change the model back, or the table by hand")
        .cause(cause)
}

fn read<T: FromSqlOwned + Into<Value>>(row: &Row, at: usize, field_type: &FieldType) -> Result<Option<Value>> {
    let values = |elements: Vec<T>| elements.into_iter().map(Into::into).collect::<Vec<Value>>();
    match field_type.shape {
        Shape::One => Ok(row.try_get::<_, Option<T>>(at).map_err(|cause| misfit(row, at, cause))?.map(Into::into)),
        Shape::Set => Ok(row
            .try_get::<_, Option<Vec<T>>>(at)
            .map_err(|cause| misfit(row, at, cause))?
            .and_then(|e| Value::set(values(e)))),
        Shape::List => Ok(row
            .try_get::<_, Option<Vec<T>>>(at)
            .map_err(|cause| misfit(row, at, cause))?
            .map(|e| Value::List(values(e)))),
    }
}

type Read<T> = std::result::Result<T, Box<dyn StdError + Sync + Send>>;

/// Gives a type of one element its reading from bytes and its value.
macro_rules! element {
    ($name:ident, $($accepted:ident)|+, $read:expr) => {
        struct $name(Value);

        impl From<$name> for Value {
            fn from(element: $name) -> Value {
                element.0
            }
        }

        impl<'a> FromSql<'a> for $name {
            fn from_sql(ty: &Type, raw: &'a [u8]) -> Read<Self> {
                let read: fn(&Type, &'a [u8]) -> Read<Value> = $read;
                read(ty, raw).map($name)
            }

            fn accepts(ty: &Type) -> bool {
                [$(Type::$accepted),+].contains(ty)
            }
        }
    };
}

element!(Text, TEXT | VARCHAR | BPCHAR, |_, raw| Ok(Value::Str(std::str::from_utf8(raw)?.to_owned())));
element!(Int, INT8, |ty, raw| Ok(Value::Int(i64::from_sql(ty, raw)?)));
element!(Float, FLOAT8, |ty, raw| match f64::from_sql(ty, raw)? {
    number if number.is_finite() => Ok(Value::Float(number + 0.0)),
    _ => Err("a number that is not finite".into()),
});
element!(Bool, BOOL, |ty, raw| Ok(Value::Bool(bool::from_sql(ty, raw)?)));
element!(Instant, TIMESTAMPTZ, |_, raw| {
    let micros = i64::from_be_bytes(raw.try_into()?).checked_add(EPOCH_MICROS).and_then(Timestamp::from_micros);
    micros.map(Value::DateTime).ok_or_else(|| "an instant outside the years 1 to 9999".into())
});
element!(Day, DATE, |_, raw| {
    let days = i32::from_be_bytes(raw.try_into()?).checked_add(EPOCH_DAYS).and_then(Date::from_days);
    days.map(Value::Date).ok_or_else(|| "a day outside the years 1 to 9999".into())
});
element!(Number, TEXT, |_, raw| Ok(Value::Decimal(Decimal::parse(std::str::from_utf8(raw)?)?)));
element!(Document, JSONB, |_, raw| match raw.split_first() {
    Some((1, text)) => Ok(Value::Json(canonical_json(serde_json::from_slice::<Json>(text)?))),
    _ => Err("a form of jsonb that is not known".into()),
});
