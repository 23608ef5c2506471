//! Hooks: the platform's own code around each write of a model.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value as Json};
use udal_core::model::Model;
use udal_core::record::Record;
use udal_core::{Context, Error, ErrorKind, Result};

/// A record's, or a change's, members by name.
pub type Members = Map<String, Json>;

/// What is done to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// It is created.
    Create,
    /// It is changed.
    Update,
    /// It is deleted.
    Delete,
}

impl Operation {
    /// Its name: `create`, `update` or `delete`.
    pub fn name(self) -> &'static str {
        match self {
            Operation::Create => "create",
            Operation::Update => "update",
            Operation::Delete => "delete",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The write that a hook is called for: the same on every backend.
#[derive(Clone, Debug)]
pub struct HookContext {
    ctx: Context,
    model: Arc<Model>,
    operation: Operation,
    before: Option<Record>,
    after: Option<Record>,
}

impl HookContext {
    pub(crate) fn new(ctx: &Context, model: &Arc<Model>, operation: Operation) -> Self {
        HookContext { ctx: ctx.clone(), model: Arc::clone(model), operation, before: None, after: None }
    }

    pub(crate) fn with_before(mut self, record: Record) -> Self {
        self.before = Some(record);
        self
    }

    pub(crate) fn with_after(mut self, record: Record) -> Self {
        self.after = Some(record);
        self
    }

    /// The tenant's slug.
    pub fn tenant(&self) -> &str {
        self.ctx.tenant().as_str()
    }

    /// The model's group.
    pub fn group(&self) -> &str {
        self.model.group()
    }

    /// The model.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// What is done.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// Who writes, where that is known.
    pub fn user_id(&self) -> Option<&str> {
        self.ctx.access().user_id()
    }

    /// The writer's team, where that is known.
    pub fn team_id(&self) -> Option<&str> {
        self.ctx.access().team_id()
    }

    /// The writer's permissions.
    pub fn permissions(&self) -> &BTreeSet<String> {
        self.ctx.access().permissions()
    }

    /// The request.
    pub fn request_id(&self) -> &str {
        self.ctx.request_id()
    }

    /// The context of the write, for a hook that reads or writes other records.
    pub fn context(&self) -> &Context {
        &self.ctx
    }

    /// The record before the write: none when it is created.
    pub fn before(&self) -> Option<&Record> {
        self.before.as_ref()
    }

    /// The record after the write: none before the write, and none when it is deleted.
    pub fn after(&self) -> Option<&Record> {
        self.after.as_ref()
    }
}

/// An error with which a hook stops a write.
pub fn refuse(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Refused, message)
}

/// The platform's code around the writes of one model. Each does nothing unless it is written.
///
/// For each write, in this order: `validate_or_raise`, the `before_` hook, `validate_or_raise` again where that changed
/// something, the write, the `after_` hook. An error before the write stops it. An error after it is reported, and undoes
/// nothing. A batch calls them for each item: those after the write once the batch, or its chunk, is committed. A record that
/// only lost its links, because another was deleted, calls no hook; it has its event.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// Checks the new record, or the changes, beyond what the model says; refuses with an error.
    async fn validate_or_raise(&self, ctx: &HookContext, data: &Members) -> Result<()> {
        let _ = (ctx, data);
        Ok(())
    }

    /// Before a record is created: may change it, or refuse.
    async fn before_create(&self, ctx: &HookContext, data: &mut Members) -> Result<()> {
        let _ = (ctx, data);
        Ok(())
    }

    /// Before a record is changed: may change the changes, or refuse.
    async fn before_update(&self, ctx: &HookContext, changes: &mut Members) -> Result<()> {
        let _ = (ctx, changes);
        Ok(())
    }

    /// Before a record is deleted: may refuse.
    async fn before_delete(&self, ctx: &HookContext) -> Result<()> {
        let _ = ctx;
        Ok(())
    }

    /// After a record was created.
    async fn after_create(&self, ctx: &HookContext) -> Result<()> {
        let _ = ctx;
        Ok(())
    }

    /// After a record was changed.
    async fn after_update(&self, ctx: &HookContext) -> Result<()> {
        let _ = ctx;
        Ok(())
    }

    /// After a record was deleted.
    async fn after_delete(&self, ctx: &HookContext) -> Result<()> {
        let _ = ctx;
        Ok(())
    }
}
