//! Records of several models side by side: in one database, with those of the shared reference database given.

use udal_core::model::FieldType;
use udal_core::{Action, Context, Error, ErrorKind, Result};
use udal_pgpool::{Failure, TenantDatabases};
use udal_query::report::{Join, Joined, Plan};
use udal_query::{Column, Rows};
use udal_sql::report::{self, Source};

use super::run::{plan, rows, run, start};
use crate::home::Home;

/// How many rows of a shared table a join may take with it.
const MOST_GIVEN: u64 = 10_000;

pub(crate) async fn join(databases: &TenantDatabases, ctx: &Context, op: Join) -> Result<Rows> {
    let homes = homes(databases, ctx, &op)?;
    let mut sources = sources(ctx, &op, &homes).await?;
    let columns = op.columns();
    for is_last in [false, true] {
        if has_no_rows(&op, &sources) {
            break;
        }
        let home = asked(&homes, &sources)?;
        let connection = match home.connect().await {
            Err(Failure::Missing(_)) if !is_last => {
                forget_tables(&mut sources);
                continue;
            }
            connected => connected?,
        };
        match start(connection, &report::join(&op, &sources), op.budget).await {
            Err(Failure::Missing(_)) if !is_last => look_for_tables(&homes, &mut sources).await?,
            started => return Ok(rows(started?, columns, op.budget)),
        }
    }
    Ok(Rows::of(columns, Vec::new()))
}

pub(crate) async fn explain(databases: &TenantDatabases, ctx: &Context, op: &Join) -> Result<Plan> {
    let homes = homes(databases, ctx, op)?;
    let sources = sources(ctx, op, &homes).await?;
    plan(asked(&homes, &sources)?, &report::join(op, &sources)).await
}

fn homes<'a>(databases: &'a TenantDatabases, ctx: &Context, op: &'a Join) -> Result<Vec<Home<'a>>> {
    op.tables.iter().map(|table| Home::of(databases, ctx, &table.model)).collect()
}

/// Where the records of each table are. Where some are the tenant's own, those that all tenants share are in another database,
/// perhaps on another server: they are read first, and given with the statement.
async fn sources<'a>(ctx: &Context, op: &'a Join, homes: &[Home<'a>]) -> Result<Vec<Source<'a>>> {
    let is_tenants = op.tables.iter().any(|table| !table.model.is_shared());
    let needed = op.needed();
    let mut sources = Vec::new();
    for (at, ((table, home), fields)) in op.tables.iter().zip(homes).zip(&needed).enumerate() {
        let reach = ctx.reach(&table.model, Action::View);
        if !(is_tenants && table.model.is_shared()) {
            sources.push(Source::Table(home.target(), reach));
            continue;
        }
        let columns: Vec<Column> =
            fields.iter().map(|field| Column::new(field.name(), FieldType::clone(field.field_type()))).collect();
        let filter = reach.and(op.own_filter(at));
        let statement = report::rows_to_give(home.target(), fields, &filter, MOST_GIVEN + 1);
        let Some(mut found) = run(home, &statement, &columns, op.budget).await? else {
            sources.push(Source::Nothing);
            continue;
        };
        let mut given = Vec::new();
        while let Some(row) = found.next().await? {
            given.push(row);
        }
        if given.len() as u64 > MOST_GIVEN {
            return Err(too_many(table));
        }
        sources.push(Source::Given(report::given_rows(fields, &given)));
    }
    Ok(sources)
}

fn too_many(table: &Joined) -> Error {
    let message =
        format!("more than {MOST_GIVEN} records of `{}`, which all tenants share, would be joined", table.alias);
    let hint = format!("filter them, such as with {{\"{}.…\": …}}", table.alias);
    Error::new(ErrorKind::OverBudget, message).hint(hint)
}

/// The home of the database that is asked: that of a table that is read there, or else of any.
fn asked<'h, 'a>(homes: &'h [Home<'a>], sources: &[Source<'_>]) -> Result<&'h Home<'a>> {
    let read = homes.iter().zip(sources).find(|(_, source)| matches!(source, Source::Table(..)));
    let shared = homes.iter().find(|home| home.model().is_shared());
    read.map(|(home, _)| home).or(shared).ok_or_else(|| Error::internal("a join of no tables"))
}

/// Whether a table has no records without which there is no row.
fn has_no_rows(op: &Join, sources: &[Source<'_>]) -> bool {
    let tables = op.tables.iter().zip(sources).enumerate();
    tables.into_iter().any(|(at, (table, source))| matches!(source, Source::Nothing) && (at == 0 || !table.is_left))
}

/// The database was never made.
fn forget_tables(sources: &mut [Source<'_>]) {
    for source in sources.iter_mut().filter(|source| matches!(source, Source::Table(..))) {
        *source = Source::Nothing;
    }
}

/// Brings the tables that are there up to their models, and forgets those that are not.
async fn look_for_tables(homes: &[Home<'_>], sources: &mut [Source<'_>]) -> Result<()> {
    for (home, source) in homes.iter().zip(sources) {
        if matches!(source, Source::Table(..)) && !home.catch_up(&home.connect().await?).await? {
            *source = Source::Nothing;
        }
    }
    Ok(())
}
