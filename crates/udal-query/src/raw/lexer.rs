//! A statement of PostgreSQL as tokens. What one would have to know more of PostgreSQL's lexer to read is refused.
//!
//! It reads less than PostgreSQL does, and nothing otherwise: what could be taken for a comment or a text by the one and for
//! something else by the other is an error here.

use udal_core::{Error, Result};

use super::place_in;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A key word or a name, in lower case as PostgreSQL reads it.
    Word,
    /// A name in double quotes, without them.
    Quoted,
    /// A text in single quotes, with them.
    Text,
    /// A number.
    Number,
    /// The place of a parameter.
    Place(usize),
    /// Everything else: one character, or `::`.
    Symbol,
}

/// A token, and where it stands in the statement, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) text: String,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Token {
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text == word
    }

    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    pub(super) fn is_name(&self) -> bool {
        matches!(self.kind, Kind::Word | Kind::Quoted)
    }
}

const SYMBOLS: &str = "()[],;.:+-*/<>=~!@#%^&|?";

/// Reads `text` as tokens; comments are left out.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>> {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new() };
    while let Some(next) = lexer.peek(0) {
        lexer.token(next)?;
    }
    Ok(lexer.tokens)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    /// The byte that many bytes on.
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn token(&mut self, next: u8) -> Result<()> {
        match (next, self.peek(1)) {
            (b' ' | b'\t' | b'\n' | b'\r' | b'\x0c', _) => self.at += 1,
            (b'-', Some(b'-')) => self.line_comment(),
            (b'/', Some(b'*')) => return self.comment(),
            (b'\'', _) => return self.quoted(b'\'', Kind::Text),
            (b'"', _) => return self.quoted(b'"', Kind::Quoted),
            (b'0'..=b'9', _) | (b'.', Some(b'0'..=b'9')) => return self.number(),
            (b'$', _) => return self.place(),
            (b'A'..=b'Z' | b'a'..=b'z' | b'_', _) => return self.word(),
            (b':', Some(b':')) => self.push(Kind::Symbol, 2),
            (symbol, _) if SYMBOLS.as_bytes().contains(&symbol) => self.push(Kind::Symbol, 1),
            _ => {
                let found = self.text.get(self.at..).and_then(|rest| rest.chars().next()).unwrap_or_default();
                return Err(self
                    .refused(format!("`{}` stands outside of quotes", found.escape_debug()))
                    .hint("only ASCII letters, digits, blanks and the usual signs do; write names in double quotes"));
            }
        }
        Ok(())
    }

    fn push(&mut self, kind: Kind, length: usize) {
        let (start, end) = (self.at, self.at + length);
        let text = self.text.get(start..end).unwrap_or_default().to_owned();
        self.tokens.push(Token { kind, text, start, end });
        self.at = end;
    }

    /// How many bytes from here on are of that kind.
    fn run(&self, from: usize, fits: impl Fn(u8) -> bool) -> usize {
        let rest = self.text.as_bytes().get(self.at + from..).unwrap_or_default();
        rest.iter().take_while(|byte| fits(**byte)).count()
    }

    fn line_comment(&mut self) {
        self.at += self.run(0, |byte| !matches!(byte, b'\n' | b'\r'));
    }

    /// Comments within comments count, as they do for PostgreSQL.
    fn comment(&mut self) -> Result<()> {
        let (start, mut depth) = (self.at, 0_usize);
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(b'/'), Some(b'*')) => (depth, self.at) = (depth + 1, self.at + 2),
                (Some(b'*'), Some(b'/')) if depth == 1 => {
                    self.at += 2;
                    return Ok(());
                }
                (Some(b'*'), Some(b'/')) => (depth, self.at) = (depth - 1, self.at + 2),
                (Some(_), _) => self.at += 1,
                (None, _) => {
                    self.at = start;
                    return Err(self.refused("this comment has no end".to_owned()).hint("end it with `*/`"));
                }
            }
        }
    }

    fn quoted(&mut self, quote: u8, kind: Kind) -> Result<()> {
        let mut length = 1;
        loop {
            length += self.run(length, |byte| byte != quote);
            match (self.peek(length), self.peek(length + 1)) {
                (Some(_), Some(next)) if next == quote => length += 2,
                (Some(_), _) => break,
                (None, _) => return Err(self.refused("this quote has no end".to_owned()).hint("close it")),
            }
        }
        self.push(kind, length + 1);
        if let (Kind::Quoted, Some(token)) = (kind, self.tokens.last_mut()) {
            token.text = token.text.get(1..length).unwrap_or_default().replace("\"\"", "\"");
        }
        Ok(())
    }

    fn number(&mut self) -> Result<()> {
        let digits = |byte: u8| byte.is_ascii_digit();
        let mut length = self.run(0, digits);
        if self.peek(length) == Some(b'.') {
            length += 1;
            length += self.run(length, digits);
        }
        if let Some(b'e' | b'E') = self.peek(length) {
            let sign = usize::from(matches!(self.peek(length + 1), Some(b'+' | b'-')));
            let exponent = self.run(length + 1 + sign, digits);
            if exponent > 0 {
                length += 1 + sign + exponent;
            }
        }
        if matches!(self.peek(length), Some(b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | b'.')) {
            return Err(self.refused("this is not a number".to_owned()).hint("put a blank behind it"));
        }
        self.push(Kind::Number, length);
        Ok(())
    }

    fn place(&mut self) -> Result<()> {
        let length = self.run(1, |byte| byte.is_ascii_digit());
        let number = self.text.get(self.at + 1..self.at + 1 + length).and_then(|digits| digits.parse().ok());
        let goes_on = matches!(self.peek(length + 1), Some(b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$'));
        match number {
            Some(number @ 1..=super::MAX_PARAMS) if !goes_on => {
                self.push(Kind::Place(number), length + 1);
                Ok(())
            }
            _ => Err(self.refused("this `$` is not the place of a parameter".to_owned()).hint(format!(
                "parameters are `$1` to `${}`; write texts in single quotes, or give them as parameters",
                super::MAX_PARAMS
            ))),
        }
    }

    fn word(&mut self) -> Result<()> {
        let length = self.run(0, |byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$');
        let word = self.text.get(self.at..self.at + length).unwrap_or_default().to_ascii_lowercase();
        let opens = |quote: Option<u8>| matches!(quote, Some(b'\'' | b'"'));
        let is_prefix = match word.as_str() {
            "e" | "b" | "x" | "n" => self.peek(length) == Some(b'\''),
            "u" => self.peek(length) == Some(b'&') && opens(self.peek(length + 1)),
            _ => false,
        };
        if is_prefix {
            return Err(self
                .refused("a text or name with a letter before its quote".to_owned())
                .hint("write it plainly in single quotes, or give it as a parameter"));
        }
        self.push(Kind::Word, length);
        if let Some(token) = self.tokens.last_mut() {
            token.text = word;
        }
        Ok(())
    }

    fn refused(&self, what: String) -> Error {
        Error::invalid(format!("{what}, {}", place_in(self.text, self.at)))
    }
}
