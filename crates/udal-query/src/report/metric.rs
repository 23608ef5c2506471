//! What is measured of a group, as people write it: `AVG(value)`, `COUNT(*) FILTER (WHERE {"status": "final"})`.

use std::sync::Arc;

use udal_core::FieldError;
use udal_core::filter::{self, Predicate};
use udal_core::model::{Field, FieldType, Model, Scalar, Shape};
use udal_core::{Error, Result};

use super::bucket::time_field;
use super::reading::{Fault, Reading, one_of, suggest};

/// What is measured.
#[derive(Clone, Debug, PartialEq)]
pub enum Function {
    /// `COUNT(*)`: how many records.
    Rows,
    /// `COUNT(f)`: how many that have a value.
    Count(Arc<Field>),
    /// `COUNT(DISTINCT f)`: how many different values.
    CountDistinct(Arc<Field>),
    /// `SUM(f)`: exact, but for a `float`.
    Sum(Arc<Field>),
    /// `AVG(f)`: the mean.
    Mean(Arc<Field>),
    /// `MIN(f)`: the least value.
    Least(Arc<Field>),
    /// `MAX(f)`: the greatest value.
    Greatest(Arc<Field>),
    /// `STDDEV(f)`: the standard deviation of a sample.
    Deviation(Arc<Field>),
    /// `VARIANCE(f)`: the variance of a sample.
    Variance(Arc<Field>),
    /// `PERCENTILE(p, f)` and `MEDIAN(f)`: the value below which a fraction of the values is, between two of them in
    /// proportion.
    Percentile {
        /// From 0 to 1.
        fraction: f64,
        /// The field.
        field: Arc<Field>,
    },
    /// `FIRST(f)`: the value of the earliest record that has one.
    First(Timed),
    /// `LAST(f)`: the value of the latest record that has one.
    Last(Timed),
}

/// A field, and the time of its record.
#[derive(Clone, Debug, PartialEq)]
pub struct Timed {
    /// The field.
    pub field: Arc<Field>,
    /// The model's time field; of two records with one time the one with the lower id is earlier.
    pub time: Arc<Field>,
}

/// A metric of an aggregate.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// What it is called in the answer.
    pub name: String,
    /// What is measured.
    pub function: Function,
    /// Of which records of the group; of all where it is always true.
    pub filter: Predicate,
}

#[derive(Clone, Copy)]
enum Word {
    Count,
    Sum,
    Mean,
    Least,
    Greatest,
    Deviation,
    Variance,
    Percentile,
    Median,
    First,
    Last,
}

const WORDS: [(&str, Word); 11] = [
    ("COUNT", Word::Count),
    ("SUM", Word::Sum),
    ("AVG", Word::Mean),
    ("MIN", Word::Least),
    ("MAX", Word::Greatest),
    ("STDDEV", Word::Deviation),
    ("VARIANCE", Word::Variance),
    ("PERCENTILE", Word::Percentile),
    ("MEDIAN", Word::Median),
    ("FIRST", Word::First),
    ("LAST", Word::Last),
];

impl Metric {
    /// Reads a metric over `view`, the model as the asker sees it; errors name `path`.
    ///
    /// # Errors
    /// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) or [`UnknownName`](udal_core::ErrorKind::UnknownName), with what
    /// is wrong where.
    pub fn parse(view: &Model, name: &str, text: &str) -> Result<Self> {
        let path = format!("metrics.{name}");
        let wrong = |fault: Fault| super::result::unfit(view, vec![fault.of(&path, text)]);
        let mut reading = Reading::new(text);
        let function = function(&mut reading, view).map_err(wrong)?;
        let filter = condition(&mut reading).map_err(wrong)?;
        reading.end().map_err(wrong)?;
        let filter = match filter {
            Some(json) => filter::parse(view, &json).map_err(|error| within(&path, &error))?,
            None => Predicate::always(),
        };
        Ok(Metric { name: name.to_owned(), function, filter })
    }

    /// The type of its values.
    pub fn field_type(&self) -> FieldType {
        self.function.field_type()
    }
}

/// An error of a filter as one of what stands at `path`.
fn within(path: &str, error: &Error) -> Error {
    let fields = error.field_errors().iter().map(|field| FieldError {
        field: format!("{path}.{}", field.field),
        code: field.code,
        message: field.message.clone(),
        hint: field.hint.clone(),
    });
    Error::with_fields(error.kind(), error.message(), fields.collect())
}

impl Function {
    /// The type of its values: of numbers that are counted exactly `decimal`, so that no sum is too large for it.
    pub fn field_type(&self) -> FieldType {
        match self {
            Function::Rows | Function::Count(_) | Function::CountDistinct(_) => FieldType::required(Scalar::Int),
            Function::Sum(field) | Function::Mean(field) | Function::Deviation(field) | Function::Variance(field) => {
                match field.field_type().scalar {
                    Scalar::Float => FieldType::optional(Scalar::Float),
                    _ => FieldType::optional(Scalar::Decimal),
                }
            }
            Function::Percentile { .. } => FieldType::optional(Scalar::Float),
            Function::Least(field)
            | Function::Greatest(field)
            | Function::First(Timed { field, time: _ })
            | Function::Last(Timed { field, time: _ }) => FieldType { optional: true, ..field.field_type().clone() },
        }
    }

