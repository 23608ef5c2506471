//! Records with what is worked out of their neighbours: ranks, running totals, differences to the one before.

use std::sync::Arc;

use serde_json::Value as Json;
use udal_core::filter::{self, Predicate};
use udal_core::model::{ColumnKind, Field, FieldType, Model, Scalar, Shape, position};
use udal_core::{FieldError, Result};

use super::frame::Frame;
use super::function::{WindowFunction, read_window};
use super::reading::name_problem;
use super::result::{Sorting, read_limit, read_order, unfit};
use crate::{Budget, Column};

/// Asks for a model's records with window functions.
///
/// ```
/// use serde_json::json;
/// use udal_query::report::WindowRequest;
///
/// // The three highest values of each test.
/// let request = WindowRequest::new("lab", "AppLabResult")
///     .select(["test_type", "value"])
///     .window("place", json!({"function": "row_number", "partition_by": ["test_type"], "order_by": "-value"}))
///     .keep(json!({"place": {"lte": 3}}));
/// ```
#[derive(Clone, Debug, Default)]
pub struct WindowRequest {
    group: String,
    model: String,
    select: Vec<String>,
    windows: Vec<(String, Json)>,
    filter: Option<Json>,
    keep: Option<Json>,
    order_by: String,
    limit: Option<u64>,
}

impl WindowRequest {
    /// Asks of a model: by its group's name and its own.
    pub fn new(group: impl Into<String>, model: impl Into<String>) -> Self {
        WindowRequest { group: group.into(), model: model.into(), ..WindowRequest::default() }
    }

    /// The fields that are answered: by default the id alone.
    #[must_use]
    pub fn select<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
        self.select.extend(fields.into_iter().map(Into::into));
        self
    }

    /// A column of that name, such as `{"function": "sum", "field": "value", "partition_by": ["test_type"], "order_by":
    /// "created_at", "frame": {"from": -6, "to": 0}}`.
    #[must_use]
    pub fn window(mut self, name: impl Into<String>, window: Json) -> Self {
        self.windows.push((name.into(), window));
        self
    }

    /// Only records that the filter finds: the others are no neighbours either.
    #[must_use]
    pub fn filter(mut self, filter: Json) -> Self {
        self.filter = Some(filter);
        self
    }

    /// Only rows of which this filter of the answer's columns is true, such as `{"place": {"lte": 3}}`.
    #[must_use]
    pub fn keep(mut self, keep: Json) -> Self {
        self.keep = Some(keep);
        self
    }

    /// The order of the rows, by columns of the answer; the id settles ties. Without one, and without a limit, they come in
    /// no order.
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

    /// The group and the model that it is about.
    pub fn model(&self) -> (&str, &str) {
        (&self.group, &self.model)
    }
}

/// Records with window functions, checked against the model.
#[derive(Clone, Debug)]
pub struct Window {
    /// The model.
    pub model: Arc<Model>,
    /// The fields that are answered, as the asker sees them: of a masked one its mask.
    pub select: Vec<Arc<Field>>,
    /// What is worked out for each record.
    pub windows: Vec<WindowColumn>,
    /// Which records.
    pub filter: Predicate,
    /// Which rows, by the columns of the answer.
    pub keep: Predicate,
    /// The order, which the id ends; none where rows come in any.
    pub order: Option<Vec<Sorting>>,
    /// The most rows.
    pub limit: Option<u64>,
    /// What it may cost.
    pub budget: Budget,
}

/// A column that is worked out of a record's neighbours.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowColumn {
    /// What it is called in the answer.
    pub name: String,
    /// What is worked out.
    pub function: WindowFunction,
    /// The records are neighbours that have the same values here.
    pub partition_by: Vec<Arc<Field>>,
    /// The order of the neighbours.
    pub order: Vec<udal_core::order::Term>,
    /// Which neighbours, where the function looks at several.
    pub frame: Option<Frame>,
}

