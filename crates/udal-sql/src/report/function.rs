//! What is measured, as SQL.

use udal_core::filter::Predicate;
use udal_core::model::{Field, Scalar};
use udal_core::value::Value;
use udal_query::report::{Function, Timed};

use crate::{BaseType, Layout, Param, Sql, SqlType, write_predicate};

/// Writes a function over the rows of `layout` for which `filter` is true.
pub(super) fn write_function(sql: &mut Sql, layout: &dyn Layout, function: &Function, filter: &Predicate) {
    match function {
        Function::Rows => {
            sql.push("count(*)");
        }
        Function::Count(field) => call(sql, layout, "count(", field),
        Function::CountDistinct(field) => call(sql, layout, "count(DISTINCT ", field),
        Function::Sum(field) => call(sql, layout, "sum(", field),
        Function::Mean(field) => call(sql, layout, "avg(", field),
        Function::Deviation(field) => call(sql, layout, "stddev_samp(", field),
        Function::Variance(field) => call(sql, layout, "var_samp(", field),
        Function::Least(field) => call(sql, layout, if is_bool(field) { "bool_and(" } else { "min(" }, field),
        Function::Greatest(field) => call(sql, layout, if is_bool(field) { "bool_or(" } else { "max(" }, field),
        Function::Percentile { fraction, field } => {
            let fraction = Param::new(SqlType::one(BaseType::Float8), Value::Float(*fraction));
            sql.push("percentile_cont(").param(fraction).push(") WITHIN GROUP (ORDER BY ");
            layout.value(sql, field);
            sql.push(if field.field_type().scalar == Scalar::Float { ")" } else { "::double precision)" });
        }
        Function::First(timed) => return edge(sql, layout, timed, "", filter),
        Function::Last(timed) => return edge(sql, layout, timed, " DESC", filter),
    }
    if *filter != Predicate::always() {
        sql.push(" FILTER (WHERE ");
        write_predicate(sql, layout, filter);
        sql.push(")");
    }
}

fn call(sql: &mut Sql, layout: &dyn Layout, opening: &'static str, field: &Field) {
    sql.push(opening);
    layout.value(sql, field);
    sql.push(")");
}

fn is_bool(field: &Field) -> bool {
    field.field_type().scalar == Scalar::Bool
}

/// The value of the first record in time that has one, or of the last.
fn edge(sql: &mut Sql, layout: &dyn Layout, timed: &Timed, direction: &'static str, filter: &Predicate) {
    let Timed { field, time } = timed;
    sql.push("(array_agg(");
    layout.value(sql, field);
    sql.push(" ORDER BY ");
    layout.value(sql, time);
    sql.push(direction).push(", \"id\"").push(direction).push(") FILTER (WHERE ");
    layout.value(sql, field);
    sql.push(" IS NOT NULL");
    if *filter != Predicate::always() {
        sql.push(" AND ");
        write_predicate(sql, layout, filter);
    }
    sql.push("))[1]");
}
