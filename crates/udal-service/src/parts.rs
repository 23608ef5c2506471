//! A batch that takes effect item by item, a part at a time: while one is written, the next is made ready.

use std::future::{Future, poll_fn, ready};
use std::task::Poll;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, select};
use futures_util::stream::{self, BoxStream, StreamExt};
use udal_core::contract::{CHUNK_BYTES, CHUNK_RECORDS};

/// How many items are made ready before other work of the same task gets a turn.
const TURN: usize = 64;

/// What a batch does with its parts.
pub(crate) trait InParts<'a>: Copy + Send + 'a {
    /// The rest of the input.
    type Items: Send + 'a;
    /// Some items, ready to be written.
    type Part: Send + 'a;
    /// What a part did.
    type Answer: Send + 'a;

    /// Whether a part may be made ready while the one before is written.
    fn reads_ahead(self) -> bool;

    /// Takes the next part from the input; none at its end.
    fn make_ready(self, items: &mut Self::Items) -> impl Future<Output = Option<Self::Part>> + Send;

    /// Writes a part; answers what it did, and whether the batch can go on.
    fn write(self, part: Self::Part) -> impl Future<Output = (Self::Answer, bool)> + Send;
}

/// The next part, and the input after it.
type Next<'a, B> = BoxFuture<'a, (Option<<B as InParts<'a>>::Part>, <B as InParts<'a>>::Items)>;

/// Writes part after part; answers what each did when it is durable, without waiting for more of the input.
pub(crate) fn in_parts<'a, B: InParts<'a>>(batch: B, items: B::Items) -> BoxStream<'a, B::Answer> {
    let take = move |mut items: B::Items| -> Next<'a, B> {
        async move { (batch.make_ready(&mut items).await, items) }.boxed()
    };
    let write_next = move |next: Option<Next<'a, B>>| async move {
        let (part, items) = next?.await;
        let write = batch.write(part?).boxed();
        let ((answer, goes_on), next): (_, Next<'a, B>) = if batch.reads_ahead() {
            match select(write, take(items)).await {
                Either::Left(left) => left,
                Either::Right((taken, write)) => (write.await, ready(taken).boxed()),
            }
        } else {
            (write.await, take(items))
        };
        Some((answer, goes_on.then_some(next)))
    };
    stream::unfold(Some(take(items)), write_next).boxed()
}

/// How much of a part there is already.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measure {
    items: usize,
    weight: usize,
}

impl Measure {
    /// Whether the part is large enough: as much as may be in memory at once.
    pub(crate) fn is_full(self) -> bool {
        self.items >= CHUNK_RECORDS || self.weight >= CHUNK_BYTES
    }

    /// Counts an item with what it takes in memory. Now and then the part before gets a turn, so that it can be sent meanwhile.
    pub(crate) async fn add(&mut self, weight: usize) {
        self.items += 1;
        self.weight += weight;
        if self.items.is_multiple_of(TURN) {
            give_way().await;
        }
    }
}

/// Gives other work of the same task a turn.
async fn give_way() {
    let mut is_given = false;
    poll_fn(|context| {
        if std::mem::replace(&mut is_given, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
