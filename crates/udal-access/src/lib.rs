//! The access directory of a tenant: users, teams, roles, grants, rules on fields and shares, and what they add up to.
//!
//! A [`Directory`] is plain data. [`load_text`] reads it from the file that is kept in git, and checks it against the models;
//! [`diff`] says what differs between two; [`access_context`] works out what a user may do.
//!
//! ```
//! use udal_core::access::Permission;
//! use udal_core::value::Timestamp;
//! let crm = "group: crm\nmodels:\n  Account:\n    fields:\n      name: str\n";
//! let catalog = udal_groups::load_texts(&[("crm.yaml", crm)]).unwrap();
//! let text = "users:\n  jane:\nteams:\n  sales:\n    members:\n      jane: [viewer]\n";
//! let directory = udal_access::load_text("policies.yaml", text, &catalog).unwrap();
//!
//! let view = Permission::parse("crm.Account.view")?;
//! let jane = udal_access::access_context(&directory, &catalog, "jane", &view, Timestamp::now())?;
//! assert!(jane.permissions().contains("crm.Account.view"));
//! let joe = udal_access::access_context(&directory, &catalog, "joe", &view, Timestamp::now())?;
//! assert!(joe.permissions().is_empty());
//! # Ok::<(), udal_core::Error>(())
//! ```

mod check;
mod condition;
mod context;
mod directory;
mod edit;
mod entry;
mod explain;
mod file;
mod pattern;

pub use check::{Place, Problem};
pub use condition::Condition;
pub use context::{Granted, access_context, access_of};
pub use directory::{
    BUILT_IN_ROLES, Directory, Exception, FieldRule, Grant, Grantee, LEVELS, Policy, Receiver, Role, Share, Team, User,
    Visibility, is_built_in, parse_level,
};
pub use edit::{TeamChange, UserChange};
pub use entry::{Change, Entry, TeamEntry, diff};
pub use explain::{Considered, Outcome, Question, explain};
pub use file::{load_file, load_text};
pub use pattern::{Pattern, RAW_SQL, SHARED_REFERENCE_WRITE};
