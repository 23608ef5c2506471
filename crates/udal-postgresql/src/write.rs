//! The operations that write one record.

use std::collections::BTreeSet;

use tokio_postgres::Row;
use udal_core::access::check_within;
use udal_core::contract::refusal::{already_exists, not_found, version_conflict};
use udal_core::contract::{Create, Created, Delete, Deleted, Idempotency, Update};
use udal_core::filter::Predicate;
use udal_core::model::position;
use udal_core::record::{Patch, Record};
use udal_core::{Context, Result};
use udal_pgpool::{Failure, TenantDatabases, can_be_id, idempotency, read_record};
use udal_sql::Statement;
use udal_sql::table::{self, Span, Spot};

use crate::home::Home;

type Attempt<T> = std::result::Result<T, Failure>;

pub(crate) async fn create(databases: &TenantDatabases, ctx: &Context, op: Create) -> Result<Created> {
    let Create { record, idempotency } = op;
    ctx.check_create(&record)?;
    let model = record.model().clone();
    let home = Home::of(databases, ctx, &model)?;
    let spans = Span::of(home.target(), &record).into_iter().collect();
    home.ensure(&spans).await?;
    let created = match insert(&home, &record, idempotency.as_ref()).await {
        Err(Failure::Missing(_)) => {
            home.ensure_again(&spans).await?;
            insert(&home, &record, idempotency.as_ref()).await?
        }
        done => done?,
    };
    Ok(match created {
        Some(earlier) => Created { record: earlier, replayed: true },
        None => Created { record, replayed: false },
    })
}

/// Inserts the record; answers an earlier one where the idempotency key was used.
async fn insert(home: &Home<'_>, record: &Record, idempotency: Option<&Idempotency>) -> Attempt<Option<Record>> {
    let statement = table::insert(home.target(), record);
    let mut connection = home.connect().await?;
    let Some(idempotency) = idempotency else {
        return inserted(connection.execute(&statement).await?, record).map(|()| None);
    };
    let transaction = connection.transaction().await?;
    if let Some(earlier) = idempotency::claim(&transaction, record, idempotency).await? {
        return Ok(Some(earlier));
    }
    inserted(transaction.execute(&statement).await?, record)?;
    transaction.commit().await?;
    Ok(None)
}

fn inserted(touched: u64, record: &Record) -> Attempt<()> {
    if touched == 0 { Err(already_exists(record.id()).into()) } else { Ok(()) }
}

pub(crate) async fn update(databases: &TenantDatabases, ctx: &Context, op: Update) -> Result<Record> {
    let Update { model, id, patch, if_version } = op;
    let home = Home::of(databases, ctx, &model)?;
    let reach = ctx.reach_to_update(&model, &patch)?;
    if !can_be_id(&id) {
        return Err(not_found(&id));
    }
    let spans = span_after(&home, &patch).into_iter().collect();
    let change = Change { home: &home, id: &id, reach: &reach, if_version };
    let rows = home.where_there(&spans, || change.update(&patch)).await?.unwrap_or_default();
    match rows.first() {
        Some(row) => read_record(&model, row),
        None => Err(change.refusal().await?.unwrap_or_else(|| not_found(&id))),
    }
}

/// The partition into which the patch moves a record.
fn span_after(home: &Home<'_>, patch: &Patch) -> Option<Span> {
    let (key, interval) = home.target().partition_key()?;
    Span::containing(patch.change_of(key.position())?.value.as_ref()?, interval)
}

pub(crate) async fn delete(databases: &TenantDatabases, ctx: &Context, op: Delete) -> Result<Option<Deleted>> {
    let Delete { model, id, if_version } = op;
    let home = Home::of(databases, ctx, &model)?;
    let reach = ctx.reach_to_delete(&model)?;
    if !can_be_id(&id) {
        return Ok(None);
    }
    let change = Change { home: &home, id: &id, reach: &reach, if_version };
    let Some(rows) = home.where_there(&BTreeSet::new(), || change.delete()).await? else { return Ok(None) };
    match rows.first() {
        Some(row) => Ok(Some(Deleted { record: read_record(&model, row)?, unlinked: Vec::new() })),
        None => change.refusal().await?.map_or(Ok(None), Err),
    }
}

/// A change of one record that must be in reach and, where that is asked, at a version.
struct Change<'a> {
    home: &'a Home<'a>,
    id: &'a str,
    reach: &'a Predicate,
    if_version: Option<i64>,
}

impl Change<'_> {
    async fn update(&self, patch: &Patch) -> Attempt<Vec<Row>> {
        // The version counts up with every change.
        let mut changed = patch.changes().iter().map(|change| change.field.position()).chain([position::VERSION]);
        let may_leave_reach = changed.any(|position| self.reach.mentions(position));
        let statement = |spot: &Spot<'_>| table::update(self.home.target(), spot, patch, self.reach, self.if_version);
        self.run(statement, may_leave_reach).await
    }

    async fn delete(&self) -> Attempt<Vec<Row>> {
        let statement = |spot: &Spot<'_>| table::delete(self.home.target(), spot, self.reach, self.if_version);
        self.run(statement, false).await
    }

    /// Runs the statement on the record's spot: alone where it stands for itself, in a transaction where another statement
    /// must hold with it, because the record may move meanwhile or is checked afterwards.
    async fn run(&self, statement: impl Fn(&Spot<'_>) -> Statement, check_reach: bool) -> Attempt<Vec<Row>> {
        let mut connection = self.home.connect().await?;
        let target = self.home.target();
        if !target.moves() && !check_reach {
            let spot = match table::key_of(target, self.id, false) {
                None => Some(Spot { id: self.id, key: None }),
                Some(key_of) => self.home.spot(self.id, &connection.query(&key_of).await?)?,
            };
            return match spot {
                None => Ok(Vec::new()),
                Some(spot) => Ok(connection.query(&statement(&spot)).await?),
            };
        }
        let transaction = connection.transaction().await?;
        let spot = match table::key_of(target, self.id, true) {
            None => Some(Spot { id: self.id, key: None }),
            Some(key_of) => self.home.spot(self.id, &transaction.query(&key_of).await?)?,
        };
        let Some(spot) = spot else { return Ok(Vec::new()) };
        let rows = transaction.query(&statement(&spot)).await?;
        if let (true, Some(row)) = (check_reach, rows.first()) {
            check_within(self.reach, &read_record(self.home.model(), row)?)?;
        }
        transaction.commit().await?;
        Ok(rows)
    }

    /// Why no row was touched, where it is not that there is none: the version.
    async fn refusal(&self) -> Result<Option<udal_core::Error>> {
        let Some(given) = self.if_version else { return Ok(None) };
        match self.run(|spot| table::version_of(self.home.target(), spot, self.reach), false).await {
            Err(Failure::Missing(_)) => Ok(None),
            rows => Ok((!rows?.is_empty()).then(|| version_conflict(self.id, given))),
        }
    }
}
