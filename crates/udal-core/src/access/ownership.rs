//! Ownership: which of a team's records a user may reach.

use std::fmt;
use std::sync::Arc;

use crate::filter::{Comparison, Predicate, Test};
use crate::model::{Model, position};
use crate::value::Value;

/// Which of a team's records a user may reach.
#[derive(Clone, Debug, PartialEq)]
pub enum Ownership {
    /// The team's records: the default.
    TeamWide,
    /// What the user owns.
    OwnerOnly,
    /// What the user owns or is assigned to.
    AssignedOnly,
    /// What the user owns or is assigned to, and what these people below own.
    Hierarchical(People),
}

impl Ownership {
    /// The word for it, such as `team_wide`.
    pub fn name(&self) -> &'static str {
        match self {
            Ownership::TeamWide => "team_wide",
            Ownership::OwnerOnly => "owner_only",
            Ownership::AssignedOnly => "assigned_only",
            Ownership::Hierarchical(_) => "hierarchical",
        }
    }

    /// The records that a user of a team reaches by it.
    pub(super) fn predicate(&self, model: &Model, user: &str, team: Option<&str>) -> Predicate {
        let owned = || is(model, position::OWNED_BY, user);
        let assigned = || test(model, position::ASSIGNED_TO, Test::Has(Value::from(user)));
        match self {
            Ownership::TeamWide => team.map_or_else(Predicate::never, |team| is(model, position::TEAM_ID, team)),
            Ownership::OwnerOnly => owned(),
            Ownership::AssignedOnly => Predicate::Any(vec![owned(), assigned()]),
            Ownership::Hierarchical(below) => {
                let of_others = test(model, position::OWNED_BY, Test::In(below.values()));
                Predicate::Any(vec![owned(), assigned(), of_others])
            }
        }
    }
}

/// Some people, by their ids. Cheap to clone: contexts share them.
#[derive(Clone, Default, PartialEq)]
pub struct People(Arc<[Value]>);

impl People {
    /// These people.
    pub fn new(ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut ids: Vec<String> = ids.into_iter().map(Into::into).collect();
        ids.sort_unstable();
        ids.dedup();
        People(ids.into_iter().map(Value::Str).collect())
    }

    /// Their ids, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(Value::as_str)
    }

    fn values(&self) -> Arc<[Value]> {
        Arc::clone(&self.0)
    }
}

/// How many there are; never who.
impl fmt::Debug for People {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} people", self.0.len())
    }
}

fn is(model: &Model, position: usize, value: &str) -> Predicate {
    test(model, position, Test::Compare(Comparison::Equal, Value::from(value)))
}

/// A test of a system field.
pub(super) fn test(model: &Model, position: usize, test: Test) -> Predicate {
    match model.fields().get(position) {
        Some(field) => Predicate::Test(Arc::clone(field), test),
        None => Predicate::never(),
    }
}
