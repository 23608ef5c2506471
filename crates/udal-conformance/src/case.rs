//! What a case is: a clause, a name, and what must hold.

use std::fmt;
use std::panic::Location;

use futures_util::future::BoxFuture;
use udal_core::{Error, FieldError};

use crate::subject::Need;
use crate::world::World;

/// What a case answers: nothing, or what did not hold.
pub(crate) type Outcome = Result<(), Failure>;

/// What a case does in its world.
pub(crate) type Run = for<'w> fn(&'w World) -> BoxFuture<'w, Outcome>;

/// One case of a clause.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    /// The clause, such as `LIST-2`.
    pub(crate) clause: &'static str,
    /// What holds, in words: `ties_are_broken_by_id`.
    pub(crate) name: &'static str,
    /// What a subject must have for the case to apply.
    pub(crate) need: Need,
    /// What is done.
    pub(crate) run: Run,
}

impl Case {
    /// A case that applies to every subject.
    pub(crate) fn new(clause: &'static str, name: &'static str, run: Run) -> Self {
        Case { clause, name, need: Need::Nothing, run }
    }

    /// The case, for subjects that have this alone.
    pub(crate) fn needs(self, need: Need) -> Self {
        Case { need, ..self }
    }

    /// The name under which it is shown and chosen.
    pub(crate) fn title(&self) -> String {
        format!("{}::{}", self.clause, self.name)
    }
}

/// A case made of a clause and an `async fn(&World) -> Outcome`, which gives it its name.
macro_rules! case {
    ($clause:literal, $function:ident) => {
        $crate::case::Case::new($clause, stringify!($function), |world| Box::pin($function(world)))
    };
    ($clause:literal, $name:ident, $function:ident($($argument:expr),+)) => {
        $crate::case::Case::new($clause, stringify!($name), |world| Box::pin($function(world, $($argument),+)))
    };
}
pub(crate) use case;

/// Why a case failed, and where in the suite.
pub(crate) struct Failure {
    message: String,
    at: &'static Location<'static>,
}

impl Failure {
    /// A failure with what did not hold.
    #[track_caller]
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Failure { message: message.into(), at: Location::caller() }
    }
}

impl From<Error> for Failure {
    #[track_caller]
    fn from(error: Error) -> Self {
        Failure::new(format!("the backend failed: {error:?}"))
    }
}

impl From<FieldError> for Failure {
    #[track_caller]
    fn from(error: FieldError) -> Self {
        Failure::new(format!("the suite's own value does not fit its model: {error}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  at {}:{}", self.message, self.at.file(), self.at.line())
    }
}
