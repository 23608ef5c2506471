//! The PostgreSQL backend: each model a table in the tenant's database.

mod backend;
mod batch;
mod changes;
mod found;
mod home;
mod listing;
mod maintain;
mod migrate;
mod partition;
mod raw;
mod read;
mod report;
mod schema;
mod steps;
mod write;

pub use backend::PostgresqlBackend;
pub use maintain::Maintenance;
pub use migrate::{Allowances, ChangeState, TableChange, Watch};
