//! Statements of reports over tables.
//!
//! The inner query works with columns as they are kept; the outer one orders, cuts, and answers decimals as text, which
//! drivers read without a type of their own.

mod aggregate;
mod function;
mod join;
mod window;

pub use aggregate::aggregate;
pub use join::{Source, given_rows, join, rows_to_give};
use udal_core::model::{Field, Shape};
use udal_query::Column;
use udal_query::report::Sorting;
pub use window::window;

use crate::table::missing_below;
use crate::{BaseType, Layout, Param, Sql, SqlType, column_type};

/// The columns of a query within the statement, under the names that they have in the answer.
struct Answer;

/// What the query within the statement is called.
const ANSWER: &str = "answer";

impl Layout for Answer {
    fn value(&self, sql: &mut Sql, field: &Field) {
        sql.name(ANSWER).push(".").name(field.name());
    }
}

/// Writes the columns of the answer, decimals as text.
fn answer_columns(sql: &mut Sql, columns: &[Column]) {
    sql.list(columns, |sql, column| {
        sql.name(ANSWER).push(".").name(&column.name);
        write_as_text(sql, column_type(&column.kind.field_type()));
    });
}

/// Writes the cast of decimals to text.
fn write_as_text(sql: &mut Sql, sql_type: SqlType) {
    if sql_type.base == BaseType::Numeric {
        sql.push(if sql_type.is_array { "::text[]" } else { "::text" });
    }
}

/// Writes `ORDER BY`, where there is an order; a missing value is below every other.
fn order_answer(sql: &mut Sql, columns: &[Column], order: &[Sorting]) {
    let terms = order.iter().filter_map(|sorting| Some((columns.get(sorting.column)?, sorting.descending)));
    let terms: Vec<_> = terms.collect();
    if terms.is_empty() {
        return;
    }
    sql.push(" ORDER BY ").list(terms, |sql, (column, descending)| {
        sql.name(ANSWER).push(".").name(&column.name);
        let field_type = column.kind.field_type();
        let can_be_missing = field_type.optional || field_type.shape != Shape::One;
        sql.push(missing_below(descending, can_be_missing));
    });
}

/// Writes `LIMIT`.
fn limit_answer(sql: &mut Sql, rows: u64) {
    sql.push(" LIMIT ").param(Param::int(i64::try_from(rows).unwrap_or(i64::MAX)));
}
