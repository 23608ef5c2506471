//! What is due from time to time: partitions made before they are needed, and taken out when their time is over.

use std::collections::BTreeSet;
use std::time::Duration;

use udal_core::model::Expiry;
use udal_core::value::{Date, Value};
use udal_core::{Error, ErrorKind, Result};
use udal_pgpool::{Connection, Failure, Statements, Turn, is_refused};
use udal_sql::table::{self, Span, Target};

use crate::home::Home;
use crate::partition::{Settled, Standing, TakenOut, read_partition};

/// How many partitions there are after the one of today.
const AHEAD: usize = 3;
/// How long a partition waits to be taken out for those who read the table, before it is left to the next run.
const DETACH_WITHIN: Duration = Duration::from_secs(60);

/// What was done to one table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maintenance {
    /// The partitions that are there for today and what follows.
    pub ahead: Vec<String>,
    /// The partitions that were dropped, because the model's `retention` is over.
    pub dropped: Vec<String>,
    /// The partitions that were taken out of the table and kept, because the model's `retention` is over and says so.
    pub detached: Vec<String>,
}

/// Makes partitions ahead, and takes out those that are older than the model keeps.
pub(crate) async fn maintain(home: &Home<'_>, today: Date) -> Result<Maintenance> {
    let mut done = Maintenance::default();
    let target = home.target();
    let Some((_, interval)) = target.partition_key() else { return Ok(done) };
    if !is_there(home).await? {
        return Ok(done);
    }
    let first = Span::containing(&Value::Date(today), interval);
    let spans: BTreeSet<Span> = std::iter::successors(first, Span::following).take(AHEAD + 1).collect();
    home.ensure(&spans).await?;
    done.ahead = spans.iter().map(|span| table::partition_name(target, *span)).collect();
    let Some(retention) = target.retention() else { return Ok(done) };
    let Some(from) = table::kept_from(today, retention) else { return Ok(done) };
    let over = take_out(home, from, retention.then).await?;
    match retention.then {
        Expiry::Drop => done.dropped = over,
        Expiry::Detach => done.detached = over,
    }
    Ok(done)
}

async fn is_there(home: &Home<'_>) -> Result<bool> {
    let connection = match home.connect().await {
        Err(Failure::Missing(_)) => return Ok(false),
        connected => connected?,
    };
    Ok(!connection.query(&table::has_table(home.target())).await.map_err(Failure::from)?.is_empty())
}

/// Takes out the partitions that end by `from`; also what an earlier attempt began and did not end.
async fn take_out(home: &Home<'_>, from: Date, then: Expiry) -> Result<Vec<String>> {
    let target = home.target();
    let mut connection = home.maintain().await?;
    let mut over = Vec::new();
    for row in connection.query(&table::find_partitions(target)).await.map_err(Failure::from)? {
        let (name, standing) = read_partition(&row)?;
        let Some(span) = Span::of_partition(target, &name).filter(|span| span.ends_by(from)) else { continue };
        match standing {
            Standing::Part => detach(&mut connection, target, span).await?,
            Standing::Leaving => connection.restructure(Turn::Shared, &TakenOut(target, span)).await?,
            Standing::Apart => {}
        }
        connection.restructure(Turn::Shared, &Settled(target, span, then)).await?;
        tracing::info!(table = target.table_name(), partition = name, ?then, "a partition's time is over");
        over.push(name);
    }
    home.forget_partitions();
    Ok(over)
}

/// Waits for those who read the table, who do not wait for it. What is not ended in time the server ends by itself, or the
/// next run does. A distributed PostgreSQL (Citus) cannot do it so: there the partition is taken out at once.
async fn detach(connection: &mut Connection, target: Target<'_>, span: Span) -> Result<()> {
    match tokio::time::timeout(DETACH_WITHIN, connection.batch(&table::detach_partition(target, span))).await {
        Ok(Err(error)) if is_refused(&error) => {
            let at_once = Statements(vec![table::detach_partition_at_once(target, span)]);
            Ok(connection.restructure(Turn::Shared, &at_once).await?)
        }
        Ok(done) => Ok(done.map_err(Failure::from)?),
        Err(_) => Err(Error::new(ErrorKind::Unavailable, "a long transaction reads the table")
            .hint("end it, and maintain the tenant again")),
    }
}
