//! Partitions: which one a record falls into, and the statements that make it.

use udal_core::model::Interval;
use udal_core::record::Record;
use udal_core::value::{Date, Value};

use super::Target;
use super::create::{quoted, storage_parameters};
use crate::{Param, Sql, Statement};

/// The time that one partition holds: from its first day to before the next one's, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    first: Date,
    next: Option<Date>,
    interval: Length,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Length {
    Day,
    Month,
    Year,
}

impl Span {
    /// The span that `record` falls into; `None` where the table is not split.
    pub fn of(target: Target<'_>, record: &Record) -> Option<Self> {
        let (key, interval) = target.partition_key()?;
        Span::containing(record.get(key)?, interval)
    }

    /// The span that holds `value`, a date or an instant.
    pub fn containing(value: &Value, interval: Interval) -> Option<Self> {
        let day = match value {
            Value::DateTime(at) => at.date(),
            Value::Date(day) => *day,
            _ => return None,
        };
        let (year, month, _) = day.parts();
        let (first, next, length) = match interval {
            Interval::Day => (day, Date::from_days(day.as_days() + 1), Length::Day),
            Interval::Month if month == 12 => (Date::new(year, 12, 1)?, Date::new(year + 1, 1, 1), Length::Month),
            Interval::Month => (Date::new(year, month, 1)?, Date::new(year, month + 1, 1), Length::Month),
            Interval::Year => (Date::new(year, 1, 1)?, Date::new(year + 1, 1, 1), Length::Year),
        };
        Some(Span { first, next, interval: length })
    }

    fn suffix(&self) -> String {
        let (year, month, day) = self.first.parts();
        match self.interval {
            Length::Day => format!("p{year:04}{month:02}{day:02}"),
            Length::Month => format!("p{year:04}_{month:02}"),
            Length::Year => format!("p{year:04}"),
        }
    }
}

/// The name of the partition's table.
pub fn partition_name(target: Target<'_>, span: Span) -> String {
    format!("{}__{}", target.table_name(), span.suffix())
}

/// Makes the partition's table, not yet part of the table; does nothing where it is there.
pub fn create_partition(target: Target<'_>, span: Span) -> String {
    let mut sql = Sql::new();
    sql.push("CREATE TABLE IF NOT EXISTS ").name(&partition_name(target, span));
    sql.push(" (LIKE ").name(target.table_name()).push(" INCLUDING ALL)").push(storage_parameters(target));
    sql.into_text()
}

/// Makes the partition's table a part of the table.
///
/// Unlike `CREATE TABLE … PARTITION OF`, this does not wait for those who read and write the table, nor they for it.
pub fn attach_partition(target: Target<'_>, span: Span) -> String {
    let mut sql = Sql::new();
    sql.push("ALTER TABLE ").name(target.table_name()).push(" ATTACH PARTITION ").name(&partition_name(target, span));
    sql.push(" FOR VALUES FROM (");
    bound(&mut sql, target, span.first);
    sql.push(") TO (");
    match span.next {
        Some(next) => bound(&mut sql, target, next),
        None => {
            sql.push("MAXVALUE");
        }
    }
    sql.push(")");
    sql.into_text()
}

/// Finds a row where the partition is part of the table.
pub fn has_partition(target: Target<'_>, span: Span) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT 1 FROM pg_inherits WHERE inhrelid = to_regclass(");
    sql.param(Param::text(quoted(&partition_name(target, span)))).push(") AND inhparent = to_regclass(");
    sql.param(Param::text(quoted(target.table_name()))).push(")");
    sql.finish()
}

fn bound(sql: &mut Sql, target: Target<'_>, day: Date) {
    let is_date =
        target.partition_key().is_some_and(|(field, _)| field.field_type().scalar == udal_core::model::Scalar::Date);
    // The offset makes the bound independent of the session's time zone.
    sql.literal(&if is_date { day.to_string() } else { format!("{day} 00:00:00+00") });
}
