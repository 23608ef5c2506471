//! Writes, each wrong in one way.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use udal_core::contract::refusal::{not_found, version_conflict};
use udal_core::contract::{
    Backend, BatchCreate, BatchMode, BatchReport, Create, Created, Delete, Deleted, Get, Idempotency, ItemFailure,
    Update,
};
use udal_core::model::position;
use udal_core::record::{Patch, Record};
use udal_core::value::Value;
use udal_core::{Context, ErrorKind, Result};

use crate::links;
use crate::wrong::{Fault, Wrong, everyone};

/// Lets others come between: what is wrong only when many write at one instant must be seen each time.
pub(crate) async fn pause() {
    tokio::time::sleep(Duration::from_millis(2)).await;
}

/// The record as the wrong backend stores it.
fn stored(fault: Fault, mut record: Record) -> Record {
    if fault == Fault::CreateForgetsAssignees
        && let Some(field) = record.model().fields().get(position::ASSIGNED_TO).cloned()
    {
        record.set(&field, None);
    }
    if fault == Fault::EmptyTextIsMissing {
        for field in record.model().fields().to_vec() {
            if record.get(&field) == Some(&Value::from("")) {
                record.set(&field, None);
            }
        }
    }
    record
}

pub(crate) async fn create(wrong: &Wrong, ctx: &Context, op: Create) -> Result<Created> {
    links::check_references(wrong.fault, &op.record)?;
    let op = Create { record: stored(wrong.fault, op.record), ..op };
    let memory = &wrong.memory;
    match wrong.fault {
        Fault::CreateOverwrites => overwrite(wrong, ctx, op).await,
        Fault::CreateLooksThenWrites => {
            let get = Get { model: Arc::clone(op.record.model()), id: op.record.id().to_owned() };
            if memory.get(&everyone(ctx), get).await?.is_some() {
                return memory.create(ctx, op).await;
            }
            pause().await;
            overwrite(wrong, ctx, op).await
        }
        Fault::CreateIgnoresTheKey => memory.create(ctx, Create { idempotency: None, ..op }).await,
        Fault::ReplayAnswersTheRecordNow => {
            let created = memory.create(ctx, op).await?;
            let get = Get { model: Arc::clone(created.record.model()), id: created.record.id().to_owned() };
            let now = memory.get(ctx, get).await?;
            Ok(Created { record: now.unwrap_or(created.record), ..created })
        }
        Fault::CreateIgnoresTheFingerprint => {
            let idempotency =
                op.idempotency.map(|given| Idempotency { fingerprint: "all the same".to_owned(), ..given });
            memory.create(ctx, Create { idempotency, ..op }).await
        }
        Fault::CreateIgnoresReach => memory.create(&everyone(ctx), op).await,
        Fault::LinksAreNotChecked | Fault::LinksAreCheckedBefore => links::create(wrong, ctx, op).await,
        _ => memory.create(ctx, op).await,
    }
}

async fn overwrite(wrong: &Wrong, ctx: &Context, op: Create) -> Result<Created> {
    match wrong.memory.create(ctx, op.clone()).await {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            remove(wrong, ctx, &op.record).await?;
            wrong.memory.create(ctx, op).await
        }
        done => done,
    }
}

async fn remove(wrong: &Wrong, ctx: &Context, record: &Record) -> Result<()> {
    let op = Delete { model: Arc::clone(record.model()), id: record.id().to_owned(), if_version: None };
    wrong.memory.delete(&everyone(ctx), op).await.map(drop)
}

pub(crate) async fn update(wrong: &Wrong, ctx: &Context, op: Update) -> Result<Record> {
    let memory = &wrong.memory;
    let model = Arc::clone(&op.model);
    let get = Get { model: Arc::clone(&op.model), id: op.id.clone() };
    match wrong.fault {
        Fault::UpdateReplacesTheWhole => {
            let mut patch = Patch::default();
            for field in op.model.declared_fields().filter(|field| !field.is_required()) {
                patch.set(Arc::clone(field), None);
            }
            op.patch.changes().iter().for_each(|change| patch.set(Arc::clone(&change.field), change.value.clone()));
            memory.update(ctx, Update { patch, ..op }).await
        }
        Fault::UpdateReadsThenWrites => {
            let Some(mut record) = memory.get(ctx, get).await? else { return Err(not_found(&op.id)) };
            if let Some(given) = op.if_version.filter(|given| *given != record.version()) {
                return Err(version_conflict(&op.id, given));
            }
            pause().await;
            record.apply(&op.patch);
            remove(wrong, ctx, &record).await?;
            Ok(overwrite(wrong, ctx, Create { record, idempotency: None }).await?.record)
        }
        Fault::UpdateIgnoresTheVersion => memory.update(ctx, Update { if_version: None, ..op }).await,
        Fault::UpdateIgnoresReach => memory.update(&everyone(ctx), op).await,
        Fault::UpdateGivesAway => {
            memory.get(ctx, get).await?.ok_or_else(|| not_found(&op.id))?;
            memory.update(&everyone(ctx), op).await
        }
        Fault::LinksAreCheckedBefore => links::update(wrong, ctx, op).await,
        Fault::ReferencesAreChecked => {
            links::check_changes(&op.patch)?;
            memory.update(ctx, op).await
        }
        _ => Ok(links::as_declared(memory.update(ctx, op).await?, &model)),
    }
}

