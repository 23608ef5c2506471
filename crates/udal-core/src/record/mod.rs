//! Records: one item of a model, and what changes one.

mod input;

use std::fmt;
use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::{Map, Value as Json};

pub use input::{Draft, read_changes, read_id, read_new, read_upsert, take_new};

use crate::error::FieldError;
use crate::model::{Field, Model, SYSTEM_FIELDS, Shape, position};
use crate::value::{Timestamp, Value, decode_stored};

/// One item of a model: a value or none for each of the model's fields.
#[derive(Clone, PartialEq)]
pub struct Record {
    model: Arc<Model>,
    values: Vec<Option<Value>>,
}

impl Record {
    /// A record of `model` with these values, by field position; values that are not given are missing.
    pub fn new(model: Arc<Model>, mut values: Vec<Option<Value>>) -> Self {
        values.resize(model.fields().len(), None);
        Record { model, values }
    }

    /// Reads a record of `model` from JSON that a store kept; members that are no fields are left out.
    ///
    /// # Errors
    /// What is wrong with a value.
    pub fn from_members(model: &Arc<Model>, members: &Map<String, Json>) -> Result<Self, FieldError> {
        let read = |field: &Arc<Field>| members.get(field.name()).map_or(Ok(None), |json| decode_stored(field, json));
        let values = model.fields().iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(Record::new(Arc::clone(model), values))
    }

    /// The record's model.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// The value of `field`, a field of this record's model; `None` where it is missing.
    pub fn get(&self, field: &Field) -> Option<&Value> {
        self.at(field.position())
    }

    /// The value of the field of that name.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.get(self.model.find(name)?)
    }

    /// Every value, by field position.
    pub fn values(&self) -> &[Option<Value>] {
        &self.values
    }

    /// Puts `value` in the place of what `field` held.
    pub fn set(&mut self, field: &Field, value: Option<Value>) {
        self.set_at(field.position(), value);
    }

    /// How many bytes it takes in memory, about.
    pub fn weight(&self) -> usize {
        self.values.iter().map(|value| value.as_ref().map_or(std::mem::size_of::<Value>(), Value::weight)).sum()
    }

    /// The record's id, such as `AppLabResult/0192…`.
    pub fn id(&self) -> &str {
        self.at(position::ID).and_then(Value::as_str).unwrap_or_default()
    }

    /// How often it was written: 1 when it is created.
    pub fn version(&self) -> i64 {
        self.at(position::VERSION).and_then(Value::as_int).unwrap_or_default()
    }

    /// When it was created.
    pub fn created_at(&self) -> Option<Timestamp> {
        self.at(position::CREATED_AT).and_then(Value::as_timestamp)
    }

    /// When it was changed last.
    pub fn updated_at(&self) -> Option<Timestamp> {
        self.at(position::UPDATED_AT).and_then(Value::as_timestamp)
    }

    /// Merges `patch` into it and counts the version up, as every backend does.
    pub fn apply(&mut self, patch: &Patch) {
        for change in patch.changes() {
            self.set(&change.field, change.value.clone());
        }
        self.set_at(position::VERSION, Some(Value::Int(self.version() + 1)));
    }

    /// The ids that it links to, with the field that holds each.
    pub fn links(&self) -> impl Iterator<Item = (&Arc<Field>, &str)> {
        self.model.fields().iter().filter(|field| field.is_link()).flat_map(|field| {
            let held = self.get(field).map(Value::elements).unwrap_or_default();
            held.iter().filter_map(move |value| Some((field, value.as_str()?)))
        })
    }

    /// The record as JSON: `id`, the declared fields in their order, then the other system fields; a missing value is `null`.
    pub fn to_json(&self) -> Json {
        self.named().map(|(field, value)| (field.name().to_owned(), json_or_empty(field, value))).collect()
    }

    /// Fields and values in the order in which they are written, without those that are hidden in a view.
    pub fn named(&self) -> impl Iterator<Item = (&Arc<Field>, Option<&Value>)> {
        let fields = self.model.fields();
        let pairs =
            move |from: usize, to: usize| fields.iter().take(to).skip(from).map(|field| (field, self.get(field)));
        let all = pairs(0, 1).chain(pairs(SYSTEM_FIELDS, fields.len())).chain(pairs(1, SYSTEM_FIELDS));
        all.filter(|(field, _)| !field.is_hidden())
    }

    fn at(&self, position: usize) -> Option<&Value> {
        self.values.get(position)?.as_ref()
    }

    fn set_at(&mut self, position: usize, value: Option<Value>) {
        if let Some(slot) = self.values.get_mut(position) {
            *slot = value;
        }
    }
}

