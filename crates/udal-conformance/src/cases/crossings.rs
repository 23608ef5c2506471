//! Links and deletes at one instant: never a link to nothing.

use serde_json::{Value as Json, json};
use udal_core::ErrorKind::{InvalidInput, StillLinked};
use udal_core::contract::BatchMode::{self, Atomic, PerItem};
use udal_core::record::Record;
use udal_core::{Error, ErrorKind};

use super::contention::kinds;
use crate::case::{Case, Failure, Outcome, case};
use crate::expect::{equal, holds, some};
use crate::rows::Rows;
use crate::subject::Need;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    let cases = vec![
        case!("LINK-1", links_in_both_directions_at_one_instant),
        case!("LINK-1", a_ring_is_closed_at_one_instant),
        case!("LINK-3", a_chain_is_deleted_at_one_instant),
        case!("LINK-4", two_deletes_unlink_one_record),
        case!("LINK-4", an_unlink_and_an_update_of_one_record),
        case!("LINK-5", a_delete_against_a_create, delete_against(Way::Create)),
        case!("LINK-5", a_delete_against_an_update, delete_against(Way::Update)),
        case!("LINK-5", a_delete_against_a_whole_batch, delete_against(Way::Batch(Atomic))),
        case!("LINK-5", a_delete_against_a_batch_of_items, delete_against(Way::Batch(PerItem))),
        case!("LINK-5", a_delete_that_unlinks_against_a_create, unlink_against(Way::Create)),
        case!("LINK-5", a_delete_that_unlinks_against_an_update, unlink_against(Way::Update)),
        case!("LINK-5", a_delete_that_unlinks_against_a_whole_batch, unlink_against(Way::Batch(Atomic))),
        case!("LINK-5", a_delete_that_unlinks_against_a_batch_of_items, unlink_against(Way::Batch(PerItem))),
        case!("LINK-5", a_delete_that_unlinks_against_a_required_link),
    ];
    cases.into_iter().map(|case| case.needs(Need::Documents)).collect()
}

/// How often two writes are let loose on each other.
const ROUNDS: usize = 25;

/// How a link comes to be.
#[derive(Clone, Copy)]
enum Way {
    Create,
    Update,
    Batch(BatchMode),
}

impl Way {
    /// Writes the record with that key and these members; for an update it is there already, without them.
    async fn link(self, rows: &Rows, key: &str, members: Json) -> Result<(), Error> {
        match self {
            Way::Create => rows.try_create(key, members).await.map(drop),
            Way::Update => rows.update(key, members).await.map(drop),
            Way::Batch(mode) => {
                let record = rows.record(key, members).map_err(|failure| Error::internal(failure.to_string()))?;
                let report = rows.batch(mode, [Ok((0, record))]).await?;
                report.failures.into_iter().next().map_or(Ok(()), |failure| Err(failure.error))
            }
        }
    }
}

/// Every record to which one of these links is there.
async fn all_links_lead_somewhere(rows: &Rows, targets: &Rows) -> Outcome {
    for record in rows.all().await? {
        for (field, id) in record.links() {
            let there = targets.get_id(id).await?.is_some();
            holds(there, format!("`{}` of {} leads to {id}, which is not there", field.name(), record.id()))?;
        }
    }
    Ok(())
}

/// Lets a delete of `x` and a new link to it loose on each other; answers what became of each.
async fn raced(
    world: &World,
    (targets, linkers): (&Rows, &Rows),
    (way, round, members): (Way, usize, fn(usize) -> Json),
) -> Result<(Result<bool, Error>, Result<(), Error>), Failure> {
    targets.create("x", json!({})).await?;
    let key = format!("{round}");
    if let Way::Update = way {
        linkers.create(&key, json!({"name": "n"})).await?;
    }
    let act = |at: usize| {
        let (targets, linkers, key) = (targets.clone(), linkers.clone(), key.clone());
        async move {
            // Who is spawned first is not always first.
            match (at + round) % 2 {
                0 => (Some(targets.delete("x").await.map(|deleted| deleted.is_some())), None),
                _ => (None, Some(way.link(&linkers, &key, members(round)).await)),
            }
        }
    };
    let (mut deleted, mut linked) = (None, None);
    for (delete, link) in world.at_once(2, act).await? {
        deleted = deleted.or(delete);
        linked = linked.or(link);
    }
    Ok((some(deleted, "answer to the delete")?, some(linked, "answer to the link")?))
}

