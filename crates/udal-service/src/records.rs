//! The operations on the records of one model.

use std::fmt;
use std::sync::Arc;

use futures_util::stream::BoxStream;
use udal_core::contract::{Backend, Created};
use udal_core::model::Model;
use udal_core::record::Record;
use udal_core::{Action, Context, Result};

use crate::audit::About;
use crate::changes::Kind;
use crate::observe::observed;
use crate::service::Inner;
use crate::{
    BatchAnswer, BatchDeleteRequest, BatchRequest, BatchUpdateRequest, ChangeAnswer, CountRequest, CreateRequest,
    DeleteRequest, Hooks, ListRequest, ListTextRequest, Listing, ListingText, SearchRequest, UpdateRequest,
    UpsertRequest,
};

/// The operations on the records of one model, wherever they are kept. Cheap to clone.
#[derive(Clone)]
pub struct Records {
    pub(crate) inner: Arc<Inner>,
    pub(crate) model: Arc<Model>,
    pub(crate) backend: Arc<dyn Backend>,
}

impl Records {
    pub(crate) fn new(inner: Arc<Inner>, model: Arc<Model>, backend: Arc<dyn Backend>) -> Self {
        Records { inner, model, backend }
    }

    pub(crate) fn hooks(&self) -> &[Arc<dyn Hooks>] {
        self.inner.hooks.get(self.model.name()).map(Vec::as_slice).unwrap_or_default()
    }

    /// The model.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// The model as the asker sees it: by it is read what they send, and shown what they are answered.
    pub fn model_seen_by(&self, ctx: &Context) -> Arc<Model> {
        self.model.seen_by(ctx.access())
    }

    /// The record with that id; none where there is none that the asker may see.
    ///
    /// # Errors
    /// What the storage says.
    pub async fn get(&self, ctx: &Context, id: &str) -> Result<Option<Record>> {
        self.audited("get", ctx, About::One(id), self.read(ctx, id)).await
    }

    /// A page of records.
    ///
    /// # Errors
    /// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) for a filter, order, limit or cursor that does not fit;
    /// [`UnknownName`](udal_core::ErrorKind::UnknownName) for a filter whose fields are not there.
    pub async fn list(&self, ctx: &Context, request: ListRequest) -> Result<Listing> {
        self.audited("list", ctx, About::Several, self.read_page(ctx, request)).await
    }

    /// A page of records as JSON text, as [`list`](Records::list) and `serde_json` would write it, without the records in
    /// memory: the pieces of [`ListingText`] are read while they are taken.
    ///
    /// # Errors
    /// As for [`list`](Records::list).
    pub async fn list_text(&self, ctx: &Context, request: ListTextRequest) -> Result<ListingText> {
        self.audited("list", ctx, About::Several, self.read_text(ctx, request)).await
    }

    /// Records that hold words, ignoring case.
    ///
    /// # Errors
    /// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) for words, fields or a limit that do not fit.
    pub async fn search(&self, ctx: &Context, request: SearchRequest) -> Result<Vec<Record>> {
        self.audited("search", ctx, About::Several, self.find(ctx, request)).await
    }

    /// How many records there are.
    ///
    /// # Errors
    /// As for [`list`](Records::list).
    pub async fn count(&self, ctx: &Context, request: CountRequest) -> Result<u64> {
        self.audited("count", ctx, About::Several, self.count_found(ctx, request)).await
    }

    /// Whether the asker sees the record of that id, and may do all of `actions` with it.
    ///
    /// # Errors
    /// What the storage says.
    pub async fn permits(&self, ctx: &Context, id: &str, actions: &[Action]) -> Result<bool> {
        observed("permits", ctx, &self.model, self.is_permitted(ctx, id, actions)).await
    }

    /// Creates a record.
    ///
    /// # Errors
    /// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) with every field error;
    /// [`AlreadyExists`](udal_core::ErrorKind::AlreadyExists); [`Denied`](udal_core::ErrorKind::Denied) for a record out of the
    /// writer's reach; what a hook refuses with.
    pub async fn create(&self, ctx: &Context, request: CreateRequest) -> Result<Created> {
        self.audited("create", ctx, About::Several, self.write_new(ctx, request)).await
    }

    /// Changes a record, and answers it whole.
    ///
    /// # Errors
    /// [`NotFound`](udal_core::ErrorKind::NotFound); [`VersionConflict`](udal_core::ErrorKind::VersionConflict) where
    /// `if_version` does not hold; as for [`create`](Records::create).
    pub async fn update(&self, ctx: &Context, request: UpdateRequest) -> Result<Record> {
        let id = request.id.clone();
        self.audited("update", ctx, About::One(&id), self.change(ctx, request)).await
    }

    /// Deletes a record; answers whether there was one.
    ///
    /// # Errors
    /// [`VersionConflict`](udal_core::ErrorKind::VersionConflict) where `if_version` does not hold;
    /// [`StillLinked`](udal_core::ErrorKind::StillLinked) where others link to it; what a hook refuses with.
    pub async fn delete(&self, ctx: &Context, request: DeleteRequest) -> Result<bool> {
        let id = request.id.clone();
        self.audited("delete", ctx, About::One(&id), self.remove(ctx, request)).await
    }

