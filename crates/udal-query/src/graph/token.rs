//! The words and signs of a path, each with where it stands.

use serde_json::Value as Json;
use udal_core::{Error, Result, shorten};

/// A path has at most this many bytes.
const MAX_LENGTH: usize = 4_000;

/// What a piece of a path's text is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name, or a word of a filter.
    Word(String),
    /// A text or number, as JSON writes it.
    Literal(Json),
    /// Anything else: one of [`SIGNS`].
    Sign(&'static str),
}

/// A token, and where it stands: the first letter of the path is at 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) position: usize,
}

/// Longer ones first.
const SIGNS: [&str; 20] =
    ["!=", "<=", ">=", "=", "<", ">", "/", "|", "*", "+", "?", "(", ")", "{", "}", "[", "]", "^", ".", ","];

/// Reads the tokens of `text`.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>> {
    if text.len() > MAX_LENGTH {
        return Err(Error::invalid(format!("the path has {} bytes; the most is 4,000", text.len()))
            .hint("write it shorter, or take several steps"));
    }
    let mut tokens = Vec::new();
    let (mut rest, mut position) = (text, 1);
    while !rest.is_empty() {
        let (token, length) = next(rest, position)?;
        tokens.extend(token.map(|token| Placed { token, position }));
        let (taken, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        position += taken.chars().count();
        rest = after;
    }
    Ok(tokens)
}

/// The token that `rest` starts with, none for white space, and how many bytes it takes.
fn next(rest: &str, position: usize) -> Result<(Option<Token>, usize)> {
    let first = rest.chars().next().unwrap_or(' ');
    if first.is_whitespace() {
        return Ok((None, first.len_utf8()));
    }
    if first.is_ascii_alphabetic() || first == '_' {
        let length = length_of(rest, |c| c.is_ascii_alphanumeric() || c == '_');
        return Ok((Some(Token::Word(start(rest, length).to_owned())), length));
    }
    if first == '"' {
        return literal(rest, text_length(rest), position);
    }
    if first.is_ascii_digit() || first == '-' {
        let length = length_of(rest, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
        return literal(rest, length, position);
    }
    match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        Some(sign) => Ok((Some(Token::Sign(sign)), sign.len())),
        None => {
            let error = misread(format!("`{}` has no meaning here", shorten(&first.to_string())), position);
            let quote = "write texts in double quotes, such as [status = \"active\"]";
            Err(if first == '\'' { error.hint(quote) } else { error })
        }
    }
}

fn literal(rest: &str, length: usize, position: usize) -> Result<(Option<Token>, usize)> {
    let text = start(rest, length);
    match serde_json::from_str(text) {
        Ok(json) => Ok((Some(Token::Literal(json)), length)),
        Err(_) => Err(misread(format!("`{}` is no text or number", shorten(text)), position)
            .hint("write texts and numbers as JSON does, such as \"a \\\" b\" and -1.5")),
    }
}

fn length_of(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// How many bytes a text in double quotes takes, the quotes included.
fn text_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !is_escaped => return at + 1,
            _ => is_escaped = c == '\\' && !is_escaped,
        }
    }
    text.len()
}

fn start(text: &str, length: usize) -> &str {
    text.get(..length).unwrap_or(text)
}

/// What is wrong with a path, and where.
pub(super) fn misread(what: impl std::fmt::Display, position: usize) -> Error {
    Error::invalid(format!("the path cannot be read at position {position}: {what}"))
}
