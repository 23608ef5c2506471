//! Reads, each wrong in one way.

use std::cmp::Ordering;
use std::sync::Arc;

use futures_util::StreamExt;
use udal_core::contract::{
    Backend, Count, Get, List, ListText, MAX_LIMIT, Page, Search, Start, TextPiece, TextPieces, text_of_page,
};
use udal_core::filter::{Predicate, evaluate};
use udal_core::model::Model;
use udal_core::order::{Order, Term};
use udal_core::record::Record;
use udal_core::search::Query;
use udal_core::value::{Timestamp, Value, compare};
use udal_core::{Action, Context, Result};

use crate::filters::misread;
use crate::links;
use crate::wrong::{Fault, Wrong, everyone};

/// What is read of a stored record.
fn read(fault: Fault, model: &Arc<Model>, record: Record) -> Record {
    let change: fn(Value) -> Value = match fault {
        Fault::FloatsAreSingle => |value| match value {
            Value::Float(number) => Value::Float(f64::from(number as f32)),
            value => value,
        },
        Fault::TimesAreWholeSeconds => |value| match value {
            Value::DateTime(at) => {
                Value::DateTime(Timestamp::from_micros(at.as_micros() / 1_000_000 * 1_000_000).unwrap_or(at))
            }
            value => value,
        },
        Fault::SetsLoseTheirOrder => |value| match value {
            Value::Set(elements) => Value::Set(elements.into_iter().rev().collect()),
            value => value,
        },
        Fault::ListsAreSorted => |value| match value {
            Value::List(mut elements) => {
                elements.sort_by(|a, b| compare(a, b).unwrap_or(Ordering::Equal));
                Value::List(elements)
            }
            value => value,
        },
        _ => |value| value,
    };
    let values = record.values().iter().cloned().map(|value| value.map(change)).collect();
    links::as_declared(Record::new(Arc::clone(record.model()), values), model)
}

pub(crate) async fn get(wrong: &Wrong, ctx: &Context, op: Get) -> Result<Option<Record>> {
    let model = Arc::clone(&op.model);
    let found = match wrong.fault {
        Fault::GetFindsNothing => None,
        Fault::GetIgnoresReach => wrong.memory.get(&everyone(ctx), op).await?,
        Fault::GetIgnoresCase => {
            let all = wrong.memory.list(ctx, everything(&model)).await?.records;
            all.into_iter().find(|record| record.id().to_lowercase() == op.id.to_lowercase())
        }
        _ => wrong.memory.get(ctx, op).await?,
    };
    Ok(found.map(|record| read(wrong.fault, &model, record)))
}

pub(crate) fn everything(model: &Arc<Model>) -> List {
    List {
        model: Arc::clone(model),
        filter: Predicate::always(),
        order: Order::by_id(model),
        limit: MAX_LIMIT,
        start: Start::Beginning,
    }
}

pub(crate) async fn list(wrong: &Wrong, ctx: &Context, op: List) -> Result<Page> {
    let model = Arc::clone(&op.model);
    let mut page = wrong_page(wrong, ctx, List { filter: misread(wrong.fault, op.filter.clone()), ..op }).await?;
    page.records = page.records.into_iter().map(|record| read(wrong.fault, &model, record)).collect();
    Ok(page)
}

async fn wrong_page(wrong: &Wrong, ctx: &Context, op: List) -> Result<Page> {
    let memory = &wrong.memory;
    let limit = op.limit;
    match (wrong.fault, &op.start) {
        (Fault::ListIgnoresFilter, _) => memory.list(ctx, List { filter: Predicate::always(), ..op }).await,
        (Fault::ListIgnoresReach, _) => memory.list(&everyone(ctx), op).await,
        (Fault::ListBreaksTiesDownwards, _) => {
            let text = op.order.to_string();
            let order = match text.strip_suffix(",id") {
                Some(fields) => Order::parse(&op.model, &format!("{fields},-id"))?,
                None => op.order.clone(),
            };
            memory.list(ctx, List { order, ..op }).await
        }
        (Fault::ListSortsMissingLast, _) => resorted(wrong, ctx, op, missing_last).await,
        (Fault::ListSortsIgnoringCase, _) => resorted(wrong, ctx, op, ignoring_case).await,
        (Fault::ListDropsLimit, _) => memory.list(ctx, List { limit: MAX_LIMIT, ..op }).await,
        (Fault::ListHasNeverMore, _) => Ok(Page { has_more: false, ..memory.list(ctx, op).await? }),
        (Fault::ListSkipsOneMore, Start::Skip(count @ 1..)) => {
            memory.list(ctx, List { start: Start::Skip(count.saturating_add(1)), ..op }).await
        }
        (Fault::ListRepeatsThePosition, Start::After(position)) => {
            let (position, order) = (position.clone(), op.order.clone());
            let all = memory.list(ctx, List { start: Start::Beginning, limit: MAX_LIMIT, ..op }).await?.records;
            let from = all.into_iter().filter(|record| order.compare_position(record, &position) != Ordering::Less);
            Ok(Page::cut(from.collect(), limit))
        }
        (Fault::ListFiltersAfterTheLimit, _) => {
            let reach = ctx.reach(&op.model, Action::View);
            let mut page = memory.list(&everyone(ctx), op).await?;
            page.records.retain(|record| evaluate(&reach, record));
            Ok(page)
        }
        _ => memory.list(ctx, op).await,
    }
}

