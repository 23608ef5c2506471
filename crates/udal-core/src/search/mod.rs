//! Search by words: which records hold every word, ignoring case.

mod fold;

use std::sync::Arc;

pub use fold::{FOLDED, fold};

use crate::error::{Error, FieldError, MAX_FIELD_ERRORS, Result};
use crate::model::{Field, Model, Scalar, Shape};
use crate::names::shorten;
use crate::record::Record;

/// How many words a search may hold.
pub const MAX_WORDS: usize = 32;
/// How long a search's text may be, in bytes.
pub const MAX_QUERY_BYTES: usize = 4_096;

/// Words and the fields in which they must occur.
///
/// A record is found when every word occurs, ignoring case, anywhere in one of the fields; each word may be in another field.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    words: Vec<String>,
    fields: Vec<Arc<Field>>,
}

impl Query {
    /// Reads `text` as words, split at white space, to be searched in `fields`: in every text field of `model` when none is named.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when there is no word, too much text, or a field that is not text.
    pub fn new<S: AsRef<str>>(model: &Model, text: &str, fields: &[S]) -> Result<Self> {
        if text.len() > MAX_QUERY_BYTES || text.contains('\0') {
            return Err(Error::invalid("a search has at most 4,096 bytes, and no U+0000"));
        }
        let mut words: Vec<String> = text.split_whitespace().map(fold).collect();
        words.sort_unstable();
        words.dedup();
        if words.is_empty() {
            return Err(Error::invalid("the search holds no word").hint("give at least one word, or use list"));
        }
        if words.len() > MAX_WORDS {
            return Err(Error::invalid(format!("the search holds {} words", words.len())).hint("use at most 32"));
        }
        Ok(Query { words, fields: search_fields(model, fields)? })
    }

    /// The words, case-folded, each once.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The fields in which the words must occur.
    pub fn fields(&self) -> &[Arc<Field>] {
        &self.fields
    }

    /// Whether `record` is found: what every backend must agree with.
    pub fn finds(&self, record: &Record) -> bool {
        let texts: Vec<String> = self
            .fields
            .iter()
            .filter_map(|field| record.get(field))
            .filter_map(|value| value.as_str().map(fold))
            .collect();
        self.words.iter().all(|word| texts.iter().any(|text| text.contains(word.as_str())))
    }
}

fn is_text(field: &Field) -> bool {
    field.field_type().scalar == Scalar::Str && field.field_type().shape == Shape::One
}

/// Whether it is searched where no field is named.
fn is_searched(field: &Field) -> bool {
    is_text(field) && !field.is_hidden() && field.mask().is_none()
}

fn search_fields<S: AsRef<str>>(model: &Model, names: &[S]) -> Result<Vec<Arc<Field>>> {
    if names.is_empty() {
        let every: Vec<_> = model.declared_fields().filter(|field| is_searched(field)).map(Arc::clone).collect();
        return match every.is_empty() {
            true => Err(Error::invalid(format!("`{}` has no text field to search", model.name()))),
            false => Ok(every),
        };
    }
    let mut fields: Vec<Arc<Field>> = Vec::new();
    let mut errors = Vec::new();
    for name in names.iter().map(AsRef::as_ref) {
        if errors.len() == MAX_FIELD_ERRORS {
            break;
        }
        match model.find(name) {
            Some(field) if field.mask().is_some() => errors.extend(field.check_unmasked(name).err()),
            Some(field) if is_text(field) => {
                if !fields.iter().any(|known| known.position() == field.position()) {
                    fields.push(Arc::clone(field));
                }
            }
            Some(field) => {
                let message = format!("`{}` is not text", field.field_type());
                errors.push(FieldError::new(name, "not_allowed", message).hint("search in `str` fields"));
            }
            None => {
                let message = format!("`{}` has no such field", model.name());
                errors.push(FieldError::new(shorten(name), "unknown", message).near(model.nearest_field(name)));
            }
        }
    }
    if errors.is_empty() { Ok(fields) } else { Err(Error::fields("the search fields do not fit", errors)) }
}
