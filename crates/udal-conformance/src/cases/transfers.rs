//! Transfers against changes at one instant: who lost a record changes it no more.

use serde_json::json;
use udal_core::contract::BatchMode;
use udal_core::{ErrorKind, Ownership};

use crate::case::{Case, Failure, Outcome, case};
use crate::changes::{Op, item};
use crate::expect::{equal, holds};
use crate::rows::Rows;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("ACCESS-5", a_transfer_and_changes_at_one_instant),
        case!("ACCESS-8", a_transfer_and_batches_at_one_instant),
    ]
}

/// How many changes meet the transfer.
const CHANGES: usize = 8;

/// A record of Ann's, and the rows as she sees them.
async fn owned_by_ann(world: &World) -> Result<(Rows, Rows), Failure> {
    let rows = world.rows("Plain")?;
    rows.create("x", json!({"owned_by": "ann", "value": 0})).await?;
    let ann = rows.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    Ok((rows, ann))
}

async fn a_transfer_and_changes_at_one_instant(world: &World) -> Outcome {
    let (rows, ann) = owned_by_ann(world).await?;
    let operator = rows.clone();
    let answers = world
        .at_once(CHANGES + 1, move |number| {
            let (ann, operator) = (ann.clone(), operator.clone());
            async move {
                match number {
                    0 => operator.update("x", json!({"owned_by": "bob"})).await,
                    _ => ann.update("x", json!({"value": number})).await,
                }
            }
        })
        .await?;
    let mut changed = 0;
    for (number, answer) in answers.into_iter().enumerate() {
        match answer {
            Ok(record) if number > 0 => {
                changed += 1;
                equal(record.value("owned_by").and_then(|owner| owner.as_str()), Some("ann"))?;
            }
            Ok(record) => equal(record.value("owned_by").and_then(|owner| owner.as_str()), Some("bob"))?,
            Err(error) => holds(number > 0 && error.kind() == ErrorKind::NotFound, format!("{number}: {error:?}"))?,
        }
    }
    rows.finds(json!({"owned_by": "bob", "version": changed + 2}), &["x"]).await
}

async fn a_transfer_and_batches_at_one_instant(world: &World) -> Outcome {
    let (rows, ann) = owned_by_ann(world).await?;
    let operator = rows.clone();
    let answers = world
        .at_once(CHANGES + 1, move |number| {
            let (ann, operator) = (ann.clone(), operator.clone());
            async move {
                let (asker, changes) = match number {
                    0 => (operator, json!({"owned_by": "bob"})),
                    _ => (ann, json!({"value": number})),
                };
                asker.all_of(Op::Update, BatchMode::PerItem, &[item("x", changes)]).await
            }
        })
        .await?;
    let mut changed = 0;
    for (number, answer) in answers.into_iter().enumerate() {
        let report = answer?;
        holds(number > 0 || report.updated == 1, format!("the transfer did nothing: {report:?}"))?;
        changed += report.updated;
        for failed in &report.failures {
            equal(failed.error.kind(), ErrorKind::NotFound)?;
        }
        for written in report.written.iter().filter(|_| number > 0) {
            let record = written.record.as_ref();
            equal(record.and_then(|r| r.value("owned_by")?.as_str()), Some("ann"))?;
        }
    }
    rows.finds(json!({"owned_by": "bob", "version": changed + 1}), &["x"]).await
}
