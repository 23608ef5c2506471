//! Records with what is worked out of their neighbours.

use udal_core::filter::Predicate;
use udal_core::order::Term;
use udal_query::report::{Frame, FrameUnit, Window, WindowColumn, WindowFunction};

use super::function::write_function;
use super::{Answer, answer_columns, limit_answer, order_answer};
use crate::table::{Target, missing_below};
use crate::{Columns, Layout, Param, Sql, Statement, write_predicate};

/// Answers the records in `reach` with their window functions: the neighbours are those in reach, too.
pub fn window(target: Target<'_>, op: &Window, reach: &Predicate) -> Statement {
    let mut sql = Sql::new();
    let columns = op.columns();
    sql.push("SELECT ");
    answer_columns(&mut sql, &columns);
    sql.push(" FROM (SELECT ").list(&op.select, |sql, field| {
        match field.mask() {
            Some(mask) => {
                sql.param(Param::text(mask));
            }
            None => Columns.value(sql, field),
        }
        sql.push(" AS ").name(field.name());
    });
    for column in &op.windows {
        sql.push(", ");
        write_window(&mut sql, column);
        sql.push(" AS ").name(&column.name);
    }
    if op.order.is_some() {
        sql.push(", \"id\" AS \"$id\"");
    }
    sql.push(" FROM ").name(target.table_name()).push(" WHERE ");
    write_predicate(&mut sql, &Columns, &reach.clone().and(op.filter.clone()));
    sql.push(") AS \"answer\"");
    if op.keep != Predicate::always() {
        sql.push(" WHERE ");
        write_predicate(&mut sql, &Answer, &op.keep);
    }
    if let Some(order) = &op.order {
        order_answer(&mut sql, &columns, order);
        sql.push(if order.is_empty() { " ORDER BY " } else { ", " }).push("\"answer\".\"$id\"");
    }
    limit_answer(&mut sql, op.budget.rows_to_ask(op.limit));
    sql.finish()
}

fn write_window(sql: &mut Sql, column: &WindowColumn) {
    match &column.function {
        WindowFunction::RowNumber => {
            sql.push("row_number()");
        }
        WindowFunction::Rank => {
            sql.push("rank()");
        }
        WindowFunction::DenseRank => {
            sql.push("dense_rank()");
        }
        WindowFunction::Tiles(tiles) => {
            sql.push("ntile(").param(Param::int(*tiles)).push("::integer)");
        }
        WindowFunction::Shifted { field, by } => {
            sql.push(if *by < 0 { "lag(" } else { "lead(" });
            Columns.value(sql, field);
            sql.push(", ").param(Param::int(by.abs())).push("::integer)");
        }
        WindowFunction::FirstValue(field) => {
            sql.push("first_value(");
            Columns.value(sql, field);
            sql.push(")");
        }
        WindowFunction::LastValue(field) => {
            sql.push("last_value(");
            Columns.value(sql, field);
            sql.push(")");
        }
        WindowFunction::Measured(function) => write_function(sql, &Columns, function, &Predicate::always()),
    }
    sql.push(" OVER (");
    if !column.partition_by.is_empty() {
        sql.push("PARTITION BY ").list(&column.partition_by, |sql, field| Columns.value(sql, field));
    }
    if !column.order.is_empty() {
        sql.push(if column.partition_by.is_empty() { "ORDER BY " } else { " ORDER BY " });
        sql.list(&column.order, write_term);
    }
    if let Some(frame) = column.frame {
        write_frame(sql, frame);
    }
    sql.push(")");
    if let WindowFunction::Tiles(_) = column.function {
        sql.push("::bigint");
    }
}

fn write_term(sql: &mut Sql, term: &Term) {
    Columns.value(sql, &term.field);
    sql.push(missing_below(term.descending, !term.field.is_required()));
}

fn write_frame(sql: &mut Sql, frame: Frame) {
    let Frame { unit, from, to } = frame;
    sql.push(match unit {
        FrameUnit::Rows => " ROWS BETWEEN ",
        FrameUnit::Range => " RANGE BETWEEN ",
    });
    write_end(sql, from, "UNBOUNDED PRECEDING");
    sql.push(" AND ");
    write_end(sql, to, "UNBOUNDED FOLLOWING");
}

fn write_end(sql: &mut Sql, end: Option<i64>, unbounded: &'static str) {
    match end {
        None => sql.push(unbounded),
        Some(0) => sql.push("CURRENT ROW"),
        Some(count @ ..0) => sql.param(Param::int(count.abs())).push(" PRECEDING"),
        Some(count) => sql.param(Param::int(count)).push(" FOLLOWING"),
    };
}
