//! Groups of records.

use udal_core::{Action, Context, Result};
use udal_pgpool::TenantDatabases;
use udal_query::report::{Aggregate, Plan};
use udal_query::{Column, Rows};
use udal_sql::{Statement, report};

use super::run::{plan, run};
use crate::home::Home;

pub(crate) async fn aggregate(databases: &TenantDatabases, ctx: &Context, op: Aggregate) -> Result<Rows> {
    let home = Home::of(databases, ctx, &op.model)?;
    let statement = statement(&home, ctx, &op);
    let columns: Vec<Column> = op.columns();
    match run(&home, &statement, &columns, op.budget).await? {
        Some(rows) => Ok(rows),
        None => Ok(Rows::of(columns, op.of_nothing())),
    }
}

pub(crate) async fn explain(databases: &TenantDatabases, ctx: &Context, op: &Aggregate) -> Result<Plan> {
    let home = Home::of(databases, ctx, &op.model)?;
    plan(&home, &statement(&home, ctx, op)).await
}

fn statement(home: &Home<'_>, ctx: &Context, op: &Aggregate) -> Statement {
    report::aggregate(home.target(), op, &ctx.reach(&op.model, Action::View))
}