impl Window {
    /// Checks a request against `model`, read as `view`: the model as the asker sees it.
    ///
    /// # Errors
    /// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) or [`UnknownName`](udal_core::ErrorKind::UnknownName), with what
    /// is wrong.
    pub fn read(model: &Arc<Model>, view: &Model, budget: Budget, request: &WindowRequest) -> Result<Self> {
        let WindowRequest { group: _, model: _, select, windows, filter, keep, order_by, limit } = request;
        let mut errors = Vec::new();
        let id = view.fields().get(position::ID).map_or("", |field| field.name());
        let names = if select.is_empty() { vec![id] } else { select.iter().map(String::as_str).collect() };
        let mut selected = Vec::new();
        for name in names {
            match view.find(name) {
                Some(field) => selected.push(Arc::clone(field)),
                None => {
                    let message = format!("`{}` has no field `{}`", view.name(), udal_core::shorten(name));
                    errors.push(FieldError::new("select", "unknown", message).near(view.nearest_field(name)));
                }
            }
        }
        let mut columns = Vec::new();
        for (name, json) in windows {
            match read_window(view, name, json) {
                Ok(window) => columns.push(window),
                Err(error) => errors.push(error),
            }
        }
        check_names(&selected, &columns, &mut errors);
        let limit = read_limit(*limit).map_err(|error| errors.push(error)).unwrap_or_default();
        if !errors.is_empty() {
            return Err(unfit(view, errors));
        }
        let filter = filter.as_ref().map_or(Ok(Predicate::always()), |json| filter::parse(view, json))?;
        let fields = fields(&selected, &columns);
        let keep = keep.as_ref().map_or(Ok(Predicate::always()), |json| filter::parse_row("keep", &fields, json))?;
        let order = read_order(&fields, order_by).map_err(|error| unfit(view, vec![error]))?;
        let order = (!order.is_empty() || limit.is_some()).then_some(order);
        let model = Arc::clone(model);
        Ok(Window { model, select: selected, windows: columns, filter, keep, order, limit, budget })
    }

    /// The columns of the answer.
    pub fn columns(&self) -> Vec<Column> {
        let selected = self
            .select
            .iter()
            .map(|field| Column { name: field.name().to_owned(), kind: kind_of(field, self.model.name()) });
        selected
            .chain(self.windows.iter().map(|window| Column::new(&window.name, window.function.field_type())))
            .collect()
    }
}

/// What a column of a field holds: of a masked one text.
pub(crate) fn kind_of(field: &Field, model: &str) -> ColumnKind {
    match (field.mask(), field.position()) {
        (Some(_), _) => ColumnKind::Values(FieldType { scalar: Scalar::Str, shape: Shape::One, optional: true }),
        (None, position::ID) => ColumnKind::Ids(model.to_owned()),
        (None, _) => ColumnKind::Values(field.field_type().clone()),
    }
}

fn fields(selected: &[Arc<Field>], windows: &[WindowColumn]) -> Vec<Arc<Field>> {
    let named = selected.iter().map(|field| (field.name(), Some(field), field.field_type().clone()));
    let named = named.chain(windows.iter().map(|window| (window.name.as_str(), None, window.function.field_type())));
    let field = |(at, (name, field, field_type)): (usize, (&str, Option<&Arc<Field>>, FieldType))| match field {
        Some(field) => Arc::new(field.in_result(name, at)),
        None => Arc::new(Field::of_result(name, at, field_type)),
    };
    named.enumerate().map(field).collect()
}

fn check_names(selected: &[Arc<Field>], windows: &[WindowColumn], errors: &mut Vec<FieldError>) {
    let names: Vec<&str> =
        selected.iter().map(|field| field.name()).chain(windows.iter().map(|window| window.name.as_str())).collect();
    for (at, name) in names.iter().enumerate() {
        if names.iter().take(at).any(|before| before == name) {
            errors
                .push(FieldError::new(*name, "not_allowed", "two columns have this name").hint("name another one so"));
        }
    }
    for window in windows {
        if let Some(hint) = name_problem(&window.name) {
            let path = format!("windows.{}", udal_core::shorten(&window.name));
            errors.push(FieldError::new(path, "not_allowed", "this cannot name a column").hint(hint));
        }
    }
}
