//! The operations that read: one request each.

use serde_json::value::RawValue;
use udal_core::contract::{Count, Get, List, Page, Search};
use udal_core::model::Model;
use udal_core::record::{Record, read_id};
use udal_core::{Action, Context, Result};
use udal_graph::{Request, class_name, read_count, read_records};

use std::sync::Arc;

use crate::failure::Failure;
use crate::tenant::Databases;
use crate::writer::{Job, Work};

/// Whether a record of `model` can have that id: no other is asked for, since its node would have another's name.
pub(crate) fn can_be_id(model: &Model, id: &str) -> bool {
    read_id(model, id).is_ok()
}

pub(crate) async fn get(databases: &Databases, ctx: &Context, op: Get) -> Result<Option<Record>> {
    let Get { model, id } = op;
    let request = udal_graph::get(&model, &id, &ctx.reach(&model, Action::View))?;
    if !can_be_id(&model, &id) {
        return Ok(None);
    }
    Ok(records(databases, ctx, &model, &request).await?.pop())
}

pub(crate) async fn list(databases: &Databases, ctx: &Context, op: List) -> Result<Page> {
    let List { model, filter, order, limit, start } = op;
    let filter = filter.and(ctx.reach(&model, Action::View));
    let request = udal_graph::list(&model, &filter, &order, limit, &start)?;
    Ok(Page::cut(records(databases, ctx, &model, &request).await?, limit))
}

pub(crate) async fn search(databases: &Databases, ctx: &Context, op: Search) -> Result<Vec<Record>> {
    let Search { model, query, limit } = op;
    let request = udal_graph::search(&model, &query, &ctx.reach(&model, Action::View), limit)?;
    records(databases, ctx, &model, &request).await
}

pub(crate) async fn count(databases: &Databases, ctx: &Context, op: Count) -> Result<u64> {
    let Count { model, filter } = op;
    let request = udal_graph::count(&model, &filter.and(ctx.reach(&model, Action::View)))?;
    data(databases, ctx, &model, &request).await?.map_or(Ok(0), |data| read_count(&data))
}

async fn records(databases: &Databases, ctx: &Context, model: &Arc<Model>, request: &Request) -> Result<Vec<Record>> {
    let data = data(databases, ctx, model, request).await?;
    data.map_or(Ok(Vec::new()), |data| read_records(model, &data))
}

/// What is under `data`; none where the database or the class was never made.
async fn data(
    databases: &Databases,
    ctx: &Context,
    model: &Arc<Model>,
    request: &Request,
) -> Result<Option<Box<RawValue>>> {
    let Some(mut database) = databases.find(ctx.tenant()).await? else { return Ok(None) };
    let mut asked = database.client.ask(&database.name, request).await;
    if let Err(Failure::Missing(_)) = asked {
        let Some(elsewhere) = databases.found_elsewhere(&database).await? else { return Ok(None) };
        database = elsewhere;
        asked = database.client.ask(&database.name, request).await;
    }
    let said = match asked {
        Ok(data) => return Ok(Some(data)),
        Err(Failure::Missing(_)) => return Ok(None),
        Err(Failure::Rejected(said)) if said.is_unknown_name() => said,
        Err(failure) => return Err(failure.into()),
    };
    if said.is_unknown_class(&class_name(model.name())) {
        return Ok(None);
    }
    // The model has fields that the class lacks: it is brought up to the model, and asked again.
    let (job, answer) = Job::new(ctx.clone(), Work::Ensure(Arc::clone(model)));
    database.queue(job).await?;
    answer.await.unwrap_or_else(|_| Err(udal_core::Error::internal("the writer ended without an answer")))?;
    Ok(Some(database.client.ask(&database.name, request).await?))
}
