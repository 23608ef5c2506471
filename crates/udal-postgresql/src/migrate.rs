//! Tables that are brought up to their models by an operator: what there is to do, and doing it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value as Json;
use udal_core::value::decode;
use udal_core::{Error, Result};
use udal_pgpool::{Connection, Failure};
use udal_sql::table::{self, Change, Due, Fills, Step, Target};

use crate::found::find;
use crate::home::Home;
use crate::steps::{Stop, take};

/// What an operator allows a migration to do, beyond adding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Allowances {
    /// The changes that could lose data and are allowed, by name, such as `drop-column:lab.AppLabResult.unit`.
    pub changes: BTreeSet<String>,
    /// What records get that have no value for a field that needs one, by group, model and field: `lab.AppLabResult.unit`.
    pub fills: BTreeMap<String, Json>,
}

/// A difference between a model and its table, as an operator sees it.
#[derive(Debug)]
pub struct TableChange {
    /// What it is called: by this name it is allowed.
    pub name: String,
    /// The statements that settle it, in their order.
    pub statements: Vec<String>,
    /// What became of it, or would become.
    pub state: ChangeState,
}

/// What became of a difference.
#[derive(Debug)]
pub enum ChangeState {
    /// A migration would settle it.
    Due,
    /// It was settled.
    Applied,
    /// It is not settled unless it is allowed by its name, and this is why.
    Refused {
        /// Why.
        reason: String,
    },
    /// It cannot be settled so, and this is why; nothing is lost.
    Blocked {
        /// Why.
        reason: String,
    },
    /// It was begun and not ended; done again, it goes on.
    Failed {
        /// What the database said.
        error: Error,
    },
}

impl fmt::Display for ChangeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ChangeState::Due => "due",
            ChangeState::Applied => "applied",
            ChangeState::Refused { .. } => "refused",
            ChangeState::Blocked { .. } => "blocked",
            ChangeState::Failed { .. } => "failed",
        })
    }
}

/// Told of each statement before it is run.
pub type Watch<'a> = &'a (dyn Fn(&str, &str) + Send + Sync);

/// What there is to do.
pub(crate) async fn plan(home: &Home<'_>, allowances: &Allowances) -> Result<Vec<TableChange>> {
    let fills = fills_of(home.target(), allowances)?;
    let Some(mut connection) = connect(home).await? else { return Ok(Vec::new()) };
    let changes = compare(home.target(), &mut connection, &fills).await?;
    Ok(changes.into_iter().map(|change| seen(&change, state_before(&change, allowances))).collect())
}

/// Does what there is to do and may be done. Answers what was done, then what is left.
pub(crate) async fn apply(home: &Home<'_>, allowances: &Allowances, watch: Watch<'_>) -> Result<Vec<TableChange>> {
    let target = home.target();
    let fills = fills_of(target, allowances)?;
    let mut done: Vec<TableChange> = Vec::new();
    let Some(mut connection) = connect(home).await? else { return Ok(done) };
    loop {
        // Each is looked for anew: it may be what the one before made possible.
        let changes = compare(target, &mut connection, &fills).await?;
        let is_tried = |change: &Change| done.iter().any(|done| done.name == change.name);
        let may_be = |change: &&Change| matches!(state_before(change, allowances), ChangeState::Due);
        let Some(change) = changes.iter().filter(may_be).find(|change| !is_tried(change)) else {
            let left = changes.iter().filter(|change| !is_tried(change));
            let left: Vec<_> = left.map(|change| seen(change, state_before(change, allowances))).collect();
            done.extend(left);
            break;
        };
        let state = settle(&mut connection, change, watch).await;
        tracing::info!(table = target.table_name(), name = change.name, %state, "a migration's change");
        done.push(seen(change, state));
    }
    home.forget_partitions();
    Ok(done)
}

/// A connection, where the database and the table are there.
async fn connect(home: &Home<'_>) -> Result<Option<Connection>> {
    let connection = match home.maintain().await {
        Err(Failure::Missing(_)) => return Ok(None),
        connected => connected?,
    };
    let found = connection.query(&table::has_table(home.target())).await.map_err(Failure::from)?;
    Ok((!found.is_empty()).then_some(connection))
}

async fn compare(target: Target<'_>, connection: &mut Connection, fills: &Fills) -> Result<Vec<Change>> {
    let transaction = connection.transaction().await.map_err(Failure::from)?;
    let found = find(target, &transaction).await?;
    transaction.commit().await.map_err(Failure::from)?;
    Ok(if found.columns.is_empty() { Vec::new() } else { table::changes(target, &found, fills) })
}

/// The values that the operator says for the fields of this model.
fn fills_of(target: Target<'_>, allowances: &Allowances) -> Result<Fills> {
    let model = target.model();
    let prefix = format!("{}.{}.", model.group(), model.name());
    let mut fills = Fills::new();
    for (name, json) in &allowances.fills {
        let Some(field) = name.strip_prefix(&prefix) else { continue };
        let value = decode(model.field(field)?, json)
            .map_err(|error| Error::fields("this does not fill the field", vec![error]))?;
        fills.extend(value.map(|value| (field.to_owned(), value)));
    }
    Ok(fills)
}

fn state_before(change: &Change, allowances: &Allowances) -> ChangeState {
    match &change.due {
        Due::AtOnce | Due::Later => ChangeState::Due,
        Due::Allowed { .. } if allowances.changes.contains(&change.name) => ChangeState::Due,
        Due::Allowed { reason, stops_writes: _ } => ChangeState::Refused { reason: reason.clone() },
        Due::ByHand { reason, stops_writes: _ } => ChangeState::Blocked { reason: reason.clone() },
    }
}

fn seen(change: &Change, state: ChangeState) -> TableChange {
    let statements = change.steps.iter().flat_map(Step::statements).collect();
    TableChange { name: change.name.clone(), statements, state }
}

async fn settle(connection: &mut Connection, change: &Change, watch: Watch<'_>) -> ChangeState {
    let watch = |statement: &str| watch(&change.name, statement);
    for step in &change.steps {
        match take(connection, step, &watch).await {
            Ok(()) => {}
            Err(Stop::Blocked(reason)) => return ChangeState::Blocked { reason },
            Err(Stop::Failed(failure)) => return ChangeState::Failed { error: failure.into() },
        }
    }
    ChangeState::Applied
}
