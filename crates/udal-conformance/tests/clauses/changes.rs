//! Batches that change records, each wrong in one way.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use udal_core::contract::refusal::not_found;
use udal_core::contract::{
    Backend, BatchDelete, BatchMode, BatchUpdate, ChangeReport, Delete, DeleteItem, Expect, Get, Items, UpdateItem,
    Upsert, UpsertItem,
};
use udal_core::model::{Field, Model};
use udal_core::record::Patch;
use udal_core::{Context, ErrorKind, Result};

use crate::writes::pause;
use crate::wrong::{Fault, Wrong, everyone};

/// The items and the mode as the wrong backend takes them.
async fn taken<'a, T: Send + 'a>(fault: Fault, items: Items<'a, T>, mode: BatchMode) -> (Items<'a, T>, BatchMode) {
    match (fault, mode) {
        (Fault::ChangesCountBackwards, _) => {
            let items: Vec<_> = items.collect().await;
            (stream::iter(items.into_iter().rev()).boxed(), mode)
        }
        (Fault::AtomicChangesKeepTheGood, _) => (items, BatchMode::PerItem),
        (Fault::PerItemChangesAreAtomic, _) => (items, BatchMode::Atomic),
        (Fault::ChangesStopAtTenThousand, _) => (items.take(10_000).boxed(), mode),
        (Fault::ChangesIgnoreStreamErrors, _) => (items.filter(|item| std::future::ready(item.is_ok())).boxed(), mode),
        _ => (items, mode),
    }
}

/// The answer as the wrong backend gives it.
fn told(fault: Fault, mode: BatchMode, answer: Result<ChangeReport>) -> Result<ChangeReport> {
    let mut report = answer?;
    match (fault, mode) {
        (Fault::AtomicChangesKeepTheGood | Fault::UpsertLinksLeadBackOnly, BatchMode::Atomic)
            if !report.failures.is_empty() =>
        {
            let first = report.failures.remove(0);
            return Err(first.error.of_item(first.index));
        }
        (Fault::ChangesTellNothing, _) => report.written.clear(),
        (Fault::BatchDeleteNamesNothing, _) => {
            report.written.iter_mut().for_each(|written| written.unlinked.clear());
        }
        (Fault::BatchUpdatePassesOverWhatIsAbsent, _) => {
            report.failures.retain(|failure| failure.error.kind() != ErrorKind::NotFound);
        }
        (Fault::BatchDeleteOfNothingFails, _) if report.absent > 0 => return Err(not_found("some")),
        _ => {}
    }
    Ok(report)
}

fn get(model: &Arc<Model>, id: &str) -> Get {
    Get { model: Arc::clone(model), id: id.to_owned() }
}

pub(crate) async fn upsert(wrong: &Wrong, ctx: &Context, op: Upsert<'_>) -> Result<ChangeReport> {
    let (fault, memory) = (wrong.fault, &wrong.memory);
    let Upsert { model, items, mode, answer } = op;
    let (items, how) = taken(fault, items, mode).await;
    let whole = |items, mode| Upsert { model: Arc::clone(&model), items, mode, answer };
    let report = match fault {
        Fault::UpsertIgnoresReach => memory.upsert(&everyone(ctx), whole(items, how)).await,
        Fault::UpsertLinksLeadBackOnly => memory.upsert(ctx, whole(items, BatchMode::PerItem)).await,
        Fault::UpsertExpectsAnything => {
            let items =
                items.map(|item| item.map(|(index, item)| (index, UpsertItem { expect: Expect::Anything, ..item })));
            memory.upsert(ctx, whole(items.boxed(), how)).await
        }
        Fault::UpsertCreatesNothing | Fault::UpsertReplaces | Fault::UpsertLooksThenWrites => {
            let mut kept = Vec::new();
            let items: Vec<Result<(u64, UpsertItem)>> = items.collect().await;
            for item in items {
                let (index, item) = item?;
                let id = item.record.id().to_owned();
                let there = memory.get(ctx, get(&model, &id)).await?;
                match (fault, there) {
                    (Fault::UpsertCreatesNothing, None) => continue,
                    (Fault::UpsertReplaces, Some(_)) => {
                        memory.delete(ctx, Delete { model: Arc::clone(&model), id, if_version: None }).await?;
                    }
                    (Fault::UpsertLooksThenWrites, None) => {
                        pause().await;
                        // Who comes between is overwritten.
                        memory.delete(ctx, Delete { model: Arc::clone(&model), id, if_version: None }).await?;
                    }
                    _ => {}
                }
                kept.push(Ok((index, item)));
            }
            memory.upsert(ctx, whole(stream::iter(kept).boxed(), how)).await
        }
        _ => memory.upsert(ctx, whole(items, how)).await,
    };
    told(fault, mode, report)
}

