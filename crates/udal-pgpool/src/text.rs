//! Rows as JSON text, without records between: the same bytes that `serde_json` writes of a record.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::sync::Arc;

use serde::Serialize;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};
use udal_core::model::{Field, FieldType, Model, SYSTEM_FIELDS, Scalar, Shape};
use udal_core::value::{Date, Decimal, Timestamp};
use udal_core::{Error, Result};

use crate::decode::{misfit, read_value};
use crate::encode::{EPOCH_DAYS, EPOCH_MICROS};

/// Writes rows with a column for each field of a model, in the order of their positions, decimals as text.
#[derive(Debug)]
pub struct RowWriter {
    members: Vec<Member>,
}

/// A member of the JSON objects that are written.
#[derive(Debug)]
struct Member {
    column: usize,
    /// What stands before the value: `{"id":`, `,"version":`.
    before: Vec<u8>,
    kind: Kind,
    field: Arc<Field>,
}

/// How a value gets from the column's bytes into text.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Text,
    TextSet,
    Int,
    Float,
    Bool,
    DateTime,
    Date,
    Decimal,
    /// By way of a value: what is rare, or has to be sorted by more than bytes.
    Value,
}

impl RowWriter {
    /// A writer of records of `model`.
    ///
    /// # Errors
    /// [`Internal`](udal_core::ErrorKind::Internal) for a name that is no JSON; no field has such.
    pub fn new(model: &Model) -> Result<Self> {
        let fields = model.fields();
        let order = (0..1).chain(SYSTEM_FIELDS..fields.len()).chain(1..SYSTEM_FIELDS);
        let mut members: Vec<Member> = Vec::with_capacity(fields.len());
        for field in order.filter_map(|at| fields.get(at)) {
            let mut before = vec![if members.is_empty() { b'{' } else { b',' }];
            json(&mut before, field.name()).map_err(Error::internal)?;
            before.push(b':');
            let kind = kind_of(field.field_type());
            members.push(Member { column: field.position(), before, kind, field: Arc::clone(field) });
        }
        Ok(RowWriter { members })
    }

    /// Adds the JSON object of `row` to `out`.
    ///
    /// # Errors
    /// [`Unsupported`](udal_core::ErrorKind::Unsupported) where a column holds what the model does not say.
    pub fn write(&self, row: &Row, out: &mut Vec<u8>) -> Result<()> {
        for member in &self.members {
            out.extend_from_slice(&member.before);
            member.write(row, out)?;
        }
        out.push(b'}');
        Ok(())
    }
}

fn kind_of(field_type: &FieldType) -> Kind {
    match (field_type.shape, &field_type.scalar) {
        (Shape::One, Scalar::Str | Scalar::Enum(_) | Scalar::Ref(_)) => Kind::Text,
        (Shape::Set, Scalar::Str | Scalar::Enum(_) | Scalar::Ref(_)) => Kind::TextSet,
        (Shape::One, Scalar::Int) => Kind::Int,
        (Shape::One, Scalar::Float) => Kind::Float,
        (Shape::One, Scalar::Bool) => Kind::Bool,
        (Shape::One, Scalar::DateTime) => Kind::DateTime,
        (Shape::One, Scalar::Date) => Kind::Date,
        (Shape::One, Scalar::Decimal) => Kind::Decimal,
        (Shape::One, Scalar::Json) | (Shape::Set | Shape::List, _) => Kind::Value,
    }
}

impl Member {
    fn write(&self, row: &Row, out: &mut Vec<u8>) -> Result<()> {
        let written = match self.kind {
            Kind::Text => self.one::<Text<'_>>(row, out),
            Kind::Int => self.one::<Int>(row, out),
            Kind::Float => self.one::<Float>(row, out),
            Kind::Bool => self.one::<Bool>(row, out),
            Kind::DateTime => self.one::<Instant>(row, out),
            Kind::Date => self.one::<Day>(row, out),
            Kind::Decimal => self.one::<Number<'_>>(row, out),
            Kind::TextSet => self.text_set(row, out),
            Kind::Value => return self.value(row, out),
        };
        written.map_err(|cause| misfit(row, self.column, cause))
    }

    fn one<'r, T: FromSql<'r> + Written>(&self, row: &'r Row, out: &mut Vec<u8>) -> Cell {
        match row.try_get::<_, Option<T>>(self.column)? {
            Some(value) => value.write(out),
            None => out.extend_from_slice(b"null"),
        }
        Ok(())
    }

