//! Where the fields of a model are kept, as predicates and orders see it.

use udal_core::model::Field;
use udal_core::value::Value;

use crate::{Param, Sql, SqlType, element_type};

/// Says how statements name the value of a field.
pub trait Layout {
    /// Writes the field's value: comparable as the type orders, `NULL` where it is missing.
    fn value(&self, sql: &mut Sql, field: &Field);

    /// A parameter that compares with the field's value, or with one element of it: of the field's own type, unless the layout
    /// keeps it as another.
    fn operand(&self, field: &Field, value: &Value) -> Param {
        Param::new(element_type(field.field_type()), value.clone())
    }

    /// The type of an array of operands.
    fn operands_type(&self, field: &Field) -> SqlType {
        element_type(field.field_type()).array()
    }

    /// Writes a test whether the set or list holds `element`: `NULL` or false where it is missing.
    fn has(&self, sql: &mut Sql, field: &Field, element: &Value) {
        let one = Value::List(vec![element.clone()]);
        self.value(sql, field);
        sql.push(" @> ").param(Param::new(self.operands_type(field), one));
    }

    /// Writes `field = value`; a layout that has a better index for equality writes it so that it is used.
    fn equals(&self, sql: &mut Sql, field: &Field, value: &Value) {
        self.value(sql, field);
        sql.push(" = ").param(self.operand(field, value));
    }
}

/// A column for each field, under the field's own name.
#[derive(Clone, Copy, Debug)]
pub struct Columns;

impl Layout for Columns {
    fn value(&self, sql: &mut Sql, field: &Field) {
        sql.column(field);
    }
}
