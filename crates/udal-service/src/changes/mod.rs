//! Changing many records: upserts, updates, deletes.

mod hooked;
mod ready;

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use udal_core::contract::{
    Answer, BatchDelete, BatchMode, BatchUpdate, ChangeReport, Deleted, Effect, ItemFailure, Upsert, Written,
};
use udal_core::{Context, Error, ErrorKind, Result};

use crate::hooks::Operation;
use crate::parts::{InParts, Measure, in_parts};
use crate::{ChangeAnswer, ChangeRequest, Records, WrittenItem, observe};
use ready::Ready;
pub(crate) use ready::{Asked, Kind};

/// Items as callers send them, with their places.
type AskedItems<'a> = BoxStream<'a, (u64, Result<Asked>)>;

impl Records {
    pub(crate) async fn change_many<T: Into<Asked> + Send>(
        &self,
        ctx: &Context,
        kind: Kind,
        request: ChangeRequest<'_, T>,
    ) -> Result<ChangeAnswer> {
        let ChangeRequest { items, mode, with_written } = request;
        let items = items.enumerate().map(|(at, item)| (at as u64, item.map(Into::into))).boxed();
        let change = Changing { records: self, ctx, kind, with_written };
        if mode == BatchMode::Atomic {
            return change.all(items).await;
        }
        let mut whole = ChangeAnswer::default();
        let mut parts = in_parts(change, items);
        while let Some(part) = parts.next().await {
            whole.add(part);
        }
        Ok(whole)
    }

    pub(crate) fn change_parts<'a, T: Into<Asked> + Send + 'a>(
        &'a self,
        ctx: &'a Context,
        kind: Kind,
        request: ChangeRequest<'a, T>,
    ) -> BoxStream<'a, Result<ChangeAnswer>> {
        let ChangeRequest { items, mode, with_written } = request;
        let items: AskedItems<'a> = items.enumerate().map(|(at, item)| (at as u64, item.map(Into::into))).boxed();
        let change = Changing { records: self, ctx, kind, with_written };
        match mode {
            BatchMode::Atomic => stream::once(async move { change.all(items).await }).boxed(),
            BatchMode::PerItem => in_parts(change, items).map(Ok).boxed(),
        }
    }
}

/// One batch that changes records.
#[derive(Clone, Copy)]
struct Changing<'a> {
    records: &'a Records,
    ctx: &'a Context,
    kind: Kind,
    with_written: bool,
}

