//! Predicates over the fields of one model.

use std::fmt;
use std::sync::Arc;

use crate::model::Field;
use crate::value::Value;

/// What must be true of a record. Bound to the fields of one model, with values of their types.
#[derive(Clone, Debug, PartialEq)]
pub enum Predicate {
    /// All of these; true when there are none.
    All(Vec<Predicate>),
    /// Any of these; false when there are none.
    Any(Vec<Predicate>),
    /// The complement.
    Not(Box<Predicate>),
    /// A test of one field's value.
    Test(Arc<Field>, Test),
}

/// A test of one field's value. False where the value is missing, but for [`Test::Missing`].
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// The value compares so with this one.
    Compare(Comparison, Value),
    /// The value is one of these.
    In(Arc<[Value]>),
    /// The value is none of these.
    NotIn(Arc<[Value]>),
    /// The string holds this one, byte for byte.
    Contains(String),
    /// The string starts with this one, byte for byte.
    StartsWith(String),
    /// The set or list holds this element.
    Has(Value),
    /// There is no value; of a set: it is empty.
    Missing,
    /// There is a value.
    Present,
}

/// How a value compares with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `eq`
    Equal,
    /// `ne`
    NotEqual,
    /// `lt`
    Less,
    /// `lte`
    LessOrEqual,
    /// `gt`
    Greater,
    /// `gte`
    GreaterOrEqual,
}

impl Comparison {
    /// The name in filters, such as `gte`.
    pub fn name(self) -> &'static str {
        match self {
            Comparison::Equal => "eq",
            Comparison::NotEqual => "ne",
            Comparison::Less => "lt",
            Comparison::LessOrEqual => "lte",
            Comparison::Greater => "gt",
            Comparison::GreaterOrEqual => "gte",
        }
    }

    /// The comparison that holds of two present values exactly when this one does not.
    #[must_use]
    pub fn opposite(self) -> Comparison {
        match self {
            Comparison::Equal => Comparison::NotEqual,
            Comparison::NotEqual => Comparison::Equal,
            Comparison::Less => Comparison::GreaterOrEqual,
            Comparison::LessOrEqual => Comparison::Greater,
            Comparison::Greater => Comparison::LessOrEqual,
            Comparison::GreaterOrEqual => Comparison::Less,
        }
    }
}

impl Predicate {
    /// True of every record.
    pub fn always() -> Self {
        Predicate::All(Vec::new())
    }

    /// True of no record.
    pub fn never() -> Self {
        Predicate::Any(Vec::new())
    }

    /// Whether it tests the field at that [`position`](crate::model::position).
    pub fn mentions(&self, position: usize) -> bool {
        match self {
            Predicate::All(parts) | Predicate::Any(parts) => parts.iter().any(|part| part.mentions(position)),
            Predicate::Not(inner) => inner.mentions(position),
            Predicate::Test(field, _) => field.position() == position,
        }
    }

    /// Both this and `other`.
    #[must_use]
    pub fn and(self, other: Predicate) -> Self {
        match (self, other) {
            (Predicate::All(mut all), Predicate::All(others)) => {
                all.extend(others);
                Predicate::All(all)
            }
            (Predicate::All(all), other) | (other, Predicate::All(all)) if all.is_empty() => other,
            (one, other) => Predicate::All(vec![one, other]),
        }
    }
}

/// The predicate as text: the same for equal predicates, and good to read in a log or a plan.
impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, word: &str, parts: &[Predicate]| {
            write!(f, "{word}(")?;
            for (at, part) in parts.iter().enumerate() {
                write!(f, "{}{part}", if at == 0 { "" } else { ", " })?;
            }
            f.write_str(")")
        };
        match self {
            Predicate::All(parts) => list(f, "all", parts),
            Predicate::Any(parts) => list(f, "any", parts),
            Predicate::Not(inner) => write!(f, "not({inner})"),
            Predicate::Test(field, test) => write!(f, "{} {test}", field.name()),
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let many = |f: &mut fmt::Formatter<'_>, word: &str, values: &[Value]| {
            write!(f, "{word} {}", serde_json::Value::from_iter(values.iter().map(Value::to_json)))
        };
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        match self {
            Test::Compare(comparison, value) => write!(f, "{} {}", comparison.name(), value.to_json()),
            Test::In(values) => many(f, "in", values),
            Test::NotIn(values) => many(f, "not_in", values),
            Test::Contains(text) => write!(f, "contains {}", quoted(text)),
            Test::StartsWith(text) => write!(f, "starts_with {}", quoted(text)),
            Test::Has(value) => write!(f, "has {}", value.to_json()),
            Test::Missing => f.write_str("is_null true"),
            Test::Present => f.write_str("is_null false"),
        }
    }
}
