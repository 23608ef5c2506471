//! Records as documents, and back.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};
use udal_core::contract::refusal::still_linked;
use udal_core::contract::{Idempotency, Touched};
use udal_core::model::{Field, IncomingLink, Model, Scalar, Shape};
use udal_core::record::Record;
use udal_core::value::{Date, Decimal, Timestamp, Value, canonical_json};
use udal_core::{Error, ErrorKind, FieldError, Result};

use crate::class::ANSWERS;
use crate::kind::Kind;
use crate::names::{answer_node, class_name, mark_of_list, node_id, property, record_id, text_of_link};

/// The document that keeps `record`.
pub fn document(record: &Record) -> Json {
    let mut members = Map::new();
    members.insert("@id".to_owned(), json!(node_id(record.id())));
    members.insert("@type".to_owned(), json!(class_name(record.model().name())));
    for field in record.model().fields() {
        let Some(value) = record.get(field) else {
            // The server asks for every list, so that one which is missing is an empty one without its mark.
            if field.field_type().shape == Shape::List {
                members.insert(property(field).to_owned(), json!([]));
            }
            continue;
        };
        members.insert(property(field).to_owned(), stored(field, value));
        match (field.field_type().shape, Kind::of(field)) {
            (Shape::One, Kind::Link) => {
                members.insert(text_of_link(field), value.to_json());
            }
            (Shape::List, _) if !field.is_required() => {
                members.insert(mark_of_list(field), json!(true));
            }
            _ => {}
        }
    }
    Json::Object(members)
}

pub(crate) fn stored(field: &Field, value: &Value) -> Json {
    match value {
        Value::Set(elements) | Value::List(elements) => elements.iter().map(|element| stored(field, element)).collect(),
        Value::Str(id) if Kind::of(field) == Kind::Link => json!(node_id(id)),
        Value::Decimal(number) => json!(sortable(number)),
        Value::Json(json) => json!(json.to_string()),
        other => other.to_json(),
    }
}

/// A decimal as text whose order by bytes is that of the numbers, with the number itself at its end.
///
/// The server keeps its own decimals to twenty digits of fraction. The text is a sign, the number's magnitude, its digits
/// (those of a negative number counted down from nine), and the number as it is written.
pub(crate) fn sortable(number: &Decimal) -> String {
    let text = number.to_string();
    let (is_negative, plain) = text.strip_prefix('-').map_or((false, text.as_str()), |plain| (true, plain));
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let all: String = [whole, fraction].concat();
    let digits = all.trim_start_matches('0');
    // Where the point stands, counted from the first digit that is not zero; at most 200 either way.
    let magnitude = 500 + whole.len() - (all.len() - digits.len()).min(499 + whole.len());
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        return "0 0".to_owned();
    }
    if !is_negative {
        return format!("1 {magnitude:03} {digits} {text}");
    }
    let digits: String = digits.bytes().map(|digit| char::from(b'9' - (digit - b'0'))).collect();
    format!("- {:03} {digits}~ {text}", 1000 - magnitude)
}

/// A document's members as they were sent, by name.
type Members = BTreeMap<String, Box<RawValue>>;

fn members_of(text: &str) -> Result<Members> {
    serde_json::from_str(text).map_err(|error| Error::internal(format!("a document is not a JSON object: {error}")))
}

/// Reads a record of `model` from the text of its document.
///
/// # Errors
/// [`Unsupported`](ErrorKind::Unsupported) for a document that does not fit the model.
pub fn read_document(model: &Arc<Model>, text: &str) -> Result<Record> {
    let members = members_of(text)?;
    let values = model.fields().iter().map(|field| read_member(field, &members)).collect::<Result<Vec<_>>>()?;
    Ok(Record::new(Arc::clone(model), values))
}

fn read_member(field: &Field, members: &Members) -> Result<Option<Value>> {
    let is_unmarked =
        field.field_type().shape == Shape::List && !field.is_required() && !members.contains_key(&mark_of_list(field));
    if is_unmarked {
        return Ok(None);
    }
    let Some(raw) = members.get(property(field)) else {
        let is_empty_list = field.field_type().shape == Shape::List;
        return Ok(is_empty_list.then(|| Value::List(Vec::new())));
    };
    let misfit = || misfit(field, raw.get());
    match field.field_type().shape {
        Shape::One => read_value(field, raw.get()).map(Some).ok_or_else(misfit),
        Shape::Set => Ok(Value::set(read_elements(field, raw.get()).ok_or_else(misfit)?)),
        Shape::List => read_elements(field, raw.get()).map(|elements| Some(Value::List(elements))).ok_or_else(misfit),
    }
}

fn read_elements(field: &Field, text: &str) -> Option<Vec<Value>> {
    let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    elements.into_iter().map(|element| read_value(field, element.get())).collect()
}

