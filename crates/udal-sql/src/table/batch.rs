//! Statements about many records at once: what a chunk of a batch reads, changes and deletes.
//!
//! New values come through a table of the transaction's own, so that each statement is one, however many the records.

use std::cmp::Ordering;

use udal_core::filter::Predicate;
use udal_core::model::Field;
use udal_core::value::{Value, compare};

use super::{LAYOUT, Target, selection};
use crate::{Param, Sql, SqlType, Statement, column_type, write_predicate};

/// The table that the new values of a chunk come through.
const STAGE: &str = "pg_temp.\"udal_stage\"";

/// Where the records of a chunk are: their ids and, where the table is split, the value that decides each one's partition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spots {
    /// The ids.
    pub ids: Vec<String>,
    /// The partition key's value for each id; empty where the table is not split.
    pub keys: Vec<Value>,
}

/// What records are locked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockFor {
    /// To be changed.
    Change,
    /// To be changed, or created where they are not there: what is out of reach is found too, and told from the others by a
    /// last column that is true of what is in reach.
    ChangeOrCreate,
    /// To be deleted.
    Delete,
}

impl LockFor {
    /// How rows are locked: links to a record may be written while it is changed, not while it is deleted.
    pub(crate) fn strength(self) -> &'static str {
        match self {
            LockFor::Change | LockFor::ChangeOrCreate => " FOR NO KEY UPDATE",
            LockFor::Delete => " FOR UPDATE",
        }
    }
}

/// Reads id and partition key of the records with these ids; `None` where the table is not split.
///
/// Where records may move, none of them does until the transaction ends. Elsewhere nothing is locked here: who deletes a
/// record locks it before its id, and so does a batch.
pub fn keys_of(target: Target<'_>, ids: impl IntoIterator<Item = String>) -> Option<Statement> {
    let (key, _) = target.partition_key()?;
    let mut sql = Sql::new();
    sql.push("SELECT \"id\", ").column(key).push(" FROM ").name(&target.ids_table_name());
    sql.push(" WHERE \"id\" = ANY (").param(Param::texts(ids)).push(")");
    if target.moves() {
        sql.push(" ORDER BY \"id\" FOR UPDATE");
    }
    Some(sql.finish())
}

/// Reads the records at these spots of which `reach` is true, and keeps others from changing them until the transaction ends.
///
/// They are locked in the order of their ids, so that those who are after the same records wait for one another in one order.
pub fn lock_records(target: Target<'_>, spots: &Spots, reach: &Predicate, purpose: LockFor) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT ");
    selection(&mut sql, target.model());
    if purpose == LockFor::ChangeOrCreate {
        sql.push(", (");
        write_predicate(&mut sql, &LAYOUT, reach);
        sql.push(") IS TRUE");
    }
    sql.push(" FROM ").name(target.table_name());
    at_spots(&mut sql, target, spots);
    if purpose != LockFor::ChangeOrCreate {
        sql.push(" AND ");
        write_predicate(&mut sql, &LAYOUT, reach);
    }
    sql.push(" ORDER BY \"id\"").push(purpose.strength()).push(" OF ").name(target.table_name());
    sql.finish()
}

/// Writes the condition that finds the records of a chunk. Where the table is split, each is looked for in its partition
/// only, and partitions outside of the chunk's range are not planned for.
fn at_spots(sql: &mut Sql, target: Target<'_>, spots: &Spots) {
    let ids = Param::texts(spots.ids.iter().cloned());
    let Some((key, _)) = target.partition_key() else {
        sql.push(" WHERE \"id\" = ANY (").param(ids).push(")");
        return;
    };
    let key_type = column_type(key.field_type());
    sql.push(", unnest(").param(ids).push(", ");
    sql.param(Param::new(key_type.array(), Value::List(spots.keys.clone())));
    sql.push(") AS \"k$\" (\"id$\", \"key$\") WHERE \"id\" = \"id$\" AND ").column(key).push(" = \"key$\"");
    within(sql, target, &spots.keys, None);
}

/// Writes that the partition key is within the range of `keys`, for the planner.
fn within(sql: &mut Sql, target: Target<'_>, keys: &[Value], of: Option<&'static str>) {
    let Some((key, _)) = target.partition_key() else { return };
    let key_type = column_type(key.field_type());
    let order = |a: &&Value, b: &&Value| compare(a, b).unwrap_or(Ordering::Equal);
    for (operator, bound) in [(" >= ", keys.iter().min_by(order)), (" <= ", keys.iter().max_by(order))] {
        sql.push(" AND ").push(of.unwrap_or_default()).column(key).push(operator);
        sql.param(Param::new(key_type, bound.cloned()));
    }
}

