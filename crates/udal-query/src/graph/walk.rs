//! What a storage is to walk: a path as states, each between two links, for records of one model.

use std::fmt;
use std::sync::Arc;

use udal_core::filter::Predicate;
use udal_core::model::Model;

/// A link as a walk follows it.
///
/// Its text is how a path writes it: `contacts`, and backwards `^AppCRMActivity.account`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Link {
    /// Whether it is followed back, to the records that hold it.
    pub is_back: bool,
    /// The model that holds it.
    pub holder: String,
    /// The field that holds it.
    pub field: String,
    /// The model that it leads to, when it is not followed back.
    pub target: String,
}

impl Link {
    /// The model of the records that following it arrives at.
    pub fn arrives_at(&self) -> &str {
        if self.is_back { &self.holder } else { &self.target }
    }

    /// The model of the records that it is followed from.
    pub fn starts_from(&self) -> &str {
        if self.is_back { &self.target } else { &self.holder }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_back {
            false => f.write_str(&self.field),
            true => write!(f, "^{}.{}", self.holder, self.field),
        }
    }
}

/// Where a walk stands between two links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// The model of the records that stand here, by its place in [`Walk::models`].
    pub model: usize,
    /// Whether the path may end here: the records are answered.
    pub is_end: bool,
}

/// A way from one state to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// The state that it leaves.
    pub from: usize,
    /// The link that it follows, by its place in [`Walk::links`].
    pub link: usize,
    /// The state that it arrives at.
    pub to: usize,
    /// What must be true of the record that it arrives at, besides that it may be seen.
    pub filter: Predicate,
}

/// A state that the start may be in.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// The state.
    pub state: usize,
    /// What must be true of the start for it.
    pub filter: Predicate,
}

/// A path that was checked against the models as the asker sees them.
///
/// Walked from a record of the first model: along one transition after the other, each to a record that the asker may see and
/// of which the transition's filter is true. The asker's reach is not in it: whoever walks puts it before every record.
#[derive(Clone, Debug, PartialEq)]
pub struct Walk {
    /// The models of the records that it may meet; the start's first.
    pub models: Vec<Arc<Model>>,
    /// The links that it follows, sorted by their text.
    pub links: Vec<Link>,
    /// The states.
    pub states: Vec<State>,
    /// The states that the start may be in, by their numbers.
    pub starts: Vec<Start>,
    /// The ways between states.
    pub transitions: Vec<Transition>,
    /// The length of the longest path; none where there is no longest.
    pub longest: Option<u32>,
}

impl Walk {
    /// The model that the walk starts from.
    pub fn start_model(&self) -> Option<&Arc<Model>> {
        self.models.first()
    }

    /// The models of the records that may be answered, in the order in which [`models`](Walk::models) has them.
    pub fn answered(&self) -> impl Iterator<Item = &Arc<Model>> {
        let ends = |model: usize| self.states.iter().any(|state| state.model == model && state.is_end);
        self.models.iter().enumerate().filter(move |(at, _)| ends(*at)).map(|(_, model)| model)
    }
}
