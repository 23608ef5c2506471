//! Statements about many documents at once: what a chunk of a batch reads, changes and deletes.
//!
//! New values come through a table of the transaction's own, so that each statement is one, however many the documents.

use serde_json::{Map, Value as Json};
use udal_core::filter::Predicate;
use udal_core::model::{Field, Model};
use udal_core::record::Record;
use udal_core::value::Value;

use super::{Documents, SELECTION, stored};
use crate::table::LockFor;
use crate::{Param, Sql, SqlType, Statement, column_type, write_predicate};

/// Reads the documents with these ids of which `reach` is true, and keeps others from changing them until the transaction
/// ends, and from linking to them where they are to be deleted.
///
/// They are locked in the order of their ids, so that those who are after the same documents wait for one another in one
/// order.
pub fn lock_documents(
    model: &Model,
    ids: impl IntoIterator<Item = String>,
    reach: &Predicate,
    purpose: LockFor,
) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT ").push(SELECTION);
    if purpose == LockFor::ChangeOrCreate {
        sql.push(", (");
        write_predicate(&mut sql, &Documents, reach);
        sql.push(") IS TRUE");
    }
    sql.push(" FROM \"udal_documents\" WHERE \"id\" = ANY (").param(Param::texts(ids));
    sql.push(") AND \"model\" = ").param(Param::text(model.name()));
    if purpose != LockFor::ChangeOrCreate {
        sql.push(" AND ");
        write_predicate(&mut sql, &Documents, reach);
    }
    sql.push(" ORDER BY \"id\"").push(purpose.strength());
    sql.finish()
}

/// Reads the documents that link to one of `targets` (model, id, version, body), and keeps them from being changed until the
/// transaction ends.
pub fn incoming_to(targets: impl IntoIterator<Item = String>) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT \"model\", \"id\", \"version\", \"body\" FROM \"udal_documents\" WHERE \"id\" IN (");
    sql.push("SELECT \"source\" FROM \"udal_links\" WHERE \"target\" = ANY (").param(Param::texts(targets));
    sql.push(")) ORDER BY \"id\" FOR NO KEY UPDATE");
    sql.finish()
}

/// What changes in one document.
#[derive(Clone, Debug)]
pub struct StagedDocument {
    cells: Vec<(SqlType, Option<Value>)>,
}

impl StagedDocument {
    /// The new values of `fields`, of which a chunk's patches change some in each document.
    pub fn of(record: &Record, fields: &[&Field]) -> Self {
        let (mut set, mut cleared) = (Map::new(), Vec::new());
        for field in fields.iter().filter(|field| !field.is_system()) {
            match record.get(field) {
                Some(value) => {
                    set.insert(field.name().to_owned(), stored(value));
                }
                None => cleared.push(field.name().to_owned()),
            }
        }
        let system = fields.iter().filter(|field| field.is_system());
        let system = system.map(|field| (column_type(field.field_type()), record.get(field).cloned()));
        StagedDocument::new(record.id(), record.version(), system, set, cleared)
    }

    /// A document that loses links: `set` is what is left of the fields that keep a value, `cleared` are those that keep none.
    pub fn unlinked(id: &str, version: i64, set: Map<String, Json>, cleared: Vec<String>) -> Self {
        StagedDocument::new(id, version, std::iter::empty(), set, cleared)
    }

    fn new(
        id: &str,
        version: i64,
        system: impl Iterator<Item = (SqlType, Option<Value>)>,
        set: Map<String, Json>,
        cleared: Vec<String>,
    ) -> Self {
        let cleared = Value::List(cleared.into_iter().map(Value::Str).collect());
        let mut cells = vec![(SqlType::TEXT, Some(Value::from(id))), (SqlType::INT8, Some(Value::Int(version)))];
        cells.extend(system);
        cells.push((SqlType::JSONB, Some(Value::Json(Json::Object(set)))));
        cells.push((SqlType::TEXT.array(), Some(cleared)));
        StagedDocument { cells }
    }

    /// Its columns in a stream.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = (SqlType, Option<&Value>)> {
        self.cells.iter().map(|(sql_type, value)| (*sql_type, value.as_ref()))
    }
}

fn system<'s, 'f: 's>(fields: &'s [&'f Field]) -> impl Iterator<Item = &'f Field> + 's {
    fields.iter().copied().filter(|field| field.is_system())
}

/// Makes the table that new values of these fields come through; it ends with the transaction.
pub fn create_stage(fields: &[&Field]) -> String {
    let mut sql = Sql::new();
    sql.push("CREATE TEMP TABLE \"udal_stage\" ON COMMIT DROP AS SELECT \"id\", \"version\"");
    for field in system(fields) {
        sql.push(", ").column(field);
    }
    sql.push(", \"body\", NULL::text[] AS \"cleared\" FROM \"udal_documents\" WITH NO DATA");
    sql.into_text()
}

/// Writes the values that came through the stage into the documents, which the transaction has locked.
pub fn update_from_stage(fields: &[&Field]) -> Statement {
    let mut sql = Sql::new();
    sql.push("UPDATE \"udal_documents\" AS \"t$\" SET \"version\" = \"s$\".\"version\"");
    for field in system(fields) {
        sql.push(", ").column(field).push(" = \"s$\".").column(field);
    }
    sql.push(
        ", \"body\" = (\"t$\".\"body\" || \"s$\".\"body\") - \"s$\".\"cleared\" FROM pg_temp.\"udal_stage\" AS \"s$\"",
    );
    sql.push(" WHERE \"t$\".\"id\" = \"s$\".\"id\"");
    sql.finish()
}

/// Takes out the links that `sources` hold in these fields.
pub fn delete_links_of(
    sources: impl IntoIterator<Item = String>,
    fields: impl IntoIterator<Item = String>,
) -> Statement {
    let mut sql = Sql::new();
    sql.push("DELETE FROM \"udal_links\" WHERE \"source\" = ANY (").param(Param::texts(sources));
    sql.push(") AND \"field\" = ANY (").param(Param::texts(fields)).push(")");
    sql.finish()
}

/// Deletes documents that the transaction has locked, with the links that they hold and those that lead to them.
pub fn delete_documents(ids: impl IntoIterator<Item = String>) -> Statement {
    let mut sql = Sql::new();
    sql.push("WITH l AS (DELETE FROM \"udal_links\" WHERE \"source\" = ANY (").param(Param::texts(ids));
    sql.push(") OR \"target\" = ANY (").place(1).push(")) DELETE FROM \"udal_documents\" WHERE \"id\" = ANY (");
    sql.place(1).push(")");
    sql.finish()
}
