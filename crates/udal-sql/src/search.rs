//! Searches as conditions: every word, ignoring case, in one of the fields.

use std::sync::Arc;

use udal_core::model::Field;
use udal_core::search::{FOLDED, Query};

use crate::{Layout, Param, Sql};

/// Writes `query` as a condition.
pub fn write_search(sql: &mut Sql, layout: &dyn Layout, query: &Query) {
    sql.push("(").joined(" AND ", query.words(), |sql, word| in_any_field(sql, layout, query.fields(), word)).push(")");
}

fn in_any_field(sql: &mut Sql, layout: &dyn Layout, fields: &[Arc<Field>], word: &str) {
    let mut place = None;
    sql.push("(").joined(" OR ", fields, |sql, field| {
        sql.push("strpos(");
        folded(sql, layout, field);
        sql.push(", ");
        match place {
            Some(number) => sql.place(number),
            None => sql.param(Param::text(word)),
        };
        place.get_or_insert(sql.param_count());
        sql.push(") > 0");
    });
    sql.push(")");
}

/// The text of `field` as [`udal_core::search::fold`] folds it.
fn folded(sql: &mut Sql, layout: &dyn Layout, field: &Field) {
    let (from, to): (String, String) = FOLDED.iter().copied().unzip();
    sql.push("translate(lower(");
    layout.value(sql, field);
    sql.push(" COLLATE \"und-x-icu\"), ").literal(&from).push(", ").literal(&to).push(")");
}
