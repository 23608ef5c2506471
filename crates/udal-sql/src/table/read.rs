//! Statements that read.

use udal_core::contract::Start;
use udal_core::filter::Predicate;
use udal_core::model::position;
use udal_core::order::Order;
use udal_core::search::Query;

use super::{LAYOUT, Spot, Target, column_names, keyset, selection};
use crate::{Layout, Param, Sql, Statement, column_type, write_predicate, write_search};

/// Reads the record at `spot`, if `reach` is true of it.
pub fn get(target: Target<'_>, spot: &Spot<'_>, reach: &Predicate) -> Statement {
    let mut sql = Sql::new();
    select_from(&mut sql, target);
    sql.push(" WHERE ");
    at_spot(&mut sql, target, spot);
    sql.push(" AND ");
    write_predicate(&mut sql, &LAYOUT, reach);
    sql.finish()
}

/// Reads the records for which `filter` is true, in order, one more than `limit`.
pub fn list(target: Target<'_>, filter: &Predicate, order: &Order, limit: usize, start: &Start) -> Statement {
    let runs = match start {
        Start::After(position) => keyset::runs(order, position),
        Start::Beginning | Start::Skip(_) => Vec::new(),
    };
    if runs.len() > 1 {
        return list_in_runs(target, filter, order, limit, &runs);
    }
    let mut sql = Sql::new();
    select_from(&mut sql, target);
    sql.push(" WHERE ");
    write_predicate(&mut sql, &LAYOUT, filter);
    for run in &runs {
        sql.push(" AND ");
        run.write(&mut sql);
    }
    order_by(&mut sql, &LAYOUT, order);
    limit_to(&mut sql, limit);
    if let Start::Skip(count @ 1..) = start {
        sql.push(" OFFSET ").param(offset(*count, limit));
    }
    sql.finish()
}

/// The same behind a position that no one condition describes to an index: a page of each run, and the first page of these.
fn list_in_runs(
    target: Target<'_>,
    filter: &Predicate,
    order: &Order,
    limit: usize,
    runs: &[keyset::Run<'_>],
) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT ");
    selection(&mut sql, target.model());
    sql.push(" FROM (").joined(" UNION ALL ", runs, |sql, run| {
        sql.push("(SELECT ");
        column_names(sql, target.model());
        sql.push(" FROM ").name(target.table_name()).push(" WHERE ");
        write_predicate(sql, &LAYOUT, filter);
        sql.push(" AND ");
        run.write(sql);
        order_by(sql, &LAYOUT, order);
        limit_to(sql, limit);
        sql.push(")");
    });
    sql.push(") AS \"page\"");
    order_by(&mut sql, &LAYOUT, order);
    limit_to(&mut sql, limit);
    sql.finish()
}

/// Finds records by words, in the order of their ids.
pub fn search(target: Target<'_>, query: &Query, filter: &Predicate, limit: usize) -> Statement {
    let mut sql = Sql::new();
    select_from(&mut sql, target);
    sql.push(" WHERE ");
    write_search(&mut sql, &LAYOUT, query);
    sql.push(" AND ");
    write_predicate(&mut sql, &LAYOUT, filter);
    sql.push(" ORDER BY \"id\" LIMIT ").param(Param::int(i64::try_from(limit).unwrap_or(i64::MAX)));
    sql.finish()
}

/// Counts the records for which `filter` is true.
pub fn count(target: Target<'_>, filter: &Predicate) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT count(*) FROM ").name(target.table_name()).push(" WHERE ");
    write_predicate(&mut sql, &LAYOUT, filter);
    sql.finish()
}

/// Reads the version of the record at `spot`, if `reach` is true of it.
pub fn version_of(target: Target<'_>, spot: &Spot<'_>, reach: &Predicate) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT \"version\" FROM ").name(target.table_name()).push(" WHERE ");
    at_spot(&mut sql, target, spot);
    sql.push(" AND ");
    write_predicate(&mut sql, &LAYOUT, reach);
    sql.finish()
}

/// Reads which of `ids` are taken.
pub fn existing_ids(target: Target<'_>, ids: impl IntoIterator<Item = String>) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT \"id\" FROM ").name(&ids_source(target));
    sql.push(" WHERE \"id\" = ANY (").param(Param::texts(ids)).push(")");
    sql.finish()
}

/// Reads the partition key of the record with that id; `None` where the table is not split.
///
/// With `lock`, the record cannot move to another partition until the transaction ends.
pub fn key_of(target: Target<'_>, id: &str, lock: bool) -> Option<Statement> {
    let (key, _) = target.partition_key()?;
    let mut sql = Sql::new();
    sql.push("SELECT ").column(key).push(" FROM ").name(&target.ids_table_name());
    sql.push(" WHERE \"id\" = ").param(Param::text(id));
    if lock {
        sql.push(" FOR UPDATE");
    }
    Some(sql.finish())
}

fn ids_source(target: Target<'_>) -> String {
    match target.partition_key() {
        Some(_) => target.ids_table_name(),
        None => target.table_name().to_owned(),
    }
}

pub(super) fn select_from(sql: &mut Sql, target: Target<'_>) {
    sql.push("SELECT ");
    selection(sql, target.model());
    sql.push(" FROM ").name(target.table_name());
}

/// Writes the condition that finds one record. The key is a parameter, so that the planner looks at one partition only:
/// planning for every partition costs more than asking the table of ids first.
pub(super) fn at_spot(sql: &mut Sql, target: Target<'_>, spot: &Spot<'_>) {
    sql.push("\"id\" = ").param(Param::text(spot.id));
    if let (Some((field, _)), Some(value)) = (target.partition_key(), &spot.key) {
        sql.push(" AND ").column(field).push(" = ");
        sql.param(Param::new(column_type(field.field_type()), value.clone()));
    }
}

/// Writes `ORDER BY`; a missing value is below every other, and only a field that can be missing says so.
pub(crate) fn order_by(sql: &mut Sql, layout: &dyn Layout, order: &Order) {
    sql.push(" ORDER BY ").list(order.terms(), |sql, term| {
        layout.value(sql, &term.field);
        let can_be_missing = !term.field.is_required() && term.field.position() != position::ID;
        sql.push(missing_below(term.descending, can_be_missing));
    });
}

/// How a term of an order ends, so that a missing value is below every other.
pub(crate) fn missing_below(descending: bool, can_be_missing: bool) -> &'static str {
    match (descending, can_be_missing) {
        (false, false) => "",
        (true, false) => " DESC",
        (false, true) => " NULLS FIRST",
        (true, true) => " DESC NULLS LAST",
    }
}

/// Writes `LIMIT` with one more than `limit`, which tells whether there are more.
pub(crate) fn limit_to(sql: &mut Sql, limit: usize) {
    sql.push(" LIMIT ").param(Param::int(one_more(limit)));
}

/// How many rows are skipped. Where a table is spread over servers each is asked for skipped and wanted rows together: the
/// sum must be a `bigint` too.
pub(crate) fn offset(count: u64, limit: usize) -> Param {
    Param::int(i64::try_from(count).unwrap_or(i64::MAX).min(i64::MAX - one_more(limit)))
}

fn one_more(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1)
}
