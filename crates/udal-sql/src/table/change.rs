//! What a table lacks of its model: additions that can be made, and changes that could lose data.

use udal_core::model::{Field, Scalar};

use super::Target;
use super::create::{add_column, enum_check, enum_check_name, key_columns, quoted};
use crate::sql::column_name;
use crate::{Param, Sql, SqlType, Statement, column_type};

/// A column, as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundColumn {
    /// Its name.
    pub name: String,
    /// Its type, as `format_type` writes it.
    pub type_name: String,
    /// Whether it must have a value.
    pub not_null: bool,
}

/// What a table is, as it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundTable {
    /// Its columns; none where there is no table.
    pub columns: Vec<FoundColumn>,
    /// The names of its checks.
    pub checks: Vec<String>,
    /// Whether it has a row.
    pub has_rows: bool,
}

/// A difference between a model and its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It only adds, or lifts a restriction: applied when the table is first used.
    Apply {
        /// The statement.
        statement: String,
    },
    /// It could lose data, or rows stand against it: left to the operator.
    Refuse {
        /// The statement that would do it.
        statement: String,
        /// Why it is not done.
        reason: String,
    },
}

/// Finds the columns of the table: name, type, whether it must have a value.
pub fn find_columns(target: Target<'_>) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT attname::text, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute WHERE attrelid = to_regclass(");
    sql.param(Param::text(quoted(target.table_name()))).push(") AND attnum > 0 AND NOT attisdropped ORDER BY attnum");
    sql.finish()
}

/// Finds the names of the table's checks.
pub fn find_checks(target: Target<'_>) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT conname::text FROM pg_constraint WHERE contype = 'c' AND conrelid = to_regclass(");
    sql.param(Param::text(quoted(target.table_name()))).push(") ORDER BY conname");
    sql.finish()
}

/// Finds a row where the table has one.
pub fn find_row(target: Target<'_>) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT 1 FROM ").name(target.table_name()).push(" LIMIT 1");
    sql.finish()
}

/// What the table lacks of its model, in the order of the fields. What the table has beyond the model stays.
pub fn changes(target: Target<'_>, found: &FoundTable) -> Vec<Change> {
    let mut changes = Vec::new();
    for field in target.model().fields() {
        match found.columns.iter().find(|column| column.name == column_name(field.name())) {
            None => changes.push(missing(target, field, found)),
            Some(column) => changes.extend(different(target, field, column)),
        }
        changes.extend(words(target, field, found));
    }
    for column in found
        .columns
        .iter()
        .filter(|column| column.not_null && target.model().find(column.name.trim_end_matches('$')).is_none())
    {
        changes.push(Change::Apply { statement: alter(target, &column.name, " DROP NOT NULL") });
    }
    changes
}

fn missing(target: Target<'_>, field: &Field, found: &FoundTable) -> Change {
    let statement = add_column(target, field);
    if field.is_required() && found.has_rows {
        let reason = format!("`{}` is required, and the rows that are there have no value for it", field.name());
        return Change::Refuse { statement, reason };
    }
    Change::Apply { statement }
}

fn different(target: Target<'_>, field: &Field, column: &FoundColumn) -> Option<Change> {
    let wanted = column_type(field.field_type());
    if format_type(wanted) != column.type_name {
        let mut sql = Sql::new();
        sql.push("ALTER TABLE ").name(target.table_name()).push(" ALTER COLUMN ").column(field).push(" TYPE ");
        sql.push(wanted.name()).push(" USING ").column(field).push("::").push(wanted.name());
        let reason = format!(
            "`{}` is kept as `{}`, and is declared as `{}`",
            field.name(),
            column.type_name,
            field.field_type()
        );
        return Some(Change::Refuse { statement: sql.into_text(), reason });
    }
    match (field.is_required(), column.not_null) {
        (false, true) if !is_key(target, field) => {
            Some(Change::Apply { statement: alter(target, &column_name(field.name()), " DROP NOT NULL") })
        }
        (true, false) => Some(Change::Refuse {
            statement: alter(target, &column_name(field.name()), " SET NOT NULL"),
            reason: format!("`{}` is required now, and rows may have no value for it", field.name()),
        }),
        _ => None,
    }
}

/// An enum whose words have changed: rows that are there are not looked at, those to come are.
fn words(target: Target<'_>, field: &Field, found: &FoundTable) -> Vec<Change> {
    let Scalar::Enum(words) = &field.field_type().scalar else { return Vec::new() };
    let name = enum_check_name(target.table_name(), field);
    let is_new_column = !found.columns.iter().any(|column| column.name == column_name(field.name()));
    if is_new_column || found.checks.contains(&name) {
        return Vec::new();
    }
    let mut add = Sql::new();
    add.push("ALTER TABLE ").name(target.table_name()).push(" ADD");
    enum_check(&mut add, target.table_name(), field, words);
    add.push(" NOT VALID");
    let mut changes = vec![Change::Apply { statement: add.into_text() }];
    let prefix = name.rsplit_once('_').map(|(prefix, _)| format!("{prefix}_")).unwrap_or_default();
    for old in found.checks.iter().filter(|check| check.starts_with(&prefix)) {
        let mut sql = Sql::new();
        sql.push("ALTER TABLE ").name(target.table_name()).push(" DROP CONSTRAINT ").name(old);
        changes.push(Change::Apply { statement: sql.into_text() });
    }
    changes
}

fn is_key(target: Target<'_>, field: &Field) -> bool {
    key_columns(target).contains(&field.name())
}

fn alter(target: Target<'_>, column: &str, what: &'static str) -> String {
    let mut sql = Sql::new();
    sql.push("ALTER TABLE ").name(target.table_name()).push(" ALTER COLUMN ").name(column).push(what);
    sql.into_text()
}

/// The type as PostgreSQL's `format_type` writes it.
fn format_type(sql_type: SqlType) -> String {
    sql_type.name().replace("timestamptz", "timestamp with time zone")
}