/// The kind of error, where it is one.
fn kind<T>(answer: &Result<T, Error>) -> Option<ErrorKind> {
    answer.as_ref().err().map(Error::kind)
}

async fn delete_against(world: &World, way: Way) -> Outcome {
    let (targets, linkers) = (world.rows("Account")?, world.rows("Contact")?);
    for round in 0..ROUNDS {
        let members = |round: usize| match round % 3 {
            0 => json!({"account": "Account/x"}),
            1 => json!({"accounts": ["Account/x"]}),
            _ => json!({"history": ["Account/x"]}),
        };
        let (deleted, linked) = raced(world, (&targets, &linkers), (way, round, members)).await?;
        // One was first, and the other was refused because of it.
        let fates = (kind(&deleted), kind(&linked));
        let expected = [(Some(StillLinked), None), (None, Some(InvalidInput))];
        holds(expected.contains(&fates), format!("round {round}: {deleted:?}, {linked:?}"))?;
        all_links_lead_somewhere(&linkers, &targets).await?;
        linkers.delete(&format!("{round}")).await?;
        targets.delete("x").await?;
    }
    linkers.hold(&[]).await?;
    targets.hold(&[]).await
}

async fn unlink_against(world: &World, way: Way) -> Outcome {
    let (targets, linkers) = (world.rows("Tag")?, world.rows("Tagged")?);
    for round in 0..ROUNDS {
        let members = |round: usize| match round % 3 {
            0 => json!({"tag": "Tag/x"}),
            1 => json!({"tags": ["Tag/x"]}),
            _ => json!({"history": ["Tag/x"]}),
        };
        let (deleted, linked) = raced(world, (&targets, &linkers), (way, round, members)).await?;
        // The delete is never refused: it came first, or took the link out.
        equal(deleted?, true)?;
        holds([None, Some(InvalidInput)].contains(&kind(&linked)), format!("round {round}: {linked:?}"))?;
        targets.hold(&[]).await?;
        all_links_lead_somewhere(&linkers, &targets).await?;
        let version = linkers.get(&format!("{round}")).await?.map(|record| record.version());
        let expected = match (way, &linked) {
            (Way::Update, Ok(())) => Some(3),
            (Way::Update, Err(_)) => Some(1),
            (_, Ok(())) => Some(2),
            (_, Err(_)) => None,
        };
        equal(version, expected)?;
    }
    Ok(())
}

async fn a_delete_that_unlinks_against_a_required_link(world: &World) -> Outcome {
    let (targets, linkers) = (world.rows("Tag")?, world.rows("Labelled")?);
    for round in 0..ROUNDS {
        let members = |_| json!({"tag": "Tag/x"});
        let (deleted, linked) = raced(world, (&targets, &linkers), (Way::Create, round, members)).await?;
        let fates = (kind(&deleted), kind(&linked));
        let expected = [(Some(StillLinked), None), (None, Some(InvalidInput))];
        holds(expected.contains(&fates), format!("round {round}: {deleted:?}, {linked:?}"))?;
        all_links_lead_somewhere(&linkers, &targets).await?;
        linkers.delete(&format!("{round}")).await?;
        targets.delete("x").await?;
    }
    Ok(())
}

async fn links_in_both_directions_at_one_instant(world: &World) -> Outcome {
    let rows = world.rows("Account")?;
    rows.create("a", json!({})).await?;
    rows.create("b", json!({})).await?;
    for _ in 0..ROUNDS {
        let link = |at: usize| {
            let rows = rows.clone();
            let (from, to) = if at == 0 { ("a", "b") } else { ("b", "a") };
            async move { rows.update(from, json!({"parent": rows.id(to)})).await }
        };
        for answer in world.at_once(2, link).await? {
            answer?;
        }
        rows.update("a", json!({"parent": null})).await?;
        rows.update("b", json!({"parent": null})).await?;
    }
    let versions: Vec<i64> = rows.all().await?.iter().map(Record::version).collect();
    equal(versions, vec![1 + 2 * ROUNDS as i64; 2])
}

