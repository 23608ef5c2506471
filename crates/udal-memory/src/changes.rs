//! The batches that change records: the single operations, one after another.

use std::collections::BTreeSet;
use std::sync::Arc;

use udal_core::contract::{
    Answer, BatchMode, ChangeReport, Delete, DeleteItem, Effect, ItemFailure, Update, UpdateItem, UpsertItem,
};
use udal_core::model::Model;
use udal_core::record::Record;
use udal_core::{Context, Result};

use crate::store::Store;
use crate::write::{check_new, delete, put_changed, update};

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
    batch.run(store, items, |store, report, index, item| {
        let model = batch.model;
        let found = store.home(batch.ctx, model).and_then(|tenant| tenant.get(model.name(), item.record.id()));
        let (effect, record) = match batch.ctx.upserted(found, &item)? {
            Some(changed) => (Effect::Updated, put_changed(store, batch.ctx, changed, &others)?),
            None => (Effect::Created, insert(store, batch, item.record, &others)?),
        };
        report.wrote(batch.answer, index, effect, &record, Vec::new());
        Ok(())
    })
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
        let record = update(store, batch.ctx, op)?;
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
