//! Partitions: which one a record falls into, and the statements that make it.

use udal_core::model::{Interval, Retention};
use udal_core::record::Record;
use udal_core::value::{Date, Value};

use super::Target;
use super::create::{quoted, write_storage_parameters};
use crate::sql::column_name;
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

    /// The span that follows; `None` after the last that there can be.
    pub fn following(&self) -> Option<Self> {
        Span::containing(&Value::Date(self.next?), self.length())
    }

    /// Whether it ends at or before `day`.
    pub fn ends_by(&self, day: Date) -> bool {
        self.next.is_some_and(|next| next <= day)
    }

    fn length(&self) -> Interval {
        match self.interval {
            Length::Day => Interval::Day,
            Length::Month => Interval::Month,
            Length::Year => Interval::Year,
        }
    }

    /// The span whose partition has this name, where it is one of the table's.
    pub fn of_partition(target: Target<'_>, name: &str) -> Option<Self> {
        let (_, interval) = target.partition_key()?;
        let digits: String = name.strip_prefix(target.table_name())?.strip_prefix("__p")?.replace('_', "");
        let part = |range| digits.get(range).and_then(|text: &str| text.parse().ok());
        let day = Date::new(part(0..4)?, small(part(4..6))?, small(part(6..8))?)?;
        let span = Span::containing(&Value::Date(day), interval)?;
        (partition_name(target, span) == name).then_some(span)
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

/// A month or a day of a name; 1 where the name has none.
fn small(part: Option<i16>) -> Option<i8> {
    part.map_or(Some(1), |number| i8::try_from(number).ok())
}

/// The first day that `retention` keeps, counted back from `today`.
pub fn kept_from(today: Date, retention: Retention) -> Option<Date> {
    let count = i32::try_from(retention.count).ok()?;
    let (year, month, day) = today.parts();
    match retention.interval {
        Interval::Day => Date::from_days(today.as_days().checked_sub(count)?),
        Interval::Month | Interval::Year => {
            let months = if retention.interval == Interval::Year { count.checked_mul(12)? } else { count };
            let month = i32::from(year) * 12 + i32::from(month) - 1 - months;
            let (year, month) =
                (i16::try_from(month.div_euclid(12)).ok()?, i8::try_from(month.rem_euclid(12) + 1).ok()?);
            // The 31st of a month without one is its last day.
            (0..4).find_map(|back| Date::new(year, month, day - back))
        }
    }
}

/// Finds every table named as a partition of the table: its name, whether it is one now, whether it is being taken out.
pub fn find_partitions(target: Target<'_>) -> Statement {
    let mut sql = Sql::new();
    find(&mut sql, target);
    sql.push("c.relnamespace = current_schema()::regnamespace AND c.relname ^@ ");
    sql.param(Param::text(format!("{}__p", target.table_name()))).push(" ORDER BY c.relname");
    sql.finish()
}

/// Finds the partition, as [`find_partitions`] finds every one: no row where there is no table of its name.
pub fn find_partition(target: Target<'_>, span: Span) -> Statement {
    let mut sql = Sql::new();
    find(&mut sql, target);
    sql.push("c.oid = to_regclass(").param(Param::text(quoted(&partition_name(target, span)))).push(")");
    sql.finish()
}

fn find(sql: &mut Sql, target: Target<'_>) {
    sql.push("SELECT c.relname::text, i.inhrelid IS NOT NULL, COALESCE(i.inhdetachpending, false) FROM pg_class c ");
    sql.push("LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND i.inhparent = to_regclass(");
    sql.param(Param::text(quoted(target.table_name()))).push(") WHERE c.relkind = 'r' AND ");
}

/// Finds a row where the partition's table has one.
pub fn find_partition_row(target: Target<'_>, span: Span) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT 1 FROM ").name(&partition_name(target, span)).push(" LIMIT 1");
    sql.finish()
}

/// Takes a partition out of its table, without waiting for those who read and write the table, nor they for it.
pub fn detach_partition(target: Target<'_>, span: Span) -> String {
    detach(target, span, " CONCURRENTLY")
}

/// Takes a partition out of its table, under a lock that those who read and write the table wait for: where it cannot be done
/// without.
pub fn detach_partition_at_once(target: Target<'_>, span: Span) -> String {
    detach(target, span, "")
}

/// Ends what [`detach_partition`] began, where it was interrupted.
pub fn finish_detaching(target: Target<'_>, span: Span) -> String {
    detach(target, span, " FINALIZE")
}

fn detach(target: Target<'_>, span: Span, how: &'static str) -> String {
    let mut sql = Sql::new();
    sql.push("ALTER TABLE ").name(target.table_name()).push(" DETACH PARTITION ").name(&partition_name(target, span));
    sql.push(how);
    sql.into_text()
}

/// Keeps everyone off a partition that was taken out: nobody attaches it meanwhile.
pub fn lock_partition(target: Target<'_>, span: Span) -> String {
    let mut sql = Sql::new();
    sql.push("LOCK TABLE ").name(&partition_name(target, span)).push(" IN ACCESS EXCLUSIVE MODE");
    sql.into_text()
}

/// Drops a partition that was taken out, and the ids of its records.
pub fn drop_partition(target: Target<'_>, span: Span) -> Vec<String> {
    vec![forget_ids(target, span), drop_empty_partition(target, span)]
}

/// Drops a table that never became a partition.
pub fn drop_empty_partition(target: Target<'_>, span: Span) -> String {
    let mut drop = Sql::new();
    drop.push("DROP TABLE ").name(&partition_name(target, span));
    drop.into_text()
}

/// Keeps a partition that was taken out as a table of its own, and drops the ids of its records.
pub fn keep_partition(target: Target<'_>, span: Span, name: &str) -> Vec<String> {
    let mut rename = Sql::new();
    rename.push("ALTER TABLE ").name(&partition_name(target, span)).push(" RENAME TO ").name(name);
    vec![forget_ids(target, span), rename.into_text()]
}

fn forget_ids(target: Target<'_>, span: Span) -> String {
    let mut ids = Sql::new();
    let key = target.partition_key().map(|(field, _)| column_name(field.name())).unwrap_or_default();
    ids.push("DELETE FROM ").name(&target.ids_table_name()).push(" i USING ").name(&partition_name(target, span));
    ids.push(" p WHERE i.\"id\" = p.\"id\" AND i.").name(&key).push(" = p.").name(&key);
    ids.into_text()
}

/// The names under which a partition can be kept, the first that is free: records of its time may come and be kept again.
pub fn kept_names(target: Target<'_>, span: Span) -> impl Iterator<Item = String> {
    let first = format!("{}__old{}", target.table_name(), span.suffix().trim_start_matches('p'));
    std::iter::once(first.clone()).chain((2..10).map(move |number| format!("{first}_{number}")))
}

/// Finds a row where there is something of that name.
pub fn is_taken(name: &str) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT 1 WHERE to_regclass(").param(Param::text(quoted(name))).push(") IS NOT NULL");
    sql.finish()
}

/// The name of the partition's table.
pub fn partition_name(target: Target<'_>, span: Span) -> String {
    format!("{}__{}", target.table_name(), span.suffix())
}

/// Makes the partition's table, not yet part of the table; does nothing where it is there.
pub fn create_partition(target: Target<'_>, span: Span) -> String {
    let mut sql = Sql::new();
    sql.push("CREATE TABLE IF NOT EXISTS ").name(&partition_name(target, span));
    sql.push(" (LIKE ").name(target.table_name()).push(" INCLUDING ALL) WITH ");
    write_storage_parameters(&mut sql, target);
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

fn bound(sql: &mut Sql, target: Target<'_>, day: Date) {
    let is_date =
        target.partition_key().is_some_and(|(field, _)| field.field_type().scalar == udal_core::model::Scalar::Date);
    // The offset makes the bound independent of the session's time zone.
    sql.literal(&if is_date { day.to_string() } else { format!("{day} 00:00:00+00") });
}
