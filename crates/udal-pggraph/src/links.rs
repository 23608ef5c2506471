//! The links of records: which they hold, and which lead to nothing.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use udal_core::contract::refusal::broken_link;
use udal_core::model::Field;
use udal_core::record::Record;
use udal_core::{Error, FieldError, Result};
use udal_pgpool::{Failure, Transaction, read_text};
use udal_sql::document::{LinkRow, lock_targets};

/// The links that `record` holds, each once.
pub(crate) fn links_of(record: &Record) -> Vec<LinkRow> {
    let link = |(field, target): (&Arc<Field>, &str)| LinkRow {
        source: record.id().to_owned(),
        field: field.name().to_owned(),
        target: target.to_owned(),
    };
    record.links().map(link).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The ids that the links lead to, each once, without the record that holds them.
pub(crate) fn targets_of(links: &[LinkRow]) -> Vec<String> {
    let targets = links.iter().filter(|link| link.target != link.source).map(|link| link.target.clone());
    targets.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Checks that every link leads to what `is_there`, or to the record itself.
///
/// # Errors
/// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) with an error for each broken link.
pub(crate) fn check_links(record: &Record, is_there: impl Fn(&str) -> bool) -> Result<()> {
    let broken = broken_links(record, is_there).map(|(field, target)| broken_link(field.name(), target)).collect();
    refusal(broken)
}

fn broken_links<'r>(
    record: &'r Record,
    is_there: impl Fn(&str) -> bool + 'r,
) -> impl Iterator<Item = (&'r Arc<Field>, &'r str)> {
    record.links().filter(move |(_, target)| *target != record.id() && !is_there(target))
}

fn refusal(broken: Vec<FieldError>) -> Result<()> {
    if broken.is_empty() {
        Ok(())
    } else {
        Err(Error::fields("the record links to records that are not there", broken))
    }
}

/// Links of a batch that lead to nothing yet: a later item may be what they lead to.
#[derive(Debug, Default)]
pub(crate) struct OpenLinks {
    by_target: HashMap<String, Vec<OpenLink>>,
}

/// The item that holds a link, and where in it the link stands.
#[derive(Debug)]
struct OpenLink {
    index: u64,
    place: usize,
    field: Arc<Field>,
}

impl OpenLinks {
    pub(crate) fn is_empty(&self) -> bool {
        self.by_target.is_empty()
    }

    /// Notes the item's links that do not lead to what `is_there`.
    pub(crate) fn add(&mut self, index: u64, record: &Record, is_there: impl Fn(&str) -> bool) {
        for (place, (field, target)) in broken_links(record, is_there).enumerate() {
            let link = OpenLink { index, place, field: Arc::clone(field) };
            self.by_target.entry(target.to_owned()).or_default().push(link);
        }
    }

    /// Adds links of later items.
    pub(crate) fn extend(&mut self, later: OpenLinks) {
        for (target, links) in later.by_target {
            self.by_target.entry(target).or_default().extend(links);
        }
    }

    /// The record with that id is there now.
    pub(crate) fn close(&mut self, id: &str) {
        self.by_target.remove(id);
    }

    pub(crate) fn targets(&self) -> Vec<String> {
        self.by_target.keys().cloned().collect()
    }

    /// Checks that there is no such link any more.
    ///
    /// # Errors
    /// Those of the first item that holds one.
    pub(crate) fn check(&self) -> Result<()> {
        let all = || self.by_target.iter().flat_map(|(target, links)| links.iter().map(move |link| (link, target)));
        let Some(first) = all().map(|(link, _)| link.index).min() else { return Ok(()) };
        let mut of_first: Vec<_> = all().filter(|(link, _)| link.index == first).collect();
        of_first.sort_by_key(|(link, _)| link.place);
        let broken = of_first.into_iter().map(|(link, target)| broken_link(link.field.name(), target)).collect();
        refusal(broken).map_err(|error| error.of_item(first))
    }
}

/// Which of `targets` are there; they stay until the transaction ends.
pub(crate) async fn locked(
    transaction: &Transaction<'_>,
    targets: Vec<String>,
) -> std::result::Result<HashSet<String>, Failure> {
    if targets.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = transaction.query(&lock_targets(targets)).await?;
    Ok(rows.iter().map(|row| read_text(row, 0)).collect::<Result<_>>()?)
}