/// The columns of a chunk's new values: id, version, what changes, and where the record was, in a split table.
pub fn stage_columns<'f>(target: Target<'f>, fields: &[&'f Field]) -> Vec<SqlType> {
    let key = target.partition_key().map(|(field, _)| column_type(field.field_type()));
    let changed = fields.iter().map(|field| column_type(field.field_type()));
    [SqlType::TEXT, SqlType::INT8].into_iter().chain(changed).chain(key).collect()
}

/// Makes the table that new values of these fields come through; it ends with the transaction.
pub fn create_stage(target: Target<'_>, fields: &[&Field]) -> String {
    let mut sql = Sql::new();
    sql.push("CREATE TEMP TABLE \"udal_stage\" ON COMMIT DROP AS SELECT \"id\", \"version\"");
    for field in fields {
        sql.push(", ").column(field);
    }
    if let Some((key, _)) = target.partition_key() {
        sql.push(", ").column(key).push(" AS \"key$\"");
    }
    sql.push(" FROM ").name(target.table_name()).push(" WITH NO DATA");
    sql.into_text()
}

/// Starts a stream of new values in PostgreSQL's binary form; see [`stage_columns`].
pub fn copy_stage() -> String {
    let mut sql = Sql::new();
    sql.push("COPY ").push(STAGE).push(" FROM STDIN (FORMAT binary)");
    sql.into_text()
}

/// Writes the values that came through the stage: into the records, which the transaction has locked, and into the ids where
/// records may have moved.
pub fn update_from_stage(target: Target<'_>, fields: &[&Field], keys: &[Value]) -> Vec<Statement> {
    let mut sql = Sql::new();
    sql.push("UPDATE ").name(target.table_name()).push(" AS \"t$\" SET \"version\" = \"s$\".\"version\"");
    for field in fields {
        sql.push(", ").column(field).push(" = \"s$\".").column(field);
    }
    sql.push(" FROM ").push(STAGE).push(" AS \"s$\" WHERE \"t$\".\"id\" = \"s$\".\"id\"");
    let Some((key, _)) = target.partition_key() else { return vec![sql.finish()] };
    sql.push(" AND \"t$\".").column(key).push(" = \"s$\".\"key$\"");
    within(&mut sql, target, keys, Some("\"t$\"."));
    let mut statements = vec![sql.finish()];
    if fields.iter().any(|field| field.position() == key.position()) {
        let mut ids = Sql::new();
        ids.push("UPDATE ").name(&target.ids_table_name()).push(" AS \"t$\" SET ").column(key);
        ids.push(" = \"s$\".").column(key).push(" FROM ").push(STAGE);
        ids.push(" AS \"s$\" WHERE \"t$\".\"id\" = \"s$\".\"id\" AND \"s$\".").column(key).push(" <> \"s$\".\"key$\"");
        statements.push(ids.finish());
    }
    statements
}

/// Takes the stage away, so that the next chunk can have one.
pub fn drop_stage() -> &'static str {
    "DROP TABLE pg_temp.\"udal_stage\""
}

/// Deletes the records at these spots, which the transaction has locked, and their ids.
pub fn delete_records(target: Target<'_>, spots: &Spots) -> Vec<Statement> {
    let ids = || Param::texts(spots.ids.iter().cloned());
    let mut sql = Sql::new();
    sql.push("DELETE FROM ").name(target.table_name());
    let Some((key, _)) = target.partition_key() else {
        sql.push(" WHERE \"id\" = ANY (").param(ids()).push(")");
        return vec![sql.finish()];
    };
    let key_type = column_type(key.field_type());
    sql.push(" USING unnest(").param(ids()).push(", ");
    sql.param(Param::new(key_type.array(), Value::List(spots.keys.clone())));
    sql.push(") AS \"k$\" (\"id$\", \"key$\") WHERE \"id\" = \"id$\" AND ").column(key).push(" = \"key$\"");
    within(&mut sql, target, &spots.keys, None);
    let mut of_ids = Sql::new();
    of_ids.push("DELETE FROM ").name(&target.ids_table_name()).push(" WHERE \"id\" = ANY (").param(ids()).push(")");
    vec![sql.finish(), of_ids.finish()]
}
