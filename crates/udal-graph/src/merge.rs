//! What a class must become so that it fits its model.

use serde_json::{Map, Value as Json, json};

use udal_core::model::Model;

use crate::class::Class;
use crate::names::mark_of;

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

/// A difference between a class and what the server has under its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What is to be done: `add-property`, `make-optional`, `change-type` or `require`.
    pub kind: &'static str,
    /// The property.
    pub property: String,
    /// Why it is not done; none where it takes nothing away and asks nothing new of what is kept.
    pub refusal: Option<String>,
}

/// What differs, property by property; with `is_empty` no record is kept that could stand against it.
pub fn differences(class: &Class, found: &Json, is_empty: bool) -> Vec<Difference> {
    let (wanted, kept) = (members(&class.definition), members(found));
    let mut differences = Vec::new();
    for (property, range) in wanted.iter().filter(|(name, _)| !name.starts_with('@')) {
        let (kind, problem) = match kept.get(property) {
            Some(held) if held == range => continue,
            Some(held) if weakens(held, range) => ("make-optional", None),
            Some(held) if weakens(range, held) => {
                ("require", Some("it is required in the model, and records there need not have it".to_owned()))
            }
            Some(held) => {
                ("change-type", Some(format!("it is {} there and {} in the model", shown(held), shown(range))))
            }
            None if !asks_for_value(range) || is_optional_list(&wanted, property) => ("add-property", None),
            None => ("require", Some("it is required in the model, and the records there have none".to_owned())),
        };
        differences.push(Difference { kind, property: property.clone(), refusal: problem.filter(|_| !is_empty) });
    }
    let is_gone = |(name, range): &(&String, &Json)| !wanted.contains_key(*name) && weakest(range) != **range;
    let gone = kept.iter().filter(is_gone).map(|(property, _)| property.clone());
    differences.extend(gone.map(|property| Difference { kind: "make-optional", property, refusal: None }));
    differences
}

/// Compares a class with what the server has under its name.
///
/// Properties that the model does not have any more stay, as optional ones. A required property that is new is put only
/// where no record is kept, which `is_empty` says.
pub fn merge(class: &Class, found: &Json, is_empty: bool) -> Merge {
    let (wanted, kept) = (members(&class.definition), members(found));
    let refused = |difference: Difference| Some(format!("`{}`: {}", difference.property, difference.refusal?));
    let reasons: Vec<String> = differences(class, found, is_empty).into_iter().filter_map(refused).collect();
    let mut merged: Map<String, Json> = wanted.clone();
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

/// The lists among the properties of `definition` that the class which was found lacks, with what they are of.
///
/// The server asks for every list: where documents are kept, they get an empty one together with the property.
pub fn new_lists(found: &Json, definition: &Json) -> Vec<(String, Json)> {
    let kept = members(found);
    let mut wanted = members(definition);
    wanted.retain(|property, range| is_list(range) && !kept.contains_key(property));
    wanted.into_iter().collect()
}

/// The lists among the properties of the class that the model has not: documents need them all the same, empty.
pub fn lists_beside<'c>(class: &'c Json, model: &Model) -> Vec<&'c str> {
    let properties = class.as_object().into_iter().flatten();
    let lists = properties.filter(|(property, range)| is_list(range) && model.find(property).is_none());
    lists.map(|(property, _)| property.as_str()).collect()
}

fn is_list(range: &Json) -> bool {
    range.get("@type") == Some(&json!("List"))
}

/// Whether the list is one that records need not have: that which has a mark beside it.
fn is_optional_list(definition: &Map<String, Json>, property: &str) -> bool {
    definition.get(property).is_some_and(is_list) && definition.contains_key(&mark_of(property))
}

fn asks_for_value(range: &Json) -> bool {
    range.is_string() || is_list(range)
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
        assert_eq!(differences(&wanted, &put, false), []);
        let told: Vec<(&str, String)> =
            differences(&wanted, &found, false).into_iter().map(|one| (one.kind, one.property)).collect();
        let expected = [("make-optional", "x"), ("add-property", "new"), ("make-optional", "gone")];
        assert!(expected.iter().all(|(kind, property)| told.contains(&(*kind, (*property).to_owned()))), "{told:?}");
        assert_eq!(told.len(), 3);
    }

    #[test]
    fn a_list_that_need_not_be_is_added_and_one_that_must_is_not() {
        let list = json!({"@type": "List", "@class": "xsd:string"});
        let found = json!({"@id": "A", "@type": "Class", "gone": list});
        let optional = class(json!({"@id": "A", "@type": "Class", "l": list, "_has_l": optional("xsd:boolean")}));
        let Merge::Put(put) = merge(&optional, &found, false) else { panic!("it was not put") };
        assert_eq!(new_lists(&found, &put), [("l".to_owned(), list.clone())]);
        assert_eq!(new_lists(&put, &put), []);
        let required = class(json!({"@id": "A", "@type": "Class", "l": list}));
        assert!(matches!(merge(&required, &found, false), Merge::Refused(_)));
    }

    #[test]
    fn what_could_lose_data_is_refused_with_every_reason() {
        let found = json!({"@id": "A", "@type": "Class", "x": optional("xsd:string"), "y": "xsd:string"});
        let wanted =
            class(json!({"@id": "A", "@type": "Class", "x": "xsd:string", "y": "xsd:integer", "z": "xsd:date"}));
        let Merge::Refused(reasons) = merge(&wanted, &found, false) else { panic!("it was not refused") };
        assert_eq!(reasons.len(), 3, "{reasons:?}");
        assert!(matches!(merge(&wanted, &found, true), Merge::Put(_)));
        let told = |is_empty| {
            let told = |one: Difference| format!("{}:{} {}", one.kind, one.property, one.refusal.is_some());
            differences(&wanted, &found, is_empty).into_iter().map(told).collect::<Vec<_>>()
        };
        assert_eq!(told(false), ["require:x true", "change-type:y true", "require:z true"]);
        assert_eq!(told(true), ["require:x false", "change-type:y false", "require:z false"]);
    }
}
