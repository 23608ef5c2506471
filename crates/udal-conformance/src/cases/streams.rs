//! What a batch holds in memory while it reads its input.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use udal_core::Error;
use udal_core::contract::BatchMode;
use udal_core::record::Record;

use crate::case::{Case, Failure, Outcome, case};
use crate::corpus::long_text;
use crate::expect::{equal, holds};
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("BATCH-4", items_are_not_all_in_memory, few_in_memory(BatchMode::Atomic)),
        case!("BATCH-4", items_one_by_one_are_not_all_in_memory, few_in_memory(BatchMode::PerItem)),
        case!("BATCH-4", records_of_a_mebibyte),
    ]
}

async fn few_in_memory(world: &World, mode: BatchMode) -> Outcome {
    let count = world.many(40_000);
    let rows = world.rows("Twelve")?;
    let model = Arc::new((*rows.model).clone());
    // Each record holds its model: how many share it says how many are alive while the batch is read.
    let most = AtomicUsize::new(0);
    let made = (0..count as u64).map(|at| {
        most.fetch_max(Arc::strong_count(&model), Ordering::Relaxed);
        let record = rows.record(&format!("{at:05}"), json!({"name": "x"}));
        let record = record.map_err(|failure| Error::internal(failure.to_string()))?;
        Ok((at, Record::new(Arc::clone(&model), record.values().to_vec())))
    });
    let report = rows.batch(mode, made).await?;
    equal((report.created, report.failures.len()), (count as u64, 0))?;
    equal(rows.count(json!({})).await?, count as u64)?;
    let most = most.into_inner();
    holds(most < count / 2, format!("{most} of {count} records were in memory at one time"))
}

async fn records_of_a_mebibyte(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let record = |end: char| rows.record(&end.to_string(), json!({"name": long_text(end)}));
    let records = ('a'..='h').map(record).collect::<Result<Vec<_>, Failure>>()?;
    rows.store(&records).await?;
    rows.hold(&records).await
}
