//! Window functions, read from data.

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use udal_core::model::{Field, FieldType, Model, Scalar};
use udal_core::order::{Order, Term};
use udal_core::{FieldError, suggestion};

use super::frame::Frame;
use super::metric::{Function, Metric};
use super::window::WindowColumn;

/// What is worked out of a record's neighbours.
#[derive(Clone, Debug, PartialEq)]
pub enum WindowFunction {
    /// `row_number`: its place.
    RowNumber,
    /// `rank`: its place, the same for those that are equal, and none after them.
    Rank,
    /// `dense_rank`: the same without leaving places out.
    DenseRank,
    /// `ntile`: in which of so many parts of nearly the same size it is.
    Tiles(i64),
    /// `lag` and `lead`: the value of the one that is so many before (negative) or behind.
    Shifted {
        /// The field.
        field: Arc<Field>,
        /// How many.
        by: i64,
    },
    /// `first_value`: the value of the first in the frame.
    FirstValue(Arc<Field>),
    /// `last_value`: the value of the last in the frame.
    LastValue(Arc<Field>),
    /// `count`, `sum`, `avg`, `min`, `max`, `stddev`, `variance` of those in the frame.
    Measured(Function),
}

impl WindowFunction {
    /// The type of its values.
    pub fn field_type(&self) -> FieldType {
        match self {
            WindowFunction::RowNumber | WindowFunction::Rank | WindowFunction::DenseRank | WindowFunction::Tiles(_) => {
                FieldType::required(Scalar::Int)
            }
            WindowFunction::Shifted { field, by: _ }
            | WindowFunction::FirstValue(field)
            | WindowFunction::LastValue(field) => FieldType { optional: true, ..field.field_type().clone() },
            WindowFunction::Measured(function) => function.field_type(),
        }
    }
}

const NAMES: [&str; 15] = [
    "row_number",
    "rank",
    "dense_rank",
    "ntile",
    "lag",
    "lead",
    "first_value",
    "last_value",
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "stddev",
    "variance",
];
const MEMBERS: [&str; 7] = ["function", "field", "offset", "tiles", "partition_by", "order_by", "frame"];

/// A window that is being read.
struct Reader<'a> {
    view: &'a Model,
    path: String,
    members: &'a Map<String, Json>,
}

/// Reads the window of that name.
pub(crate) fn read_window(view: &Model, name: &str, json: &Json) -> Result<WindowColumn, FieldError> {
    let path = format!("windows.{}", udal_core::shorten(name));
    let Some(members) = json.as_object() else {
        let error = FieldError::new(path, "wrong_type", "a window is a JSON object");
        return Err(error.hint("write such as {\"function\": \"rank\", \"order_by\": \"-value\"}"));
    };
    if let Some(other) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        let path = format!("{path}.{}", udal_core::shorten(other));
        let hint = suggestion(other, MEMBERS, || format!("there are {}", MEMBERS.join(" ")));
        return Err(FieldError::new(path, "unknown", "no window has this member").hint(hint));
    }
    let reader = Reader { view, path, members };
    let given = reader.text("function")?.unwrap_or_default().to_lowercase();
    if !NAMES.contains(&given.as_str()) {
        let message = format!("`{}` is not a window function", udal_core::shorten(&given));
        let hint = suggestion(&given, NAMES, || format!("there are {}", NAMES.join(" ")));
        return Err(reader.error("function", "unknown", &message).hint(hint));
    }
    let function = reader.function(&given)?;
    reader.check_used(&given)?;
    let partition_by = reader.partition_by()?;
    let order = reader.order(&function)?;
    let frame = reader.frame(&function, &order)?;
    Ok(WindowColumn { name: name.to_owned(), function, partition_by, order, frame })
}

