//! Deleting a document, and what becomes of the links that lead to it.

use serde_json::{Map, Value as Json};
use tokio_postgres::Row;
use udal_core::contract::refusal::still_linked;
use udal_core::contract::{Delete, Deleted, Touched};
use udal_core::model::{Model, OnDelete, Shape};
use udal_core::record::Record;
use udal_core::{Context, Result};
use udal_pgpool::{Failure, TenantDatabases, Transaction, can_be_id, read_text};
use udal_sql::document;

use crate::documents::read_body;
use crate::home::{ATTEMPTS, Home};
use crate::write::{Attempt, Change};

pub(crate) async fn delete(databases: &TenantDatabases, ctx: &Context, op: Delete) -> Result<Option<Deleted>> {
    let Delete { model, id, if_version } = op;
    let home = Home::of(databases, ctx);
    let reach = ctx.reach_to_delete(&model)?;
    if !can_be_id(&id) {
        return Ok(None);
    }
    let change = Change { home: &home, model: &model, id: &id, reach: &reach, if_version };
    for _ in 0..ATTEMPTS {
        match change.delete().await {
            Err(Failure::Overtaken(_)) => {}
            Err(Failure::Missing(_)) => return Ok(None),
            Ok(None) => return change.refusal().await?.map_or(Ok(None), Err),
            Ok(deleted) => return Ok(deleted),
            Err(Failure::Locked(error) | Failure::Error(error)) => return Err(error),
        }
    }
    Err(Failure::overtaken().into())
}

impl Change<'_> {
    /// Deletes the document: in one statement where no model's links can be in the way.
    async fn delete(&self) -> Attempt<Option<Deleted>> {
        let mut connection = self.home.connect().await?;
        let transaction = connection.transaction().await?;
        if self.model.incoming_links().is_empty() && !self.model.fields().iter().any(|field| field.is_link()) {
            let statement = document::delete_plain(self.model, self.id, self.reach, self.if_version);
            let record = self.first(&transaction.query(&statement).await?)?;
            transaction.commit().await?;
            return Ok(record.map(|record| Deleted { record, unlinked: Vec::new() }));
        }
        let lock = document::lock_document(self.model, self.id, self.reach, self.if_version);
        let Some(record) = self.first(&transaction.query(&lock).await?)? else { return Ok(None) };
        let unlinked = unlink(&transaction, self.model, &record).await?;
        transaction.execute(&document::delete(self.id)).await?;
        transaction.commit().await?;
        Ok(Some(Deleted { record, unlinked }))
    }
}

/// Takes the links to `record` out of the documents that hold them, where its model allows that.
async fn unlink(transaction: &Transaction<'_>, model: &Model, record: &Record) -> Attempt<Vec<Touched>> {
    if model.incoming_links().is_empty() {
        return Ok(Vec::new());
    }
    let rows = transaction.query(&document::incoming(record.id())).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    if model.on_delete() == OnDelete::Restrict {
        return Err(still_linked(record.id()).into());
    }
    let mut unlinked = Vec::with_capacity(rows.len());
    for row in &rows {
        let linker = Linker::read(row)?;
        let left = left_of(&linker, model, record.id())?;
        // Another took the link out while this delete waited for the document.
        if left.is_empty() {
            continue;
        }
        transaction.execute(&document::unlink(&linker.id, left.kept, left.cleared)).await?;
        unlinked.push(Touched { model: linker.model, id: linker.id, version: linker.version + 1 });
    }
    unlinked.sort();
    Ok(unlinked)
}

/// A document that links to the one to delete.
pub(crate) struct Linker {
    pub(crate) model: String,
    pub(crate) id: String,
    pub(crate) version: i64,
    pub(crate) body: Map<String, Json>,
}

impl Linker {
    pub(crate) fn read(row: &Row) -> Attempt<Self> {
        Ok(Linker {
            model: read_text(row, 0)?,
            id: read_text(row, 1)?,
            version: row.try_get(2)?,
            body: read_body(row, 3)?,
        })
    }
}

/// What is left of the fields that hold a link, without it.
#[derive(Default)]
pub(crate) struct Left {
    pub(crate) kept: Map<String, Json>,
    pub(crate) cleared: Vec<String>,
}

impl Left {
    /// Whether there was no link to take out.
    pub(crate) fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.cleared.is_empty()
    }
}

/// What is left of the linker's fields that link to `id`. A required link stays, and so does what it leads to.
pub(crate) fn left_of(linker: &Linker, model: &Model, id: &str) -> Attempt<Left> {
    let mut left = Left::default();
    for link in model.incoming_links().iter().filter(|link| link.model == linker.model) {
        match linker.body.get(&link.field) {
            Some(Json::String(target)) if target == id => {
                if !link.field_type.optional {
                    return Err(still_linked(id).into());
                }
                left.cleared.push(link.field.clone());
            }
            Some(Json::Array(items)) if items.iter().any(|item| item.as_str() == Some(id)) => {
                let kept: Vec<Json> = items.iter().filter(|item| item.as_str() != Some(id)).cloned().collect();
                if kept.is_empty() && link.field_type.shape == Shape::Set {
                    left.cleared.push(link.field.clone());
                } else {
                    left.kept.insert(link.field.clone(), Json::Array(kept));
                }
            }
            _ => {}
        }
    }
    Ok(left)
}
