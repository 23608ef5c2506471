//! Many new records: streamed by `COPY`, a chunk at a time, within one transaction.

use std::collections::{BTreeSet, HashSet};

use udal_core::contract::refusal::already_exists;
use udal_core::contract::{BatchCreate, BatchMode, BatchReport};
use udal_core::record::Record;
use udal_core::{Context, Error, Result};
use udal_pgpool::{
    Chunks, CopyStatement, Failure, TenantDatabases, Transaction, is_duplicate, may_be_duplicate, read_text,
};
use udal_sql::table;

use crate::home::Home;
use ready::{Item, Ready};

mod ready;

/// How often a chunk is tried again when others take ids of it, or partitions out, at the same time.
const ATTEMPTS: usize = 5;

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
    let chunks = databases.growing_chunks(records).await?;
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
    let copies = Copies::prepare(&home, &transaction).await?;
    let mut batch =
        Batch { ctx, home: &home, copies, transaction, report: BatchReport::default(), some_are_taken: false };
    batch.run(chunks, mode).await?;
    let Batch { transaction, report, copies, .. } = batch;
    // A pooler that lends connections by the transaction may run what comes after the commit on another one.
    drop(copies);
    transaction.commit().await.map_err(Failure::from)?;
    Ok(report)
}

/// The statements that the chunks are sent by.
struct Copies {
    /// Into the table of ids, where a split table has one.
    ids: Option<CopyStatement>,
    rows: CopyStatement,
}

impl Copies {
    async fn prepare(home: &Home<'_>, transaction: &Transaction<'_>) -> std::result::Result<Self, Failure> {
        let target = home.target();
        let ids = async {
            match table::copy_ids(target) {
                Some(text) => transaction.prepare_copy(&text).await.map(Some),
                None => Ok(None),
            }
        };
        let text = table::copy(target);
        let (ids, rows) = tokio::try_join!(ids, transaction.prepare_copy(&text))?;
        Ok(Copies { ids, rows })
    }
}

struct Batch<'a> {
    ctx: &'a Context,
    home: &'a Home<'a>,
    /// Goes before the transaction.
    copies: Copies,
    transaction: Transaction<'a>,
    report: BatchReport,
    /// Whether ids of the last chunk were taken: then it is likely of the next, which looks before it writes.
    some_are_taken: bool,
}

impl Batch<'_> {
    /// Writes chunk after chunk; while one is sent, the next is made ready.
    async fn run(&mut self, mut chunks: Chunks<'_, Record>, mode: BatchMode) -> Result<()> {
        let (ctx, target) = (self.ctx, self.home.target());
        let mut ready = match chunks.next().await? {
            first if first.is_empty() => return Ok(()),
            first => Some(Ready::of(ctx, target, mode, first).await?),
        };
        let mut written = None;
        while let Some(chunk) = ready {
            // A write that fails does not wait for more input; an error of the input waits for what came before it. What is
            // written is freed while the database works, not between two chunks.
            let next = async {
                drop(written);
                Ok(match chunks.next().await {
                    Ok(next) if next.is_empty() => Ok(None),
                    Ok(next) => Ready::of(ctx, target, mode, next).await.map(Some),
                    Err(error) => Err(error),
                })
            };
            let (done, next) = tokio::try_join!(self.write(chunk, mode), next)?;
            (written, ready) = (Some(done), next?);
        }
        Ok(())
    }

    /// Writes the chunk; answers what was written of it.
    async fn write(&mut self, chunk: Ready, mode: BatchMode) -> Result<Ready> {
        let written = match mode {
            BatchMode::Atomic => self.write_all(chunk).await?,
            BatchMode::PerItem => self.write_each(chunk).await?,
        };
        self.report.created += written.items.len() as u64;
        Ok(written)
    }

    async fn write_all(&mut self, mut chunk: Ready) -> Result<Ready> {
        self.home.ensure_partitions(&chunk.spans).await?;
        let mut in_the_way = Failure::overtaken();
        for _ in 0..ATTEMPTS {
            match self.try_copy(&chunk).await? {
                Copied::All => {
                    return match chunk.refused.pop() {
                        Some(failure) => Err(failure.error.of_item(failure.index)),
                        None => Ok(chunk),
                    };
                }
                Copied::Nothing(failure) => in_the_way = failure,
                Copied::Gone(failure) => {
                    in_the_way = failure;
                    self.home.ensure_partitions_again(&chunk.spans).await?;
                    continue;
                }
            }
            if let Some(error) = self.first_taken(&chunk.items).await? {
                return Err(error);
            }
        }
        Err(in_the_way.into())
    }

    async fn write_each(&mut self, mut chunk: Ready) -> Result<Ready> {
        let mut in_the_way = Failure::overtaken();
        for attempt in 0..ATTEMPTS {
            // Most chunks meet none: then looking for them would be a search for each record, in vain.
            if attempt > 0 || self.some_are_taken {
                let taken = self.existing(&chunk.items).await?;
                self.some_are_taken = !taken.is_empty();
                chunk = chunk.without(&taken, self.home.target()).await?;
            }
            self.home.ensure_partitions(&chunk.spans).await?;
            match self.try_copy(&chunk).await? {
                Copied::All => {
                    chunk.refused.sort_by_key(|failure| failure.index);
                    self.report.failures.append(&mut chunk.refused);
                    return Ok(chunk);
                }
                Copied::Nothing(failure) => in_the_way = failure,
                Copied::Gone(failure) => {
                    in_the_way = failure;
                    self.home.ensure_partitions_again(&chunk.spans).await?;
                }
            }
        }
        Err(in_the_way.into())
    }

    /// Writes the chunk, or nothing of it.
    async fn try_copy(&mut self, chunk: &Ready) -> Result<Copied> {
        if chunk.items.is_empty() {
            return Ok(Copied::All);
        }
        let Err(error) = self.copy(chunk).await else { return Ok(Copied::All) };
        let failure = if is_duplicate(&error) {
            Failure::overtaken()
        } else if may_be_duplicate(&error) {
            Failure::Overtaken(Failure::from(error).into())
        } else {
            Failure::from(error)
        };
        let copied = match failure {
            Failure::Overtaken(_) => Copied::Nothing(failure),
            Failure::Missing(_) => Copied::Gone(failure),
            Failure::Locked(_) | Failure::Error(_) => return Err(failure.into()),
        };
        self.transaction.back_to_mark().await.map_err(Failure::from)?;
        Ok(copied)
    }

    async fn copy(&mut self, chunk: &Ready) -> std::result::Result<(), tokio_postgres::Error> {
        let Copies { ids, rows } = &self.copies;
        match ids {
            Some(ids) => {
                self.transaction.mark_and_copy(ids, &chunk.ids).await?;
                self.transaction.copy(rows, &chunk.rows).await?;
            }
            None => {
                self.transaction.mark_and_copy(rows, &chunk.rows).await?;
            }
        }
        Ok(())
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
}
