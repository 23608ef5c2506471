//! The meaning of a predicate: what every backend must agree with.

use std::cmp::Ordering;

use super::{Comparison, Predicate, Test};
use crate::record::Record;
use crate::value::{Value, compare};

/// Whether `predicate` is true of `record`.
pub fn evaluate(predicate: &Predicate, record: &Record) -> bool {
    evaluate_row(predicate, record.values())
}

/// Whether `predicate` is true of a row: the value or none of each field stands at the field's position.
pub fn evaluate_row(predicate: &Predicate, row: &[Option<Value>]) -> bool {
    match predicate {
        Predicate::All(parts) => parts.iter().all(|part| evaluate_row(part, row)),
        Predicate::Any(parts) => parts.iter().any(|part| evaluate_row(part, row)),
        Predicate::Not(inner) => !evaluate_row(inner, row),
        Predicate::Test(field, test) => holds(test, row.get(field.position()).and_then(Option::as_ref)),
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
