//! What is asked of a join, as it is written.

use std::sync::Arc;

use serde_json::Value as Json;
use udal_core::model::Model;

use super::Joined;

/// Asks for records of several models side by side.
///
/// ```
/// use udal_query::report::JoinRequest;
///
/// let request = JoinRequest::new()
///     .table("r", "lab", "AppLabResult")
///     .table("s", "lab", "AppLabSample")
///     .on("r.sample = s.id")
///     .select(["r.value", "kind=s.kind"])
///     .order_by("-r.value");
/// ```
#[derive(Clone, Debug, Default)]
pub struct JoinRequest {
    pub(super) tables: Vec<Named>,
    pub(super) left: Vec<String>,
    pub(super) on: Vec<String>,
    pub(super) select: Vec<String>,
    pub(super) filter: Option<Json>,
    pub(super) order_by: String,
    pub(super) limit: Option<u64>,
}

/// A model under a name of the request's own.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) alias: String,
    group: String,
    model: String,
}

impl JoinRequest {
    /// Asks of no model yet.
    pub fn new() -> Self {
        JoinRequest::default()
    }

    /// Adds a model, by its group's name and its own, under a name for this request.
    #[must_use]
    pub fn table(mut self, alias: impl Into<String>, group: impl Into<String>, model: impl Into<String>) -> Self {
        self.tables.push(Named { alias: alias.into(), group: group.into(), model: model.into() });
        self
    }

    /// Where no record of this table fits, its fields are missing; else what it would stand beside is left out.
    #[must_use]
    pub fn left(mut self, alias: impl Into<String>) -> Self {
        self.left.push(alias.into());
        self
    }

    /// Which records stand side by side, such as `r.sample = s.id`; all of these must hold.
    #[must_use]
    pub fn on(mut self, condition: impl Into<String>) -> Self {
        self.on.push(condition.into());
        self
    }

    /// What is answered, such as `r.value`, `kind=s.kind` or `s.*`.
    #[must_use]
    pub fn select<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
        self.select.extend(fields.into_iter().map(Into::into));
        self
    }

    /// Only rows that the filter finds, such as `{"s.kind": "blood"}`.
    #[must_use]
    pub fn filter(mut self, filter: Json) -> Self {
        self.filter = Some(filter);
        self
    }

    /// The order of the rows, such as `-r.value,s.kind`; the ids settle ties. Without one, and without a limit, they come in no
    /// order.
    #[must_use]
    pub fn order_by(mut self, order: impl Into<String>) -> Self {
        self.order_by = order.into();
        self
    }

    /// At most this many rows.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The group and the model of each table, in their order.
    pub fn models(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tables.iter().map(|table| (table.group.as_str(), table.model.as_str()))
    }
}

impl Named {
    pub(super) fn joined(&self, model: &Arc<Model>, left: &[String]) -> Joined {
        let is_left = left.contains(&self.alias);
        Joined { alias: self.alias.clone(), model: Arc::clone(model), is_left, on: Vec::new() }
    }
}
