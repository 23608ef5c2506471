//! Definitions: the shapes that were tried, by their words.

use std::collections::BTreeSet;

use sqlparser::tokenizer::Token;

use super::rules::Rule;

/// The beginnings that are known; `_` is a name.
const SHAPES: [&[&str]; 21] = [
    &["CREATE", "TABLE", "IF", "NOT", "EXISTS", "_", "("],
    &["CREATE", "INDEX", "IF", "NOT", "EXISTS", "_", "ON", "_"],
    &["CREATE", "INDEX", "IF", "NOT", "EXISTS", "_", "ON", "ONLY", "_"],
    &["CREATE", "INDEX", "CONCURRENTLY", "_", "ON", "_"],
    &["CREATE", "INDEX", "CONCURRENTLY", "IF", "NOT", "EXISTS", "_", "ON", "_"],
    &["DROP", "INDEX", "CONCURRENTLY", "IF", "EXISTS", "_"],
    &["DROP", "INDEX", "IF", "EXISTS", "_"],
    &["DROP", "TABLE", "_"],
    &["DROP", "TABLE", "IF", "EXISTS", "_"],
    &["ALTER", "INDEX", "_", "ATTACH", "PARTITION", "_"],
    &["ALTER", "TABLE", "_", "ADD", "COLUMN"],
    &["ALTER", "TABLE", "_", "DROP", "COLUMN"],
    &["ALTER", "TABLE", "_", "ADD", "CONSTRAINT", "_", "CHECK"],
    &["ALTER", "TABLE", "_", "DROP", "CONSTRAINT"],
    &["ALTER", "TABLE", "_", "VALIDATE", "CONSTRAINT", "_"],
    &["ALTER", "TABLE", "_", "ALTER", "COLUMN", "_"],
    &["ALTER", "TABLE", "_", "ATTACH", "PARTITION", "_", "FOR", "VALUES"],
    &["ALTER", "TABLE", "_", "DETACH", "PARTITION", "_"],
    &["ALTER", "TABLE", "_", "RENAME", "TO", "_"],
    &["ALTER", "TABLE", "_", "SET", "("],
    &["LOCK", "TABLE", "_", "IN", "ACCESS", "EXCLUSIVE", "MODE"],
];

/// Words that no definition holds: foreign keys, sequences and triggers are among what Citus takes in part or not at all.
const FOREIGN: [&str; 13] = [
    "REFERENCES",
    "FOREIGN",
    "SERIAL",
    "BIGSERIAL",
    "GENERATED",
    "IDENTITY",
    "EXCLUDE",
    "TEMP",
    "TEMPORARY",
    "UNLOGGED",
    "TRIGGER",
    "INHERITS",
    "CASCADE",
];

pub(crate) fn is_definition(tokens: &[Token]) -> bool {
    ["CREATE", "ALTER", "DROP", "LOCK"].iter().any(|word| is(tokens.first(), word))
}

pub(crate) fn broken(tokens: &[Token]) -> BTreeSet<Rule> {
    let mut broken = BTreeSet::new();
    let known = SHAPES.iter().any(|shape| begins(tokens, shape));
    if !known || tokens.iter().any(|token| FOREIGN.iter().any(|word| is(Some(token), word))) {
        broken.insert(Rule::KnownForm);
    }
    let detaches = has(tokens, &["DETACH", "PARTITION"]);
    let at_leisure = |token: &Token| is(Some(token), "CONCURRENTLY") || is(Some(token), "FINALIZE");
    if detaches && tokens.iter().any(at_leisure) {
        broken.insert(Rule::PlainDetach);
    }
    let wants_to_be_alone = [&["ADD", "CONSTRAINT"], &["ATTACH", "PARTITION"], &["DETACH", "PARTITION"]];
    if has_comma_outside(tokens) && wants_to_be_alone.iter().any(|words| has(tokens, *words)) {
        broken.insert(Rule::OneChange);
    }
    if !unique_with_id(tokens) {
        broken.insert(Rule::UniqueWithId);
    }
    let adds_check = has(tokens, &["ADD", "COLUMN"]) && tokens.iter().any(|token| is(Some(token), "CHECK"));
    if adds_check && !tokens.iter().any(|token| is(Some(token), "CONSTRAINT")) {
        broken.insert(Rule::NamedChecks);
    }
    broken
}

/// Whether each `PRIMARY KEY` and `UNIQUE` is followed by columns with `id` among them, or stands behind the column `id`.
fn unique_with_id(tokens: &[Token]) -> bool {
    tokens.iter().enumerate().all(|(at, token)| {
        let after = match (is(Some(token), "UNIQUE"), is(Some(token), "PRIMARY")) {
            (true, _) => at + 1,
            (_, true) => at + 2,
            _ => return true,
        };
        if tokens.get(after) == Some(&Token::LParen) {
            let columns = tokens.iter().skip(after).take_while(|token| **token != Token::RParen);
            return columns.into_iter().any(is_id);
        }
        // Behind a column: since the last comma or the beginning.
        let begin = tokens[..at].iter().rposition(|token| [Token::Comma, Token::LParen].contains(token)).unwrap_or(0);
        tokens.get(begin + 1).is_some_and(is_id)
    })
}

fn is_id(token: &Token) -> bool {
    matches!(token, Token::Word(word) if word.value == "id")
}

fn has_comma_outside(tokens: &[Token]) -> bool {
    let mut depth = 0_i32;
    tokens.iter().any(|token| {
        depth += match token {
            Token::LParen | Token::LBracket => 1,
            Token::RParen | Token::RBracket => -1,
            _ => 0,
        };
        depth == 0 && *token == Token::Comma
    })
}

fn begins(tokens: &[Token], shape: &[&str]) -> bool {
    tokens.len() >= shape.len()
        && shape.iter().zip(tokens).all(|(word, token)| match *word {
            "_" => matches!(token, Token::Word(word) if word.quote_style.is_some()),
            "(" => *token == Token::LParen,
            word => is(Some(token), word),
        })
}

fn has(tokens: &[Token], words: &[&str]) -> bool {
    tokens.windows(words.len()).any(|window| words.iter().zip(window).all(|(word, token)| is(Some(token), word)))
}

fn is(token: Option<&Token>, keyword: &str) -> bool {
    matches!(token, Some(Token::Word(word)) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(keyword))
}
