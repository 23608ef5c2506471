//! What a group of writes does, told one by one over what was read before: each is answered for itself.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value as Json};

use udal_core::contract::refusal::{already_exists, broken_link, check_version, key_used_otherwise, not_found};
use udal_core::contract::{Create, Created, Delete, Deleted, Effect, Idempotency, Update, UpsertItem};
use udal_core::filter::evaluate;
use udal_core::model::Model;
use udal_core::record::{Patch, Record};
use udal_core::{Context, Error, FieldError, Result};
use udal_graph::{
    ANSWERS, Document, Found, Script, answer, class_name, document, field_of, node_id, read_answer, read_document,
};

use crate::call::Write;
use crate::database::Known;
use crate::linkers::Linkers;
use crate::spool::hash_of;

/// The records that the writes are about, as they are after the writes told so far.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    found: Found,
    /// Records that a write changed; none where it deleted one.
    changed: BTreeMap<String, Changed>,
    answers: BTreeMap<(String, String), (Idempotency, Record)>,
    /// Who links to the records that are to be deleted.
    linkers: Linkers,
    /// Hashes of the ids of records that are still to come: links may lead to them.
    pub(crate) promised: HashSet<u128>,
}

/// What a write made of a record.
#[derive(Debug)]
struct Changed {
    model: Arc<Model>,
    now: Option<Record>,
}

impl Overlay {
    pub(crate) fn over(found: Found) -> Self {
        Overlay { found, ..Overlay::default() }
    }

    /// Adds what was read of further records of `model`, which are those that the next writes are about.
    pub(crate) fn add(&mut self, model: &Model, found: Found) -> Result<()> {
        self.found.extend(found);
        self.linkers.add(model, std::mem::take(&mut self.found.linkers))
    }

    fn record(&self, model: &Arc<Model>, id: &str) -> Result<Option<Record>> {
        if let Some(changed) = self.changed.get(id) {
            return Ok(changed.now.clone());
        }
        if let Some(text) = self.linkers.changed(id)? {
            return read_document(model, &text).map(Some);
        }
        self.found.records.get(id).map(|text| read_document(model, text)).transpose()
    }

    fn is_there(&self, id: &str) -> bool {
        match self.changed.get(id) {
            Some(changed) => changed.now.is_some(),
            None => self.found.targets.contains(id) || self.found.records.contains_key(id),
        }
    }

    fn can_link_to(&self, id: &str) -> bool {
        self.is_there(id) || self.promised.contains(&hash_of(id))
    }

    fn put(&mut self, model: &Arc<Model>, id: &str, now: Option<Record>) {
        self.changed.insert(id.to_owned(), Changed { model: Arc::clone(model), now });
    }

    pub(crate) fn create(&mut self, ctx: &Context, op: &Create) -> Result<Created> {
        let Create { record, idempotency } = op;
        ctx.check_create(record)?;
        if let Some(given) = idempotency
            && let Some((fingerprint, earlier)) = self.earlier(record.model(), given)?
        {
            return match fingerprint == given.fingerprint {
                true => Ok(Created { record: earlier, replayed: true }),
                false => Err(key_used_otherwise()),
            };
        }
        if self.is_there(record.id()) {
            return Err(already_exists(record.id()));
        }
        check_links(record, |_, id| self.can_link_to(id))?;
        self.put(record.model(), record.id(), Some(record.clone()));
        if let Some(given) = idempotency {
            let key = (record.model().name().to_owned(), given.key.clone());
            self.answers.insert(key, (given.clone(), record.clone()));
        }
        Ok(Created { record: record.clone(), replayed: false })
    }

    /// What was answered under that key before, with the fingerprint of what was asked.
    fn earlier(&self, model: &Arc<Model>, given: &Idempotency) -> Result<Option<(String, Record)>> {
        let key = (model.name().to_owned(), given.key.clone());
        if let Some((earlier, record)) = self.answers.get(&key) {
            return Ok(Some((earlier.fingerprint.clone(), record.clone())));
        }
        self.found.answers.get(&key).map(|text| read_answer(model, text)).transpose()
    }

    pub(crate) fn update(&mut self, ctx: &Context, op: &Update) -> Result<Record> {
        let Update { model, id, patch, if_version } = op;
        ctx.reach_to_update(model, patch)?;
        let found = self.record(model, id)?.ok_or_else(|| not_found(id))?;
        let record = ctx.changed(&found, patch, *if_version)?.ok_or_else(|| not_found(id))?;
        self.change(&record, patch)?;
        Ok(record)
    }

    /// Creates the item's record, or changes the one that is there.
    pub(crate) fn upsert(&mut self, ctx: &Context, item: &UpsertItem) -> Result<(Effect, Record)> {
        let found = self.record(item.record.model(), item.record.id())?;
        if let Some(changed) = ctx.upserted(found.as_ref(), item)? {
            self.change(&changed, &item.patch)?;
            return Ok((Effect::Updated, changed));
        }
        let created = self.create(ctx, &Create { record: item.record.clone(), idempotency: None })?;
        Ok((Effect::Created, created.record))
    }

