//! Writes that are after the same thing at one instant, in pairs and in crossing orders.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};
use serde_json::json;
use tokio::sync::oneshot;
use udal_core::ErrorKind::{self, AlreadyExists, NotFound, VersionConflict};
use udal_core::contract::BatchMode::{self, Atomic, PerItem};
use udal_core::contract::{BatchCreate, BatchReport};
use udal_core::record::Record;
use udal_core::{Error, Ownership};

use crate::case::{Case, Failure, Outcome, case};
use crate::expect::{equal, holds, some};
use crate::rows::Rows;
use crate::subject::Need;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("CREATE-2", creates_and_deletes_of_one_id_take_turns),
        case!("CREATE-3", a_key_and_an_id_raced_for_at_once),
        case!("UPDATE-2", moves_to_other_partitions_at_once).needs(Need::Tables),
        case!("UPDATE-4", an_update_while_the_record_is_given_away),
        case!("DELETE-3", a_delete_and_an_update_of_one_version),
        case!("BATCH-1", whole_batches_in_crossing_orders),
        case!("BATCH-2", batches_of_items_in_crossing_orders),
        case!("BATCH-2", a_batch_among_creates_of_its_ids),
        case!("BATCH-3", an_id_taken_while_its_batch_streams),
    ]
}

/// The kinds of the errors among the answers.
pub(super) fn kinds<T>(answers: &[Result<T, Error>]) -> Vec<ErrorKind> {
    answers.iter().filter_map(|answer| answer.as_ref().err().map(Error::kind)).collect()
}

async fn creates_and_deletes_of_one_id_take_turns(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    for round in 0..5 {
        let act = |at: usize| {
            let rows = rows.clone();
            async move {
                match at % 2 {
                    0 => rows.try_create("a", json!({"value": at})).await.map(|_| 1_i64),
                    _ => rows.delete("a").await.map(|deleted| if deleted.is_some() { -1 } else { 0 }),
                }
            }
        };
        let answers = world.at_once(20, act).await?;
        holds(kinds(&answers).iter().all(|kind| *kind == AlreadyExists), format!("round {round}: {answers:?}"))?;
        // However they took turns, what was created and not deleted is there.
        let left: i64 = answers.into_iter().flatten().sum();
        equal(rows.count(json!({})).await? as i64, left)?;
        rows.delete("a").await?;
    }
    Ok(())
}

async fn a_key_and_an_id_raced_for_at_once(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    for round in 0..5 {
        let id = format!("{round}");
        let act = |at: usize| {
            let (rows, id) = (rows.clone(), id.clone());
            async move {
                let record = rows.record(&id, json!({"value": at})).map_err(|f| Error::internal(f.to_string()))?;
                let key = if at.is_multiple_of(2) { Some((id.as_str(), "print")) } else { None };
                rows.write(record, key).await
            }
        };
        let answers = world.at_once(12, act).await?;
        holds(kinds(&answers).iter().all(|kind| *kind == AlreadyExists), format!("round {round}: {answers:?}"))?;
        // One took the id. Where it had the key, the others with the key were answered the same; where not, none was.
        let written: Vec<_> = answers.iter().flatten().filter(|created| !created.replayed).collect();
        equal(written.len(), 1)?;
        let replayed = answers.iter().flatten().filter(|created| created.replayed).count();
        let with_key = written[0].record.value("value").and_then(|value| value.as_int()).is_some_and(|at| at % 2 == 0);
        equal(replayed, if with_key { 5 } else { 0 })?;
        equal(rows.get(&id).await?, Some(written[0].record.clone()))?;
    }
    equal(rows.count(json!({})).await?, 5)
}

async fn moves_to_other_partitions_at_once(world: &World) -> Outcome {
    let day = |year: usize| json!({"taken_at": format!("{year}-05-01T00:00:00Z"), "day": format!("{year}-05-01")});
    for model in ["Sample", "Daily"] {
        let rows = world.rows(model)?;
        rows.create("a", day(2000)).await?;
        let move_it = |at: usize| {
            let rows = rows.clone();
            async move { rows.update("a", day(2001 + at)).await }
        };
        let moved = world.at_once(12, move_it).await?.into_iter().collect::<Result<Vec<_>, _>>()?;
        let versions: BTreeSet<i64> = moved.iter().map(Record::version).collect();
        equal(versions, (2..=13).collect())?;
        let last = some(moved.into_iter().max_by_key(Record::version), "last move")?;
        rows.hold(&[last]).await?;
        equal(rows.count(json!({})).await?, 1)?;
    }
    Ok(())
}

async fn an_update_while_the_record_is_given_away(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let ann = world.user("ann", None, Ownership::OwnerOnly)?;
    for round in 0..15 {
        let key = format!("{round}");
        rows.create(&key, json!({"owned_by": "ann"})).await?;
        let act = |at: usize| {
            let (rows, anns, key) = (rows.clone(), rows.seen_by(&ann), key.clone());
            async move {
                match at {
                    0 => rows.update(&key, json!({"owned_by": "bob"})).await,
                    _ => anns.update(&key, json!({"name": "ann's"})).await,
                }
            }
        };
        let mut answers = world.at_once(2, act).await?;
        let (anns, given) = (answers.pop(), answers.pop());
        let given = some(given, "answer")??;
        // Either she was first, or it was not hers any more: never a change to what is another's.
        match some(anns, "answer")? {
            Ok(changed) => equal((changed.version(), given.version()), (2, 3))?,
            Err(error) => equal((error.kind(), given.version()), (NotFound, 2))?,
        }
        equal(rows.get(&key).await?, Some(given))?;
    }
    Ok(())
}

