//! The batches that change documents: a chunk's documents are locked and read at once, and written at once.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use udal_core::contract::{Answer, BatchDelete, BatchMode, BatchUpdate, ChangeReport, ItemFailure, Upsert};
use udal_core::model::{Field, Model, SYSTEM_FIELDS, position};
use udal_core::record::Record;
use udal_core::{Context, Error, Result};
use udal_pgpool::{
    ChangeItem, ChunkWriter, Chunks, Connection, CopyWriter, Failure, Slate, TenantDatabases, Transaction, can_be_id,
    change_items, copy_failure, nothing_there, read_text, run_changes,
};
use udal_sql::SqlType;
use udal_sql::document::{self, LinkRow, StagedDocument};
use udal_sql::table::{LockFor, copy_stage, drop_stage};

use crate::batch::{connect, probe};
use crate::documents::read_document;
use crate::home::Home;
use crate::linkers::Linkers;
use crate::links::{OpenLinks, check_links, links_of, locked};
use crate::write::Attempt;

pub(crate) async fn upsert(databases: &TenantDatabases, ctx: &Context, op: Upsert<'_>) -> Result<ChangeReport> {
    let Upsert { model, items, mode, answer } = op;
    let chunks = databases.chunks(change_items(items, ChangeItem::Upsert)).await?;
    let connection = connect(&Home::of(databases, ctx)).await?;
    let writer = DocumentWriter::new(ctx, &model, mode, answer, LockFor::ChangeOrCreate);
    writer.run(connection, chunks).await
}

pub(crate) async fn batch_update(
    databases: &TenantDatabases,
    ctx: &Context,
    op: BatchUpdate<'_>,
) -> Result<ChangeReport> {
    let BatchUpdate { model, items, mode, answer } = op;
    let writer = DocumentWriter::new(ctx, &model, mode, answer, LockFor::Change);
    let chunks = databases.chunks(change_items(items, ChangeItem::Update)).await?;
    writer.run_where_there(databases, chunks).await
}

pub(crate) async fn batch_delete(
    databases: &TenantDatabases,
    ctx: &Context,
    op: BatchDelete<'_>,
) -> Result<ChangeReport> {
    let BatchDelete { model, items, mode, answer } = op;
    let writer = DocumentWriter::new(ctx, &model, mode, answer, LockFor::Delete);
    let chunks = databases.chunks(change_items(items, ChangeItem::Delete)).await?;
    writer.run_where_there(databases, chunks).await
}

/// Writes the chunks of a batch.
struct DocumentWriter<'a> {
    ctx: &'a Context,
    model: &'a Arc<Model>,
    mode: BatchMode,
    answer: Answer,
    purpose: LockFor,
    /// The links of an atomic batch that may lead to records that are still to come.
    open: OpenLinks,
    /// Why an item of an atomic batch cannot be written. An earlier one may yet turn out to hold a broken link.
    refused: Option<Error>,
}

impl<'a> DocumentWriter<'a> {
    fn new(ctx: &'a Context, model: &'a Arc<Model>, mode: BatchMode, answer: Answer, purpose: LockFor) -> Self {
        DocumentWriter { ctx, model, mode, answer, purpose, open: OpenLinks::default(), refused: None }
    }

    /// Makes nothing where there are no documents.
    async fn run_where_there(
        self,
        databases: &TenantDatabases,
        chunks: Chunks<'_, ChangeItem>,
    ) -> Result<ChangeReport> {
        match probe(&Home::of(databases, self.ctx)).await {
            Err(Failure::Missing(_)) => nothing_there(self.ctx, self.model, self.mode, chunks).await,
            connected => self.run(connected?, chunks).await,
        }
    }

    async fn run(mut self, mut connection: Connection, chunks: Chunks<'_, ChangeItem>) -> Result<ChangeReport> {
        run_changes(&mut connection, chunks, &mut self).await
    }

    /// Whether links may lead to records that come later: those of a whole batch that creates some.
    fn links_lead_anywhere(&self) -> bool {
        self.mode == BatchMode::Atomic && self.purpose == LockFor::ChangeOrCreate
    }

