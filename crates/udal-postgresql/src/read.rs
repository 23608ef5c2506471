//! The operations that read: one statement each.

use std::sync::Arc;

use tokio_postgres::Row;
use udal_core::contract::{Count, Get, List, Page, Search};
use udal_core::model::Model;
use udal_core::record::Record;
use udal_core::{Context, Error, Result};
use udal_pgpool::{Failure, TenantDatabases, read_record};
use udal_sql::{Statement, table};

use crate::home::Home;

pub(crate) async fn get(databases: &TenantDatabases, ctx: &Context, op: Get) -> Result<Option<Record>> {
    let Get { model, id } = op;
    let home = Home::of(databases, ctx, &model)?;
    let statement = table::get(home.target(), &id, &ctx.reach(&model)?);
    let rows = rows(&home, &statement).await?;
    rows.first().map(|row| read_record(&model, row)).transpose()
}

pub(crate) async fn list(databases: &TenantDatabases, ctx: &Context, op: List) -> Result<Page> {
    let List { model, filter, order, limit, start } = op;
    let home = Home::of(databases, ctx, &model)?;
    let filter = ctx.reach(&model)?.and(filter);
    let statement = table::list(home.target(), &filter, &order, limit, &start);
    Ok(Page::cut(records(&model, &rows(&home, &statement).await?)?, limit))
}

pub(crate) async fn search(databases: &TenantDatabases, ctx: &Context, op: Search) -> Result<Vec<Record>> {
    let Search { model, query, limit } = op;
    let home = Home::of(databases, ctx, &model)?;
    let statement = table::search(home.target(), &query, &ctx.reach(&model)?, limit);
    records(&model, &rows(&home, &statement).await?)
}

pub(crate) async fn count(databases: &TenantDatabases, ctx: &Context, op: Count) -> Result<u64> {
    let Count { model, filter } = op;
    let home = Home::of(databases, ctx, &model)?;
    let filter = ctx.reach(&model)?.and(filter);
    let rows = rows(&home, &table::count(home.target(), &filter)).await?;
    let counted = rows.first().map_or(Ok(0), |row| row.try_get::<_, i64>(0)).map_err(Error::internal)?;
    u64::try_from(counted).map_err(Error::internal)
}

fn records(model: &Arc<Model>, rows: &[Row]) -> Result<Vec<Record>> {
    rows.iter().map(|row| read_record(model, row)).collect()
}

/// Runs a statement that reads. Where the database or the table was never made there is nothing; where the table lacks
/// columns that the model has got since, they are added first.
async fn rows(home: &Home<'_>, statement: &Statement) -> Result<Vec<Row>> {
    let connection = match home.connect().await {
        Err(Failure::Missing(_)) => return Ok(Vec::new()),
        connected => connected?,
    };
    match connection.query(statement).await.map_err(Failure::from) {
        Err(Failure::Missing(_)) if home.catch_up(&connection).await? => {
            Ok(connection.query(statement).await.map_err(Failure::from)?)
        }
        Err(Failure::Missing(_)) => Ok(Vec::new()),
        done => Ok(done?),
    }
}
