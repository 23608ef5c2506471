//! Batches in pieces that fit into memory, whose callers are not waited for without end.

use std::fmt;
use std::time::{Duration, Instant};

use futures_util::stream::{BoxStream, Fuse};
use futures_util::{FutureExt, StreamExt};
use tokio::time::timeout;
use udal_core::contract::{CHUNK_BYTES, CHUNK_RECORDS, Items, Weigh};
use udal_core::{Error, ErrorKind, Result};

use crate::TenantDatabases;

/// How many items are taken before other work of the same task gets a turn.
const TURN: usize = 64;
/// How many times as long as for one item one waits for all that are written together: who sends each at the last instant
/// would hold a transaction open for days.
const WAITS: u32 = 10;
/// How many items the first chunk of those that grow has.
const SMALL: usize = 500;
/// How many times as many each next one has: what makes ready is that much faster than what writes, which waits for nothing
/// then.
const GROWTH: usize = 4;

/// The items of a batch, in chunks: as many as may be in memory at once.
///
/// The first is read before anything is taken for the batch. Then a transaction holds a connection and locks: from there on
/// one waits for each item for [`Settings::input_timeout`](crate::Settings::input_timeout) at most, and ten times as long for
/// those of a chunk together.
pub struct Chunks<'a, T> {
    // It is asked again after its end.
    items: Fuse<BoxStream<'a, Result<(u64, T)>>>,
    first: Option<Vec<(u64, T)>>,
    limit: Duration,
    /// How many items the next chunk may have.
    size: usize,
}

impl<T> fmt::Debug for Chunks<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunks").field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl TenantDatabases {
    /// Reads what a batch writes first, for as long as its caller takes.
    ///
    /// # Errors
    /// The error that ends the batch.
    pub async fn chunks<'a, T: Weigh>(&self, items: Items<'a, T>) -> Result<Chunks<'a, T>> {
        self.chunks_from(CHUNK_RECORDS, items).await
    }

    /// The same, for what makes a chunk ready while it writes the one before: the first are small, so that it starts soon.
    ///
    /// # Errors
    /// The error that ends the batch.
    pub async fn growing_chunks<'a, T: Weigh>(&self, items: Items<'a, T>) -> Result<Chunks<'a, T>> {
        self.chunks_from(SMALL, items).await
    }

    async fn chunks_from<'a, T: Weigh>(&self, size: usize, items: Items<'a, T>) -> Result<Chunks<'a, T>> {
        let limit = self.settings().limits.input_timeout;
        let mut chunks = Chunks { items: items.fuse(), first: None, limit, size };
        chunks.first = Some(chunks.gather(None).await?);
        Ok(chunks)
    }
}

impl<T: Weigh> Chunks<'_, T> {
    /// Takes the next chunk; one without items at the end.
    ///
    /// It gives way now and then, so that the chunk before can be sent meanwhile.
    ///
    /// # Errors
    /// The error that ends the batch; `TimedOut` where its caller sends nothing.
    pub async fn next(&mut self) -> Result<Vec<(u64, T)>> {
        match self.first.take() {
            Some(first) => Ok(first),
            None => self.gather(Some(self.limit)).await,
        }
    }

    async fn gather(&mut self, limit: Option<Duration>) -> Result<Vec<(u64, T)>> {
        let chunk = gather(&mut self.items, self.size, limit).await;
        self.size = (self.size * GROWTH).min(CHUNK_RECORDS);
        chunk
    }
}

async fn gather<T: Weigh>(
    items: &mut Fuse<BoxStream<'_, Result<(u64, T)>>>,
    size: usize,
    limit: Option<Duration>,
) -> Result<Vec<(u64, T)>> {
    let mut chunk = Vec::new();
    let mut weight = 0;
    let mut left = limit.map(|limit| limit * WAITS);
    while chunk.len() < size && weight < CHUNK_BYTES {
        // Most items are here already, and need no clock.
        let next = match (items.next().now_or_never(), limit, &mut left) {
            (Some(next), _, _) => next,
            (None, Some(limit), Some(left)) => {
                let since = Instant::now();
                let next = timeout(limit.min(*left), items.next()).await.map_err(|_| no_input(limit))?;
                *left = left.saturating_sub(since.elapsed());
                next
            }
            (None, _, _) => items.next().await,
        };
        let Some(item) = next else { break };
        let (index, item) = item?;
        weight += item.weight();
        chunk.push((index, item));
        if chunk.len() % TURN == 0 {
            tokio::task::yield_now().await;
        }
    }
    Ok(chunk)
}

fn no_input(limit: Duration) -> Error {
    let message = format!("the batch sent too little for too long, and held others up: it may pause for {limit:?}");
    Error::new(ErrorKind::TimedOut, message).hint("send it in parts, or gather the items before you send them")
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    struct Item;

    impl Weigh for Item {
        fn weight(&self) -> usize {
            1
        }
    }

    async fn chunks(limit: Duration, items: Items<'static, Item>) -> Chunks<'static, Item> {
        let mut settings = crate::Settings::new(tokio_postgres::Config::new());
        settings.limits.input_timeout = limit;
        TenantDatabases::new(settings).chunks(items).await.unwrap()
    }

    /// As many items, each after a pause.
    fn paused(pause: Duration, count: usize) -> Items<'static, Item> {
        let items = stream::iter(0..count as u64).then(move |index| async move {
            tokio::time::sleep(pause).await;
            Ok((index, Item))
        });
        items.boxed()
    }

    fn at_once() -> Items<'static, Item> {
        stream::iter(0..CHUNK_RECORDS as u64).map(|index| Ok((index, Item))).boxed()
    }

    #[tokio::test]
    async fn the_first_chunk_takes_as_long_as_its_caller_and_what_follows_the_limit() {
        let limit = Duration::from_millis(10);
        let first = paused(limit * 5, 1).chain(at_once().skip(1));
        let mut chunks = chunks(limit, first.chain(stream::pending()).boxed()).await;
        assert_eq!(chunks.next().await.unwrap().len(), CHUNK_RECORDS);
        let error = chunks.next().await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(error.message().contains("it may pause for 10ms"), "{error}");
    }

    #[tokio::test]
    async fn who_sends_a_little_now_and_then_is_not_waited_for_without_end() {
        let trickle = paused(Duration::from_millis(2), CHUNK_RECORDS - 1);
        let mut chunks = chunks(Duration::from_millis(200), at_once().chain(trickle).boxed()).await;
        chunks.next().await.unwrap();
        assert_eq!(chunks.next().await.err().unwrap().kind(), ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn chunks_that_grow_begin_small() {
        let mut settings = crate::Settings::new(tokio_postgres::Config::new());
        settings.limits.input_timeout = Duration::from_secs(600);
        let databases = TenantDatabases::new(settings);
        let mut chunks = databases.growing_chunks(at_once().chain(at_once()).boxed()).await.unwrap();
        for expected in [500, 2_000, CHUNK_RECORDS, 2_500, 0] {
            assert_eq!(chunks.next().await.unwrap().len(), expected);
        }
    }

    #[tokio::test]
    async fn what_comes_in_time_is_taken_to_its_end() {
        let mut chunks =
            chunks(Duration::from_secs(600), at_once().chain(paused(Duration::from_millis(1), 3)).boxed()).await;
        for expected in [CHUNK_RECORDS, 3, 0, 0] {
            assert_eq!(chunks.next().await.unwrap().len(), expected);
        }
    }
}
