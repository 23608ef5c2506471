//! Many new documents: streamed by `COPY`, a chunk at a time, within one transaction.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use futures_util::StreamExt;
use udal_core::contract::refusal::already_exists;
use udal_core::contract::{BatchCreate, BatchMode, BatchReport, ItemFailure, Records};
use udal_core::model::Model;
use udal_core::record::Record;
use udal_core::value::Value;
use udal_core::{Context, Result};
use udal_pgpool::{
    CopyFailure, CopyWriter, Failure, TenantDatabases, Transaction, duplicate_line, is_duplicate, read_text,
};
use udal_sql::SqlType;
use udal_sql::document::{self, LinkRow};

use crate::home::{ATTEMPTS, Home};
use crate::links::{check_links, links_of, locked, targets_of};

/// How many documents are held in memory, and sent by one `COPY`.
const CHUNK: usize = 5_000;

type Item = (u64, Record);

pub(crate) async fn batch_create(
    databases: &TenantDatabases,
    ctx: &Context,
    op: BatchCreate<'_>,
) -> Result<BatchReport> {
    let BatchCreate { model, records, mode } = op;
    let home = Home::of(databases, ctx);
    home.ensure().await?;
    let mut connection = match home.connect().await {
        Err(Failure::Missing(_)) => {
            home.ensure_again().await?;
            home.connect().await?
        }
        connected => connected?,
    };
    let transaction = connection.transaction().await.map_err(Failure::from)?;
    let mut batch = Batch { ctx, model: &model, transaction, report: BatchReport::default(), open: BTreeMap::new() };
    batch.run(records, mode).await?;
    let Batch { transaction, report, .. } = batch;
    transaction.commit().await.map_err(Failure::from)?;
    Ok(report)
}

struct Batch<'a> {
    ctx: &'a Context,
    model: &'a Arc<Model>,
    transaction: Transaction<'a>,
    report: BatchReport,
    /// The items of an atomic batch whose links may lead to items that are still to come.
    open: BTreeMap<u64, Record>,
}

impl Batch<'_> {
    async fn run(&mut self, mut records: Records<'_>, mode: BatchMode) -> Result<()> {
        let mut chunk: Vec<Item> = Vec::new();
        while let Some(item) = records.next().await {
            chunk.push(item?);
            if chunk.len() == CHUNK {
                self.write(std::mem::take(&mut chunk), mode).await?;
            }
        }
        self.write(chunk, mode).await?;
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
        let denied = chunk.iter().enumerate().find_map(|(at, (index, record))| {
            self.ctx.check_reach(record).err().map(|error| (at, error.of_item(*index)))
        });
        if let Some((at, _)) = &denied {
            chunk.truncate(*at);
        }
        let savepoint = self.transaction.savepoint().await.map_err(Failure::from)?;
        match copy(&savepoint, &chunk).await {
            Ok(()) => savepoint.commit().await.map_err(Failure::from)?,
            Err(CopyFailure::Database(error)) if is_duplicate(&error) => {
                savepoint.rollback().await.map_err(Failure::from)?;
                return Err(match taken(&error, &chunk) {
                    Some((index, id)) => already_exists(id).of_item(index),
                    None => Failure::from(error).into(),
                });
            }
            Err(failure) => return Err(Failure::from(failure).into()),
        }
        self.open_links(&chunk).await?;
        match denied {
            Some((_, error)) => Err(error),
            None => Ok(chunk.len() as u64),
        }
    }

    /// Locks what the chunk links to; what is not there yet may come later.
    async fn open_links(&mut self, chunk: &[Item]) -> Result<()> {
        let links: Vec<LinkRow> = chunk.iter().flat_map(|(_, record)| links_of(record)).collect();
        let found = locked(&self.transaction, targets_of(&links)).await?;
        for (index, record) in chunk {
            if check_links(record, |id| found.contains(id)).is_err() {
                self.open.insert(*index, record.clone());
            }
        }
        Ok(())
    }

    /// Every item is written: what a link does not find now is not there.
    async fn close_links(&mut self) -> Result<()> {
        let links: Vec<LinkRow> = self.open.values().flat_map(links_of).collect();
        let found = locked(&self.transaction, targets_of(&links)).await?;
        for (index, record) in &self.open {
            check_links(record, |id| found.contains(id)).map_err(|error| error.of_item(*index))?;
        }
        Ok(())
    }

    async fn write_each(&mut self, mut open: Vec<Item>) -> Result<u64> {
        for _ in 0..ATTEMPTS {
            open = self.accepted(open).await?;
            let savepoint = self.transaction.savepoint().await.map_err(Failure::from)?;
            match copy(&savepoint, &open).await {
                Ok(()) => {
                    savepoint.commit().await.map_err(Failure::from)?;
                    self.report.failures.sort_by_key(|failure| failure.index);
                    return Ok(open.len() as u64);
                }
                // Another took an id of ours since we looked.
                Err(CopyFailure::Database(error)) if is_duplicate(&error) => {
                    savepoint.rollback().await.map_err(Failure::from)?;
                }
                Err(failure) => return Err(Failure::from(failure).into()),
            }
        }
        Err(Failure::overtaken().into())
    }

    /// The items that can be written, in their order; the others become failures.
    async fn accepted(&mut self, chunk: Vec<Item>) -> Result<Vec<Item>> {
        let ids = chunk.iter().map(|(_, record)| record.id().to_owned());
        let rows = self.transaction.query(&document::exists(ids)).await.map_err(Failure::from)?;
        let mut there = rows.iter().map(|row| read_text(row, 0)).collect::<Result<HashSet<_>>>()?;
        let links: Vec<LinkRow> = chunk.iter().flat_map(|(_, record)| links_of(record)).collect();
        let targets = locked(&self.transaction, targets_of(&links)).await?;
        let mut kept = Vec::with_capacity(chunk.len());
        for (index, record) in chunk {
            let checked = self.ctx.check_reach(&record).and_then(|()| {
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

/// The item whose id was taken, by the line of the `COPY` that failed.
fn taken<'c>(error: &tokio_postgres::Error, chunk: &'c [Item]) -> Option<(u64, &'c str)> {
    let (index, record) = chunk.get(usize::try_from(duplicate_line(error)?).ok()?)?;
    Some((*index, record.id()))
}

async fn copy(transaction: &Transaction<'_>, chunk: &[Item]) -> std::result::Result<(), CopyFailure> {
    let mut writer = CopyWriter::start(transaction, &document::copy()).await?;
    for (_, record) in chunk {
        let columns = document::copy_columns(record);
        writer.row(columns.iter().map(|(sql_type, value)| (*sql_type, value.as_ref()))).await?;
    }
    writer.finish().await?;
    let links: Vec<LinkRow> = chunk.iter().flat_map(|(_, record)| links_of(record)).collect();
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
