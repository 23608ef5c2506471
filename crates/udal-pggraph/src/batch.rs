//! Many new documents: streamed by `COPY`, a chunk at a time, within one transaction.

use std::collections::HashSet;
use std::sync::Arc;

use udal_core::contract::refusal::already_exists;
use udal_core::contract::{BatchCreate, BatchMode, BatchReport, ItemFailure};
use udal_core::model::Model;
use udal_core::record::Record;
use udal_core::value::Value;
use udal_core::{Context, Error, Result};
use udal_pgpool::{
    Chunks, Connection, CopyFailure, CopyWriter, Failure, TenantDatabases, Transaction, is_duplicate, read_text,
};
use udal_sql::SqlType;
use udal_sql::document::{self, LinkRow};

use crate::home::{ATTEMPTS, Home};
use crate::links::{OpenLinks, check_links, links_of, locked, targets_of};
use crate::write::Attempt;

type Item = (u64, Record);

pub(crate) async fn batch_create(
    databases: &TenantDatabases,
    ctx: &Context,
    op: BatchCreate<'_>,
) -> Result<BatchReport> {
    let BatchCreate { model, records, mode } = op;
    let home = Home::of(databases, ctx);
    let chunks = databases.chunks(records).await?;
    let mut connection = connect(&home).await?;
    let transaction = connection.transaction().await.map_err(Failure::from)?;
    let mut batch = Batch {
        ctx,
        model: &model,
        transaction,
        report: BatchReport::default(),
        open: OpenLinks::default(),
        refused: None,
    };
    batch.run(chunks, mode).await?;
    let Batch { transaction, report, .. } = batch;
    transaction.commit().await.map_err(Failure::from)?;
    Ok(report)
}

/// A connection to where the tables are: the items come once, so that the batch cannot be tried again without them.
pub(crate) async fn connect(home: &Home<'_>) -> Result<Connection> {
    home.ensure().await?;
    match probe(home).await {
        Err(Failure::Missing(_)) => {
            home.ensure_again().await?;
            Ok(probe(home).await?)
        }
        connected => Ok(connected?),
    }
}

/// A connection to where the tables are; `Missing` where they are not.
pub(crate) async fn probe(home: &Home<'_>) -> Attempt<Connection> {
    let connection = home.connect().await?;
    connection.query(&document::exists([])).await?;
    Ok(connection)
}

struct Batch<'a> {
    ctx: &'a Context,
    model: &'a Arc<Model>,
    transaction: Transaction<'a>,
    report: BatchReport,
    /// The links of an atomic batch that may lead to items that are still to come.
    open: OpenLinks,
    /// Why an item of an atomic batch cannot be written. An earlier one may yet turn out to hold a broken link.
    refused: Option<Error>,
}

