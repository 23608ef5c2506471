//! Casts between the types of columns that give every value back, or are found not to.

use udal_core::model::Field;
use udal_core::value::Decimal;

use crate::{BaseType, Sql, SqlType};

/// A way from one type to another, and back.
pub(super) struct Cast {
    forth: [&'static str; 2],
    back: [&'static str; 2],
}

impl Cast {
    /// Writes the field's value as the new type.
    pub(super) fn forth(&self, sql: &mut Sql, field: &Field) {
        let [before, after] = self.forth;
        sql.push(before).column(field).push(after);
    }

    /// Writes the field's value, cast to the new type and back.
    pub(super) fn back(&self, sql: &mut Sql, field: &Field) {
        let [before, after] = self.back;
        sql.push(before);
        self.forth(sql, field);
        sql.push(after);
    }
}

/// The cast from one type to another, where one is known.
///
/// Numbers go by way of text where the direct cast rounds; instants are days only in UTC.
pub(super) fn cast(from: SqlType, to: SqlType) -> Option<Cast> {
    use BaseType::{Bool, Date, Float8, Int8, Jsonb, Numeric, Text, Timestamptz};
    let between = |forth, back| Some(Cast { forth, back });
    if from.base == to.base && from.base != Jsonb {
        return match (from.is_array, to.is_array) {
            (false, true) => one_to_many(from.base),
            (true, false) => many_to_one(from.base),
            _ => None,
        };
    }
    if from.is_array || to.is_array {
        return None;
    }
    match (from.base, to.base) {
        (Text, Int8) => between(["(", ")::bigint"], ["(", ")::text"]),
        (Text, Float8) => between(["(", ")::double precision"], ["(", ")::text"]),
        (Text, Numeric) => between(["(", ")::numeric"], ["(", ")::text"]),
        (Text, Bool) => between(["(", ")::boolean"], ["(", ")::text"]),
        (Text, Date) => between(["(", ")::date"], ["to_char(", ", 'YYYY-MM-DD')"]),
        (Int8, Text) => between(["(", ")::text"], ["(", ")::bigint"]),
        (Float8, Text) => between(["(", ")::text"], ["(", ")::double precision"]),
        (Numeric, Text) => between(["(", ")::text"], ["(", ")::numeric"]),
        (Bool, Text) => between(["(", ")::text"], ["(", ")::boolean"]),
        (Date, Text) => between(["to_char(", ", 'YYYY-MM-DD')"], ["(", ")::date"]),
        (Int8, Float8) => between(["(", ")::double precision"], ["((", ")::numeric)::bigint"]),
        (Int8, Numeric) => between(["(", ")::numeric"], ["(", ")::bigint"]),
        (Float8, Int8) => between(["(", ")::bigint"], ["(", ")::double precision"]),
        (Float8, Numeric) => between(["(", ")::text::numeric"], ["(", ")::double precision"]),
        (Numeric, Int8) => between(["(", ")::bigint"], ["(", ")::numeric"]),
        (Numeric, Float8) => between(["(", ")::double precision"], ["(", ")::text::numeric"]),
        (Date, Timestamptz) => between(["(", "::timestamp AT TIME ZONE 'UTC')"], ["(", " AT TIME ZONE 'UTC')::date"]),
        (Timestamptz, Date) => between(["(", " AT TIME ZONE 'UTC')::date"], ["(", "::timestamp AT TIME ZONE 'UTC')"]),
        (Text, Jsonb) => between(["to_jsonb(", ")"], ["(", " #>> '{}')"]),
        (Int8, Jsonb) => between(["to_jsonb(", ")"], ["(", " #>> '{}')::bigint"]),
        (Bool, Jsonb) => between(["to_jsonb(", ")"], ["(", " #>> '{}')::boolean"]),
        _ => None,
    }
}

/// Adds which values the database's type takes and Udal's does not: numbers that are not finite, decimals of too many digits,
/// days and instants outside the years 1 to 9999. What is missing is none of them.
///
/// An array is made of a value of the same type only, which is within it already.
pub(super) fn beyond_range(sql: &mut Sql, field: &Field, to: SqlType, cast: &Cast) {
    if to.is_array {
        return;
    }
    let mut value = |before, after| {
        sql.push(before);
        cast.forth(sql, field);
        sql.push(after);
    };
    match to.base {
        // Both databases' types of numbers sort `NaN` above everything.
        BaseType::Float8 => value(" OR abs(", ") >= 'Infinity'"),
        BaseType::Numeric => {
            value(" OR abs(", ") >= 'Infinity'");
            value(" OR length(translate((", ")::text, '-.', '')) > ");
            sql.literal(&Decimal::MAX_DIGITS.to_string());
        }
        BaseType::Date => value(" OR ", " NOT BETWEEN '0001-01-01' AND '9999-12-31'"),
        BaseType::Timestamptz => {
            value(" OR ", " NOT BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999999+00'");
        }
        BaseType::Text | BaseType::Int8 | BaseType::Bool | BaseType::Jsonb => {}
    }
}

/// One value as an array of it; a missing one stays missing.
fn one_to_many(base: BaseType) -> Option<Cast> {
    Some(Cast { forth: array_of(base)?, back: ["(", ")[1]"] })
}

/// The one element of an array; an array of more does not come back the same.
fn many_to_one(base: BaseType) -> Option<Cast> {
    Some(Cast { forth: ["(", ")[1]"], back: array_of(base)? })
}

fn array_of(base: BaseType) -> Option<[&'static str; 2]> {
    Some(match base {
        BaseType::Text => ["NULLIF(ARRAY[", "], ARRAY[NULL::text])"],
        BaseType::Int8 => ["NULLIF(ARRAY[", "], ARRAY[NULL::bigint])"],
        BaseType::Float8 => ["NULLIF(ARRAY[", "], ARRAY[NULL::double precision])"],
        BaseType::Bool => ["NULLIF(ARRAY[", "], ARRAY[NULL::boolean])"],
        BaseType::Timestamptz => ["NULLIF(ARRAY[", "], ARRAY[NULL::timestamptz])"],
        BaseType::Date => ["NULLIF(ARRAY[", "], ARRAY[NULL::date])"],
        BaseType::Numeric => ["NULLIF(ARRAY[", "], ARRAY[NULL::numeric])"],
        BaseType::Jsonb => return None,
    })
}