pub(crate) async fn list_text(wrong: &Wrong, ctx: &Context, op: ListText) -> Result<TextPieces> {
    let ListText { list: asked, between } = op;
    let order = asked.order.clone();
    let mut page = match wrong.fault {
        Fault::TextIgnoresReach => list(wrong, &everyone(ctx), asked).await?,
        _ => list(wrong, ctx, asked).await?,
    };
    page.has_more &= wrong.fault != Fault::TextEndsNowhere;
    let fault = wrong.fault;
    let change = move |piece: TextPiece| match (piece, fault) {
        (TextPiece::Records(text), Fault::TextShortensNumbers) => {
            TextPiece::Records(String::from_utf8_lossy(&text).replace(".0,", ",").into_bytes())
        }
        (TextPiece::Records(text), Fault::TextEndsWithWhatStandsBetween) => {
            TextPiece::Records([text, between.as_bytes().to_vec()].concat())
        }
        (piece, _) => piece,
    };
    Ok(text_of_page(&page, &order, between)?.map(move |piece| piece.map(change)).boxed())
}

type Compare = fn(&Term, Option<&Value>, Option<&Value>) -> Ordering;

/// The first page, sorted otherwise.
async fn resorted(wrong: &Wrong, ctx: &Context, op: List, compare: Compare) -> Result<Page> {
    let (order, limit) = (op.order.clone(), op.limit);
    let mut records = wrong.memory.list(ctx, List { limit: MAX_LIMIT, ..op }).await?.records;
    records.sort_by(|a, b| {
        let terms = order.terms().iter();
        let orders = terms.map(|term| compare(term, a.get(&term.field), b.get(&term.field)));
        orders.fold(Ordering::Equal, Ordering::then)
    });
    Ok(Page::cut(records, limit))
}

fn missing_last(term: &Term, a: Option<&Value>, b: Option<&Value>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => directed(term, compare(a, b).unwrap_or(Ordering::Equal)),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}

fn ignoring_case(term: &Term, a: Option<&Value>, b: Option<&Value>) -> Ordering {
    let order = match (a, b) {
        (Some(Value::Str(a)), Some(Value::Str(b))) => a.to_lowercase().cmp(&b.to_lowercase()),
        (Some(a), Some(b)) => compare(a, b).unwrap_or(Ordering::Equal),
        (a, b) => a.is_some().cmp(&b.is_some()),
    };
    directed(term, order)
}

fn directed(term: &Term, order: Ordering) -> Ordering {
    if term.descending { order.reverse() } else { order }
}

pub(crate) async fn count(wrong: &Wrong, ctx: &Context, op: Count) -> Result<u64> {
    let filter = misread(wrong.fault, op.filter);
    match wrong.fault {
        Fault::CountIgnoresFilter => wrong.memory.count(ctx, Count { filter: Predicate::always(), ..op }).await,
        Fault::CountIgnoresReach => wrong.memory.count(&everyone(ctx), Count { filter, ..op }).await,
        _ => wrong.memory.count(ctx, Count { filter, ..op }).await,
    }
}

pub(crate) async fn search(wrong: &Wrong, ctx: &Context, op: Search) -> Result<Vec<Record>> {
    let model = Arc::clone(&op.model);
    let memory = &wrong.memory;
    let found = match wrong.fault {
        Fault::SearchIgnoresReach => memory.search(&everyone(ctx), op).await?,
        Fault::SearchFindsAnyWord => {
            let mut found: Vec<Record> = Vec::new();
            for word in op.query.words() {
                let one = Search { query: words(&op, word)?, ..op.clone() };
                found.extend(memory.search(ctx, one).await?);
            }
            found.sort_by(|a, b| a.id().cmp(b.id()));
            found.dedup();
            found
        }
        Fault::SearchMindsCase => {
            let texts = |record: &Record| {
                op.query
                    .fields()
                    .iter()
                    .filter_map(|field| record.get(field)?.as_str().map(str::to_owned))
                    .collect::<Vec<_>>()
            };
            let finds =
                |record: &Record| op.query.words().iter().all(|word| texts(record).iter().any(|t| t.contains(word)));
            memory.search(ctx, op.clone()).await?.into_iter().filter(finds).collect()
        }
        Fault::SearchAnswersBackwards => memory.search(ctx, op).await?.into_iter().rev().collect(),
        Fault::SearchDropsLimit => memory.search(ctx, Search { limit: MAX_LIMIT, ..op }).await?,
        Fault::SearchHasWildcards => {
            let text = op.query.words().join(" ").replace(['%', '_'], " ");
            match words(&op, &text) {
                Ok(query) => memory.search(ctx, Search { query, ..op }).await?,
                Err(_) => memory.list(ctx, everything(&model)).await?.records,
            }
        }
        _ => memory.search(ctx, op).await?,
    };
    Ok(found.into_iter().map(|record| read(wrong.fault, &model, record)).collect())
}

/// A search for these words in the same fields.
fn words(op: &Search, text: &str) -> Result<Query> {
    let fields: Vec<&str> = op.query.fields().iter().map(|field| field.name()).collect();
    Query::new(&op.model, text, &fields)
}
