//! What an answer shows: the one place where hidden fields are left out and masks put before values.
//!
//! [`observed`](crate::observe::observed) takes nothing but what can be shown, so that no operation can forget it.

use std::sync::Arc;

use udal_core::contract::{Created, ItemFailure, Version, Versions};
use udal_core::model::Model;
use udal_core::record::Record;

use crate::{BatchAnswer, ChangeAnswer, Listing, ListingText};

/// An answer as whoever sees `view` may see it.
pub(crate) trait Shown {
    fn shown(self, view: &Arc<Model>) -> Self;
}

impl Shown for Record {
    fn shown(self, view: &Arc<Model>) -> Self {
        view.show(self)
    }
}

impl<T: Shown> Shown for Option<T> {
    fn shown(self, view: &Arc<Model>) -> Self {
        self.map(|answer| answer.shown(view))
    }
}

impl<T: Shown> Shown for Vec<T> {
    fn shown(self, view: &Arc<Model>) -> Self {
        if view.is_partial() { self.into_iter().map(|answer| answer.shown(view)).collect() } else { self }
    }
}

impl Shown for Listing {
    fn shown(self, view: &Arc<Model>) -> Self {
        let Listing { records, next } = self;
        Listing { records: records.shown(view), next }
    }
}

impl Shown for Created {
    fn shown(self, view: &Arc<Model>) -> Self {
        let Created { record, replayed } = self;
        Created { record: record.shown(view), replayed }
    }
}

impl Shown for Versions {
    fn shown(self, view: &Arc<Model>) -> Self {
        let Versions { versions, is_complete } = self;
        Versions { versions: versions.shown(view), is_complete }
    }
}

impl Shown for Version {
    fn shown(self, view: &Arc<Model>) -> Self {
        let Version { commit, at, author, message, record } = self;
        Version { commit, at, author, message, record: record.shown(view) }
    }
}

impl Shown for ItemFailure {
    fn shown(self, view: &Arc<Model>) -> Self {
        let ItemFailure { index, error } = self;
        ItemFailure { index, error: view.told(error) }
    }
}

impl Shown for BatchAnswer {
    fn shown(self, view: &Arc<Model>) -> Self {
        let BatchAnswer { created, ids, failures, stopped } = self;
        BatchAnswer { created, ids, failures: failures.shown(view), stopped: stopped.map(|error| view.told(error)) }
    }
}

impl Shown for ChangeAnswer {
    fn shown(self, view: &Arc<Model>) -> Self {
        let ChangeAnswer { created, updated, deleted, absent, written, failures, stopped } = self;
        let (failures, stopped) = (failures.shown(view), stopped.map(|error| view.told(error)));
        ChangeAnswer { created, updated, deleted, absent, written, failures, stopped }
    }
}

/// Its text is written of records that are shown already, where something is kept back.
impl Shown for ListingText {
    fn shown(self, _: &Arc<Model>) -> Self {
        self
    }
}

impl Shown for bool {
    fn shown(self, _: &Arc<Model>) -> Self {
        self
    }
}

impl Shown for u64 {
    fn shown(self, _: &Arc<Model>) -> Self {
        self
    }
}
