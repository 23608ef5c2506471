//! The operations that read.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use udal_core::contract::{Count, DEFAULT_LIMIT, Get, List, ListText, MAX_LIMIT, Search, Start, text_of_page};
use udal_core::filter::{self, Predicate};
use udal_core::model::Model;
use udal_core::order::{Order, Position};
use udal_core::record::Record;
use udal_core::{Action, Context, Error, Result, cursor, search};

use crate::{CountRequest, ListRequest, ListTextRequest, Listing, ListingText, Records, SearchRequest};

impl Records {
    pub(crate) async fn read(&self, ctx: &Context, id: &str) -> Result<Option<Record>> {
        self.backend.get(ctx, Get { model: Arc::clone(&self.model), id: id.to_owned() }).await
    }

    pub(crate) async fn read_page(&self, ctx: &Context, request: ListRequest) -> Result<Listing> {
        let op = self.asked(ctx, request)?;
        let (filter, order) = (op.filter.clone(), op.order.clone());
        let page = self.backend.list(ctx, op).await?;
        let query = cursor::Query { ctx, model: &self.model, filter: &filter, order: &order };
        let last = page.records.last().filter(|_| page.has_more);
        let next = last.map(|record| query.encode(&Position::of(record, &order)));
        Ok(Listing { records: page.records, next })
    }

    pub(crate) async fn read_text(&self, ctx: &Context, request: ListTextRequest) -> Result<ListingText> {
        let ListTextRequest { list, between } = request;
        let list = self.asked(ctx, list)?;
        let (filter, order) = (list.filter.clone(), list.order.clone());
        let view = self.model_seen_by(ctx);
        let pieces = if view.is_partial() {
            // The text is the storage's own, which knows of no view: it is written of the records instead.
            let mut page = self.backend.list(ctx, list).await?;
            page.records = page.records.into_iter().map(|record| view.show(record)).collect();
            text_of_page(&page, &order, between)?
        } else {
            self.backend.list_text(ctx, ListText { list, between }).await?
        };
        Ok(ListingText::new(ctx.clone(), Arc::clone(&self.model), filter, order, pieces))
    }

    /// What a request asks of the backend.
    fn asked(&self, ctx: &Context, request: ListRequest) -> Result<List> {
        let ListRequest { filter, order_by, limit, skip, cursor } = request;
        let view = self.model_seen_by(ctx);
        let filter = parsed(&view, filter.as_ref())?;
        let order = Order::parse(&view, &order_by)?;
        let limit = checked_limit(limit)?;
        let query = cursor::Query { ctx, model: &self.model, filter: &filter, order: &order };
        let start = match (skip, cursor) {
            (Some(_), Some(_)) => {
                return Err(Error::invalid("`skip` and a cursor do not go together").hint("leave one of them out"));
            }
            (Some(count), None) => Start::Skip(count),
            (None, Some(text)) => Start::After(query.decode(&text)?),
            (None, None) => Start::Beginning,
        };
        Ok(List { model: Arc::clone(&self.model), filter, order, limit, start })
    }

    pub(crate) async fn find(&self, ctx: &Context, request: SearchRequest) -> Result<Vec<Record>> {
        let SearchRequest { words, fields, limit } = request;
        let query = search::Query::new(&self.model_seen_by(ctx), &words, &fields)?;
        let limit = checked_limit(limit)?;
        self.backend.search(ctx, Search { model: Arc::clone(&self.model), query, limit }).await
    }

    pub(crate) async fn is_permitted(&self, ctx: &Context, id: &str, actions: &[Action]) -> Result<bool> {
        let is_it = filter::parse(&self.model, &json!({"id": id}))?;
        let filter = actions.iter().fold(is_it, |filter, action| filter.and(ctx.reach(&self.model, *action)));
        let found = self.backend.count(ctx, Count { model: Arc::clone(&self.model), filter }).await?;
        Ok(found > 0)
    }

    pub(crate) async fn count_found(&self, ctx: &Context, request: CountRequest) -> Result<u64> {
        let CountRequest { filter } = request;
        let filter = parsed(&self.model_seen_by(ctx), filter.as_ref())?;
        self.backend.count(ctx, Count { model: Arc::clone(&self.model), filter }).await
    }
}

fn parsed(view: &Model, json: Option<&Json>) -> Result<Predicate> {
    json.map_or_else(|| Ok(Predicate::always()), |json| filter::parse(view, json))
}

fn checked_limit(limit: Option<usize>) -> Result<usize> {
    match limit {
        None => Ok(DEFAULT_LIMIT),
        Some(limit @ 1..=MAX_LIMIT) => Ok(limit),
        Some(limit) => Err(Error::invalid(format!("a limit of {limit} is out of range"))
            .hint(format!("use 1 to {MAX_LIMIT}, and the cursor for what follows"))),
    }
}
