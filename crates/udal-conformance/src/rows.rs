//! The records of one model in one tenant, as someone sees them: the operations in the few words that cases need.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use serde_json::{Map, Value as Json};
use udal_core::contract::{
    Backend, BatchCreate, BatchMode, BatchReport, Count, Create, Created, Delete, Deleted, Get, GetAt, History,
    Idempotency, List, ListText, MAX_LIMIT, Moment, Page, PageEnd, Search, Start, TextPiece, TextPieces, Update,
    Versions,
};
use udal_core::filter::{self, Predicate, evaluate};
use udal_core::model::{Model, position};
use udal_core::order::{Order, Position};
use udal_core::record::{Record, read_changes, read_new};
use udal_core::search;
use udal_core::value::{Timestamp, Value};
use udal_core::{Action, Context, Error};

use crate::case::{Failure, Outcome};
use crate::expect::{equal, same_records};
use crate::judge::Policy;

/// The time at which the suite's records are created: 2024-03-01T12:00:00Z.
const CREATED: &str = "2024-03-01T12:00:00Z";

/// The records of one model in one tenant, as someone sees them.
#[derive(Clone)]
pub(crate) struct Rows {
    pub(crate) backend: Arc<dyn Backend>,
    /// Who asks.
    pub(crate) ctx: Context,
    /// The model.
    pub(crate) model: Arc<Model>,
    /// What whoever asks may do, said plainly, where it is not the context itself that says it.
    pub(crate) policy: Option<Arc<Policy>>,
}

impl Rows {
    pub(crate) fn new(backend: Arc<dyn Backend>, ctx: Context, model: Arc<Model>) -> Self {
        Rows { backend, ctx, model, policy: None }
    }

    /// The same records, asked for by someone else.
    pub(crate) fn seen_by(&self, ctx: &Context) -> Self {
        Rows { ctx: ctx.clone(), policy: None, ..self.clone() }
    }

    /// The same records, asked for by someone of whom `policy` says what they may do.
    pub(crate) fn asked_under(&self, ctx: &Context, policy: Policy) -> Self {
        Rows { ctx: ctx.clone(), policy: Some(Arc::new(policy)), ..self.clone() }
    }

    /// Whether whoever asks may do the action with that record.
    pub(crate) fn may(&self, action: Action, record: &Record) -> bool {
        match &self.policy {
            Some(policy) => policy.may(action, &record.to_json()),
            None => evaluate(&self.ctx.reach(&self.model, action), record),
        }
    }

    /// Whether whoever asks may do the action with any record.
    pub(crate) fn permits(&self, action: Action) -> bool {
        match &self.policy {
            Some(policy) => policy.holds(action),
            None => self.ctx.access().holds(&self.model, action),
        }
    }

    /// The id with that key: `Plain/a` for `a`.
    pub(crate) fn id(&self, key: &str) -> String {
        format!("{}/{key}", self.model.name())
    }

    /// The keys of these records: `a` for `Plain/a`.
    pub(crate) fn keys(&self, records: &[Record]) -> Vec<String> {
        let prefix = self.id("");
        records.iter().map(|record| record.id().strip_prefix(&prefix).unwrap_or(record.id()).to_owned()).collect()
    }

    /// A record with that key and these members, complete as the service would make it.
    pub(crate) fn record(&self, key: &str, members: Json) -> Result<Record, Failure> {
        let mut draft = read_new(&self.model, &members)?;
        let created = Timestamp::parse(CREATED).map_err(Failure::new)?;
        draft.fill(position::ID, Some(Value::Str(self.id(key))));
        draft.fill(position::VERSION, Some(Value::Int(1)));
        draft.fill(position::CREATED_AT, Some(Value::DateTime(created)));
        draft.fill(position::UPDATED_AT, Some(Value::DateTime(created)));
        Ok(draft.into_record())
    }

    /// Records `k000`, `k001` … with these members, complete but not yet written.
    pub(crate) fn records(&self, members: impl IntoIterator<Item = Json>) -> Result<Vec<Record>, Failure> {
        members.into_iter().enumerate().map(|(at, members)| self.record(&format!("k{at:03}"), members)).collect()
    }

    /// Writes a record with that key and these members.
    pub(crate) async fn create(&self, key: &str, members: Json) -> Result<Record, Failure> {
        Ok(self.try_create(key, members).await?)
    }

