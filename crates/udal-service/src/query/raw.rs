//! SQL of the asker's own.

use std::sync::Arc;

use serde_json::Value as Json;
use udal_core::model::Model;
use udal_core::{Context, Error, ErrorKind, Result};
use udal_query::raw::{RawBackend, RawLimits, RawSql, RawStatement};
use udal_query::{Budget, Rows};

use super::observe::{metered, observed};
use crate::QueryService;

const RAW_SQL: &str = "raw_sql";

impl QueryService {
    /// Runs one `SELECT` of PostgreSQL's over the models in tables, as the asker sees them: `params` are `$1`, `$2` and so on.
    ///
    /// Each model is a table with the records that they may see, without the fields that are hidden from them, and with masks
    /// before others. It takes the permission `query:raw_sql`.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) for who does not hold it; [`InvalidInput`](ErrorKind::InvalidInput) or
    /// [`UnknownName`](ErrorKind::UnknownName) for a statement that cannot be run, with where;
    /// [`OverBudget`](ErrorKind::OverBudget) and [`TimedOut`](ErrorKind::TimedOut), also in the place of a row.
    pub async fn raw_sql(&self, ctx: &Context, sql: &str, params: &[Json]) -> Result<Rows> {
        // Who may not ask learns nothing of the models.
        let statement = ctx.check_raw_sql().and_then(|()| RawStatement::parse(sql, &self.inner.catalog));
        // Also those whose name may be a column's: a table can stand behind a comma.
        let named = statement.iter().flat_map(|statement| statement.models());
        let models: Vec<Arc<Model>> = named.map(|named| Arc::clone(&named.model)).collect();
        let budget = within(self.budgets.of(models.iter().map(Arc::as_ref)));
        let work = async {
            let limits = RawLimits { rows: budget.rows, bytes: budget.bytes, time: budget.time };
            let op = RawSql { statement: statement?, params: params.to_vec(), limits };
            self.sql_backend()?.raw_sql(ctx, op).await
        };
        let rows = observed(&self.inner.audit, RAW_SQL, ctx, &models, work).await?;
        Ok(metered(RAW_SQL, ctx, &models, budget, rows))
    }

    fn sql_backend(&self) -> Result<&Arc<dyn RawBackend>> {
        self.raw.as_ref().ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, "records are kept in memory, which answers no SQL")
                .hint("start Udal with a PostgreSQL server")
        })
    }
}

/// What a statement may take: of its rows the server holds all before it sends the first.
fn within(budget: Budget) -> Budget {
    let RawLimits { rows, bytes, time } = RawLimits::default();
    budget.within(Budget { rows, bytes, time, cost: None })
}