impl Reader<'_> {
    fn error(&self, member: &str, code: &'static str, message: &str) -> FieldError {
        FieldError::new(format!("{}.{member}", self.path), code, message)
    }

    fn text(&self, member: &str) -> Result<Option<&str>, FieldError> {
        match self.members.get(member) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.error(member, "wrong_type", "expected a text")),
        }
    }

    fn number(&self, member: &str, default: Option<i64>) -> Result<i64, FieldError> {
        let number = match self.members.get(member) {
            None => default,
            Some(json) => json.as_i64(),
        };
        match number {
            Some(number @ 1..=1_000_000) => Ok(number),
            _ => Err(self.error(member, "out_of_range", "expected a whole number from 1 to 1000000")),
        }
    }

    /// A field that may be asked for.
    fn named(&self, member: &str, name: &str) -> Result<Arc<Field>, FieldError> {
        let path = format!("{}.{member}", self.path);
        let Some(field) = self.view.find(name) else {
            let message = format!("`{}` has no field `{}`", self.view.name(), udal_core::shorten(name));
            return Err(FieldError::new(path, "unknown", message).near(self.view.nearest_field(name)));
        };
        field.check_unmasked(&path)?;
        Ok(Arc::clone(field))
    }

    fn field(&self) -> Result<Arc<Field>, FieldError> {
        let name = self.text("field")?.ok_or_else(|| {
            self.error("field", "missing", "this function is of a field").hint("write such as \"field\": \"value\"")
        })?;
        self.named("field", name)
    }

    fn function(&self, name: &str) -> Result<WindowFunction, FieldError> {
        Ok(match name {
            "row_number" => WindowFunction::RowNumber,
            "rank" => WindowFunction::Rank,
            "dense_rank" => WindowFunction::DenseRank,
            "ntile" => WindowFunction::Tiles(self.number("tiles", None)?),
            "lag" => WindowFunction::Shifted { field: self.field()?, by: -self.number("offset", Some(1))? },
            "lead" => WindowFunction::Shifted { field: self.field()?, by: self.number("offset", Some(1))? },
            "first_value" => WindowFunction::FirstValue(self.field()?),
            "last_value" => WindowFunction::LastValue(self.field()?),
            measure => {
                let of = match self.text("field")? {
                    Some(name) => self.named("field", name)?.name().to_owned(),
                    None if measure == "count" => "*".to_owned(),
                    None => self.field()?.name().to_owned(),
                };
                let metric = Metric::parse(self.view, "window", &format!("{measure}({of})"));
                let metric = metric.map_err(|error| match error.field_errors() {
                    [error, ..] => FieldError { field: format!("{}.field", self.path), ..error.clone() },
                    [] => self.error("field", "not_allowed", error.message()),
                })?;
                WindowFunction::Measured(metric.function)
            }
        })
    }

    /// Refuses members that the function does not look at.
    fn check_used(&self, function: &str) -> Result<(), FieldError> {
        let unused = |member: &str| match member {
            "field" => ["row_number", "rank", "dense_rank", "ntile"].contains(&function),
            "offset" => !["lag", "lead"].contains(&function),
            "tiles" => function != "ntile",
            "frame" => ["row_number", "rank", "dense_rank", "ntile", "lag", "lead"].contains(&function),
            _ => false,
        };
        match self.members.keys().find(|member| unused(member)) {
            Some(member) => Err(self
                .error(member, "not_allowed", &format!("`{function}` does not look at it"))
                .hint("leave it out")),
            None => Ok(()),
        }
    }

    fn partition_by(&self) -> Result<Vec<Arc<Field>>, FieldError> {
        let names: Vec<&str> = match self.members.get("partition_by") {
            None => Vec::new(),
            Some(Json::Array(names)) if names.iter().all(Json::is_string) => {
                names.iter().filter_map(Json::as_str).collect()
            }
            Some(_) => {
                let error = self.error("partition_by", "wrong_type", "expected an array of fields");
                return Err(error.hint("write such as [\"test_type\"]"));
            }
        };
        let field = |name: &str| {
            let field = self.named("partition_by", name)?;
            match field.field_type().is_sortable() {
                true => Ok(field),
                false => Err(self.error("partition_by", "not_allowed", "expected a single value that is not json")),
            }
        };
        names.into_iter().map(field).collect()
    }

    /// The order of the neighbours: total, but for functions to which those that are equal are.
    fn order(&self, function: &WindowFunction) -> Result<Vec<Term>, FieldError> {
        let text = self.text("order_by")?.unwrap_or_default();
        let order = Order::parse(self.view, text).map_err(|error| match error.field_errors() {
            [error, ..] => FieldError { field: format!("{}.order_by", self.path), ..error.clone() },
            [] => self.error("order_by", "not_allowed", error.message()),
        })?;
        let is_range =
            self.members.get("frame").and_then(|frame| frame.get("unit")).is_some_and(|unit| unit == "range");
        let mut terms = order.terms().to_vec();
        let named_id = text.split(',').any(|part| part.trim().trim_start_matches('-') == "id");
        let by_equals = matches!(function, WindowFunction::Rank | WindowFunction::DenseRank) || is_range;
        if by_equals && !named_id {
            terms.pop();
        }
        if by_equals && terms.is_empty() {
            let error = self.error("order_by", "missing", "this takes an order");
            return Err(error.hint("write such as \"order_by\": \"-value\""));
        }
        // A measure without an order is one of all neighbours.
        let is_whole = matches!(function, WindowFunction::Measured(_)) && text.trim().is_empty();
        let is_framed = self.members.contains_key("frame");
        Ok(if is_whole && !is_framed { Vec::new() } else { terms })
    }

    fn frame(&self, function: &WindowFunction, order: &[Term]) -> Result<Option<Frame>, FieldError> {
        if let Some(json) = self.members.get("frame") {
            let read = Frame::read(json);
            return read.map(Some).map_err(|hint| self.error("frame", "not_allowed", "this is no frame").hint(hint));
        }
        Ok(match function {
            WindowFunction::FirstValue(_) | WindowFunction::LastValue(_) => Some(Frame::WHOLE),
            WindowFunction::Measured(_) if !order.is_empty() => Some(Frame::RUNNING),
            _ => None,
        })
    }
}
