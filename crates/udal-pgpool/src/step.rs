//! Steps that bring a database to where it must be. Each can be done again without harm.

use udal_sql::Statement;

/// One statement that changes a database's structure.
#[derive(Clone, Debug)]
pub struct Step {
    /// The statement.
    pub text: String,
    /// What finds a row where the statement has been done already.
    pub unless: Option<Statement>,
}

impl Step {
    /// A statement that does nothing where it has been done already.
    pub fn new(text: impl Into<String>) -> Self {
        Step { text: text.into(), unless: None }
    }

    /// A statement to be left out where `done` finds a row.
    pub fn unless(text: impl Into<String>, done: Statement) -> Self {
        Step { text: text.into(), unless: Some(done) }
    }
}
