//! Statements as text that people read.

use std::fmt;

use udal_core::value::Value;
use udal_sql::{Param, Statement};

/// Before these words stands a line break in the place of a blank, where the statement itself goes on.
const LINES: [&str; 14] = [
    "AND (",
    "DELETE ",
    "FOR KEY ",
    "FOR UPDATE",
    "FOR NO KEY ",
    "FROM ",
    "INSERT ",
    "LIMIT ",
    "ON CONFLICT ",
    "ORDER BY ",
    "RETURNING ",
    "SELECT ",
    "SET ",
    "WHERE ",
];

/// What a case expects: statements in their order.
#[derive(Default)]
pub(crate) struct Golden(Vec<Statement>);

impl From<Statement> for Golden {
    fn from(statement: Statement) -> Self {
        Golden(vec![statement])
    }
}

impl From<Option<Statement>> for Golden {
    fn from(statement: Option<Statement>) -> Self {
        Golden(statement.into_iter().collect())
    }
}

impl<S: Into<String>> FromIterator<S> for Golden {
    fn from_iter<I: IntoIterator<Item = S>>(texts: I) -> Self {
        let statement = |text: S| Statement { text: text.into(), params: Vec::new() };
        Golden(texts.into_iter().map(statement).collect())
    }
}

impl Golden {
    pub(crate) fn statements(&self) -> &[Statement] {
        &self.0
    }

    pub(crate) fn and(mut self, other: impl Into<Golden>) -> Self {
        self.0.extend(other.into().0);
        self
    }
}

impl fmt::Display for Golden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            writeln!(f, "-- no statement")?;
        }
        for (at, Statement { text, params }) in self.0.iter().enumerate() {
            writeln!(f, "{}{};", if at == 0 { "" } else { "\n" }, in_lines(text))?;
            for (at, param) in params.iter().enumerate() {
                writeln!(f, "-- ${} {}", at + 1, shown(param))?;
            }
        }
        Ok(())
    }
}

fn shown(param: &Param) -> String {
    let value = param.value.as_ref().map_or("NULL".to_owned(), |value: &Value| value.to_json().to_string());
    format!("{}: {value}", param.sql_type.name())
}

/// The statement in lines; with the line breaks as blanks it is the statement itself.
fn in_lines(text: &str) -> String {
    let mut lines = String::with_capacity(text.len());
    let mut quote = None;
    let mut depth = 0;
    // What stands behind `WITH` are statements of their own.
    let broken_depth = i32::from(text.starts_with("WITH "));
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            _ => {}
        }
        let is_inside = quote.is_some() || depth > broken_depth;
        let breaks = c == ' ' && !is_inside && LINES.iter().any(|word| rest.as_str().starts_with(word));
        lines.push(if breaks { '\n' } else { c });
    }
    assert_eq!(lines.replace('\n', " "), text);
    lines
}
