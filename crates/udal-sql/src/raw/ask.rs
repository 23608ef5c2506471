//! The statements around one statement of the asker's own.

use super::READER;
use super::reader::function_name;
use crate::{Param, Sql, SqlType, Statement};

/// A column of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerColumn {
    /// Its type as the statement gives it.
    pub given: &'static str,
    /// The type that it is read as, where that is another.
    pub read_as: Option<&'static str>,
}

/// The statements that begin a transaction in which what `views` make is all that there is to see.
///
/// What the tables are called is looked up as everywhere; the views, which come last there, come first afterwards.
pub fn confine(views: &[String], milliseconds: u64) -> String {
    let mut sql = Sql::new();
    sql.push("BEGIN; SET LOCAL statement_timeout = ").literal(&milliseconds.to_string()).push("; ");
    let mut text = sql.into_text();
    if !views.is_empty() {
        text.push_str(
            "SELECT set_config('search_path', \
             concat_ws(', ', nullif(current_setting('search_path'), ''), 'pg_temp'), true); ",
        );
    }
    for view in views {
        text.push_str(view);
        text.push_str("; ");
    }
    let mut sql = Sql::new();
    sql.push("SET LOCAL search_path = ''; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; ");
    sql.push("SET LOCAL IntervalStyle = 'postgres'; SET LOCAL standard_conforming_strings = on; ");
    sql.push("SET LOCAL backslash_quote = off; SET LOCAL bytea_output = 'hex'; ");
    sql.push("SET TRANSACTION READ ONLY; SET LOCAL ROLE ").name(READER);
    text.push_str(&sql.into_text());
    text
}

/// The text that stands before the statement in what is prepared and run.
const BEFORE: &str = "SELECT * FROM (";

/// The statement as what it answers, `rows` at most; and how many characters come before it.
///
/// Within parentheses it can be nothing but a query, and one that changes something cannot stand in its `WITH`.
pub fn wrapped(statement: &str, rows: u64) -> (String, usize) {
    // A comment may be left open at the statement's end.
    (format!("{BEFORE}{statement}\n) AS \"answer\" LIMIT {rows}"), BEFORE.len())
}

/// What stands in the place of the parameter `$number`, which is of that type: an element of the one array of texts that all
/// are bound as.
pub fn bound_place(number: usize, type_name: &'static str) -> String {
    format!("(CAST(($1)[{number}] AS {type_name}))")
}

/// Runs `statement`, which was [wrapped], with its parameters as texts, and reads what it answers.
pub fn ask(statement: String, params: Vec<Option<String>>, columns: &[AnswerColumn]) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT ").list(columns.iter().enumerate(), |sql, (at, column)| {
        sql.name(&format!("c{at}"));
        if let Some(read_as) = column.read_as {
            sql.push("::").push(read_as);
        }
    });
    sql.push(" FROM ").name(READER).push(".").name(&function_name()).push("(");
    sql.param(Param::text(statement)).push(", ");
    bind(&mut sql, params);
    sql.push(") AS answer (").list(columns.iter().enumerate(), |sql, (at, column)| {
        sql.name(&format!("c{at}")).push(" ").push(column.given);
    });
    sql.push(")");
    sql.finish()
}

/// Writes the array of the parameters. Those that are missing are no elements that a parameter could hold.
fn bind(sql: &mut Sql, params: Vec<Option<String>>) {
    sql.push("ARRAY[").list(params, |sql, param| {
        sql.param(Param::new(SqlType::TEXT, param.map(udal_core::value::Value::Str)));
    });
    sql.push("]::text[]");
}
