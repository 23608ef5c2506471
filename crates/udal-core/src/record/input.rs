//! JSON to new records and changes: everything that is wrong is said at once.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{Change, Patch, Record};
use crate::contract::refusal::may_not_create;
use crate::error::{Error, FieldError, MAX_FIELD_ERRORS, Result};
use crate::model::{Field, Model, position};
use crate::names::shorten;
use crate::value::{Value, id_problem, take};

/// A new record as it was sent: checked, but without what the service fills.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    model: Arc<Model>,
    values: Vec<Option<Value>>,
}

impl Draft {
    /// The model it is for.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Whether the field at that [`position`] was given.
    pub fn has(&self, position: usize) -> bool {
        self.values.get(position).is_some_and(Option::is_some)
    }

    /// Gives the field at that [`position`] a value, unless it has one.
    pub fn fill(&mut self, position: usize, value: Option<Value>) {
        if let Some(slot @ None) = self.values.get_mut(position) {
            *slot = value;
        }
    }

    /// The same of `model`, where it was read by a [view](Model::seen_by) of it.
    #[must_use]
    pub fn of(self, model: &Arc<Model>) -> Self {
        debug_assert!(model.name() == self.model.name());
        Draft { model: Arc::clone(model), values: self.values }
    }

    /// The draft as a record.
    pub fn into_record(self) -> Record {
        Record::new(self.model, self.values)
    }
}

/// Which fields a writer may give, and what to say of the others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writing {
    New,
    Change,
}

/// Reads a new record of `model` from `json`.
///
/// The system fields `id`, `created_at`, `owned_by`, `assigned_to` and `team_id` may be given; the service sets the others.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) with *all* field errors: unknown fields, wrong types, missing values.
pub fn read_new(model: &Arc<Model>, json: &Json) -> Result<Draft> {
    take_new(model, json.clone())
}

/// Makes a new record of `model` of `json`, as [`read_new`] does, without copying its texts.
///
/// # Errors
/// As of [`read_new`].
pub fn take_new(model: &Arc<Model>, json: Json) -> Result<Draft> {
    take_given(model, json, |_, _| {})
}

/// Reads what a record of `model` is where it is new, and what changes in it where it is there: the members that were given,
/// but for `id` and `created_at`, which never change.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) with *all* field errors, as for a new record.
pub fn read_upsert(model: &Arc<Model>, json: &Json) -> Result<(Draft, Patch)> {
    let mut patch = Patch::default();
    let draft = take_given(model, json.clone(), |field, value| {
        if kept_by_service(field, Writing::Change).is_none() {
            patch.set(Arc::clone(field), value.clone());
        }
    })?;
    Ok((draft, patch))
}

/// Makes a new record, and shows each member that was given to `each`.
fn take_given(model: &Arc<Model>, json: Json, mut each: impl FnMut(&Arc<Field>, &Option<Value>)) -> Result<Draft> {
    let Json::Object(members) = json else { return Err(no_object(model)) };
    let mut values: Vec<Option<Value>> = vec![None; model.fields().len()];
    let mut errors = Vec::new();
    for (name, member) in members {
        if errors.len() == MAX_FIELD_ERRORS {
            break;
        }
        match take_member(model, &name, member, Writing::New) {
            Ok((field, value)) => {
                each(field, &value);
                if let Some(slot) = values.get_mut(field.position()) {
                    *slot = value;
                }
            }
            Err(error) => errors.push(error),
        }
    }
    let is_missing = |field: &&Arc<Field>| {
        field.is_required()
            && values.get(field.position()).is_none_or(Option::is_none)
            && !errors
                .iter()
                .any(|error| error.field == field.name() || error.field.starts_with(&format!("{}[", field.name())))
    };
    let (kept_back, missed): (Vec<&Arc<Field>>, Vec<&Arc<Field>>) =
        model.declared_fields().filter(is_missing).partition(|field| field.is_hidden() || field.mask().is_some());
    errors.extend(missed.into_iter().map(|field| missing(field)));
    finish(model, errors)?;
    if !kept_back.is_empty() {
        // What every record needs and the writer may not know of: they can write none, and are not told why.
        return Err(may_not_create(model));
    }
    Ok(Draft { model: Arc::clone(model), values })
}

/// Reads what to change in a record of `model` from `json`: absent fields stay, `null` clears.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) with *all* field errors.
pub fn read_changes(model: &Arc<Model>, json: &Json) -> Result<Patch> {
    let mut changes = Vec::new();
    let mut errors = Vec::new();
    let Json::Object(members) = json else { return Err(no_object(model)) };
    for (name, member) in members {
        if errors.len() == MAX_FIELD_ERRORS {
            break;
        }
        match take_member(model, name, member.clone(), Writing::Change) {
            Ok((field, None)) if field.is_required() => errors.push(missing(field)),
            Ok((field, value)) => changes.push(Change { field: Arc::clone(field), value }),
            Err(error) => errors.push(error),
        }
    }
    finish(model, errors)?;
    Ok(Patch::new(changes))
}

/// Checks that `id` can be the id of a record of `model`.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) naming the field `id`.
pub fn read_id(model: &Model, id: &str) -> Result<()> {
    match id_problem(model.name(), id) {
        None => Ok(()),
        Some(message) => Err(Error::fields(
            format!("this cannot be the id of a `{}`", model.name()),
            vec![FieldError::new("id", "wrong_type", message)],
        )),
    }
}

fn no_object(model: &Model) -> Error {
    Error::invalid(format!("a record of `{}` is a JSON object", model.name()))
        .hint("send such as {\"name\": \"value\"}")
}

fn finish(model: &Model, errors: Vec<FieldError>) -> Result<()> {
    if errors.is_empty() {
        return Ok(());
    }
    Err(Error::fields(format!("the record is not a valid `{}`", model.name()), errors).hint("mend the fields listed"))
}

fn missing(field: &Field) -> FieldError {
    FieldError::new(field.name(), "missing", format!("a value is required, of type {}", field.field_type()))
}

fn take_member<'a>(
    model: &'a Model,
    name: &str,
    json: Json,
    writing: Writing,
) -> std::result::Result<(&'a Arc<Field>, Option<Value>), FieldError> {
    let Some(field) = model.find(name) else {
        let error = FieldError::new(shorten(name), "unknown", format!("`{}` has no such field", model.name()));
        return Err(error.near(model.nearest_field(name)));
    };
    field.check_unmasked(name)?;
    if let Some(reason) = kept_by_service(field, writing) {
        return Err(FieldError::new(name, "not_allowed", reason));
    }
    let value = take(field, json)?;
    if let (position::ID, Some(id)) = (field.position(), value.as_ref().and_then(Value::as_str))
        && let Some(message) = id_problem(model.name(), id)
    {
        return Err(FieldError::new(name, "wrong_type", message));
    }
    Ok((field, value))
}

fn kept_by_service(field: &Field, writing: Writing) -> Option<&'static str> {
    match (field.position(), writing) {
        (position::VERSION | position::UPDATED_AT | position::CREATED_BY, _) => {
            Some("the service sets it; leave it out")
        }
        (position::ID, Writing::Change) => Some("an id never changes; create another record"),
        (position::CREATED_AT, Writing::Change) => Some("it never changes; leave it out"),
        _ => None,
    }
}
