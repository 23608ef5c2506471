//! A path's text as a tree.
//!
//! ```text
//! path      = branch { "|" branch }
//! branch    = item { "/" item }
//! item      = ( link | "(" path ")" ) { "*" | "+" | "?" | "{" n [ "," [ m ] ] "}" | "[" condition "]" }
//! link      = name | "^" name | "^" Model "." name
//! condition = both { "or" both }      both = test { "and" test }
//! test      = "not" test | "(" condition ")" | name ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value
//!           | name ( "contains" | "starts_with" | "has" ) value | name [ "not" ] "in" "(" value { "," value } ")"
//!           | name "is" [ "not" ] "null"
//! value     = text or number as in JSON | "true" | "false"
//! ```

use serde_json::Value as Json;
use udal_core::{Error, Result, shorten};

use super::condition;
use super::token::{Placed, Token, misread, tokens};

/// How deep groups may stand in one another.
pub(super) const MAX_NESTING: usize = 32;
/// The most that a count may be.
const MAX_COUNT: u32 = 64;

/// A path as it was written, checked against no model yet.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Path {
    /// One link.
    Step(Step),
    /// One after the other.
    Sequence(Vec<Path>),
    /// Any of these.
    Any(Vec<Path>),
    /// At least `least` times, at most `most` times, for ever where there is none.
    Repeat { inner: Box<Path>, least: u32, most: Option<u32> },
    /// What ends at a record of which the filter is true.
    Filtered { inner: Box<Path>, filter: Json, position: usize },
}

/// A link to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) way: Way,
    pub(super) position: usize,
}

/// Which way a link is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// From the record that holds it.
    Forward,
    /// To the records that hold it, of every model.
    Back,
    /// To the records of this model that hold it.
    BackTo(String),
}

/// Reads a path.
///
/// # Errors
/// [`InvalidInput`](udal_core::ErrorKind::InvalidInput): what is wrong, at which letter, and how to mend it.
pub(super) fn parse(text: &str) -> Result<Path> {
    let mut reader = Reader { tokens: tokens(text)?, at: 0, end: text.chars().count() + 1 };
    let path = reader.path(0)?;
    match reader.tokens.get(reader.at) {
        None => Ok(path),
        Some(Placed { token, position }) => Err(misread(format!("`{}` was not expected", word_of(token)), *position)
            .hint("steps stand apart with /, choices with |, and groups in ( )")),
    }
}

/// Reads tokens one after the other.
pub(super) struct Reader {
    tokens: Vec<Placed>,
    at: usize,
    end: usize,
}

impl Reader {
    fn path(&mut self, depth: usize) -> Result<Path> {
        if depth > MAX_NESTING {
            return Err(self.misread("groups stand in one another deeper than 32"));
        }
        let mut branches = vec![self.branch(depth)?];
        while self.takes("|") {
            branches.push(self.branch(depth)?);
        }
        Ok(one_or(branches, Path::Any))
    }

    fn branch(&mut self, depth: usize) -> Result<Path> {
        let mut items = vec![self.item(depth)?];
        while self.takes("/") {
            items.push(self.item(depth)?);
        }
        Ok(one_or(items, Path::Sequence))
    }

    fn item(&mut self, depth: usize) -> Result<Path> {
        let mut item = if self.takes("(") {
            let inner = self.path(depth + 1)?;
            self.expect(")", "close the group with )")?;
            inner
        } else {
            Path::Step(self.step()?)
        };
        for _ in 0..=MAX_NESTING {
            let position = self.position();
            let (least, most) = if self.takes("*") {
                (0, None)
            } else if self.takes("+") {
                (1, None)
            } else if self.takes("?") {
                (0, Some(1))
            } else if self.takes("{") {
                self.counts()?
            } else if self.takes("[") {
                let filter = condition::read(self)?;
                self.expect("]", "close the filter with ]")?;
                item = Path::Filtered { inner: Box::new(item), filter, position };
                continue;
            } else {
                return Ok(item);
            };
            item = Path::Repeat { inner: Box::new(item), least, most };
        }
        Err(self.misread("one step has more than 32 filters and counts"))
    }

