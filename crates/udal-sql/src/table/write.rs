//! Statements that write.

use udal_core::filter::Predicate;
use udal_core::record::{Patch, Record};

use super::read::{at_spot, select_from};
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
    let Some(moved_to) = target.partition_key().and_then(|(key, _)| patch.change_of(key.position())) else {
        set(&mut sql, target, patch);
        sql.push(" WHERE ");
        conditions(&mut sql, target, spot, reach, if_version);
        sql.push(" RETURNING ");
        selection(&mut sql, target.model());
        return sql.finish();
    };
    found(&mut sql, target, spot, reach, if_version);
    sql.push(", u AS (");
    set(&mut sql, target, patch);
    where_found(&mut sql, target, spot);
    sql.push(" RETURNING ");
    selection(&mut sql, target.model());
    sql.push("), i AS (UPDATE ").name(&target.ids_table_name()).push(" SET ").column(&moved_to.field).push(" = ");
    sql.param(Param::new(column_type(moved_to.field.field_type()), moved_to.value.clone()));
    where_id_found(&mut sql, spot);
    sql.push(") SELECT * FROM u");
    sql.finish()
}

fn set(sql: &mut Sql, target: Target<'_>, patch: &Patch) {
    sql.push("UPDATE ").name(target.table_name()).push(" SET \"version\" = \"version\" + 1");
    for change in patch.changes() {
        sql.push(", ").column(&change.field).push(" = ");
        sql.param(Param::new(column_type(change.field.field_type()), change.value.clone()));
    }
}

/// Deletes the record at `spot`, if `reach` is true of it, and answers it as it was.
pub fn delete(target: Target<'_>, spot: &Spot<'_>, reach: &Predicate, if_version: Option<i64>) -> Statement {
    let mut sql = Sql::new();
    if target.partition_key().is_none() {
        sql.push("DELETE FROM ").name(target.table_name()).push(" WHERE ");
        conditions(&mut sql, target, spot, reach, if_version);
        sql.push(" RETURNING ");
        selection(&mut sql, target.model());
        return sql.finish();
    }
    found(&mut sql, target, spot, reach, if_version);
    sql.push(", d AS (DELETE FROM ").name(target.table_name());
    where_found(&mut sql, target, spot);
    sql.push("), i AS (DELETE FROM ").name(&target.ids_table_name());
    where_id_found(&mut sql, spot);
    sql.push(") SELECT * FROM f");
    sql.finish()
}

/// Writes `WITH f AS (…)`, which finds the record and locks it. What writes in the same statement has no condition but the
/// record's place: a condition that no row can meet is found out when the statement is planned, and Citus then does not
/// know which shard the write is for.
fn found(sql: &mut Sql, target: Target<'_>, spot: &Spot<'_>, reach: &Predicate, if_version: Option<i64>) {
    sql.push("WITH f AS (");
    select_from(sql, target);
    sql.push(" WHERE ");
    conditions(sql, target, spot, reach, if_version);
    sql.push(" FOR UPDATE)");
}

/// Writes the condition that the table's row is the one that was found.
fn where_found(sql: &mut Sql, target: Target<'_>, spot: &Spot<'_>) {
    sql.push(" WHERE ");
    at_spot(sql, target, spot);
    sql.push(" AND EXISTS (SELECT FROM f)");
}

/// Writes the condition that the row of the table of ids is the one of the record that was found.
fn where_id_found(sql: &mut Sql, spot: &Spot<'_>) {
    sql.push(" WHERE \"id\" = ").param(Param::text(spot.id)).push(" AND EXISTS (SELECT FROM f)");
}

fn conditions(sql: &mut Sql, target: Target<'_>, spot: &Spot<'_>, reach: &Predicate, if_version: Option<i64>) {
    at_spot(sql, target, spot);
    sql.push(" AND ");
    write_predicate(sql, &LAYOUT, reach);
    if let Some(version) = if_version {
        sql.push(" AND \"version\" = ").param(Param::int(version));
    }
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
