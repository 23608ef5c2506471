//! Times cut into hours, days, months.

use std::fmt;
use std::sync::Arc;

use udal_core::FieldError;
use udal_core::model::{Field, FieldType, Model, Scalar, Shape, position};
use udal_core::shorten;

use super::reading::{Fault, named_field, one_of, suggest};

/// What a time is cut to. Weeks begin on Mondays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A week.
    Week,
    /// A month.
    Month,
    /// A quarter of a year.
    Quarter,
    /// A year.
    Year,
}

impl Unit {
    /// Every unit with its word.
    pub const WORDS: [(&'static str, Unit); 6] = [
        ("hour", Unit::Hour),
        ("day", Unit::Day),
        ("week", Unit::Week),
        ("month", Unit::Month),
        ("quarter", Unit::Quarter),
        ("year", Unit::Year),
    ];

    /// Its word, such as `month`.
    pub fn word(self) -> &'static str {
        Unit::WORDS.into_iter().find(|(_, unit)| *unit == self).map_or("", |(word, _)| word)
    }

    pub(crate) fn named(word: &str) -> Option<Self> {
        one_of(&Unit::WORDS, word)
    }

    pub(crate) fn suggest(word: &str) -> String {
        suggest(&Unit::WORDS, word)
    }
}

/// A field's time, cut to a unit: an hour is answered as the instant at which it begins, everything longer as the day.
#[derive(Clone, Debug, PartialEq)]
pub struct Bucket {
    /// The unit.
    pub unit: Unit,
    /// A `datetime` or `date`.
    pub field: Arc<Field>,
}

impl Bucket {
    pub(crate) fn new(unit: Unit, field: Arc<Field>, at: usize) -> Result<Self, Fault> {
        match (&field.field_type().scalar, field.field_type().shape, unit) {
            (Scalar::Date, Shape::One, Unit::Hour) => {
                let message = format!("`{}` is a day, which has no hours", field.name());
                Err(Fault::new(at, "not_allowed", message).hint("cut it to days or longer, such as with `day`"))
            }
            (Scalar::DateTime | Scalar::Date, Shape::One, _) => Ok(Bucket { unit, field }),
            _ => {
                let message = format!("`{}` is no time, but `{}`", field.name(), field.field_type());
                Err(Fault::new(at, "not_allowed", message).hint("cut a `datetime` or a `date`"))
            }
        }
    }

    /// The type of its values.
    pub fn field_type(&self) -> FieldType {
        let scalar = if self.unit == Unit::Hour { Scalar::DateTime } else { Scalar::Date };
        FieldType { scalar, shape: Shape::One, optional: self.field.field_type().optional }
    }
}

/// The field that says when a record of the model is of: the one by which its table is split, else `created_at`.
pub(crate) fn time_field(view: &Model, at: usize) -> Result<Arc<Field>, Fault> {
    let partition = view.table().and_then(|table| table.partition.as_ref());
    let created_at = view.fields().get(position::CREATED_AT).map_or("", |field| field.name());
    named_field(view, partition.map_or(created_at, |partition| &partition.field), at)
}

/// In which place a day begins: UTC, or a place of the time zone database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimeZone(Option<String>);

impl TimeZone {
    /// Reads such as `Europe/Berlin` or `UTC`; nothing is UTC. Whether there is such a place, the database knows.
    ///
    /// # Errors
    /// What cannot be the name of a place: an abbreviation such as `CET` says no rule for summers, an offset neither.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let is_place = |text: &str| {
            let parts: Vec<&str> = text.split('/').collect();
            let fits = |part: &&str| {
                part.starts_with(|c: char| c.is_ascii_alphabetic())
                    && part.chars().all(|c| c.is_ascii_alphabetic() || c == '_' || c == '-')
            };
            (2..=3).contains(&parts.len()) && parts.iter().all(fits) && text.len() <= 48
        };
        match text {
            "" | "UTC" => Ok(TimeZone(None)),
            place if is_place(place) => Ok(TimeZone(Some(place.to_owned()))),
            other => {
                let message = format!("`{}` is not the name of a time zone", shorten(other));
                Err(FieldError::new("time_zone", "not_allowed", message)
                    .hint("write `UTC`, or a place such as `Europe/Berlin`"))
            }
        }
    }

    /// The place; none for UTC.
    pub fn place(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.place().unwrap_or("UTC"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_no_rules() {
        for place in ["Europe/Berlin", "America/Argentina/Buenos_Aires", "America/Port-au-Prince"] {
            assert_eq!(TimeZone::parse(place).unwrap().place(), Some(place));
        }
        assert_eq!(TimeZone::parse("UTC").unwrap(), TimeZone::default());
        // PostgreSQL takes most of these, and means something else than whoever wrote them.
        for other in ["CET", "+02:00", "UTC+2", "Europe/Berlin3", "Foo/Bar+3", "'; drop", "Europe/", "/x", "utc"] {
            assert!(TimeZone::parse(other).is_err(), "{other}");
        }
    }
}