    fn step(&mut self) -> Result<Step> {
        let position = self.position();
        let is_back = self.takes("^");
        let hint = "write the name of a field that links, such as contacts, or ^account to follow one back";
        let name = self.word().ok_or_else(|| self.misread("a link is missing").hint(hint))?;
        if !self.takes(".") {
            return Ok(Step { name, way: if is_back { Way::Back } else { Way::Forward }, position });
        }
        let field = self.word().ok_or_else(|| self.misread("a link is missing after `.`").hint(hint))?;
        if !is_back {
            return Err(misread("only a link that is followed back has its model before it", position)
                .hint(format!("write `{field}`, or `^{name}.{field}` to follow it back")));
        }
        Ok(Step { name: field, way: Way::BackTo(name), position })
    }

    fn counts(&mut self) -> Result<(u32, Option<u32>)> {
        let position = self.position();
        let least = self.count()?;
        let most = match self.takes(",") {
            false => Some(least),
            true if self.peeks("}") => None,
            true => Some(self.count()?),
        };
        self.expect("}", "close the count with }, such as {2} {1,3} {2,}")?;
        match most {
            Some(most) if most < least => {
                Err(misread(format!("{{{least},{most}}} counts down"), position)
                    .hint(format!("write {{{most},{least}}}")))
            }
            _ => Ok((least, most)),
        }
    }

    fn count(&mut self) -> Result<u32> {
        let position = self.position();
        let literal = self.literal();
        let count = literal.as_ref().and_then(Json::as_u64).and_then(|count| u32::try_from(count).ok());
        match count {
            Some(count @ ..=MAX_COUNT) => Ok(count),
            _ => Err(misread("a count is a whole number from 0 to 64", position).hint("write such as {2} {1,3} {2,}")),
        }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|placed| &placed.token)
    }

    fn peeks(&self, sign: &str) -> bool {
        matches!(self.peek(), Some(Token::Sign(found)) if *found == sign)
    }

    /// Takes the sign, where it stands next.
    pub(super) fn takes(&mut self, sign: &str) -> bool {
        let is_next = self.peeks(sign);
        self.at += usize::from(is_next);
        is_next
    }

    /// Takes the word, in any case, where it stands next.
    pub(super) fn takes_word(&mut self, word: &str) -> bool {
        let is_next = matches!(self.peek(), Some(Token::Word(found)) if found.eq_ignore_ascii_case(word));
        self.at += usize::from(is_next);
        is_next
    }

    /// Takes whatever word stands next.
    pub(super) fn word(&mut self) -> Option<String> {
        let Some(Token::Word(word)) = self.peek() else { return None };
        let word = word.clone();
        self.at += 1;
        Some(word)
    }

    /// Takes the literal that stands next.
    pub(super) fn literal(&mut self) -> Option<Json> {
        let Some(Token::Literal(json)) = self.peek() else { return None };
        let json = json.clone();
        self.at += 1;
        Some(json)
    }

    pub(super) fn expect(&mut self, sign: &str, hint: &str) -> Result<()> {
        if self.takes(sign) { Ok(()) } else { Err(self.misread(format!("`{sign}` is missing")).hint(hint)) }
    }

    /// Where the next token stands.
    pub(super) fn position(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |placed| placed.position)
    }

    /// What is wrong with the next token.
    pub(super) fn misread(&self, what: impl std::fmt::Display) -> Error {
        misread(what, self.position())
    }
}

fn word_of(token: &Token) -> String {
    match token {
        Token::Word(word) => shorten(word),
        Token::Literal(json) => shorten(&json.to_string()),
        Token::Sign(sign) => (*sign).to_owned(),
    }
}

fn one_or(mut paths: Vec<Path>, several: fn(Vec<Path>) -> Path) -> Path {
    match paths.pop() {
        Some(only) if paths.is_empty() => only,
        last => {
            paths.extend(last);
            several(paths)
        }
    }
}
