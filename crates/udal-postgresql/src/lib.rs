//! The PostgreSQL backend: each model a table in the tenant's database.

mod backend;
mod batch;
mod home;
mod maintain;
mod read;
mod schema;
mod write;

pub use backend::PostgresqlBackend;
pub use maintain::Maintenance;
