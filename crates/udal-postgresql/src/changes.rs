//! The batches that change records: a chunk's records are locked and read at once, and written at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use udal_core::contract::{Answer, BatchDelete, BatchMode, BatchUpdate, ChangeReport, Upsert};
use udal_core::model::{Field, Model, position};
use udal_core::record::Record;
use udal_core::value::Value;
use udal_core::{Context, Error, Result};
use udal_pgpool::{
    ChangeItem, ChunkWriter, Chunks, Connection, CopyWriter, Failure, Slate, TenantDatabases, Transaction, can_be_id,
    change_items, copy_failure, nothing_there, read_record, read_text, read_value, run_changes,
};
use udal_sql::table::{self, LockFor, Span, Spots};
use udal_sql::{SqlType, column_type};

use crate::home::Home;

type Attempt<T> = std::result::Result<T, Failure>;

pub(crate) async fn upsert(databases: &TenantDatabases, ctx: &Context, op: Upsert<'_>) -> Result<ChangeReport> {
    let Upsert { model, items, mode, answer } = op;
    let home = Home::of(databases, ctx, &model)?;
    let chunks = databases.chunks(change_items(items, ChangeItem::Upsert)).await?;
    home.ensure_table().await?;
    let connection = match there(&home).await {
        // What was made before may be gone: another process dropped the tenant.
        Ok(None) | Err(Failure::Missing(_)) => {
            home.ensure_again(&BTreeSet::new()).await?;
            home.connect().await?
        }
        Ok(Some(connection)) => connection,
        Err(failure) => return Err(failure.into()),
    };
    let writer = TableWriter::new(ctx, &home, mode, answer, LockFor::ChangeOrCreate);
    writer.run(connection, chunks).await
}

pub(crate) async fn batch_update(
    databases: &TenantDatabases,
    ctx: &Context,
    op: BatchUpdate<'_>,
) -> Result<ChangeReport> {
    let BatchUpdate { model, items, mode, answer } = op;
    let home = Home::of(databases, ctx, &model)?;
    let writer = TableWriter::new(ctx, &home, mode, answer, LockFor::Change);
    let chunks = databases.chunks(change_items(items, ChangeItem::Update)).await?;
    writer.run_where_there(&model, chunks).await
}

pub(crate) async fn batch_delete(
    databases: &TenantDatabases,
    ctx: &Context,
    op: BatchDelete<'_>,
) -> Result<ChangeReport> {
    let BatchDelete { model, items, mode, answer } = op;
    let home = Home::of(databases, ctx, &model)?;
    let writer = TableWriter::new(ctx, &home, mode, answer, LockFor::Delete);
    let chunks = databases.chunks(change_items(items, ChangeItem::Delete)).await?;
    writer.run_where_there(&model, chunks).await
}

/// A connection to where the table is; `None` where there is no table.
async fn there(home: &Home<'_>) -> Attempt<Option<Connection>> {
    let connection = home.connect().await?;
    let found = connection.query(&table::has_table(home.target())).await?;
    Ok((!found.is_empty()).then_some(connection))
}

/// Writes the chunks of a batch into a table.
struct TableWriter<'a> {
    ctx: &'a Context,
    home: &'a Home<'a>,
    mode: BatchMode,
    answer: Answer,
    purpose: LockFor,
    /// The partitions to make again before the next attempt: then nothing of this one holds a lock that may be needed.
    lost: Option<BTreeSet<Span>>,
}

impl<'a> TableWriter<'a> {
    fn new(ctx: &'a Context, home: &'a Home<'a>, mode: BatchMode, answer: Answer, purpose: LockFor) -> Self {
        TableWriter { ctx, home, mode, answer, purpose, lost: None }
    }
}

