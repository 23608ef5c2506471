//! Deleting a document, and what becomes of the links that lead to it.

use serde_json::{Map, Value as Json};
use tokio_postgres::Row;
use udal_core::contract::refusal::still_linked;
use udal_core::contract::{Delete, Deleted, Touched};
use udal_core::model::{Model, OnDelete, Shape};
use udal_core::record::Record;
use udal_core::{Context, Result};
use udal_pgpool::{Failure, TenantDatabases, Transaction, read_text};
use udal_sql::document;

use crate::documents::{read_body, read_document};
use crate::home::{ATTEMPTS, Home};
use crate::write::{Attempt, Change};

pub(crate) async fn delete(databases: &TenantDatabases, ctx: &Context, op: Delete) -> Result<Option<Deleted>> {
    let Delete { model, id, if_version } = op;
    let home = Home::of(databases, ctx);
    let reach = ctx.reach_to_write(&model)?;
    let change = Change { ctx, home: &home, model: &model, id: &id, reach: &reach, if_version };
    for _ in 0..ATTEMPTS {
        match change.delete().await {
            Err(Failure::Overtaken(_)) => {}
            Err(Failure::Missing(_)) => return Ok(None),
            Ok(None) => return change.refusal().await?.map_or(Ok(None), Err),
            Ok(deleted) => return Ok(deleted),
            Err(Failure::Error(error)) => return Err(error),
        }
    }
    Err(Failure::overtaken().into())
}

impl Change<'_> {
    async fn delete(&self) -> Attempt<Option<Deleted>> {
        let mut connection = self.home.connect().await?;
        let transaction = connection.transaction().await?;
        let lock = document::lock_document(self.model, self.id, self.reach, self.if_version);
        let rows = transaction.query(&lock).await?;
        let Some(record) = rows.first().map(|row| read_document(self.model, row)).transpose()? else { return Ok(None) };
        let unlinked = if self.model.incoming_links().is_empty() {
            Vec::new()
        } else {
            unlink(&transaction, self.model, &record).await?
        };
        transaction.execute(&document::delete(self.id)).await?;
        transaction.commit().await?;
        Ok(Some(Deleted { record, unlinked }))
    }
}

/// Takes the links to `record` out of the documents that hold them, where its model allows that.
async fn unlink(transaction: &Transaction<'_>, model: &Model, record: &Record) -> Attempt<Vec<Touched>> {
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
        let body = without_links(&linker, model, record.id())?;
        transaction.execute(&document::replace_body(&linker.id, Json::Object(body))).await?;
        unlinked.push(Touched { model: linker.model, id: linker.id, version: linker.version + 1 });
    }
    unlinked.sort();
    Ok(unlinked)
}

/// A document that links to the one to delete.
struct Linker {
    model: String,
    id: String,
    version: i64,
    body: Map<String, Json>,
}

impl Linker {
    fn read(row: &Row) -> Attempt<Self> {
        Ok(Linker {
            model: read_text(row, 0)?,
            id: read_text(row, 1)?,
            version: row.try_get(2)?,
            body: read_body(row, 3)?,
        })
    }
}

/// The linker's body without its links to `id`. A required link stays, and so does the record that it leads to.
fn without_links(linker: &Linker, model: &Model, id: &str) -> Attempt<Map<String, Json>> {
    let mut body = linker.body.clone();
    for link in model.incoming_links().iter().filter(|link| link.model == linker.model) {
        let kept = match body.get(&link.field) {
            Some(Json::String(target)) if target == id && !link.field_type.optional => {
                return Err(still_linked(id).into());
            }
            Some(Json::String(target)) if target == id => None,
            Some(Json::Array(items)) => {
                let kept: Vec<Json> = items.iter().filter(|item| item.as_str() != Some(id)).cloned().collect();
                let is_missing = kept.is_empty() && link.field_type.shape == Shape::Set;
                (!is_missing).then_some(Json::Array(kept))
            }
            _ => continue,
        };
        match kept {
            Some(value) => body.insert(link.field.clone(), value),
            None => body.remove(&link.field),
        };
    }
    Ok(body)
}
