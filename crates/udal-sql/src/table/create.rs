//! Definitions of tables, columns and indexes.

use udal_core::model::{Field, Scalar};
use udal_core::value::Value;

use super::Target;
use super::index::{hash, index_name};
use crate::{Param, Sql, SqlType, Statement, column_type};

/// The statements that make the table, and the table of ids where it is split. Each does nothing where it is there.
pub fn create_table(target: Target<'_>) -> Vec<String> {
    let mut statements = vec![main_table(target)];
    if let Some((key, _)) = target.partition_key() {
        let mut sql = Sql::new();
        sql.push("CREATE TABLE IF NOT EXISTS ").name(&target.ids_table_name());
        sql.push(" (\"id\" text COLLATE \"C\" PRIMARY KEY, ").column(key).push(" ");
        sql.push(column_type(key.field_type()).name()).push(" NOT NULL)");
        statements.push(sql.into_text());
    }
    statements
}

fn main_table(target: Target<'_>) -> String {
    let mut sql = Sql::new();
    sql.push("CREATE TABLE IF NOT EXISTS ").name(target.table_name()).push(" (");
    sql.list(target.model().fields(), |sql, field| column(sql, target, field));
    sql.push(", PRIMARY KEY (\"id\"");
    if let Some((key, _)) = target.partition_key() {
        sql.push(", ").column(key).push(")) PARTITION BY RANGE (").column(key);
        sql.push(")");
    } else {
        sql.push(")) WITH ");
        write_storage_parameters(&mut sql, target);
    }
    sql.into_text()
}

/// How a table is filled and cleaned: one of appends is filled to the brim and analyzed soon after they come, the others
/// leave room on each page for updates in place. A split table has none; its partitions have them.
pub(super) fn storage_parameters(target: Target<'_>) -> &'static [(&'static str, &'static str)] {
    if target.table.high_volume {
        &[
            ("fillfactor", "100"),
            ("autovacuum_vacuum_insert_scale_factor", "0.05"),
            ("autovacuum_analyze_scale_factor", "0.02"),
        ]
    } else {
        &[("fillfactor", "90")]
    }
}

/// Writes the settings of a table that holds rows.
pub(super) fn write_storage_parameters(sql: &mut Sql, target: Target<'_>) {
    sql.push("(").list(storage_parameters(target), |sql, (name, value)| {
        sql.push(name).push(" = ").push(value);
    });
    sql.push(")");
}

fn column(sql: &mut Sql, target: Target<'_>, field: &Field) {
    plain_column(sql, field);
    if field.is_required() {
        sql.push(" NOT NULL");
    }
    if let Scalar::Enum(words) = &field.field_type().scalar {
        enum_check(sql, target.table_name(), field, words);
    }
}

/// Writes a column's name and type, with the order of bytes where it is text.
fn plain_column(sql: &mut Sql, field: &Field) {
    sql.column(field).push(" ");
    write_type(sql, column_type(field.field_type()));
}

/// Writes a type, with the order of bytes where it is text.
pub(super) fn write_type(sql: &mut Sql, column: SqlType) {
    sql.push(column.name());
    if column.is_text() {
        sql.push(" COLLATE \"C\"");
    }
}

/// Writes the check that a column holds words of its enum. Its name tells which words.
pub(super) fn enum_check(sql: &mut Sql, table: &str, field: &Field, words: &[String]) {
    let is_array = column_type(field.field_type()).is_array;
    sql.push(" CONSTRAINT ").name(&enum_check_name(table, field, words)).push(" CHECK (").column(field);
    sql.push(if is_array { " <@ ARRAY[" } else { " = ANY (ARRAY[" });
    sql.list(words, |sql, word| {
        sql.literal(word);
    });
    sql.push(if is_array { "]::text[])" } else { "]::text[]))" });
}

/// The name of the check of an enum's field with these words.
pub(super) fn enum_check_name(table: &str, field: &Field, words: &[String]) -> String {
    format!("{}{:08x}", enum_check_prefix(table, field), hash(&words.join(", "), ""))
}

/// How the names of the checks of an enum's field begin; what follows tells the words.
pub(super) fn enum_check_prefix(table: &str, field: &Field) -> String {
    format!("{}_", index_name(table, &[field.name(), "words"]))
}

/// The columns of the primary key.
pub(super) fn key_columns<'a>(target: Target<'a>) -> Vec<&'a str> {
    let key = target.partition_key().map(|(field, _)| field.name());
    std::iter::once("id").chain(key).collect()
}

/// Adds a field's column to a table that was made before the field was declared. Rows that are there get `default`.
///
/// Neither rewrites the table nor reads it: a default is kept beside the rows, and a check is added without a look at them.
pub fn add_column(target: Target<'_>, field: &Field, default: Option<&Value>) -> Vec<String> {
    let mut sql = Sql::new();
    sql.push("ALTER TABLE ").name(target.table_name()).push(" ADD COLUMN IF NOT EXISTS ");
    plain_column(&mut sql, field);
    if field.is_required() {
        sql.push(" NOT NULL");
    }
    if let Some(value) = default {
        sql.push(" DEFAULT ");
        constant(&mut sql, column_type(field.field_type()), value);
    }
    let mut statements = vec![sql.into_text()];
    if let Scalar::Enum(words) = &field.field_type().scalar {
        statements.push(add_enum_check(target, field, words));
    }
    statements
}

/// Adds the check of an enum's words. Rows that are there are not looked at, those to come are.
pub(super) fn add_enum_check(target: Target<'_>, field: &Field, words: &[String]) -> String {
    let mut sql = Sql::new();
    sql.push("ALTER TABLE ").name(target.table_name()).push(" ADD");
    enum_check(&mut sql, target.table_name(), field, words);
    sql.push(" NOT VALID");
    sql.into_text()
}

/// Writes a value where a statement takes no parameters.
pub(super) fn constant(sql: &mut Sql, column: SqlType, value: &Value) {
    match value {
        Value::Set(elements) | Value::List(elements) => {
            let element = SqlType::one(column.base);
            sql.push("ARRAY[").list(elements, |sql, value| constant(sql, element, value)).push("]::");
        }
        other => {
            let json = other.to_json();
            let text = match (other, json.as_str()) {
                (Value::Json(json), _) => json.to_string(),
                (_, Some(text)) => text.to_owned(),
                (_, None) => json.to_string(),
            };
            sql.literal(&text).push("::");
        }
    }
    sql.push(column.name());
}

/// Finds a row where the table is there.
pub fn has_table(target: Target<'_>) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT 1 WHERE to_regclass(").param(Param::text(quoted(target.table_name()))).push(") IS NOT NULL");
    sql.finish()
}

/// A name as `to_regclass` reads it.
pub(super) fn quoted(name: &str) -> String {
    let mut sql = Sql::new();
    sql.name(name);
    sql.into_text()
}
