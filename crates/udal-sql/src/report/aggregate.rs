//! Groups of records, and what is measured of each.

use udal_core::filter::Predicate;
use udal_core::model::Scalar;
use udal_query::report::{Aggregate, Bucket, Group, Key, TimeZone, Unit};

use super::function::write_function;
use super::{Answer, answer_columns, limit_answer, order_answer};
use crate::table::Target;
use crate::{Columns, Layout, Param, Sql, Statement, write_predicate};

/// Answers the groups of the records in `reach`.
pub fn aggregate(target: Target<'_>, op: &Aggregate, reach: &Predicate) -> Statement {
    let mut sql = Sql::new();
    let columns = op.columns();
    if let Some(filled) = op.filled.and_then(|at| op.groups.get(at)) {
        with_gaps(&mut sql, target, op, reach, filled);
    } else {
        sql.push("SELECT ");
        answer_columns(&mut sql, &columns);
        sql.push(" FROM (");
        groups(&mut sql, target, op, reach, None);
        sql.push(") AS \"answer\"");
    }
    if op.having != Predicate::always() {
        sql.push(" WHERE ");
        write_predicate(&mut sql, &Answer, &op.having);
    }
    order_answer(&mut sql, &columns, &op.order);
    limit_answer(&mut sql, op.budget.rows_to_ask(op.limit));
    sql.finish()
}

/// Writes the query of the groups; with a number for each of those of the other groups, where the gaps of one are filled.
fn groups(sql: &mut Sql, target: Target<'_>, op: &Aggregate, reach: &Predicate, filled: Option<&Group>) {
    sql.push("SELECT ").list(&op.groups, |sql, group| {
        write_key(sql, &group.key, &op.time_zone);
        sql.push(" AS ").name(&group.name);
    });
    if !op.groups.is_empty() && !op.metrics.is_empty() {
        sql.push(", ");
    }
    sql.list(&op.metrics, |sql, metric| {
        write_function(sql, &Columns, &metric.function, &metric.filter);
        sql.push(" AS ").name(&metric.name);
    });
    if let Some(filled) = filled {
        let others = op.groups.iter().filter(|group| group.name != filled.name);
        sql.push(", dense_rank() OVER (");
        let mut separator = "ORDER BY ";
        for group in others {
            sql.push(separator);
            write_key(sql, &group.key, &op.time_zone);
            separator = ", ";
        }
        sql.push(") AS \"$of\"");
    }
    sql.push(" FROM ").name(target.table_name()).push(" WHERE ");
    write_predicate(sql, &Columns, &reach.clone().and(op.filter.clone()));
    if !op.groups.is_empty() {
        sql.push(" GROUP BY ").list(1..=op.groups.len(), |sql, place| {
            sql.number(place);
        });
    }
}

/// Writes the groups with each time of which there is nothing, between the first and the last: for each of the other groups,
/// which are told apart by numbers, because a missing value joins with none.
fn with_gaps(sql: &mut Sql, target: Target<'_>, op: &Aggregate, reach: &Predicate, filled: &Group) {
    let Key::Bucket(bucket) = &filled.key else { return };
    sql.push("WITH \"found\" AS (");
    groups(sql, target, op, reach, Some(filled));
    sql.push("), \"times\" AS (");
    times(sql, bucket, filled, &op.time_zone);
    sql.push("), \"others\" AS (SELECT DISTINCT ON (\"$of\") \"$of\"");
    for group in op.groups.iter().filter(|group| group.name != filled.name) {
        sql.push(", ").name(&group.name);
    }
    sql.push(" FROM \"found\") SELECT ");
    answer_columns(sql, &op.columns());
    sql.push(" FROM (SELECT ").list(&op.groups, |sql, group| {
        let from = if group.name == filled.name { "times" } else { "others" };
        sql.name(from).push(".").name(&group.name);
    });
    for metric in &op.metrics {
        let (opening, closing) = if metric.function.is_count() { ("coalesce(", ", 0)") } else { ("", "") };
        sql.push(", ").push(opening).push("\"found\".").name(&metric.name).push(closing);
        sql.push(" AS ").name(&metric.name);
    }
    sql.push(
        " FROM \"others\" CROSS JOIN \"times\" LEFT JOIN \"found\" ON \"found\".\"$of\" = \"others\".\"$of\" AND ",
    );
    sql.push("\"found\".").name(&filled.name).push(" = \"times\".").name(&filled.name);
    if bucket.field.field_type().optional {
        // Records without a time are a group of their own, in which there is no gap.
        sql.push(" UNION ALL SELECT ").list(op.columns(), |sql, column| {
            sql.push("\"found\".").name(&column.name);
        });
        sql.push(" FROM \"found\" WHERE \"found\".").name(&filled.name).push(" IS NULL");
    }
    sql.push(") AS \"answer\"");
}

