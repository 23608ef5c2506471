//! What everything in Udal means: models, values, predicates, access contexts, the backend contract and errors.
//!
//! This crate does no input or output and has no runtime. A backend implements [`contract::Backend`]; what it answers must be
//! what [`filter::evaluate`], [`order::Order`] and [`search::Query`] say.

pub mod access;
pub mod audit;
pub mod contract;
pub mod cursor;
mod error;
pub mod filter;
mod fingerprint;
pub mod model;
mod names;
pub mod order;
pub mod record;
pub mod search;
pub mod value;

pub use access::{AccessContext, Action, Context, Ownership, Permission};
pub use error::{ERROR_KINDS, Error, ErrorKind, FieldError, MAX_FIELD_ERRORS, Result};
pub use fingerprint::fingerprint;
pub use names::{MAX_NAME_LENGTH, TenantSlug, nearest, shorten, suggestion};
