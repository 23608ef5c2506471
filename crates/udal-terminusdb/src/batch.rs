//! Many new records, in one commit: gathered until all have come, then sent as one request.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use reqwest::Body;
use serde_json::Value as Json;
use udal_core::contract::refusal::already_exists;
use udal_core::contract::{BatchCreate, BatchMode, BatchReport, CHUNK_RECORDS, ItemFailure};
use udal_core::model::Model;
use udal_core::record::Record;
use udal_core::{Context, Error, Result};
use udal_graph::{Found, Wanted, class_name, document, lists_beside, read_document};

use crate::call::{Commit, Write};
use crate::database::{Database, Known};
use crate::failure::Failure;
use crate::group::{author_of, want_links};
use crate::overlay::check_links;
use crate::spool::{Spool, hash_of};
use crate::tenant::Databases;
use crate::writer::{Done, Job, Work};

/// A batch, all of which has come.
#[derive(Debug)]
pub(crate) struct Batch {
    model: Arc<Model>,
    mode: BatchMode,
    items: Spool,
    /// Whether each item must be looked at before they are sent: the server would not refuse what the contract refuses.
    is_suspect: bool,
}

pub(crate) async fn batch_create(databases: &Databases, ctx: &Context, op: BatchCreate<'_>) -> Result<BatchReport> {
    let BatchCreate { model, mut records, mode } = op;
    let mut items = Spool::default();
    let mut is_suspect = false;
    while let Some(item) = records.next().await {
        let (index, record) = item?;
        debug_assert!(record.model().name() == model.name());
        is_suspect |= ctx.check_create(&record).is_err();
        // Item by item, a link may lead to an earlier item and not to a later one: the server knows no earlier and later.
        is_suspect |= mode == BatchMode::PerItem && record.links().next().is_some();
        is_suspect |= items.add(index, record.id(), &document(&record).to_string()).await?;
    }
    items.finish().await?;
    if items.indexes.is_empty() {
        return Ok(BatchReport::default());
    }
    let database = databases.of(ctx.tenant()).await?;
    let (job, answer) = Job::new(ctx.clone(), Work::Batch(Box::new(Batch { model, mode, items, is_suspect })));
    database.queue(job).await?;
    match answer.await.unwrap_or_else(|_| Err(Error::internal("the writer ended without an answer")))? {
        Done::Batch(report) => Ok(report),
        other => Err(other.unexpected()),
    }
}

impl Database {
    /// Writes the batch in one commit: at once where nothing speaks against it, else after a look at each item.
    pub(crate) async fn write_batch(
        &self,
        known: &mut Known,
        ctx: &Context,
        batch: &Batch,
    ) -> std::result::Result<Result<BatchReport>, Failure> {
        self.ensure(known, [&batch.model]).await?;
        if !batch.is_suspect {
            match self.send_batch(known, ctx, batch, HashSet::new()).await {
                Ok(created) => return Ok(Ok(BatchReport { created, failures: Vec::new() })),
                Err(Failure::Rejected(said)) => {
                    tracing::debug!(database = self.name, error = %said, "a batch was refused; looking at each item");
                }
                Err(failure) => return Err(failure),
            }
        }
        let mut failures = self.sift(known, ctx, batch).await?;
        let index_of = |at: usize| batch.items.indexes.get(at).copied().unwrap_or_default();
        if batch.mode == BatchMode::Atomic
            && let Some((at, error)) = failures.pop()
        {
            return Ok(Err(error.of_item(index_of(at))));
        }
        let left_out: HashSet<usize> = failures.iter().map(|(at, _)| *at).collect();
        let created = self.send_batch(known, ctx, batch, left_out).await?;
        let failure = |(at, error)| ItemFailure { index: index_of(at), error };
        Ok(Ok(BatchReport { created, failures: failures.into_iter().map(failure).collect() }))
    }

    /// Sends the items but those at these places; answers how many.
    async fn send_batch(
        &self,
        known: &mut Known,
        ctx: &Context,
        batch: &Batch,
        left_out: HashSet<usize>,
    ) -> std::result::Result<u64, Failure> {
        let count = batch.items.indexes.len() - left_out.len();
        if count == 0 {
            return Ok(0);
        }
        let (author, message) = (author_of(ctx), format!("create {count} records of {}", batch.model.name()));
        let end = end_of_line(known.class(&class_name(batch.model.name()))?, &batch.model);
        if let (Some(text), true) = (batch.items.text(), left_out.is_empty()) {
            let write = Write::Insert(match end == LINE_END {
                true => Bytes::copy_from_slice(text.as_bytes()),
                false => Bytes::from(text.replace(LINE_END, &end)),
            });
            self.send_as(known, &write, &author, &message).await?;
            return Ok(count as u64);
        }
        let commit = Commit { author, message, at: known.version.clone() };
        let pieces = batch.items.read().await?.without(left_out, end);
        let committed = self.client.insert_stream(&self.name, Body::wrap_stream(pieces), &commit).await?;
        known.version = committed.version;
        Ok(count as u64)
    }

    /// Looks at each item: the places of those that cannot be written, and why. Of an atomic batch, the first.
    async fn sift(
        &self,
        known: &mut Known,
        ctx: &Context,
        batch: &Batch,
    ) -> std::result::Result<Vec<(usize, Error)>, Failure> {
        let mut reader = batch.items.read().await?;
        let mut sieve = Sieve { ctx, batch, accepted: HashSet::new() };
        let (mut failures, mut at) = (Vec::new(), 0);
        loop {
            let mut chunk: Vec<Record> = Vec::new();
            while chunk.len() < CHUNK_RECORDS
                && let Some(line) = reader.next().await?
            {
                chunk.push(read_document(&batch.model, &line)?);
            }
            if chunk.is_empty() {
                return Ok(failures);
            }
            let found = self.find(known, &mut wanted(&chunk)).await?;
            for record in chunk {
                if let Err(error) = sieve.check(&found, &record) {
                    failures.push((at, error));
                    if batch.mode == BatchMode::Atomic {
                        return Ok(failures);
                    }
                }
                at += 1;
            }
        }
    }
}

/// How a line ends: a document.
const LINE_END: &str = "}\n";

/// How it ends with an empty list for each that the class has and the model has not.
fn end_of_line(class: &Json, model: &Model) -> String {
    let lists = lists_beside(class, model).into_iter().map(|list| format!(",\"{list}\":[]"));
    lists.chain([LINE_END.to_owned()]).collect()
}

fn wanted(chunk: &[Record]) -> Wanted {
    let mut wanted = Wanted::default();
    for record in chunk {
        wanted.target(record.model().name(), record.id());
        want_links(&mut wanted, record);
    }
    wanted
}

/// What decides about the items of a batch, one after the other.
struct Sieve<'a> {
    ctx: &'a Context,
    batch: &'a Batch,
    accepted: HashSet<u128>,
}

impl Sieve<'_> {
    fn check(&mut self, found: &Found, record: &Record) -> Result<()> {
        self.ctx.check_create(record)?;
        if found.targets.contains(record.id()) || self.accepted.contains(&hash_of(record.id())) {
            return Err(already_exists(record.id()));
        }
        let others = match self.batch.mode {
            BatchMode::Atomic => &self.batch.items.ids,
            BatchMode::PerItem => &self.accepted,
        };
        check_links(record, |_, id| found.targets.contains(id) || others.contains(&hash_of(id)))?;
        self.accepted.insert(hash_of(record.id()));
        Ok(())
    }
}
