//! What a table lacks of its model, or has beyond it, and the steps that settle each difference.

mod casts;
mod columns;
mod indexes;
mod rules;
mod settings;
mod split;
mod words;

use std::collections::BTreeMap;

use udal_core::value::Value;

use super::{FoundTable, Target};
use crate::Sql;

/// A difference between a model and its table.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What it is called, such as `drop-column:lab.AppLabResult.unit`: by this name it is allowed.
    pub name: String,
    /// When it is settled.
    pub due: Due,
    /// What settles it, in this order. Where it ends early, a new comparison finds what is left.
    pub steps: Vec<Step>,
}

/// When a difference is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// It only adds, or lifts a restriction, and takes no time: when the table is first written, too.
    AtOnce,
    /// It only adds, and takes as long as the table is large: by a migration.
    Later,
    /// It could lose data, stop an earlier release, or lock the table for long: by a migration that is allowed to.
    Allowed {
        /// Why it is not done otherwise.
        reason: String,
        /// Whether records cannot be written before.
        stops_writes: bool,
    },
    /// Not by Udal.
    ByHand {
        /// Why not.
        reason: String,
        /// Whether records cannot be written before.
        stops_writes: bool,
    },
}

/// A step of settling a difference.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Statements in one transaction: they take locks that others wait for, and hold them for an instant.
    Together(Vec<String>),
    /// A check of the table's rows that may take long, while others read and write.
    Validate {
        /// The statement.
        statement: String,
        /// What it means that a row does not pass.
        reason: String,
    },
    /// Statements that write the whole table anew where the query finds no row. The table is locked against everyone before it
    /// is asked, in the same transaction: what another writes meanwhile is asked about, too, or waits.
    Guarded {
        /// Locks the table.
        lock: String,
        /// The query.
        query: String,
        /// What a row means, or a value that does not become one of the new type.
        reason: String,
        /// The statements.
        statements: Vec<String>,
    },
    /// One statement outside of any transaction.
    Alone(String),
    /// Goes on only where the query finds no row.
    Unless {
        /// The query.
        query: String,
        /// What a row means.
        reason: String,
    },
    /// Fills a column where it has no value, a stretch of pages at a time.
    Fill(Fill),
}

impl Step {
    /// The statements, as an operator reads them.
    pub fn statements(&self) -> Vec<String> {
        match self {
            Step::Together(statements) => statements.clone(),
            Step::Alone(statement) | Step::Validate { statement, reason: _ } => vec![statement.clone()],
            Step::Guarded { lock, query, reason: _, statements } => {
                [lock, query].into_iter().chain(statements).cloned().collect()
            }
            Step::Unless { query, reason: _ } => vec![query.clone()],
            Step::Fill(fill) => vec![fill.whole()],
        }
    }
}

/// A column to be filled where it has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fill {
    /// The table that holds the rows.
    pub table: String,
    /// What is set, as text of a statement.
    set: String,
    /// Which rows lack it.
    lacks: String,
}

impl Fill {
    /// The whole of it, as an operator reads it.
    fn whole(&self) -> String {
        let mut sql = Sql::new();
        sql.push("UPDATE ").name(&self.table);
        format!("{} SET {} WHERE {}", sql.into_text(), self.set, self.lacks)
    }

    /// Fills the rows on the pages from `first` to before `next`.
    pub fn pages(&self, first: u64, next: u64) -> String {
        format!("{} AND ctid >= '({first},0)'::tid AND ctid < '({next},0)'::tid", self.whole())
    }

    /// Asks how many pages the table has.
    pub fn page_count(&self) -> String {
        let mut name = Sql::new();
        name.name(&self.table);
        let mut sql = Sql::new();
        sql.push("SELECT pg_relation_size(");
        sql.literal(&name.into_text()).push("::regclass) / current_setting('block_size')::bigint");
        sql.into_text()
    }
}

/// What records that are there get, by the names of fields that they have no value for.
pub type Fills = BTreeMap<String, Value>;

/// What the table lacks of its model and has beyond it, in the order in which it is to be settled.
pub fn changes(target: Target<'_>, found: &FoundTable, fills: &Fills) -> Vec<Change> {
    if let Some(change) = split::change(target, found) {
        // What else differs is beside the point in a table that is another one.
        return vec![change];
    }
    let mut changes = Vec::new();
    for field in target.model().fields() {
        changes.extend(columns::changes(target, field, found, fills));
        changes.extend(words::changes(target, field, found));
        changes.extend(rules::changes(target, field, found, fills));
    }
    changes.extend(columns::beyond(target, found));
    changes.extend(indexes::changes(target, found, fills));
    changes.extend(settings::changes(target, found));
    changes
}

/// The name of a change of `what`: a field, an index, or the table where it is empty.
fn name(kind: &str, target: Target<'_>, what: &str) -> String {
    let model = target.model();
    let dot = if what.is_empty() { "" } else { "." };
    format!("{kind}:{}.{}{dot}{what}", model.group(), model.name())
}

fn at_once(name: String, statements: Vec<String>) -> Change {
    Change { name, due: Due::AtOnce, steps: vec![Step::Together(statements)] }
}

/// Starts `ALTER TABLE`.
fn alter(table: &str) -> Sql {
    let mut sql = Sql::new();
    sql.push("ALTER TABLE ").name(table);
    sql
}