/// Writes the query of every time between the first and the last that was found.
fn times(sql: &mut Sql, bucket: &Bucket, filled: &Group, time_zone: &TimeZone) {
    let step = match bucket.unit {
        Unit::Hour => "interval '1 hour'",
        Unit::Day => "interval '1 day'",
        Unit::Week => "interval '7 days'",
        Unit::Month => "interval '1 month'",
        Unit::Quarter => "interval '3 months'",
        Unit::Year => "interval '1 year'",
    };
    if bucket.unit == Unit::Hour {
        // Where a clock is put back by less than an hour the hours begin elsewhere: those that were found stay, in any case.
        sql.push("SELECT date_trunc('hour', generate_series(min(")
            .name(&filled.name)
            .push("), max(")
            .name(&filled.name);
        sql.push("), ").push(step).push("), ").param(zone(time_zone)).push(") AS ").name(&filled.name);
        sql.push(" FROM \"found\" UNION SELECT ").name(&filled.name).push(" FROM \"found\" WHERE ");
        sql.name(&filled.name).push(" IS NOT NULL");
    } else {
        sql.push("SELECT generate_series(min(").name(&filled.name).push(")::timestamp, max(").name(&filled.name);
        sql.push(")::timestamp, ").push(step).push(")::date AS ").name(&filled.name).push(" FROM \"found\"");
    }
}

fn zone(time_zone: &TimeZone) -> Param {
    Param::text(time_zone.place().unwrap_or("UTC"))
}

fn write_key(sql: &mut Sql, key: &Key, time_zone: &TimeZone) {
    let bucket = match key {
        Key::Field(field) => return Columns.value(sql, field),
        Key::Bucket(bucket) => bucket,
    };
    let is_day = bucket.field.field_type().scalar == Scalar::Date;
    match (bucket.unit, is_day) {
        (Unit::Day, true) => Columns.value(sql, &bucket.field),
        (Unit::Hour, _) => {
            // Of an instant in a place: an hour that a clock repeats is two.
            sql.push("date_trunc('hour', ");
            Columns.value(sql, &bucket.field);
            sql.push(", ").param(zone(time_zone)).push(")");
        }
        (unit, _) => {
            let (opening, closing) = cut(unit);
            sql.push(opening);
            Columns.value(sql, &bucket.field);
            match (is_day, time_zone.place()) {
                (true, _) => {
                    sql.push("::timestamp");
                }
                // Without a name to look up for each record.
                (false, None) => {
                    sql.push(" AT TIME ZONE interval '0'");
                }
                (false, Some(place)) => {
                    sql.push(" AT TIME ZONE ").param(Param::text(place));
                }
            }
            sql.push(closing);
        }
    }
}

/// What stands around a local time to cut it to days or longer.
fn cut(unit: Unit) -> (&'static str, &'static str) {
    match unit {
        Unit::Hour | Unit::Day => ("(", ")::date"),
        Unit::Week => ("date_trunc('week', ", ")::date"),
        Unit::Month => ("date_trunc('month', ", ")::date"),
        Unit::Quarter => ("date_trunc('quarter', ", ")::date"),
        Unit::Year => ("date_trunc('year', ", ")::date"),
    }
}
