//! Small texts that people write, read letter by letter.

use std::sync::Arc;

use serde_json::Value as Json;
use udal_core::FieldError;
use udal_core::model::{Field, Model};
use udal_core::{nearest, shorten};

/// A text, and how far it is read.
#[derive(Clone, Debug)]
pub(crate) struct Reading<'a> {
    text: &'a str,
    at: usize,
}

/// What is wrong with such a text, and where.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// The byte at which it is wrong.
    at: usize,
    code: &'static str,
    message: String,
    hint: Option<String>,
}

impl Fault {
    pub(crate) fn new(at: usize, code: &'static str, message: impl Into<String>) -> Self {
        Fault { at, code, message: message.into(), hint: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The fault as one of `path`, whose text is `text`: with the number of the character where it is.
    pub(crate) fn of(self, path: &str, text: &str) -> FieldError {
        let Fault { at, code, message, hint } = self;
        let character = text.get(..at).map_or(0, |before| before.chars().count()) + 1;
        let error = FieldError::new(path, code, format!("{message}, at character {character} of `{}`", shorten(text)));
        hint.into_iter().fold(error, FieldError::hint)
    }
}

impl<'a> Reading<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Reading { text, at: 0 }
    }

    /// Where it is read next, blanks passed over.
    pub(crate) fn here(&mut self) -> usize {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        self.at
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Reads `symbol` where it stands next.
    pub(crate) fn take(&mut self, symbol: &str) -> bool {
        self.here();
        let is_there = self.rest().starts_with(symbol);
        if is_there {
            self.at += symbol.len();
        }
        is_there
    }

    /// Reads `word`, in capitals or not, where it stands next as a word of its own.
    pub(crate) fn take_word(&mut self, word: &str) -> bool {
        let before = self.at;
        let is_there = self.word().is_some_and(|(found, _)| found.eq_ignore_ascii_case(word));
        if !is_there {
            self.at = before;
        }
        is_there
    }

    pub(crate) fn expect(&mut self, symbol: &str, hint: &str) -> Result<(), Fault> {
        if self.take(symbol) {
            return Ok(());
        }
        let at = self.here();
        let found = match self.rest().chars().next() {
            Some(found) => format!("found `{}`", shorten(&found.to_string())),
            None => "the text ends".to_owned(),
        };
        Err(Fault::new(at, "not_allowed", format!("expected `{symbol}`, {found}")).hint(hint))
    }

    /// Reads a word of letters, digits and `_`, and says where it began.
    pub(crate) fn word(&mut self) -> Option<(&'a str, usize)> {
        self.run(|first| first.is_ascii_alphabetic() || first == '_', |c| c.is_ascii_alphanumeric() || c == '_')
    }

    /// Reads a number as it is written, without a sign.
    pub(crate) fn number(&mut self) -> Option<(&'a str, usize)> {
        self.run(|first| first.is_ascii_digit() || first == '.', |c| c.is_ascii_digit() || c == '.')
    }

    fn run(&mut self, first: impl Fn(char) -> bool, further: impl Fn(char) -> bool) -> Option<(&'a str, usize)> {
        let (at, rest) = (self.here(), self.rest());
        if !rest.starts_with(first) {
            return None;
        }
        let length = rest.find(|c| !further(c)).unwrap_or(rest.len());
        self.at += length;
        Some((rest.get(..length)?, at))
    }

    /// Reads a JSON value.
    pub(crate) fn json(&mut self, hint: &str) -> Result<Json, Fault> {
        let (at, rest) = (self.here(), self.rest());
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Json>();
        match values.next() {
            Some(Ok(json)) => {
                self.at += values.byte_offset();
                Ok(json)
            }
            Some(Err(error)) => Err(Fault::new(at, "not_allowed", format!("this is not JSON: {error}")).hint(hint)),
            None => Err(Fault::new(at, "not_allowed", "the text ends").hint(hint)),
        }
    }

    /// Checks that nothing follows.
    pub(crate) fn end(&mut self) -> Result<(), Fault> {
        let at = self.here();
        match self.rest() {
            "" => Ok(()),
            rest => Err(Fault::new(at, "not_allowed", format!("nothing is expected here, found `{}`", shorten(rest)))),
        }
    }

    /// Reads the name of a field of `view`, the model as the asker sees it.
    pub(crate) fn field(&mut self, view: &Model) -> Result<(Arc<Field>, usize), Fault> {
        let Some((name, at)) = self.word() else {
            let near =
                format!("the fields of `{}` are in `udal model show {} {}`", view.name(), view.group(), view.name());
            return Err(Fault::new(self.here(), "missing", "expected the name of a field").hint(near));
        };
        Ok((named_field(view, name, at)?, at))
    }
}

/// The field of that name, which may be asked for: it is there, and not masked.
pub(crate) fn named_field(view: &Model, name: &str, at: usize) -> Result<Arc<Field>, Fault> {
    let Some(field) = view.find(name) else {
        let fault = Fault::new(at, "unknown", format!("`{}` has no field `{}`", view.name(), shorten(name)));
        return Err(match view.nearest_field(name) {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault,
        });
    };
    unmasked(field, at)?;
    Ok(Arc::clone(field))
}

/// Checks that the field may be asked for.
pub(crate) fn unmasked(field: &Field, at: usize) -> Result<(), Fault> {
    field.check_unmasked(field.name()).map_err(|error| {
        let fault = Fault::new(at, error.code, format!("`{}`: {}", field.name(), error.message));
        error.hint.into_iter().fold(fault, Fault::hint)
    })
}

/// Why `name` cannot name a column of an answer, where it cannot.
pub(crate) fn name_problem(name: &str) -> Option<&'static str> {
    let fits = (1..=udal_core::MAX_NAME_LENGTH).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match fits {
        false => Some("use a letter first, then letters, digits and _, at most 48 in all"),
        true => ["and", "or", "not"].contains(&name).then_some("this word is part of filters; choose another name"),
    }
}

/// The word of `known` that is meant, in capitals or not.
pub(crate) fn one_of<T: Copy>(known: &[(&'static str, T)], word: &str) -> Option<T> {
    known.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, meant)| *meant)
}

/// What to say of a word that is none of `known`.
pub(crate) fn suggest<T>(known: &[(&'static str, T)], word: &str) -> String {
    match nearest(word, known.iter().map(|(name, _)| *name)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", known.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" ")),
    }
}
