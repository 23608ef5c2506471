//! Changing many records: upserts, updates, deletes.

mod hooked;
mod ready;

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use udal_core::contract::{
    Answer, BatchDelete, BatchMode, BatchUpdate, ChangeReport, Deleted, Effect, ItemFailure, Upsert, Written,
};
use udal_core::{Context, Error, Result};

use crate::hooks::Operation;
use crate::parts::{InParts, PartAnswer, in_parts, whole};
use crate::{ChangeAnswer, ChangeRequest, Records, WrittenItem};
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
        whole(self.change_parts(ctx, kind, request)).await
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
}

impl<'a> InParts<'a> for Changing<'a> {
    type Input = AskedItems<'a>;
    type Item = Asked;
    type Answer = ChangeAnswer;

    const IS_UNCLEAR: &'static str = "look what became of it before you repeat it and what follows";
    const IS_CLEAR: &'static str = "this item and those after it had no effect";

    /// Hooks are called when a part is written.
    fn reads_ahead(self) -> bool {
        true
    }

    async fn next(self, items: &mut AskedItems<'a>) -> Option<(u64, Result<Asked>)> {
        items.next().await
    }

    fn weight(asked: &Asked) -> usize {
        asked.weight()
    }

    async fn write(self, asked: Vec<(u64, Asked)>, answer: &mut ChangeAnswer) -> Result<()> {
        let done = if self.records.hooks().is_empty() {
            self.each_of(asked, answer).await
        } else {
            self.each_through_hooks(asked, answer).await
        };
        answer.written.sort_by_key(|written| written.index);
        done
    }

    fn located(self, error: Error) -> Error {
        error.at(self.kind.name(), self.records.model.name(), self.ctx.tenant().as_str())
    }
}

impl PartAnswer for ChangeAnswer {
    fn add(&mut self, part: ChangeAnswer) {
        let ChangeAnswer { created, updated, deleted, absent, written, failures, stopped } = part;
        self.created += created;
        self.updated += updated;
        self.deleted += deleted;
        self.absent += absent;
        self.written.extend(written);
        self.failures.extend(failures);
        self.stopped = stopped;
    }

    fn failed(&mut self) -> (&mut Vec<ItemFailure>, &mut Option<Error>) {
        (&mut self.failures, &mut self.stopped)
    }
}

/// A deleted record with the links that went with it, as the hooks and events after a single delete take it.
fn deleted(record: udal_core::record::Record, unlinked: Vec<udal_core::contract::Touched>) -> Deleted {
    Deleted { record, unlinked }
}
