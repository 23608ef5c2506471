//! Predicates as conditions of a statement.
//!
//! It starts from [`Normal`], where negation has been pushed down, so that SQL's third truth value, unknown, can only
//! stand where false would: a row is answered when the condition is true, and unknown is not.

use udal_core::filter::{Comparison, Normal, Predicate, Test};
use udal_core::model::Field;
use udal_core::value::Value;

use crate::{Layout, Param, Sql};

/// Writes `predicate` as a condition.
pub fn write_predicate(sql: &mut Sql, layout: &dyn Layout, predicate: &Predicate) {
    write(sql, layout, &predicate.normal());
}

fn write(sql: &mut Sql, layout: &dyn Layout, normal: &Normal) {
    match normal {
        Normal::All(parts) => group(sql, layout, parts, " AND ", "true"),
        Normal::Any(parts) => group(sql, layout, parts, " OR ", "false"),
        Normal::Missing(field) => {
            layout.value(sql, field);
            sql.push(" IS NULL");
        }
        Normal::Present(field) => present(sql, layout, field),
        Normal::Holds(field, test) => holds(sql, layout, field, test),
        Normal::Fails(field, test) => {
            sql.push("NOT (");
            holds(sql, layout, field, test);
            sql.push(")");
        }
    }
}

fn group(sql: &mut Sql, layout: &dyn Layout, parts: &[Normal], separator: &'static str, empty: &'static str) {
    match parts {
        [] => {
            sql.push(empty);
        }
        [one] => write(sql, layout, one),
        many => {
            sql.push("(").joined(separator, many, |sql, part| write(sql, layout, part)).push(")");
        }
    }
}

fn present(sql: &mut Sql, layout: &dyn Layout, field: &Field) {
    layout.value(sql, field);
    sql.push(" IS NOT NULL");
}

fn holds(sql: &mut Sql, layout: &dyn Layout, field: &Field, test: &Test) {
    match test {
        Test::Compare(Comparison::Equal, value) => layout.equals(sql, field, value),
        Test::Compare(comparison, value) => {
            layout.value(sql, field);
            sql.push(operator(*comparison)).param(layout.operand(field, value));
        }
        Test::In(values) => match values.as_ref() {
            [] => {
                sql.push("false");
            }
            [one] => layout.equals(sql, field, one),
            many => listed(sql, layout, field, " = ANY (", many),
        },
        // `NULL <> ALL ('{}')` is true: a missing value must not pass.
        Test::NotIn(values) if values.is_empty() => present(sql, layout, field),
        Test::NotIn(values) => listed(sql, layout, field, " <> ALL (", values),
        Test::Contains(part) => {
            sql.push("strpos(");
            layout.value(sql, field);
            sql.push(", ").param(Param::text(part)).push(") > 0");
        }
        Test::StartsWith(part) => {
            layout.value(sql, field);
            sql.push(" ^@ ").param(Param::text(part));
        }
        Test::Has(element) => layout.has(sql, field, element),
        Test::Missing => {
            layout.value(sql, field);
            sql.push(" IS NULL");
        }
        Test::Present => present(sql, layout, field),
    }
}

fn listed(sql: &mut Sql, layout: &dyn Layout, field: &Field, operator: &'static str, values: &[Value]) {
    let operands = values.iter().filter_map(|value| layout.operand(field, value).value).collect();
    layout.value(sql, field);
    sql.push(operator).param(Param::new(layout.operands_type(field), Value::List(operands))).push(")");
}

/// How a comparison is written between two values.
pub(crate) fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => " = ",
        Comparison::NotEqual => " <> ",
        Comparison::Less => " < ",
        Comparison::LessOrEqual => " <= ",
        Comparison::Greater => " > ",
        Comparison::GreaterOrEqual => " >= ",
    }
}
