//! A statement that was read.

use std::fmt;

use udal_core::model::Catalog;
use udal_core::{Error, Result};

use super::lexer::{Kind, Token, tokens};
use super::named::named;
use super::{MAX_STATEMENT_BYTES, NamedModel, check, place_in};

/// A statement of the asker's own: read as words, each of which may stand where it does.
#[derive(Clone)]
pub struct RawStatement {
    text: String,
    places: Vec<Place>,
    models: Vec<NamedModel>,
    catalog: Catalog,
}

/// Where a parameter stands, in bytes.
#[derive(Clone, Copy)]
struct Place {
    number: usize,
    start: usize,
    end: usize,
}

/// A statement's text with something else in the place of each parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    /// The text.
    pub text: String,
    /// For each place: how many characters are before it here, before it there, and where it ends here and there.
    moved: Vec<[usize; 4]>,
}

impl RawStatement {
    /// Reads `text` over the models of `catalog`. A `;` at its end is left out.
    ///
    /// # Errors
    /// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) for a statement that is too long, that cannot be read, or that has
    /// a word that may not stand where it does: which, where, and what to write instead.
    pub fn parse(text: &str, catalog: &Catalog) -> Result<Self> {
        if text.len() > MAX_STATEMENT_BYTES {
            return Err(Error::invalid(format!("the statement has {} bytes", text.len()))
                .hint(format!("at most {MAX_STATEMENT_BYTES}; give long values as parameters")));
        }
        if text.contains('\0') {
            return Err(Error::invalid("the statement holds U+0000").hint("take it out"));
        }
        let mut found = tokens(text)?;
        while found.last().is_some_and(|token| token.is_symbol(";")) {
            found.pop();
        }
        check::check(text, &found)?;
        let end = found.last().map_or(0, |token| token.end);
        let models = named(&found, catalog)?;
        Ok(RawStatement::of(text.get(..end).unwrap_or_default(), &found, models, catalog))
    }

    /// The statement as it is, over every model of `catalog`: for tests of what PostgreSQL stops alone. Never for what someone
    /// else wrote.
    #[doc(hidden)]
    pub fn without_a_look(text: &str, catalog: &Catalog) -> Self {
        let found = tokens(text).unwrap_or_default();
        let models = catalog.models().filter(|model| model.table().is_some_and(|table| !table.shared));
        let models = models.map(|model| NamedModel {
            spelling: model.name().to_owned(),
            model: std::sync::Arc::clone(model),
            is_table: true,
        });
        RawStatement::of(text, &found, models.collect(), catalog)
    }

    fn of(text: &str, tokens: &[Token], models: Vec<NamedModel>, catalog: &Catalog) -> Self {
        let place = |token: &Token| match token.kind {
            Kind::Place(number) => Some(Place { number, start: token.start, end: token.end }),
            _ => None,
        };
        let places = tokens.iter().filter_map(place).collect();
        RawStatement { text: text.to_owned(), places, models, catalog: catalog.clone() }
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The models kept in tables that it names, or may name.
    pub fn models(&self) -> &[NamedModel] {
        &self.models
    }

    /// Every model that there is: for what to say of a name that is none.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The highest number of a parameter in it.
    pub fn params(&self) -> usize {
        self.places.iter().map(|place| place.number).max().unwrap_or(0)
    }

    /// The text with what `write` makes of its number in the place of each parameter.
    pub fn rewritten(&self, write: impl Fn(usize) -> String) -> Rewritten {
        let mut text = String::with_capacity(self.text.len() + 40 * self.places.len());
        let (mut moved, mut done, mut there, mut here) = (Vec::new(), 0, 0, 0);
        for place in &self.places {
            let between = self.text.get(done..place.start).unwrap_or_default();
            let written = write(place.number);
            text.push_str(between);
            text.push_str(&written);
            let (start_there, start_here) = (there + between.chars().count(), here + between.chars().count());
            there = start_there + (place.end - place.start);
            here = start_here + written.chars().count();
            moved.push([start_here, start_there, here, there]);
            done = place.end;
        }
        text.push_str(self.text.get(done..).unwrap_or_default());
        Rewritten { text, moved }
    }

    /// Where the character `at`, counted from 1, is, as people count.
    pub fn place_of(&self, at: usize) -> impl fmt::Display + use<> {
        place_in(&self.text, self.byte_of(at))
    }

    /// The word or sign that starts at the character `at`, counted from 1, without its quotes; `is_column`, what stands behind
    /// the dot where there is one.
    pub fn word_at(&self, at: usize, is_column: bool) -> Option<String> {
        let rest = self.text.get(self.byte_of(at)..)?;
        let cut = rest.char_indices().nth(200).map_or(rest, |(end, _)| rest.get(..end).unwrap_or_default());
        let mut words = tokens(cut).ok()?.into_iter();
        let first = words.next()?;
        match (words.next(), words.next()) {
            (Some(dot), Some(column)) if is_column && dot.is_symbol(".") => Some(column.text),
            _ => Some(first.text),
        }
    }

    fn byte_of(&self, at: usize) -> usize {
        self.text.char_indices().nth(at.saturating_sub(1)).map_or(self.text.len(), |(byte, _)| byte)
    }
}

impl Rewritten {
    /// The character of the statement, counted from 1, that the character `at` here is or stands for.
    pub fn original(&self, at: usize) -> usize {
        let at = at.saturating_sub(1);
        let passed = self.moved.iter().take_while(|[start, ..]| *start <= at).last();
        1 + match passed {
            None => at,
            Some([_, start_there, end_here, _]) if at < *end_here => *start_there,
            Some([_, _, end_here, end_there]) => at - end_here + end_there,
        }
    }
}

/// The text, which may be long, is not shown: texts in it may be what someone keeps to themselves.
impl fmt::Debug for RawStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let models: Vec<_> = self.models.iter().map(|named| named.model.name()).collect();
        f.debug_struct("RawStatement").field("bytes", &self.text.len()).field("models", &models).finish_non_exhaustive()
    }
}
