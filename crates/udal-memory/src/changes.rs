//! The batches that change records: the single operations, one after another.

use std::collections::BTreeSet;
use std::sync::Arc;

use udal_core::contract::refusal::already_exists;
use udal_core::contract::{
    Answer, BatchMode, ChangeReport, Delete, DeleteItem, Effect, Expect, ItemFailure, Update, UpdateItem, UpsertItem,
};
use udal_core::filter::evaluate;
use udal_core::model::Model;
use udal_core::record::{Patch, Record};
use udal_core::{Context, Result};

use crate::store::Store;
use crate::write::{check_new, delete, update_among};

/// Who writes what, and how much is told of it.
pub(crate) struct Batch<'a> {
    pub(crate) ctx: &'a Context,
    pub(crate) model: &'a Arc<Model>,
    pub(crate) mode: BatchMode,
    pub(crate) answer: Answer,
}

pub(crate) fn upsert(store: &mut Store, batch: &Batch<'_>, items: Vec<(u64, UpsertItem)>) -> Result<ChangeReport> {
    // The records of a whole batch may link to one another in any order; item by item, to earlier ones.
    let others: BTreeSet<String> = match batch.mode {
        BatchMode::Atomic => items.iter().map(|(_, item)| item.record.id().to_owned()).collect(),
        BatchMode::PerItem => BTreeSet::new(),
    };
    batch.run(store, items, |store, report, index, UpsertItem { record, patch, expect }| {
        let found = seen(store, batch, record.id())?;
        let is_within = match found {
            Some(found) => evaluate(&batch.ctx.reach_to_update(batch.model, &patch)?, found),
            None => false,
        };
        let (effect, record) = match expect {
            Expect::Anything | Expect::Absent if found.is_none() => {
                (Effect::Created, insert(store, batch, record, &others)?)
            }
            Expect::Absent => return Err(already_exists(record.id())),
            Expect::Anything if !is_within => return Err(already_exists(record.id())),
            Expect::Anything | Expect::Version(_) => {
                let id = record.id().to_owned();
                let if_version = if let Expect::Version(version) = expect { Some(version) } else { None };
                let op = Update { model: batch.model.clone(), id, patch, if_version };
                (Effect::Updated, update_among(store, batch.ctx, op, &others)?)
            }
        };
        report.wrote(batch.answer, index, effect, &record, Vec::new());
        Ok(())
    })
}

/// The record with that id, if the writer may change it.
fn seen<'s>(store: &'s Store, batch: &Batch<'_>, id: &str) -> Result<Option<&'s Record>> {
    let reach = batch.ctx.reach_to_update(batch.model, &Patch::default())?;
    let found = store.home(batch.ctx, batch.model).and_then(|tenant| tenant.get(batch.model.name(), id));
    Ok(found.filter(|record| evaluate(&reach, record)))
}

fn insert(store: &mut Store, batch: &Batch<'_>, record: Record, others: &BTreeSet<String>) -> Result<Record> {
    batch.ctx.check_create(&record)?;
    let tenant = store.home_mut(batch.ctx, batch.model);
    check_new(tenant, &record, others)?;
    tenant.put(record.clone());
    Ok(record)
}

pub(crate) fn batch_update(
    store: &mut Store,
    batch: &Batch<'_>,
    items: Vec<(u64, UpdateItem)>,
) -> Result<ChangeReport> {
    batch.run(store, items, |store, report, index, UpdateItem { id, patch, if_version }| {
        let op = Update { model: batch.model.clone(), id, patch, if_version };
        let record = update_among(store, batch.ctx, op, &BTreeSet::new())?;
        report.wrote(batch.answer, index, Effect::Updated, &record, Vec::new());
        Ok(())
    })
}

pub(crate) fn batch_delete(
    store: &mut Store,
    batch: &Batch<'_>,
    items: Vec<(u64, DeleteItem)>,
) -> Result<ChangeReport> {
    batch.run(store, items, |store, report, index, DeleteItem { id, if_version }| {
        match delete(store, batch.ctx, Delete { model: batch.model.clone(), id, if_version })? {
            None => report.absent += 1,
            Some(deleted) => {
                report.wrote(batch.answer, index, Effect::Deleted, &deleted.record, deleted.unlinked);
            }
        }
        Ok(())
    })
}

impl Batch<'_> {
    /// Does `each` with one item after another; all of it, or what can be done.
    fn run<T>(
        &self,
        store: &mut Store,
        items: Vec<(u64, T)>,
        each: impl Fn(&mut Store, &mut ChangeReport, u64, T) -> Result<()>,
    ) -> Result<ChangeReport> {
        let before = store.home(self.ctx, self.model).cloned();
        let mut report = ChangeReport::default();
        for (index, item) in items {
            match (each(store, &mut report, index, item), self.mode) {
                (Ok(()), _) => {}
                (Err(error), BatchMode::PerItem) => report.failures.push(ItemFailure { index, error }),
                (Err(error), BatchMode::Atomic) => {
                    if let Some(before) = before {
                        *store.home_mut(self.ctx, self.model) = before;
                    } else {
                        store.forget(self.ctx, self.model);
                    }
                    return Err(error.of_item(index));
                }
            }
        }
        Ok(report)
    }
}
