//! What the log says of each operation: tenant, model, operation, time, and why it failed.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use futures_util::stream::{self, BoxStream, StreamExt};
use tracing::Instrument;
use udal_core::model::Model;
use udal_core::{Context, Error, ErrorKind, Result};

use crate::shown::Shown;

/// Runs an operation in a span of its own; an error learns where it happened, and the log learns of the error. What is
/// answered is [shown](Shown) as the asker may see it.
pub(crate) async fn observed<T: Shown>(
    operation: &'static str,
    ctx: &Context,
    model: &Arc<Model>,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let (tenant, name) = (ctx.tenant().as_str(), model.name());
    let span = tracing::debug_span!("record", operation, tenant, model = name, request_id = ctx.request_id());
    let started = Instant::now();
    let done = work.instrument(span.clone()).await;
    let _in_span = span.enter();
    match done {
        Ok(answer) => {
            tracing::trace!(elapsed = ?started.elapsed(), "done");
            Ok(answer.shown(&model.seen_by(ctx.access())))
        }
        Err(error) => {
            let error = error.at(operation, name, tenant);
            log(&error);
            Err(model.seen_by(ctx.access()).told(error))
        }
    }
}

/// The parts of an operation, each taken as [`observed`] says.
pub(crate) fn observed_parts<'a, T: Shown + Send + 'a>(
    operation: &'static str,
    ctx: &'a Context,
    model: &'a Arc<Model>,
    parts: BoxStream<'a, Result<T>>,
) -> BoxStream<'a, Result<T>> {
    let next = move |mut parts: BoxStream<'a, Result<T>>| async move {
        let part = observed(operation, ctx, model, async { parts.next().await.transpose() }).await.transpose()?;
        Some((part, parts))
    };
    stream::unfold(parts, next).boxed()
}

/// Logs a failure at the level it deserves: faults of ours and of the storage loud, mistakes of callers quiet.
pub(crate) fn log(error: &Error) {
    let (code, cause) = (error.kind().code(), std::error::Error::source(error).map(ToString::to_string));
    let (operation, model, tenant) = (error.operation(), error.model(), error.tenant());
    let message = error.message();
    match error.kind() {
        ErrorKind::Internal => tracing::error!(operation, model, tenant, code, cause, "{message}"),
        ErrorKind::Unavailable | ErrorKind::TimedOut | ErrorKind::StorageFull => {
            tracing::warn!(operation, model, tenant, code, cause, "{message}");
        }
        ErrorKind::Denied => tracing::info!(operation, model, tenant, code, "{message}"),
        _ => tracing::debug!(operation, model, tenant, code, "{message}"),
    }
}
