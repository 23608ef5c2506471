//! The second wall: which words may stand where.

use udal_core::{Error, Result};
use udal_core::{nearest, shorten};

use super::lexer::{Kind, Token};
use super::place_in;
use super::words::{BEFORE_PARENTHESES, CATALOG_TYPES, REFUSED, function_names, is_function, is_in};

/// Checks every token of a statement.
pub(super) fn check(text: &str, tokens: &[Token]) -> Result<()> {
    let refused = |token: &Token, what: &str, hint: &str| {
        let shown = shorten(text.get(token.start..token.end).unwrap_or_default());
        Err(Error::invalid(format!("{what}: `{shown}`, {}", place_in(text, token.start))).hint(hint.to_owned()))
    };
    let closes = parentheses(text, tokens)?;
    check_start(text, tokens)?;
    let common = common_tables(tokens, &closes);
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        let after = tokens.get(at + 1);
        if token.is_symbol(";") {
            return refused(token, "a second statement", "send one statement at a time, without `;`");
        }
        if !token.is_name() {
            continue;
        }
        if let Some(what) = reaches_beyond(token) {
            return refused(token, what, "a statement reads the models of the tenant, and nothing else");
        }
        if token.kind == Kind::Word
            && let Some((_, hint)) = REFUSED.iter().find(|(word, _)| *word == token.text)
        {
            return refused(token, "a word that cannot be used here", hint);
        }
        if locks(token, after) || writes(token, before) {
            return refused(
                token,
                "a statement that does more than read",
                "leave it out: nothing can be changed or locked",
            );
        }
        if is_long_name(tokens, at) {
            return refused(token, "a name of more than two parts", "write the model's alias and the field: `r.value`");
        }
        if after.is_some_and(|after| after.is_symbol("(")) && !common.contains(&at) {
            check_call(text, before, token)?;
        }
    }
    Ok(())
}

/// Whether it is a name of PostgreSQL's own: a catalog, a function of the system, a type that looks names up.
fn reaches_beyond(token: &Token) -> Option<&'static str> {
    let name = token.text.to_ascii_lowercase();
    if name.starts_with("pg_") || name.starts_with("_pg_") || name == "information_schema" {
        return Some("a name of the database's own");
    }
    is_in(CATALOG_TYPES, &name).then_some("a type that looks names up in the database")
}

fn check_start(text: &str, tokens: &[Token]) -> Result<()> {
    let first = tokens.iter().find(|token| !token.is_symbol("("));
    match first {
        Some(token) if ["select", "with", "values", "table"].iter().any(|word| token.is_word(word)) => Ok(()),
        Some(token) => Err(Error::invalid(format!(
            "a statement starts with `SELECT`, `WITH`, `VALUES` or `TABLE`, not with `{}`",
            shorten(text.get(token.start..token.end).unwrap_or_default())
        ))
        .hint("only reading is possible here; records are written by the record service")),
        None => Err(Error::invalid("the statement is empty").hint("write one that starts with `SELECT`")),
    }
}

/// `FOR UPDATE` and the like; `substring(x FOR 3)` is something else.
fn locks(token: &Token, after: Option<&Token>) -> bool {
    let locks = |after: &Token| ["update", "share", "no", "key"].iter().any(|word| after.is_word(word));
    token.is_word("for") && after.is_some_and(locks)
}

/// A statement within the statement that writes.
fn writes(token: &Token, before: Option<&Token>) -> bool {
    let is_writing = ["insert", "update", "delete", "merge"].iter().any(|word| token.is_word(word));
    is_writing && before.is_some_and(|before| before.is_symbol("("))
}

/// Whether a name of three parts or more ends here.
fn is_long_name(tokens: &[Token], at: usize) -> bool {
    let is =
        |back: usize, fits: fn(&Token) -> bool| at.checked_sub(back).and_then(|at| tokens.get(at)).is_some_and(fits);
    is(1, |token| token.is_symbol(".")) && is(2, Token::is_name) && is(3, |token| token.is_symbol("."))
}

/// Checks a name that stands directly before a parenthesis.
fn check_call(text: &str, before: Option<&Token>, token: &Token) -> Result<()> {
    // The names of columns behind an alias, or a type with its size.
    if before.is_some_and(|before| before.is_word("as")) {
        return Ok(());
    }
    let place = place_in(text, token.start);
    let shown = shorten(&token.text);
    if token.kind == Kind::Quoted {
        return Err(Error::invalid(format!("a name in quotes is called like a function: `{shown}`, {place}"))
            .hint("write functions without quotes, and `AS` before an alias with columns"));
    }
    if before.is_some_and(|before| before.is_symbol(".")) {
        return Err(Error::invalid(format!("a function of some schema: `{shown}`, {place}"))
            .hint("write the function's name alone"));
    }
    if is_function(&token.text) || is_in(BEFORE_PARENTHESES, &token.text) {
        return Ok(());
    }
    let error = Error::invalid(format!("the function `{shown}` cannot be used, {place}"));
    Err(match nearest(&token.text, function_names()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("the guide lists those that can; an alias with columns is written `AS t(a, b)`"),
    })
}

/// Where each opening parenthesis closes. None may close that was not opened: the statement stands in parentheses later.
fn parentheses(text: &str, tokens: &[Token]) -> Result<Vec<Option<usize>>> {
    let mut closes = vec![None; tokens.len()];
    let mut open: Vec<usize> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if token.is_symbol("(") {
            open.push(at);
        } else if token.is_symbol(")") {
            let Some(opened) = open.pop().and_then(|opened| closes.get_mut(opened)) else {
                let place = place_in(text, token.start);
                return Err(Error::invalid(format!("a `)` closes nothing, {place}")).hint("take it out"));
            };
            *opened = Some(at);
        }
    }
    match open.pop().and_then(|at| tokens.get(at)) {
        Some(token) => {
            Err(Error::invalid(format!("a `(` is never closed, {}", place_in(text, token.start)))
                .hint("close it with `)`"))
        }
        None => Ok(closes),
    }
}

/// The names of `WITH` that have their columns in parentheses behind them: they call nothing.
fn common_tables(tokens: &[Token], closes: &[Option<usize>]) -> Vec<usize> {
    let mut names = Vec::new();
    for (at, _) in tokens.iter().enumerate().filter(|(_, token)| token.is_word("with")) {
        let mut next = at + 1;
        if tokens.get(next).is_some_and(|token| token.is_word("recursive")) {
            next += 1;
        }
        while let Some((name, body)) = common_table(tokens, closes, next) {
            names.push(name);
            let Some(end) = closes.get(body).copied().flatten() else { break };
            if !tokens.get(end + 1).is_some_and(|token| token.is_symbol(",")) {
                break;
            }
            next = end + 2;
        }
    }
    names
}

/// Reads `name [(columns)] AS [[NOT] MATERIALIZED] (`; answers where the name and the last parenthesis are.
fn common_table(tokens: &[Token], closes: &[Option<usize>], at: usize) -> Option<(usize, usize)> {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|token| token.is_word(word));
    let opens = |at: usize| tokens.get(at).is_some_and(|token| token.is_symbol("("));
    tokens.get(at).filter(|token| token.is_name())?;
    let mut next = at + 1;
    if opens(next) {
        next = closes.get(next).copied().flatten()? + 1;
    }
    if !is(next, "as") {
        return None;
    }
    next += 1;
    for word in ["not", "materialized"] {
        next += usize::from(is(next, word));
    }
    opens(next).then_some((at, next))
}
