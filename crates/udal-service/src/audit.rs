//! The audit log: what was written, what was denied, and what was read of models that ask for it.
//!
//! A write is answered when it is in the log, after it is durable. Where it cannot be noted, the answer is an error that says so:
//! what is acknowledged is in the log.

use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt};
use udal_core::audit::{AuditEntry, AuditKind};
use udal_core::contract::{Created, Versions};
use udal_core::record::Record;
use udal_core::{Context, Error, ErrorKind, Result, TenantSlug};

use crate::observe::{observed, observed_parts};
use crate::shown::Shown;
use crate::{BatchAnswer, ChangeAnswer, Listing, ListingText, Records};

/// Keeps entries of the audit log.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Keeps the entries; they are durable when this is done.
    ///
    /// # Errors
    /// Whatever stood in the way: then nothing is kept.
    async fn keep(&self, tenant: &TenantSlug, entries: &[AuditEntry]) -> Result<()>;
}

/// What an operation is about.
#[derive(Clone, Copy)]
pub(crate) enum About<'a> {
    /// The record of that id.
    One(&'a str),
    /// Whichever records it finds, makes or is given.
    Several,
}

/// The operations that write.
const WRITES: [&str; 7] = ["create", "update", "delete", "batch_create", "upsert", "batch_update", "batch_delete"];

/// What an answer says of the records it is about.
#[derive(Default)]
pub(crate) struct Touched {
    /// The record's id, where it is one that had none before.
    id: Option<String>,
    /// How many records there are; none where nobody counted.
    records: Option<u64>,
    /// How many items were denied.
    denied: u64,
}

impl Touched {
    fn records(count: u64) -> Self {
        Touched { records: Some(count), ..Touched::default() }
    }
}

/// An answer that says which records it is about.
pub(crate) trait Touches {
    fn touched(&self) -> Touched;
}

impl Touches for Record {
    fn touched(&self) -> Touched {
        Touched::records(1)
    }
}

impl<T: Touches> Touches for Option<T> {
    fn touched(&self) -> Touched {
        self.as_ref().map_or(Touched::records(0), Touches::touched)
    }
}

impl Touches for Vec<Record> {
    fn touched(&self) -> Touched {
        Touched::records(self.len() as u64)
    }
}

impl Touches for Listing {
    fn touched(&self) -> Touched {
        self.records.touched()
    }
}

/// Its records are read after it is answered.
impl Touches for ListingText {
    fn touched(&self) -> Touched {
        Touched::default()
    }
}

impl Touches for Versions {
    fn touched(&self) -> Touched {
        Touched::records(self.versions.len() as u64)
    }
}

impl Touches for Created {
    fn touched(&self) -> Touched {
        // What an earlier create made is in the log already.
        Touched { id: Some(self.record.id().to_owned()), ..Touched::records(u64::from(!self.replayed)) }
    }
}

impl Touches for bool {
    fn touched(&self) -> Touched {
        Touched::records(u64::from(*self))
    }
}

impl Touches for u64 {
    fn touched(&self) -> Touched {
        Touched::records(*self)
    }
}

impl Touches for BatchAnswer {
    fn touched(&self) -> Touched {
        Touched { denied: denied(self.failures.iter().map(|failure| &failure.error)), ..Touched::records(self.created) }
    }
}

impl Touches for ChangeAnswer {
    fn touched(&self) -> Touched {
        let written = self.created + self.updated + self.deleted;
        Touched { denied: denied(self.failures.iter().map(|failure| &failure.error)), ..Touched::records(written) }
    }
}

fn denied<'a>(errors: impl Iterator<Item = &'a Error>) -> u64 {
    errors.filter(|error| error.kind() == ErrorKind::Denied).count() as u64
}

impl Records {
    /// Runs an operation as [`observed`] does, and notes in the audit log what that asks for.
    pub(crate) async fn audited<T: Shown + Touches>(
        &self,
        operation: &'static str,
        ctx: &Context,
        about: About<'_>,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let done = observed(operation, ctx, &self.model, work).await;
        self.noted(operation, ctx, about, done).await
    }

