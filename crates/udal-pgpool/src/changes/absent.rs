//! Changes of records where there never was a table.

use std::sync::Arc;

use futures_util::StreamExt;
use udal_core::contract::{Answer, BatchMode, ChangeReport, Items};
use udal_core::model::Model;
use udal_core::{Context, Result};

use super::{ChangeItem, Slate};

/// What a batch of updates or deletes answers where nothing was ever written; it makes nothing.
///
/// # Errors
/// The first failure of an atomic batch; the error that ends the stream.
pub async fn nothing_there(
    ctx: &Context,
    model: &Arc<Model>,
    mode: BatchMode,
    mut items: Items<'_, ChangeItem>,
) -> Result<ChangeReport> {
    let mut slate = Slate::new(ctx, model, Answer::Counts);
    while let Some(item) = items.next().await {
        slate.apply_all(&[item?], mode, &mut |_, _, _| Ok(()))?;
    }
    Ok(slate.into_report())
}
