//! What cases expect: each answers a failure that says what was expected and what was got.

use std::fmt::Debug;

use udal_core::record::Record;
use udal_core::{Error, ErrorKind};

use crate::case::{Failure, Outcome};

/// How much of a value a failure shows, in characters.
const SHOWN: usize = 2_000;

/// The two are equal.
#[track_caller]
pub(crate) fn equal<A: Debug + PartialEq<B>, B: Debug>(got: A, expected: B) -> Outcome {
    if got == expected {
        return Ok(());
    }
    Err(Failure::new(format!("got      {}\n  expected {}", shown(&got), shown(&expected))))
}

/// What is said holds.
#[track_caller]
pub(crate) fn holds(truth: bool, what: impl Into<String>) -> Outcome {
    if truth { Ok(()) } else { Err(Failure::new(what)) }
}

/// It failed, with an error of that kind; answers the error.
#[track_caller]
pub(crate) fn fails<T: Debug>(result: Result<T, Error>, kind: ErrorKind) -> Result<Error, Failure> {
    match result {
        Err(error) if error.kind() == kind => Ok(error),
        Err(error) => Err(Failure::new(format!("expected the error {kind:?}, got {error:?}"))),
        Ok(answer) => Err(Failure::new(format!("expected the error {kind:?}, got the answer {}", shown(&answer)))),
    }
}

/// There is a value.
#[track_caller]
pub(crate) fn some<T>(value: Option<T>, what: &str) -> Result<T, Failure> {
    value.ok_or_else(|| Failure::new(format!("there is no {what}")))
}

/// The two lists hold equal records in the same order.
#[track_caller]
pub(crate) fn same_records(got: &[Record], expected: &[Record]) -> Outcome {
    let different = got.iter().zip(expected).find(|(got, expected)| got != expected);
    if got.len() == expected.len() && different.is_none() {
        return Ok(());
    }
    let ids = |records: &[Record]| shown(&records.iter().map(Record::id).collect::<Vec<_>>());
    let difference = different.map(|(got, expected)| difference(got, expected)).unwrap_or_default();
    Err(Failure::new(format!("got      {}\n  expected {}{difference}", ids(got), ids(expected))))
}

/// The two records are equal.
#[track_caller]
pub(crate) fn same_record(got: &Record, expected: &Record) -> Outcome {
    if got == expected { Ok(()) } else { Err(Failure::new(difference(got, expected))) }
}

/// In which fields two records differ.
fn difference(got: &Record, expected: &Record) -> String {
    let mut text = format!("\n  record {} differs from {}", shown(&got.id()), shown(&expected.id()));
    for ((field, got), (_, expected)) in got.named().zip(expected.named()) {
        if got != expected {
            text.push_str(&format!("\n    {}: got {}, expected {}", field.name(), shown(&got), shown(&expected)));
        }
    }
    text
}

/// The value as it is debugged, cut to a length that fits a failure.
pub(crate) fn shown<T: Debug>(value: &T) -> String {
    let text = format!("{value:?}");
    match text.char_indices().nth(SHOWN) {
        None => text,
        Some((cut, _)) => format!("{}… ({} bytes)", text.get(..cut).unwrap_or_default(), text.len()),
    }
}
