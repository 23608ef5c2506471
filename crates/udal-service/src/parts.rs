//! A batch that takes effect item by item, a part at a time: while one is written, the next is made ready.

use std::future::{Future, poll_fn, ready};
use std::task::Poll;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, select};
use futures_util::stream::{self, BoxStream, StreamExt};
use udal_core::contract::{CHUNK_BYTES, CHUNK_RECORDS, ItemFailure};
use udal_core::{Error, ErrorKind, Result};

use crate::observe;

/// How many items are made ready before other work of the same task gets a turn.
const TURN: usize = 64;

/// A batch that takes effect item by item.
pub(crate) trait InParts<'a>: Copy + Send + 'a {
    /// The rest of the input.
    type Input: Send + 'a;
    /// An item, ready to be written.
    type Item: Send + 'a;
    /// What a part did.
    type Answer: PartAnswer + 'a;

    /// What to do where the storage failed, and nobody knows whether it wrote.
    const IS_UNCLEAR: &'static str;
    /// What became of the items where the storage failed.
    const IS_CLEAR: &'static str;

    /// Whether items may be made ready while those before are written.
    fn reads_ahead(self) -> bool;

    /// Takes the next item from the input, with its place; none at the end.
    fn next(self, input: &mut Self::Input) -> impl Future<Output = Option<(u64, Result<Self::Item>)>> + Send;

    /// How many bytes an item takes in memory, about.
    fn weight(item: &Self::Item) -> usize;

    /// Writes items, and adds to `answer` what that did.
    fn write(self, items: Vec<(u64, Self::Item)>, answer: &mut Self::Answer)
    -> impl Future<Output = Result<()>> + Send;

    /// The error with where it happened.
    fn located(self, error: Error) -> Error;
}

/// What a batch, or a part of one, answers.
pub(crate) trait PartAnswer: Default + Send {
    /// Adds what the part after did.
    fn add(&mut self, part: Self);

    /// The items that had no effect, and why the batch ended before its input did.
    fn failed(&mut self) -> (&mut Vec<ItemFailure>, &mut Option<Error>);
}

/// What all parts did.
pub(crate) async fn whole<A: PartAnswer>(mut parts: BoxStream<'_, Result<A>>) -> Result<A> {
    let mut whole = A::default();
    while let Some(part) = parts.next().await {
        whole.add(part?);
    }
    Ok(whole)
}

/// Some items of a batch: those to write, and those that are none. Neither at the end of the input.
struct Part<T> {
    items: Vec<(u64, T)>,
    failures: Vec<ItemFailure>,
}

/// The next part, and the input after it.
type Next<'a, B> = BoxFuture<'a, (Part<<B as InParts<'a>>::Item>, <B as InParts<'a>>::Input)>;

/// Writes part after part; answers what each did when it is durable, without waiting for more of the input.
pub(crate) fn in_parts<'a, B: InParts<'a>>(batch: B, input: B::Input) -> BoxStream<'a, B::Answer> {
    let take = move |mut input: B::Input| -> Next<'a, B> {
        async move { (make_ready(batch, &mut input).await, input) }.boxed()
    };
    let write_next = move |next: Option<Next<'a, B>>| async move {
        let (part, input) = next?.await;
        if part.items.is_empty() && part.failures.is_empty() {
            return None;
        }
        let write = write(batch, part).boxed();
        let (mut answer, next): (B::Answer, Next<'a, B>) = if batch.reads_ahead() {
            match select(write, take(input)).await {
                Either::Left(left) => left,
                Either::Right((taken, write)) => (write.await, ready(taken).boxed()),
            }
        } else {
            (write.await, take(input))
        };
        let (_, stopped) = answer.failed();
        let next = stopped.is_none().then_some(next);
        Some((answer, next))
    };
    stream::unfold(Some(take(input)), write_next).boxed()
}

async fn make_ready<'a, B: InParts<'a>>(batch: B, input: &mut B::Input) -> Part<B::Item> {
    let mut part = Part { items: Vec::new(), failures: Vec::new() };
    let mut measure = Measure::default();
    while !measure.is_full() {
        let Some((index, item)) = batch.next(input).await else { break };
        measure.add(item.as_ref().map_or(0, B::weight)).await;
        match item {
            Ok(item) => part.items.push((index, item)),
            Err(error) => part.failures.push(ItemFailure { index, error }),
        }
    }
    part
}

async fn write<'a, B: InParts<'a>>(batch: B, part: Part<B::Item>) -> B::Answer {
    let Part { items, failures: none } = part;
    let mut answer = B::Answer::default();
    answer.failed().0.extend(none);
    let first = items.first().map(|(index, _)| *index);
    let done = if items.is_empty() { Ok(()) } else { batch.write(items, &mut answer).await };
    let (failures, stopped) = answer.failed();
    failures.sort_by_key(|failure| failure.index);
    let located = |ItemFailure { index, error }| ItemFailure { index, error: batch.located(error) };
    *failures = std::mem::take(failures).into_iter().map(located).collect();
    if let (Err(error), Some(first)) = (done, first) {
        // Where the connection was lost, the answer to a commit may be what was lost.
        let hint = match error.kind() {
            ErrorKind::Unavailable | ErrorKind::TimedOut => B::IS_UNCLEAR,
            _ => B::IS_CLEAR,
        };
        let error = batch.located(error.of_item(first).hint(hint));
        observe::log(&error);
        *stopped = Some(error);
    }
    answer
}

/// How much of a part there is already.
#[derive(Clone, Copy, Debug, Default)]
struct Measure {
    items: usize,
    weight: usize,
}

impl Measure {
    /// Whether the part is large enough: as much as may be in memory at once.
    fn is_full(self) -> bool {
        self.items >= CHUNK_RECORDS || self.weight >= CHUNK_BYTES
    }

    /// Counts an item with what it takes in memory. Now and then the part before gets a turn, so that it can be sent meanwhile.
    async fn add(&mut self, weight: usize) {
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
