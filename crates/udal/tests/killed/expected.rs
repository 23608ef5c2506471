//! What must be there, by the journal.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use crate::changes::{Group, Stage};
use crate::journal::{Answer, Batch, Keyed, Line, Op, Place, State};

/// What the journal knows of one record: tasks change a record one step after the other.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// As it was acknowledged last; `None` where it is not there.
    pub(crate) acknowledged: Option<State>,
    /// What was begun after that and never acknowledged.
    pub(crate) begun: Option<Option<State>>,
}

impl Known {
    pub(crate) fn allows(&self, found: Option<State>) -> bool {
        found == self.acknowledged || self.begun == Some(found)
    }
}

/// What the journal knows of a group: one batch after another changes it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KnownStage {
    pub(crate) acknowledged: Stage,
    /// What was begun after that and never acknowledged.
    pub(crate) begun: Option<Stage>,
}

/// What lives of a child have begun and acknowledged since it was last looked.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    pub(crate) records: BTreeMap<Place, Known>,
    /// Whether the batch was acknowledged.
    pub(crate) batches: BTreeMap<Batch, bool>,
    /// The ids that were answered: one, or none.
    pub(crate) keyed: BTreeMap<Keyed, BTreeSet<String>>,
    pub(crate) groups: BTreeMap<Group, KnownStage>,
    pub(crate) tally: Tally,
}

/// How much there was to look at.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) begun: usize,
    pub(crate) failed: usize,
    pub(crate) refused: usize,
    /// How many of each operation were acknowledged.
    pub(crate) acknowledged: BTreeMap<&'static str, usize>,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Tally) {
        let Tally { begun, failed, refused, acknowledged } = other;
        self.begun += begun;
        self.failed += failed;
        self.refused += refused;
        for (operation, count) in acknowledged {
            *self.acknowledged.entry(operation).or_default() += count;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { begun, failed, refused, acknowledged } = self;
        let all: usize = acknowledged.values().sum();
        write!(f, "{begun} begun, {all} acknowledged {acknowledged:?}, {failed} failed, {refused} refused")
    }
}

impl Expected {
    /// Adds what one life of the child wrote into its journal.
    pub(crate) fn add(&mut self, lines: Vec<Line>) {
        let mut open: HashMap<u64, Op> = HashMap::new();
        for line in lines {
            match line {
                Line::Ready | Line::NotStarted(_) => {}
                Line::Begin(number, op) => {
                    self.tally.begun += 1;
                    self.begin(&op);
                    open.insert(number, op);
                }
                Line::Done(number, answer) => {
                    let op = open.remove(&number).unwrap();
                    *self.tally.acknowledged.entry(op.name()).or_default() += 1;
                    self.acknowledge(op, &answer);
                }
                Line::Failed(number, _) => {
                    self.tally.failed += 1;
                    open.remove(&number).unwrap();
                }
                Line::Refused(number, code, text) => {
                    self.tally.refused += 1;
                    self.refuse(&open.remove(&number).unwrap(), &code, &text);
                }
            }
        }
    }

    pub(crate) fn tenants(&self) -> BTreeSet<String> {
        let of_records = self.records.keys().map(|place| &place.tenant);
        let of_batches = self.batches.keys().map(|batch| &batch.tenant);
        let of_groups = self.groups.keys().map(|group| &group.tenant);
        let of_keys = self.keyed.keys().map(|keyed| &keyed.tenant);
        of_records.chain(of_batches).chain(of_groups).chain(of_keys).cloned().collect()
    }

    fn begin(&mut self, op: &Op) {
        match op {
            Op::Put(place, state) => self.record(place).begun = Some(Some(*state)),
            Op::Remove(place) => self.record(place).begun = Some(None),
            Op::Batch(batch) => {
                self.batches.insert(batch.clone(), false);
            }
            Op::Keyed(keyed) => {
                self.keyed.entry(keyed.clone()).or_default();
            }
            Op::Change(group, stage) => self.groups.entry(group.clone()).or_default().begun = Some(*stage),
            Op::Structure(structure) => panic!("{structure:?} is of the other child"),
        }
    }

    fn acknowledge(&mut self, op: Op, answer: &Answer) {
        match op {
            Op::Put(place, state) => {
                assert_eq!((answer.id.as_str(), answer.version), (place.id.as_str(), state.version), "{place:?}");
                *self.record(&place) = Known { acknowledged: Some(state), begun: None };
            }
            Op::Remove(place) => {
                assert_eq!(answer.count, 1, "{place:?} was there to be deleted");
                *self.record(&place) = Known::default();
            }
            Op::Batch(batch) => {
                assert_eq!(answer.count, batch.size(), "{batch:?}");
                self.batches.insert(batch, true);
            }
            Op::Keyed(keyed) => {
                self.keyed.entry(keyed).or_default().insert(answer.id.clone());
            }
            Op::Change(group, stage) => {
                assert_eq!(answer.id, group.counted(stage).to_string(), "{group:?} to {stage:?}");
                self.groups.insert(group, KnownStage { acknowledged: stage, begun: None });
            }
            Op::Structure(structure) => panic!("{structure:?} is of the other child"),
        }
    }

    /// Nothing was written; and only a team and its member, made and deleted at one time, are refused with reason.
    fn refuse(&mut self, op: &Op, code: &str, text: &str) {
        let place = match (op, code) {
            (Op::Put(place, _), "invalid_input") if place.model == "Member" => place,
            (Op::Remove(place), "still_linked") if place.model == "Team" => place,
            _ => panic!("{op:?} is refused as {code}: {text}"),
        };
        assert!(place.id.contains("-race-"), "{op:?} is refused as {code}: {text}");
        self.record(place).begun = None;
    }

    fn record(&mut self, place: &Place) -> &mut Known {
        self.records.entry(place.clone()).or_default()
    }
}
