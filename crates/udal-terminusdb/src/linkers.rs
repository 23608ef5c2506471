//! The documents that link to records which are to be deleted, and what becomes of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use udal_core::Result;
use udal_core::contract::Touched;
use udal_core::contract::refusal::still_linked;
use udal_core::model::{IncomingLink, Model, OnDelete, Shape};
use udal_graph::{Linker, Script, node_id};

/// The documents that link to records which are to be deleted, as the deletes leave them one after another.
#[derive(Debug, Default)]
pub(crate) struct Linkers {
    held: BTreeMap<String, Held>,
    /// Who links to an id.
    by_target: HashMap<String, BTreeSet<String>>,
}

#[derive(Debug)]
struct Held {
    before: String,
    now: Linker,
    is_changed: bool,
}

/// A document from which links were taken out.
pub(crate) struct Unlinked {
    pub(crate) id: String,
    pub(crate) model: String,
    pub(crate) before: String,
    pub(crate) after: String,
}

impl Linkers {
    /// Adds documents that link to records of `model`, each a model's name and a text.
    pub(crate) fn add(&mut self, model: &Model, documents: Vec<(String, String)>) -> Result<()> {
        for (linker_model, before) in documents {
            let now = Linker::read(&linker_model, &before)?;
            for target in now.targets(model.incoming_links()) {
                self.by_target.entry(target).or_default().insert(now.id().to_owned());
            }
            let held = Held { before, now, is_changed: false };
            self.held.entry(held.now.id().to_owned()).or_insert(held);
        }
        Ok(())
    }

    /// Takes the links to that record, which is to be deleted, out of the documents that hold them, but of those that are gone.
    pub(crate) fn take_out(&mut self, model: &Model, id: &str, is_gone: impl Fn(&str) -> bool) -> Result<Vec<Touched>> {
        let sources = self.by_target.get(id).into_iter().flatten();
        let mut left = Vec::new();
        for source in sources.filter(|source| *source != id && !is_gone(source)) {
            let Some(held) = self.held.get(source) else { continue };
            if model.on_delete() == OnDelete::Restrict {
                return Err(still_linked(id));
            }
            let mut linker = held.now.clone();
            // An earlier delete may have taken this link out with others.
            if linker.targets(model.incoming_links()).iter().any(|target| target == id) {
                linker.unlink(model.incoming_links(), id)?;
                left.push(linker);
            }
        }
        let mut touched: Vec<Touched> = left.iter().map(Linker::touched).collect();
        touched.sort();
        for linker in left {
            if let Some(held) = self.held.get_mut(linker.id()) {
                held.now = linker;
                held.is_changed = true;
            }
        }
        Ok(touched)
    }

    /// The text of that document now, where a link was taken out of it.
    pub(crate) fn changed(&self, id: &str) -> Result<Option<String>> {
        self.held.get(id).filter(|held| held.is_changed).map(|held| held.now.to_text()).transpose()
    }

    /// The documents from which links were taken out.
    pub(crate) fn unlinked(&self) -> Result<Vec<Unlinked>> {
        let unlinked = |held: &Held| {
            let (id, model) = (held.now.id().to_owned(), held.now.model().to_owned());
            Ok(Unlinked { id, model, before: held.before.clone(), after: held.now.to_text()? })
        };
        self.held.values().filter(|held| held.is_changed).map(unlinked).collect()
    }

    /// Asks that no other document links to that record than those that were read.
    pub(crate) fn expect(&self, script: &mut Script, links: &[IncomingLink], id: &str) {
        let sources = self.by_target.get(id).into_iter().flatten().map(|source| node_id(source));
        let known: BTreeSet<String> = sources.chain([node_id(id)]).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let properties: BTreeSet<(&str, bool)> =
            links.iter().map(|link| (link.field.as_str(), link.field_type.shape == Shape::List)).collect();
        for (property, is_list) in properties {
            script.expect_linkers(&node_id(id), property, is_list, &known);
        }
    }
}