    /// Puts what the patch made of a record in its place, if the links that it wrote lead somewhere.
    fn change(&mut self, record: &Record, patch: &Patch) -> Result<()> {
        let is_changed = |position| patch.change_of(position).is_some();
        check_links(record, |position, id| !is_changed(position) || self.can_link_to(id))?;
        self.put(record.model(), record.id(), Some(record.clone()));
        Ok(())
    }

    /// Deletes a record; what becomes of those that link to it is as its model says.
    pub(crate) fn delete(&mut self, ctx: &Context, op: &Delete) -> Result<Option<Deleted>> {
        let Delete { model, id, if_version } = op;
        let reach = ctx.reach_to_delete(model)?;
        let Some(record) = self.record(model, id)?.filter(|record| evaluate(&reach, record)) else { return Ok(None) };
        check_version(&record, *if_version)?;
        let gone = |id: &str| self.changed.get(id).is_some_and(|changed| changed.now.is_none());
        let unlinked = self.linkers.take_out(model, id, gone)?;
        self.put(model, id, None);
        Ok(Some(Deleted { record, unlinked }))
    }

    /// The request that commits the writes told; none where nothing changes.
    pub(crate) fn write(&self, known: &Known) -> Result<Option<Write>> {
        let answers = self.answers.values().map(|(given, record)| answer(record, given));
        let mut created: Vec<Json> = answers.collect();
        let mut is_other = false;
        for (id, Changed { model: _, now }) in &self.changed {
            match now {
                Some(record) if !self.found.records.contains_key(id) => created.push(known.document(record)?),
                None if !self.found.records.contains_key(id) => {}
                _ => is_other = true,
            }
        }
        if !is_other {
            // The server itself looks whether new ids are free.
            let lines: Vec<String> = created.iter().map(Json::to_string).collect();
            return Ok((!lines.is_empty()).then(|| Write::Insert(Bytes::from(lines.join("\n")))));
        }
        let mut script = Script::default();
        self.expect(&mut script);
        for document in created {
            let document = members(document)?;
            let class = document.get("@type").and_then(Json::as_str).unwrap_or(ANSWERS).to_owned();
            script.create(known.class(&class)?, &document)?;
        }
        self.write_changes(&mut script, known)?;
        Ok(Some(Write::Query(script.finish())))
    }

    fn expect(&self, script: &mut Script) {
        for (id, Changed { model, now }) in &self.changed {
            if now.is_none() && self.found.records.contains_key(id) {
                self.linkers.expect(script, model.incoming_links(), id);
            }
        }
    }

    fn write_changes(&self, script: &mut Script, known: &Known) -> Result<()> {
        for (id, Changed { model, now }) in &self.changed {
            let Some(before) = self.found.records.get(id) else { continue };
            let (class, before) = (known.class(&class_name(model.name()))?, read(before, id)?);
            match now {
                Some(record) => script.replace(class, &before, &changed(record, &before)?)?,
                None => script.remove(class, &before)?,
            }
        }
        for unlinked in self.linkers.unlinked()? {
            if !self.changed.contains_key(&unlinked.id) {
                let class = known.class(&class_name(&unlinked.model))?;
                script.replace(class, &read(&unlinked.before, &unlinked.id)?, &read(&unlinked.after, &unlinked.id)?)?;
            }
        }
        Ok(())
    }
}

/// A document's members, as they were read.
fn read(text: &str, id: &str) -> Result<Document> {
    let mut members: Map<String, Json> = serde_json::from_str(text).map_err(Error::internal)?;
    members.insert("@id".to_owned(), Json::String(node_id(id)));
    Ok(members)
}

/// The document of a record that changed, with what it has beside its model: a later release's fields, or an earlier one's.
fn changed(record: &Record, before: &Document) -> Result<Document> {
    let mut after = members(document(record))?;
    for (name, value) in before {
        if record.model().find(field_of(name)).is_none() {
            after.entry(name).or_insert_with(|| value.clone());
        }
    }
    Ok(after)
}

fn members(document: Json) -> Result<Document> {
    match document {
        Json::Object(members) => Ok(members),
        _ => Err(Error::internal("a document is no object")),
    }
}

/// Checks that every link leads to what `is_there`, or to the record itself.
///
/// # Errors
/// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) with an error for each broken link.
pub(crate) fn check_links(record: &Record, is_there: impl Fn(usize, &str) -> bool) -> Result<()> {
    let broken: Vec<FieldError> = record
        .links()
        .filter(|(field, id)| *id != record.id() && !is_there(field.position(), id))
        .map(|(field, id)| broken_link(field.name(), id))
        .collect();
    if broken.is_empty() {
        return Ok(());
    }
    Err(Error::fields("the record links to records that are not there", broken))
}
