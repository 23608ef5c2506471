//! Statements that read documents.

use udal_core::contract::Start;
use udal_core::filter::Predicate;
use udal_core::model::Model;
use udal_core::order::Order;
use udal_core::search::Query;

use super::{DOCUMENTS, Documents, SELECTION};
use crate::table::{limit_to, offset, order_by};
use crate::{Param, Sql, Statement, write_predicate, write_search};

/// Reads one document by id, if `reach` is true of it.
pub fn get(model: &Model, id: &str, reach: &Predicate) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT ").push(SELECTION);
    one(&mut sql, model, id, reach);
    sql.finish()
}

/// Reads one document by id, if `reach` is true of it, and keeps others from changing it and from linking to it until the
/// transaction ends.
pub fn lock_document(model: &Model, id: &str, reach: &Predicate, if_version: Option<i64>) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT ").push(SELECTION);
    one(&mut sql, model, id, reach);
    if let Some(version) = if_version {
        sql.push(" AND \"version\" = ").param(Param::int(version));
    }
    sql.push(" FOR UPDATE");
    sql.finish()
}

/// Reads the version of one document, if `reach` is true of it.
pub fn version_of(model: &Model, id: &str, reach: &Predicate) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT \"version\"");
    one(&mut sql, model, id, reach);
    sql.finish()
}

fn one(sql: &mut Sql, model: &Model, id: &str, reach: &Predicate) {
    sql.push(" FROM ").push(DOCUMENTS).push(" WHERE \"id\" = ").param(Param::text(id));
    sql.push(" AND \"model\" = ").param(Param::text(model.name())).push(" AND ");
    write_predicate(sql, &Documents, reach);
}

/// Finds which of `ids` are there.
pub fn exists(ids: impl IntoIterator<Item = String>) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT \"id\" FROM ").push(DOCUMENTS).push(" WHERE \"id\" = ANY (").param(Param::texts(ids)).push(")");
    sql.finish()
}

/// Reads the documents for which `filter` is true, in order, one more than `limit`.
pub fn list(model: &Model, filter: &Predicate, order: &Order, limit: usize, start: &Start) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT ").push(SELECTION);
    filtered(&mut sql, model, filter);
    if let Start::After(position) = start {
        sql.push(" AND ");
        write_predicate(&mut sql, &Documents, &order.after(position));
    }
    order_by(&mut sql, &Documents, order);
    limit_to(&mut sql, limit);
    if let Start::Skip(count @ 1..) = start {
        sql.push(" OFFSET ").param(offset(*count, limit));
    }
    sql.finish()
}

/// Finds documents by words, in the order of their ids.
pub fn search(model: &Model, query: &Query, filter: &Predicate, limit: usize) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT ").push(SELECTION);
    filtered(&mut sql, model, filter);
    sql.push(" AND ");
    write_search(&mut sql, &Documents, query);
    sql.push(" ORDER BY \"id\" LIMIT ").param(Param::int(i64::try_from(limit).unwrap_or(i64::MAX)));
    sql.finish()
}

/// Counts the documents for which `filter` is true.
pub fn count(model: &Model, filter: &Predicate) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT count(*)");
    filtered(&mut sql, model, filter);
    sql.finish()
}

fn filtered(sql: &mut Sql, model: &Model, filter: &Predicate) {
    sql.push(" FROM ").push(DOCUMENTS).push(" WHERE \"model\" = ").param(Param::text(model.name())).push(" AND ");
    write_predicate(sql, &Documents, filter);
}