    /// Tries to write a record with that key and these members.
    pub(crate) async fn try_create(&self, key: &str, members: Json) -> Result<Record, Error> {
        let record = self.record(key, members).map_err(|failure| Error::internal(failure.to_string()))?;
        self.write(record, None).await.map(|created| created.record)
    }

    /// Tries to write the record, with an idempotency key and fingerprint where they are given.
    pub(crate) async fn write(&self, record: Record, key: Option<(&str, &str)>) -> Result<Created, Error> {
        let idempotency =
            key.map(|(key, fingerprint)| Idempotency { key: key.to_owned(), fingerprint: fingerprint.to_owned() });
        self.backend.create(&self.ctx, Create { record, idempotency }).await
    }

    /// Writes records `k000`, `k001` … with these members, and answers them.
    pub(crate) async fn fill(&self, members: impl IntoIterator<Item = Json>) -> Result<Vec<Record>, Failure> {
        let records = self.records(members)?;
        self.store(&records).await?;
        Ok(records)
    }

    /// Writes all of these.
    pub(crate) async fn store(&self, records: &[Record]) -> Outcome {
        let items = records.iter().cloned().enumerate();
        let report = self.batch(BatchMode::Atomic, items.map(|(at, record)| Ok((at as u64, record)))).await?;
        equal(report.created, records.len() as u64)
    }

    /// Tries to write a batch.
    pub(crate) async fn batch<I>(&self, mode: BatchMode, items: I) -> Result<BatchReport, Error>
    where
        I: IntoIterator<Item = Result<(u64, Record), Error>>,
        I::IntoIter: Send,
    {
        let records = stream::iter(items).boxed();
        self.backend.batch_create(&self.ctx, BatchCreate { model: Arc::clone(&self.model), records, mode }).await
    }

    /// Reads the record with that key.
    pub(crate) async fn get(&self, key: &str) -> Result<Option<Record>, Error> {
        self.get_id(&self.id(key)).await
    }

    /// Reads the record with that whole id.
    pub(crate) async fn get_id(&self, id: &str) -> Result<Option<Record>, Error> {
        self.backend.get(&self.ctx, Get { model: Arc::clone(&self.model), id: id.to_owned() }).await
    }

    /// Reads a page.
    pub(crate) async fn page(&self, ask: &Ask) -> Result<Page, Failure> {
        Ok(self.backend.list(&self.ctx, self.asked(ask)?).await?)
    }

    fn asked(&self, ask: &Ask) -> Result<List, Failure> {
        let Ask { filter, order, limit, start } = ask;
        Ok(List {
            model: Arc::clone(&self.model),
            filter: self.predicate(filter)?,
            order: Order::parse(&self.model, order)?,
            limit: *limit,
            start: start.clone(),
        })
    }

    /// Reads a page as text, with `between` between its records, and where it ended.
    pub(crate) async fn text(&self, ask: &Ask, between: &'static str) -> Result<(String, PageEnd), Failure> {
        let op = ListText { list: self.asked(ask)?, between };
        let mut pieces = self.backend.list_text(&self.ctx, op).await?;
        let mut text = Vec::new();
        let mut end = None;
        while let Some(piece) = pieces.next().await {
            match (piece?, &end) {
                (TextPiece::Records(records), None) => {
                    if !text.is_empty() {
                        text.extend_from_slice(between.as_bytes());
                    }
                    text.extend(records);
                }
                (TextPiece::End(found), None) => end = Some(found),
                (piece, Some(_)) => return Err(Failure::new(format!("after the end came {piece:?}"))),
            }
        }
        let text = String::from_utf8(text).map_err(|error| Failure::new(error.to_string()))?;
        Ok((text, end.ok_or_else(|| Failure::new("the page has no end"))?))
    }

    /// Begins to read a page as text.
    pub(crate) async fn begin_text(&self, ask: &Ask) -> Result<TextPieces, Failure> {
        let op = ListText { list: self.asked(ask)?, between: "," };
        Ok(self.backend.list_text(&self.ctx, op).await?)
    }

    /// The keys of a page.
    pub(crate) async fn list(&self, ask: &Ask) -> Result<Vec<String>, Failure> {
        Ok(self.keys(&self.page(ask).await?.records))
    }

    /// The keys of all that a filter finds, by id.
    pub(crate) async fn find(&self, filter: Json) -> Result<Vec<String>, Failure> {
        self.list(&Ask::filter(filter)).await
    }

    /// The keys of all, in that order.
    pub(crate) async fn ordered(&self, order: &str) -> Result<Vec<String>, Failure> {
        self.list(&Ask::order(order)).await
    }

