//! What the child says it does, before and after: lines on its standard output.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use crate::changes::{Group, Stage};

/// What stands before each line, among what the test harness prints.
const SIGN: char = '@';

/// A record's place.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) tenant: String,
    pub(crate) model: String,
    pub(crate) id: String,
}

/// What of a record tells its states apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) version: i64,
    pub(crate) value: i64,
}

/// Many records that share a marker.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Batch {
    pub(crate) tenant: String,
    pub(crate) model: String,
    pub(crate) marker: String,
    pub(crate) per_item: bool,
}

/// A create under an idempotency key, which is the record's marker too.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Keyed {
    pub(crate) tenant: String,
    pub(crate) model: String,
    pub(crate) key: String,
    pub(crate) value: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Op {
    /// A create or an update: afterwards the record is in this state.
    Put(Place, State),
    Remove(Place),
    Batch(Batch),
    Keyed(Keyed),
    /// A batch that brings the group from the stage before to this one.
    Change(Group, Stage),
    Structure(Structure),
}

/// What changes where records are kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Structure {
    MakeTenant(String),
    DropTenant(String),
    /// Writes the records of a tenant's model, all in one batch: the first makes database, tables and partitions.
    Fill {
        tenant: String,
        model: String,
    },
    /// Brings the tables of a tenant up to the later models.
    Migrate(String),
    /// Takes the partitions of a tenant out that are over, and makes those to come.
    Maintain(String),
}

/// What the service answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) id: String,
    pub(crate) version: i64,
    /// How many records were written or removed.
    pub(crate) count: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Line {
    /// Udal has started.
    Ready,
    /// Udal could not start.
    NotStarted(String),
    Begin(u64, Op),
    Done(u64, Answer),
    /// The storage could not be reached: written or not, nobody knows.
    Failed(u64, String),
    /// The service refused, with this code: nothing was written.
    Refused(u64, String, String),
}

impl Op {
    /// What the service calls it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Op::Put(_, state) if state.version == 1 => "create",
            Op::Put(..) => "update",
            Op::Remove(_) => "delete",
            Op::Batch(_) => "batch_create",
            Op::Keyed(_) => "keyed create",
            Op::Change(_, stage) => stage.operation(),
            Op::Structure(_) => "structure",
        }
    }
}

impl Line {
    /// Reads a line of the child's output; `None` for what others print.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.strip_prefix(SIGN).map(|json| serde_json::from_str(json).unwrap())
    }
}

/// Writes the journal, from any task.
#[derive(Default)]
pub(crate) struct Journal {
    next: AtomicU64,
}

impl Journal {
    /// Notes that `op` begins; answers its number.
    pub(crate) fn begin(&self, op: Op) -> u64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.write(&Line::Begin(number, op));
        number
    }

    /// Writes a line by one call, so that a kill leaves no half of it.
    pub(crate) fn write(&self, line: &Line) {
        // The harness does not end its own line before the test's output.
        let text = format!("\n{SIGN}{}\n", serde_json::to_string(line).unwrap());
        let mut output = std::io::stdout().lock();
        output.write_all(text.as_bytes()).unwrap();
        output.flush().unwrap();
    }
}
