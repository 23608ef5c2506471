//! Values for records that lack one which their model asks for.

use serde_json::json;
use udal_core::model::{Field, Model, Shape};
use udal_core::value::Value;
use udal_core::{Error, ErrorKind, Result};

use crate::document::stored;
use crate::kind::Kind;
use crate::names::{class_name, property};

/// Whether records that lack the field can be given a value: it is neither a link nor a list.
pub fn can_be_filled(field: &Field) -> bool {
    field.field_type().shape == Shape::One && Kind::of(field).range().is_some()
}

/// The text of a WOQL query that gives `value` to each document of the model's class that has none in that field. It answers a solution
/// for each, and one where there is none.
///
/// # Errors
/// [`Unsupported`](ErrorKind::Unsupported) for a link or a list.
pub fn fill(model: &Model, field: &Field, value: &Value) -> Result<String> {
    let Some(range) = Kind::of(field).range().filter(|_| can_be_filled(field)) else {
        let message = format!("`{}` cannot be filled: it is a link or a list", field.name());
        return Err(Error::new(ErrorKind::Unsupported, message).hint("change the records first"));
    };
    let value = stored(field, value);
    // As text, with its type: so it is kept exactly.
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let goal = |kind: &str, predicate: &str, object: serde_json::Value| {
        json!({"@type": kind, "subject": {"@type": "NodeValue", "variable": "document"},
               "predicate": {"@type": "NodeValue", "node": predicate}, "object": object})
    };
    let name = format!("@schema:{}", property(field));
    let class = json!({"@type": "Value", "node": format!("@schema:{}", class_name(model.name()))});
    let goals = json!([
        goal("Triple", "rdf:type", class),
        {"@type": "Not", "query": goal("Triple", &name, json!({"@type": "Value", "variable": "held"}))},
        goal("AddTriple", &name, json!({"@type": "Value", "data": {"@type": range, "@value": text}})),
    ]);
    let all = json!({"@type": "Optional", "query": {"@type": "And", "and": goals}});
    Ok(json!({"@type": "Select", "variables": [], "query": all}).to_string())
}