impl Batch<'_> {
    /// Writes chunk after chunk; while one is sent, the next is made ready.
    async fn run(&mut self, mut chunks: Chunks<'_, Record>, mode: BatchMode) -> Result<()> {
        let mut chunk = chunks.next().await?;
        while !chunk.is_empty() {
            // A write that fails does not wait for more input; an error of the input waits for what came before it.
            let next = async { Ok(chunks.next().await) };
            let ((), next) = tokio::try_join!(self.write(chunk, mode), next)?;
            if self.refused.is_some() && self.open.is_empty() {
                break;
            }
            chunk = next?;
        }
        self.close_links().await
    }

    async fn write(&mut self, chunk: Vec<Item>, mode: BatchMode) -> Result<()> {
        debug_assert!(chunk.iter().all(|(_, record)| record.model().name() == self.model.name()));
        if chunk.is_empty() {
            return Ok(());
        }
        let written = match mode {
            BatchMode::Atomic => self.write_all(chunk).await?,
            BatchMode::PerItem => self.write_each(chunk).await?,
        };
        self.report.created += written;
        Ok(())
    }

    async fn write_all(&mut self, mut chunk: Vec<Item>) -> Result<u64> {
        let ids: HashSet<String> = chunk.iter().map(|(_, record)| record.id().to_owned()).collect();
        ids.iter().for_each(|id| self.open.close(id));
        if self.refused.is_some() {
            return Ok(0);
        }
        let denied = chunk.iter().enumerate().find_map(|(at, (index, record))| {
            self.ctx.check_create(record).err().map(|error| (at, error.of_item(*index)))
        });
        self.refuse(&mut chunk, denied);
        if self.refused.is_some() || !self.copied(&chunk).await? {
            let taken = self.first_taken(&chunk).await?;
            self.refuse(&mut chunk, taken);
        }
        self.open_links(&chunk, &ids).await?;
        Ok(chunk.len() as u64)
    }

    /// Writes the chunk; answers false where an id is taken.
    async fn copied(&mut self, chunk: &[Item]) -> Result<bool> {
        for _ in 0..ATTEMPTS {
            if self.try_copy(chunk).await? {
                return Ok(true);
            }
            if self.first_taken(chunk).await?.is_some() {
                return Ok(false);
            }
        }
        Err(Failure::overtaken().into())
    }

    /// Writes the chunk; answers false, and has written nothing of it, where another write is in the way.
    async fn try_copy(&mut self, chunk: &[Item]) -> Result<bool> {
        if chunk.is_empty() {
            return Ok(true);
        }
        let savepoint = self.transaction.savepoint().await.map_err(Failure::from)?;
        let failure = match copy(&savepoint, chunk).await {
            Ok(()) => {
                savepoint.commit().await.map_err(Failure::from)?;
                return Ok(true);
            }
            Err(CopyFailure::Database(error)) if is_duplicate(&error) => Failure::overtaken(),
            Err(failure) => Failure::from(failure),
        };
        if !matches!(failure, Failure::Overtaken(_)) {
            return Err(failure.into());
        }
        savepoint.rollback().await.map_err(Failure::from)?;
        Ok(false)
    }

    /// The first item whose id is that of a document that is there, or of an earlier item.
    async fn first_taken(&self, chunk: &[Item]) -> Result<Option<(usize, Error)>> {
        let mut there = self.existing(chunk).await?;
        let first = chunk.iter().enumerate().find(|(_, (_, record))| !there.insert(record.id().to_owned()));
        Ok(first.map(|(at, (index, record))| (at, already_exists(record.id()).of_item(*index))))
    }

    /// The ids of the chunk that are taken.
    async fn existing(&self, chunk: &[Item]) -> Result<HashSet<String>> {
        let ids = chunk.iter().map(|(_, record)| record.id().to_owned());
        let rows = self.transaction.query(&document::exists(ids)).await.map_err(Failure::from)?;
        rows.iter().map(|row| read_text(row, 0)).collect()
    }

    /// Notes why an item cannot be written, and leaves it out with those behind it: what comes before it may fail first.
    fn refuse(&mut self, chunk: &mut Vec<Item>, refused: Option<(usize, Error)>) {
        if let Some((at, error)) = refused {
            chunk.truncate(at);
            self.refused = Some(error);
        }
    }

    /// Locks what the chunk links to; what is not there yet may come later.
    async fn open_links(&mut self, chunk: &[Item], ids: &HashSet<String>) -> Result<()> {
        let links: Vec<LinkRow> = chunk.iter().flat_map(|(_, record)| links_of(record)).collect();
        let mut targets = targets_of(&links);
        targets.retain(|target| !ids.contains(target));
        let found = locked(&self.transaction, targets).await?;
        for (index, record) in chunk {
            self.open.add(*index, record, |id| ids.contains(id) || found.contains(id));
        }
        Ok(())
    }

    /// Every item has come: what a link does not find now is not there.
    async fn close_links(&mut self) -> Result<()> {
        for id in locked(&self.transaction, self.open.targets()).await? {
            self.open.close(&id);
        }
        self.open.check()?;
        self.refused.take().map_or(Ok(()), Err)
    }

    async fn write_each(&mut self, mut open: Vec<Item>) -> Result<u64> {
        for _ in 0..ATTEMPTS {
            open = self.accepted(open).await?;
            if self.try_copy(&open).await? {
                self.report.failures.sort_by_key(|failure| failure.index);
                return Ok(open.len() as u64);
            }
        }
        Err(Failure::overtaken().into())
    }

    /// The items that can be written, in their order; the others become failures.
    async fn accepted(&mut self, chunk: Vec<Item>) -> Result<Vec<Item>> {
        let mut there = self.existing(&chunk).await?;
        let links: Vec<LinkRow> = chunk.iter().flat_map(|(_, record)| links_of(record)).collect();
        let targets = locked(&self.transaction, targets_of(&links)).await?;
        let mut kept = Vec::with_capacity(chunk.len());
        for (index, record) in chunk {
            let checked = self.ctx.check_create(&record).and_then(|()| {
                if there.contains(record.id()) {
                    return Err(already_exists(record.id()));
                }
                check_links(&record, |id| targets.contains(id) || there.contains(id))
            });
            match checked {
                Ok(()) => {
                    there.insert(record.id().to_owned());
                    kept.push((index, record));
                }
                Err(error) => self.report.failures.push(ItemFailure { index, error }),
            }
        }
        Ok(kept)
    }
}

/// Streams the chunk in the order of its ids, so that batches that are after the same ids wait for one another in one order.
async fn copy(transaction: &Transaction<'_>, chunk: &[Item]) -> std::result::Result<(), CopyFailure> {
    let mut records: Vec<&Record> = chunk.iter().map(|(_, record)| record).collect();
    records.sort_by(|a, b| a.id().cmp(b.id()));
    let mut writer = CopyWriter::start(transaction, &document::copy()).await?;
    for record in &records {
        let columns = document::copy_columns(record);
        writer.row(columns.iter().map(|(sql_type, value)| (*sql_type, value.as_ref()))).await?;
    }
    writer.finish().await?;
    let links: Vec<LinkRow> = records.into_iter().flat_map(links_of).collect();
    if links.is_empty() {
        return Ok(());
    }
    let mut writer = CopyWriter::start(transaction, document::copy_links()).await?;
    for LinkRow { source, field, target } in links {
        let cells = [source, field, target].map(Value::Str);
        writer.row(cells.iter().map(|cell| (SqlType::TEXT, Some(cell)))).await?;
    }
    writer.finish().await?;
    Ok(())
}
