//! A chunk's records in memory, and what its items make of them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use udal_core::contract::refusal::{already_exists, check_version, not_found};
use udal_core::contract::{
    Answer, BatchMode, ChangeReport, DeleteItem, Effect, ItemFailure, Touched, UpdateItem, UpsertItem,
};
use udal_core::filter::{Predicate, evaluate};
use udal_core::model::{Field, Model};
use udal_core::record::{Patch, Record};
use udal_core::{Context, Result};
use udal_sql::table::LockFor;

use super::ChangeItem;

/// Checks the links of a record that an item, with its place in the input, is about to write. The function tells whether the
/// slate holds a record of that id.
pub type CheckLinks<'c> = dyn FnMut(u64, &Record, &dyn Fn(&str) -> bool) -> Result<()> + Send + 'c;

/// The records that the items of a chunk are about, as the items leave them one after another.
///
/// It holds what the transaction has locked, so that what is found here stays true until it is written.
#[derive(Debug)]
pub struct Slate<'a> {
    ctx: &'a Context,
    model: &'a Arc<Model>,
    answer: Answer,
    places: HashMap<String, Place>,
    /// The positions of the fields that patches changed.
    changed: BTreeSet<usize>,
    report: ChangeReport,
}

/// What is known of one id.
#[derive(Debug, Default)]
struct Place {
    before: Option<Record>,
    now: Option<Record>,
    /// Whether a record out of reach has the id.
    is_hidden: bool,
}

impl<'a> Slate<'a> {
    /// A slate without records.
    pub fn new(ctx: &'a Context, model: &'a Arc<Model>, answer: Answer) -> Self {
        let (places, changed, report) = (HashMap::new(), BTreeSet::new(), ChangeReport::default());
        Slate { ctx, model, answer, places, changed, report }
    }

    /// The records that items of such a batch may be about: those to be found on the slate.
    ///
    /// # Errors
    /// [`Denied`](udal_core::ErrorKind::Denied) where the writer may not write records of the model at all.
    pub fn reach(&self, purpose: LockFor) -> Result<Predicate> {
        match purpose {
            LockFor::Change | LockFor::ChangeOrCreate => self.ctx.reach_to_update(self.model, &Patch::default()),
            LockFor::Delete => self.ctx.reach_to_delete(self.model),
        }
    }

    /// A record is there, within the writer's reach, and locked.
    pub fn found(&mut self, record: Record) {
        let place = Place { before: Some(record.clone()), now: Some(record), is_hidden: false };
        if let Some(record) = &place.now {
            self.places.insert(record.id().to_owned(), place);
        }
    }

    /// A record out of the writer's reach has that id.
    pub fn hidden(&mut self, id: String) {
        self.places.insert(id, Place { is_hidden: true, ..Place::default() });
    }

