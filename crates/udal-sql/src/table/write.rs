//! Statements that write.

use udal_core::filter::Predicate;
use udal_core::record::{Patch, Record};

use super::read::at_spot;
use super::{LAYOUT, Spot, Target, column_names, selection};
use crate::{Param, Sql, Statement, column_type, write_predicate};

/// Writes a new record; touches no row when the id is taken.
pub fn insert(target: Target<'_>, record: &Record) -> Statement {
    let mut sql = Sql::new();
    if let Some((key, _)) = target.partition_key() {
        sql.push("WITH i AS (INSERT INTO ").name(&target.ids_table_name()).push(" (\"id\", ").column(key);
        sql.push(") VALUES (").param(Param::text(record.id())).push(", ");
        sql.param(Param::new(column_type(key.field_type()), record.get(key).cloned()));
        sql.push(") ON CONFLICT DO NOTHING RETURNING 1) ");
    }
    sql.push("INSERT INTO ").name(target.table_name()).push(" (");
    column_names(&mut sql, target.model());
    sql.push(if target.partition_key().is_some() { ") SELECT " } else { ") VALUES (" });
    sql.list(target.model().fields(), |sql, field| {
        sql.param(Param::new(column_type(field.field_type()), record.get(field).cloned()));
    });
    sql.push(if target.partition_key().is_some() { " FROM i" } else { ") ON CONFLICT DO NOTHING" });
    sql.finish()
}

/// Changes the record at `spot`, if `reach` is true of it, and answers it whole.
pub fn update(
    target: Target<'_>,
    spot: &Spot<'_>,
    patch: &Patch,
    reach: &Predicate,
    if_version: Option<i64>,
) -> Statement {
    let mut sql = Sql::new();
    let moved_to = target.partition_key().and_then(|(key, _)| patch.change_of(key.position()));
    if moved_to.is_some() {
        sql.push("WITH u AS (");
    }
    sql.push("UPDATE ").name(target.table_name()).push(" SET \"version\" = \"version\" + 1");
    for change in patch.changes() {
        sql.push(", ").column(&change.field).push(" = ");
        sql.param(Param::new(column_type(change.field.field_type()), change.value.clone()));
    }
    conditions(&mut sql, target, spot, reach, if_version);
    if let Some(change) = moved_to {
        sql.push("), i AS (UPDATE ").name(&target.ids_table_name()).push(" SET ").column(&change.field).push(" = ");
        sql.param(Param::new(column_type(change.field.field_type()), change.value.clone()));
        sql.push(" WHERE \"id\" = ").param(Param::text(spot.id)).push(" AND EXISTS (SELECT FROM u)) SELECT * FROM u");
    }
    sql.finish()
}

/// Deletes the record at `spot`, if `reach` is true of it, and answers it as it was.
pub fn delete(target: Target<'_>, spot: &Spot<'_>, reach: &Predicate, if_version: Option<i64>) -> Statement {
    let mut sql = Sql::new();
    let is_split = target.partition_key().is_some();
    if is_split {
        sql.push("WITH d AS (");
    }
    sql.push("DELETE FROM ").name(target.table_name());
    conditions(&mut sql, target, spot, reach, if_version);
    if is_split {
        sql.push("), i AS (DELETE FROM ").name(&target.ids_table_name());
        sql.push(" WHERE \"id\" = ").param(Param::text(spot.id)).push(" AND EXISTS (SELECT FROM d)) SELECT * FROM d");
    }
    sql.finish()
}

fn conditions(sql: &mut Sql, target: Target<'_>, spot: &Spot<'_>, reach: &Predicate, if_version: Option<i64>) {
    sql.push(" WHERE ");
    at_spot(sql, target, spot);
    sql.push(" AND ");
    write_predicate(sql, &LAYOUT, reach);
    if let Some(version) = if_version {
        sql.push(" AND \"version\" = ").param(Param::int(version));
    }
    sql.push(" RETURNING ");
    selection(sql, target.model());
}

/// Starts a stream of records into the table, in PostgreSQL's binary form, columns in the order of the fields' positions.
pub fn copy(target: Target<'_>) -> String {
    let mut sql = Sql::new();
    sql.push("COPY ").name(target.table_name()).push(" (");
    column_names(&mut sql, target.model());
    sql.push(") FROM STDIN (FORMAT binary)");
    sql.into_text()
}

/// Starts a stream of ids and partition keys into the table of ids; `None` where the table is not split.
pub fn copy_ids(target: Target<'_>) -> Option<String> {
    let (key, _) = target.partition_key()?;
    let mut sql = Sql::new();
    sql.push("COPY ").name(&target.ids_table_name()).push(" (\"id\", ").column(key);
    sql.push(") FROM STDIN (FORMAT binary)");
    Some(sql.into_text())
}
