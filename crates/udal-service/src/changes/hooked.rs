//! Batches of a model with hooks: each item is shown to the hooks with the record as it is, and written only if the record
//! is still at that version; who was overtaken asks the hooks again.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream;
use udal_core::contract::refusal::{already_exists, check_version, not_found};
use udal_core::contract::{
    Answer, BatchMode, CHUNK_RECORDS, ChangeReport, DeleteItem, Effect, Expect, ItemFailure, List, MAX_LIMIT, Start,
    UpdateItem, UpsertItem, Written,
};
use udal_core::filter::{Predicate, Test, evaluate};
use udal_core::model::position;
use udal_core::order::Order;
use udal_core::record::{Patch, Record, read_changes, read_id, read_upsert};
use udal_core::value::Value;
use udal_core::{Error, ErrorKind, Result};

use super::ready::{Asked, Ready};
use super::{AskedItems, Changing, Kind, deleted};
use crate::hooks::{HookContext, Operation};
use crate::update::{ATTEMPTS, overtaken};
use crate::{ChangeAnswer, DeleteRequest, UpdateRequest};

/// The records that items are about, as the items before leave them; `None` where there is none in reach.
type Seen = HashMap<String, Option<Record>>;

/// What the hooks made of some items.
#[derive(Default)]
struct Prepared {
    ready: Vec<(u64, Ready)>,
    /// What the hooks after the write are told, for each item.
    told: HashMap<u64, HookContext>,
    /// How many items ask to delete what is not there.
    absent: u64,
}

