//! Class definitions.

use serde_json::{Map, Value as Json, json};
use udal_core::model::{Field, Model, Scalar, Shape};

use crate::kind::Kind;
use crate::names::{class_name, mark_of_list, property, text_of_link};

/// The class of what creates with an idempotency key answered.
pub const ANSWERS: &str = "Udal_Answer";

/// A class as it is sent to the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// Its definition.
    pub definition: Json,
    /// The names of the classes that it links to, which must be there.
    pub targets: Vec<String>,
}

/// The class that keeps the records of `model`.
pub fn class_of(model: &Model) -> Class {
    let name = class_name(model.name());
    let mut members = Map::new();
    members.insert("@type".to_owned(), json!("Class"));
    members.insert("@id".to_owned(), json!(name));
    let mut targets = Vec::new();
    for field in model.fields() {
        members.insert(property(field).to_owned(), range(field, &mut targets));
        match (field.field_type().shape, Kind::of(field)) {
            (Shape::One, Kind::Link) => {
                members.insert(text_of_link(field), optional(json!("xsd:string")));
            }
            (Shape::List, _) if !field.is_required() => {
                members.insert(mark_of_list(field), optional(json!("xsd:boolean")));
            }
            _ => {}
        }
    }
    targets.sort();
    targets.dedup();
    targets.retain(|target| *target != name);
    Class { name, definition: Json::Object(members), targets }
}

fn range(field: &Field, targets: &mut Vec<String>) -> Json {
    let inner = match (Kind::of(field).range(), &field.field_type().scalar) {
        (Some(range), _) => json!(range),
        (None, Scalar::Ref(model)) => {
            targets.push(class_name(model));
            json!(class_name(model))
        }
        (None, _) => json!("xsd:string"),
    };
    match field.field_type().shape {
        Shape::One if field.is_required() => inner,
        Shape::One => optional(inner),
        Shape::Set => json!({"@type": "Set", "@class": inner}),
        Shape::List => json!({"@type": "List", "@class": inner}),
    }
}

fn optional(class: Json) -> Json {
    json!({"@type": "Optional", "@class": class})
}

/// The class of what creates with an idempotency key answered: the fingerprint of what was asked, and the document as text.
pub fn answers_class() -> Class {
    let definition = json!({
        "@type": "Class", "@id": ANSWERS, "fingerprint": "xsd:string", "answer": "xsd:string",
    });
    Class { name: ANSWERS.to_owned(), definition, targets: Vec::new() }
}