    /// Creates many records, without holding them all in memory.
    ///
    /// Where someone must be told after the commit, an atomic batch keeps what that takes until then: with hooks on the model
    /// every record, with event sinks or [`with_ids`](BatchRequest::with_ids) every id. Item by item it is that of one chunk.
    ///
    /// # Errors
    /// Of an atomic batch: the first failure, and nothing is written. Item by item, failures are in the answer.
    pub async fn batch_create(&self, ctx: &Context, request: BatchRequest<'_>) -> Result<BatchAnswer> {
        self.audited("batch_create", ctx, About::Several, self.write_many(ctx, request)).await
    }

    /// Creates many records, and answers part after part, as soon as each is durable.
    ///
    /// Item by item, a part is what is written in one transaction: some thousand items, or what is left of them. While it is
    /// written the next is read and made ready, unless there are hooks on the model. What a part did is answered without
    /// waiting for more items; whoever takes no more parts ends the batch after the one that was answered, or within the next.
    /// An answer with [`stopped`](BatchAnswer::stopped) is the last. An atomic batch is one part.
    ///
    /// # Errors
    /// As for [`batch_create`](Records::batch_create), in the place of the only part of an atomic batch.
    pub fn batch_create_parts<'a>(
        &'a self,
        ctx: &'a Context,
        request: BatchRequest<'a>,
    ) -> BoxStream<'a, Result<BatchAnswer>> {
        self.audited_parts("batch_create", ctx, self.write_parts(ctx, request))
    }

    /// Creates each record whose id is free, and changes each that is there: in it, the members that were given.
    ///
    /// An item is a complete new record, so that it does not depend on what is there whether it is valid. Of two with one id
    /// the second finds what the first left. Without hooks and without anyone to be told, memory does not grow with the
    /// number of items; an atomic batch keeps what it takes to tell them after the commit, with hooks every item.
    ///
    /// # Errors
    /// Of an atomic batch: the first failure, and nothing is written. Item by item, failures are in the answer.
    /// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) with every field error;
    /// [`AlreadyExists`](udal_core::ErrorKind::AlreadyExists) for an id that a record out of the asker's reach has;
    /// [`Denied`](udal_core::ErrorKind::Denied) for a record that would be out of the writer's reach; what a hook refuses with.
    pub async fn upsert(&self, ctx: &Context, request: UpsertRequest<'_>) -> Result<ChangeAnswer> {
        self.audited("upsert", ctx, About::Several, self.change_many(ctx, Kind::Upsert, request)).await
    }

    /// The same as [`upsert`](Records::upsert), answered part after part as
    /// [`batch_create_parts`](Records::batch_create_parts) does.
    ///
    /// # Errors
    /// As for [`upsert`](Records::upsert), in the place of the only part of an atomic batch.
    pub fn upsert_parts<'a>(
        &'a self,
        ctx: &'a Context,
        request: UpsertRequest<'a>,
    ) -> BoxStream<'a, Result<ChangeAnswer>> {
        self.audited_parts("upsert", ctx, self.change_parts(ctx, Kind::Upsert, request))
    }

    /// Changes many records, each as [`update`](Records::update) does; memory as for [`upsert`](Records::upsert).
    ///
    /// # Errors
    /// Of an atomic batch: the first failure, and nothing changes. Item by item, failures are in the answer. As for
    /// [`update`](Records::update).
    pub async fn batch_update(&self, ctx: &Context, request: BatchUpdateRequest<'_>) -> Result<ChangeAnswer> {
        self.audited("batch_update", ctx, About::Several, self.change_many(ctx, Kind::Update, request)).await
    }

    /// The same as [`batch_update`](Records::batch_update), answered part after part as
    /// [`batch_create_parts`](Records::batch_create_parts) does.
    ///
    /// # Errors
    /// As for [`batch_update`](Records::batch_update), in the place of the only part of an atomic batch.
    pub fn batch_update_parts<'a>(
        &'a self,
        ctx: &'a Context,
        request: BatchUpdateRequest<'a>,
    ) -> BoxStream<'a, Result<ChangeAnswer>> {
        self.audited_parts("batch_update", ctx, self.change_parts(ctx, Kind::Update, request))
    }

    /// Deletes many records, each as [`delete`](Records::delete) does; one that is not there is counted as absent. Memory as
    /// for [`upsert`](Records::upsert).
    ///
    /// # Errors
    /// Of an atomic batch: the first failure, and nothing is deleted. Item by item, failures are in the answer. As for
    /// [`delete`](Records::delete).
    pub async fn batch_delete(&self, ctx: &Context, request: BatchDeleteRequest<'_>) -> Result<ChangeAnswer> {
        self.audited("batch_delete", ctx, About::Several, self.change_many(ctx, Kind::Delete, request)).await
    }

    /// The same as [`batch_delete`](Records::batch_delete), answered part after part as
    /// [`batch_create_parts`](Records::batch_create_parts) does.
    ///
    /// # Errors
    /// As for [`batch_delete`](Records::batch_delete), in the place of the only part of an atomic batch.
    pub fn batch_delete_parts<'a>(
        &'a self,
        ctx: &'a Context,
        request: BatchDeleteRequest<'a>,
    ) -> BoxStream<'a, Result<ChangeAnswer>> {
        self.audited_parts("batch_delete", ctx, self.change_parts(ctx, Kind::Delete, request))
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").field("model", &self.model.name()).field("backend", &self.backend.name()).finish()
    }
}