impl Changing<'_> {
    /// What the backend is to answer of each record, where no hook wants to see it.
    fn answer(&self) -> Answer {
        let is_told = self.with_written || !self.records.inner.sinks.is_empty();
        if is_told { Answer::Versions } else { Answer::Counts }
    }

    /// All or nothing.
    async fn all(&self, items: AskedItems<'_>) -> Result<ChangeAnswer> {
        if self.records.hooks().is_empty() { self.whole(items).await } else { self.whole_through_hooks(items).await }
    }

    /// All or nothing, straight from the stream.
    async fn whole(&self, items: AskedItems<'_>) -> Result<ChangeAnswer> {
        let ready = items.map(|(index, asked)| {
            let ready = asked.and_then(|asked| self.ready(&asked));
            ready.map(|ready| (index, ready)).map_err(|error| error.of_item(index))
        });
        let report = self.write(ready.boxed(), BatchMode::Atomic, self.answer()).await?;
        let mut answer = ChangeAnswer::default();
        self.written(report, &mut answer).await;
        Ok(answer)
    }

    /// Writes one chunk for which no hook is called.
    async fn each_of(&self, asked: Vec<(u64, Asked)>, answer: &mut ChangeAnswer) -> Result<()> {
        let mut ready = Vec::with_capacity(asked.len());
        for (index, asked) in asked {
            match self.ready(&asked) {
                Ok(item) => ready.push(Ok((index, item))),
                Err(error) => answer.failures.push(ItemFailure { index, error }),
            }
        }
        let report = self.write(stream::iter(ready).boxed(), BatchMode::PerItem, self.answer()).await?;
        self.written(report, answer).await;
        Ok(())
    }

    /// Hands the items to the backend.
    async fn write(
        &self,
        items: BoxStream<'_, Result<(u64, Ready)>>,
        mode: BatchMode,
        answer: Answer,
    ) -> Result<ChangeReport> {
        let (model, backend) = (Arc::clone(&self.records.model), &self.records.backend);
        match self.kind {
            Kind::Upsert => {
                let items = ready::only(items, Ready::into_upsert);
                backend.upsert(self.ctx, Upsert { model, items, mode, answer }).await
            }
            Kind::Update => {
                let items = ready::only(items, Ready::into_update);
                backend.batch_update(self.ctx, BatchUpdate { model, items, mode, answer }).await
            }
            Kind::Delete => {
                let items = ready::only(items, Ready::into_delete);
                backend.batch_delete(self.ctx, BatchDelete { model, items, mode, answer }).await
            }
        }
    }

    /// The report's items are durable: their events, and what the caller wants to know of them.
    async fn written(&self, report: ChangeReport, answer: &mut ChangeAnswer) {
        let ChangeReport { created, updated, deleted, absent, written, failures } = report;
        answer.created += created;
        answer.updated += updated;
        answer.deleted += deleted;
        answer.absent += absent;
        answer.failures.extend(failures);
        for item in written {
            let Written { index, effect, id, version, record: _, unlinked } = item;
            match effect {
                Effect::Created => self.tell(Operation::Create, &id, version).await,
                Effect::Updated => self.tell(Operation::Update, &id, version).await,
                Effect::Deleted => self.records.tell_of_removal(self.ctx, &id, version, &unlinked).await,
            }
            self.note(index, effect, id, version, answer);
        }
    }

    async fn tell(&self, operation: Operation, id: &str, version: i64) {
        self.records.tell(self.records.event(self.ctx, operation, id, version)).await;
    }

    fn note(&self, index: u64, effect: Effect, id: String, version: i64, answer: &mut ChangeAnswer) {
        if self.with_written {
            answer.written.push(WrittenItem { index, effect, id, version });
        }
    }

    /// What went wrong with a part of a batch learns where it happened, as an error of the whole does.
    fn located(&self, error: Error) -> Error {
        error.at(self.kind.name(), self.records.model.name(), self.ctx.tenant().as_str())
    }

    /// Why the batch ended before its input did; what was written before stays.
    fn stopped(&self, error: Error, first: u64) -> Error {
        // Where the connection was lost, the answer to a commit may be what was lost.
        let hint = match error.kind() {
            ErrorKind::Unavailable | ErrorKind::TimedOut => {
                "look what became of it before you repeat it and what follows"
            }
            _ => "this item and those after it had no effect",
        };
        let error = self.located(error.of_item(first).hint(hint));
        observe::log(&error);
        error
    }
}

/// Items of a batch: those to write, and those that are none.
struct Part {
    asked: Vec<(u64, Asked)>,
    failures: Vec<ItemFailure>,
}

impl<'a> InParts<'a> for Changing<'a> {
    type Items = AskedItems<'a>;
    type Part = Part;
    type Answer = ChangeAnswer;

    /// Hooks are called when a part is written.
    fn reads_ahead(self) -> bool {
        true
    }

    async fn make_ready(self, items: &mut AskedItems<'a>) -> Option<Part> {
        let mut part = Part { asked: Vec::new(), failures: Vec::new() };
        let mut measure = Measure::default();
        while !measure.is_full() {
            let Some((index, item)) = items.next().await else { break };
            measure.add(item.as_ref().map_or(0, Asked::weight)).await;
            match item {
                Ok(asked) => part.asked.push((index, asked)),
                Err(error) => part.failures.push(ItemFailure { index, error }),
            }
        }
        (!part.asked.is_empty() || !part.failures.is_empty()).then_some(part)
    }

    async fn write(self, part: Part) -> (ChangeAnswer, bool) {
        let Part { asked, failures } = part;
        let mut answer = ChangeAnswer { failures, ..ChangeAnswer::default() };
        if let Some(first) = asked.first().map(|(index, _)| *index) {
            let done = if self.records.hooks().is_empty() {
                self.each_of(asked, &mut answer).await
            } else {
                self.each_through_hooks(asked, &mut answer).await
            };
            answer.stopped = done.err().map(|error| self.stopped(error, first));
        }
        answer.failures.sort_by_key(|failure| failure.index);
        let located = |ItemFailure { index, error }| ItemFailure { index, error: self.located(error) };
        answer.failures = answer.failures.into_iter().map(located).collect();
        answer.written.sort_by_key(|written| written.index);
        let goes_on = answer.stopped.is_none();
        (answer, goes_on)
    }
}

/// A deleted record with the links that went with it, as the hooks and events after a single delete take it.
fn deleted(record: udal_core::record::Record, unlinked: Vec<udal_core::contract::Touched>) -> Deleted {
    Deleted { record, unlinked }
}
