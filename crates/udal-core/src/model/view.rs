//! A model as someone sees it: without the fields that are hidden from them, and with masks before others.

use std::sync::Arc;

use super::{Field, Model, position};
use crate::access::{AccessContext, Visibility};
use crate::error::{Error, FieldError};
use crate::record::Record;
use crate::value::Value;

impl Field {
    /// Whether it is hidden from whoever sees this model.
    pub fn is_hidden(&self) -> bool {
        self.kept_back == Some(Visibility::Hidden)
    }

    /// The text that is shown in the place of every value, where it is masked from whoever sees this model.
    pub fn mask(&self) -> Option<&str> {
        match &self.kept_back {
            Some(Visibility::Masked(mask)) => Some(mask),
            _ => None,
        }
    }

    /// Refuses what is asked of a masked field: whoever may not read it can neither test nor write it.
    ///
    /// # Errors
    /// That its values are masked, at `path`.
    pub fn check_unmasked(&self, path: &str) -> Result<(), FieldError> {
        match self.mask() {
            None => Ok(()),
            Some(_) => Err(FieldError::new(path, "not_allowed", "its values are masked from you")
                .hint("leave it out; it can be read as its mask, and nothing else")),
        }
    }
}

impl Model {
    /// The model as the asker sees it: what they send is read by it, and what they are answered is shown by it.
    ///
    /// A hidden field is as one that is not there: no name finds it. Positions are those of the model itself, so that what
    /// is made by the one is understood by the other.
    #[must_use]
    pub fn seen_by(self: &Arc<Self>, access: &AccessContext) -> Arc<Model> {
        let Some(rules) = access.kept_back(self) else { return Arc::clone(self) };
        let kept_back = |field: &Field| match field.position {
            position::ID | position::VERSION => None,
            _ => rules.get(&field.name).cloned(),
        };
        let mut view = Model::clone(self);
        for field in &mut view.fields {
            if let Some(visibility) = kept_back(field) {
                Arc::make_mut(field).kept_back = Some(visibility);
            }
        }
        Arc::new(view)
    }

    /// Whether it is a view from which fields are missing, or masked.
    pub fn is_partial(&self) -> bool {
        self.fields.iter().any(|field| field.kept_back.is_some())
    }

    /// The fields that whoever sees this model may know of: the system fields first, then the declared ones in their order.
    pub fn visible_fields(&self) -> impl Iterator<Item = &Arc<Field>> {
        self.fields.iter().filter(|field| !field.is_hidden())
    }

    /// The error as whoever sees this view may be told it: without what is wrong with hidden fields, unless it is that they
    /// are not there.
    pub fn told(&self, error: Error) -> Error {
        if !self.is_partial() {
            return error;
        }
        let is_hidden = |name: &str| self.fields.iter().any(|field| field.name == name && field.is_hidden());
        let name = |path: &str| path.split(['[', '.']).next().unwrap_or_default().to_owned();
        error.keeping(|field| field.code == "unknown" || !is_hidden(&name(&field.field)))
    }

    /// The record as this view shows it.
    pub fn show(self: &Arc<Self>, record: Record) -> Record {
        if !self.is_partial() {
            return record;
        }
        let shown = |field: &Arc<Field>| match &field.kept_back {
            None => record.get(field).cloned(),
            Some(Visibility::Hidden) => None,
            // Also where there is no value: whether there is one is not to be seen either.
            Some(Visibility::Masked(mask)) => Some(Value::Str(mask.clone())),
        };
        let values = self.fields.iter().map(shown).collect();
        Record::new(Arc::clone(self), values)
    }
}
