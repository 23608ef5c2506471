//! A page of records as text, taken piece by piece.

use std::fmt;
use std::sync::Arc;

use futures_util::StreamExt;
use udal_core::contract::{PageEnd, TextPiece, TextPieces};
use udal_core::filter::Predicate;
use udal_core::model::Model;
use udal_core::order::Order;
use udal_core::{Context, Error, Result, cursor};

use crate::observe;

/// A page of records as JSON text, whose pieces are taken one after the other.
///
/// Until the last piece is taken the page may hold a connection to the database: whoever takes pieces slowly loses it after a
/// second of waiting, and another goes on behind the last record, so that records written meanwhile may be among those that
/// follow. A page that is dropped before its end stops its query.
pub struct ListingText {
    ctx: Context,
    model: Arc<Model>,
    filter: Predicate,
    order: Order,
    pieces: TextPieces,
    end: Option<PageEnd>,
}

impl ListingText {
    pub(crate) fn new(ctx: Context, model: Arc<Model>, filter: Predicate, order: Order, pieces: TextPieces) -> Self {
        ListingText { ctx, model, filter, order, pieces, end: None }
    }

    /// The next piece: one record or more, with what was asked for between them; none at the end of the page.
    ///
    /// Between one piece and the next whoever writes them puts the same.
    ///
    /// # Errors
    /// What the storage says; the page ends with it.
    pub async fn next_piece(&mut self) -> Result<Option<Vec<u8>>> {
        let error = match self.pieces.next().await {
            Some(Ok(TextPiece::Records(text))) => return Ok(Some(text)),
            Some(Ok(TextPiece::End(end))) => {
                self.end = Some(end);
                return Ok(None);
            }
            None if self.end.is_some() => return Ok(None),
            None => Error::internal("a page of records ended without its end"),
            Some(Err(error)) => error,
        };
        let error = error.at("list", self.model.name(), self.ctx.tenant().as_str());
        observe::log(&error);
        Err(error)
    }

    /// How many records the page has; none before its end.
    pub fn records(&self) -> Option<u64> {
        self.end.as_ref().map(|end| end.records)
    }

    /// The cursor of the page after this one; none where this is the last, and before its end.
    pub fn next(&self) -> Option<String> {
        let position = self.end.as_ref()?.after.as_ref()?;
        let query = cursor::Query { ctx: &self.ctx, model: &self.model, filter: &self.filter, order: &self.order };
        Some(query.encode(position))
    }
}

impl fmt::Debug for ListingText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListingText").field("model", &self.model.name()).field("end", &self.end).finish_non_exhaustive()
    }
}
