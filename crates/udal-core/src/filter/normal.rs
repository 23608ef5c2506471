//! The one construction that makes negation safe on every store.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Predicate, Test};
use crate::model::Field;
use crate::value::{Value, compare};

/// A predicate without negation above a test.
///
/// `not` has been pushed down to the tests, where it becomes "missing, or present and the test fails". What is left is
/// monotone: a store whose comparison with a missing value is unknown instead of false gives the same rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Normal {
    /// All of these; true when there are none.
    All(Vec<Normal>),
    /// Any of these; false when there are none.
    Any(Vec<Normal>),
    /// There is no value.
    Missing(Arc<Field>),
    /// There is a value.
    Present(Arc<Field>),
    /// There is a value and the test is true of it. Never [`Test::Missing`] or [`Test::Present`].
    Holds(Arc<Field>, Test),
    /// There is a value and the test is false of it. Only `contains`, `starts_with` and `has`; other tests have an opposite.
    Fails(Arc<Field>, Test),
}

impl Predicate {
    /// The predicate with `not` pushed down to the tests.
    pub fn normal(&self) -> Normal {
        positive(self)
    }
}

fn positive(predicate: &Predicate) -> Normal {
    match predicate {
        Predicate::All(parts) => Normal::All(parts.iter().map(positive).collect()),
        Predicate::Any(parts) => Normal::Any(parts.iter().map(positive).collect()),
        Predicate::Not(inner) => negative(inner),
        Predicate::Test(field, Test::Missing) => Normal::Missing(Arc::clone(field)),
        Predicate::Test(field, Test::Present) => Normal::Present(Arc::clone(field)),
        Predicate::Test(field, test) => Normal::Holds(Arc::clone(field), without_repeats(test.clone())),
    }
}

fn negative(predicate: &Predicate) -> Normal {
    match predicate {
        Predicate::All(parts) => Normal::Any(parts.iter().map(negative).collect()),
        Predicate::Any(parts) => Normal::All(parts.iter().map(negative).collect()),
        Predicate::Not(inner) => positive(inner),
        Predicate::Test(field, Test::Missing) => Normal::Present(Arc::clone(field)),
        Predicate::Test(field, Test::Present) => Normal::Missing(Arc::clone(field)),
        Predicate::Test(field, test) => Normal::Any(vec![Normal::Missing(Arc::clone(field)), failing(field, test)]),
    }
}

fn failing(field: &Arc<Field>, test: &Test) -> Normal {
    let holds = |test| Normal::Holds(Arc::clone(field), test);
    match test {
        Test::Compare(comparison, value) => holds(Test::Compare(comparison.opposite(), value.clone())),
        Test::In(values) => holds(without_repeats(Test::NotIn(values.clone()))),
        Test::NotIn(values) => holds(without_repeats(Test::In(values.clone()))),
        other => Normal::Fails(Arc::clone(field), other.clone()),
    }
}

fn without_repeats(test: Test) -> Test {
    match test {
        Test::In(values) => Test::In(unique(values)),
        Test::NotIn(values) => Test::NotIn(unique(values)),
        other => other,
    }
}

/// The values sorted, each once. Those that are so already, as in the contexts of people with many below, are not copied.
fn unique(values: Arc<[Value]>) -> Arc<[Value]> {
    if values.windows(2).all(|pair| matches!(pair, [a, b] if compare(a, b) == Some(Ordering::Less))) {
        return values;
    }
    match Value::set(values.to_vec()) {
        Some(Value::Set(values)) => values.into(),
        _ => values,
    }
}
