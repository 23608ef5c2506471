//! Many new records: streamed by `COPY`, a chunk at a time, within one transaction.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use udal_core::contract::refusal::already_exists;
use udal_core::contract::{BatchCreate, BatchMode, BatchReport, ItemFailure};
use udal_core::model::Model;
use udal_core::record::Record;
use udal_core::{Context, Error, Result};
use udal_pgpool::{
    Chunks, CopyFailure, CopyWriter, Failure, TenantDatabases, Transaction, is_duplicate, may_be_duplicate, read_text,
};
use udal_sql::column_type;
use udal_sql::table::{self, Span};

use crate::home::Home;

/// How often a chunk is tried again when others take ids of it, or partitions out, at the same time.
const ATTEMPTS: usize = 5;

type Item = (u64, Record);

/// What came of an attempt to write a chunk.
enum Copied {
    All,
    /// Another write is in the way, or seems to be: the failure where it turns out not to be.
    Nothing(Failure),
    /// A partition that was made before is gone, as the failure says.
    Gone(Failure),
}

pub(crate) async fn batch_create(
    databases: &TenantDatabases,
    ctx: &Context,
    op: BatchCreate<'_>,
) -> Result<BatchReport> {
    let BatchCreate { model, records, mode } = op;
    let home = Home::of(databases, ctx, &model)?;
    let chunks = databases.chunks(records).await?;
    home.ensure_table().await?;
    let mut connection = match home.connect().await {
        Err(Failure::Missing(_)) => {
            home.ensure_again(&BTreeSet::new()).await?;
            home.connect().await?
        }
        connected => connected?,
    };
    // What was made before may be gone: another process dropped the tenant.
    if connection.query(&table::has_table(home.target())).await.map_err(Failure::from)?.is_empty() {
        home.ensure_again(&BTreeSet::new()).await?;
    }
    let transaction = connection.transaction().await.map_err(Failure::from)?;
    let report = BatchReport::default();
    let mut batch = Batch { ctx, home: &home, model: &model, transaction, report, some_are_taken: false };
    batch.run(chunks, mode).await?;
    let Batch { transaction, report, .. } = batch;
    transaction.commit().await.map_err(Failure::from)?;
    Ok(report)
}

struct Batch<'a> {
    ctx: &'a Context,
    home: &'a Home<'a>,
    model: &'a Arc<Model>,
    transaction: Transaction<'a>,
    report: BatchReport,
    /// Whether ids of the last chunk were taken: then it is likely of the next, which looks before it writes.
    some_are_taken: bool,
}

