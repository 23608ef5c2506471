//! What is due from time to time: partitions made before they are needed, and dropped when their time is over.

use std::collections::BTreeSet;

use udal_core::Result;
use udal_core::value::{Date, Value};
use udal_pgpool::{Connection, Failure, read_text};
use udal_sql::table::{self, Span};

use crate::home::Home;

/// How many partitions there are after the one of today.
const AHEAD: usize = 3;

/// What was done to one table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maintenance {
    /// The partitions that are there for today and what follows.
    pub ahead: Vec<String>,
    /// The partitions that were dropped, because the model's `retention` is over.
    pub dropped: Vec<String>,
}

/// Makes partitions ahead, and drops those that are older than the model keeps.
pub(crate) async fn maintain(home: &Home<'_>, today: Date) -> Result<Maintenance> {
    let mut done = Maintenance::default();
    let target = home.target();
    let Some((_, interval)) = target.partition_key() else { return Ok(done) };
    let connection = match home.connect().await {
        Err(Failure::Missing(_)) => return Ok(done),
        connected => connected?,
    };
    if connection.query(&table::has_table(target)).await.map_err(Failure::from)?.is_empty() {
        return Ok(done);
    }
    let first = Span::containing(&Value::Date(today), interval);
    let spans: BTreeSet<Span> = std::iter::successors(first, Span::following).take(AHEAD + 1).collect();
    home.ensure(&spans).await?;
    done.ahead = spans.iter().map(|span| table::partition_name(target, *span)).collect();
    if let Some(from) = target.retention().and_then(|retention| table::kept_from(today, retention)) {
        done.dropped = drop_old(home, connection, from).await?;
    }
    Ok(done)
}

/// Drops the partitions that end by `from`; also one that an earlier attempt took out of the table and left.
async fn drop_old(home: &Home<'_>, mut connection: Connection, from: Date) -> Result<Vec<String>> {
    let target = home.target();
    let mut dropped = Vec::new();
    for row in connection.query(&table::find_partitions(target)).await.map_err(Failure::from)? {
        let name = read_text(&row, 0)?;
        let is_attached: bool = row.try_get(1).map_err(Failure::from)?;
        let Some(span) = Span::of_partition(target, &name).filter(|span| span.ends_by(from)) else { continue };
        if is_attached {
            connection.batch(&table::detach_partition(target, span)).await.map_err(Failure::from)?;
        }
        let transaction = connection.transaction().await.map_err(Failure::from)?;
        transaction.batches(&table::drop_partition(target, span)).await.map_err(Failure::from)?;
        transaction.commit().await.map_err(Failure::from)?;
        tracing::info!(table = target.table_name(), partition = name, "dropped a partition whose time is over");
        dropped.push(name);
    }
    home.forget_partitions();
    Ok(dropped)
}
