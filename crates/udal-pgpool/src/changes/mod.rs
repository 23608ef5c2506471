//! Batches that change records: chunk after chunk within one transaction, each chunk set by set.
//!
//! A chunk's records are locked and read in the order of their ids, by one statement; the items are applied to them in
//! memory, in the order of the input ([`Slate`]); what became of the records is written by a fixed number of statements.
//! Chunks that cross wait for one another, and what comes in the way all the same is tried again from a savepoint.

mod absent;
mod slate;

use async_trait::async_trait;
use futures_util::StreamExt;
use udal_core::Result;
use udal_core::contract::{ChangeReport, DeleteItem, Items, UpdateItem, UpsertItem, Weigh};

pub use absent::nothing_there;
pub use slate::{CheckLinks, Slate};

use crate::{Chunks, Connection, CopyFailure, Failure, Transaction, is_duplicate};

/// How often a chunk is tried again when others come in the way.
const ATTEMPTS: usize = 8;

/// One item of a batch that changes records.
#[derive(Clone, Debug)]
pub enum ChangeItem {
    /// A record to create or change.
    Upsert(UpsertItem),
    /// A record to change.
    Update(UpdateItem),
    /// A record to delete.
    Delete(DeleteItem),
}

impl ChangeItem {
    /// The id of the record that it is about.
    pub fn id(&self) -> &str {
        match self {
            ChangeItem::Upsert(item) => item.record.id(),
            ChangeItem::Update(item) => &item.id,
            ChangeItem::Delete(item) => &item.id,
        }
    }
}

impl Weigh for ChangeItem {
    fn weight(&self) -> usize {
        match self {
            ChangeItem::Upsert(item) => item.weight(),
            ChangeItem::Update(item) => item.weight(),
            ChangeItem::Delete(item) => item.weight(),
        }
    }
}

/// The items as [`ChangeItem`]s.
pub fn change_items<'a, T: Send + 'a>(items: Items<'a, T>, kind: fn(T) -> ChangeItem) -> Items<'a, ChangeItem> {
    items.map(move |item| item.map(|(index, item)| (index, kind(item)))).boxed()
}

/// Writes the chunks of one batch.
#[async_trait]
pub trait ChunkWriter: Send {
    /// Writes a chunk. It is called again with the same chunk, with nothing of it written, where it was overtaken.
    async fn write(
        &mut self,
        transaction: &Transaction<'_>,
        chunk: &[(u64, ChangeItem)],
    ) -> std::result::Result<ChangeReport, Failure>;

    /// Whether the items that are still to come make no difference.
    fn is_done(&self) -> bool {
        false
    }

    /// Every item has come.
    async fn finish(&mut self, _transaction: &Transaction<'_>) -> Result<()> {
        Ok(())
    }
}

/// Writes a whole batch in a transaction of its own.
///
/// # Errors
/// The first failure of an atomic batch; the error that ends the stream; `TimedOut` where the caller sends nothing; what the
/// database says.
pub async fn run_changes(
    connection: &mut Connection,
    mut chunks: Chunks<'_, ChangeItem>,
    writer: &mut dyn ChunkWriter,
) -> Result<ChangeReport> {
    let mut transaction = connection.transaction().await.map_err(Failure::from)?;
    let mut report = ChangeReport::default();
    let mut chunk = chunks.next().await?;
    while !chunk.is_empty() {
        // A write that fails does not wait for more input; an error of the input waits for what came before it.
        let next = async { Ok(chunks.next().await) };
        let (written, next) = tokio::try_join!(write(&mut transaction, writer, &chunk), next)?;
        report.add(written);
        if writer.is_done() {
            break;
        }
        chunk = next?;
    }
    writer.finish(&transaction).await?;
    transaction.commit().await.map_err(Failure::from)?;
    Ok(report)
}

async fn write(
    transaction: &mut Transaction<'_>,
    writer: &mut dyn ChunkWriter,
    chunk: &[(u64, ChangeItem)],
) -> Result<ChangeReport> {
    let mut in_the_way = Failure::overtaken();
    for _ in 0..ATTEMPTS {
        let savepoint = transaction.savepoint().await.map_err(Failure::from)?;
        match writer.write(&savepoint, chunk).await {
            Ok(report) => {
                savepoint.commit().await.map_err(Failure::from)?;
                return Ok(report);
            }
            Err(failure @ Failure::Overtaken(_)) => {
                savepoint.rollback().await.map_err(Failure::from)?;
                in_the_way = failure;
            }
            Err(failure) => return Err(failure.into()),
        }
    }
    Err(in_the_way.into())
}

/// What a stream of new records met; a key that is taken by now is another's, who came in the way.
pub fn copy_failure(failure: CopyFailure) -> Failure {
    match failure {
        CopyFailure::Database(error) if is_duplicate(&error) => Failure::overtaken(),
        failure => failure.into(),
    }
}
