//! The operations that read.

use std::cmp::Ordering;

use udal_core::contract::{Count, Get, List, Page, Search, Start};
use udal_core::filter::{Predicate, evaluate};
use udal_core::model::Model;
use udal_core::record::Record;
use udal_core::{Action, Context, Result};

use crate::store::Store;

/// The tenant's records of `model` that are in reach and for which `filter` is true, in the order of their ids.
fn found<'s>(store: &'s Store, ctx: &Context, model: &Model, filter: &Predicate) -> Result<Vec<&'s Record>> {
    let reach = ctx.reach(model, Action::View);
    let records = store.home(ctx, model).into_iter().flat_map(|tenant| tenant.records(model.name()));
    Ok(records.filter(|record| evaluate(&reach, record) && evaluate(filter, record)).collect())
}

pub(crate) fn get(store: &Store, ctx: &Context, op: Get) -> Result<Option<Record>> {
    let Get { model, id } = op;
    let reach = ctx.reach(&model, Action::View);
    let record = store.home(ctx, &model).and_then(|tenant| tenant.get(model.name(), &id));
    Ok(record.filter(|record| evaluate(&reach, record)).cloned())
}

pub(crate) fn list(store: &Store, ctx: &Context, op: List) -> Result<Page> {
    let List { model, filter, order, limit, start } = op;
    let mut records = found(store, ctx, &model, &filter)?;
    records.sort_by(|a, b| order.compare(a, b));
    let from = match start {
        Start::Beginning => 0,
        Start::Skip(count) => usize::try_from(count).unwrap_or(usize::MAX),
        Start::After(position) => {
            records.partition_point(|record| order.compare_position(record, &position) != Ordering::Greater)
        }
    };
    let one_more = limit.saturating_add(1);
    Ok(Page::cut(records.into_iter().skip(from).take(one_more).cloned().collect(), limit))
}

pub(crate) fn search(store: &Store, ctx: &Context, op: Search) -> Result<Vec<Record>> {
    let Search { model, query, limit } = op;
    let records = found(store, ctx, &model, &Predicate::always())?;
    Ok(records.into_iter().filter(|record| query.finds(record)).take(limit).cloned().collect())
}

pub(crate) fn count(store: &Store, ctx: &Context, op: Count) -> Result<u64> {
    let Count { model, filter } = op;
    Ok(found(store, ctx, &model, &filter)?.len() as u64)
}