impl TableWriter<'_> {
    /// Makes nothing where there is no table: then there is no record to change.
    async fn run_where_there(self, model: &Arc<Model>, chunks: Chunks<'_, ChangeItem>) -> Result<ChangeReport> {
        let found = match self.home.follow_model().await {
            Ok(()) => there(self.home).await,
            Err(failure) => Err(failure),
        };
        match found {
            Ok(None) | Err(Failure::Missing(_)) => nothing_there(self.ctx, model, self.mode, chunks).await,
            found => match found? {
                Some(connection) => self.run(connection, chunks).await,
                None => Ok(ChangeReport::default()),
            },
        }
    }

    async fn run(mut self, mut connection: Connection, chunks: Chunks<'_, ChangeItem>) -> Result<ChangeReport> {
        run_changes(&mut connection, chunks, &mut self).await
    }

    /// The records of the chunk, locked and read.
    async fn locked<'s>(&'s self, transaction: &Transaction<'_>, chunk: &[(u64, ChangeItem)]) -> Attempt<Slate<'s>> {
        let (target, model) = (self.home.target(), self.home.model());
        let mut slate = Slate::new(self.ctx, model, self.answer);
        let Ok(reach) = slate.reach(self.purpose) else {
            // Every item says why.
            return Ok(slate);
        };
        let ids: BTreeSet<&str> = chunk.iter().map(|(_, item)| item.id()).filter(|id| can_be_id(id)).collect();
        let ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
        let spots = match table::keys_of(target, ids.iter().cloned()) {
            None => Spots { ids, keys: Vec::new() },
            Some(statement) => self.spots(&transaction.query(&statement).await?)?,
        };
        if spots.ids.is_empty() {
            return Ok(slate);
        }
        for row in transaction.query(&table::lock_records(target, &spots, &reach, self.purpose)).await? {
            let is_seen = self.purpose != LockFor::ChangeOrCreate || row.try_get(model.fields().len())?;
            if is_seen {
                slate.found(read_record(model, &row)?);
            } else {
                slate.hidden(read_text(&row, position::ID)?);
            }
        }
        Ok(slate)
    }

    fn spots(&self, rows: &[tokio_postgres::Row]) -> Result<Spots> {
        let mut spots = Spots::default();
        let Some((key, _)) = self.home.target().partition_key() else { return Ok(spots) };
        for row in rows {
            let value = read_value(row, 1, key.field_type())?;
            spots.keys.push(value.ok_or_else(|| Error::internal("an id without a partition"))?);
            spots.ids.push(read_text(row, 0)?);
        }
        Ok(spots)
    }

    /// Where these records are.
    fn spots_of(&self, records: &[&Record]) -> Spots {
        let key = self.home.target().partition_key().map(|(key, _)| key);
        Spots {
            ids: records.iter().map(|record| record.id().to_owned()).collect(),
            keys: records.iter().filter_map(|record| record.get(key?).cloned()).collect(),
        }
    }

    async fn create(&self, transaction: &Transaction<'_>, records: &[&Record]) -> Attempt<()> {
        let (target, model) = (self.home.target(), self.home.model());
        if records.is_empty() {
            return Ok(());
        }
        if let (Some(text), Some((key, _))) = (table::copy_ids(target), target.partition_key()) {
            let columns = [model.fields().first().map(AsRef::as_ref), Some(key)];
            let fields: Vec<&Field> = columns.into_iter().flatten().collect();
            copy(transaction, &text, &fields, records).await?;
        }
        let fields: Vec<&Field> = model.fields().iter().map(AsRef::as_ref).collect();
        copy(transaction, &table::copy(target), &fields, records).await
    }

    async fn update(&self, transaction: &Transaction<'_>, slate: &Slate<'_>) -> Attempt<()> {
        let target = self.home.target();
        let records = slate.changed_records();
        if records.is_empty() {
            return Ok(());
        }
        let fields: Vec<&Field> = slate.changed_fields().into_iter().map(AsRef::as_ref).collect();
        transaction.batch(&table::create_stage(target, &fields)).await?;
        let types = table::stage_columns(target, &fields);
        let key = target.partition_key().map(|(key, _)| key);
        let mut keys: Vec<Value> = Vec::new();
        let mut writer = CopyWriter::start(transaction, &table::copy_stage()).await?;
        for (before, now) in &records {
            let named = [position::ID, position::VERSION].map(|at| now.values().get(at).and_then(Option::as_ref));
            let was = key.map(|key| before.get(key));
            keys.extend(was.flatten().cloned());
            let values = named.into_iter().chain(fields.iter().map(|field| now.get(field))).chain(was);
            let cells: Vec<(SqlType, Option<&Value>)> = types.iter().copied().zip(values).collect();
            writer.row(cells.into_iter()).await?;
        }
        writer.finish().await?;
        let statements = table::update_from_stage(target, &fields, &keys);
        for (at, statement) in statements.iter().enumerate() {
            let touched = transaction.execute(statement).await?;
            if at == 0 && touched != records.len() as u64 {
                return Err(Error::internal(format!("changed {touched} of {} locked records", records.len())).into());
            }
        }
        transaction.batch(table::drop_stage()).await?;
        Ok(())
    }

    async fn delete(&self, transaction: &Transaction<'_>, records: &[&Record]) -> Attempt<()> {
        if records.is_empty() {
            return Ok(());
        }
        for statement in table::delete_records(self.home.target(), &self.spots_of(records)) {
            transaction.execute(&statement).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl ChunkWriter for TableWriter<'_> {
    async fn write(&mut self, transaction: &Transaction<'_>, chunk: &[(u64, ChangeItem)]) -> Attempt<ChangeReport> {
        if let Some(lost) = self.lost.take() {
            self.home.ensure_partitions_again(&lost).await?;
        }
        let mut spans = BTreeSet::new();
        match self.write_in(transaction, chunk, &mut spans).await {
            // What was made before is gone: a partition, a column.
            Err(failure @ Failure::Missing(_)) => {
                self.lost = Some(spans);
                Err(Failure::Overtaken(failure.into()))
            }
            written => written,
        }
    }
}

impl TableWriter<'_> {
    /// Writes the chunk; notes the partitions that it needs in `spans`.
    async fn write_in(
        &self,
        transaction: &Transaction<'_>,
        chunk: &[(u64, ChangeItem)],
        spans: &mut BTreeSet<Span>,
    ) -> Attempt<ChangeReport> {
        let mut slate = self.locked(transaction, chunk).await?;
        slate.apply_all(chunk, self.mode, &mut |_, _, _| Ok(()))?;
        let (new, changed) = (slate.new_records(), slate.changed_records());
        let written = new.iter().copied().chain(changed.into_iter().map(|(_, now)| now));
        spans.extend(written.filter_map(|record| Span::of(self.home.target(), record)));
        self.home.ensure_partitions(spans).await?;
        self.create(transaction, &new).await?;
        self.update(transaction, &slate).await?;
        self.delete(transaction, &slate.deleted_records()).await?;
        Ok(slate.into_report())
    }
}

/// Streams the cells of these fields of each record.
async fn copy(transaction: &Transaction<'_>, text: &str, fields: &[&Field], records: &[&Record]) -> Attempt<()> {
    let types: Vec<SqlType> = fields.iter().map(|field| column_type(field.field_type())).collect();
    let mut writer = CopyWriter::start(transaction, text).await?;
    for record in records {
        let cells: Vec<_> = types.iter().copied().zip(fields.iter().map(|field| record.get(field))).collect();
        writer.row(cells.into_iter()).await.map_err(copy_failure)?;
    }
    writer.finish().await.map_err(|error| copy_failure(error.into()))?;
    Ok(())
}
