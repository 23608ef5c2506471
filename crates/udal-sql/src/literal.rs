//! Values as literals, for the statements that take no parameters.

use udal_core::value::Value;

use crate::{Param, Sql, SqlType};

/// Writes the value of `param` as a literal of its type. Every text goes through [`Sql::literal`].
pub(crate) fn write_literal<'s>(sql: &'s mut Sql, param: &Param) -> &'s mut Sql {
    let Param { sql_type, value } = param;
    match (value, sql_type.is_array) {
        (None, _) => sql.push("NULL"),
        (Some(Value::Set(elements) | Value::List(elements)), true) => {
            let one = SqlType::one(sql_type.base);
            sql.push("ARRAY[").list(elements, |sql, element| {
                write_literal(sql, &Param::new(one, element.clone()));
            });
            sql.push("]")
        }
        (Some(value), _) => match text_of(value) {
            // What PostgreSQL cannot keep compares with nothing: what is asked of it is true of no record.
            text if text.contains('\0') => sql.push("NULL"),
            text => sql.literal(&text),
        },
    };
    sql.push("::").push(sql_type.name())
}

/// The text that PostgreSQL reads as the value.
fn text_of(value: &Value) -> String {
    match value {
        Value::Str(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Bool(truth) => truth.to_string(),
        Value::DateTime(at) => at.text().as_str().to_owned(),
        Value::Date(day) => day.text().as_str().to_owned(),
        Value::Decimal(number) => number.to_string(),
        Value::Json(json) => json.to_string(),
        // Not of its type, and so refused by PostgreSQL.
        Value::Set(_) | Value::List(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use udal_core::value::{Date, Decimal, Timestamp};

    use super::*;
    use crate::BaseType;

    fn literal(sql_type: SqlType, value: impl Into<Option<Value>>) -> String {
        let mut sql = Sql::of_literals();
        sql.param(Param::new(sql_type, value));
        let statement = sql.finish();
        assert!(statement.params.is_empty());
        statement.text
    }

    #[test]
    fn every_type_has_its_literal() {
        let one = SqlType::one;
        for (base, value, text) in [
            (BaseType::Text, Value::from("it's"), "'it''s'::text"),
            (BaseType::Text, Value::from("$1 \"x\" -- /*"), "'$1 \"x\" -- /*'::text"),
            (BaseType::Text, Value::from("\\'; DROP TABLE x; --"), " E'\\\\''; DROP TABLE x; --'::text"),
            (BaseType::Text, Value::from(""), "''::text"),
            (BaseType::Text, Value::from("a\0b"), "NULL::text"),
            (BaseType::Int8, Value::Int(i64::MIN), "'-9223372036854775808'::bigint"),
            (BaseType::Float8, Value::Float(-1.5e-300), "'-1.5e-300'::double precision"),
            (BaseType::Bool, Value::Bool(true), "'true'::boolean"),
            (
                BaseType::Timestamptz,
                Value::DateTime(Timestamp::parse("2024-02-03T04:05:06.000007Z").unwrap()),
                "'2024-02-03T04:05:06.000007Z'::timestamptz",
            ),
            (BaseType::Date, Value::Date(Date::parse("0001-02-03").unwrap()), "'0001-02-03'::date"),
            (BaseType::Numeric, Value::Decimal(Decimal::parse("-12.50").unwrap()), "'-12.5'::numeric"),
            (BaseType::Jsonb, Value::Json(serde_json::json!({"a'": "\\"})), " E'{\"a''\":\"\\\\\\\\\"}'::jsonb"),
        ] {
            assert_eq!(literal(one(base), value), text);
        }
    }

    #[test]
    fn arrays_and_nothing() {
        let texts = SqlType::TEXT.array();
        assert_eq!(
            literal(texts, Value::List(vec!["a'".into(), "{},NULL".into()])),
            "ARRAY['a'''::text, '{},NULL'::text]::text[]"
        );
        assert_eq!(literal(texts, Value::List(Vec::new())), "ARRAY[]::text[]");
        assert_eq!(literal(SqlType::INT8, None), "NULL::bigint");
    }
}
