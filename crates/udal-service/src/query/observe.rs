//! What the log and the audit log say of each query, and what its rows may cost.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use futures_util::stream::{self, BoxStream, StreamExt};
use tracing::Instrument;
use udal_core::audit::{AuditEntry, AuditKind};
use udal_core::model::Model;
use udal_core::value::Value;
use udal_core::{Context, Error, ErrorKind, Result};
use udal_query::{Budget, Meter, Rows};

use crate::audit::{Log, kept};
use crate::observe::log;

/// Runs a query over `models` in a span of its own; an error learns where it happened, the log learns of the error, and the
/// audit log of what was denied, and of what was read of models that ask for it.
pub(super) async fn observed<T>(
    audit: &Log,
    operation: &'static str,
    ctx: &Context,
    models: &[Arc<Model>],
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let tenant = ctx.tenant().as_str();
    let span = tracing::debug_span!("query", operation, tenant, model = names(models), request_id = ctx.request_id());
    let started = Instant::now();
    let done = work.instrument(span.clone()).await;
    let done = {
        let _in_span = span.enter();
        match done {
            Ok(answer) => {
                tracing::trace!(elapsed = ?started.elapsed(), "started to answer");
                Ok(answer)
            }
            Err(error) => Err(told(operation, ctx, models, error)),
        }
    };
    noted(audit, operation, ctx, models, done).await
}

/// Rows that are counted while they are taken; those that are over the budget end with the error that says so.
pub(super) fn metered(
    operation: &'static str,
    ctx: &Context,
    models: &[Arc<Model>],
    budget: Budget,
    rows: Rows,
) -> Rows {
    let (ctx, models) = (ctx.clone(), models.to_vec());
    let Rows { columns, rows } = rows;
    // What has failed is dropped at once, so that what runs is stopped.
    let next = move |state: Option<(BoxStream<'static, Result<Row>>, Meter)>| {
        let (ctx, models) = (ctx.clone(), models.clone());
        async move {
            let (mut rows, mut meter) = state?;
            let row = rows.next().await?;
            match row.and_then(|row| meter.count(&row).map(|()| row)) {
                Ok(row) => Some((Ok(row), Some((rows, meter)))),
                Err(error) => Some((Err(told(operation, &ctx, &models, error)), None)),
            }
        }
    };
    Rows { columns, rows: stream::unfold(Some((rows, Meter::start(budget))), next).boxed() }
}

type Row = Vec<Option<Value>>;

fn names(models: &[Arc<Model>]) -> String {
    models.iter().map(|model| model.name()).collect::<Vec<_>>().join(",")
}

/// The error with where it happened, as the asker may be told it; logged.
fn told(operation: &'static str, ctx: &Context, models: &[Arc<Model>], error: Error) -> Error {
    let error = error.at(operation, &names(models), ctx.tenant().as_str());
    log(&error);
    models.iter().fold(error, |error, model| model.seen_by(ctx.access()).told(error))
}

async fn noted<T>(
    audit: &Log,
    operation: &'static str,
    ctx: &Context,
    models: &[Arc<Model>],
    done: Result<T>,
) -> Result<T> {
    let Some(audit) = audit else { return done };
    let kind = match &done {
        Ok(_) => AuditKind::Read,
        Err(error) if error.kind() == ErrorKind::Denied => AuditKind::Denial,
        Err(_) => return done,
    };
    let of = |model: &&Arc<Model>| kind == AuditKind::Denial || model.audits_reads();
    let entry = |model: &Arc<Model>| AuditEntry {
        model: Some(format!("{}.{}", model.group(), model.name())),
        ..AuditEntry::new(ctx, kind, operation)
    };
    let mut entries: Vec<AuditEntry> = models.iter().filter(of).map(entry).collect();
    if kind == AuditKind::Denial && models.is_empty() {
        // Whoever is denied before their statement is read asked of no model yet.
        entries.push(AuditEntry::new(ctx, kind, operation));
    }
    kept(audit, operation, ctx, &entries, done, |error| told(operation, ctx, models, error)).await
}
