//! The facade: builder and wiring, the only place that names concrete backends.
//!
//! [`Udal::builder`] takes group files or a [`Catalog`], starts a private PostgreSQL in a data directory (or uses the server
//! that a URL names), and answers a [`RecordService`] over both storages.
//!
//! ```no_run
//! use udal::{AccessContext, Context, CreateRequest, TenantSlug, Udal};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let udal = Udal::builder().groups_dir("groups").data_dir("data").start().await?;
//! let acme = TenantSlug::new("acme")?;
//! let ctx = Context::new(acme, AccessContext::unrestricted("an example"));
//!
//! let results = udal.service().records("lab", "AppLabResult")?;
//! let created = results.create(&ctx, CreateRequest::new(serde_json::json!({"test_type": "ph", "value": 7.2}))).await?;
//! println!("{}", created.record.id());
//! udal.stop().await?;
//! # Ok(())
//! # }
//! ```

mod access_directory;
mod audit;
mod builder;
mod classes;
pub mod config;
mod error;
mod explain;
mod graph_directory;
mod graph_servers;
mod maintenance;
mod migrate;
mod queries;
mod secret;
mod servers;
mod sharing;
mod tenants;

pub use access_directory::AccessPlan;
pub use audit::{DEFAULT_AUDIT_DAYS, MAX_AUDIT_ENTRIES};
pub use builder::{Udal, UdalBuilder};
pub use config::Config;
pub use error::StartError;
pub use explain::{AccessExplanation, ExplainRequest};
pub use graph_servers::{DEFAULT_GRAPH_USER, DEFAULT_ORGANIZATION, GraphServerConfig, Login, TerminusdbConfig};
pub use maintenance::{AUDIT_LOG, IDEMPOTENCY_KEYS, LAYERS, TenantMaintenance};
pub use migrate::{DEFAULT_PARALLEL, DatabaseMigration, MigrationEvent, MigrationRequest, MigrationWatch};
pub use secret::Secret;
pub use servers::ServerConfig;
pub use tenants::{TenantPlacement, TenantStatus};
pub use udal_access::{
    BUILT_IN_ROLES, Change, Condition, Considered, Directory, Entry, Exception, FieldRule, Grant, Grantee, LEVELS,
    Outcome, Pattern, Policy, Problem, Receiver, Role, Share, Team, TeamChange, User, UserChange, Visibility,
    diff as access_diff, load_file as load_policies, parse_level,
};
pub use udal_core::audit::{AuditEntry, AuditKind};
pub use udal_core::contract::{
    BatchMode, Created, DEFAULT_LIMIT, Effect, ItemFailure, MAX_LIMIT, Moment, Version, Versions,
};
pub use udal_core::model::Catalog;
pub use udal_core::{
    AccessContext, Action, Context, ERROR_KINDS, Error, ErrorKind, FieldError, Ownership, Permission, Result,
    TenantSlug, access, model, nearest, record, shorten, value,
};
pub use udal_embedded::{Durability, EmbeddedError};
pub use udal_groups::{LoadError, LoadErrors, load_dir, load_files, load_texts};
pub use udal_pgaccess::{AuditFilter, AuditPosition, Changed, Expected, Kept, Stored};
pub use udal_pgpool::{Checkpoints, DroppedDatabase, Limits, Place, Placement, ServerName, Step, TenantState};
pub use udal_postgresql::{Allowances, ChangeState, Maintenance, TableChange};
pub use udal_query::{Budget, Column, Rows, graph, report};
pub use udal_service::*;
pub use udal_terminusdb::Layers;
