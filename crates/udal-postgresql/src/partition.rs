//! How partitions come to be, and go.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Error as PgError, Row};
use udal_core::Error;
use udal_core::model::Expiry;
use udal_pgpool::{Failure, Provision, Transaction, read_text};
use udal_sql::table::{self, Span, Target};

/// What a table of a partition's name is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// A part of the table.
    Part,
    /// Being taken out, by who is at it or was interrupted: who reads the table does not see it any more.
    Leaving,
    /// A table by itself: it was taken out, or never made a part.
    Apart,
}

/// The name of a table that [`table::find_partitions`] found, and what it is.
pub(crate) fn read_partition(row: &Row) -> Result<(String, Standing), Failure> {
    let standing = match (row.try_get(1)?, row.try_get(2)?) {
        (true, true) => Standing::Leaving,
        (true, false) => Standing::Part,
        (false, _) => Standing::Apart,
    };
    Ok((read_text(row, 0)?, standing))
}

/// Whether another run came in the way of one that takes partitions out: what it was about is done, dropped, or to be done
/// after what the other began.
pub(crate) fn is_in_the_way(error: &PgError) -> bool {
    let of_others = [SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, SqlState::UNDEFINED_TABLE];
    error.code().is_some_and(|code| of_others.contains(code))
}

/// What another run came in the way of is looked at again.
fn overtaken(error: PgError) -> Failure {
    if is_in_the_way(&error) { Failure::overtaken() } else { error.into() }
}

async fn standing(target: Target<'_>, span: Span, transaction: &Transaction<'_>) -> Result<Option<Standing>, Failure> {
    let rows = transaction.query(&table::find_partition(target, span)).await?;
    rows.first().map(|row| Ok(read_partition(row)?.1)).transpose()
}

/// Makes one partition of a split table.
///
/// Neither those who read and write the table wait for it, nor it for them: a table is made like the whole, then made a part
/// of it. One that is there by itself, with records, is made a part again: its ids are known as long as it is there.
pub(crate) struct OnePartition<'a>(pub(crate) Target<'a>, pub(crate) Span);

#[async_trait]
impl Provision for OnePartition<'_> {
    async fn run(&self, transaction: &Transaction<'_>) -> Result<(), Failure> {
        let OnePartition(target, span) = *self;
        let mut statements = Vec::new();
        match standing(target, span, transaction).await? {
            Some(Standing::Part) => return Ok(()),
            Some(Standing::Leaving) => finish(target, span, transaction).await?,
            Some(Standing::Apart) if transaction.query(&table::find_partition_row(target, span)).await?.is_empty() => {
                // It may lack what the model has got since.
                statements.push(table::drop_empty_partition(target, span));
            }
            Some(Standing::Apart) | None => {}
        }
        statements.extend([table::create_partition(target, span), table::attach_partition(target, span)]);
        transaction.batches(&statements).await?;
        Ok(())
    }
}

/// Ends what was begun: the partition is not a part of the table afterwards.
pub(crate) struct TakenOut<'a>(pub(crate) Target<'a>, pub(crate) Span);

#[async_trait]
impl Provision for TakenOut<'_> {
    async fn run(&self, transaction: &Transaction<'_>) -> Result<(), Failure> {
        let TakenOut(target, span) = *self;
        if standing(target, span, transaction).await? == Some(Standing::Leaving) {
            finish(target, span, transaction).await?;
        }
        Ok(())
    }
}

async fn finish(target: Target<'_>, span: Span, transaction: &Transaction<'_>) -> Result<(), Failure> {
    transaction.batch(&table::finish_detaching(target, span)).await.map_err(overtaken)
}

/// Drops a partition that was taken out, or keeps it under another name; the ids of its records are free with it.
pub(crate) struct Settled<'a> {
    target: Target<'a>,
    span: Span,
    then: Expiry,
    is_done: AtomicBool,
}

impl<'a> Settled<'a> {
    pub(crate) fn new(target: Target<'a>, span: Span, then: Expiry) -> Self {
        Settled { target, span, then, is_done: AtomicBool::new(false) }
    }

    /// Whether it was this that settled it: another run may have, or a record of its time came meanwhile, and made it a part
    /// again; then the next run takes it out.
    pub(crate) fn is_done(&self) -> bool {
        self.is_done.load(Ordering::Acquire)
    }
}

#[async_trait]
impl Provision for Settled<'_> {
    async fn run(&self, transaction: &Transaction<'_>) -> Result<(), Failure> {
        let Settled { target, span, then, ref is_done } = *self;
        let is_apart = async || Ok::<_, Failure>(standing(target, span, transaction).await? == Some(Standing::Apart));
        if !is_apart().await? {
            return Ok(());
        }
        transaction.batch(&table::lock_partition(target, span)).await.map_err(overtaken)?;
        if !is_apart().await? {
            return Ok(());
        }
        let statements = match then {
            Expiry::Drop => table::drop_partition(target, span),
            Expiry::Detach => table::keep_partition(target, span, &free_name(target, span, transaction).await?),
        };
        transaction.batches(&statements).await?;
        is_done.store(true, Ordering::Release);
        Ok(())
    }
}

async fn free_name(target: Target<'_>, span: Span, transaction: &Transaction<'_>) -> Result<String, Failure> {
    for name in table::kept_names(target, span) {
        if transaction.query(&table::is_taken(&name)).await?.is_empty() {
            return Ok(name);
        }
    }
    let name = table::partition_name(target, span);
    Err(Error::invalid(format!("the partition `{name}` was kept too often"))
        .hint("drop or rename the tables that hold what was kept of its time")
        .into())
}
