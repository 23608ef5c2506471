//! The cases, by topic. Each file lists its own.

#![allow(clippy::indexing_slicing, reason = "a case that looks past the end fails, and its panic is caught")]

mod access;
mod batch_deletes;
mod batch_updates;
mod batches;
mod changes;
mod contention;
mod creates;
mod crossings;
mod cursors;
mod deletes;
mod filters;
mod history;
mod interrupted;
mod linking;
mod links;
mod listings;
mod lists;
mod logic;
mod many_changes;
mod orders;
mod races;
mod reach;
mod replays;
mod search;
mod shared;
mod streams;
mod tables;
mod tenants;
mod texts;
mod transfers;
mod unlinks;
mod updates;
mod upserts;
mod values;
mod writes;

use crate::case::Case;

/// Every case, in the order in which the contract is best read.
pub(crate) fn all() -> Vec<Case> {
    let topics = [
        tenants::cases(),
        shared::cases(),
        access::cases(),
        transfers::cases(),
        values::cases(),
        texts::cases(),
        tables::cases(),
        filters::cases(),
        logic::cases(),
        orders::cases(),
        lists::cases(),
        listings::cases(),
        cursors::cases(),
        search::cases(),
        writes::cases(),
        creates::cases(),
        replays::cases(),
        updates::cases(),
        deletes::cases(),
        batches::cases(),
        interrupted::cases(),
        streams::cases(),
        changes::cases(),
        many_changes::cases(),
        upserts::cases(),
        batch_updates::cases(),
        batch_deletes::cases(),
        links::cases(),
        linking::cases(),
        unlinks::cases(),
        reach::cases(),
        history::cases(),
        races::cases(),
        contention::cases(),
        crossings::cases(),
    ];
    topics.into_iter().flatten().collect()
}
