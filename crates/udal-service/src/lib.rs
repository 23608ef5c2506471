//! The record service: one set of operations over whichever storage a model declares.
//!
//! It reads JSON, checks it against the model, calls the hooks, fills the system fields, asks the backend that keeps the
//! model, and tells who listens what was committed. It knows backends by their contract only.

mod audit;
mod batch;
mod builder;
mod change_requests;
mod changes;
mod clock;
mod create;
mod events;
mod history;
mod hooks;
mod listing;
mod observe;
mod parts;
mod query;
mod read;
mod records;
mod requests;
mod service;
mod shown;
mod update;

pub use audit::AuditLog;
pub use builder::RecordServiceBuilder;
pub use change_requests::{
    BatchDeleteRequest, BatchUpdateRequest, ChangeAnswer, ChangeRequest, UpsertRequest, WrittenItem,
};
pub use clock::{Clock, SystemClock};
pub use events::{Event, EventSink, HookFailure};
pub use history::{DiffRequest, HistoryRequest};
pub use hooks::{HookContext, Hooks, Members, Operation, refuse};
pub use listing::ListingText;
pub use query::{Budgets, QueryService};
pub use records::Records;
pub use requests::{
    BatchAnswer, BatchRequest, CountRequest, CreateRequest, DeleteRequest, ListRequest, ListTextRequest, Listing,
    SearchRequest, UpdateRequest,
};
pub use service::RecordService;
pub use udal_core::contract::FieldChange;
