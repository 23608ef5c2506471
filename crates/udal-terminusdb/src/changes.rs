//! Batches that change records: gathered until all have come, then told one after another over what was read.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::StreamExt;
use udal_core::contract::refusal::not_found;
use udal_core::contract::{
    Answer, BatchDelete, BatchMode, BatchUpdate, ChangeReport, Delete, DeleteItem, Effect, ItemFailure, Items, Update,
    UpdateItem, Upsert, UpsertItem,
};
use udal_core::model::Model;
use udal_core::{Context, Error, Result};
use udal_graph::{Wanted, batch_of_deletes};

use crate::database::{Database, Known};
use crate::failure::Failure;
use crate::group::{ATTEMPTS, author_of, want_links, want_targets};
use crate::item::{Item, read_line, write_line};
use crate::overlay::Overlay;
use crate::read::can_be_id;
use crate::spool::{Reader, Spool};
use crate::tenant::Databases;
use crate::writer::{Done, Job, Work};

/// How many items are told over one read; item by item, they are one commit.
const CHUNK: usize = 1_000;

/// A batch that changes records, all of which has come.
#[derive(Debug)]
pub(crate) struct ChangeBatch {
    model: Arc<Model>,
    mode: BatchMode,
    answer: Answer,
    items: Spool,
    operation: Operation,
}

/// Which operation a batch is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Upsert,
    Update,
    Delete,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Operation::Upsert => "upsert",
            Operation::Update => "update",
            Operation::Delete => "delete",
        }
    }
}

pub(crate) async fn upsert(databases: &Databases, ctx: &Context, op: Upsert<'_>) -> Result<ChangeReport> {
    let Upsert { model, items, mode, answer } = op;
    let batch = ChangeBatch { model, mode, answer, items: Spool::default(), operation: Operation::Upsert };
    batch.run(databases, ctx, items, Item::Upsert).await
}

pub(crate) async fn batch_update(databases: &Databases, ctx: &Context, op: BatchUpdate<'_>) -> Result<ChangeReport> {
    let BatchUpdate { model, items, mode, answer } = op;
    let batch = ChangeBatch { model, mode, answer, items: Spool::default(), operation: Operation::Update };
    batch.run(databases, ctx, items, Item::Update).await
}

pub(crate) async fn batch_delete(databases: &Databases, ctx: &Context, op: BatchDelete<'_>) -> Result<ChangeReport> {
    let BatchDelete { model, items, mode, answer } = op;
    let batch = ChangeBatch { model, mode, answer, items: Spool::default(), operation: Operation::Delete };
    batch.run(databases, ctx, items, Item::Delete).await
}

impl ChangeBatch {
    /// Whether it may create records.
    fn creates(&self) -> bool {
        self.operation == Operation::Upsert
    }

    /// Gathers the items, and waits for the tenant's writer.
    async fn run<T>(
        mut self,
        databases: &Databases,
        ctx: &Context,
        mut items: Items<'_, T>,
        as_item: fn(T) -> Item,
    ) -> Result<ChangeReport> {
        while let Some(item) = items.next().await {
            let (index, item) = item?;
            let item = as_item(item);
            self.items.add(index, item.id(), &write_line(&item)?).await?;
        }
        self.items.finish().await?;
        if self.items.indexes.is_empty() {
            return Ok(ChangeReport::default());
        }
        let database = match self.creates() {
            true => databases.of(ctx.tenant()).await?,
            false => match databases.find(ctx.tenant()).await? {
                Some(database) => database,
                None => return self.over_nothing(ctx).await,
            },
        };
        let (job, answer) = Job::new(ctx.clone(), Work::Changes(Box::new(self)));
        database.queue(job).await?;
        match answer.await.unwrap_or_else(|_| Err(Error::internal("the writer ended without an answer")))? {
            Done::Changes(report) => Ok(report),
            other => Err(other.unexpected()),
        }
    }

    /// Tells the items where the tenant has no database: there is nothing that could be changed.
    async fn over_nothing(&self, ctx: &Context) -> Result<ChangeReport> {
        let (mut reader, mut at) = (self.items.read().await?, 0);
        let mut report = ChangeReport::default();
        loop {
            let chunk = self.next(&mut reader, &mut at).await?;
            if chunk.is_empty() {
                return Ok(report);
            }
            report.add(self.apply(&mut Overlay::default(), ctx, &chunk)?);
        }
    }

    /// The next items, with their places in the caller's input.
    async fn next(&self, reader: &mut Reader, at: &mut usize) -> Result<Vec<(u64, Item)>> {
        let mut chunk = Vec::new();
        while chunk.len() < CHUNK
            && let Some(line) = reader.next().await?
        {
            let index = self.items.indexes.get(*at).copied().unwrap_or_default();
            chunk.push((index, read_line(&self.model, &line)?));
            *at += 1;
        }
        Ok(chunk)
    }

    /// Tells the items one after another over what was read.
    fn apply(&self, overlay: &mut Overlay, ctx: &Context, chunk: &[(u64, Item)]) -> Result<ChangeReport> {
        let mut report = ChangeReport::default();
        for (index, item) in chunk {
            match (self.apply_one(overlay, ctx, (*index, item), &mut report), self.mode) {
                (Ok(()), _) => {}
                (Err(error), BatchMode::Atomic) => return Err(error.of_item(*index)),
                (Err(error), BatchMode::PerItem) => report.failures.push(ItemFailure { index: *index, error }),
            }
        }
        Ok(report)
    }

