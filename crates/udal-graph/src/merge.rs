//! What a class must become so that it fits its model.

use serde_json::{Map, Value as Json, json};

use crate::class::Class;

/// What has to be done to a class.
#[derive(Clone, Debug, PartialEq)]
pub enum Merge {
    /// Nothing.
    Fits,
    /// Put this definition in its place. It takes nothing away and asks nothing new of what is kept.
    Put(Json),
    /// It could lose data, or what is kept stands against it: why, property by property.
    Refused(Vec<String>),
}

/// Compares a class with what the server has under its name.
///
/// Properties that the model does not have any more stay, as optional ones. A required property that is new is put only
/// where no record is kept, which `is_empty` says.
pub fn merge(class: &Class, found: &Json, is_empty: bool) -> Merge {
    let (wanted, kept) = (members(&class.definition), members(found));
    let mut merged = Map::new();
    let mut reasons = Vec::new();
    for (name, range) in &wanted {
        let problem = match kept.get(name) {
            _ if name.starts_with('@') => None,
            Some(held) if held == range || weakens(held, range) || is_empty => None,
            Some(held) => Some(format!("`{name}` is {} there and {} in the model", shown(held), shown(range))),
            None if is_empty || !asks_for_value(range) => None,
            None => Some(format!("`{name}` is required in the model, and the records there have none")),
        };
        reasons.extend(problem);
        merged.insert(name.clone(), range.clone());
    }
    for (name, range) in kept {
        merged.entry(name).or_insert_with(|| weakest(&range));
    }
    if !reasons.is_empty() {
        return Merge::Refused(reasons);
    }
    let merged = Json::Object(merged);
    if merged == *found { Merge::Fits } else { Merge::Put(merged) }
}

fn members(definition: &Json) -> Map<String, Json> {
    definition.as_object().cloned().unwrap_or_default()
}

/// Whether every value of the one range is one of the other.
fn weakens(from: &Json, to: &Json) -> bool {
    from.is_string() && *to == json!({"@type": "Optional", "@class": from})
}

fn asks_for_value(range: &Json) -> bool {
    range.is_string() || range.get("@type") == Some(&json!("List"))
}

fn weakest(range: &Json) -> Json {
    if range.is_string() { json!({"@type": "Optional", "@class": range}) } else { range.clone() }
}

fn shown(range: &Json) -> String {
    match (range.as_str(), range.get("@type").and_then(Json::as_str), range.get("@class").and_then(Json::as_str)) {
        (Some(name), ..) => name.to_owned(),
        (None, Some(kind), Some(class)) => format!("{kind}[{class}]"),
        _ => range.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(members: Json) -> Class {
        Class { name: "A".to_owned(), definition: members, targets: Vec::new() }
    }

    fn optional(range: &str) -> Json {
        json!({"@type": "Optional", "@class": range})
    }

    #[test]
    fn what_only_adds_or_weakens_is_put() {
        let found = json!({"@id": "A", "@type": "Class", "x": "xsd:string", "gone": "xsd:string"});
        let wanted =
            class(json!({"@id": "A", "@type": "Class", "x": optional("xsd:string"), "new": optional("xsd:integer")}));
        let put = json!({"@id": "A", "@type": "Class", "x": optional("xsd:string"), "new": optional("xsd:integer"),
                         "gone": optional("xsd:string")});
        assert_eq!(merge(&wanted, &found, false), Merge::Put(put.clone()));
        assert_eq!(merge(&wanted, &put, false), Merge::Fits);
    }

    #[test]
    fn what_could_lose_data_is_refused_with_every_reason() {
        let found = json!({"@id": "A", "@type": "Class", "x": optional("xsd:string"), "y": "xsd:string"});
        let wanted =
            class(json!({"@id": "A", "@type": "Class", "x": "xsd:string", "y": "xsd:integer", "z": "xsd:date"}));
        let Merge::Refused(reasons) = merge(&wanted, &found, false) else { panic!("it was not refused") };
        assert_eq!(reasons.len(), 3, "{reasons:?}");
        assert!(matches!(merge(&wanted, &found, true), Merge::Put(_)));
    }
}
