//! Columns that are missing, of another type, or beyond the model.

use udal_core::model::{Field, Scalar};

use super::casts::{Cast, beyond_range, cast};
use super::words::checks_of;
use super::{Change, Due, Fills, Step, alter, at_once, name};
use crate::sql::column_name;
use crate::table::create::{add_column, enum_check, key_columns, write_type};
use crate::table::index::{drop_index, index_name};
use crate::table::{FoundColumn, FoundTable, Target};
use crate::{Sql, SqlType, column_type};

/// What is to be done about the field's column.
pub(super) fn changes(target: Target<'_>, field: &Field, found: &FoundTable, fills: &Fills) -> Vec<Change> {
    let Some(column) = column_of(field, found) else { return vec![missing(target, field, found, fills)] };
    if format_type(column_type(field.field_type())) != column.type_name {
        return vec![other_type(target, field, column, found)];
    }
    let lifts = !field.is_required() && column.not_null && !is_key(target, field);
    lifts.then(|| lift_not_null(target, &column.name)).into_iter().collect()
}

pub(super) fn column_of<'f>(field: &Field, found: &'f FoundTable) -> Option<&'f FoundColumn> {
    let name = column_name(field.name());
    found.columns.iter().find(|column| column.name == name)
}

/// Whether the field's column is there, with the type that the model says.
pub(super) fn is_fitting(field: &Field, found: &FoundTable) -> bool {
    column_of(field, found).is_some_and(|column| column.type_name == format_type(column_type(field.field_type())))
}

/// Whether the field's column is as the model says, or is added at once.
pub(super) fn is_coming(field: &Field, found: &FoundTable, fills: &Fills) -> bool {
    let is_refused = field.is_required() && found.has_rows && !fills.contains_key(field.name());
    is_fitting(field, found) || (column_of(field, found).is_none() && !is_refused)
}

fn missing(target: Target<'_>, field: &Field, found: &FoundTable, fills: &Fills) -> Change {
    let name = name("add-column", target, field.name());
    let fill = fills.get(field.name()).filter(|_| found.has_rows);
    let statements = add_column(target, field, fill);
    if field.is_required() && found.has_rows && fill.is_none() {
        let reason = format!("`{}` is required, and the rows that are there have no value for it", field.name());
        let due = Due::ByHand { reason, stops_writes: true };
        return Change { name, due, steps: vec![Step::Together(statements)] };
    }
    at_once(name, statements)
}

fn lift_not_null(target: Target<'_>, column: &str) -> Change {
    let mut sql = alter(target.table_name());
    sql.push(" ALTER COLUMN ").name(column).push(" DROP NOT NULL");
    at_once(name("lift-not-null", target, column), vec![sql.into_text()])
}

/// The table is written anew where a cast is known and every value comes through it unharmed.
fn other_type(target: Target<'_>, field: &Field, column: &FoundColumn, found: &FoundTable) -> Change {
    let wanted = column_type(field.field_type());
    let name = name("change-type", target, field.name());
    let reason =
        format!("`{}` is kept as `{}`, and is declared as `{}`", field.name(), column.type_name, field.field_type());
    let known = SqlType::of_format(&column.type_name).and_then(|from| cast(from, wanted).map(|cast| (from, cast)));
    let Some((from, cast)) = known.filter(|_| !is_key(target, field)) else {
        let mut sql = alter(target.table_name());
        sql.push(" ALTER COLUMN ").column(field).push(" TYPE ");
        write_type(&mut sql, wanted);
        let reason = format!("{reason}; no cast between them keeps every value");
        let due = Due::ByHand { reason, stops_writes: true };
        return Change { name, due, steps: vec![Step::Together(vec![sql.into_text()])] };
    };
    let reason = format!("{reason}; the table is written anew, and nobody reads or writes it meanwhile");
    let mut statements = Vec::new();
    for check in checks_of(target, field, found) {
        let mut sql = alter(target.table_name());
        sql.push(" DROP CONSTRAINT IF EXISTS ").name(&check.name);
        statements.push(sql.into_text());
    }
    // An index of elements is not one of values, nor the other way round.
    if from.is_array != wanted.is_array {
        statements.push(drop_index(&index_name(target.table_name(), &[field.name()])));
    }
    statements.push(written_anew(target, field, wanted, &cast));
    let held = format!("a row's `{}` would not be the same as `{}`", field.name(), field.field_type());
    let (lock, query) = (locked(target), harmed(target, field, wanted, &cast));
    let step = Step::Guarded { lock, query, reason: held, statements };
    Change { name, due: Due::Allowed { reason, stops_writes: true }, steps: vec![step] }
}

fn written_anew(target: Target<'_>, field: &Field, wanted: SqlType, cast: &Cast) -> String {
    let mut sql = alter(target.table_name());
    sql.push(" ALTER COLUMN ").column(field).push(" DROP DEFAULT, ALTER COLUMN ").column(field).push(" TYPE ");
    write_type(&mut sql, wanted);
    sql.push(" USING ");
    cast.forth(&mut sql, field);
    if let Scalar::Enum(words) = &field.field_type().scalar {
        sql.push(", ADD");
        enum_check(&mut sql, target.table_name(), field, words);
    }
    sql.into_text()
}

/// Keeps everyone off the table, and its parts.
fn locked(target: Target<'_>) -> String {
    let mut sql = Sql::new();
    sql.push("LOCK TABLE ").name(target.table_name()).push(" IN ACCESS EXCLUSIVE MODE");
    sql.into_text()
}

/// Asks for a value that is another after it was cast there and back, or that no field of the new type can have.
fn harmed(target: Target<'_>, field: &Field, wanted: SqlType, cast: &Cast) -> String {
    let mut sql = Sql::new();
    sql.push("SELECT 1 FROM ").name(target.table_name()).push(" WHERE ");
    cast.back(&mut sql, field);
    sql.push(" IS DISTINCT FROM ").column(field);
    beyond_range(&mut sql, field, wanted, cast);
    sql.push(" LIMIT 1");
    sql.into_text()
}

/// The columns that the model has no field for. They stay, and need no value, until they may be dropped.
pub(super) fn beyond(target: Target<'_>, found: &FoundTable) -> Vec<Change> {
    let mut changes = Vec::new();
    let is_known = |column: &FoundColumn| target.model().find(column.name.trim_end_matches('$')).is_some();
    for column in found.columns.iter().filter(|column| !is_known(column)) {
        if column.not_null {
            changes.push(lift_not_null(target, &column.name));
        }
        let mut sql = alter(target.table_name());
        sql.push(" DROP COLUMN IF EXISTS ").name(&column.name);
        let reason = format!("the model has no field `{}`; its values would be lost", column.name);
        changes.push(Change {
            name: name("drop-column", target, &column.name),
            due: Due::Allowed { reason, stops_writes: false },
            steps: vec![Step::Together(vec![sql.into_text()])],
        });
    }
    changes
}

pub(super) fn is_key(target: Target<'_>, field: &Field) -> bool {
    key_columns(target).contains(&field.name())
}

/// The type as PostgreSQL's `format_type` writes it.
fn format_type(sql_type: SqlType) -> String {
    sql_type.name().replace("timestamptz", "timestamp with time zone")
}