    /// A set is answered sorted and without duplicates, also where another program wrote the array.
    fn text_set(&self, row: &Row, out: &mut Vec<u8>) -> Cell {
        let elements = row.try_get::<_, Option<Vec<Text<'_>>>>(self.column)?;
        let mut elements: Vec<&str> = elements.into_iter().flatten().map(|text| text.0).collect();
        elements.sort_unstable();
        elements.dedup();
        out.push(b'[');
        for (at, element) in elements.into_iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            Text(element).write(out);
        }
        out.push(b']');
        Ok(())
    }

    fn value(&self, row: &Row, out: &mut Vec<u8>) -> Result<()> {
        match read_value(row, self.column, self.field.field_type())? {
            Some(value) => json(out, &value).map_err(Error::internal)?,
            None if self.field.field_type().shape == Shape::Set => out.extend_from_slice(b"[]"),
            None => out.extend_from_slice(b"null"),
        }
        Ok(())
    }
}

type Cell = std::result::Result<(), tokio_postgres::Error>;
type Read<T> = std::result::Result<T, Box<dyn StdError + Sync + Send>>;

fn json<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> serde_json::Result<()> {
    serde_json::to_writer(out, value)
}

/// A value of a column that can be written.
trait Written {
    fn write(&self, out: &mut Vec<u8>);
}

struct Text<'a>(&'a str);

impl<'a> FromSql<'a> for Text<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Read<Self> {
        Ok(Text(std::str::from_utf8(raw)?))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::TEXT | Type::VARCHAR | Type::BPCHAR)
    }
}

impl Written for Text<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        let bytes = self.0.as_bytes();
        // Without a branch for each byte, so that many are looked at in one step.
        let must_escape =
            bytes.iter().fold(false, |any, byte| any | (*byte < b' ') | (*byte == b'"') | (*byte == b'\\'));
        if must_escape {
            // A vector takes all that is written to it.
            let _written = json(out, self.0);
        } else {
            push_quoted(self.0, out);
        }
    }
}

/// Gives a type of a column its reading from bytes and its writing as JSON.
macro_rules! written {
    ($name:ident($inner:ty), $accepted:ident, $read:expr, $write:expr) => {
        struct $name($inner);

        impl<'a> FromSql<'a> for $name {
            fn from_sql(ty: &Type, raw: &'a [u8]) -> Read<Self> {
                let read: fn(&Type, &'a [u8]) -> Read<$inner> = $read;
                read(ty, raw).map($name)
            }

            fn accepts(ty: &Type) -> bool {
                *ty == Type::$accepted
            }
        }

        impl Written for $name {
            fn write(&self, out: &mut Vec<u8>) {
                let write: fn(&$inner, &mut Vec<u8>) = $write;
                write(&self.0, out);
            }
        }
    };
}

fn push_number<T: Serialize>(number: &T, out: &mut Vec<u8>) {
    // A vector takes all that is written to it.
    let _written = json(out, number);
}

fn push_quoted(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

written!(Int(i64), INT8, |ty, raw| i64::from_sql(ty, raw), push_number);
written!(
    Float(f64),
    FLOAT8,
    |ty, raw| match f64::from_sql(ty, raw)? {
        number if number.is_finite() => Ok(number + 0.0),
        _ => Err("a number that is not finite".into()),
    },
    push_number
);
written!(Bool(bool), BOOL, |ty, raw| bool::from_sql(ty, raw), push_number);
written!(
    Instant(Timestamp),
    TIMESTAMPTZ,
    |_, raw| {
        let micros = i64::from_be_bytes(raw.try_into()?).checked_add(EPOCH_MICROS).and_then(Timestamp::from_micros);
        micros.ok_or_else(|| "an instant outside the years 1 to 9999".into())
    },
    |at, out| push_quoted(at.text().as_str(), out)
);
written!(
    Day(Date),
    DATE,
    |_, raw| {
        let days = i32::from_be_bytes(raw.try_into()?).checked_add(EPOCH_DAYS).and_then(Date::from_days);
        days.ok_or_else(|| "a day outside the years 1 to 9999".into())
    },
    |day, out| push_quoted(day.text().as_str(), out)
);

/// A decimal, of which a column gives the text.
struct Number<'a>(Cow<'a, str>);

impl<'a> FromSql<'a> for Number<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Read<Self> {
        let text = std::str::from_utf8(raw)?;
        if Decimal::is_canonical(text) {
            return Ok(Number(Cow::Borrowed(text)));
        }
        Ok(Number(Cow::Owned(Decimal::parse(text)?.to_string())))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::TEXT
    }
}

impl Written for Number<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        push_quoted(&self.0, out);
    }
}
