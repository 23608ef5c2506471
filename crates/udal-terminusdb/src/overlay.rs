//! What a group of writes does, told one by one over what was read before: each is answered for itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use udal_core::contract::refusal::{already_exists, broken_link, key_used_otherwise, not_found, version_conflict};
use udal_core::contract::{Create, Created, Delete, Deleted, Idempotency, Update};
use udal_core::filter::evaluate;
use udal_core::model::Model;
use udal_core::record::Record;
use udal_core::{Context, Error, FieldError, Result};
use udal_graph::{Found, answer, document, node_id, read_answer, read_document};

/// The records that the writes are about, as they are after the writes told so far.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    found: Found,
    /// Records that a write changed; none where it deleted one.
    changed: BTreeMap<String, Option<Record>>,
    /// Ids of changed records that were not there before the group.
    created: BTreeSet<String>,
    answers: BTreeMap<(String, String), (Idempotency, Record)>,
}

/// What the group is to commit.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Changes {
    /// Documents, as text.
    pub(crate) puts: Vec<String>,
    /// Whether none of the documents was there before.
    pub(crate) all_new: bool,
    /// The nodes of documents to delete.
    pub(crate) removes: Vec<String>,
}

impl Overlay {
    pub(crate) fn over(found: Found) -> Self {
        Overlay { found, ..Overlay::default() }
    }

    fn record(&self, model: &Arc<Model>, id: &str) -> Result<Option<Record>> {
        if let Some(changed) = self.changed.get(id) {
            return Ok(changed.clone());
        }
        self.found.records.get(id).map(|text| read_document(model, text)).transpose()
    }

    fn is_there(&self, id: &str) -> bool {
        match self.changed.get(id) {
            Some(changed) => changed.is_some(),
            None => self.found.targets.contains(id) || self.found.records.contains_key(id),
        }
    }

    pub(crate) fn create(&mut self, ctx: &Context, op: &Create) -> Result<Created> {
        let Create { record, idempotency } = op;
        ctx.check_reach(record)?;
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
        check_links(record, |_, id| self.is_there(id))?;
        if !self.found.records.contains_key(record.id()) {
            self.created.insert(record.id().to_owned());
        }
        self.changed.insert(record.id().to_owned(), Some(record.clone()));
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
        let mut record = self.reached(ctx, model, id, *if_version)?.ok_or_else(|| not_found(id))?;
        record.apply(patch);
        ctx.check_reach(&record)?;
        let is_changed = |position| patch.change_of(position).is_some();
        check_links(&record, |position, id| !is_changed(position) || self.is_there(id))?;
        self.changed.insert(id.clone(), Some(record.clone()));
        Ok(record)
    }

    /// Deletes a record to which no model's records can link.
    pub(crate) fn delete(&mut self, ctx: &Context, op: &Delete) -> Result<Option<Deleted>> {
        let Delete { model, id, if_version } = op;
        let Some(record) = self.reached(ctx, model, id, *if_version)? else { return Ok(None) };
        self.changed.insert(id.clone(), None);
        Ok(Some(Deleted { record, unlinked: Vec::new() }))
    }

    /// The record, where it is there and may be changed.
    pub(crate) fn reached(
        &self,
        ctx: &Context,
        model: &Arc<Model>,
        id: &str,
        if_version: Option<i64>,
    ) -> Result<Option<Record>> {
        let reach = ctx.reach_to_write(model)?;
        let Some(record) = self.record(model, id)?.filter(|record| evaluate(&reach, record)) else { return Ok(None) };
        match if_version {
            Some(given) if given != record.version() => Err(version_conflict(id, given)),
            _ => Ok(Some(record)),
        }
    }

    /// What is to be committed for the writes told.
    pub(crate) fn changes(&self) -> Changes {
        let mut changes = Changes { all_new: true, ..Changes::default() };
        for (id, record) in &self.changed {
            let is_new = self.created.contains(id);
            match record {
                Some(record) => {
                    changes.puts.push(document(record).to_string());
                    changes.all_new &= is_new;
                }
                None if is_new => {}
                None => changes.removes.push(node_id(id)),
            }
        }
        let answers = self.answers.values().map(|(given, record)| answer(record, given).to_string());
        changes.puts.extend(answers);
        changes
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
