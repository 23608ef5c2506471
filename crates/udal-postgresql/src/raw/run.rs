//! The way of a statement: a transaction that is always undone.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio_postgres::{Error as PgError, Row};
use udal_core::filter::Predicate;
use udal_core::model::Model;
use udal_core::value::Value;
use udal_core::{Action, Context, Error, ErrorKind, Result};
use udal_pgpool::{Confined, ConfinedRows, Connection, Database, Described, Failure, TenantDatabases};
use udal_query::raw::{NamedModel, RawLimits, RawSql, RawStatement, Rewritten};
use udal_query::{Column, Rows};
use udal_sql::raw::{SeenTable, ask, bound_place, confine, find_tables, view_statements, wrapped};

use super::columns::{answer_columns, read_row};
use super::failure::{Sent, told};
use super::params::{param_texts, param_types};
use super::reader::{ensure_reader, nothing_there};
use crate::home::Home;

pub(crate) async fn raw_sql(databases: &TenantDatabases, ctx: &Context, op: RawSql) -> Result<Rows> {
    let RawSql { statement, params, limits } = op;
    ctx.check_raw_sql()?;
    if statement.params() != params.len() {
        let message = format!("the statement has {} parameters, and {} are given", statement.params(), params.len());
        return Err(Error::invalid(message).hint("give a value for each of `$1`, `$2`, …, or `null`"));
    }
    let database = database_of(ctx, statement.models())?;
    let seen: Vec<Seen> = seen(ctx, &statement, &database);
    ensure_reader(databases, &database).await?;
    let confined = confined(databases, &database, &seen, limits).await?;
    let (text, before) = wrapped(statement.text(), limits.rows.saturating_add(1));
    let described = match confined.describe(&text).await {
        Ok(described) => described,
        Err(error) => return Err(refused(confined, error, &statement, ctx, Sent::Prepared(before)).await),
    };
    match prepare(&statement, &described, &params, limits) {
        Ok(prepared) => run(confined, statement, ctx.clone(), prepared, limits).await,
        Err(error) => {
            confined.close_after(&described).await?;
            Err(error)
        }
    }
}

/// A model that the statement names, as its asker sees it.
struct Seen {
    name: String,
    model: Arc<Model>,
    reach: Predicate,
    is_there: bool,
}

/// The database that the statement runs in: one has the tenant's tables, another those that all tenants read.
fn database_of(ctx: &Context, models: &[NamedModel]) -> Result<Database> {
    let table = |shared: bool| models.iter().find(|named| named.is_table && named.model.is_shared() == shared);
    match (table(true), table(false)) {
        (Some(shared), Some(own)) => {
            let (shared, own) = (shared.model.name(), own.model.name());
            Err(Error::new(ErrorKind::Unsupported, format!("`{shared}` and `{own}` are in two databases"))
                .hint("a statement reads from one; `join` reads from both"))
        }
        (Some(_), None) => Ok(Database::Shared),
        (None, _) => Ok(Database::Tenant(ctx.tenant().clone())),
    }
}

fn seen(ctx: &Context, statement: &RawStatement, database: &Database) -> Vec<Seen> {
    let here = statement.models().iter().filter(|named| named.model.is_shared() == (*database == Database::Shared));
    here.map(|named| {
        let model = named.model.seen_by(ctx.access());
        let reach = ctx.reach(&named.model, Action::View);
        Seen { name: named.spelling.clone(), model, reach, is_there: true }
    })
    .collect()
}

/// Begins the transaction in which there is nothing but the views.
async fn confined(
    databases: &TenantDatabases,
    database: &Database,
    seen: &[Seen],
    limits: RawLimits,
) -> Result<Confined> {
    match Confined::begin(connect(databases, database).await?, &beginning(seen, limits)).await.map_err(Failure::from) {
        Err(Failure::Missing(_)) => {}
        begun => return Ok(begun?),
    }
    // Some table is not there, or lacks what its model has got since.
    let mut found = Vec::with_capacity(seen.len());
    for Seen { name, model, reach, .. } in seen {
        let home = Home::at(databases, database.clone(), model)?;
        home.follow_model().await?;
        found.push(Seen { name: name.clone(), model: Arc::clone(model), reach: reach.clone(), is_there: true });
    }
    let connection = connect(databases, database).await?;
    let tables = found.iter().filter_map(|seen| seen.model.table().map(|table| table.name.as_str()));
    let rows = connection.query(&find_tables(tables)).await.map_err(Failure::from)?;
    for (seen, row) in found.iter_mut().zip(&rows) {
        seen.is_there = row.try_get(0).map_err(Error::internal)?;
    }
    Ok(Confined::begin(connection, &beginning(&found, limits)).await.map_err(Failure::from)?)
}

async fn connect(databases: &TenantDatabases, database: &Database) -> Result<Connection> {
    match databases.connect_to(database).await {
        Err(Failure::Missing(_)) => Err(nothing_there(database)),
        connected => Ok(connected?),
    }
}

