//! A database as the server keeps it: classes, documents, commits.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

pub(crate) const BASE: &str = "terminusdb:///data/";

#[derive(Clone, Debug, Default)]
pub(crate) struct Database {
    pub(crate) version: u64,
    pub(crate) classes: BTreeMap<String, Json>,
    pub(crate) documents: BTreeMap<String, Map<String, Json>>,
    pub(crate) log: Vec<Json>,
}

/// A refusal: status, kind, message.
pub(crate) type Refusal = (u16, &'static str, String);

fn misfit(message: String) -> Refusal {
    (400, "api:SchemaCheckFailure", message)
}

impl Database {
    pub(crate) fn commit(&mut self, author: &str, message: &str) {
        self.version += 1;
        self.log.insert(0, json!({"author": author, "message": message}));
    }

    pub(crate) fn insert(&mut self, documents: Vec<Json>) -> Result<(), Refusal> {
        let mut ids = std::collections::BTreeSet::new();
        for document in &documents {
            let id = document["@id"].as_str().unwrap_or_default().to_owned();
            if !ids.insert(id.clone()) {
                return Err((400, "api:SameDocumentIdsMutatedInOneTransaction", id));
            }
            if self.documents.contains_key(&id) {
                return Err((400, "api:DocumentIdAlreadyExists", id));
            }
        }
        self.put(documents)
    }

    pub(crate) fn put(&mut self, documents: Vec<Json>) -> Result<(), Refusal> {
        let mut put = Vec::new();
        for document in documents {
            let Json::Object(members) = document else { return Err(misfit("not an object".to_owned())) };
            let id = members["@id"].as_str().unwrap_or_default().to_owned();
            let members = self.fitted(members)?;
            self.documents.insert(id.clone(), members);
            put.push(id);
        }
        for id in put {
            for target in self.links(&self.documents[&id]) {
                if !self.documents.contains_key(&target) {
                    return Err(misfit(format!("references_untyped_object {target}")));
                }
            }
        }
        Ok(())
    }

    /// Deletes documents, and leaves links to them as they are.
    pub(crate) fn delete(&mut self, ids: &[String]) -> Result<(), Refusal> {
        for id in ids {
            if self.documents.remove(id).is_none() {
                return Err((404, "api:DocumentNotFound", id.clone()));
            }
        }
        Ok(())
    }

    fn class_of(&self, members: &Map<String, Json>) -> Option<&Json> {
        self.classes.get(members.get("@type")?.as_str()?)
    }

    /// The document as it is kept: each value in the form of its type, empty sets left out.
    fn fitted(&self, members: Map<String, Json>) -> Result<Map<String, Json>, Refusal> {
        let class = self.class_of(&members).cloned().ok_or_else(|| misfit("no such class".to_owned()))?;
        let mut fitted = Map::new();
        for (name, value) in &members {
            let Some(range) = class.get(name) else { return Err(misfit(format!("no property `{name}`"))) };
            let bad = || misfit(format!("`{name}` cannot be {value}"));
            let value = match (name.starts_with('@'), range) {
                (true, _) => value.clone(),
                (_, Json::String(range)) => self.scalar(range, value).ok_or_else(bad)?,
                (_, range) => {
                    let (kind, inner) = (&range["@type"], range["@class"].as_str().unwrap_or_default());
                    match (kind.as_str(), value) {
                        (Some("Optional"), one) => self.scalar(inner, one).ok_or_else(bad)?,
                        (_, Json::Array(items)) => items
                            .iter()
                            .map(|item| self.scalar(inner, item).ok_or_else(bad))
                            .collect::<Result<_, _>>()?,
                        _ => return Err(bad()),
                    }
                }
            };
            let is_empty_set = value == json!([]) && class[name]["@type"] == "Set";
            if !is_empty_set {
                fitted.insert(name.clone(), value);
            }
        }
        let required = |range: &Json| range.is_string() || range["@type"] == "List";
        for (name, range) in class.as_object().into_iter().flatten() {
            if !name.starts_with('@') && required(range) && !fitted.contains_key(name) {
                return Err(misfit(format!("`{name}` is missing")));
            }
        }
        Ok(fitted)
    }

    fn scalar(&self, range: &str, value: &Json) -> Option<Json> {
        match range {
            "xsd:string" => value.is_string().then(|| value.clone()),
            "xsd:boolean" => value.is_boolean().then(|| value.clone()),
            "xsd:integer" => value.is_i64().then(|| value.clone()),
            "xsd:double" => value.as_f64().map(|number| json!(number)),
            "xsd:date" => value.as_str().filter(|text| text.len() == 10).map(|text| json!(text)),
            "xsd:dateTime" => instant(value.as_str()?),
            class => {
                let text = value.as_str()?;
                (self.classes.contains_key(class) && text.starts_with(&format!("{class}/"))).then(|| value.clone())
            }
        }
    }

    /// The documents that a document links to.
    pub(crate) fn links(&self, members: &Map<String, Json>) -> Vec<String> {
        let Some(class) = self.class_of(members) else { return Vec::new() };
        let is_link = |range: &Json| {
            let name = range.as_str().or_else(|| range["@class"].as_str()).unwrap_or_default();
            self.classes.contains_key(name)
        };
        let linking = members.iter().filter(|(name, _)| !name.starts_with('@') && is_link(&class[name.as_str()]));
        let texts = linking.flat_map(|(_, value)| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]));
        texts.filter_map(|text| text.as_str().map(str::to_owned)).collect()
    }
}

/// A time as the server writes it: without fraction, or with one of three or six digits.
fn instant(text: &str) -> Option<Json> {
    let whole = text.strip_suffix('Z')?;
    let Some((second, fraction)) = whole.split_once('.') else { return Some(json!(text)) };
    let micros: u32 = format!("{fraction:0<6}").parse().ok()?;
    Some(match (micros, micros % 1_000) {
        (0, _) => json!(format!("{second}Z")),
        (_, 0) => json!(format!("{second}.{:03}Z", micros / 1_000)),
        _ => json!(format!("{second}.{micros:06}Z")),
    })
}
