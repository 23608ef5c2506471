//! Creating many records.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream, Enumerate};
use serde_json::Value as Json;
use udal_core::contract::{BatchCreate, BatchMode, BatchReport, CHUNK_BYTES, CHUNK_RECORDS, ItemFailure};
use udal_core::record::Record;
use udal_core::{Context, Error, ErrorKind, Result};

use crate::hooks::Operation;
use crate::{BatchAnswer, BatchRequest, Records, observe};

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

impl Records {
    pub(crate) async fn write_many(&self, ctx: &Context, request: BatchRequest<'_>) -> Result<BatchAnswer> {
        match request.mode {
            BatchMode::Atomic => self.write_all(ctx, request).await,
            BatchMode::PerItem => self.write_each(ctx, request).await,
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

    async fn write_each(&self, ctx: &Context, request: BatchRequest<'_>) -> Result<BatchAnswer> {
        let BatchRequest { items, mode, with_ids } = request;
        let mut items = items.enumerate();
        let mut answer = BatchAnswer::default();
        loop {
            let records = self.next_chunk(ctx, &mut items, &mut answer).await;
            let Some(first) = records.first().map(|(index, _)| *index) else { break };
            let kept: Vec<Kept> =
                records.iter().filter_map(|(index, record)| self.keep(*index, record, with_ids)).collect();
            let records = stream::iter(records.into_iter().map(Ok)).boxed();
            let op = BatchCreate { model: Arc::clone(&self.model), records, mode };
            match self.backend.batch_create(ctx, op).await {
                Ok(BatchReport { created, failures }) => {
                    let lost: HashSet<u64> = failures.iter().map(|failure| failure.index).collect();
                    answer.created += created;
                    answer.failures.extend(failures);
                    let kept = kept.into_iter().filter(|item| !lost.contains(&item.index())).collect();
                    self.tell_of_items(ctx, kept, with_ids, &mut answer).await;
                }
                Err(error) => {
                    // Where the connection was lost, the answer to a commit may be what was lost.
                    let hint = match error.kind() {
                        ErrorKind::Unavailable | ErrorKind::TimedOut => {
                            "look whether it is there before you repeat it and what follows"
                        }
                        _ => "this item and those after it were not written",
                    };
                    let error = error.of_item(first).hint(hint);
                    let error = self.of_batch(ctx, error);
                    observe::log(&error);
                    answer.stopped = Some(error);
                    break;
                }
            }
        }
        answer.failures.sort_by_key(|failure| failure.index);
        let located = |ItemFailure { index, error }| ItemFailure { index, error: self.of_batch(ctx, error) };
        answer.failures = answer.failures.into_iter().map(located).collect();
        Ok(answer)
    }

    /// The next records of a batch, as many as may be in memory at once; none at its end. Items that are none fail.
    async fn next_chunk(
        &self,
        ctx: &Context,
        items: &mut Enumerate<BoxStream<'_, Result<Json>>>,
        answer: &mut BatchAnswer,
    ) -> Vec<(u64, Record)> {
        let mut records = Vec::new();
        let mut weight = 0;
        while records.len() < CHUNK_RECORDS && weight < CHUNK_BYTES {
            let Some((index, item)) = items.next().await else { break };
            let index = index as u64;
            match self.prepare_item(ctx, item).await {
                Ok(record) => {
                    weight += record.weight();
                    records.push((index, record));
                }
                Err(error) => answer.failures.push(ItemFailure { index, error }),
            }
        }
        records
    }

    /// What went wrong with a part of a batch learns where it happened, as an error of the whole does.
    fn of_batch(&self, ctx: &Context, error: Error) -> Error {
        error.at("batch_create", self.model.name(), ctx.tenant().as_str())
    }

    async fn prepare_item(&self, ctx: &Context, item: Result<Json>) -> Result<Record> {
        self.prepare(ctx, &item?).await
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
