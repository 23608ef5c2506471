//! Reports over tables: one statement each, whose rows are read while they are taken.

mod aggregate;
mod failure;
mod join;
mod run;
mod window;

use async_trait::async_trait;
use udal_core::{Context, Result};
use udal_query::Rows;
use udal_query::report::{Aggregate, Join, Plan, Report, ReportBackend, Window};

use crate::PostgresqlBackend;

#[async_trait]
impl ReportBackend for PostgresqlBackend {
    async fn aggregate(&self, ctx: &Context, op: Aggregate) -> Result<Rows> {
        aggregate::aggregate(self.databases(), ctx, op).await
    }

    async fn join(&self, ctx: &Context, op: Join) -> Result<Rows> {
        join::join(self.databases(), ctx, op).await
    }

    async fn window(&self, ctx: &Context, op: Window) -> Result<Rows> {
        window::window(self.databases(), ctx, op).await
    }

    async fn explain(&self, ctx: &Context, op: Report) -> Result<Plan> {
        match op {
            Report::Aggregate(op) => aggregate::explain(self.databases(), ctx, &op).await,
            Report::Join(op) => join::explain(self.databases(), ctx, &op).await,
            Report::Window(op) => window::explain(self.databases(), ctx, &op).await,
        }
    }
}
