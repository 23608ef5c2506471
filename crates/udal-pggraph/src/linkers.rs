//! The documents that link to those of a chunk that is deleted.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value as Json;
use udal_core::contract::Touched;
use udal_core::contract::refusal::still_linked;
use udal_core::model::{Model, OnDelete};
use udal_core::record::{Change, Patch};
use udal_core::value::decode_stored;
use udal_core::{Error, Result};
use udal_pgpool::{Slate, Transaction};
use udal_sql::document::{self, StagedDocument};

use crate::delete::{Left, Linker, left_of};
use crate::write::Attempt;

/// The documents that link to those of a chunk, as the deletes of the chunk leave them one after another.
#[derive(Default)]
pub(crate) struct Linkers {
    by_id: BTreeMap<String, Linker>,
    /// Who links to an id.
    by_target: HashMap<String, BTreeSet<String>>,
    /// What the deletes changed.
    changed: BTreeMap<String, Left>,
}

impl Linkers {
    /// Reads those that link to the documents on the slate, and locks them.
    pub(crate) async fn read(transaction: &Transaction<'_>, model: &Model, slate: &Slate<'_>) -> Attempt<Self> {
        let mut linkers = Linkers::default();
        let targets: Vec<String> = slate.ids().map(str::to_owned).collect();
        if model.incoming_links().is_empty() || targets.is_empty() {
            return Ok(linkers);
        }
        for row in transaction.query(&document::incoming_to(targets)).await? {
            let linker = Linker::read(&row)?;
            for link in model.incoming_links().iter().filter(|link| link.model == linker.model) {
                for target in linker.body.get(&link.field).map(held).unwrap_or_default() {
                    linkers.by_target.entry(target.to_owned()).or_default().insert(linker.id.clone());
                }
            }
            linkers.by_id.insert(linker.id.clone(), linker);
        }
        Ok(linkers)
    }

    /// Takes the links to the record with that id, which is about to be deleted, out of the documents that hold them.
    pub(crate) fn take_out(&mut self, slate: &mut Slate<'_>, model: &Model, id: &str) -> Result<Vec<Touched>> {
        let mut lefts = Vec::new();
        let sources = self.by_target.get(id).into_iter().flatten().filter(|source| *source != id);
        for linker in sources.filter_map(|source| self.by_id.get(source)) {
            let left = left_of(linker, model, id).map_err(Error::from);
            if model.on_delete() == OnDelete::Restrict {
                return Err(still_linked(id));
            }
            lefts.push((linker.id.clone(), left?));
        }
        let mut unlinked = Vec::with_capacity(lefts.len());
        for (source, left) in lefts.into_iter().filter(|(_, left)| !left.is_empty()) {
            unlink_on(slate, &source, &left)?;
            unlinked.extend(self.leave(&source, left));
        }
        unlinked.sort();
        self.by_id.remove(id);
        self.changed.remove(id);
        Ok(unlinked)
    }

    /// Notes what is left of a linker's fields.
    fn leave(&mut self, source: &str, left: Left) -> Option<Touched> {
        let linker = self.by_id.get_mut(source)?;
        linker.version += 1;
        let Left { kept, cleared } = left;
        let changed = self.changed.entry(source.to_owned()).or_default();
        for field in cleared {
            linker.body.remove(&field);
            changed.kept.remove(&field);
            changed.cleared.push(field);
        }
        for (field, value) in kept {
            linker.body.insert(field.clone(), value.clone());
            changed.kept.insert(field, value);
        }
        Some(Touched { model: linker.model.clone(), id: source.to_owned(), version: linker.version })
    }

    /// What the deletes changed in the documents that stay.
    pub(crate) fn staged(self) -> Vec<StagedDocument> {
        let Linkers { by_id, changed, .. } = self;
        let staged = changed.into_iter().filter_map(|(id, Left { kept, cleared })| {
            Some(StagedDocument::unlinked(&id, by_id.get(&id)?.version, kept, cleared))
        });
        staged.collect()
    }
}

/// The ids in a field that holds one link or several.
fn held(json: &Json) -> Vec<&str> {
    match json {
        Json::String(target) => vec![target],
        Json::Array(targets) => targets.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

/// A linker that the chunk is about too: a later item finds it without the links.
fn unlink_on(slate: &mut Slate<'_>, source: &str, left: &Left) -> Result<()> {
    let Some(mut record) = slate.now(source).cloned() else { return Ok(()) };
    let mut changes = Vec::new();
    let kept = left.kept.iter().map(|(name, json)| (name, Some(json)));
    for (name, json) in kept.chain(left.cleared.iter().map(|name| (name, None))) {
        let Some(field) = record.model().find(name).cloned() else { continue };
        let value = json
            .map(|json| decode_stored(&field, json))
            .transpose()
            .map_err(|error| Error::internal(format!("a link that is left does not fit its field: {error}")))?;
        changes.push(Change { field, value: value.flatten() });
    }
    record.apply(&Patch::new(changes));
    slate.put(record);
    Ok(())
}