    fn apply_one(
        &self,
        overlay: &mut Overlay,
        ctx: &Context,
        (index, item): (u64, &Item),
        report: &mut ChangeReport,
    ) -> Result<()> {
        let model = &self.model;
        if let Item::Update(UpdateItem { id: _, patch, if_version: _ }) = item {
            ctx.reach_to_update(model, patch)?;
        }
        match item {
            Item::Update(UpdateItem { id, .. }) if !can_be_id(model, id) => return Err(not_found(id)),
            Item::Delete(DeleteItem { id, .. }) if !can_be_id(model, id) => report.absent += 1,
            Item::Update(UpdateItem { id, patch, if_version }) => {
                let (model, id, patch) = (Arc::clone(model), id.clone(), patch.clone());
                let record = overlay.update(ctx, &Update { model, id, patch, if_version: *if_version })?;
                report.wrote(self.answer, index, Effect::Updated, &record, Vec::new());
            }
            Item::Delete(DeleteItem { id, if_version }) => {
                let op = Delete { model: Arc::clone(model), id: id.clone(), if_version: *if_version };
                match overlay.delete(ctx, &op)? {
                    None => report.absent += 1,
                    Some(deleted) => {
                        report.wrote(self.answer, index, Effect::Deleted, &deleted.record, deleted.unlinked);
                    }
                }
            }
            Item::Upsert(item) => {
                let (effect, record) = overlay.upsert(ctx, item)?;
                report.wrote(self.answer, index, effect, &record, Vec::new());
            }
        }
        Ok(())
    }

    /// What must be known of these items before they are told.
    fn wanted(&self, chunk: &[(u64, Item)]) -> Wanted {
        let mut wanted = Wanted::default();
        for (_, item) in chunk.iter().filter(|(_, item)| can_be_id(&self.model, item.id())) {
            wanted.record(self.model.name(), item.id());
            match item {
                Item::Upsert(UpsertItem { record, patch, expect: _ }) => {
                    want_links(&mut wanted, record);
                    want_targets(&mut wanted, patch.links());
                }
                Item::Update(UpdateItem { id: _, patch, if_version: _ }) => want_targets(&mut wanted, patch.links()),
                Item::Delete(DeleteItem { id, if_version: _ }) => wanted.linkers(&self.model, id, |_| true),
            }
        }
        wanted
    }
}

impl Database {
    /// Writes the batch: a whole one in one commit, one item by item in a commit for each thousand of them.
    pub(crate) async fn write_changes(
        &self,
        known: &mut Known,
        ctx: &Context,
        batch: &ChangeBatch,
    ) -> std::result::Result<Result<ChangeReport>, Failure> {
        let mut reader = batch.items.read().await?;
        let (mut at, mut report) = (0, ChangeReport::default());
        let mut overlay = Overlay::default();
        if batch.creates() && batch.mode == BatchMode::Atomic {
            overlay.promised.clone_from(&batch.items.ids);
        }
        self.open(known, batch).await?;
        loop {
            let chunk = batch.next(&mut reader, &mut at).await?;
            if chunk.is_empty() {
                break;
            }
            let done = match batch.mode {
                BatchMode::PerItem => self.write_chunk(known, ctx, batch, &chunk).await?,
                BatchMode::Atomic => {
                    overlay.add(&batch.model, self.find(known, &mut batch.wanted(&chunk)).await?)?;
                    batch.apply(&mut overlay, ctx, &chunk)
                }
            };
            match done {
                Ok(done) => report.add(done),
                Err(error) => return Ok(Err(error)),
            }
        }
        self.commit_changes(known, ctx, batch, &overlay).await?;
        if known.classes.as_ref().is_some_and(BTreeMap::is_empty) {
            // There may be no database at all.
            known.forget();
        }
        Ok(Ok(report))
    }

    /// Makes sure that classes are there where something may be created, and else that it is known which are.
    async fn open(&self, known: &mut Known, batch: &ChangeBatch) -> std::result::Result<(), Failure> {
        if !batch.creates() {
            match self.look(known).await {
                Err(Failure::Missing(_)) => {
                    known.classes.get_or_insert_default();
                }
                looked => looked?,
            }
        }
        if batch.creates() || known.has_class(batch.model.name()) {
            self.ensure(known, [&batch.model]).await?;
        }
        Ok(())
    }

    /// Writes a part of a batch item by item, in one commit. It is told again where others come in its way.
    async fn write_chunk(
        &self,
        known: &mut Known,
        ctx: &Context,
        batch: &ChangeBatch,
        chunk: &[(u64, Item)],
    ) -> std::result::Result<Result<ChangeReport>, Failure> {
        for _ in 0..ATTEMPTS {
            self.open(known, batch).await?;
            let mut overlay = Overlay::default();
            overlay.add(&batch.model, self.find(known, &mut batch.wanted(chunk)).await?)?;
            let report = batch.apply(&mut overlay, ctx, chunk);
            match self.commit_changes(known, ctx, batch, &overlay).await {
                Err(Failure::Overtaken | Failure::Missing(_)) => known.forget(),
                Err(failure) => return Err(failure),
                Ok(()) => return Ok(report),
            }
        }
        Err(Failure::Error(Failure::Overtaken.into()))
    }

    async fn commit_changes(
        &self,
        known: &mut Known,
        ctx: &Context,
        batch: &ChangeBatch,
        overlay: &Overlay,
    ) -> std::result::Result<(), Failure> {
        let Some(write) = overlay.write(known)? else { return Ok(()) };
        let message = match batch.operation {
            Operation::Delete => batch_of_deletes(batch.model.name()),
            operation => format!("{} a batch of {} records", operation.name(), batch.model.name()),
        };
        self.send_as(known, &write, &author_of(ctx), &message).await
    }
}
