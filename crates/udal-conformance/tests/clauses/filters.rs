//! Filters with a wrong meaning.

use std::sync::Arc;

use udal_core::filter::{Comparison, Predicate, Test};
use udal_core::model::{Field, Scalar, Shape};
use udal_core::value::Value;

use crate::wrong::Fault;

/// The filter that means to a right backend what `filter` means to the wrong one.
pub(crate) fn misread(fault: Fault, filter: Predicate) -> Predicate {
    let all = |parts: Vec<Predicate>| parts.into_iter().map(|part| misread(fault, part)).collect::<Vec<_>>();
    match filter {
        Predicate::All(parts) => Predicate::All(all(parts)),
        Predicate::Any(parts) if parts.is_empty() && fault == Fault::OrOfNothingIsTrue => Predicate::always(),
        Predicate::Any(parts) => Predicate::Any(all(parts)),
        Predicate::Not(inner) if fault == Fault::NotIsThreeValued => {
            let mut parts = present(&inner);
            parts.push(Predicate::Not(inner));
            Predicate::All(parts)
        }
        Predicate::Not(inner) => Predicate::Not(Box::new(misread(fault, *inner))),
        Predicate::Test(field, _) if fault == Fault::SystemFieldsAreNotFiltered && field.is_system() => {
            Predicate::always()
        }
        Predicate::Test(field, test) => misread_test(fault, field, test),
    }
}

fn misread_test(fault: Fault, field: Arc<Field>, test: Test) -> Predicate {
    let is_text = field.field_type().scalar == Scalar::Str && field.field_type().shape == Shape::One;
    let or = |other: Test, test: Test| {
        Predicate::Any(vec![Predicate::Test(Arc::clone(&field), other), Predicate::Test(Arc::clone(&field), test)])
    };
    match (fault, test) {
        (Fault::NotEqualIsTrueOfMissing, test @ Test::Compare(Comparison::NotEqual, _)) => or(Test::Missing, test),
        (Fault::NotInIsTrueOfMissing, test @ Test::NotIn(_)) => or(Test::Missing, test),
        (Fault::EverythingIsInNothing, Test::In(values)) if values.is_empty() => Predicate::always(),
        (Fault::AtLeastIsMore, Test::Compare(Comparison::GreaterOrEqual, value)) => {
            Predicate::Test(field, Test::Compare(Comparison::Greater, value))
        }
        (Fault::PercentIsAWildcard, Test::Contains(text)) => {
            let parts =
                text.split('%').map(|part| Predicate::Test(Arc::clone(&field), Test::Contains(part.to_owned())));
            Predicate::All(parts.collect())
        }
        (Fault::StartsWithIsContains, Test::StartsWith(text)) => Predicate::Test(field, Test::Contains(text)),
        (Fault::HasIsNotEmpty, Test::Has(_)) => Predicate::Test(field, Test::Present),
        (Fault::EmptyIsNull, Test::Missing) if is_text => {
            or(Test::Compare(Comparison::Equal, Value::from("")), Test::Missing)
        }
        (_, test) => Predicate::Test(field, test),
    }
}

/// That every field in the predicate has a value.
fn present(predicate: &Predicate) -> Vec<Predicate> {
    match predicate {
        Predicate::All(parts) | Predicate::Any(parts) => parts.iter().flat_map(present).collect(),
        Predicate::Not(inner) => present(inner),
        Predicate::Test(_, Test::Missing | Test::Present) => Vec::new(),
        Predicate::Test(field, _) => vec![Predicate::Test(Arc::clone(field), Test::Present)],
    }
}
