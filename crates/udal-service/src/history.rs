//! What a record was, and what differs between two of its versions.

use std::sync::Arc;

use udal_core::contract::{
    DEFAULT_VERSIONS, FieldChange, GetAt, History, MAX_VERSIONS, Moment, Versions, changes_between,
};
use udal_core::record::Record;
use udal_core::{Context, Error, ErrorKind, Result, shorten};

use crate::Records;
use crate::audit::About;

/// Asks what a record was.
#[derive(Clone, Debug)]
pub struct HistoryRequest {
    pub(crate) id: String,
    pub(crate) limit: Option<usize>,
}

impl HistoryRequest {
    /// Asks for the last 20 versions of the record with that id.
    pub fn new(id: impl Into<String>) -> Self {
        HistoryRequest { id: id.into(), limit: None }
    }

    /// The most versions to look at: 1 to 1,000.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }
}

/// Asks what differs between what a record was at two moments.
#[derive(Clone, Debug)]
pub struct DiffRequest {
    /// The record's id.
    pub id: String,
    /// The first moment.
    pub from: Moment,
    /// The other, which may be the earlier one.
    pub to: Moment,
}

impl Records {
    /// The record as it was at that moment; none where it was not there, or the asker may not see it as it was or is.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) where the storage keeps no history; [`NotFound`](ErrorKind::NotFound) for a commit
    /// that is not there.
    pub async fn get_at(&self, ctx: &Context, id: &str, at: Moment) -> Result<Option<Record>> {
        let op = GetAt { model: Arc::clone(&self.model), id: id.to_owned(), at };
        self.audited("get_at", ctx, About::One(id), self.backend.get_at(ctx, op)).await
    }

    /// What the record was, the newest version first.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) where the storage keeps no history;
    /// [`InvalidInput`](ErrorKind::InvalidInput) for a limit out of range.
    pub async fn history(&self, ctx: &Context, request: HistoryRequest) -> Result<Versions> {
        let HistoryRequest { id, limit } = request;
        let limit = limit.unwrap_or(DEFAULT_VERSIONS);
        if !(1..=MAX_VERSIONS).contains(&limit) {
            return Err(Error::invalid(format!("a limit of {limit} is out of range"))
                .hint(format!("use 1 to {MAX_VERSIONS}; what is older is read by `get_at`")));
        }
        let op = History { model: Arc::clone(&self.model), id: id.clone(), limit };
        self.audited("history", ctx, About::One(&id), self.backend.history(ctx, op)).await
    }

    /// The fields that differ between what the record was at two moments, in the model's order.
    ///
    /// # Errors
    /// As for [`get_at`](Records::get_at); [`NotFound`](ErrorKind::NotFound) where there is no record at one of them.
    pub async fn diff(&self, ctx: &Context, request: DiffRequest) -> Result<Vec<FieldChange>> {
        let DiffRequest { id, from, to } = request;
        let (before, after) = (self.version_at(ctx, &id, from).await?, self.version_at(ctx, &id, to).await?);
        // Of what is hidden or masked both show the same.
        Ok(changes_between(&before, &after))
    }

    async fn version_at(&self, ctx: &Context, id: &str, at: Moment) -> Result<Record> {
        let named = match &at {
            Moment::Commit(name) => format!("after the commit `{}`", shorten(name)),
            Moment::Time(time) => format!("at {time}"),
        };
        let not_there = || Error::new(ErrorKind::NotFound, format!("there is no record `{}` {named}", shorten(id)));
        self.get_at(ctx, id, at).await?.ok_or_else(not_there)
    }
}
