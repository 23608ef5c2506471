//! Keeps linked documents in TerminusDB: a database for each tenant, reads pushed down as GraphQL, writes joined into commits.
//!
//! [`TerminusdbBackend`] is the contract over [`Settings`]. What goes over the wire is written by `udal-graph`.

mod answers;
mod backend;
mod batch;
mod call;
mod changes;
mod client;
mod database;
mod directory;
mod failure;
mod group;
mod history;
mod item;
mod linkers;
mod maintain;
mod migrate;
mod overlay;
mod read;
mod schema;
mod settings;
mod spool;
mod tenant;
mod walk;
mod witness;
mod write;
mod writer;

pub use backend::TerminusdbBackend;
pub use directory::Directory;
pub use maintain::Layers;
pub use migrate::{ClassAllowances, ClassChange, ClassChangeState};
pub use settings::{Credentials, DEFAULT_SERVER, Endpoint, Settings};
