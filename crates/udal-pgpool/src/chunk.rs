//! Batches in pieces that fit into memory.

use futures_util::StreamExt;
use udal_core::Result;
use udal_core::contract::{CHUNK_BYTES, CHUNK_RECORDS, Items, Weigh};

/// How many items are taken before other work of the same task gets a turn.
const TURN: usize = 64;

/// Takes the next items of a batch, as many as may be in memory at once; none at its end.
///
/// It gives way now and then, so that the chunk before can be sent meanwhile.
///
/// # Errors
/// The error that ends the batch.
pub async fn next_chunk<T: Weigh>(items: &mut Items<'_, T>) -> Result<Vec<(u64, T)>> {
    let mut chunk = Vec::new();
    let mut weight = 0;
    while chunk.len() < CHUNK_RECORDS && weight < CHUNK_BYTES {
        let Some(item) = items.next().await else { break };
        let (index, item) = item?;
        weight += item.weight();
        chunk.push((index, item));
        if chunk.len() % TURN == 0 {
            tokio::task::yield_now().await;
        }
    }
    Ok(chunk)
}
