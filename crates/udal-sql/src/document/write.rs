//! Statements that write documents.

use serde_json::{Map, Value as Json};
use udal_core::filter::Predicate;
use udal_core::model::{Field, Model, SYSTEM_FIELDS};
use udal_core::record::{Patch, Record};
use udal_core::value::Value;

use super::link::unnest;
use super::{Documents, LinkRow, SELECTION, body, body_changes};
use crate::{Param, Sql, SqlType, Statement, column_type, write_predicate};

/// Writes a new document with its links in one step, if every one of `targets` is there and the id is free.
///
/// Answers which of the targets are there, and whether the document was written: one row, or none where it has no link and
/// its id is taken.
pub fn insert(record: &Record, links: &[LinkRow], targets: &[String]) -> Statement {
    let mut sql = Sql::new();
    if links.is_empty() {
        sql.push("INSERT INTO \"udal_documents\" (\"model\", ").push(SELECTION).push(") VALUES (");
        columns(&mut sql, record);
        sql.push(") ON CONFLICT DO NOTHING RETURNING '{}'::text[], true");
        return sql.finish();
    }
    sql.push("WITH t AS (SELECT \"id\" FROM \"udal_documents\" WHERE \"id\" = ANY (");
    sql.param(Param::texts(targets.iter().cloned())).push(") ORDER BY \"id\" FOR KEY SHARE), ");
    sql.push("i AS (INSERT INTO \"udal_documents\" (\"model\", ").push(SELECTION).push(") SELECT ");
    columns(&mut sql, record);
    let count = i64::try_from(targets.len()).unwrap_or(i64::MAX);
    sql.push(" WHERE (SELECT count(*) FROM t) = ").param(Param::int(count));
    sql.push(" ON CONFLICT DO NOTHING RETURNING \"id\"), ");
    sql.push("l AS (INSERT INTO \"udal_links\" (\"source\", \"field\", \"target\") SELECT n.* FROM i, ");
    unnest(&mut sql, links);
    sql.push(" n ON CONFLICT DO NOTHING) ");
    sql.push("SELECT ARRAY(SELECT \"id\" FROM t), EXISTS (SELECT FROM i)");
    sql.finish()
}

/// Writes the columns of a document as parameters: the model, the system fields, the body.
fn columns(sql: &mut Sql, record: &Record) {
    sql.list(copy_columns(record), |sql, (sql_type, value)| {
        sql.param(Param::new(sql_type, value));
    });
}

fn system_fields(model: &Model) -> impl Iterator<Item = &Field> {
    model.fields().iter().take(SYSTEM_FIELDS).map(AsRef::as_ref)
}

/// Changes the document with that id, if `reach` is true of it, and answers it whole.
pub fn update(model: &Model, id: &str, patch: &Patch, reach: &Predicate, if_version: Option<i64>) -> Statement {
    let mut sql = Sql::new();
    sql.push("UPDATE \"udal_documents\" SET \"version\" = \"version\" + 1");
    for change in patch.changes().iter().filter(|change| change.field.is_system()) {
        sql.push(", ").column(&change.field).push(" = ");
        sql.param(Param::new(column_type(change.field.field_type()), change.value.clone()));
    }
    let (set, cleared) = body_changes(patch);
    if !set.is_empty() || !cleared.is_empty() {
        sql.push(", \"body\" = (\"body\" || ").param(Param::new(SqlType::JSONB, Value::Json(Json::Object(set))));
        sql.push(") - ").param(Param::texts(cleared));
    }
    chosen(&mut sql, model, id, reach, if_version);
    sql.push(" RETURNING ").push(SELECTION);
    sql.finish()
}

/// Takes links out of a document that the transaction has locked, and counts its version up: `kept` is what is left of
/// the fields that keep a value, `cleared` are those that keep none.
pub fn unlink(id: &str, kept: Map<String, Json>, cleared: impl IntoIterator<Item = String>) -> Statement {
    let mut sql = Sql::new();
    sql.push("UPDATE \"udal_documents\" SET \"version\" = \"version\" + 1, \"body\" = (\"body\" || ");
    sql.param(Param::new(SqlType::JSONB, Value::Json(Json::Object(kept)))).push(") - ").param(Param::texts(cleared));
    sql.push(" WHERE \"id\" = ").param(Param::text(id));
    sql.finish()
}

/// Deletes the document with that id and the links that it holds, if `reach` is true of it, and answers it as it was.
///
/// For models without links in either direction: who deletes another must lock the document first, and then look for
/// links, because one statement does not see those that were written while it waited.
pub fn delete_plain(model: &Model, id: &str, reach: &Predicate, if_version: Option<i64>) -> Statement {
    let mut sql = Sql::new();
    sql.push("WITH d AS (DELETE FROM \"udal_documents\"");
    chosen(&mut sql, model, id, reach, if_version);
    sql.push(" RETURNING ")
        .push(SELECTION)
        .push("), l AS (DELETE FROM \"udal_links\" WHERE \"source\" IN (SELECT \"id\" FROM d)) ");
    sql.push("SELECT * FROM d");
    sql.finish()
}

/// Writes the condition that finds one document that may be changed.
fn chosen(sql: &mut Sql, model: &Model, id: &str, reach: &Predicate, if_version: Option<i64>) {
    sql.push(" WHERE \"id\" = ").param(Param::text(id)).push(" AND \"model\" = ").param(Param::text(model.name()));
    sql.push(" AND ");
    write_predicate(sql, &Documents, reach);
    if let Some(version) = if_version {
        sql.push(" AND \"version\" = ").param(Param::int(version));
    }
}

/// Deletes a document that the transaction has locked, with the links that it holds and those that lead to it.
pub fn delete(id: &str) -> Statement {
    let mut sql = Sql::new();
    sql.push("WITH l AS (DELETE FROM \"udal_links\" WHERE \"source\" = ").param(Param::text(id));
    sql.push(" OR \"target\" = ").place(1).push(") DELETE FROM \"udal_documents\" WHERE \"id\" = ").place(1);
    sql.finish()
}

/// Starts a stream of documents; see [`copy_columns`].
pub fn copy() -> String {
    let mut sql = Sql::new();
    sql.push("COPY \"udal_documents\" (\"model\", ").push(SELECTION).push(") FROM STDIN (FORMAT binary)");
    sql.into_text()
}

/// The columns of one document in a stream: the model, the system fields, the body.
pub fn copy_columns(record: &Record) -> Vec<(SqlType, Option<Value>)> {
    let model = (SqlType::TEXT, Some(Value::from(record.model().name())));
    let system =
        system_fields(record.model()).map(|field| (column_type(field.field_type()), record.get(field).cloned()));
    let body = (SqlType::JSONB, Some(Value::Json(body(record))));
    std::iter::once(model).chain(system).chain(std::iter::once(body)).collect()
}

/// Starts a stream of links: source, field, target.
pub fn copy_links() -> &'static str {
    "COPY \"udal_links\" (\"source\", \"field\", \"target\") FROM STDIN (FORMAT binary)"
}
