//! Creating and changing one document.

use std::collections::HashSet;
use std::sync::Arc;

use tokio_postgres::Row;
use udal_core::access::check_within;
use udal_core::contract::refusal::{already_exists, not_found, version_conflict};
use udal_core::contract::{Create, Created, Idempotency, Update};
use udal_core::filter::Predicate;
use udal_core::model::Model;
use udal_core::record::{Patch, Record};
use udal_core::{Context, Error, Result};
use udal_pgpool::{Failure, TenantDatabases, Transaction, can_be_id, idempotency};
use udal_sql::{Statement, document};

use crate::documents::read_document;
use crate::home::{ATTEMPTS, Home};
use crate::links::{check_links, links_of, locked, targets_of};

pub(crate) type Attempt<T> = std::result::Result<T, Failure>;

pub(crate) async fn create(databases: &TenantDatabases, ctx: &Context, op: Create) -> Result<Created> {
    let Create { record, idempotency } = op;
    ctx.check_create(&record)?;
    let home = Home::of(databases, ctx);
    home.ensure().await?;
    let mut is_remade = false;
    for _ in 0..ATTEMPTS {
        match insert(&home, &record, idempotency.as_ref()).await {
            Err(Failure::Overtaken(_)) => {}
            Err(Failure::Missing(_)) if !is_remade => {
                home.ensure_again().await?;
                is_remade = true;
            }
            done => {
                return Ok(match done? {
                    Some(earlier) => Created { record: earlier, replayed: true },
                    None => Created { record, replayed: false },
                });
            }
        }
    }
    Err(Failure::overtaken().into())
}

/// Inserts the document; answers an earlier one where the idempotency key was used.
async fn insert(home: &Home<'_>, record: &Record, idempotency: Option<&Idempotency>) -> Attempt<Option<Record>> {
    let links = links_of(record);
    let statement = document::insert(record, &links, &targets_of(&links));
    let mut connection = home.connect().await?;
    let Some(idempotency) = idempotency else {
        return match refusal(record, &connection.query(&statement).await?)? {
            None => Ok(None),
            // The id comes before the links, as in every backend.
            Some(refused) => {
                let taken = connection.query(&document::exists([record.id().to_owned()])).await?;
                Err(if taken.is_empty() { refused } else { already_exists(record.id()) }.into())
            }
        };
    };
    let transaction = connection.transaction().await?;
    if let Some(earlier) = idempotency::claim(&transaction, record, idempotency).await? {
        return Ok(Some(earlier));
    }
    if let Some(refused) = refusal(record, &transaction.query(&statement).await?)? {
        let taken = transaction.query(&document::exists([record.id().to_owned()])).await?;
        return Err(if taken.is_empty() { refused } else { already_exists(record.id()) }.into());
    }
    transaction.commit().await?;
    Ok(None)
}

/// Why an insert wrote nothing, by the row that it answered; `None` where it wrote.
fn refusal(record: &Record, rows: &[Row]) -> Attempt<Option<Error>> {
    let Some(row) = rows.first() else { return Ok(Some(already_exists(record.id()))) };
    let found: Vec<String> = row.try_get(0)?;
    let written: bool = row.try_get(1)?;
    if written {
        return Ok(None);
    }
    let found: HashSet<String> = found.into_iter().collect();
    Ok(Some(check_links(record, |id| found.contains(id)).err().unwrap_or_else(|| already_exists(record.id()))))
}

pub(crate) async fn update(databases: &TenantDatabases, ctx: &Context, op: Update) -> Result<Record> {
    let Update { model, id, patch, if_version } = op;
    let home = Home::of(databases, ctx);
    let reach = ctx.reach_to_update(&model, &patch)?;
    if !can_be_id(&id) {
        return Err(not_found(&id));
    }
    let change = Change { home: &home, model: &model, id: &id, reach: &reach, if_version };
    for _ in 0..ATTEMPTS {
        match change.update(&patch).await {
            Err(Failure::Overtaken(_)) => {}
            Err(Failure::Missing(_)) => return Err(not_found(&id)),
            Ok(None) => return Err(change.refusal().await?.unwrap_or_else(|| not_found(&id))),
            Ok(Some(record)) => return Ok(record),
            Err(Failure::Locked(error) | Failure::Error(error)) => return Err(error),
        }
    }
    Err(Failure::overtaken().into())
}

/// A change of one document that must be in reach and, where that is asked, at a version.
pub(crate) struct Change<'a> {
    pub(crate) home: &'a Home<'a>,
    pub(crate) model: &'a Arc<Model>,
    pub(crate) id: &'a str,
    pub(crate) reach: &'a Predicate,
    pub(crate) if_version: Option<i64>,
}

impl Change<'_> {
    /// Changes the document, and looks at it before it is committed: whether it can be read, is in reach, and its links lead
    /// somewhere.
    async fn update(&self, patch: &Patch) -> Attempt<Option<Record>> {
        let statement = document::update(self.model, self.id, patch, self.reach, self.if_version);
        let link_fields: Vec<String> =
            patch.changes().iter().filter(|c| c.field.is_link()).map(|c| c.field.name().to_owned()).collect();
        let mut connection = self.home.connect().await?;
        let transaction = connection.transaction().await?;
        let Some(record) = self.first(&transaction.query(&statement).await?)? else { return Ok(None) };
        check_within(self.reach, &record)?;
        self.relink(&transaction, &record, link_fields).await?;
        transaction.commit().await?;
        Ok(Some(record))
    }

    pub(crate) fn first(&self, rows: &[Row]) -> Attempt<Option<Record>> {
        Ok(rows.first().map(|row| read_document(self.model, row)).transpose()?)
    }

    /// Checks the links that changed, and puts them in the place of those that were there.
    async fn relink(&self, transaction: &Transaction<'_>, record: &Record, fields: Vec<String>) -> Attempt<()> {
        if fields.is_empty() {
            return Ok(());
        }
        let mut links = links_of(record);
        links.retain(|link| fields.contains(&link.field));
        let found = locked(transaction, targets_of(&links)).await?;
        let is_kept = |id: &str| found.contains(id) || !links.iter().any(|link| link.target == id);
        check_links(record, is_kept)?;
        transaction.execute(&document::delete_links(self.id, fields)).await?;
        transaction.execute(&document::insert_links(&links)).await?;
        Ok(())
    }

    /// Why no document was touched, where it is not that there is none: the version.
    pub(crate) async fn refusal(&self) -> Result<Option<Error>> {
        let Some(given) = self.if_version else { return Ok(None) };
        let statement = document::version_of(self.model, self.id, self.reach);
        match self.rows(&statement).await {
            Err(Failure::Missing(_)) => Ok(None),
            rows => Ok((!rows?.is_empty()).then(|| version_conflict(self.id, given))),
        }
    }

    async fn rows(&self, statement: &Statement) -> Attempt<Vec<Row>> {
        Ok(self.home.connect().await?.query(statement).await?)
    }
}
