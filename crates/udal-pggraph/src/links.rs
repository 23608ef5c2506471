//! The links of records: which they hold, and which lead to nothing.

use std::collections::{BTreeSet, HashSet};

use udal_core::contract::refusal::broken_link;
use udal_core::record::Record;
use udal_core::{Error, FieldError, Result};
use udal_pgpool::{Failure, Transaction, read_text};
use udal_sql::document::{LinkRow, lock_targets};

/// The links that `record` holds, each once.
pub(crate) fn links_of(record: &Record) -> Vec<LinkRow> {
    let link = |(field, target): (&std::sync::Arc<udal_core::model::Field>, &str)| LinkRow {
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
    let broken: Vec<FieldError> = record
        .links()
        .filter(|(_, target)| *target != record.id() && !is_there(target))
        .map(|(field, target)| broken_link(field.name(), target))
        .collect();
    if broken.is_empty() {
        Ok(())
    } else {
        Err(Error::fields("the record links to records that are not there", broken))
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