    /// Whether it counts: then it is 0 of nothing, and else missing.
    pub fn is_count(&self) -> bool {
        matches!(self, Function::Rows | Function::Count(_) | Function::CountDistinct(_))
    }
}

fn function(reading: &mut Reading<'_>, view: &Model) -> std::result::Result<Function, Fault> {
    let Some((written, at)) = reading.word() else {
        return Err(Fault::new(reading.here(), "missing", "expected a function")
            .hint("write such as `COUNT(*)` or `AVG(value)`"));
    };
    let Some(word) = one_of(&WORDS, written) else {
        let message = format!("`{}` is not a function", udal_core::shorten(written));
        return Err(Fault::new(at, "unknown", message).hint(suggest(&WORDS, written)));
    };
    reading.expect("(", "write such as `AVG(value)`")?;
    let function = arguments(reading, view, word)?;
    reading.expect(")", "a function ends with `)`")?;
    Ok(function)
}

fn arguments(reading: &mut Reading<'_>, view: &Model, word: Word) -> std::result::Result<Function, Fault> {
    Ok(match word {
        Word::Count if reading.take("*") => Function::Rows,
        Word::Count if reading.take_word("DISTINCT") => Function::CountDistinct(ordered(reading, view)?),
        Word::Count => Function::Count(reading.field(view)?.0),
        Word::Sum => Function::Sum(number(reading, view)?),
        Word::Mean => Function::Mean(number(reading, view)?),
        Word::Deviation => Function::Deviation(number(reading, view)?),
        Word::Variance => Function::Variance(number(reading, view)?),
        Word::Median => Function::Percentile { fraction: 0.5, field: number(reading, view)? },
        Word::Percentile => {
            let fraction = fraction(reading)?;
            reading.expect(",", "write such as `PERCENTILE(0.95, value)`")?;
            Function::Percentile { fraction, field: number(reading, view)? }
        }
        Word::Least => Function::Least(ordered(reading, view)?),
        Word::Greatest => Function::Greatest(ordered(reading, view)?),
        Word::First => Function::First(timed(reading, view)?),
        Word::Last => Function::Last(timed(reading, view)?),
    })
}

/// A field of numbers.
fn number(reading: &mut Reading<'_>, view: &Model) -> std::result::Result<Arc<Field>, Fault> {
    let (field, at) = reading.field(view)?;
    let field_type = field.field_type();
    match (&field_type.scalar, field_type.shape) {
        (Scalar::Int | Scalar::Float | Scalar::Decimal, Shape::One) => Ok(field),
        _ => {
            let message = format!("`{}` is no number, but `{field_type}`", field.name());
            Err(Fault::new(at, "not_allowed", message).hint("this function takes an int, a float or a decimal"))
        }
    }
}

/// A field whose values have an order.
fn ordered(reading: &mut Reading<'_>, view: &Model) -> std::result::Result<Arc<Field>, Fault> {
    let (field, at) = reading.field(view)?;
    if field.field_type().is_sortable() {
        return Ok(field);
    }
    let message = format!("`{}` has no order: it is `{}`", field.name(), field.field_type());
    Err(Fault::new(at, "not_allowed", message).hint("this function takes a single value that is not json"))
}

/// A field of one value, and the model's time.
fn timed(reading: &mut Reading<'_>, view: &Model) -> std::result::Result<Timed, Fault> {
    let (field, at) = reading.field(view)?;
    if field.field_type().shape != Shape::One {
        let message = format!("`{}` holds several values", field.name());
        return Err(Fault::new(at, "not_allowed", message).hint("this function takes a single value"));
    }
    Ok(Timed { field, time: time_field(view, at)? })
}

fn fraction(reading: &mut Reading<'_>) -> std::result::Result<f64, Fault> {
    let hint = "write a fraction from 0 to 1, such as 0.95";
    let Some((text, at)) = reading.number() else {
        return Err(Fault::new(reading.here(), "missing", "expected a number").hint(hint));
    };
    match text.parse::<f64>() {
        Ok(fraction) if (0.0..=1.0).contains(&fraction) => Ok(fraction),
        _ => Err(Fault::new(at, "out_of_range", format!("`{}` is no fraction", udal_core::shorten(text))).hint(hint)),
    }
}

/// The filter of `FILTER (WHERE {…})`, where there is one.
fn condition(reading: &mut Reading<'_>) -> std::result::Result<Option<serde_json::Value>, Fault> {
    const HINT: &str = "write such as `FILTER (WHERE {\"status\": \"final\"})`, with a filter as lists take it";
    if !reading.take_word("FILTER") {
        return Ok(None);
    }
    reading.expect("(", HINT)?;
    let at = reading.here();
    if !reading.take_word("WHERE") {
        return Err(Fault::new(at, "not_allowed", "expected `WHERE`").hint(HINT));
    }
    let json = reading.json(HINT)?;
    reading.expect(")", HINT)?;
    Ok(Some(json))
}