    /// The ids of the records that are there now, in reach.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.places.iter().filter(|(_, place)| place.now.is_some()).map(|(id, _)| id.as_str())
    }

    /// The record as it is now; `None` where there is none, or none in reach.
    pub fn now(&self, id: &str) -> Option<&Record> {
        self.places.get(id)?.now.as_ref()
    }

    /// Applies the items of a chunk in their order.
    ///
    /// # Errors
    /// The first failure of an atomic batch.
    pub fn apply_all(
        &mut self,
        chunk: &[(u64, ChangeItem)],
        mode: BatchMode,
        links: &mut CheckLinks<'_>,
    ) -> Result<()> {
        for (index, item) in chunk {
            let applied = match item {
                ChangeItem::Upsert(item) => self.upsert(*index, item, links),
                ChangeItem::Update(item) => self.update(*index, item, links),
                ChangeItem::Delete(item) => self.delete(*index, item),
            };
            match (applied, mode) {
                (Ok(()), _) => {}
                (Err(error), BatchMode::Atomic) => return Err(error.of_item(*index)),
                (Err(error), BatchMode::PerItem) => {
                    self.report.failures.push(ItemFailure { index: *index, error });
                }
            }
        }
        Ok(())
    }

    fn upsert(&mut self, index: u64, item: &UpsertItem, links: &mut CheckLinks<'_>) -> Result<()> {
        match self.ctx.upserted(self.now(item.record.id()), item)? {
            Some(changed) => self.change(index, changed, &item.patch, links),
            None => self.create(index, &item.record, links),
        }
    }

    fn create(&mut self, index: u64, record: &Record, links: &mut CheckLinks<'_>) -> Result<()> {
        self.ctx.check_create(record)?;
        if self.places.get(record.id()).is_some_and(|place| place.is_hidden || place.now.is_some()) {
            return Err(already_exists(record.id()));
        }
        links(index, record, &|id| self.now(id).is_some())?;
        self.report.wrote(self.answer, index, Effect::Created, record, Vec::new());
        self.places.entry(record.id().to_owned()).or_default().now = Some(record.clone());
        Ok(())
    }

    fn update(&mut self, index: u64, item: &UpdateItem, links: &mut CheckLinks<'_>) -> Result<()> {
        let UpdateItem { id, patch, if_version } = item;
        self.ctx.reach_to_update(self.model, patch)?;
        let found = self.now(id).ok_or_else(|| not_found(id))?;
        let changed = self.ctx.changed(found, patch, *if_version)?.ok_or_else(|| not_found(id))?;
        self.change(index, changed, patch, links)
    }

    /// Notes what a patch made of a record.
    fn change(&mut self, index: u64, record: Record, patch: &Patch, links: &mut CheckLinks<'_>) -> Result<()> {
        links(index, &record, &|id| self.now(id).is_some())?;
        self.changed.extend(patch.changes().iter().map(|change| change.field.position()));
        self.report.wrote(self.answer, index, Effect::Updated, &record, Vec::new());
        self.put(record);
        Ok(())
    }

    /// Puts a record in the place of what it was.
    pub fn put(&mut self, record: Record) {
        let place = self.places.entry(record.id().to_owned()).or_default();
        place.now = Some(record);
    }

    fn delete(&mut self, index: u64, item: &DeleteItem) -> Result<()> {
        match self.to_delete(item)? {
            None => self.report.absent += 1,
            Some(record) => {
                let id = record.id().to_owned();
                self.deleted(index, &id, Vec::new());
            }
        }
        Ok(())
    }

    /// The record that an item may delete; `None` where there is none in reach.
    ///
    /// # Errors
    /// [`VersionConflict`](udal_core::ErrorKind::VersionConflict) where it is at another version than the one given;
    /// [`Denied`](udal_core::ErrorKind::Denied) where the model is shared and the writer may not write such.
    pub fn to_delete(&self, item: &DeleteItem) -> Result<Option<&Record>> {
        let DeleteItem { id, if_version } = item;
        let reach = self.reach(LockFor::Delete)?;
        let Some(record) = self.now(id).filter(|record| evaluate(&reach, record)) else { return Ok(None) };
        check_version(record, *if_version)?;
        Ok(Some(record))
    }

    /// An item deleted the record with that id.
    pub fn deleted(&mut self, index: u64, id: &str, unlinked: Vec<Touched>) {
        let Some(record) = self.places.get_mut(id).and_then(|place| place.now.take()) else { return };
        self.report.wrote(self.answer, index, Effect::Deleted, &record, unlinked);
    }

    /// An item could not be applied, or had nothing to do.
    pub fn passed_over(&mut self, failure: Option<ItemFailure>) {
        match failure {
            None => self.report.absent += 1,
            Some(failure) => self.report.failures.push(failure),
        }
    }

    /// The records to write that were not there, in the order of their ids.
    pub fn new_records(&self) -> Vec<&Record> {
        self.sorted(|place| place.now.as_ref().filter(|_| place.before.is_none()))
    }

    /// The records that were there and were changed, as they were and as they are, in the order of their ids.
    pub fn changed_records(&self) -> Vec<(&Record, &Record)> {
        let pairs = self.places.values().filter_map(|place| Some((place.before.as_ref()?, place.now.as_ref()?)));
        let mut pairs: Vec<_> = pairs.filter(|(before, now)| before.version() != now.version()).collect();
        pairs.sort_by(|(a, _), (b, _)| a.id().cmp(b.id()));
        pairs
    }

    /// The records that were there and are not any more, as they were found, in the order of their ids.
    pub fn deleted_records(&self) -> Vec<&Record> {
        self.sorted(|place| place.before.as_ref().filter(|_| place.now.is_none()))
    }

    fn sorted<'s>(&'s self, pick: impl Fn(&'s Place) -> Option<&'s Record>) -> Vec<&'s Record> {
        let mut records: Vec<&Record> = self.places.values().filter_map(pick).collect();
        records.sort_by(|a, b| a.id().cmp(b.id()));
        records
    }

    /// The fields that the patches of the chunk name, in the order of their positions.
    pub fn changed_fields(&self) -> Vec<&'a Arc<Field>> {
        self.changed.iter().filter_map(|position| self.model.fields().get(*position)).collect()
    }

    /// What the items did.
    pub fn into_report(self) -> ChangeReport {
        self.report
    }
}
