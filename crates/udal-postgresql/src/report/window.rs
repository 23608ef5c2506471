//! Records and their neighbours.

use udal_core::{Action, Context, Result};
use udal_pgpool::TenantDatabases;
use udal_query::Rows;
use udal_query::report::{Plan, Window};
use udal_sql::{Statement, report};

use super::run::{plan, run};
use crate::home::Home;

pub(crate) async fn window(databases: &TenantDatabases, ctx: &Context, op: Window) -> Result<Rows> {
    let home = Home::of(databases, ctx, &op.model)?;
    let columns = op.columns();
    let rows = run(&home, &statement(&home, ctx, &op), &columns, op.budget).await?;
    Ok(rows.unwrap_or_else(|| Rows::of(columns, Vec::new())))
}

pub(crate) async fn explain(databases: &TenantDatabases, ctx: &Context, op: &Window) -> Result<Plan> {
    let home = Home::of(databases, ctx, &op.model)?;
    plan(&home, &statement(&home, ctx, op)).await
}

fn statement(home: &Home<'_>, ctx: &Context, op: &Window) -> Statement {
    report::window(home.target(), op, &ctx.reach(&op.model, Action::View))
}