fn read_value(field: &Field, raw: &str) -> Option<Value> {
    let text = || serde_json::from_str::<String>(raw).ok();
    Some(match (Kind::of(field), &field.field_type().scalar) {
        (Kind::Text, Scalar::Json) => Value::Json(canonical_json(serde_json::from_str(&text()?).ok()?)),
        (Kind::Text, Scalar::Decimal) => Value::Decimal(Decimal::parse(text()?.rsplit(' ').next()?).ok()?),
        (Kind::Text, _) => Value::Str(text()?),
        (Kind::Link, _) => Value::Str(record_id(&text()?)?),
        (Kind::Integer, _) => Value::Int(raw.trim_matches('"').parse().ok()?),
        (Kind::Float, _) => Value::Float(serde_json::from_str(raw).ok()?),
        (Kind::Boolean, _) => Value::Bool(serde_json::from_str(raw).ok()?),
        (Kind::Instant, _) => Value::DateTime(Timestamp::parse(&text()?).ok()?),
        (Kind::Day, _) => Value::Date(Date::parse(&text()?).ok()?),
    })
}

/// A document that does not fit the model: the model was changed since it was written, or another program wrote it.
fn misfit(field: &Field, raw: &str) -> Error {
    let message = format!("`{}` is no value of {}", udal_core::shorten(raw), field.field_type());
    let error = FieldError::new(field.name(), "wrong_type", message);
    Error::with_fields(ErrorKind::Unsupported, "a stored record does not fit the model any more", vec![error])
        .hint("change the model back, or write the record anew")
}

/// The document that keeps what a create with an idempotency key answered.
pub fn answer(record: &Record, idempotency: &Idempotency) -> Json {
    let Idempotency { key, fingerprint } = idempotency;
    json!({
        "@id": answer_node(record.model().name(), key),
        "@type": ANSWERS,
        "fingerprint": fingerprint,
        "answer": document(record).to_string(),
    })
}

/// Reads the fingerprint and the record from the text of such a document.
///
/// # Errors
/// [`Unsupported`](ErrorKind::Unsupported) for a record that does not fit the model any more.
pub fn read_answer(model: &Arc<Model>, text: &str) -> Result<(String, Record)> {
    #[derive(serde::Deserialize)]
    struct Kept {
        fingerprint: String,
        answer: String,
    }
    let kept: Kept = serde_json::from_str(text).map_err(Error::internal)?;
    Ok((kept.fingerprint, read_document(model, &kept.answer)?))
}

/// A document that links to a record which is to be deleted.
#[derive(Clone, Debug)]
pub struct Linker {
    model: String,
    id: String,
    version: i64,
    members: Members,
}

impl Linker {
    /// Reads a record of that model from the text of its document. Its members stay as they are.
    ///
    /// # Errors
    /// [`Internal`](ErrorKind::Internal) where it has no id or no version.
    pub fn read(model: &str, text: &str) -> Result<Self> {
        let members = members_of(text)?;
        let member = |name: &str| members.get(name).map(|raw| raw.get());
        let id = member("id").and_then(|raw| serde_json::from_str(raw).ok());
        let version = member("version").and_then(|raw| raw.trim_matches('"').parse().ok());
        let (Some(id), Some(version)) = (id, version) else {
            return Err(Error::internal(format!("a document of `{model}` has no id or no version")));
        };
        Ok(Linker { model: model.to_owned(), id, version, members })
    }

    /// The record's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name of the record's model.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The ids of the records to which `links` lead from here.
    pub fn targets(&self, links: &[IncomingLink]) -> Vec<String> {
        let fields = links.iter().filter(|link| link.model == self.model);
        let held = fields.filter_map(|link| serde_json::from_str(self.members.get(&link.field)?.get()).ok());
        let nodes = held.flat_map(|held: Json| match held {
            Json::Array(items) => items,
            one => vec![one],
        });
        nodes.filter_map(|node| record_id(node.as_str()?)).collect()
    }

    /// Takes out the links to `id` that `links` may hold, and counts the version up.
    ///
    /// # Errors
    /// [`StillLinked`](ErrorKind::StillLinked) where a link is required.
    pub fn unlink(&mut self, links: &[IncomingLink], id: &str) -> Result<()> {
        let (node, model) = (node_id(id), self.model.clone());
        for link in links.iter().filter(|link| link.model == model) {
            let Some(raw) = self.members.get(&link.field) else { continue };
            let held: Json = serde_json::from_str(raw.get()).map_err(Error::internal)?;
            match held {
                Json::Array(items) if items.iter().any(|item| *item == node) => {
                    let kept: Vec<Json> = items.into_iter().filter(|item| *item != node).collect();
                    self.put(&link.field, &Json::Array(kept))?;
                }
                one if one == node && !link.field_type.optional => return Err(still_linked(id)),
                one if one == node => {
                    self.members.remove(&link.field);
                    self.members.remove(&format!("_id_{}", link.field));
                }
                _ => {}
            }
        }
        self.version += 1;
        self.put("version", &json!(self.version))
    }

    fn put(&mut self, name: &str, value: &Json) -> Result<()> {
        let raw = RawValue::from_string(value.to_string()).map_err(Error::internal)?;
        self.members.insert(name.to_owned(), raw);
        Ok(())
    }

    /// What has become of it.
    pub fn touched(&self) -> Touched {
        Touched { model: self.model.clone(), id: self.id.clone(), version: self.version }
    }

    /// The document as it is to be written.
    ///
    /// # Errors
    /// None that can be caused from outside.
    pub fn to_text(&self) -> Result<String> {
        serde_json::to_string(&self.members).map_err(Error::internal)
    }
}
