//! Access directories in the platform's database: changed by many processes, remembered for a second.

mod contexts;
mod snapshot;
mod steps;
mod store;

pub use contexts::{Contexts, Freshness};
pub use snapshot::Stored;
pub use store::{Changed, DirectoryStore, Expected};