    /// The documents of the chunk, locked and read.
    async fn locked(&self, transaction: &Transaction<'_>, chunk: &[(u64, ChangeItem)]) -> Attempt<Slate<'a>> {
        let mut slate = Slate::new(self.ctx, self.model, self.answer);
        let reach = slate.reach(self.purpose)?;
        let ids: BTreeSet<&str> = chunk.iter().map(|(_, item)| item.id()).filter(|id| can_be_id(id)).collect();
        let ids = ids.into_iter().map(str::to_owned);
        let statement = document::lock_documents(self.model, ids, &reach, self.purpose);
        for row in transaction.query(&statement).await? {
            let is_seen = self.purpose != LockFor::ChangeOrCreate || row.try_get(SYSTEM_FIELDS + 1)?;
            if is_seen {
                slate.found(read_document(self.model, &row)?);
            } else {
                slate.hidden(read_text(&row, position::ID)?);
            }
        }
        Ok(slate)
    }

    /// Applies the items, and checks the links that they write; those of them that may yet lead somewhere stay open.
    async fn apply(
        &self,
        transaction: &Transaction<'_>,
        slate: &mut Slate<'_>,
        chunk: &[(u64, ChangeItem)],
    ) -> Attempt<(OpenLinks, Result<()>)> {
        let wanted: BTreeSet<String> = chunk.iter().flat_map(|(_, item)| targets_of(item)).collect();
        let there = locked(transaction, wanted.iter().cloned().collect()).await?;
        let later: HashSet<&str> = match self.links_lead_anywhere() {
            true => chunk.iter().map(|(_, item)| item.id()).collect(),
            false => HashSet::new(),
        };
        let mut open = OpenLinks::default();
        let applied = slate.apply_all(chunk, self.mode, &mut |index, record, holds| {
            // A link that no item writes was there before, and leads to what is there.
            let is_there = |id: &str| there.contains(id) || later.contains(id) || holds(id) || !wanted.contains(id);
            if !self.links_lead_anywhere() {
                return check_links(record, is_there);
            }
            open.add(index, record, is_there);
            Ok(())
        });
        Ok((open, applied))
    }

    async fn write_changes(
        &mut self,
        transaction: &Transaction<'_>,
        chunk: &[(u64, ChangeItem)],
    ) -> Attempt<ChangeReport> {
        if self.links_lead_anywhere() {
            chunk.iter().for_each(|(_, item)| self.open.close(item.id()));
        }
        if self.refused.is_some() {
            return Ok(ChangeReport::default());
        }
        let mut slate = self.locked(transaction, chunk).await?;
        let (open, applied) = self.apply(transaction, &mut slate, chunk).await?;
        if let Err(error) = applied {
            self.open.extend(open);
            self.refused = Some(error);
            return Ok(ChangeReport::default());
        }
        create(transaction, &slate.new_records()).await?;
        let fields: Vec<&Field> = slate.changed_fields().into_iter().map(AsRef::as_ref).collect();
        let changed: Vec<&Record> = slate.changed_records().into_iter().map(|(_, now)| now).collect();
        let staged: Vec<StagedDocument> = changed.iter().map(|record| StagedDocument::of(record, &fields)).collect();
        update(transaction, &fields, &staged).await?;
        relink(transaction, &fields, &changed).await?;
        self.open.extend(open);
        Ok(slate.into_report())
    }

    async fn write_deletes(&self, transaction: &Transaction<'_>, chunk: &[(u64, ChangeItem)]) -> Attempt<ChangeReport> {
        let mut slate = self.locked(transaction, chunk).await?;
        let mut linkers = Linkers::read(transaction, self.model, &slate).await?;
        for (index, item) in chunk {
            let ChangeItem::Delete(item) = item else { continue };
            let taken_out = match slate.to_delete(item) {
                Ok(None) => {
                    slate.passed_over(None);
                    continue;
                }
                Ok(Some(_)) => linkers.take_out(&mut slate, self.model, &item.id),
                Err(error) => Err(error),
            };
            match (taken_out, self.mode) {
                (Ok(unlinked), _) => slate.deleted(*index, &item.id, unlinked),
                (Err(error), BatchMode::Atomic) => return Err(error.of_item(*index).into()),
                (Err(error), BatchMode::PerItem) => {
                    slate.passed_over(Some(ItemFailure { index: *index, error }));
                }
            }
        }
        let deleted: Vec<String> = slate.deleted_records().iter().map(|record| record.id().to_owned()).collect();
        if !deleted.is_empty() {
            update(transaction, &[], &linkers.staged()).await?;
            transaction.execute(&document::delete_documents(deleted)).await?;
        }
        Ok(slate.into_report())
    }
}

#[async_trait]
impl ChunkWriter for DocumentWriter<'_> {
    async fn write(&mut self, transaction: &Transaction<'_>, chunk: &[(u64, ChangeItem)]) -> Attempt<ChangeReport> {
        match self.purpose {
            LockFor::Delete => self.write_deletes(transaction, chunk).await,
            LockFor::Change | LockFor::ChangeOrCreate => self.write_changes(transaction, chunk).await,
        }
    }

