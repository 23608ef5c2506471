//! Conditions of grants: what must be true of a record's attributes.

use std::fmt;

use serde_json::Value as Json;

use crate::error::{Error, FieldError, Result};
use crate::filter::{Predicate, field_test};
use crate::model::{Model, Shape};
use crate::names::{nearest, shorten};

/// How a condition compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConditionOperator {
    /// The attribute is this value.
    Equals,
    /// There is an attribute, and it is another value.
    NotEquals,
    /// The attribute is one of these values.
    In,
    /// There is an attribute, and it is none of these values.
    NotIn,
    /// The text holds this one, byte for byte; the set or list holds this element.
    Contains,
}

impl ConditionOperator {
    /// Every operator.
    pub const ALL: [ConditionOperator; 5] = [
        ConditionOperator::Equals,
        ConditionOperator::NotEquals,
        ConditionOperator::In,
        ConditionOperator::NotIn,
        ConditionOperator::Contains,
    ];

    /// Its word, such as `not_equals`.
    pub fn name(self) -> &'static str {
        match self {
            ConditionOperator::Equals => "equals",
            ConditionOperator::NotEquals => "not_equals",
            ConditionOperator::In => "in",
            ConditionOperator::NotIn => "not_in",
            ConditionOperator::Contains => "contains",
        }
    }

    /// Reads an operator's word.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), with the nearest word.
    pub fn parse(text: &str) -> Result<Self> {
        ConditionOperator::ALL.into_iter().find(|operator| operator.name() == text).ok_or_else(|| {
            let names = ConditionOperator::ALL.map(ConditionOperator::name);
            let error = Error::invalid(format!("`{}` is not an operator of conditions", shorten(text)));
            match nearest(text, names) {
                Some(near) => error.near(Some(near)),
                None => error.hint(format!("operators are {}", names.join(", "))),
            }
        })
    }

    /// The filter's operator that means the same of a field of this shape.
    fn of_filters(self, shape: Shape) -> &'static str {
        match self {
            ConditionOperator::Equals => "eq",
            ConditionOperator::NotEquals => "ne",
            ConditionOperator::In => "in",
            ConditionOperator::NotIn => "not_in",
            ConditionOperator::Contains if shape == Shape::One => "contains",
            ConditionOperator::Contains => "has",
        }
    }
}

/// What must be true of one attribute of a record. A missing attribute never meets it, whatever the operator.
///
/// It names a field and is pure data: [`check`](Condition::check) says whether it fits a model. One that does not fit, because
/// the model changed since, is met by no record.
#[derive(Clone, PartialEq)]
pub struct Condition {
    field: String,
    operator: ConditionOperator,
    operand: Json,
}

impl Condition {
    /// A condition on the field of that name. `operand` is the value as JSON, an array of values for `in` and `not_in`.
    pub fn new(field: impl Into<String>, operator: ConditionOperator, operand: Json) -> Self {
        Condition { field: field.into(), operator, operand }
    }

    /// The field's name.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// How it compares.
    pub fn operator(&self) -> ConditionOperator {
        self.operator
    }

    /// What it compares with.
    pub fn operand(&self) -> &Json {
        &self.operand
    }

    /// Checks it against the model whose records it is about.
    ///
    /// # Errors
    /// What is wrong with it: no such field, an operator or a value that is not for its type.
    pub fn check(&self, model: &Model) -> std::result::Result<(), FieldError> {
        self.compiled(model).map(drop)
    }

    /// The condition as a predicate; what does not fit the model is true of no record.
    pub(super) fn predicate(&self, model: &Model) -> Predicate {
        self.compiled(model).unwrap_or_else(|_| Predicate::never())
    }

    fn compiled(&self, model: &Model) -> std::result::Result<Predicate, FieldError> {
        let Some(field) = model.find(&self.field) else {
            let message = format!("`{}` has no such field", model.name());
            return Err(
                FieldError::new(shorten(&self.field), "unknown", message).near(model.nearest_field(&self.field))
            );
        };
        field_test(field, self.operator.of_filters(field.field_type().shape), &self.operand, field.name())
    }
}

/// The field and the operator; never the value.
impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Condition({} {} …)", self.field, self.operator.name())
    }
}
