//! The record contract: what a backend does, clause by clause.
//!
//! Each clause has a number, such as `[LIST-2]`; the conformance suite has a case or more for each, and runs them on every
//! backend. Where words leave room, [`filter::evaluate`](crate::filter::evaluate), [`Order`](crate::order::Order) and
//! [`search::Query`](crate::search::Query) are the meaning.

mod batch;
mod history;
mod read;
pub mod refusal;
mod text;
mod write;

use async_trait::async_trait;

pub use batch::{
    Answer, BatchDelete, BatchUpdate, ChangeReport, DeleteItem, Effect, Expect, Items, UpdateItem, Upsert, UpsertItem,
    Weigh, Written,
};
pub use history::{
    DEFAULT_VERSIONS, FieldChange, GetAt, History, MAX_VERSIONS, Moment, Version, Versions, changes_between,
};
pub use read::{Count, DEFAULT_LIMIT, Get, List, MAX_LIMIT, Page, Search, Start};
pub use text::{ListText, PageEnd, TextPiece, TextPieces, text_of_page};
pub use write::{
    BatchCreate, BatchMode, BatchReport, CHUNK_BYTES, CHUNK_RECORDS, Create, Created, Delete, Deleted, Idempotency,
    ItemFailure, Records, Touched, Update,
};

use crate::access::Context;
use crate::error::Result;
use crate::names::TenantSlug;
use crate::record::Record;

/// What stores records.
///
/// Every operation takes a [`Context`], which carries the tenant and the access, and one struct that says what to do. An
/// implementation destructures that struct without `..`, so that a new argument cannot be ignored, and adds
/// [`Context::reach`] to what it looks for and to what it may write.
///
/// Clauses that hold for every operation:
///
/// - `[TENANT-1]` A tenant's records are seen under that tenant only, whatever their ids.
/// - `[TENANT-2]` A read of a tenant or model that was never written answers that there is nothing, and makes nothing.
/// - `[TENANT-3]` A write makes what it needs: the tenant's database, tables, indexes, partitions; also when many ask at once.
/// - `[TENANT-4]` `create_tenant` answers whether it made it; asked again, it changes nothing. `list_tenants` names it.
/// - `[TENANT-5]` `drop_tenant` removes every record of the tenant, and of no other; the tenant can be made again, empty.
/// - `[TENANT-6]` A model that is declared `shared` has one set of records, which every tenant reads; to write them is
///   [`Denied`](crate::ErrorKind::Denied) without the permission `shared_reference:write` or an unrestricted context.
/// - `[ACCESS-1]` To a user without the permission to view a model there is no record of it: none is read, found or counted,
///   and a change or a delete is as of an id that is not there.
/// - `[ACCESS-2]` What a user without the permission to create sends is [`Denied`](crate::ErrorKind::Denied), whatever its id.
/// - `[ACCESS-3]` A grant reaches the records that meet all of its conditions, of those that the ownership policy reaches; one
///   grant is enough. A missing attribute meets no condition, also not `not_equals` and `not_in`.
/// - `[ACCESS-4]` A change takes the reach to update, and a delete that to delete, beside the reach to view: what is out of one
///   of them is as if it were not there.
/// - `[ACCESS-5]` A change that names `owned_by`, `assigned_to` or `team_id` takes the reach to transfer too, before and after it.
///   Who may change records but transfer none is [`Denied`](crate::ErrorKind::Denied) it, whatever the id.
/// - `[ACCESS-6]` A record that is shared with a user is within reach, whosever it is, for the actions that the share's level
///   names, where the permission is held and a grant's conditions are met.
/// - `[ACCESS-7]` A change after which the record would meet no grant's conditions is [`Denied`](crate::ErrorKind::Denied).
/// - `[ACCESS-8]` Batches ask the same for each item.
/// - `[VALUE-1]` What is read is what was written, for every type, exactly: no lost digit, no changed letter, no cut.
/// - `[VALUE-2]` A missing value, and an empty set, is read as missing; an empty string, an empty list is read as itself.
/// - `[VALUE-3]` Sets are read sorted and without duplicates; lists keep order and duplicates.
#[async_trait]
pub trait Backend: Send + Sync {
    /// The backend's name in logs and messages: `postgresql`, `pggraph`, `memory`.
    fn name(&self) -> &'static str;

    /// Reads one record by id. See [`Get`].
    async fn get(&self, ctx: &Context, op: Get) -> Result<Option<Record>>;

    /// Reads a page of records. See [`List`].
    async fn list(&self, ctx: &Context, op: List) -> Result<Page>;

    /// Reads a page of records as JSON text. See [`ListText`].
    ///
    /// A backend that can write the text without making records of its rows does so; this gathers the page.
    async fn list_text(&self, ctx: &Context, op: ListText) -> Result<TextPieces> {
        let ListText { list, between } = op;
        let order = list.order.clone();
        text_of_page(&self.list(ctx, list).await?, &order, between)
    }

    /// Finds records by words. See [`Search`].
    async fn search(&self, ctx: &Context, op: Search) -> Result<Vec<Record>>;

    /// Counts records. See [`Count`].
    async fn count(&self, ctx: &Context, op: Count) -> Result<u64>;

    /// Writes a new record. See [`Create`].
    async fn create(&self, ctx: &Context, op: Create) -> Result<Created>;

    /// Changes a record. See [`Update`].
    async fn update(&self, ctx: &Context, op: Update) -> Result<Record>;

    /// Deletes a record. See [`Delete`].
    async fn delete(&self, ctx: &Context, op: Delete) -> Result<Option<Deleted>>;

    /// Writes many new records. See [`BatchCreate`].
    async fn batch_create(&self, ctx: &Context, op: BatchCreate<'_>) -> Result<BatchReport>;

    /// Writes many records that are new, and changes those that are there. See [`Upsert`].
    async fn upsert(&self, ctx: &Context, op: Upsert<'_>) -> Result<ChangeReport>;

    /// Changes many records. See [`BatchUpdate`].
    async fn batch_update(&self, ctx: &Context, op: BatchUpdate<'_>) -> Result<ChangeReport>;

    /// Deletes many records. See [`BatchDelete`].
    async fn batch_delete(&self, ctx: &Context, op: BatchDelete<'_>) -> Result<ChangeReport>;

    /// Whether the backend keeps what records were: [`get_at`](Backend::get_at) and [`history`](Backend::history) answer.
    fn keeps_history(&self) -> bool {
        false
    }

    /// Reads one record as it was. See [`GetAt`]. A backend that keeps no history refuses it.
    async fn get_at(&self, _: &Context, _: GetAt) -> Result<Option<Record>> {
        Err(history::no_history(self.name(), "get at a moment"))
    }

    /// Reads what a record was. See [`History`]. A backend that keeps no history refuses it.
    async fn history(&self, _: &Context, _: History) -> Result<Versions> {
        Err(history::no_history(self.name(), "history"))
    }

    /// Makes a tenant; answers whether it was not there before.
    async fn create_tenant(&self, tenant: &TenantSlug) -> Result<bool>;

    /// The tenants, sorted.
    async fn list_tenants(&self) -> Result<Vec<TenantSlug>>;

    /// Removes a tenant and everything of it; answers whether it was there.
    async fn drop_tenant(&self, tenant: &TenantSlug) -> Result<bool>;
}
