//! Creating many records.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream, Enumerate};
use serde_json::Value as Json;
use udal_core::contract::{BatchCreate, BatchMode, BatchReport, ItemFailure};
use udal_core::record::Record;
use udal_core::{Context, Error, Result};

use crate::hooks::Operation;
use crate::parts::{InParts, PartAnswer, in_parts, whole};
use crate::{BatchAnswer, BatchRequest, Records};

/// What is remembered of an item until it is committed: no more than who is told afterwards needs.
enum Kept {
    /// The whole record, for the hooks after the write.
    Record(u64, Box<Record>),
    /// The id alone, for events and for the answer.
    Id(u64, String),
}

impl Kept {
    fn index(&self) -> u64 {
        match self {
            Kept::Record(index, _) | Kept::Id(index, _) => *index,
        }
    }
}

/// Items as callers send them, with their places.
type Items<'a> = Enumerate<BoxStream<'a, Result<Json>>>;

impl Records {
    pub(crate) async fn write_many(&self, ctx: &Context, request: BatchRequest<'_>) -> Result<BatchAnswer> {
        whole(self.write_parts(ctx, request)).await
    }

    pub(crate) fn write_parts<'a>(
        &'a self,
        ctx: &'a Context,
        request: BatchRequest<'a>,
    ) -> BoxStream<'a, Result<BatchAnswer>> {
        match request.mode {
            BatchMode::Atomic => stream::once(self.write_all(ctx, request)).boxed(),
            BatchMode::PerItem => self.write_each(ctx, request).map(Ok).boxed(),
        }
    }

    async fn write_all(&self, ctx: &Context, request: BatchRequest<'_>) -> Result<BatchAnswer> {
        let BatchRequest { items, mode, with_ids } = request;
        let kept: Mutex<Vec<Kept>> = Mutex::default();
        let records = items.enumerate().then(|(index, item)| {
            let (index, kept) = (index as u64, &kept);
            async move {
                let record = self.prepare_item(ctx, item).await.map_err(|error| error.of_item(index))?;
                if let Some(item) = self.keep(index, &record, with_ids) {
                    kept.lock().unwrap_or_else(PoisonError::into_inner).push(item);
                }
                Ok((index, record))
            }
        });
        let op = BatchCreate { model: Arc::clone(&self.model), records: records.boxed(), mode };
        let BatchReport { created, failures } = self.backend.batch_create(ctx, op).await?;
        let mut answer = BatchAnswer { created, failures, ..BatchAnswer::default() };
        let kept = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.tell_of_items(ctx, kept, with_ids, &mut answer).await;
        Ok(answer)
    }

    fn write_each<'a>(&'a self, ctx: &'a Context, request: BatchRequest<'a>) -> BoxStream<'a, BatchAnswer> {
        let BatchRequest { items, mode: _, with_ids } = request;
        in_parts(Creating { records: self, ctx, with_ids }, items.enumerate())
    }

    async fn prepare_item(&self, ctx: &Context, item: Result<Json>) -> Result<Record> {
        self.prepare(ctx, item?).await
    }

    fn keep(&self, index: u64, record: &Record, with_ids: bool) -> Option<Kept> {
        if !self.hooks().is_empty() {
            return Some(Kept::Record(index, Box::new(record.clone())));
        }
        (with_ids || !self.inner.sinks.is_empty()).then(|| Kept::Id(index, record.id().to_owned()))
    }

    /// The items are committed: their hooks and events, and their ids into the answer.
    async fn tell_of_items(&self, ctx: &Context, kept: Vec<Kept>, with_ids: bool, answer: &mut BatchAnswer) {
        for item in kept {
            let (index, id) = match item {
                Kept::Record(index, record) => {
                    self.created(ctx, &record).await;
                    (index, record.id().to_owned())
                }
                Kept::Id(index, id) => {
                    self.tell(self.event(ctx, Operation::Create, &id, 1)).await;
                    (index, id)
                }
            };
            if with_ids {
                answer.ids.push((index, id));
            }
        }
    }
}

/// A batch that creates what it can.
#[derive(Clone, Copy)]
struct Creating<'a> {
    records: &'a Records,
    ctx: &'a Context,
    with_ids: bool,
}

impl<'a> InParts<'a> for Creating<'a> {
    type Input = Items<'a>;
    type Item = Record;
    type Answer = BatchAnswer;

    const IS_UNCLEAR: &'static str = "look whether it is there before you repeat it and what follows";
    const IS_CLEAR: &'static str = "this item and those after it were not written";

    /// Hooks before one item must not come before those after another.
    fn reads_ahead(self) -> bool {
        self.records.hooks().is_empty()
    }

    async fn next(self, items: &mut Items<'a>) -> Option<(u64, Result<Record>)> {
        let (index, item) = items.next().await?;
        Some((index as u64, self.records.prepare_item(self.ctx, item).await))
    }

    fn weight(record: &Record) -> usize {
        record.weight()
    }

    async fn write(self, ready: Vec<(u64, Record)>, answer: &mut BatchAnswer) -> Result<()> {
        let Creating { records, ctx, with_ids } = self;
        let kept: Vec<Kept> =
            ready.iter().filter_map(|(index, record)| records.keep(*index, record, with_ids)).collect();
        let items = stream::iter(ready.into_iter().map(Ok)).boxed();
        let op = BatchCreate { model: Arc::clone(&records.model), records: items, mode: BatchMode::PerItem };
        let BatchReport { created, failures } = records.backend.batch_create(ctx, op).await?;
        let lost: HashSet<u64> = failures.iter().map(|failure| failure.index).collect();
        answer.created += created;
        answer.failures.extend(failures);
        let kept = kept.into_iter().filter(|item| !lost.contains(&item.index())).collect();
        records.tell_of_items(ctx, kept, with_ids, answer).await;
        Ok(())
    }
    fn located(self, error: Error) -> Error {
        error.at("batch_create", self.records.model.name(), self.ctx.tenant().as_str())
    }
}

impl PartAnswer for BatchAnswer {
    fn add(&mut self, part: BatchAnswer) {
        let BatchAnswer { created, ids, failures, stopped } = part;
        self.created += created;
        self.ids.extend(ids);
        self.failures.extend(failures);
        self.stopped = stopped;
    }

    fn failed(&mut self) -> (&mut Vec<ItemFailure>, &mut Option<Error>) {
        (&mut self.failures, &mut self.stopped)
    }
}