pub(crate) async fn batch_update(wrong: &Wrong, ctx: &Context, op: BatchUpdate<'_>) -> Result<ChangeReport> {
    let (fault, memory) = (wrong.fault, &wrong.memory);
    let BatchUpdate { model, items, mode, answer } = op;
    let (items, how) = taken(fault, items, mode).await;
    let whole = |items| BatchUpdate { model: Arc::clone(&model), items, mode: how, answer };
    let report = match fault {
        Fault::BatchUpdateIgnoresReach => memory.batch_update(&everyone(ctx), whole(items)).await,
        Fault::BatchUpdateReplacesTheWhole
        | Fault::BatchUpdateIgnoresTheVersion
        | Fault::BatchUpdateDropsLinks
        | Fault::ChangesMindTheVersionTheyRead => {
            let mut kept = Vec::new();
            let items: Vec<Result<(u64, UpdateItem)>> = items.collect().await;
            for item in items {
                let (index, item) = item?;
                let there = memory.get(ctx, get(&model, &item.id)).await?;
                kept.push(Ok((index, changed(fault, &model, item, there.map(|record| record.version())))));
            }
            if fault == Fault::ChangesMindTheVersionTheyRead {
                pause().await;
            }
            memory.batch_update(ctx, whole(stream::iter(kept).boxed())).await
        }
        _ => memory.batch_update(ctx, whole(items)).await,
    };
    told(fault, mode, report)
}

/// The item as the wrong backend takes it, with the version that it read.
fn changed(fault: Fault, model: &Model, mut item: UpdateItem, version: Option<i64>) -> UpdateItem {
    match fault {
        Fault::BatchUpdateReplacesTheWhole => {
            let absent = |field: &&Arc<Field>| item.patch.change_of(field.position()).is_none();
            let cleared: Vec<_> = model.declared_fields().filter(absent).filter(|f| !f.is_required()).collect();
            for field in cleared {
                item.patch.set(Arc::clone(field), None);
            }
        }
        Fault::BatchUpdateIgnoresTheVersion => item.if_version = None,
        Fault::BatchUpdateDropsLinks => {
            let changes = item.patch.changes().iter().filter(|change| !change.field.is_link()).cloned();
            item.patch = Patch::new(changes.collect());
        }
        _ => item.if_version = item.if_version.or(version),
    }
    item
}

pub(crate) async fn batch_delete(wrong: &Wrong, ctx: &Context, op: BatchDelete<'_>) -> Result<ChangeReport> {
    let (fault, memory) = (wrong.fault, &wrong.memory);
    let BatchDelete { model, items, mode, answer } = op;
    let (items, how) = taken(fault, items, mode).await;
    let whole = |items| BatchDelete { model: Arc::clone(&model), items, mode: how, answer };
    let report = match fault {
        Fault::BatchDeleteIgnoresReach => memory.batch_delete(&everyone(ctx), whole(items)).await,
        Fault::BatchDeleteIgnoresTheVersion => {
            let items = items.map(|item| item.map(|(at, item)| (at, DeleteItem { if_version: None, ..item })));
            memory.batch_delete(ctx, whole(items.boxed())).await
        }
        Fault::BatchDeleteKeepsTheRecords => {
            let items: Vec<_> = items.collect().await;
            Ok(ChangeReport { deleted: items.len() as u64, ..ChangeReport::default() })
        }
        _ => memory.batch_delete(ctx, whole(items)).await,
    };
    told(fault, mode, report)
}