/// The record as JSON: its model would hide it.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({})", self.to_json())
    }
}

fn json_or_empty(field: &Field, value: Option<&Value>) -> Json {
    match value {
        Some(value) => value.to_json(),
        None if field.field_type().shape == Shape::Set => Json::Array(Vec::new()),
        None => Json::Null,
    }
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.model.visible_fields().count()))?;
        for (field, value) in self.named() {
            match value {
                Some(value) => map.serialize_entry(field.name(), value)?,
                None if field.field_type().shape == Shape::Set => {
                    map.serialize_entry::<_, [(); 0]>(field.name(), &[])?
                }
                None => map.serialize_entry(field.name(), &())?,
            }
        }
        map.end()
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Str(text) => serializer.serialize_str(text),
            Value::Int(number) => serializer.serialize_i64(*number),
            Value::Float(number) => serializer.serialize_f64(*number),
            Value::Bool(truth) => serializer.serialize_bool(*truth),
            Value::DateTime(at) => serializer.serialize_str(at.text().as_str()),
            Value::Date(day) => serializer.serialize_str(day.text().as_str()),
            Value::Decimal(number) => serializer.collect_str(number),
            Value::Json(json) => json.serialize(serializer),
            Value::Set(elements) | Value::List(elements) => {
                let mut sequence = serializer.serialize_seq(Some(elements.len()))?;
                for element in elements {
                    sequence.serialize_element(element)?;
                }
                sequence.end()
            }
        }
    }
}

/// A new value for one field; `None` clears it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The field to change.
    pub field: Arc<Field>,
    /// Its new value.
    pub value: Option<Value>,
}

/// What an update changes: at most one change a field, in the order of the fields' positions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patch {
    changes: Vec<Change>,
}

impl Patch {
    /// A patch of these changes; of two for one field the later counts.
    pub fn new(changes: Vec<Change>) -> Self {
        let mut patch = Patch::default();
        for change in changes {
            patch.set(change.field, change.value);
        }
        patch
    }

    /// Adds a change, in the place of an earlier one for the same field.
    pub fn set(&mut self, field: Arc<Field>, value: Option<Value>) {
        match self.changes.binary_search_by_key(&field.position(), |change| change.field.position()) {
            Ok(at) => {
                if let Some(change) = self.changes.get_mut(at) {
                    change.value = value;
                }
            }
            Err(at) => self.changes.insert(at, Change { field, value }),
        }
    }

    /// How many bytes it takes in memory, about.
    pub fn weight(&self) -> usize {
        let values = self.changes.iter().map(|change| change.value.as_ref().map_or(0, Value::weight));
        values.sum::<usize>() + self.changes.len() * std::mem::size_of::<Change>()
    }

    /// The ids that it links to, with the field of each.
    pub fn links(&self) -> impl Iterator<Item = (&Arc<Field>, &str)> {
        self.changes.iter().filter(|change| change.field.is_link()).flat_map(|change| {
            let held = change.value.as_ref().map(Value::elements).unwrap_or_default();
            held.iter().filter_map(move |value| Some((&change.field, value.as_str()?)))
        })
    }

    /// The change of the field at that [`position`].
    pub fn change_of(&self, position: usize) -> Option<&Change> {
        self.changes.iter().find(|change| change.field.position() == position)
    }

    /// The changes, in the order of the fields' positions.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }
}
