//! The views that stand in the place of the tables.

use udal_core::filter::Predicate;
use udal_core::model::{Field, Model};
use udal_core::value::Value;

use super::READER;
use crate::table::Target;
use crate::{Columns, Param, Sql, SqlType, Statement, column_type, write_predicate};

/// A model as a statement sees it.
#[derive(Debug)]
pub struct SeenTable<'a> {
    /// The view's name.
    pub name: &'a str,
    /// The model as the asker sees it.
    pub model: &'a Model,
    /// The records within their reach.
    pub reach: &'a Predicate,
    /// Whether the table is there; where it was never made the view is empty.
    pub is_there: bool,
}

/// Writes the statements that make the views, and let the reader read them, within a transaction.
///
/// A view answers only records within reach: it is a barrier, before which PostgreSQL tests nothing that could tell of others.
/// Hidden fields are not in it, and masked ones are their mask.
pub fn view_statements(tables: &[SeenTable<'_>]) -> Vec<String> {
    let mut statements = Vec::new();
    if tables.is_empty() {
        return statements;
    }
    statements.extend(tables.iter().map(view));
    let mut grant = Sql::new();
    grant.push("GRANT SELECT ON ").list(tables, |sql, table| {
        sql.push("pg_temp.").name(table.name);
    });
    grant.push(" TO ").name(READER);
    statements.push(grant.into_text());
    statements
}

fn view(table: &SeenTable<'_>) -> String {
    let SeenTable { name, model, reach, is_there } = *table;
    let mut sql = Sql::of_literals();
    sql.push("CREATE TEMP VIEW ").name(name).push(" WITH (security_barrier) AS SELECT ");
    sql.list(model.visible_fields(), |sql, field| column(sql, field, is_there));
    match Target::new(model) {
        Some(target) if is_there => {
            sql.push(" FROM ").name(target.table_name()).push(" WHERE ");
            write_predicate(&mut sql, &Columns, reach);
        }
        _ => {
            sql.push(" WHERE false");
        }
    }
    sql.into_text()
}

fn column(sql: &mut Sql, field: &Field, is_there: bool) {
    match field.mask() {
        Some(mask) => {
            sql.param(Param::new(SqlType::TEXT, Value::from(mask)));
        }
        None if is_there => {
            sql.column(field);
        }
        None => {
            sql.param(Param::new(column_type(field.field_type()), None));
        }
    }
    sql.push(" AS ").name(field.name());
}

/// Reads which of the tables of `models` are there, by the names that `models` give them.
pub fn find_tables<'a>(tables: impl IntoIterator<Item = &'a str>) -> Statement {
    let names = tables.into_iter().map(|name| {
        let mut quoted = Sql::new();
        quoted.name(name);
        quoted.into_text()
    });
    let mut sql = Sql::new();
    sql.push("SELECT to_regclass(name) IS NOT NULL FROM unnest(").param(Param::texts(names));
    sql.push(") WITH ORDINALITY AS asked(name, at) ORDER BY at");
    sql.finish()
}
