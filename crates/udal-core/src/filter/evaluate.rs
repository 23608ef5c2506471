//! The meaning of a predicate: what every backend must agree with.

use std::cmp::Ordering;

use super::{Comparison, Predicate, Test};
use crate::record::Record;
use crate::value::{Value, compare};

/// Whether `predicate` is true of `record`.
pub fn evaluate(predicate: &Predicate, record: &Record) -> bool {
    match predicate {
        Predicate::All(parts) => parts.iter().all(|part| evaluate(part, record)),
        Predicate::Any(parts) => parts.iter().any(|part| evaluate(part, record)),
        Predicate::Not(inner) => !evaluate(inner, record),
        Predicate::Test(field, test) => holds(test, record.get(field)),
    }
}

fn holds(test: &Test, value: Option<&Value>) -> bool {
    let Some(value) = value else {
        return matches!(test, Test::Missing);
    };
    match test {
        Test::Missing => false,
        Test::Present => true,
        Test::Compare(comparison, other) => compares(*comparison, value, other),
        Test::In(values) => values.iter().any(|other| compares(Comparison::Equal, value, other)),
        Test::NotIn(values) => !values.iter().any(|other| compares(Comparison::Equal, value, other)),
        Test::Contains(part) => value.as_str().is_some_and(|text| text.contains(part.as_str())),
        Test::StartsWith(part) => value.as_str().is_some_and(|text| text.starts_with(part.as_str())),
        Test::Has(element) => value.elements().iter().any(|held| compares(Comparison::Equal, held, element)),
    }
}

fn compares(comparison: Comparison, a: &Value, b: &Value) -> bool {
    let Some(order) = compare(a, b) else {
        return false;
    };
    match comparison {
        Comparison::Equal => order == Ordering::Equal,
        Comparison::NotEqual => order != Ordering::Equal,
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
    }
}