    fn is_done(&self) -> bool {
        self.refused.is_some() && self.open.is_empty()
    }

    async fn finish(&mut self, transaction: &Transaction<'_>) -> Result<()> {
        for id in locked(transaction, self.open.targets()).await? {
            self.open.close(&id);
        }
        self.open.check()?;
        self.refused.take().map_or(Ok(()), Err)
    }
}

/// The ids that an item's links may lead to.
fn targets_of(item: &ChangeItem) -> Vec<String> {
    let ids = |(_, id): (&Arc<Field>, &str)| id.to_owned();
    match item {
        ChangeItem::Upsert(item) => item.record.links().chain(item.patch.links()).map(ids).collect(),
        ChangeItem::Update(item) => item.patch.links().map(ids).collect(),
        ChangeItem::Delete(_) => Vec::new(),
    }
}

async fn create(transaction: &Transaction<'_>, records: &[&Record]) -> Attempt<()> {
    if records.is_empty() {
        return Ok(());
    }
    let mut writer = CopyWriter::start(transaction, &document::copy()).await?;
    for record in records {
        let columns = document::copy_columns(record);
        let cells: Vec<(SqlType, _)> = columns.iter().map(|(sql_type, value)| (*sql_type, value.as_ref())).collect();
        writer.row(cells.into_iter()).await.map_err(copy_failure)?;
    }
    writer.finish().await.map_err(|error| copy_failure(error.into()))?;
    write_links(transaction, records.iter().flat_map(|record| links_of(record)).collect()).await
}

async fn write_links(transaction: &Transaction<'_>, links: Vec<LinkRow>) -> Attempt<()> {
    if !links.is_empty() {
        transaction.execute(&document::insert_links(&links)).await?;
    }
    Ok(())
}

/// Writes what changes in documents that the transaction has locked.
async fn update(transaction: &Transaction<'_>, fields: &[&Field], staged: &[StagedDocument]) -> Attempt<()> {
    if staged.is_empty() {
        return Ok(());
    }
    transaction.batch(&document::create_stage(fields)).await?;
    let mut writer = CopyWriter::start(transaction, &copy_stage()).await?;
    for document in staged {
        writer.row(document.columns()).await?;
    }
    writer.finish().await?;
    let touched = transaction.execute(&document::update_from_stage(fields)).await?;
    if touched != staged.len() as u64 {
        return Err(Error::internal(format!("changed {touched} of {} locked documents", staged.len())).into());
    }
    transaction.batch(drop_stage()).await?;
    Ok(())
}

/// Puts the links of the changed fields in the place of those that were there.
async fn relink(transaction: &Transaction<'_>, fields: &[&Field], records: &[&Record]) -> Attempt<()> {
    let fields: BTreeSet<String> =
        fields.iter().filter(|field| field.is_link()).map(|field| field.name().to_owned()).collect();
    if fields.is_empty() || records.is_empty() {
        return Ok(());
    }
    let sources = records.iter().map(|record| record.id().to_owned());
    transaction.execute(&document::delete_links_of(sources, fields.iter().cloned())).await?;
    let links = records.iter().flat_map(|record| links_of(record)).filter(|link| fields.contains(&link.field));
    write_links(transaction, links.collect()).await
}
