//! Changes of records where there never was a table.

use std::sync::Arc;

use udal_core::contract::{Answer, BatchMode, ChangeReport};
use udal_core::model::Model;
use udal_core::{Context, Result};

use super::{ChangeItem, Slate};
use crate::Chunks;

/// What a batch of updates or deletes answers where nothing was ever written; it makes nothing.
///
/// # Errors
/// The first failure of an atomic batch; the error that ends the stream.
pub async fn nothing_there(
    ctx: &Context,
    model: &Arc<Model>,
    mode: BatchMode,
    mut chunks: Chunks<'_, ChangeItem>,
) -> Result<ChangeReport> {
    let mut slate = Slate::new(ctx, model, Answer::Counts);
    loop {
        let chunk = chunks.next().await?;
        if chunk.is_empty() {
            return Ok(slate.into_report());
        }
        slate.apply_all(&chunk, mode, &mut |_, _, _| Ok(()))?;
    }
}