    /// All that is there, by id.
    pub(crate) async fn all(&self) -> Result<Vec<Record>, Failure> {
        Ok(self.page(&Ask::everything()).await?.records)
    }

    /// Exactly these records are there.
    pub(crate) async fn hold(&self, records: &[Record]) -> Outcome {
        let mut expected = records.to_vec();
        expected.sort_by(|a, b| a.id().as_bytes().cmp(b.id().as_bytes()));
        same_records(&self.all().await?, &expected)
    }

    /// How many a filter finds.
    pub(crate) async fn count(&self, filter: Json) -> Result<u64, Failure> {
        let op = Count { model: Arc::clone(&self.model), filter: self.predicate(&filter)? };
        Ok(self.backend.count(&self.ctx, op).await?)
    }

    /// The keys of what a search finds.
    pub(crate) async fn search(&self, words: &str, fields: &[&str]) -> Result<Vec<String>, Failure> {
        self.search_some(words, fields, MAX_LIMIT).await
    }

    /// The keys of the first that a search finds.
    pub(crate) async fn search_some(&self, words: &str, fields: &[&str], limit: usize) -> Result<Vec<String>, Failure> {
        let query = search::Query::new(&self.model, words, fields)?;
        let op = Search { model: Arc::clone(&self.model), query, limit };
        Ok(self.keys(&self.backend.search(&self.ctx, op).await?))
    }

    /// Tries to change the record with that key.
    pub(crate) async fn update(&self, key: &str, changes: Json) -> Result<Record, Error> {
        self.update_if(key, changes, None).await
    }

    /// Tries to change the record with that key, if it is at that version.
    pub(crate) async fn update_if(&self, key: &str, changes: Json, if_version: Option<i64>) -> Result<Record, Error> {
        let patch = read_changes(&self.model, &changes)?;
        let op = Update { model: Arc::clone(&self.model), id: self.id(key), patch, if_version };
        self.backend.update(&self.ctx, op).await
    }

    /// Tries to delete the record with that key.
    pub(crate) async fn delete(&self, key: &str) -> Result<Option<Deleted>, Error> {
        self.delete_if(key, None).await
    }

    /// Tries to delete the record with that key, if it is at that version.
    pub(crate) async fn delete_if(&self, key: &str, if_version: Option<i64>) -> Result<Option<Deleted>, Error> {
        let op = Delete { model: Arc::clone(&self.model), id: self.id(key), if_version };
        self.backend.delete(&self.ctx, op).await
    }

    /// What the record with that key was, up to so many versions.
    pub(crate) async fn history(&self, key: &str, limit: usize) -> Result<Versions, Error> {
        let op = History { model: Arc::clone(&self.model), id: self.id(key), limit };
        self.backend.history(&self.ctx, op).await
    }

    /// What the record with that key was at that moment.
    pub(crate) async fn get_at(&self, key: &str, at: Moment) -> Result<Option<Record>, Error> {
        let op = GetAt { model: Arc::clone(&self.model), id: self.id(key), at };
        self.backend.get_at(&self.ctx, op).await
    }

    /// The filter, bound to the model.
    pub(crate) fn predicate(&self, filter: &Json) -> Result<Predicate, Failure> {
        Ok(filter::parse(&self.model, filter)?)
    }
}

/// What to list.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) filter: Json,
    pub(crate) order: String,
    pub(crate) limit: usize,
    pub(crate) start: Start,
}

impl Ask {
    /// Everything, by id.
    pub(crate) fn everything() -> Self {
        Ask::filter(Json::Object(Map::new()))
    }

    /// What the filter finds, by id.
    pub(crate) fn filter(filter: Json) -> Self {
        Ask { filter, order: String::new(), limit: MAX_LIMIT, start: Start::Beginning }
    }

    /// Everything in that order.
    pub(crate) fn order(order: &str) -> Self {
        Ask { order: order.to_owned(), ..Ask::everything() }
    }

    /// The same, at most so many.
    pub(crate) fn limit(self, limit: usize) -> Self {
        Ask { limit, ..self }
    }

    /// The same, without the first so many.
    pub(crate) fn skip(self, skip: u64) -> Self {
        Ask { start: Start::Skip(skip), ..self }
    }

    /// The same, behind where that record stands.
    pub(crate) fn after(self, record: &Record) -> Result<Self, Failure> {
        let order = Order::parse(record.model(), &self.order)?;
        Ok(Ask { start: Start::After(Position::of(record, &order)), ..self })
    }
}
