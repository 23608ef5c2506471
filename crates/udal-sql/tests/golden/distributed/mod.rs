//! Holds every statement of a table to what Citus can run where the table is spread by `id`.

mod definitions;
mod queries;
mod rules;
mod tests;

use std::collections::BTreeSet;

use rules::Rule;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};
use udal_sql::Statement;

/// How a step of a migration begins in a golden case, before its statement.
const STEPS: [&str; 4] = ["-- slow: ", "-- alone: ", "-- unless: ", "-- fill: "];

/// The rules that the statement breaks.
pub(crate) fn broken(statement: &Statement) -> BTreeSet<Rule> {
    let dialect = PostgreSqlDialect {};
    let text = STEPS.iter().find_map(|step| statement.text.strip_prefix(step)).unwrap_or(&statement.text);
    if text.starts_with("-- ") {
        // The name of a migration's change: no statement.
        return BTreeSet::new();
    }
    let tokens = Tokenizer::new(&dialect, text).tokenize();
    let tokens = tokens.unwrap_or_else(|error| panic!("{error}: {text}"));
    if tokens.contains(&Token::SemiColon) {
        return BTreeSet::from([Rule::OneStatement]);
    }
    let words: Vec<Token> = tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect();
    if definitions::is_definition(&words) {
        return definitions::broken(&words);
    }
    // The parser does not know this strength of locks, which is told from the others by nobody here.
    let text = text.replace(" FOR NO KEY UPDATE", " FOR UPDATE");
    match Parser::parse_sql(&dialect, &text).as_deref() {
        Ok([parsed]) => queries::broken(parsed, &statement.params),
        _ => BTreeSet::from([Rule::KnownForm]),
    }
}
