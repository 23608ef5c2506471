//! What of a batch is made ready while what came before it is written.

use std::collections::{BTreeSet, HashSet};

use udal_core::contract::refusal::already_exists;
use udal_core::contract::{BatchMode, ItemFailure};
use udal_core::record::Record;
use udal_core::{Context, Result};
use udal_pgpool::{CopyRows, EncodedRows};
use udal_sql::column_type;
use udal_sql::table::{Span, Target};

pub(super) type Item = (u64, Record);

/// How many rows are encoded before what is written gets a turn.
const TURN: usize = 64;

/// A chunk as it is sent.
pub(super) struct Ready {
    /// What is to be written, in the order of the batch.
    pub(super) items: Vec<Item>,
    /// What is refused without asking the database; where all or nothing is written the first such item, and then `items` are
    /// those before it, which may fail first.
    pub(super) refused: Vec<ItemFailure>,
    /// The partitions that take the items.
    pub(super) spans: BTreeSet<Span>,
    /// The rows of the table of ids, where a split table has one.
    pub(super) ids: EncodedRows,
    /// The rows of the table.
    pub(super) rows: EncodedRows,
}

impl Ready {
    /// Takes from the chunk what `ctx` may write, and encodes it.
    pub(super) async fn of(ctx: &Context, target: Target<'_>, mode: BatchMode, chunk: Vec<Item>) -> Result<Self> {
        let (items, refused) = match mode {
            BatchMode::Atomic => before_denied(ctx, chunk),
            BatchMode::PerItem => within_reach(ctx, chunk),
        };
        Ready::encoded(target, items, refused).await
    }

    /// The chunk without these ids, which records that are there have.
    pub(super) async fn without(self, taken: &HashSet<String>, target: Target<'_>) -> Result<Self> {
        if taken.is_empty() {
            return Ok(self);
        }
        let Ready { items, mut refused, .. } = self;
        let (lost, items): (Vec<Item>, Vec<Item>) =
            items.into_iter().partition(|(_, record)| taken.contains(record.id()));
        let failed = |(index, record): Item| ItemFailure { index, error: already_exists(record.id()) };
        refused.extend(lost.into_iter().map(failed));
        Ready::encoded(target, items, refused).await
    }

    /// The rows are in the order of their ids, so that batches that are after the same ids wait for one another in one order.
    async fn encoded(target: Target<'_>, items: Vec<Item>, refused: Vec<ItemFailure>) -> Result<Self> {
        let mut records: Vec<&Record> = items.iter().map(|(_, record)| record).collect();
        records.sort_by(|a, b| a.id().cmp(b.id()));
        let fields = target.model().fields();
        let types: Vec<_> = fields.iter().map(|field| column_type(field.field_type())).collect();
        let key = target.partition_key().map(|(key, _)| [fields.first().map(AsRef::as_ref), Some(key)]);
        let (mut ids, mut rows) = (CopyRows::default(), CopyRows::default());
        for (at, record) in records.into_iter().enumerate() {
            if let Some(columns) = key {
                let cells =
                    columns.map(|field| field.map(|field| (column_type(field.field_type()), record.get(field))));
                ids.row(cells.into_iter().flatten().collect::<Vec<_>>().into_iter())?;
            }
            rows.row(types.iter().copied().zip(record.values().iter().map(Option::as_ref)))?;
            if at % TURN == 0 {
                tokio::task::yield_now().await;
            }
        }
        let spans = items.iter().filter_map(|(_, record)| Span::of(target, record)).collect();
        Ok(Ready { items, refused, spans, ids: ids.finish(), rows: rows.finish() })
    }
}

fn before_denied(ctx: &Context, mut chunk: Vec<Item>) -> (Vec<Item>, Vec<ItemFailure>) {
    let denied = chunk.iter().enumerate().find_map(|(at, (index, record))| {
        let error = ctx.check_create(record).err()?;
        Some((at, ItemFailure { index: *index, error }))
    });
    if let Some((at, _)) = &denied {
        chunk.truncate(*at);
    }
    (chunk, denied.into_iter().map(|(_, failure)| failure).collect())
}

/// Leaves out what is out of reach, and what has the id of an earlier item.
fn within_reach(ctx: &Context, chunk: Vec<Item>) -> (Vec<Item>, Vec<ItemFailure>) {
    let mut seen: HashSet<String> = HashSet::with_capacity(chunk.len());
    let mut refused = Vec::new();
    let mut kept = Vec::with_capacity(chunk.len());
    for (index, record) in chunk {
        if let Err(error) = ctx.check_create(&record) {
            refused.push(ItemFailure { index, error });
        } else if seen.insert(record.id().to_owned()) {
            kept.push((index, record));
        } else {
            refused.push(ItemFailure { index, error: already_exists(record.id()) });
        }
    }
    (kept, refused)
}