pub(crate) async fn delete(wrong: &Wrong, ctx: &Context, op: Delete) -> Result<Option<Deleted>> {
    let memory = &wrong.memory;
    match wrong.fault {
        Fault::DeleteKeepsTheRecord => {
            let get = Get { model: op.model, id: op.id };
            Ok(memory.get(ctx, get).await?.map(|record| Deleted { record, unlinked: Vec::new() }))
        }
        Fault::DeleteIgnoresReach => memory.delete(&everyone(ctx), op).await,
        Fault::DeleteIgnoresTheVersion => memory.delete(ctx, Delete { if_version: None, ..op }).await,
        Fault::DeleteNamesNothing => {
            let deleted = memory.delete(ctx, op).await?;
            Ok(deleted.map(|deleted| Deleted { unlinked: Vec::new(), ..deleted }))
        }
        Fault::DeleteLeavesLinks | Fault::LinksAreNotChecked | Fault::LinksAreCheckedBefore => {
            links::delete(wrong, ctx, op).await
        }
        _ => memory.delete(ctx, op).await,
    }
}

pub(crate) async fn batch_create(wrong: &Wrong, ctx: &Context, op: BatchCreate<'_>) -> Result<BatchReport> {
    let BatchCreate { model, records, mode } = op;
    let fault = wrong.fault;
    let records = records.map(move |item| item.map(|(index, record)| (index, stored(fault, record)))).boxed();
    let batch = |records, mode| BatchCreate { model: Arc::clone(&model), records, mode };
    let memory = &wrong.memory;
    match (fault, mode) {
        (Fault::AtomicKeepsTheGoodItems, BatchMode::Atomic) => {
            let report = memory.batch_create(ctx, batch(records, BatchMode::PerItem)).await?;
            match report.failures.into_iter().next() {
                Some(ItemFailure { index, error }) => Err(error.of_item(index)),
                None => Ok(BatchReport { created: report.created, failures: Vec::new() }),
            }
        }
        (Fault::PerItemIsAtomic, _) => memory.batch_create(ctx, batch(records, BatchMode::Atomic)).await,
        (Fault::TheLastOfTwoWins, _) => {
            let items: Vec<_> = records.collect().await;
            memory.batch_create(ctx, batch(stream::iter(items.into_iter().rev()).boxed(), mode)).await
        }
        (Fault::BatchStopsAtTenThousand, _) => {
            memory.batch_create(ctx, batch(records.take(10_000).boxed(), mode)).await
        }
        (Fault::BatchIgnoresStreamErrors, _) => {
            let good = records.filter(|item| std::future::ready(item.is_ok())).boxed();
            memory.batch_create(ctx, batch(good, mode)).await
        }
        (Fault::BatchEndsWhereTheStreamFails, _) => {
            let items: Vec<_> = records.collect().await;
            let (good, bad): (Vec<_>, Vec<_>) = items.into_iter().partition(Result::is_ok);
            let report = memory.batch_create(ctx, batch(stream::iter(good).boxed(), mode)).await?;
            bad.into_iter().next().map_or(Ok(report), |error| error.map(|_| BatchReport::default()))
        }
        (Fault::BatchIgnoresReach, _) => memory.batch_create(&everyone(ctx), batch(records, mode)).await,
        (Fault::BatchLinksLeadBackOnly, BatchMode::Atomic) => one_by_one(wrong, ctx, records.collect().await).await,
        (Fault::LinksAreNotChecked | Fault::LinksAreCheckedBefore | Fault::ReferencesAreChecked, _) => {
            links::batch_create(wrong, ctx, batch(records, mode)).await
        }
        _ => memory.batch_create(ctx, batch(records, mode)).await,
    }
}

/// Creates each in turn, and takes all back where one cannot be.
async fn one_by_one(wrong: &Wrong, ctx: &Context, items: Vec<Result<(u64, Record)>>) -> Result<BatchReport> {
    let items = items.into_iter().collect::<Result<Vec<_>>>()?;
    let mut report = BatchReport::default();
    for (at, (index, record)) in items.iter().enumerate() {
        if let Err(error) = wrong.memory.create(ctx, Create { record: record.clone(), idempotency: None }).await {
            for (_, written) in items.iter().take(at).rev() {
                remove(wrong, ctx, written).await?;
            }
            return Err(error.of_item(*index));
        }
        report.created += 1;
    }
    Ok(report)
}
