//! Changing and deleting a record.

use std::sync::Arc;

use serde_json::Value as Json;
use udal_core::contract::refusal::{check_version, not_found};
use udal_core::contract::{Delete, Deleted, Touched, Update};
use udal_core::filter::{Predicate, evaluate};
use udal_core::record::{Patch, Record, read_changes};
use udal_core::value::Value;
use udal_core::{Context, Error, ErrorKind, Result};

use crate::hooks::{HookContext, Members, Operation};
use crate::{DeleteRequest, Event, Records, UpdateRequest};

/// How often a write through hooks is tried again when another came in between what they saw and the write.
pub(crate) const ATTEMPTS: usize = 10;

impl Records {
    pub(crate) async fn change(&self, ctx: &Context, request: UpdateRequest) -> Result<Record> {
        let UpdateRequest { id, changes, if_version } = request;
        let patch = read_changes(&self.model_seen_by(ctx), &changes)?;
        if self.hooks().is_empty() {
            let record = self.write_change(ctx, &id, patch, if_version).await?;
            self.tell(self.event(ctx, Operation::Update, record.id(), record.version())).await;
            return Ok(record);
        }
        let reach = ctx.reach_to_update(&self.model, &patch)?;
        for _ in 0..ATTEMPTS {
            let before = self.read_within(ctx, &id, &reach).await?.ok_or_else(|| not_found(&id))?;
            check_version(&before, if_version)?;
            let hook_context = HookContext::new(ctx, &self.model, Operation::Update).with_before(before.clone());
            let patch = self.before_update(&hook_context, &patch).await?;
            match self.write_change(ctx, &id, patch, Some(before.version())).await {
                Err(error) if is_overtaken(&error, if_version) => {}
                Err(error) => return Err(error),
                Ok(record) => {
                    self.updated(ctx, hook_context.with_after(record.clone()), &record).await;
                    return Ok(record);
                }
            }
        }
        Err(overtaken())
    }

    /// The record, where it is there and may be written: hooks are called for no other.
    async fn read_within(&self, ctx: &Context, id: &str, reach: &Predicate) -> Result<Option<Record>> {
        Ok(self.read(ctx, id).await?.filter(|record| evaluate(reach, record)))
    }

    async fn write_change(&self, ctx: &Context, id: &str, patch: Patch, if_version: Option<i64>) -> Result<Record> {
        let patch = self.stamped(patch);
        let op = Update { model: Arc::clone(&self.model), id: id.to_owned(), patch, if_version };
        self.backend.update(ctx, op).await
    }

    pub(crate) async fn before_update(&self, hook_context: &HookContext, patch: &Patch) -> Result<Patch> {
        let given = members(patch);
        let mut changes = given.clone();
        self.validate(hook_context, &changes).await?;
        for hook in self.hooks() {
            hook.before_update(hook_context, &mut changes).await?;
        }
        if changes == given {
            return Ok(patch.clone());
        }
        let patch = read_changes(&self.model, &Json::Object(changes))?;
        self.validate(hook_context, &members(&patch)).await?;
        Ok(patch)
    }

    pub(crate) async fn updated(&self, ctx: &Context, hook_context: HookContext, record: &Record) {
        let event = || self.event(ctx, Operation::Update, record.id(), record.version());
        for hook in self.hooks() {
            if let Err(error) = hook.after_update(&hook_context).await {
                self.hook_failed(event(), error).await;
            }
        }
        self.tell(event()).await;
    }

    pub(crate) async fn remove(&self, ctx: &Context, request: DeleteRequest) -> Result<bool> {
        let DeleteRequest { id, if_version } = request;
        if self.hooks().is_empty() {
            let deleted = self.write_removal(ctx, &id, if_version).await?;
            if let Some(deleted) = &deleted {
                let Deleted { record, unlinked } = deleted;
                self.tell_of_removal(ctx, record.id(), record.version(), unlinked).await;
            }
            return Ok(deleted.is_some());
        }
        let reach = ctx.reach_to_delete(&self.model)?;
        for _ in 0..ATTEMPTS {
            let Some(before) = self.read_within(ctx, &id, &reach).await? else { return Ok(false) };
            check_version(&before, if_version)?;
            let hook_context = HookContext::new(ctx, &self.model, Operation::Delete).with_before(before.clone());
            for hook in self.hooks() {
                hook.before_delete(&hook_context).await?;
            }
            match self.write_removal(ctx, &id, Some(before.version())).await {
                Err(error) if is_overtaken(&error, if_version) => {}
                Err(error) => return Err(error),
                Ok(None) => return Ok(false),
                Ok(Some(deleted)) => {
                    self.deleted(ctx, &hook_context, &deleted).await;
                    return Ok(true);
                }
            }
        }
        Err(overtaken())
    }

    async fn write_removal(&self, ctx: &Context, id: &str, if_version: Option<i64>) -> Result<Option<Deleted>> {
        self.backend.delete(ctx, Delete { model: Arc::clone(&self.model), id: id.to_owned(), if_version }).await
    }

    pub(crate) async fn deleted(&self, ctx: &Context, hook_context: &HookContext, deleted: &Deleted) {
        for hook in self.hooks() {
            if let Err(error) = hook.after_delete(hook_context).await {
                let record = &deleted.record;
                self.hook_failed(self.event(ctx, Operation::Delete, record.id(), record.version()), error).await;
            }
        }
        let Deleted { record, unlinked } = deleted;
        self.tell_of_removal(ctx, record.id(), record.version(), unlinked).await;
    }

    /// Tells of the deleted record, and of those that lost their links to it.
    pub(crate) async fn tell_of_removal(&self, ctx: &Context, id: &str, version: i64, unlinked: &[Touched]) {
        self.tell(self.event(ctx, Operation::Delete, id, version)).await;
        for touched in unlinked {
            let group = self.inner.catalog.models().find(|model| model.name() == touched.model);
            let group = group.map(|model| model.group().to_owned()).unwrap_or_default();
            let event = self.event(ctx, Operation::Update, &touched.id, touched.version);
            self.tell(Event { group, model: touched.model.clone(), ..event }).await;
        }
    }
}

/// Whether another write came between what the hooks saw and this one, and the caller did not ask to be told.
fn is_overtaken(error: &Error, if_version: Option<i64>) -> bool {
    if_version.is_none() && error.kind() == ErrorKind::VersionConflict
}

pub(crate) fn overtaken() -> Error {
    Error::new(ErrorKind::Unavailable, "others change the record all the time").hint("try again in a moment")
}

/// The changes by name, as hooks see them.
fn members(patch: &Patch) -> Members {
    let changes = patch.changes().iter();
    changes
        .map(|change| (change.field.name().to_owned(), change.value.as_ref().map_or(Json::Null, Value::to_json)))
        .collect()
}
