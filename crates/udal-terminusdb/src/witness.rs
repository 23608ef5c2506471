//! What a server found wrong with a document, as errors of the record's fields.
//!
//! Udal checks what it sends. What is refused all the same meets a class that another program changed, or a link whose target
//! is deleted at the same time. No text of the server's is shown.

use serde_json::{Map, Value as Json};
use udal_core::contract::refusal::{already_exists, broken_link};
use udal_core::{Error, FieldError};
use udal_graph::{field_of, record_id};

use crate::failure::Rejection;

/// The error for what was refused; the rejection is its cause, for the log.
pub(crate) fn error_of(said: Rejection) -> Error {
    if let Some(id) = said.body.pointer("/api:error/api:document_id").and_then(Json::as_str).and_then(record_id)
        && said.kind == "api:DocumentIdAlreadyExists"
    {
        return already_exists(&id).cause(said);
    }
    let mut fields = field_errors(&said.body);
    if fields.is_empty() {
        return Error::internal(said);
    }
    fields.sort_by(|a, b| a.field.cmp(&b.field).then(a.message.cmp(&b.message)));
    fields.dedup();
    fields.truncate(udal_core::MAX_FIELD_ERRORS);
    Error::fields("the graph database refused the record", fields).cause(said)
}

/// The field errors in the body of an answer; none where it names no field.
fn field_errors(body: &Json) -> Vec<FieldError> {
    let mut found = Vec::new();
    let Some(error) = body.get("api:error") else { return found };
    if let Some(witnesses) = error.get("api:witnesses") {
        gather(witnesses, None, &mut found);
    }
    if error.get("@type").and_then(Json::as_str) == Some("api:BadCast") {
        found.extend(bad_cast(error));
    }
    found
}

/// Witnesses come in lists, also in one another, and under the name of the property that they are about.
fn gather(witness: &Json, under: Option<&str>, found: &mut Vec<FieldError>) {
    match witness {
        Json::Array(each) => each.iter().for_each(|witness| gather(witness, under, found)),
        Json::Object(members) if members.contains_key("@type") => found.extend(read(members, under)),
        Json::Object(members) => members.iter().for_each(|(name, witness)| gather(witness, Some(name), found)),
        _ => {}
    }
}

fn read(members: &Map<String, Json>, under: Option<&str>) -> Vec<FieldError> {
    let text = |name: &str| members.get(name).and_then(Json::as_str);
    let kind = text("@type").unwrap_or_default();
    let named = text("field").or(text("predicate")).or(under);
    if kind == "unknown_property_for_type" {
        let properties = members.get("property").and_then(Json::as_array).into_iter().flatten();
        let unknown = |property| FieldError::new(field_of(property), "unknown", "the class has no such property");
        return properties.filter_map(Json::as_str).map(unknown).map(|error| error.hint(CLASS_CHANGED)).collect();
    }
    let Some(field) = named.map(field_of) else { return Vec::new() };
    let error = match kind {
        "required_field_does_not_exist_in_document" | "instance_not_cardinality_one" => {
            FieldError::new(field, "missing", "the class asks for one value").hint(CLASS_CHANGED)
        }
        "could_not_interpret_as_type" | "no_unique_type_for_document" | "instance_not_of_class" | "unexpected_list" => {
            wrong_type(field, text("type").or(text("class")))
        }
        "not_a_valid_enum" => {
            FieldError::new(field, "not_allowed", "it is none of the class's words").hint(CLASS_CHANGED)
        }
        "references_untyped_object" => match text("object").and_then(record_id) {
            Some(id) => broken_link(field, &id),
            None => FieldError::new(field, "broken_link", "the linked record is not there"),
        },
        "referential_integrity_violation" => {
            FieldError::new(field, "broken_link", "the linked record is one of another model")
        }
        _ => FieldError::new(field, "rejected", "the class does not allow the value").hint(CLASS_CHANGED),
    };
    vec![error]
}

const CLASS_CHANGED: &str = "another program may have changed the class; `udal migrate plan` shows where it differs";

fn wrong_type(field: &str, class: Option<&str>) -> FieldError {
    let wanted = class.and_then(|class| class.rsplit(['#', '/']).next());
    let message =
        wanted.map_or("the class has another type".to_owned(), |wanted| format!("the class has the type `{wanted}`"));
    FieldError::new(field, "wrong_type", message).hint(CLASS_CHANGED)
}

/// The server says which value it was, and not where: it is looked for in the document that it sends back.
fn bad_cast(error: &Json) -> Vec<FieldError> {
    let (value, class) = (error.get("api:value"), error.get("api:type").and_then(Json::as_str));
    let members = error.get("api:document").and_then(Json::as_object).into_iter().flatten();
    let holds = |held: &Json| {
        Some(held) == value || held.as_array().is_some_and(|held| held.iter().any(|one| Some(one) == value))
    };
    members.filter(|(_, held)| holds(held)).map(|(name, _)| wrong_type(field_of(name), class)).collect()
}

#[cfg(test)]
mod tests;