async fn a_delete_and_an_update_of_one_version(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    for round in 0..15 {
        let key = format!("{round}");
        rows.create(&key, json!({})).await?;
        let act = |at: usize| {
            let (rows, key) = (rows.clone(), key.clone());
            async move {
                match at {
                    0 => rows.delete_if(&key, Some(1)).await.map(|deleted| deleted.is_some()),
                    _ => rows.update_if(&key, json!({"value": 1}), Some(1)).await.map(|_| true),
                }
            }
        };
        let answers = world.at_once(2, act).await?;
        let expected = match answers[0] {
            Ok(_) => vec![NotFound],
            Err(_) => vec![VersionConflict],
        };
        equal(kinds(&answers), expected)?;
        holds(!matches!(answers[0], Ok(false)), "the record was gone before it was deleted")?;
        equal(rows.get(&key).await?.is_some(), answers[1].is_ok())?;
    }
    Ok(())
}

/// What happens to batches that take the same 300 ids at one instant, every other of them backwards.
async fn crossing(world: &World, rows: &Rows, mode: BatchMode) -> Result<Vec<Result<BatchReport, Error>>, Failure> {
    let records = |by: usize| rows.records((0..300).map(|_| json!({"value": by})));
    let batches = (0..6).map(records).collect::<Result<Vec<_>, _>>()?;
    let write = |at: usize| {
        let (rows, mut records) = (rows.clone(), batches.get(at).cloned().unwrap_or_default());
        if at % 2 == 1 {
            records.reverse();
        }
        async move { rows.batch(mode, (0..).zip(records).map(Ok)).await }
    };
    world.at_once(6, write).await
}

async fn whole_batches_in_crossing_orders(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let answers = crossing(world, &rows, Atomic).await?;
    equal(kinds(&answers), vec![AlreadyExists; 5])?;
    equal(rows.count(json!({})).await?, 300)?;
    // All are of the one that won.
    let by = some(rows.get("k000").await?, "record")?.value("value").and_then(|value| value.as_int());
    equal(rows.count(json!({"value": by})).await?, 300)
}

async fn batches_of_items_in_crossing_orders(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let reports = crossing(world, &rows, PerItem).await?.into_iter().collect::<Result<Vec<_>, _>>()?;
    for (at, report) in (0..).zip(&reports) {
        let failed: BTreeSet<u64> = report.failures.iter().map(|failure| failure.index).collect();
        equal(report.created + failed.len() as u64, 300)?;
        holds(report.failures.iter().all(|failure| failure.error.kind() == AlreadyExists), format!("{report:?}"))?;
        equal(rows.count(json!({"value": at})).await?, report.created)?;
    }
    equal(reports.iter().map(|report| report.created).sum::<u64>(), 300)?;
    equal(rows.count(json!({})).await?, 300)
}

async fn a_batch_among_creates_of_its_ids(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let records = rows.records((0..100).map(|_| json!({"value": 0})))?;
    let act = |at: usize| {
        let (rows, records) = (rows.clone(), records.clone());
        async move {
            match at {
                0 => rows.batch(PerItem, (0..).zip(records).map(Ok)).await.map(|report| report.created),
                _ => rows.try_create(&format!("k{:03}", at * 4), json!({"value": at})).await.map(|_| 1),
            }
        }
    };
    let answers = world.at_once(20, act).await?;
    holds(kinds(&answers).iter().all(|kind| *kind == AlreadyExists), format!("{answers:?}"))?;
    equal(answers.into_iter().flatten().sum::<u64>(), 100)?;
    equal(rows.count(json!({})).await?, 100)
}

async fn an_id_taken_while_its_batch_streams(world: &World) -> Outcome {
    for mode in [Atomic, PerItem] {
        let rows = world.rows(if mode == Atomic { "Plain" } else { "Friend" })?;
        let (waits, waiting) = oneshot::channel();
        let (go, gone) = oneshot::channel::<()>();
        let late = rows.record("late", json!({"name": "batch"}))?;
        let pause = async move {
            // Who waits for this has gone only where the case failed already.
            let _ = waits.send(());
            let _ = gone.await;
            Ok((1, late))
        };
        let first = rows.record("first", json!({}))?;
        let records = stream::iter([Ok((0, first))]).chain(stream::once(pause)).boxed();
        let batch = BatchCreate { model: rows.model.clone(), records, mode };
        let (backend, ctx) = (world.backend.clone(), rows.ctx.clone());
        let batch = tokio::spawn(async move { backend.batch_create(&ctx, batch).await });
        waiting.await.map_err(|_| Failure::new("the batch ended before its stream did"))?;
        let taken = rows.create("late", json!({"name": "single"})).await?;
        go.send(()).map_err(|()| Failure::new("the batch ended before its stream did"))?;
        let report = batch.await.map_err(|error| Failure::new(format!("the batch ended: {error}")))?;
        let expected = match (mode, report) {
            (Atomic, report) => {
                equal(kinds(&[report]), vec![AlreadyExists])?;
                1
            }
            (PerItem, report) => {
                let report = report?;
                let failed: Vec<_> = report.failures.iter().map(|f| (f.index, f.error.kind())).collect();
                equal((report.created, failed), (1, vec![(1, AlreadyExists)]))?;
                2
            }
        };
        equal(rows.count(json!({})).await?, expected)?;
        equal(rows.get("late").await?, Some(taken))?;
    }
    Ok(())
}
