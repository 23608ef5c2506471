//! The operations that read: one statement each.

use std::sync::Arc;

use tokio_postgres::Row;
use udal_core::contract::{Count, Get, List, Page, Search};
use udal_core::model::Model;
use udal_core::record::Record;
use udal_core::{Action, Context, Error, Result};
use udal_pgpool::{Connection, Failure, TenantDatabases, can_be_id, read_record};
use udal_sql::Statement;
use udal_sql::table::{self, Spot};

use crate::home::Home;

/// How often a record that moves between partitions is looked for.
const MOVES: usize = 3;

pub(crate) async fn get(databases: &TenantDatabases, ctx: &Context, op: Get) -> Result<Option<Record>> {
    let Get { model, id } = op;
    let home = Home::of(databases, ctx, &model)?;
    let reach = ctx.reach(&model, Action::View);
    if !can_be_id(&id) {
        return Ok(None);
    }
    let connection = match home.connect().await {
        Err(Failure::Missing(_)) => return Ok(None),
        connected => connected?,
    };
    // Another may move the record between the two statements of a split table: then it is looked for again.
    for _ in 0..if home.target().moves() { MOVES } else { 1 } {
        let Some(spot) = spot_of(&home, &connection, &id).await? else { return Ok(None) };
        let rows = rows(&home, &connection, &table::get(home.target(), &spot, &reach)).await?;
        if let Some(row) = rows.first() {
            return read_record(&model, row).map(Some);
        }
    }
    Ok(None)
}

/// Where the record with that id is; `None` where it is nowhere.
async fn spot_of<'i>(home: &Home<'_>, connection: &Connection, id: &'i str) -> Result<Option<Spot<'i>>> {
    match table::key_of(home.target(), id, false) {
        None => Ok(Some(Spot { id, key: None })),
        Some(statement) => home.spot(id, &rows(home, connection, &statement).await?),
    }
}

pub(crate) async fn list(databases: &TenantDatabases, ctx: &Context, op: List) -> Result<Page> {
    let List { model, filter, order, limit, start } = op;
    let home = Home::of(databases, ctx, &model)?;
    let filter = ctx.reach(&model, Action::View).and(filter);
    let statement = table::list(home.target(), &filter, &order, limit, &start);
    Ok(Page::cut(records(&model, &rows_of(&home, &statement).await?)?, limit))
}

pub(crate) async fn search(databases: &TenantDatabases, ctx: &Context, op: Search) -> Result<Vec<Record>> {
    let Search { model, query, limit } = op;
    let home = Home::of(databases, ctx, &model)?;
    let statement = table::search(home.target(), &query, &ctx.reach(&model, Action::View), limit);
    records(&model, &rows_of(&home, &statement).await?)
}

pub(crate) async fn count(databases: &TenantDatabases, ctx: &Context, op: Count) -> Result<u64> {
    let Count { model, filter } = op;
    let home = Home::of(databases, ctx, &model)?;
    let filter = ctx.reach(&model, Action::View).and(filter);
    let rows = rows_of(&home, &table::count(home.target(), &filter)).await?;
    let counted = rows.first().map_or(Ok(0), |row| row.try_get::<_, i64>(0)).map_err(Error::internal)?;
    u64::try_from(counted).map_err(Error::internal)
}

fn records(model: &Arc<Model>, rows: &[Row]) -> Result<Vec<Record>> {
    rows.iter().map(|row| read_record(model, row)).collect()
}

/// Runs a statement that reads; where the database was never made there is nothing.
async fn rows_of(home: &Home<'_>, statement: &Statement) -> Result<Vec<Row>> {
    match home.connect().await {
        Err(Failure::Missing(_)) => Ok(Vec::new()),
        connected => rows(home, &connected?, statement).await,
    }
}

/// Runs a statement that reads. Where the table was never made there is nothing; where it lacks columns that the model has
/// got since, they are added first.
async fn rows(home: &Home<'_>, connection: &Connection, statement: &Statement) -> Result<Vec<Row>> {
    match connection.query(statement).await.map_err(Failure::from) {
        Err(Failure::Missing(_)) if home.catch_up(connection).await? => {
            Ok(connection.query(statement).await.map_err(Failure::from)?)
        }
        Err(Failure::Missing(_)) => Ok(Vec::new()),
        done => Ok(done?),
    }
}
