//! Cursors: where a page ended, as text that only the same query accepts.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};

use crate::access::Context;
use crate::error::{Error, Result};
use crate::filter::Predicate;
use crate::fingerprint::fingerprint;
use crate::model::Model;
use crate::order::{Order, Position};
use crate::value::{MAX_STRING_BYTES, Value, decode_element};

/// The longest cursor that is read, in bytes for each term of the order: the longest string, with six letters of JSON for
/// each byte of it and four of base64 for each three of these, and room for what is around it.
const MAX_TERM_BYTES: usize = MAX_STRING_BYTES * 8 + 1_024;

/// The query that a cursor belongs to: the same tenant, model, filter and order.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// Who asks, for which tenant.
    pub ctx: &'a Context,
    /// The model that is listed.
    pub model: &'a Model,
    /// The filter, without what access adds to it.
    pub filter: &'a Predicate,
    /// The order.
    pub order: &'a Order,
}

impl Query<'_> {
    /// Writes `position` as a cursor of this query.
    pub fn encode(&self, position: &Position) -> String {
        let values: Vec<Json> =
            position.values().iter().map(|v| v.as_ref().map_or(Json::Null, Value::to_json)).collect();
        URL_SAFE_NO_PAD.encode(json!([self.fingerprint(), values]).to_string())
    }

    /// Reads a cursor that this query has made.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when it is not a cursor, or one of another query.
    pub fn decode(&self, text: &str) -> Result<Position> {
        let not_one = || Error::invalid("this is not a cursor").hint("give the `next` of the page before, unchanged");
        if text.len() > MAX_TERM_BYTES * self.order.terms().len() {
            return Err(not_one());
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| not_one())?;
        let (fingerprint, values): (String, Vec<Json>) = serde_json::from_slice(&bytes).map_err(|_| not_one())?;
        if fingerprint != self.fingerprint() || values.len() != self.order.terms().len() {
            return Err(Error::invalid("the cursor belongs to another query")
                .hint("keep the tenant, model, filter and order of the page before, or start without a cursor"));
        }
        let read = |(at, json): (usize, &Json)| -> Result<Option<Value>> {
            let Some(term) = self.order.terms().get(at) else { return Err(not_one()) };
            if json.is_null() { Ok(None) } else { decode_element(&term.field, json).map(Some).map_err(|_| not_one()) }
        };
        values.iter().enumerate().map(read).collect::<Result<Vec<_>>>().map(Position)
    }

    fn fingerprint(&self) -> String {
        let tenant = self.ctx.tenant().as_str();
        let text = format!("{tenant}\n{}\n{}\n{}\n{}", self.model.group(), self.model.name(), self.order, self.filter);
        fingerprint(&text)
    }
}
