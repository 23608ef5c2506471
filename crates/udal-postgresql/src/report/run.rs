//! Runs the statement of a report.

use futures_util::stream::{self, StreamExt};
use udal_core::Result;
use udal_pgpool::{Connection, Failure, RowReader, read_value};
use udal_query::report::Plan;
use udal_query::{Budget, Column, Rows};
use udal_sql::Statement;

use super::failure::said;
use crate::home::Home;

/// Runs a statement over the table of `home`; none where there is no such table yet. One that lacks columns that the model has
/// got since is brought up to it first.
pub(super) async fn run(
    home: &Home<'_>,
    statement: &Statement,
    columns: &[Column],
    budget: Budget,
) -> Result<Option<Rows>> {
    let connection = match home.connect().await {
        Err(Failure::Missing(_)) => return Ok(None),
        connected => connected?,
    };
    let reader = match start(connection, statement, budget).await {
        Err(Failure::Missing(_)) => {
            let again = home.connect().await?;
            if !home.catch_up(&again).await? {
                return Ok(None);
            }
            start(again, statement, budget).await?
        }
        started => started?,
    };
    Ok(Some(rows(reader, columns.to_vec(), budget)))
}

/// Checks what a statement would cost, where that is bounded, and starts it.
pub(super) async fn start(
    connection: Connection,
    statement: &Statement,
    budget: Budget,
) -> std::result::Result<RowReader, Failure> {
    if budget.cost.is_some() {
        let plan = connection.plan(statement).await?;
        if let Some(cost) = plan.first().and_then(|line| total_cost(line)) {
            budget.check_cost(cost)?;
        }
    }
    let rows = connection.rows_within(statement, budget.time).await.map_err(|error| said(error, budget))?;
    Ok(RowReader::new(connection, rows))
}

/// The rows of a running statement as values.
pub(super) fn rows(reader: RowReader, columns: Vec<Column>, budget: Budget) -> Rows {
    let types: Vec<_> = columns.iter().map(|column| column.kind.field_type()).collect();
    let next = move |(mut reader, types): (RowReader, Vec<_>)| async move {
        let Some(row) = reader.next().await.map_err(|error| said(error, budget))? else { return Ok(None) };
        let values = types.iter().enumerate().map(|(at, field_type)| read_value(&row, at, field_type));
        let values = values.collect::<Result<Vec<_>>>()?;
        Ok(Some((values, (reader, types))))
    };
    Rows { columns, rows: stream::try_unfold((reader, types), next).boxed() }
}

/// How PostgreSQL would go about a statement over the table of `home`; no plan where there is no such table yet.
pub(super) async fn plan(home: &Home<'_>, statement: &Statement) -> Result<Plan> {
    let lines = async { Ok(home.connect().await?.plan(statement).await?) };
    let plan = match lines.await {
        Err(Failure::Missing(_)) => Vec::new(),
        lines => lines?,
    };
    Ok(Plan { statement: statement.text.clone(), plan })
}

/// The total of a plan's first line, such as `Sort  (cost=1.05..1.06 rows=3 width=40)`.
fn total_cost(line: &str) -> Option<f64> {
    let (_, costs) = line.split_once("(cost=")?;
    let (_, total) = costs.split_once("..")?;
    total.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_plan_says_that_it_costs() {
        assert_eq!(total_cost("Sort  (cost=1.05..17.06 rows=3 width=40)"), Some(17.06));
        assert_eq!(total_cost("  ->  Seq Scan"), None);
    }
}
