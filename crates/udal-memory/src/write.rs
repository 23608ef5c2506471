//! The operations that write.

use std::collections::BTreeSet;

use udal_core::contract::refusal::{
    already_exists, broken_link, check_version, key_used_otherwise, not_found, still_linked,
};
use udal_core::contract::{BatchMode, BatchReport, Create, Created, Delete, Deleted, ItemFailure, Touched, Update};
use udal_core::filter::evaluate;
use udal_core::model::{IncomingLink, Model, OnDelete, Shape};
use udal_core::record::{Change, Patch, Record};
use udal_core::value::Value;
use udal_core::{Context, Error, FieldError, Result};

use crate::store::{Store, Tenant};

pub(crate) fn create(store: &mut Store, ctx: &Context, op: Create) -> Result<Created> {
    let Create { record, idempotency } = op;
    ctx.check_create(&record)?;
    let tenant = store.home_mut(ctx, record.model());
    if let Some(given) = &idempotency
        && let Some((fingerprint, earlier)) = tenant.answer(record.model(), &given.key)
    {
        let is_same = *fingerprint == given.fingerprint;
        return if is_same {
            Ok(Created { record: earlier.clone(), replayed: true })
        } else {
            Err(key_used_otherwise())
        };
    }
    check_new(tenant, &record, &BTreeSet::new())?;
    tenant.put(record.clone());
    if let Some(given) = idempotency {
        tenant.remember(given, &record);
    }
    Ok(Created { record, replayed: false })
}

/// Checks that the id is free and that every link leads to a record that is there, or to one of `others`.
pub(crate) fn check_new(tenant: &Tenant, record: &Record, others: &BTreeSet<String>) -> Result<()> {
    if tenant.get(record.model().name(), record.id()).is_some() {
        return Err(already_exists(record.id()));
    }
    check_links(tenant, record, others)
}

fn check_links(tenant: &Tenant, record: &Record, others: &BTreeSet<String>) -> Result<()> {
    let is_there = |model: &str, id: &str| tenant.get(model, id).is_some() || others.contains(id) || id == record.id();
    let broken: Vec<FieldError> = record
        .links()
        .filter(|(field, id)| !field.field_type().target().is_some_and(|model| is_there(model, id)))
        .map(|(field, id)| broken_link(field.name(), id))
        .collect();
    if broken.is_empty() {
        Ok(())
    } else {
        Err(Error::fields("the record links to records that are not there", broken))
    }
}

pub(crate) fn update(store: &mut Store, ctx: &Context, op: Update) -> Result<Record> {
    let Update { model, id, patch, if_version } = op;
    ctx.reach_to_update(&model, &patch)?;
    let found =
        store.home(ctx, &model).and_then(|tenant| tenant.get(model.name(), &id)).ok_or_else(|| not_found(&id))?;
    let record = ctx.changed(found, &patch, if_version)?.ok_or_else(|| not_found(&id))?;
    put_changed(store, ctx, record, &BTreeSet::new())
}

/// Puts a changed record in its place. Its links may lead to one of `others` too.
pub(crate) fn put_changed(
    store: &mut Store,
    ctx: &Context,
    record: Record,
    others: &BTreeSet<String>,
) -> Result<Record> {
    let tenant = store.home_mut(ctx, record.model());
    check_links(tenant, &record, others)?;
    tenant.put(record.clone());
    Ok(record)
}

pub(crate) fn delete(store: &mut Store, ctx: &Context, op: Delete) -> Result<Option<Deleted>> {
    let Delete { model, id, if_version } = op;
    let reach = ctx.reach_to_delete(&model)?;
    let found = store.home(ctx, &model).and_then(|tenant| tenant.get(model.name(), &id));
    let Some(record) = found.filter(|record| evaluate(&reach, record)).cloned() else { return Ok(None) };
    check_version(&record, if_version)?;
    let tenant = store.home_mut(ctx, &model);
    let linkers = linkers(tenant, &model, &id);
    if !linkers.is_empty() && model.on_delete() == OnDelete::Restrict {
        return Err(still_linked(&id));
    }
    let changed = linkers.into_iter().map(|record| unlinked(record, &model, &id)).collect::<Result<Vec<_>>>()?;
    let mut unlinked = Vec::with_capacity(changed.len());
    for record in changed {
        let (model, id) = (record.model().name().to_owned(), record.id().to_owned());
        unlinked.push(Touched { model, id, version: record.version() });
        tenant.put(record);
    }
    unlinked.sort();
    tenant.remove(&model, &id);
    Ok(Some(Deleted { record, unlinked }))
}

/// The other records that link to this one.
fn linkers(tenant: &Tenant, model: &Model, id: &str) -> Vec<Record> {
    let models: BTreeSet<&str> = model.incoming_links().iter().map(|link| link.model.as_str()).collect();
    let records = models.into_iter().flat_map(|model| tenant.records(model));
    records.filter(|record| record.id() != id && record.links().any(|(_, target)| target == id)).cloned().collect()
}

/// The record without its links to `id`.
fn unlinked(mut record: Record, model: &Model, id: &str) -> Result<Record> {
    let mut changes = Vec::new();
    for IncomingLink { model: linker, field, .. } in model.incoming_links() {
        let Some(field) = record.model().find(field).filter(|_| linker == record.model().name()).cloned() else {
            continue;
        };
        let Some(value) = record.get(&field) else { continue };
        if !value.elements().iter().any(|element| element.as_str() == Some(id)) {
            continue;
        }
        let kept: Vec<Value> =
            value.elements().iter().filter(|element| element.as_str() != Some(id)).cloned().collect();
        let value = match field.field_type().shape {
            Shape::One if field.is_required() => return Err(still_linked(id)),
            Shape::One => None,
            Shape::Set => Value::set(kept),
            Shape::List => Some(Value::List(kept)),
        };
        changes.push(Change { field, value });
    }
    record.apply(&Patch::new(changes));
    Ok(record)
}

pub(crate) fn batch_create(
    store: &mut Store,
    ctx: &Context,
    model: &Model,
    items: Vec<(u64, Record)>,
    mode: BatchMode,
) -> Result<BatchReport> {
    debug_assert!(items.iter().all(|(_, record)| record.model().name() == model.name()));
    let tenant = store.home_mut(ctx, model);
    match mode {
        BatchMode::Atomic => {
            let mut changed = tenant.clone();
            let report = write_all(&mut changed, ctx, items)?;
            *tenant = changed;
            Ok(report)
        }
        BatchMode::PerItem => Ok(write_each(tenant, ctx, items)),
    }
}

fn write_all(tenant: &mut Tenant, ctx: &Context, items: Vec<(u64, Record)>) -> Result<BatchReport> {
    let ids: BTreeSet<String> = items.iter().map(|(_, record)| record.id().to_owned()).collect();
    let created = items.len() as u64;
    for (index, record) in items {
        ctx.check_create(&record)
            .and_then(|()| check_new(tenant, &record, &ids))
            .map_err(|error| error.of_item(index))?;
        tenant.put(record);
    }
    Ok(BatchReport { created, failures: Vec::new() })
}

fn write_each(tenant: &mut Tenant, ctx: &Context, items: Vec<(u64, Record)>) -> BatchReport {
    let mut report = BatchReport::default();
    for (index, record) in items {
        match ctx.check_create(&record).and_then(|()| check_new(tenant, &record, &BTreeSet::new())) {
            Ok(()) => {
                tenant.put(record);
                report.created += 1;
            }
            Err(error) => report.failures.push(ItemFailure { index, error }),
        }
    }
    report
}
