//! Access directories in the platform's database: changed by many processes, remembered for a second. And the audit log.

mod audit;
mod contexts;
mod snapshot;
mod steps;
mod store;

pub use audit::{AuditFilter, AuditPosition, AuditStore, Kept};
pub use contexts::{Contexts, Freshness};
pub use snapshot::Stored;
pub use store::{Changed, DirectoryStore, Expected};
