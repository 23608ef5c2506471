//! Links that are not looked at, or too early, or where there is none.

use std::sync::Arc;

use udal_core::contract::refusal::{broken_link, still_linked};
use udal_core::contract::{Backend, BatchCreate, BatchReport, Create, Created, Delete, Deleted, Get, Update};
use udal_core::model::{Catalog, Field, GroupDeclaration, Model, ModelDeclaration, OnDelete, Scalar};
use udal_core::record::{Patch, Record};
use udal_core::{Context, Error, FieldError, Result};

use futures_util::{StreamExt, TryStreamExt};

use crate::reads::everything;
use crate::writes::pause;
use crate::wrong::{Fault, Wrong, everyone};

/// The same model without links: its references are plain text.
fn without_links(model: &Model) -> Result<Arc<Model>> {
    let mut declaration = ModelDeclaration::new(model.name());
    for field in model.declared_fields() {
        let mut field_type = field.field_type().clone();
        if let Scalar::Ref(_) = field_type.scalar {
            field_type.scalar = Scalar::Str;
        }
        declaration = declaration.field(field.name(), field_type.to_string());
    }
    let group = GroupDeclaration::new(model.group()).model(declaration);
    let catalog = Catalog::build(vec![group]).map_err(|problems| Error::invalid(format!("{problems:?}")))?;
    Ok(Arc::clone(catalog.model(model.group(), model.name())?))
}

fn relaxed(record: &Record) -> Result<Record> {
    Ok(Record::new(without_links(record.model())?, record.values().to_vec()))
}

/// The record as one of `model`, with its links.
pub(crate) fn as_declared(record: Record, model: &Arc<Model>) -> Record {
    if Arc::ptr_eq(record.model(), model) { record } else { Record::new(Arc::clone(model), record.values().to_vec()) }
}

/// What is wrong where a reference counts as a link, and leads into another storage.
fn reference(field: &Field) -> Option<FieldError> {
    let target = field.field_type().target().filter(|_| !field.is_link())?;
    Some(broken_link(field.name(), target))
}

fn refuse(broken: Vec<FieldError>) -> Result<()> {
    if broken.is_empty() { Ok(()) } else { Err(Error::fields("the record links to nothing", broken)) }
}

pub(crate) fn check_references(fault: Fault, record: &Record) -> Result<()> {
    if fault != Fault::ReferencesAreChecked {
        return Ok(());
    }
    let held = record.model().fields().iter().filter(|field| record.get(field).is_some());
    refuse(held.filter_map(|field| reference(field)).collect())
}

pub(crate) fn check_changes(patch: &Patch) -> Result<()> {
    let held = patch.changes().iter().filter(|change| change.value.is_some());
    refuse(held.filter_map(|change| reference(&change.field)).collect())
}

/// Checks the links, and lets others come before what follows.
async fn check_early(wrong: &Wrong, ctx: &Context, record: &Record) -> Result<()> {
    if wrong.fault != Fault::LinksAreCheckedBefore {
        return Ok(());
    }
    let mut broken = Vec::new();
    for (field, id) in record.links().filter(|(_, id)| *id != record.id()) {
        // The key of the map in the reference backend is the model's name, which is all that is taken of the model here.
        let target = id.split('/').next().unwrap_or_default();
        let model = named(record.model(), target)?;
        if wrong.memory.get(&everyone(ctx), Get { model, id: id.to_owned() }).await?.is_none() {
            broken.push(broken_link(field.name(), id));
        }
    }
    refuse(broken)?;
    pause().await;
    Ok(())
}

/// A model of that name in the group of `model`.
fn named(model: &Model, name: &str) -> Result<Arc<Model>> {
    let declaration = ModelDeclaration::new(name).field("name", "Optional[str]");
    let group = GroupDeclaration::new(model.group()).model(declaration);
    let catalog = Catalog::build(vec![group]).map_err(|problems| Error::invalid(format!("{problems:?}")))?;
    Ok(Arc::clone(catalog.model(model.group(), name)?))
}

pub(crate) async fn create(wrong: &Wrong, ctx: &Context, op: Create) -> Result<Created> {
    let model = Arc::clone(op.record.model());
    check_early(wrong, ctx, &op.record).await?;
    let created = wrong.memory.create(ctx, Create { record: relaxed(&op.record)?, ..op }).await?;
    Ok(Created { record: as_declared(created.record, &model), ..created })
}

pub(crate) async fn update(wrong: &Wrong, ctx: &Context, op: Update) -> Result<Record> {
    let model = Arc::clone(&op.model);
    let get = Get { model: Arc::clone(&op.model), id: op.id.clone() };
    if let Some(record) = wrong.memory.get(ctx, get).await? {
        let mut changed = as_declared(record, &model);
        changed.apply(&op.patch);
        check_early(wrong, ctx, &changed).await?;
    }
    Ok(as_declared(wrong.memory.update(ctx, op).await?, &model))
}

pub(crate) async fn batch_create(wrong: &Wrong, ctx: &Context, op: BatchCreate<'_>) -> Result<BatchReport> {
    let BatchCreate { model, records, mode } = op;
    if wrong.fault == Fault::ReferencesAreChecked {
        let records = records.and_then(|(index, record)| async move {
            check_references(Fault::ReferencesAreChecked, &record)?;
            Ok((index, record))
        });
        return wrong.memory.batch_create(ctx, BatchCreate { model, records: records.boxed(), mode }).await;
    }
    let records = records.and_then(|(index, record)| async move {
        check_early(wrong, ctx, &record).await?;
        Ok((index, relaxed(&record)?))
    });
    wrong.memory.batch_create(ctx, BatchCreate { model, records: records.boxed(), mode }).await
}

pub(crate) async fn delete(wrong: &Wrong, ctx: &Context, op: Delete) -> Result<Option<Deleted>> {
    let model = Arc::clone(&op.model);
    if wrong.fault == Fault::LinksAreCheckedBefore && is_linked(wrong, ctx, &op).await? {
        return Err(still_linked(&op.id));
    }
    pause().await;
    let op = Delete { model: without_links(&op.model)?, ..op };
    let deleted = wrong.memory.delete(ctx, op).await?;
    Ok(deleted.map(|deleted| Deleted { record: as_declared(deleted.record, &model), ..deleted }))
}

/// Whether another record links to the one to delete, where that matters.
async fn is_linked(wrong: &Wrong, ctx: &Context, op: &Delete) -> Result<bool> {
    if op.model.on_delete() != OnDelete::Restrict {
        return Ok(false);
    }
    for link in op.model.incoming_links() {
        let model = named(&op.model, &link.model)?;
        for record in wrong.memory.list(&everyone(ctx), everything(&model)).await?.records {
            let held = record.value(&link.field).map(|value| value.elements().to_vec()).unwrap_or_default();
            if record.id() != op.id && held.iter().any(|held| held.as_str() == Some(&op.id)) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
