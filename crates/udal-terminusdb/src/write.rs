//! Creating, changing and deleting one record: what waits for the tenant's writer.

use std::sync::Arc;

use udal_core::contract::refusal::not_found;
use udal_core::contract::{Create, Created, Delete, Deleted, Update};
use udal_core::record::Record;
use udal_core::{Context, Result};

use crate::database::Database;
use crate::read::can_be_id;
use crate::tenant::Databases;
use crate::writer::{Done, Job, Work};

pub(crate) async fn create(databases: &Databases, ctx: &Context, op: Create) -> Result<Created> {
    ctx.check_create(&op.record)?;
    let database = databases.of(ctx.tenant()).await?;
    match write(&database, ctx, Work::Create(Box::new(op))).await? {
        Done::Created(created) => Ok(*created),
        other => Err(other.unexpected()),
    }
}

pub(crate) async fn update(databases: &Databases, ctx: &Context, op: Update) -> Result<Record> {
    ctx.reach_to_update(&op.model, &op.patch)?;
    if !can_be_id(&op.model, &op.id) {
        return Err(not_found(&op.id));
    }
    let Some(database) = databases.find(ctx.tenant()).await? else { return Err(not_found(&op.id)) };
    match write(&database, ctx, Work::Update(Box::new(op))).await? {
        Done::Updated(record) => Ok(*record),
        other => Err(other.unexpected()),
    }
}

pub(crate) async fn delete(databases: &Databases, ctx: &Context, op: Delete) -> Result<Option<Deleted>> {
    ctx.reach_to_delete(&op.model)?;
    if !can_be_id(&op.model, &op.id) {
        return Ok(None);
    }
    let Some(database) = databases.find(ctx.tenant()).await? else { return Ok(None) };
    match write(&database, ctx, Work::Delete(Box::new(op))).await? {
        Done::Deleted(deleted) => Ok(deleted.map(|deleted| *deleted)),
        other => Err(other.unexpected()),
    }
}

async fn write(database: &Arc<Database>, ctx: &Context, work: Work) -> Result<Done> {
    let (job, answer) = Job::new(ctx.clone(), work);
    database.queue(job).await?;
    answer.await.unwrap_or_else(|_| Err(udal_core::Error::internal("the writer ended without an answer")))
}