fn beginning(seen: &[Seen], limits: RawLimits) -> String {
    let tables =
        seen.iter().map(|Seen { name, model, reach, is_there }| SeenTable { name, model, reach, is_there: *is_there });
    let milliseconds = u64::try_from(limits.time.as_millis()).unwrap_or(u64::MAX).clamp(1, 86_400_000);
    confine(&view_statements(&tables.collect::<Vec<_>>()), milliseconds)
}

/// What is run of a statement.
struct Prepared {
    rewritten: Rewritten,
    before: usize,
    columns: Vec<Column>,
    statement: udal_sql::Statement,
}

fn prepare(
    statement: &RawStatement,
    described: &Described,
    params: &[serde_json::Value],
    limits: RawLimits,
) -> Result<Prepared> {
    let types = param_types(&described.params)?;
    let texts = param_texts(&types, params)?;
    let (columns, answered) = answer_columns(&described.columns)?;
    let type_name =
        |number: usize| number.checked_sub(1).and_then(|at| types.get(at)).map_or("text", |known| known.name);
    let rewritten = statement.rewritten(|number| bound_place(number, type_name(number)));
    let (text, before) = wrapped(&rewritten.text, limits.rows.saturating_add(1));
    Ok(Prepared { rewritten, before, columns, statement: ask(text, texts, &answered) })
}

async fn run(
    confined: Confined,
    statement: RawStatement,
    ctx: Context,
    prepared: Prepared,
    limits: RawLimits,
) -> Result<Rows> {
    let Prepared { rewritten, before, columns, statement: asked } = prepared;
    let rows = match confined.rows(&asked).await {
        Ok(rows) => rows,
        Err((confined, error)) => {
            return Err(refused(confined, error, &statement, &ctx, Sent::Run(before, &rewritten)).await);
        }
    };
    let mut answer = Answer {
        rows: Some(rows),
        statement,
        ctx,
        rewritten,
        before,
        columns: columns.clone(),
        limits,
        read: 0,
        bytes: 0,
    };
    // What is wrong with a statement is mostly seen before its first row: then there is no answer to begin.
    let first = answer.next().await?;
    let begun = VecDeque::from_iter(first);
    let rows: BoxStream<'static, _> = stream::try_unfold((answer, begun), |(mut answer, mut begun)| async {
        let row = match begun.pop_front() {
            Some(row) => Some(row),
            None => answer.next().await?,
        };
        Ok(row.map(|row| (row, (answer, begun))))
    })
    .boxed();
    Ok(Rows { columns, rows })
}

/// Undoes the transaction after an error, and says what it means.
async fn refused(confined: Confined, error: PgError, statement: &RawStatement, ctx: &Context, sent: Sent<'_>) -> Error {
    let may_go_back = error.as_db_error().is_some();
    let told = told(error, statement, ctx.access(), sent);
    if may_go_back && let Err(error) = confined.close().await {
        tracing::debug!(
            error = &error as &dyn std::error::Error,
            "a transaction could not be undone; its connection is closed"
        );
    }
    told
}

/// The rows of a statement that runs.
struct Answer {
    /// None after the last row.
    rows: Option<ConfinedRows>,
    statement: RawStatement,
    ctx: Context,
    rewritten: Rewritten,
    before: usize,
    columns: Vec<Column>,
    limits: RawLimits,
    read: u64,
    bytes: u64,
}

impl Answer {
    async fn next(&mut self) -> Result<Option<Vec<Option<Value>>>> {
        let Some(mut rows) = self.rows.take() else { return Ok(None) };
        match rows.next().await {
            Ok(Some(row)) => {
                // What is over its limit is left running, and so cancelled.
                let values = self.count(&row)?;
                self.rows = Some(rows);
                Ok(Some(values))
            }
            Ok(None) => {
                rows.close().await.map_err(Failure::from)?;
                Ok(None)
            }
            Err(error) => {
                let may_go_back = error.as_db_error().is_some();
                let told = told(error, &self.statement, self.ctx.access(), Sent::Run(self.before, &self.rewritten));
                if may_go_back {
                    // Where it fails the connection is closed.
                    let _ = rows.close().await;
                }
                Err(told)
            }
        }
    }

    fn count(&mut self, row: &Row) -> Result<Vec<Option<Value>>> {
        let RawLimits { rows, bytes, time: _ } = self.limits;
        self.read += 1;
        self.bytes += row.raw_size_bytes() as u64;
        if self.read > rows {
            return Err(over(&format!("{rows} rows")));
        }
        if self.bytes > bytes {
            return Err(over(&format!("{bytes} bytes")));
        }
        read_row(&self.columns, row)
    }
}

fn over(limit: &str) -> Error {
    Error::new(ErrorKind::OverBudget, format!("the answer has more than {limit}, which is its budget"))
        .hint("ask for less: aggregate, filter, or `LIMIT` it")
}
