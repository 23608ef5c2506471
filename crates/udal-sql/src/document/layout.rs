//! Where the fields of a document are: columns for the system fields, members of the body for the declared ones.

use serde_json::{Value as Json, json};
use udal_core::model::{Field, Scalar, Shape};
use udal_core::value::Value;

use super::stored;
use crate::{Columns, Layout, Param, Sql, SqlType, element_type};

/// The layout of documents.
#[derive(Clone, Copy, Debug)]
pub struct Documents;

impl Layout for Documents {
    fn value(&self, sql: &mut Sql, field: &Field) {
        if field.is_system() {
            return Columns.value(sql, field);
        }
        if field.field_type().shape != Shape::One || field.field_type().scalar == Scalar::Json {
            sql.push("(\"body\"->").literal(field.name()).push(")");
            return;
        }
        sql.push("(\"body\"->>").literal(field.name()).push(match field.field_type().scalar {
            Scalar::Int => ")::bigint",
            Scalar::Float => ")::double precision",
            Scalar::Bool => ")::boolean",
            Scalar::Decimal => ")::numeric",
            _ => ") COLLATE \"C\"",
        });
    }

    fn operand(&self, field: &Field, value: &Value) -> Param {
        if !field.is_system() && is_time(field) {
            return Param::text(stored(value).as_str().unwrap_or_default());
        }
        Columns.operand(field, value)
    }

    fn operands_type(&self, field: &Field) -> SqlType {
        let is_text = !field.is_system() && is_time(field);
        if is_text { SqlType::TEXT.array() } else { element_type(field.field_type()).array() }
    }

    fn has(&self, sql: &mut Sql, field: &Field, element: &Value) {
        if field.is_system() {
            return Columns.has(sql, field, element);
        }
        contains(sql, field, json!([stored(element)]));
    }

    /// Equality of what JSON keeps exactly asks whether the body contains the member, which its index answers.
    fn equals(&self, sql: &mut Sql, field: &Field, value: &Value) {
        let is_exact = matches!(
            field.field_type().scalar,
            Scalar::Str
                | Scalar::Enum(_)
                | Scalar::Ref(_)
                | Scalar::Int
                | Scalar::Bool
                | Scalar::Date
                | Scalar::DateTime
        );
        if field.is_system() || !is_exact {
            self.value(sql, field);
            sql.push(" = ").param(self.operand(field, value));
            return;
        }
        contains(sql, field, stored(value));
    }
}

/// Writes a test whether the body contains a member of the field's name with `value`, or an array with its elements.
///
/// The index on the body answers it, which it does not for a test of the member alone.
fn contains(sql: &mut Sql, field: &Field, value: Json) {
    let member: Json = Json::Object([(field.name().to_owned(), value)].into_iter().collect());
    sql.push("\"body\" @> ").param(Param::new(SqlType::JSONB, Value::Json(member)));
}

fn is_time(field: &Field) -> bool {
    matches!(field.field_type().scalar, Scalar::DateTime | Scalar::Date)
}
