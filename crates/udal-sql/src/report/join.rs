//! Records of several models side by side.

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use udal_core::filter::Predicate;
use udal_core::model::Field;
use udal_core::value::Value;
use udal_query::report::{Join, Place};

use super::{limit_answer, write_as_text};
use crate::predicate::operator;
use crate::sql::column_name;
use crate::table::{Target, missing_below};
use crate::{Columns, Layout, Param, Sql, SqlType, Statement, column_type, write_predicate};

/// Where the records of a table of a join are.
#[derive(Clone, Debug)]
pub enum Source<'a> {
    /// In a table of the database that is asked: those in reach.
    Table(Target<'a>, Predicate),
    /// Nowhere: the table was never made.
    Nothing,
    /// They come with the statement: [`given_rows`] of them.
    Given(Json),
}

/// Answers records side by side; `sources` says where those of each table are.
///
/// What is out of reach is left out within each table, before anything is joined: beside a left join it is as if it were not
/// there.
pub fn join(op: &Join, sources: &[Source<'_>]) -> Statement {
    let mut sql = Sql::new();
    let layout = Side { op };
    sql.push("SELECT ").list(&op.select, |sql, shown| write_shown(sql, op, &shown.place));
    let needed = op.needed();
    for (at, ((table, source), fields)) in op.tables.iter().zip(sources).zip(&needed).enumerate() {
        sql.push(match (at, table.is_left) {
            (0, _) => " FROM ",
            (_, false) => " JOIN ",
            (_, true) => " LEFT JOIN ",
        });
        write_source(&mut sql, source, fields, &table.alias);
        if at > 0 {
            sql.push(" ON ").joined(" AND ", &table.on, |sql, condition| {
                write_place(sql, op, &condition.left);
                sql.push(operator(condition.comparison));
                write_place(sql, op, &condition.right);
            });
        }
    }
    if op.filter != Predicate::always() {
        sql.push(" WHERE ");
        write_predicate(&mut sql, &layout, &op.filter);
    }
    if let Some(order) = &op.order {
        sql.push(" ORDER BY ");
        for sorting in order {
            if let Some(place) = op.places.get(sorting.column) {
                write_place(&mut sql, op, place);
                let is_left = op.tables.get(place.table).is_some_and(|table| table.is_left);
                sql.push(missing_below(sorting.descending, is_left || !place.field.is_required())).push(", ");
            }
        }
        sql.list(&op.tables, |sql, table| {
            sql.name(&table.alias).push(".\"id\"").push(missing_below(false, table.is_left));
        });
    }
    limit_answer(&mut sql, op.budget.rows_to_ask(op.limit));
    sql.finish()
}

/// Reads the fields of the records of a table that are to be given with a statement, at most so many.
pub fn rows_to_give(target: Target<'_>, fields: &[Arc<Field>], filter: &Predicate, most: u64) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT ").list(fields, |sql, field| {
        Columns.value(sql, field);
        write_as_text(sql, column_type(field.field_type()));
    });
    sql.push(" FROM ").name(target.table_name()).push(" WHERE ");
    write_predicate(&mut sql, &Columns, filter);
    limit_answer(&mut sql, most);
    sql.finish()
}

/// Rows of these fields as they are given with a statement.
pub fn given_rows(fields: &[Arc<Field>], rows: &[Vec<Option<Value>>]) -> Json {
    let member = |(field, value): (&Arc<Field>, &Option<Value>)| {
        let value = value.as_ref()?.to_json();
        Some((column_name(field.name()).into_owned(), value))
    };
    rows.iter().map(|row| Json::Object(fields.iter().zip(row).filter_map(member).collect::<Map<_, _>>())).collect()
}

fn write_source(sql: &mut Sql, source: &Source<'_>, fields: &[Arc<Field>], alias: &str) {
    match source {
        Source::Table(target, reach) => {
            sql.push("(SELECT ").list(fields, |sql, field| Columns.value(sql, field));
            sql.push(" FROM ").name(target.table_name()).push(" WHERE ");
            write_predicate(sql, &Columns, reach);
            sql.push(") AS ").name(alias);
        }
        Source::Nothing => {
            sql.push("(SELECT ").list(fields, |sql, field| {
                sql.push("NULL::").push(column_type(field.field_type()).name());
                write_collation(sql, field);
                sql.push(" AS ");
                Columns.value(sql, field);
            });
            sql.push(" WHERE false) AS ").name(alias);
        }
        Source::Given(rows) => {
            let rows = Param::new(SqlType::JSONB, Value::Json(rows.clone()));
            sql.push("jsonb_to_recordset(").param(rows).push(") AS ").name(alias).push("(").list(
                fields,
                |sql, field| {
                    Columns.value(sql, field);
                    sql.push(" ").push(column_type(field.field_type()).name());
                    write_collation(sql, field);
                },
            );
            sql.push(")");
        }
    }
}

/// Texts compare by bytes.
fn write_collation(sql: &mut Sql, field: &Field) {
    if column_type(field.field_type()).is_text() {
        sql.push(" COLLATE \"C\"");
    }
}

fn write_place(sql: &mut Sql, op: &Join, place: &Place) {
    let alias = op.tables.get(place.table).map_or("", |table| table.alias.as_str());
    sql.name(alias).push(".").column(&place.field);
}

fn write_shown(sql: &mut Sql, op: &Join, place: &Place) {
    let Some(mask) = place.field.mask() else {
        write_place(sql, op, place);
        return write_as_text(sql, column_type(place.field.field_type()));
    };
    match op.tables.get(place.table).filter(|table| table.is_left) {
        // Beside a record that is not there is no mask either.
        Some(table) => {
            sql.push("CASE WHEN ")
                .name(&table.alias)
                .push(".\"id\" IS NOT NULL THEN ")
                .param(Param::text(mask))
                .push(" END");
        }
        None => {
            sql.param(Param::text(mask));
        }
    }
}

/// The fields of all tables, as filters name them: by their places in the join.
struct Side<'a> {
    op: &'a Join,
}

impl Layout for Side<'_> {
    fn value(&self, sql: &mut Sql, field: &Field) {
        if let Some(place) = self.op.places.get(field.position()) {
            write_place(sql, self.op, place);
        }
    }
}
