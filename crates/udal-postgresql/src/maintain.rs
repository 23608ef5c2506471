//! What is due from time to time: partitions made before they are needed, and taken out when their time is over.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::time::Duration;

use udal_core::model::Expiry;
use udal_core::value::{Date, Value};
use udal_core::{Error, ErrorKind, Result};
use udal_pgpool::{Connection, Failure, Statements, Turn, is_refused};
use udal_sql::table::{self, Span, Target};

use crate::home::Home;
use crate::partition::{OnePartition, Settled, Standing, TakenOut, is_in_the_way, read_partition};

/// How many partitions there are after the one of today.
const AHEAD: usize = 3;
/// How long a partition waits to be taken out for those who read the table, before it is left to the next run.
const DETACH_WITHIN: Duration = Duration::from_secs(60);
/// How often a partition is looked at again when other runs come in the way.
const ATTEMPTS: usize = 8;

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
    let done = maintained(home, today).await;
    if let Err(error) = &done {
        let (database, table) = (home.database(), home.target().table_name());
        tracing::error!(%database, table, %error, cause = error.source(), "a table was not maintained");
    }
    done
}

async fn maintained(home: &Home<'_>, today: Date) -> Result<Maintenance> {
    let mut done = Maintenance::default();
    let target = home.target();
    let Some((_, interval)) = target.partition_key() else { return Ok(done) };
    if !is_there(home).await? {
        return Ok(done);
    }
    let first = Span::containing(&Value::Date(today), interval);
    let spans: BTreeSet<Span> = std::iter::successors(first, Span::following).take(AHEAD + 1).collect();
    match home.ensure_partitions(&spans).await {
        Err(Failure::Missing(_)) => return Ok(done),
        made => made?,
    }
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
    let mut connection = home.maintain().await?;
    let done = take_out_each(&mut connection, home.target(), from, then).await;
    home.forget_partitions();
    done
}

async fn take_out_each(
    connection: &mut Connection,
    target: Target<'_>,
    from: Date,
    then: Expiry,
) -> Result<Vec<String>> {
    let mut over = Vec::new();
    end_pending(connection, target, from).await?;
    for (span, _) in partitions(connection, target).await? {
        if !span.ends_by(from) {
            continue;
        }
        leave(connection, target, span, from).await?;
        let settled = Settled::new(target, span, then);
        connection.restructure(Turn::Shared, &settled).await?;
        if settled.is_done() {
            let name = table::partition_name(target, span);
            tracing::info!(table = target.table_name(), partition = name, ?then, "a partition's time is over");
            over.push(name);
        }
    }
    Ok(over)
}

/// The tables named as partitions of the table, and what each is now.
async fn partitions(connection: &Connection, target: Target<'_>) -> Result<Vec<(Span, Standing)>> {
    let rows = connection.query(&table::find_partitions(target)).await.map_err(Failure::from)?;
    let read = rows.iter().map(read_partition).collect::<std::result::Result<Vec<_>, Failure>>()?;
    Ok(read.into_iter().filter_map(|(name, is)| Some((Span::of_partition(target, &name)?, is))).collect())
}

/// Ends what others began, of any time: while one partition is on its way out of the table, no other can go. One whose time is
/// not over, because the model keeps it longer than it did, becomes a part of the table again.
async fn end_pending(connection: &mut Connection, target: Target<'_>, from: Date) -> Result<()> {
    for (span, standing) in partitions(connection, target).await? {
        match standing {
            Standing::Leaving if span.ends_by(from) => {
                connection.restructure(Turn::Shared, &TakenOut(target, span)).await?;
            }
            Standing::Leaving => connection.restructure(Turn::Alone, &OnePartition(target, span)).await?,
            Standing::Part | Standing::Apart => {}
        }
    }
    Ok(())
}

/// Makes the partition leave its table. Another run may be at it too, or at another of the table: each ends what the other began.
async fn leave(connection: &mut Connection, target: Target<'_>, span: Span, from: Date) -> Result<()> {
    let mut in_the_way = Failure::overtaken();
    for _ in 0..ATTEMPTS {
        let found = connection.query(&table::find_partition(target, span)).await.map_err(Failure::from)?;
        match found.first().map(read_partition).transpose()? {
            Some((_, Standing::Part)) => {}
            Some((_, Standing::Leaving)) => {
                end_pending(connection, target, from).await?;
                continue;
            }
            Some((_, Standing::Apart)) | None => return Ok(()),
        }
        match detach(connection, target, span).await? {
            Detached::Done => return Ok(()),
            Detached::NotYet(failure) => in_the_way = failure,
        }
        end_pending(connection, target, from).await?;
    }
    Err(in_the_way.into())
}

/// What came of an attempt to take a partition out.
enum Detached {
    Done,
    /// Another run was in the way.
    NotYet(Failure),
}

/// Waits for those who read the table, who do not wait for it. What is not ended in time the server ends by itself, or the
/// next run does. A distributed PostgreSQL (Citus) cannot do it so: there the partition is taken out at once.
async fn detach(connection: &mut Connection, target: Target<'_>, span: Span) -> Result<Detached> {
    match tokio::time::timeout(DETACH_WITHIN, connection.batch(&table::detach_partition(target, span))).await {
        Ok(Ok(())) => Ok(Detached::Done),
        Ok(Err(error)) if is_in_the_way(&error) => Ok(Detached::NotYet(error.into())),
        Ok(Err(error)) if is_refused(&error) => {
            let at_once = Statements(vec![table::detach_partition_at_once(target, span)]);
            match connection.restructure(Turn::Shared, &at_once).await {
                Err(failure @ Failure::Missing(_)) => Ok(Detached::NotYet(failure)),
                done => Ok(done.map(|()| Detached::Done)?),
            }
        }
        Ok(Err(error)) => match Failure::from(error) {
            failure @ Failure::Overtaken(_) => Ok(Detached::NotYet(failure)),
            failure => Err(failure.into()),
        },
        Err(_) => Err(Error::new(ErrorKind::Unavailable, "a long transaction reads the table")
            .hint("end it, and maintain the tenant again")),
    }
}
