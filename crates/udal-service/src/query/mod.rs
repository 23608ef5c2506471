//! The query services: what is asked of many records at once, beside the record contract.
//!
//! They have the catalog, the audit log and the log of the record service, and are asked in the same words. What is asked is
//! read against the model as the asker sees it, and given to the backend of the model's storage with their reach.

mod budgets;
mod graph;
mod observe;
mod raw;
mod report;
mod service;

pub use budgets::Budgets;
pub use service::QueryService;