impl Batch<'_> {
    /// Writes chunk after chunk; while one is sent, the next is made ready.
    async fn run(&mut self, mut chunks: Chunks<'_, Record>, mode: BatchMode) -> Result<()> {
        let mut chunk = chunks.next().await?;
        let mut written = Vec::new();
        while !chunk.is_empty() {
            // A write that fails does not wait for more input; an error of the input waits for what came before it. What is
            // written is freed while the database works, not between two chunks.
            let next = async {
                drop(written);
                Ok(chunks.next().await)
            };
            let (done, next) = tokio::try_join!(self.write(chunk, mode), next)?;
            (written, chunk) = (done, next?);
        }
        Ok(())
    }

    /// Writes the chunk; answers what was written of it.
    async fn write(&mut self, chunk: Vec<Item>, mode: BatchMode) -> Result<Vec<Item>> {
        let written = match mode {
            BatchMode::Atomic => self.write_all(chunk).await?,
            BatchMode::PerItem => self.write_each(chunk).await?,
        };
        self.report.created += written.len() as u64;
        Ok(written)
    }

    async fn write_all(&mut self, mut chunk: Vec<Item>) -> Result<Vec<Item>> {
        let denied = chunk.iter().enumerate().find_map(|(at, (index, record))| {
            self.ctx.check_reach(record).err().map(|error| (at, error.of_item(*index)))
        });
        if let Some((at, _)) = &denied {
            // What comes before it may fail first.
            chunk.truncate(*at);
        }
        self.ensure_partitions(&chunk).await?;
        let mut in_the_way = Failure::overtaken();
        for _ in 0..ATTEMPTS {
            match self.try_copy(&chunk).await? {
                Copied::All => return denied.map_or(Ok(chunk), |(_, error)| Err(error)),
                Copied::Nothing(failure) => in_the_way = failure,
                Copied::Gone(failure) => {
                    in_the_way = failure;
                    self.ensure_partitions_again(&chunk).await?;
                    continue;
                }
            }
            if let Some(error) = self.first_taken(&chunk).await? {
                return Err(error);
            }
        }
        Err(in_the_way.into())
    }

    async fn write_each(&mut self, chunk: Vec<Item>) -> Result<Vec<Item>> {
        let mut open = self.within_reach(chunk);
        let mut in_the_way = Failure::overtaken();
        for attempt in 0..ATTEMPTS {
            // Most chunks meet none: then looking for them would be a search for each record, in vain.
            if attempt > 0 || self.some_are_taken {
                open = self.without_taken(open).await?;
            }
            self.ensure_partitions(&open).await?;
            match self.try_copy(&open).await? {
                Copied::All => return Ok(open),
                Copied::Nothing(failure) => in_the_way = failure,
                Copied::Gone(failure) => {
                    in_the_way = failure;
                    self.ensure_partitions_again(&open).await?;
                }
            }
        }
        Err(in_the_way.into())
    }

    /// Writes the chunk, or nothing of it.
    async fn try_copy(&mut self, chunk: &[Item]) -> Result<Copied> {
        if chunk.is_empty() {
            return Ok(Copied::All);
        }
        let savepoint = self.transaction.savepoint().await.map_err(Failure::from)?;
        let failure = match copy(self.home, self.model, &savepoint, chunk).await {
            Ok(()) => {
                savepoint.commit().await.map_err(Failure::from)?;
                return Ok(Copied::All);
            }
            Err(CopyFailure::Database(error)) if is_duplicate(&error) => Failure::overtaken(),
            Err(CopyFailure::Database(error)) if may_be_duplicate(&error) => {
                Failure::Overtaken(Failure::from(error).into())
            }
            Err(failure) => Failure::from(failure),
        };
        let copied = match failure {
            Failure::Overtaken(_) => Copied::Nothing(failure),
            Failure::Missing(_) => Copied::Gone(failure),
            Failure::Locked(_) | Failure::Error(_) => return Err(failure.into()),
        };
        savepoint.rollback().await.map_err(Failure::from)?;
        Ok(copied)
    }

    /// Why the first item whose id is taken, by a record that is there or by an earlier item, cannot be written.
    async fn first_taken(&self, chunk: &[Item]) -> Result<Option<Error>> {
        let mut there = self.existing(chunk).await?;
        let first = chunk.iter().find(|(_, record)| !there.insert(record.id().to_owned()));
        Ok(first.map(|(index, record)| already_exists(record.id()).of_item(*index)))
    }

    /// The ids of the chunk that are taken.
    async fn existing(&self, chunk: &[Item]) -> Result<HashSet<String>> {
        let ids = chunk.iter().map(|(_, record)| record.id().to_owned());
        let rows =
            self.transaction.query(&table::existing_ids(self.home.target(), ids)).await.map_err(Failure::from)?;
        rows.iter().map(|row| read_text(row, 0)).collect()
    }

    /// Leaves out what is out of reach, and what has the id of an earlier item.
    fn within_reach(&mut self, chunk: Vec<Item>) -> Vec<Item> {
        let mut seen: HashSet<String> = HashSet::with_capacity(chunk.len());
        let mut kept = Vec::with_capacity(chunk.len());
        for (index, record) in chunk {
            if let Err(error) = self.ctx.check_reach(&record) {
                self.report.failures.push(ItemFailure { index, error });
            } else if seen.insert(record.id().to_owned()) {
                kept.push((index, record));
            } else {
                self.report.failures.push(ItemFailure { index, error: already_exists(record.id()) });
            }
        }
        kept
    }

    /// Leaves out what has the id of a record that is there.
    async fn without_taken(&mut self, chunk: Vec<Item>) -> Result<Vec<Item>> {
        let taken = self.existing(&chunk).await?;
        self.some_are_taken = !taken.is_empty();
        let (lost, kept): (Vec<Item>, Vec<Item>) =
            chunk.into_iter().partition(|(_, record)| taken.contains(record.id()));
        let failed = |(index, record): Item| ItemFailure { index, error: already_exists(record.id()) };
        self.report.failures.extend(lost.into_iter().map(failed));
        self.report.failures.sort_by_key(|failure| failure.index);
        Ok(kept)
    }

    async fn ensure_partitions(&self, chunk: &[Item]) -> Result<()> {
        Ok(self.home.ensure_partitions(&self.spans(chunk)).await?)
    }

    async fn ensure_partitions_again(&self, chunk: &[Item]) -> Result<()> {
        Ok(self.home.ensure_partitions_again(&self.spans(chunk)).await?)
    }

    fn spans(&self, chunk: &[Item]) -> BTreeSet<Span> {
        chunk.iter().filter_map(|(_, record)| Span::of(self.home.target(), record)).collect()
    }
}

/// Streams the chunk in the order of its ids, so that batches that are after the same ids wait for one another in one order.
async fn copy(
    home: &Home<'_>,
    model: &Model,
    transaction: &Transaction<'_>,
    chunk: &[Item],
) -> std::result::Result<(), CopyFailure> {
    let target = home.target();
    let mut records: Vec<&Record> = chunk.iter().map(|(_, record)| record).collect();
    records.sort_by(|a, b| a.id().cmp(b.id()));
    if let (Some(text), Some((key, _))) = (table::copy_ids(target), target.partition_key()) {
        let columns = [model.fields().first().map(AsRef::as_ref), Some(key)];
        let mut writer = CopyWriter::start(transaction, &text).await?;
        for record in &records {
            let cells = columns.map(|field| field.map(|field| (column_type(field.field_type()), record.get(field))));
            writer.row(cells.into_iter().flatten().collect::<Vec<_>>().into_iter()).await?;
        }
        writer.finish().await?;
    }
    let types: Vec<_> = model.fields().iter().map(|field| column_type(field.field_type())).collect();
    let mut writer = CopyWriter::start(transaction, &table::copy(target)).await?;
    for record in records {
        writer.row(types.iter().copied().zip(record.values().iter().map(Option::as_ref))).await?;
    }
    writer.finish().await?;
    Ok(())
}
