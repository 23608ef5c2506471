//! One request for everything that a group of writes has to know beforehand.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;
use udal_core::model::Model;
use udal_core::{Error, Result};

use crate::class::ANSWERS;
use crate::names::{answer_node, base, class_name, iri, record_id};
use crate::request::{Request, Writer, members};

/// What is to be read: records whole, records of which it matters only whether they are there, earlier answers, and the
/// documents that link to a record.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    records: BTreeMap<String, BTreeSet<String>>,
    targets: BTreeMap<String, BTreeSet<String>>,
    answers: BTreeSet<(String, String)>,
    /// By the target's model, the linker's model and the back link: the targets.
    links: BTreeMap<(String, String, String), BTreeSet<String>>,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Found {
    /// The text of each record's document, by id.
    pub records: BTreeMap<String, String>,
    /// The ids of the records that are there.
    pub targets: BTreeSet<String>,
    /// The text of each earlier answer's document, by model and key.
    pub answers: BTreeMap<(String, String), String>,
    /// The documents that link to a record: the model, the text.
    pub linkers: Vec<(String, String)>,
}

impl Found {
    /// Adds what else was read.
    pub fn extend(&mut self, other: Found) {
        let Found { records, targets, answers, linkers } = other;
        self.records.extend(records);
        self.targets.extend(targets);
        self.answers.extend(answers);
        self.linkers.extend(linkers);
    }
}

impl Wanted {
    /// Wants the record whole.
    pub fn record(&mut self, model: &str, id: &str) {
        self.records.entry(model.to_owned()).or_default().insert(id.to_owned());
    }

    /// Wants to know whether the record is there.
    pub fn target(&mut self, model: &str, id: &str) {
        self.targets.entry(model.to_owned()).or_default().insert(id.to_owned());
    }

    /// Wants what a create of that model with that idempotency key answered.
    pub fn answer(&mut self, model: &str, key: &str) {
        self.answers.insert((model.to_owned(), key.to_owned()));
    }

    /// Wants the documents that link to the record; only those of classes for which `is_known` is true.
    pub fn linkers(&mut self, model: &Model, id: &str, is_known: impl Fn(&str) -> bool) {
        for link in model.incoming_links().iter().filter(|link| is_known(&link.model)) {
            let back = format!("_{}_of_{}", link.field, class_name(&link.model));
            let key = (model.name().to_owned(), link.model.clone(), back);
            self.links.entry(key).or_default().insert(id.to_owned());
        }
    }

    /// Leaves out the records and targets of models for which `is_known` is false: there are none.
    pub fn retain(&mut self, is_known: impl Fn(&str) -> bool) {
        self.records.retain(|model, _| is_known(model));
        self.targets.retain(|model, _| is_known(model));
        self.links.retain(|(target, linker, _), _| is_known(target) && is_known(linker));
    }

    /// The same in parts: everything but the links, and each link by itself.
    pub fn apart(&self) -> Vec<Wanted> {
        let first = Wanted { links: BTreeMap::new(), ..self.clone() };
        let link = |(key, ids): (&(String, String, String), &BTreeSet<String>)| Wanted {
            links: BTreeMap::from([(key.clone(), ids.clone())]),
            ..Wanted::default()
        };
        std::iter::once(first).chain(self.links.iter().map(link)).collect()
    }

    /// Whether nothing but the documents that link to a record is wanted.
    pub fn is_link(&self) -> bool {
        self.records.is_empty() && self.targets.is_empty() && self.answers.is_empty()
    }

    /// The request; none where nothing is wanted.
    pub fn request(&self) -> Option<Request> {
        let mut writer = Writer::default();
        for (at, (model, ids)) in self.records.iter().enumerate() {
            nodes(&mut writer, &format!("r{at}"), &class_name(model), ids.iter().map(|id| iri(id)));
            writer.push("{_json} ");
        }
        for (at, (model, ids)) in self.targets.iter().enumerate() {
            nodes(&mut writer, &format!("t{at}"), &class_name(model), ids.iter().map(|id| iri(id)));
            writer.push("{_id} ");
        }
        if !self.answers.is_empty() {
            let answers = self.answers.iter().map(|(model, key)| format!("{}{}", base(), answer_node(model, key)));
            nodes(&mut writer, "a", ANSWERS, answers);
            writer.push("{_id _json} ");
        }
        for (at, ((target, _, back), ids)) in self.links.iter().enumerate() {
            nodes(&mut writer, &format!("l{at}"), &class_name(target), ids.iter().map(|id| iri(id)));
            writer.push("{n: ").push(back).push(" {_json}} ");
        }
        (!writer.is_empty()).then(|| writer.finish())
    }

    /// Reads the answer to the request.
    ///
    /// # Errors
    /// [`Internal`](udal_core::ErrorKind::Internal) for an answer of another form.
    pub fn read(&self, data: &RawValue) -> Result<Found> {
        let lists: BTreeMap<String, Vec<Node>> = members(data)?;
        let mut found = Found::default();
        let nodes = |alias: String| lists.get(&alias).map(Vec::as_slice).unwrap_or_default().iter();
        for (at, ids) in self.records.values().enumerate() {
            for text in nodes(format!("r{at}")).filter_map(|node| node.document.as_ref()) {
                let id = id_of(text)?;
                debug_assert!(ids.contains(&id));
                found.records.insert(id, text.clone());
            }
        }
        for at in 0..self.targets.len() {
            found.targets.extend(nodes(format!("t{at}")).filter_map(|node| record_id(node.id.as_ref()?)));
        }
        for node in nodes("a".to_owned()) {
            let (Some(id), Some(text)) = (&node.id, &node.document) else { continue };
            let short = id.trim_start_matches(base());
            let asked = self.answers.iter().find(|(model, key)| answer_node(model, key) == short);
            found.answers.extend(asked.map(|asked| (asked.clone(), text.clone())));
        }
        for (at, (_, model, _)) in self.links.keys().enumerate() {
            let linkers = nodes(format!("l{at}")).flat_map(|node| node.linkers.iter().flatten());
            found.linkers.extend(linkers.filter_map(|linker| Some((model.clone(), linker.document.clone()?))));
        }
        Ok(found)
    }
}

fn nodes(writer: &mut Writer, alias: &str, class: &str, iris: impl Iterator<Item = String>) {
    writer.push(alias).push(": ").push(class).push("(ids: ").iris(iris).push(") ");
}

#[derive(serde::Deserialize)]
struct Node {
    #[serde(rename = "_id")]
    id: Option<String>,
    #[serde(rename = "_json")]
    document: Option<String>,
    #[serde(rename = "n")]
    linkers: Option<Vec<Node>>,
}

fn id_of(text: &str) -> Result<String> {
    #[derive(serde::Deserialize)]
    struct Id {
        id: String,
    }
    serde_json::from_str::<Id>(text).map(|read| read.id).map_err(Error::internal)
}