    /// The parts of an operation, each taken as [`audited`](Records::audited) says.
    pub(crate) fn audited_parts<'a, T: Shown + Touches + Send + 'a>(
        &'a self,
        operation: &'static str,
        ctx: &'a Context,
        parts: BoxStream<'a, Result<T>>,
    ) -> BoxStream<'a, Result<T>> {
        let parts = observed_parts(operation, ctx, &self.model, parts);
        let next = move |mut parts: BoxStream<'a, Result<T>>| async move {
            let part = self.noted(operation, ctx, About::Several, parts.next().await?).await;
            Some((part, parts))
        };
        stream::unfold(parts, next).boxed()
    }

    async fn noted<T: Touches>(
        &self,
        operation: &'static str,
        ctx: &Context,
        about: About<'_>,
        done: Result<T>,
    ) -> Result<T> {
        let Some(log) = &self.inner.audit else { return done };
        let entries = self.entries(operation, ctx, about, &done);
        let located = |error: Error| error.at(operation, self.model.name(), ctx.tenant().as_str());
        kept(log, operation, ctx, &entries, done, located).await
    }

    fn entries<T: Touches>(
        &self,
        operation: &'static str,
        ctx: &Context,
        about: About<'_>,
        done: &Result<T>,
    ) -> Vec<AuditEntry> {
        let entry = |kind, records, made: Option<String>| {
            let given = match about {
                About::One(id) => Some(id.to_owned()),
                About::Several => None,
            };
            let model = Some(format!("{}.{}", self.model.group(), self.model.name()));
            AuditEntry { model, record: given.or(made), records, ..AuditEntry::new(ctx, kind, operation) }
        };
        let is_write = WRITES.contains(&operation);
        let mut entries = Vec::new();
        match done {
            Ok(answer) => {
                let Touched { id, records, denied } = answer.touched();
                if is_write && records != Some(0) {
                    entries.push(entry(AuditKind::Write, records, id));
                } else if !is_write && self.model.audits_reads() {
                    entries.push(entry(AuditKind::Read, records, id));
                }
                if denied > 0 {
                    entries.push(entry(AuditKind::Denial, Some(denied), None));
                }
            }
            Err(error) if error.kind() == ErrorKind::Denied => entries.push(entry(AuditKind::Denial, None, None)),
            Err(_) => {}
        }
        entries
    }
}

/// Keeps the entries about an operation, and then answers what it did. Where they cannot be kept the answer is an error, made by
/// `located` to say where; a denial stays one, and the log tells that it is missing.
pub(crate) async fn kept<T>(
    log: &Arc<dyn AuditLog>,
    operation: &'static str,
    ctx: &Context,
    entries: &[AuditEntry],
    done: Result<T>,
    located: impl FnOnce(Error) -> Error,
) -> Result<T> {
    if entries.is_empty() {
        return done;
    }
    match (log.keep(ctx.tenant(), entries).await, done) {
        (Ok(()), done) => done,
        (Err(error), Ok(_)) => Err(located(not_noted(operation, error))),
        (Err(error), Err(denied)) => {
            tracing::error!(tenant = %ctx.tenant(), operation, %error, "a denial is missing in the audit log");
            Err(denied)
        }
    }
}

/// Whoever asked knows as much of it as of an answer that was lost, and is told so by the same kind: of a write with any other,
/// one takes it that nothing was written.
fn not_noted(operation: &str, cause: Error) -> Error {
    let (message, hint) = match WRITES.contains(&operation) {
        true => (
            "it was written, and could not be noted in the audit log",
            "read the records before you try again: they are as you wanted them",
        ),
        false => ("what was read could not be noted in the audit log", "try again in a moment"),
    };
    Error::new(ErrorKind::Unavailable, message).hint(hint).cause(cause)
}

/// The log of a service, where it has one.
pub(crate) type Log = Option<Arc<dyn AuditLog>>;