async fn a_ring_is_closed_at_one_instant(world: &World) -> Outcome {
    let rows = world.rows("Account")?;
    let count = 12;
    rows.fill((0..count).map(|_| json!({}))).await?;
    let link = |at: usize| {
        let rows = rows.clone();
        let (from, to) = (format!("k{at:03}"), format!("k{:03}", (at + 1) % count));
        async move { rows.update(&from, json!({"parent": rows.id(&to)})).await }
    };
    let linked = world.at_once(count, link).await?.into_iter().collect::<Result<Vec<_>, _>>()?;
    rows.hold(&linked).await?;
    // Each holds the next: none can go.
    let delete = |at: usize| {
        let rows = rows.clone();
        async move { rows.delete(&format!("k{at:03}")).await }
    };
    equal(kinds(&world.at_once(count, delete).await?), vec![StillLinked; count])?;
    rows.hold(&linked).await
}

async fn a_chain_is_deleted_at_one_instant(world: &World) -> Outcome {
    let rows = world.rows("Account")?;
    for round in 0..10 {
        let parents = ["k000", "k000", "k001", "k002", "k003"];
        rows.fill(parents.map(|parent| json!({"parent": rows.id(parent)}))).await?;
        let delete = |at: usize| {
            let rows = rows.clone();
            async move { rows.delete(&format!("k{at:03}")).await }
        };
        let answers = world.at_once(5, delete).await?;
        holds(kinds(&answers).iter().all(|kind| *kind == StillLinked), format!("round {round}: {answers:?}"))?;
        // Nothing links to the last, so it is gone; of the others those from the end on.
        let left = rows.list(&crate::rows::Ask::everything()).await?;
        let expected: Vec<String> = (0..left.len()).map(|at| format!("k{at:03}")).collect();
        equal(&left, &expected)?;
        holds(left.len() < 5, "the last of the chain was not deleted")?;
        for key in left.iter().rev() {
            some(rows.delete(key).await?, "deleted account")?;
        }
    }
    Ok(())
}

async fn two_deletes_unlink_one_record(world: &World) -> Outcome {
    let (tags, tagged) = (world.rows("Tag")?, world.rows("Tagged")?);
    for round in 0..ROUNDS {
        tags.fill([json!({}), json!({}), json!({})]).await?;
        let key = format!("{round}");
        tagged
            .create(&key, json!({"tags": ["Tag/k000", "Tag/k001", "Tag/k002"], "history": ["Tag/k001", "Tag/k000"]}))
            .await?;
        let delete = |at: usize| {
            let tags = tags.clone();
            async move { tags.delete(&format!("k{at:03}")).await }
        };
        let mut versions = Vec::new();
        for answer in world.at_once(2, delete).await? {
            let unlinked = some(answer?, "deleted tag")?.unlinked;
            versions.extend(unlinked.into_iter().map(|touched| touched.version));
        }
        versions.sort_unstable();
        equal(versions, vec![2, 3])?;
        let record = some(tagged.get(&key).await?, "record")?;
        let expected = tagged.record(&key, json!({"tags": ["Tag/k002"], "history": []}))?;
        equal((record.version(), record.value("tags")), (3, expected.value("tags")))?;
        equal(record.value("history"), expected.value("history"))?;
        equal(some(tags.delete("k002").await?, "deleted tag")?.unlinked.len(), 1)?;
    }
    Ok(())
}

async fn an_unlink_and_an_update_of_one_record(world: &World) -> Outcome {
    let (tags, tagged) = (world.rows("Tag")?, world.rows("Tagged")?);
    for round in 0..ROUNDS {
        tags.create("x", json!({})).await?;
        let key = format!("{round}");
        tagged.create(&key, json!({"name": "before", "tag": "Tag/x", "tags": ["Tag/x"]})).await?;
        let act = |at: usize| {
            let (tags, tagged, key) = (tags.clone(), tagged.clone(), key.clone());
            async move {
                match at {
                    0 => tags.delete("x").await.map(drop),
                    _ => tagged.update(&key, json!({"name": "after"})).await.map(drop),
                }
            }
        };
        for answer in world.at_once(2, act).await? {
            answer?;
        }
        let mut expected = tagged.record(&key, json!({"name": "after"}))?;
        expected.set(tagged.model.field("version")?, Some(udal_core::value::Value::Int(3)));
        equal(tagged.get(&key).await?, Some(expected))?;
    }
    Ok(())
}
