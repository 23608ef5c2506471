//! Linked documents kept in PostgreSQL: the backend of `terminusdb` models where no TerminusDB is configured.
//!
//! Every model's documents are in one table of the tenant's database, with the declared fields in a `jsonb` body; every link
//! is also a row of a table of links, which keeps targets in place and makes walks along links cheap.

mod backend;
mod batch;
mod changes;
mod delete;
mod documents;
mod graph;
mod home;
mod linkers;
mod links;
mod listing;
mod read;
mod write;

pub use backend::PgGraphBackend;
