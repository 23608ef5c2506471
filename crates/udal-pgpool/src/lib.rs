//! What both PostgreSQL backends stand on: tenant databases, pools with one budget, provisioning, values as bytes.
//!
//! [`TenantDatabases`] hands out a [`Connection`] to a tenant's database. A database, table or partition that is not there
//! is a [`Failure::Missing`]: a read answers that there is nothing, a write makes it and tries again.

mod access_tables;
mod breaker;
mod cancel;
mod changes;
mod checkpoint;
mod chunk;
mod connection;
mod copy;
mod databases;
mod decode;
mod directory;
mod encode;
mod ensure;
mod extension;
mod failure;
mod flights;
mod graph_tenants;
pub mod idempotency;
mod lease;
mod line;
mod listing;
mod lookups;
mod names;
mod numeric;
mod once;
mod open;
mod place;
mod placement;
mod platform;
mod pool;
mod provision;
mod queue;
mod registry;
mod restructure;
mod server;
mod settings;
mod settle;
mod status;
mod template;
mod tenant;
mod text;
mod watch;

pub use breaker::BreakerState;
pub use changes::{ChangeItem, CheckLinks, ChunkWriter, Slate, change_items, copy_failure, nothing_there, run_changes};
pub use checkpoint::{Checkpoints, Step, Unwatched};
pub use chunk::Chunks;
pub use connection::{Connection, RowReader, Rows, Transaction};
pub use copy::{CopyFailure, CopyRows, CopyStatement, CopyWriter, EncodedRows};
pub use databases::TenantDatabases;
pub use decode::{can_be_id, read_record, read_text, read_value};
pub use extension::Extension;
pub use failure::{Failure, is_duplicate, is_refused, may_be_duplicate};
pub use graph_tenants::GraphTenant;
pub use listing::{Listed, list_text};
pub use names::{check_own_databases, check_prefix};
pub use place::{Place, ServerName};
pub use placement::{not_configured, roomiest};
pub use provision::{Provision, Statements};
pub use restructure::Turn;
pub use settings::{BreakerSettings, KeepAlive, Settings};
pub use status::{PoolStatus, ServerStatus};
pub use tenant::{Database, DroppedDatabase, Placement, Tenant, TenantState};
pub use text::RowWriter;