impl Changing<'_> {
    /// All or nothing. The items are kept until it is written: they may have to go through the hooks again.
    pub(super) async fn whole_through_hooks(&self, mut items: AskedItems<'_>) -> Result<ChangeAnswer> {
        let mut asked = Vec::new();
        while let Some((index, item)) = items.next().await {
            asked.push((index, item.map_err(|error| error.of_item(index))?));
        }
        let mut last: Option<(HashMap<String, Option<i64>>, Error)> = None;
        for _ in 0..ATTEMPTS {
            let mut seen = Seen::new();
            for chunk in asked.chunks(CHUNK_RECORDS) {
                seen.extend(self.read_all(chunk).await?);
            }
            let versions = seen.iter().map(|(id, record)| (id.clone(), record.as_ref().map(Record::version))).collect();
            match last {
                // Nothing changed meanwhile: the refusal is for good.
                Some((before, error)) if before == versions => return Err(error),
                _ => {}
            }
            let mut prepared = Prepared::default();
            for (index, item) in &asked {
                self.prepare(*index, item, &mut seen, &mut prepared).await.map_err(|error| error.of_item(*index))?;
            }
            let Prepared { ready, told, absent } = prepared;
            let ready = stream::iter(ready.into_iter().map(Ok)).boxed();
            match self.write(ready, BatchMode::Atomic, Answer::Records).await {
                Err(error) if may_be_overtaken(&error) => last = Some((versions, error)),
                Err(error) => return Err(error),
                Ok(report) => {
                    let mut answer = ChangeAnswer { absent, ..ChangeAnswer::default() };
                    self.written_through_hooks(report, told, &mut answer).await;
                    return Ok(answer);
                }
            }
        }
        Err(overtaken())
    }

    /// Writes one chunk, item by item. What was overtaken goes through the hooks again.
    pub(super) async fn each_through_hooks(&self, asked: Vec<(u64, Asked)>, answer: &mut ChangeAnswer) -> Result<()> {
        let mut open = asked;
        for _ in 0..ATTEMPTS {
            let mut seen = self.read_all(&open).await?;
            let mut prepared = Prepared::default();
            for (index, item) in &open {
                if let Err(error) = self.prepare(*index, item, &mut seen, &mut prepared).await {
                    answer.failures.push(ItemFailure { index: *index, error });
                }
            }
            let Prepared { ready, told, absent } = prepared;
            answer.absent += absent;
            let ready = stream::iter(ready.into_iter().map(Ok)).boxed();
            let mut report = self.write(ready, BatchMode::PerItem, Answer::Records).await?;
            let failures = std::mem::take(&mut report.failures);
            self.written_through_hooks(report, told, answer).await;
            open = self.still_open(open, failures, answer).await?;
            if open.is_empty() {
                return Ok(());
            }
        }
        answer.failures.extend(open.into_iter().map(|(index, _)| ItemFailure { index, error: overtaken() }));
        Ok(())
    }

    /// Which items were overtaken, of those that failed; the others have failed for good.
    async fn still_open(
        &self,
        asked: Vec<(u64, Asked)>,
        failures: Vec<ItemFailure>,
        answer: &mut ChangeAnswer,
    ) -> Result<Vec<(u64, Asked)>> {
        let mut failed: HashMap<u64, Error> = failures.into_iter().map(|failed| (failed.index, failed.error)).collect();
        let asked: Vec<(u64, Asked)> = asked.into_iter().filter(|(index, _)| failed.contains_key(index)).collect();
        let seen = self.read_all(&asked).await?;
        let mut open = Vec::new();
        for (index, item) in asked {
            let Some(error) = failed.remove(&index) else { continue };
            // An id that is taken by what nobody sees stays taken.
            let is_seen = item.id().is_some_and(|id| seen.get(id).is_some_and(Option::is_some));
            let is_hidden = error.kind() == ErrorKind::AlreadyExists && !is_seen;
            if may_be_overtaken(&error) && !item.minds_version() && !is_hidden {
                open.push((index, item));
            } else {
                answer.failures.push(ItemFailure { index, error });
            }
        }
        Ok(open)
    }

    /// Reads the records that the items name, by one list.
    async fn read_all(&self, asked: &[(u64, Asked)]) -> Result<Seen> {
        let model = &self.records.model;
        let mut seen = Seen::new();
        let can_be = |id: &&str| read_id(model, id).is_ok();
        for id in asked.iter().filter_map(|(_, item)| item.id()).filter(can_be) {
            seen.insert(id.to_owned(), None);
        }
        let Some(field) = model.fields().get(position::ID).filter(|_| !seen.is_empty()) else { return Ok(seen) };
        let ids = seen.keys().map(|id| Value::from(id.as_str())).collect();
        let filter = Predicate::Test(Arc::clone(field), Test::In(ids)).and(self.reach());
        let op = List {
            model: Arc::clone(model),
            filter,
            order: Order::by_id(model),
            limit: MAX_LIMIT,
            start: Start::Beginning,
        };
        for record in self.records.backend.list(self.ctx, op).await?.records {
            seen.insert(record.id().to_owned(), Some(record));
        }
        Ok(seen)
    }

    /// The records that items may be about: hooks are called for no other.
    fn reach(&self) -> Predicate {
        let (ctx, model) = (self.ctx, &self.records.model);
        let reach = match self.kind {
            Kind::Upsert | Kind::Update => ctx.reach_to_update(model, &Patch::default()),
            Kind::Delete => ctx.reach_to_delete(model),
        };
        // Who may write none of them is told so item by item.
        reach.unwrap_or_else(|_| Predicate::never())
    }

    /// Shows one item to the hooks, and notes what the record will be.
    async fn prepare(&self, index: u64, asked: &Asked, seen: &mut Seen, prepared: &mut Prepared) -> Result<()> {
        let before = asked.id().and_then(|id| seen.get(id).cloned().flatten());
        let (ready, told, after) = match asked {
            Asked::Upsert(_) => self.prepare_upsert(asked, before).await?,
            Asked::Update(request) => self.prepare_update(request, before).await?,
            Asked::Delete(request) => {
                let Some(before) = before else {
                    prepared.absent += 1;
                    return Ok(());
                };
                self.prepare_delete(request, before).await?
            }
        };
        let id = match &ready {
            Ready::Upsert(item) => item.record.id().to_owned(),
            Ready::Update(item) => item.id.clone(),
            Ready::Delete(item) => item.id.clone(),
        };
        seen.insert(id, after);
        prepared.told.insert(index, told);
        prepared.ready.push((index, ready));
        Ok(())
    }

    async fn prepare_upsert(
        &self,
        asked: &Asked,
        before: Option<Record>,
    ) -> Result<(Ready, HookContext, Option<Record>)> {
        let (records, ctx) = (self.records, self.ctx);
        let Asked::Upsert(json) = asked else { return Err(Error::internal("an upsert without a record")) };
        let (draft, given) = read_upsert(&records.model_seen_by(ctx), json)?;
        let mut draft = draft.of(&records.model);
        records.fill_given(ctx, &mut draft);
        ctx.reach_to_update(&records.model, &Patch::default())?;
        let Some(before) = before else {
            let record = records.fill_kept(ctx, records.before_create(ctx, draft).await?);
            let told = HookContext::new(ctx, &records.model, Operation::Create);
            let item = UpsertItem { record: record.clone(), patch: Patch::default(), expect: Expect::Absent };
            return Ok((Ready::Upsert(Box::new(item)), told, Some(record)));
        };
        let taken = || already_exists(before.id());
        if !evaluate(&ctx.reach_to_update(&records.model, &given)?, &before) {
            return Err(taken());
        }
        let told = HookContext::new(ctx, &records.model, Operation::Update).with_before(before.clone());
        let patch = records.stamped(records.before_update(&told, &given).await?);
        let after = ctx.changed(&before, &patch, None)?.ok_or_else(taken)?;
        let expect = Expect::Version(before.version());
        let record = records.fill_kept(ctx, draft);
        Ok((Ready::Upsert(Box::new(UpsertItem { record, patch, expect })), told, Some(after)))
    }

    async fn prepare_update(
        &self,
        request: &UpdateRequest,
        before: Option<Record>,
    ) -> Result<(Ready, HookContext, Option<Record>)> {
        let UpdateRequest { id, changes, if_version } = request;
        let (ctx, model) = (self.ctx, &self.records.model);
        let given = read_changes(&self.records.model_seen_by(ctx), changes)?;
        let reach = ctx.reach_to_update(model, &given)?;
        let before = before.filter(|before| evaluate(&reach, before)).ok_or_else(|| not_found(id))?;
        check_version(&before, *if_version)?;
        let told = HookContext::new(ctx, model, Operation::Update).with_before(before.clone());
        let patch = self.records.stamped(self.records.before_update(&told, &given).await?);
        let after = ctx.changed(&before, &patch, None)?.ok_or_else(|| not_found(id))?;
        let item = UpdateItem { id: id.clone(), patch, if_version: Some(before.version()) };
        Ok((Ready::Update(item), told, Some(after)))
    }

    async fn prepare_delete(
        &self,
        request: &DeleteRequest,
        before: Record,
    ) -> Result<(Ready, HookContext, Option<Record>)> {
        let DeleteRequest { id, if_version } = request;
        check_version(&before, *if_version)?;
        let if_version = Some(before.version());
        let told = HookContext::new(self.ctx, &self.records.model, Operation::Delete).with_before(before);
        for hook in self.records.hooks() {
            hook.before_delete(&told).await?;
        }
        Ok((Ready::Delete(DeleteItem { id: id.clone(), if_version }), told, None))
    }

    /// The report's items are durable: the hooks after them, their events, and what the caller wants to know of them.
    async fn written_through_hooks(
        &self,
        report: ChangeReport,
        mut told: HashMap<u64, HookContext>,
        answer: &mut ChangeAnswer,
    ) {
        let ChangeReport { created, updated, deleted: gone, absent, written, failures } = report;
        answer.created += created;
        answer.updated += updated;
        answer.deleted += gone;
        answer.absent += absent;
        answer.failures.extend(failures);
        for item in written {
            let Written { index, effect, id, version, record, unlinked } = item;
            if let (Some(told), Some(record)) = (told.remove(&index), record) {
                match effect {
                    Effect::Created => self.records.created(self.ctx, &record).await,
                    Effect::Updated => self.records.updated(self.ctx, told.with_after(record.clone()), &record).await,
                    Effect::Deleted => self.records.deleted(self.ctx, &told, &deleted(record, unlinked)).await,
                }
            }
            self.note(index, effect, id, version, answer);
        }
    }
}

/// Whether the write may have found another record than the hooks saw.
fn may_be_overtaken(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::VersionConflict | ErrorKind::AlreadyExists | ErrorKind::NotFound)
}
