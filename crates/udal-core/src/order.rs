//! Orders: total, with missing values below every other.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use crate::error::{Error, FieldError, MAX_FIELD_ERRORS, Result};
use crate::filter::{Comparison, Predicate, Test};
use crate::model::{Field, Model, position};
use crate::names::shorten;
use crate::record::Record;
use crate::value::{Value, compare};

/// One field of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// The field that is compared.
    pub field: Arc<Field>,
    /// Whether the highest comes first.
    pub descending: bool,
}

/// An order of a model's records. It is total: its last term is always `id`.
///
/// A missing value is below every value: first when ascending, last when descending.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    terms: Vec<Term>,
}

/// Where a record stands in an [`Order`]: its value, or none, for each term.
#[derive(Clone, Debug, PartialEq)]
pub struct Position(pub(crate) Vec<Option<Value>>);

impl Position {
    /// Where `record` stands in `order`.
    pub fn of(record: &Record, order: &Order) -> Self {
        Position(order.terms.iter().map(|term| record.get(&term.field).cloned()).collect())
    }

    /// The value, or none, for each term of the order.
    pub fn values(&self) -> &[Option<Value>] {
        &self.0
    }
}

impl Order {
    /// The order by `id`.
    pub fn by_id(model: &Model) -> Self {
        Order { terms: id_term(model).into_iter().collect() }
    }

    /// Reads such as `-value,name`: the highest `value` first, then by `name`, then by `id`.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with every field that is unknown, repeated or without an order.
    pub fn parse(model: &Model, text: &str) -> Result<Self> {
        let mut terms: Vec<Term> = Vec::new();
        let mut errors = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            if errors.len() == MAX_FIELD_ERRORS {
                break;
            }
            let (name, descending) = part.strip_prefix('-').map_or((part, false), |name| (name, true));
            match sortable(model, name) {
                Ok(field) if terms.iter().any(|term| term.field.name() == name) => {
                    errors.push(FieldError::new(field.name(), "not_allowed", "stands twice in the order"));
                }
                Ok(field) => terms.push(Term { field: Arc::clone(field), descending }),
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(Error::fields(format!("the order does not fit `{}`", model.name()), errors));
        }
        let has_id = terms.iter().position(|term| term.field.position() == position::ID);
        match has_id {
            // Nothing that follows the id can change the order.
            Some(at) => terms.truncate(at + 1),
            None => terms.extend(id_term(model)),
        }
        Ok(Order { terms })
    }

    /// The terms; the last one is `id`.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Which of two records comes first.
    pub fn compare(&self, a: &Record, b: &Record) -> Ordering {
        let pairs = self.terms.iter().map(|term| (term, a.get(&term.field), b.get(&term.field)));
        first_difference(pairs)
    }

    /// Whether `record` comes before, at or after `position`.
    pub fn compare_position(&self, record: &Record, position: &Position) -> Ordering {
        let pairs = self.terms.iter().zip(&position.0).map(|(term, at)| (term, record.get(&term.field), at.as_ref()));
        first_difference(pairs)
    }

    /// What is true of exactly the records that come after `position`: the keyset condition.
    ///
    /// The first part bounds the first term alone, so that an index on it can start there.
    pub fn after(&self, position: &Position) -> Predicate {
        let mut options = Vec::new();
        let mut equal_so_far: Vec<Predicate> = Vec::new();
        for (term, at) in self.terms.iter().zip(&position.0) {
            let mut all = equal_so_far.clone();
            all.push(beyond(term, at.as_ref()));
            options.push(Predicate::All(all));
            equal_so_far.push(same(term, at.as_ref()));
        }
        let chain = Predicate::Any(options);
        match (self.terms.as_slice(), position.0.first()) {
            ([first, _, ..], Some(Some(at))) if first.field.is_required() || !first.descending => {
                let bound = if first.descending { Comparison::LessOrEqual } else { Comparison::GreaterOrEqual };
                Predicate::All(vec![test(first, Test::Compare(bound, at.clone())), chain])
            }
            _ => chain,
        }
    }
}

fn id_term(model: &Model) -> Option<Term> {
    model.fields().get(position::ID).map(|field| Term { field: Arc::clone(field), descending: false })
}

fn sortable<'a>(model: &'a Model, name: &str) -> std::result::Result<&'a Arc<Field>, FieldError> {
    let Some(field) = model.find(name) else {
        let message = format!("`{}` has no such field", model.name());
        return Err(FieldError::new(shorten(name), "unknown", message).near(model.nearest_field(name)));
    };
    field.check_unmasked(name)?;
    if field.field_type().is_sortable() {
        return Ok(field);
    }
    let message = format!("`{}` has no order", field.field_type());
    Err(FieldError::new(name, "not_allowed", message).hint("order by a single value that is not json"))
}

fn first_difference<'a>(pairs: impl Iterator<Item = (&'a Term, Option<&'a Value>, Option<&'a Value>)>) -> Ordering {
    pairs
        .map(|(term, a, b)| {
            let order = compare_present(a, b);
            if term.descending { order.reverse() } else { order }
        })
        .find(|order| *order != Ordering::Equal)
        .unwrap_or(Ordering::Equal)
}

fn compare_present(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(a), Some(b)) => compare(a, b).unwrap_or(Ordering::Equal),
    }
}

fn beyond(term: &Term, at: Option<&Value>) -> Predicate {
    match (at, term.descending) {
        (None, false) => test(term, Test::Present),
        (None, true) => Predicate::never(),
        (Some(value), false) => test(term, Test::Compare(Comparison::Greater, value.clone())),
        (Some(value), true) => {
            let below = test(term, Test::Compare(Comparison::Less, value.clone()));
            if term.field.is_required() { below } else { Predicate::Any(vec![below, test(term, Test::Missing)]) }
        }
    }
}

fn same(term: &Term, at: Option<&Value>) -> Predicate {
    match at {
        None => test(term, Test::Missing),
        Some(value) => test(term, Test::Compare(Comparison::Equal, value.clone())),
    }
}

fn test(term: &Term, test: Test) -> Predicate {
    Predicate::Test(Arc::clone(&term.field), test)
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, term) in self.terms.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let sign = if term.descending { "-" } else { "" };
            write!(f, "{comma}{sign}{}", term.field.name())?;
        }
        Ok(())
    }
}
