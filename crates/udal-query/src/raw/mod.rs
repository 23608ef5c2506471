//! SQL of the asker's own: what of it is let through to PostgreSQL.
//!
//! PostgreSQL itself confines what is run: a role that reaches nothing but views, in a transaction that only reads. What is
//! here is the second wall, before the first: a statement is read as words, and each word must be one that reads records. It
//! keeps out what any role of PostgreSQL may do, such as to look into the catalogs, where other tenants have their names.

mod check;
mod lexer;
mod named;
mod statement;
#[cfg(test)]
mod tests;
mod words;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value as Json;
use udal_core::{Context, Result};

pub use named::NamedModel;
pub use statement::{RawStatement, Rewritten};

use crate::Rows;

/// The most bytes that a statement may have.
pub const MAX_STATEMENT_BYTES: usize = 64 * 1024;
/// The most parameters that a statement may have.
pub const MAX_PARAMS: usize = 100;
/// The most models that a statement may name.
pub const MAX_MODELS: usize = 32;

/// A statement of the asker's own, with its parameters and what it may take.
#[derive(Clone, Debug)]
pub struct RawSql {
    /// The statement.
    pub statement: RawStatement,
    /// The parameters, `$1` first.
    pub params: Vec<Json>,
    /// What it may take.
    pub limits: RawLimits,
}

/// What a statement may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawLimits {
    /// The most rows: 10,000.
    pub rows: u64,
    /// The most bytes of rows, as the database sends them: 32 MiB.
    pub bytes: u64,
    /// How long it may run, with its rows: 30 seconds.
    pub time: Duration,
}

impl Default for RawLimits {
    fn default() -> Self {
        RawLimits { rows: 10_000, bytes: 32 * 1024 * 1024, time: Duration::from_secs(30) }
    }
}

/// Answers statements of the asker's own.
#[async_trait]
pub trait RawBackend: Send + Sync {
    /// Runs the statement over what the asker may see: each model's table has the records within their reach, with the fields
    /// that are shown to them. Nothing is changed, whatever it says.
    ///
    /// # Errors
    /// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) for a statement that is not valid, with where,
    /// [`UnknownName`](udal_core::ErrorKind::UnknownName) for a table that is no model,
    /// [`Denied`](udal_core::ErrorKind::Denied) for who does not hold `query:raw_sql`, and for what reaches beyond the models,
    /// [`TimedOut`](udal_core::ErrorKind::TimedOut) for one that takes longer than its limit.
    async fn raw_sql(&self, ctx: &Context, op: RawSql) -> Result<Rows>;
}

/// Where the byte `at` of `text` is, as people count.
fn place_in(text: &str, at: usize) -> impl fmt::Display + use<> {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}")
}
