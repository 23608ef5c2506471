//! Creating a record: checked, through the hooks, filled, written, told.

use serde_json::{Value as Json, json};
use udal_core::contract::refusal::may_not_create;
use udal_core::contract::{Create, Created, Idempotency};
use udal_core::model::position;
use udal_core::record::{Draft, Record, take_new};
use udal_core::value::Value;
use udal_core::{Action, Context, Error, Result, fingerprint};
use uuid::Uuid;

use crate::hooks::{HookContext, Members, Operation};
use crate::{CreateRequest, Event, HookFailure, Records, observe};

/// The longest idempotency key, in bytes.
const MAX_KEY_BYTES: usize = 200;

impl Records {
    pub(crate) async fn write_new(&self, ctx: &Context, request: CreateRequest) -> Result<Created> {
        let CreateRequest { data, idempotency_key } = request;
        let idempotency = idempotency_key.map(|key| self.idempotency(ctx, key, &data)).transpose()?;
        let record = self.prepare(ctx, data).await?;
        let created = self.backend.create(ctx, Create { record, idempotency }).await?;
        if !created.replayed {
            self.created(ctx, &created.record).await;
        }
        Ok(created)
    }

    /// A record of `data`, as it will be written: checked, changed by the hooks, checked again, and filled.
    pub(crate) async fn prepare(&self, ctx: &Context, data: Json) -> Result<Record> {
        if !ctx.access().holds(&self.model, Action::Create) {
            return Err(may_not_create(&self.model));
        }
        let mut draft = take_new(&self.model_seen_by(ctx), data)?.of(&self.model);
        self.fill_given(ctx, &mut draft);
        if !self.hooks().is_empty() {
            draft = self.before_create(ctx, draft).await?;
        }
        Ok(self.fill_kept(ctx, draft))
    }

    /// The key with a fingerprint of who asks for what: nobody is answered what another created under the same key.
    fn idempotency(&self, ctx: &Context, key: String, data: &Json) -> Result<Idempotency> {
        if key.is_empty() || key.len() > MAX_KEY_BYTES || key.chars().any(char::is_control) {
            return Err(Error::invalid("an idempotency key has 1 to 200 bytes, and no control characters"));
        }
        let request = json!([self.model.name(), ctx.access().user_id(), ctx.access().team_id(), data]);
        Ok(Idempotency { key, fingerprint: fingerprint(&request.to_string()) })
    }

    /// Fills what a writer may give and did not.
    pub(crate) fn fill_given(&self, ctx: &Context, draft: &mut Draft) {
        if !draft.has(position::ID) {
            let made = format!("{}/{}", self.model.name(), Uuid::now_v7());
            draft.fill(position::ID, Some(Value::Str(made)));
        }
        draft.fill(position::OWNED_BY, ctx.access().user_id().map(Value::from));
        draft.fill(position::TEAM_ID, ctx.access().team_id().map(Value::from));
    }

    /// Fills what only the service knows.
    pub(crate) fn fill_kept(&self, ctx: &Context, mut draft: Draft) -> Record {
        let now = Value::DateTime(self.inner.clock.now());
        draft.fill(position::VERSION, Some(Value::Int(1)));
        draft.fill(position::CREATED_AT, Some(now.clone()));
        draft.fill(position::UPDATED_AT, Some(now));
        draft.fill(position::CREATED_BY, ctx.access().user_id().map(Value::from));
        draft.into_record()
    }

    pub(crate) async fn before_create(&self, ctx: &Context, draft: Draft) -> Result<Draft> {
        let hook_context = HookContext::new(ctx, &self.model, Operation::Create);
        let given = members(&draft);
        let mut data = given.clone();
        self.validate(&hook_context, &data).await?;
        for hook in self.hooks() {
            hook.before_create(&hook_context, &mut data).await?;
        }
        if data == given {
            return Ok(draft);
        }
        let mut draft = take_new(&self.model, Json::Object(data))?;
        self.fill_given(ctx, &mut draft);
        self.validate(&hook_context, &members(&draft)).await?;
        Ok(draft)
    }

    pub(crate) async fn validate(&self, hook_context: &HookContext, data: &Members) -> Result<()> {
        for hook in self.hooks() {
            hook.validate_or_raise(hook_context, data).await?;
        }
        Ok(())
    }

    /// A record was created: the hooks after it, then the event.
    pub(crate) async fn created(&self, ctx: &Context, record: &Record) {
        if !self.hooks().is_empty() {
            let hook_context = HookContext::new(ctx, &self.model, Operation::Create).with_after(record.clone());
            for hook in self.hooks() {
                if let Err(error) = hook.after_create(&hook_context).await {
                    self.hook_failed(self.event(ctx, Operation::Create, record.id(), record.version()), error).await;
                }
            }
        }
        self.tell(self.event(ctx, Operation::Create, record.id(), record.version())).await;
    }

    pub(crate) fn event(&self, ctx: &Context, operation: Operation, id: &str, version: i64) -> Event {
        Event {
            tenant: ctx.tenant().clone(),
            group: self.model.group().to_owned(),
            model: self.model.name().to_owned(),
            id: id.to_owned(),
            version,
            operation,
            request_id: ctx.request_id().to_owned(),
        }
    }

    /// Tells every sink of a committed write.
    pub(crate) async fn tell(&self, event: Event) {
        for sink in &self.inner.sinks {
            sink.on_event(&event).await;
        }
    }

    /// Reports a hook that failed after a write, which stays.
    pub(crate) async fn hook_failed(&self, event: Event, error: Error) {
        tracing::warn!(tenant = %event.tenant, model = event.model, id = event.id, operation = %event.operation,
            "a hook failed after the write, which stays");
        let error = error.at(event.operation.name(), &event.model, event.tenant.as_str());
        observe::log(&error);
        let failure = HookFailure { event, error };
        for sink in &self.inner.sinks {
            sink.on_hook_failure(&failure).await;
        }
    }
}

/// The members of a draft that have a value, as hooks see them.
fn members(draft: &Draft) -> Members {
    let record = draft.clone().into_record();
    record.named().filter_map(|(field, value)| Some((field.name().to_owned(), value?.to_json()))).collect()
}
