//! Queries in WOQL: what one commit of the document API cannot do.

use serde_json::{Value as Json, json};
use udal_core::{Error, Result};

/// Puts documents, given as text, in the place of those with their ids, and deletes the node, all in one commit.
///
/// # Errors
/// [`Internal`](udal_core::ErrorKind::Internal) for a text that is no JSON.
pub fn replace_and_delete(texts: &[String], node: &str) -> Result<Json> {
    let mut steps = Vec::with_capacity(texts.len() + 1);
    for text in texts {
        let document: Json = serde_json::from_str(text).map_err(Error::internal)?;
        steps.push(json!({"@type": "UpdateDocument", "document": template(document)}));
    }
    steps.push(json!({"@type": "DeleteDocument", "identifier": {"@type": "NodeValue", "node": node}}));
    Ok(json!({"@type": "And", "and": steps}))
}

fn template(json: Json) -> Json {
    match json {
        Json::Object(members) => {
            let pair = |(name, member)| json!({"@type": "FieldValuePair", "field": name, "value": template(member)});
            let data: Vec<Json> = members.into_iter().map(pair).collect();
            json!({"@type": "Value", "dictionary": {"@type": "DictionaryTemplate", "data": data}})
        }
        Json::Array(items) => json!({"@type": "Value", "list": items.into_iter().map(template).collect::<Vec<_>>()}),
        Json::String(text) => json!({"@type": "Value", "data": {"@type": "xsd:string", "@value": text}}),
        Json::Bool(truth) => json!({"@type": "Value", "data": {"@type": "xsd:boolean", "@value": truth}}),
        Json::Number(number) if number.is_i64() => {
            json!({"@type": "Value", "data": {"@type": "xsd:integer", "@value": number}})
        }
        other => json!({"@type": "Value", "data": {"@type": "xsd:double", "@value": other}}),
    }
}
