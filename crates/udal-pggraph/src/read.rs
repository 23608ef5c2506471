//! The operations that read: one statement each.

use std::sync::Arc;

use tokio_postgres::Row;
use udal_core::contract::{Count, Get, List, Page, Search};
use udal_core::model::Model;
use udal_core::record::Record;
use udal_core::{Action, Context, Error, Result};
use udal_pgpool::{Failure, TenantDatabases, can_be_id};
use udal_sql::{Statement, document};

use crate::documents::read_document;
use crate::home::Home;

pub(crate) async fn get(databases: &TenantDatabases, ctx: &Context, op: Get) -> Result<Option<Record>> {
    let Get { model, id } = op;
    if !can_be_id(&id) {
        return Ok(None);
    }
    let rows = rows(databases, ctx, &document::get(&model, &id, &ctx.reach(&model, Action::View))).await?;
    rows.first().map(|row| read_document(&model, row)).transpose()
}

pub(crate) async fn list(databases: &TenantDatabases, ctx: &Context, op: List) -> Result<Page> {
    let List { model, filter, order, limit, start } = op;
    let filter = ctx.reach(&model, Action::View).and(filter);
    let rows = rows(databases, ctx, &document::list(&model, &filter, &order, limit, &start)).await?;
    Ok(Page::cut(documents(&model, &rows)?, limit))
}

pub(crate) async fn search(databases: &TenantDatabases, ctx: &Context, op: Search) -> Result<Vec<Record>> {
    let Search { model, query, limit } = op;
    let rows = rows(databases, ctx, &document::search(&model, &query, &ctx.reach(&model, Action::View), limit)).await?;
    documents(&model, &rows)
}

pub(crate) async fn count(databases: &TenantDatabases, ctx: &Context, op: Count) -> Result<u64> {
    let Count { model, filter } = op;
    let filter = ctx.reach(&model, Action::View).and(filter);
    let rows = rows(databases, ctx, &document::count(&model, &filter)).await?;
    let counted = rows.first().map_or(Ok(0), |row| row.try_get::<_, i64>(0)).map_err(Error::internal)?;
    u64::try_from(counted).map_err(Error::internal)
}

fn documents(model: &Arc<Model>, rows: &[Row]) -> Result<Vec<Record>> {
    rows.iter().map(|row| read_document(model, row)).collect()
}

/// Runs a statement that reads; where the database or its tables were never made there is nothing.
pub(crate) async fn rows(databases: &TenantDatabases, ctx: &Context, statement: &Statement) -> Result<Vec<Row>> {
    let connection = match Home::of(databases, ctx).connect().await {
        Err(Failure::Missing(_)) => return Ok(Vec::new()),
        connected => connected?,
    };
    match connection.query(statement).await.map_err(Failure::from) {
        Err(Failure::Missing(_)) => Ok(Vec::new()),
        done => Ok(done?),
    }
}
