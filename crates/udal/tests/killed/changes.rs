//! Groups of records that batches create, change and delete, stage after stage: a stage says how each record of the group is.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use udal::{ChangeAnswer, DeleteRequest, UpdateRequest};

use crate::journal::State;
use crate::site::{data, taken, team_of};

/// How many records a group has.
pub(crate) const GROUP: u64 = 120;
/// A version that no record of a group has.
const STALE: i64 = 99;

/// Records that share a marker, and that batches write together.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) tenant: String,
    pub(crate) model: String,
    pub(crate) marker: String,
    /// Item by item: then one of ten updates, and of ten deletes, expects a version that is not there.
    pub(crate) per_item: bool,
}

/// What the last batch has done to a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Stage {
    #[default]
    Nothing,
    /// An upsert has created half of the records.
    Begun,
    /// An upsert has changed those, and created the others.
    Whole,
    /// An update has changed each.
    Changed,
    /// A delete has removed each second.
    Thinned,
    /// A delete has removed each; half of them were gone.
    Gone,
}

impl Stage {
    /// The stages that batches lead to.
    pub(crate) const ALL: [Stage; 5] = [Stage::Begun, Stage::Whole, Stage::Changed, Stage::Thinned, Stage::Gone];

    fn before(self) -> Stage {
        Stage::ALL.into_iter().rev().find(|stage| *stage < self).unwrap_or_default()
    }

    pub(crate) fn operation(self) -> &'static str {
        match self {
            Stage::Nothing => "nothing",
            Stage::Begun | Stage::Whole => "upsert",
            Stage::Changed => "batch_update",
            Stage::Thinned | Stage::Gone => "batch_delete",
        }
    }

    fn value(self, index: u64) -> i64 {
        i64::try_from(1_000 * self as u64 + index).unwrap()
    }
}

/// How many records a batch has created, changed and so on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    created: u64,
    updated: u64,
    deleted: u64,
    absent: u64,
    failed: u64,
}

impl Counted {
    pub(crate) fn of(answer: &ChangeAnswer) -> Self {
        let ChangeAnswer { created, updated, deleted, absent, failures, .. } = answer;
        let [created, updated, deleted, absent] = [*created, *updated, *deleted, *absent];
        Counted { created, updated, deleted, absent, failed: failures.len() as u64 }
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counted { created, updated, deleted, absent, failed } = self;
        write!(f, "{created} created, {updated} updated, {deleted} deleted, {absent} absent, {failed} failed")
    }
}

impl Group {
    pub(crate) fn id(&self, index: u64) -> String {
        format!("{}/{}-{index}", self.model, self.marker)
    }

    /// How that record is at that stage; `None` where it is not there.
    pub(crate) fn state(&self, index: u64, stage: Stage) -> Option<State> {
        let was = || self.state(index, stage.before());
        let next = || Some(State { version: was().map_or(1, |was| was.version + 1), value: stage.value(index) });
        match stage {
            Stage::Nothing => None,
            Stage::Begun if index >= GROUP / 2 => None,
            Stage::Begun | Stage::Whole => next(),
            Stage::Changed if self.is_stale(index, stage) => was(),
            Stage::Changed => next(),
            Stage::Thinned if index % 2 == 1 || self.is_stale(index, stage) => was(),
            Stage::Thinned | Stage::Gone => None,
        }
    }

    /// Whether the item of that record expects a version that is not there.
    fn is_stale(&self, index: u64, stage: Stage) -> bool {
        self.per_item && matches!((stage, index % 10), (Stage::Changed, 9) | (Stage::Thinned, 8))
    }

    /// What the batch that leads to that stage answers.
    pub(crate) fn counted(&self, stage: Stage) -> Counted {
        let mut counted = Counted::default();
        for index in self.items(stage) {
            let (was, is) = (self.state(index, stage.before()), self.state(index, stage));
            let count = match (was, is) {
                (None, None) => &mut counted.absent,
                (None, Some(_)) => &mut counted.created,
                (Some(_), None) => &mut counted.deleted,
                (Some(was), Some(is)) if was == is => &mut counted.failed,
                (Some(_), Some(_)) => &mut counted.updated,
            };
            *count += 1;
        }
        counted
    }

    /// The records that the batch is about which leads to that stage.
    fn items(&self, stage: Stage) -> impl Iterator<Item = u64> + use<> {
        let end = if stage == Stage::Begun { GROUP / 2 } else { GROUP };
        let step = if stage == Stage::Thinned { 2 } else { 1 };
        (0..end).step_by(step)
    }

    pub(crate) fn upserts(&self, stage: Stage) -> Vec<Json> {
        self.items(stage)
            .map(|index| {
                let mut item = data(&self.model, &self.marker, stage.value(index), index + stage as u64);
                item["id"] = Json::from(self.id(index));
                if self.model == "Member" {
                    item["team"] = Json::from(team_of(&self.marker));
                }
                item
            })
            .collect()
    }

    /// Changes of the values; of a reading its time too, so that it moves into another partition.
    pub(crate) fn updates(&self, stage: Stage) -> Vec<UpdateRequest> {
        self.items(stage)
            .map(|index| {
                let mut changes = json!({"value": stage.value(index)});
                if self.model == "Reading" {
                    changes["taken"] = Json::from(taken(index + stage as u64));
                }
                let request = UpdateRequest::new(self.id(index), changes);
                if self.is_stale(index, stage) { request.if_version(STALE) } else { request }
            })
            .collect()
    }

    pub(crate) fn deletes(&self, stage: Stage) -> Vec<DeleteRequest> {
        self.items(stage)
            .map(|index| {
                let request = DeleteRequest::new(self.id(index));
                if self.is_stale(index, stage) { request.if_version(STALE) } else { request }
            })
            .collect()
    }
}
