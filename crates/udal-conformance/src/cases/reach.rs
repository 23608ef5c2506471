//! Reach: what each ownership policy lets someone see and write, in each operation.

use serde_json::json;
use udal_core::contract::BatchMode;
use udal_core::record::Record;
use udal_core::{ErrorKind, Ownership};

use crate::case::{Case, Outcome, case};
use crate::expect::{equal, fails, same_record, some};
use crate::fixture::{Policy, fill};
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("GET-3", get_reaches_the_team, gets(Policy::TeamWide)),
        case!("GET-3", get_reaches_what_is_owned, gets(Policy::OwnerOnly)),
        case!("GET-3", get_reaches_what_is_assigned, gets(Policy::AssignedOnly)),
        case!("GET-3", get_reaches_what_those_below_own, gets(Policy::Hierarchical)),
        case!("GET-3", get_without_a_team_reaches_nothing, gets(Policy::Teamless)),
        case!("LIST-1", list_reaches_the_team, lists(Policy::TeamWide)),
        case!("LIST-1", list_reaches_what_is_owned, lists(Policy::OwnerOnly)),
        case!("LIST-1", list_reaches_what_is_assigned, lists(Policy::AssignedOnly)),
        case!("LIST-1", list_reaches_what_those_below_own, lists(Policy::Hierarchical)),
        case!("LIST-1", list_without_a_team_reaches_nothing, lists(Policy::Teamless)),
        case!("SEARCH-1", search_reaches_the_team, searches(Policy::TeamWide)),
        case!("SEARCH-1", search_reaches_what_is_owned, searches(Policy::OwnerOnly)),
        case!("SEARCH-1", search_reaches_what_is_assigned, searches(Policy::AssignedOnly)),
        case!("SEARCH-1", search_reaches_what_those_below_own, searches(Policy::Hierarchical)),
        case!("COUNT-1", count_reaches_what_list_reaches),
        case!("UPDATE-4", update_reaches_the_team, updates(Policy::TeamWide)),
        case!("UPDATE-4", update_reaches_what_is_owned, updates(Policy::OwnerOnly)),
        case!("UPDATE-4", update_reaches_what_is_assigned, updates(Policy::AssignedOnly)),
        case!("UPDATE-4", update_reaches_what_those_below_own, updates(Policy::Hierarchical)),
        case!("UPDATE-5", an_update_out_of_the_team_is_denied, moves(Policy::TeamWide)),
        case!("UPDATE-5", an_update_to_another_owner_is_denied, moves(Policy::OwnerOnly)),
        case!("UPDATE-5", an_update_to_other_people_is_denied, moves(Policy::AssignedOnly)),
        case!("UPDATE-5", an_update_to_someone_above_is_denied, moves(Policy::Hierarchical)),
        case!("UPDATE-5", an_update_within_reach_is_not_denied),
        case!("DELETE-2", delete_reaches_the_team, deletes(Policy::TeamWide)),
        case!("DELETE-2", delete_reaches_what_is_owned, deletes(Policy::OwnerOnly)),
        case!("DELETE-2", delete_reaches_what_is_assigned, deletes(Policy::AssignedOnly)),
        case!("DELETE-2", delete_reaches_what_those_below_own, deletes(Policy::Hierarchical)),
        case!("CREATE-5", create_for_another_team_is_denied, creates(Policy::TeamWide)),
        case!("CREATE-5", create_for_another_owner_is_denied, creates(Policy::OwnerOnly)),
        case!("CREATE-5", create_for_other_people_is_denied, creates(Policy::AssignedOnly)),
        case!("CREATE-5", create_for_someone_above_is_denied, creates(Policy::Hierarchical)),
        case!("CREATE-5", create_without_a_team_is_denied, creates(Policy::Teamless)),
        case!("CREATE-2", an_id_is_taken_by_a_hidden_record),
        case!("BATCH-6", a_batch_for_another_team, batches(Policy::TeamWide)),
        case!("BATCH-6", a_batch_for_another_owner, batches(Policy::OwnerOnly)),
        case!("BATCH-6", a_batch_for_other_people, batches(Policy::AssignedOnly)),
        case!("BATCH-6", a_batch_for_someone_above, batches(Policy::Hierarchical)),
        case!("LIST-1", a_filter_cannot_widen_the_reach),
    ]
}

/// Whether one of the keys is the record's.
fn is_among(keys: &[&str], record: &Record) -> bool {
    keys.iter().any(|key| record.id() == format!("Plain/{key}"))
}

async fn gets(world: &World, policy: Policy) -> Outcome {
    let (rows, records) = fill(world).await?;
    let ann = rows.seen_by(&policy.context(world)?);
    for record in &records {
        let expected = is_among(policy.reached(), record).then_some(record);
        equal((record.id(), ann.get_id(record.id()).await?.as_ref()), (record.id(), expected))?;
    }
    Ok(())
}

async fn lists(world: &World, policy: Policy) -> Outcome {
    let (rows, records) = fill(world).await?;
    let ann = rows.seen_by(&policy.context(world)?);
    equal(ann.find(json!({})).await?, policy.reached())?;
    equal(ann.ordered("-id").await?, policy.reached().iter().rev().copied().collect::<Vec<_>>())?;
    for filter in
        [json!({"owned_by": {"is_null": true}}), json!({"not": {"team_id": "red"}}), json!({"name": "some name"})]
    {
        ann.agree(&records, filter).await?;
    }
    Ok(())
}

async fn searches(world: &World, policy: Policy) -> Outcome {
    let (rows, records) = fill(world).await?;
    let ann = rows.seen_by(&policy.context(world)?);
    equal(ann.search("NAME some", &["name"]).await?, policy.reached())?;
    equal(rows.search("NAME some", &["name"]).await?.len(), records.len())
}

async fn count_reaches_what_list_reaches(world: &World) -> Outcome {
    let (rows, _) = fill(world).await?;
    for policy in [Policy::TeamWide, Policy::OwnerOnly, Policy::AssignedOnly, Policy::Hierarchical, Policy::Teamless] {
        let ann = rows.seen_by(&policy.context(world)?);
        equal(ann.count(json!({})).await?, policy.reached().len() as u64)?;
        let blue = json!({"team_id": "blue"});
        equal(ann.count(blue.clone()).await?, ann.find(blue).await?.len() as u64)?;
    }
    equal(rows.count(json!({})).await?, 11)
}

async fn updates(world: &World, policy: Policy) -> Outcome {
    let (rows, records) = fill(world).await?;
    let ann = rows.seen_by(&policy.context(world)?);
    let mut expected = Vec::new();
    for record in records {
        let key = rows.keys(std::slice::from_ref(&record)).concat();
        let answer = ann.update(&key, json!({"value": 7})).await;
        if is_among(policy.reached(), &record) {
            expected.push(answer?);
        } else {
            fails(answer, ErrorKind::NotFound)?;
            fails(ann.update_if(&key, json!({"value": 7}), Some(99)).await, ErrorKind::NotFound)?;
            expected.push(record);
        }
    }
    equal(rows.find(json!({"value": 7, "version": 2})).await?, policy.reached())?;
    rows.hold(&expected).await
}

async fn moves(world: &World, policy: Policy) -> Outcome {
    let (rows, records) = fill(world).await?;
    let ann = rows.seen_by(&policy.context(world)?);
    let away = match policy {
        Policy::TeamWide | Policy::Teamless => {
            vec![json!({"team_id": "blue"}), json!({"team_id": null}), json!({"team_id": "Red"})]
        }
        Policy::OwnerOnly => vec![json!({"owned_by": "bob", "assigned_to": ["ann"]}), json!({"owned_by": null})],
        Policy::AssignedOnly => {
            vec![json!({"owned_by": "cid", "assigned_to": ["bob"]}), json!({"owned_by": null, "assigned_to": []})]
        }
        Policy::Hierarchical => {
            vec![json!({"owned_by": "cid", "assigned_to": ["bob"]}), json!({"owned_by": "zoe", "assigned_to": null})]
        }
    };
    for changes in away {
        fails(ann.update("anns", changes).await, ErrorKind::Denied)?;
    }
    rows.hold(&records).await
}

async fn an_update_within_reach_is_not_denied(world: &World) -> Outcome {
    let (rows, _) = fill(world).await?;
    let as_assigned = rows.seen_by(&Policy::AssignedOnly.context(world)?);
    as_assigned.update("anns", json!({"owned_by": "bob", "assigned_to": ["ann", "zoe"]})).await?;
    as_assigned.update("anns", json!({"owned_by": "ann", "assigned_to": []})).await?;
    let as_above = rows.seen_by(&Policy::Hierarchical.context(world)?);
    as_above.update("anns", json!({"owned_by": "bob"})).await?;
    let as_team = rows.seen_by(&Policy::TeamWide.context(world)?);
    equal(as_team.update("anns", json!({"owned_by": "cid"})).await?.version(), 5)?;
    // Now it is the team's alone.
    fails(as_above.update("anns", json!({"value": 1})).await, ErrorKind::NotFound)?;
    rows.finds(json!({"owned_by": "cid", "version": 5}), &["anns"]).await
}

async fn deletes(world: &World, policy: Policy) -> Outcome {
    let (rows, records) = fill(world).await?;
    let ann = rows.seen_by(&policy.context(world)?);
    let mut kept = Vec::new();
    for record in records {
        let key = rows.keys(std::slice::from_ref(&record)).concat();
        match ann.delete(&key).await? {
            Some(deleted) => {
                equal((&key, is_among(policy.reached(), &record)), (&key, true))?;
                same_record(&deleted.record, &record)?;
            }
            None => {
                equal(ann.delete_if(&key, Some(99)).await?, None)?;
                kept.push(record);
            }
        }
    }
    equal(kept.len() + policy.reached().len(), 11)?;
    rows.hold(&kept).await
}

async fn creates(world: &World, policy: Policy) -> Outcome {
    let rows = world.rows("Plain")?;
    let ann = rows.seen_by(&policy.context(world)?);
    let (within, out) = policy.writes();
    fails(ann.try_create("out", out).await, ErrorKind::Denied)?;
    fails(ann.try_create("bare", json!({})).await, ErrorKind::Denied)?;
    fails(ann.write(ann.record("keyed", json!({}))?, Some(("key", "print"))).await, ErrorKind::Denied)?;
    let mut expected = Vec::new();
    if let Some(members) = within {
        expected.push(ann.create("within", members).await?);
    }
    rows.hold(&expected).await
}

async fn an_id_is_taken_by_a_hidden_record(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let hidden = rows.create("x", json!({"owned_by": "bob", "name": "bob's"})).await?;
    let ann = rows.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    fails(ann.try_create("x", json!({"owned_by": "ann"})).await, ErrorKind::AlreadyExists)?;
    equal(ann.get("x").await?, None)?;
    rows.hold(&[hidden]).await
}

async fn batches(world: &World, policy: Policy) -> Outcome {
    let rows = world.rows("Plain")?;
    let ann = rows.seen_by(&policy.context(world)?);
    let (within, out) = policy.writes();
    let within = some(within, "record within reach")?;
    let items = [("a", within.clone()), ("b", out), ("c", within)];
    let records = items.into_iter().map(|(key, members)| rows.record(key, members)).collect::<Result<Vec<_>, _>>()?;
    let numbered =
        || records.iter().cloned().enumerate().map(|(at, record)| Ok((at as u64, record))).collect::<Vec<_>>();
    fails(ann.batch(BatchMode::Atomic, numbered()).await, ErrorKind::Denied)?;
    // The right answer is nothing: the batch was denied whole.
    equal(rows.count(json!({})).await?, 0)?;
    let report = ann.batch(BatchMode::PerItem, numbered()).await?;
    let failed: Vec<_> = report.failures.iter().map(|failure| (failure.index, failure.error.kind())).collect();
    equal((report.created, failed), (2, vec![(1, ErrorKind::Denied)]))?;
    equal(rows.find(json!({})).await?, ["a", "c"])
}

async fn a_filter_cannot_widen_the_reach(world: &World) -> Outcome {
    let (rows, records) = fill(world).await?;
    let ann = rows.seen_by(&Policy::OwnerOnly.context(world)?);
    for filter in [
        json!({"or": [{"owned_by": "bob"}, {"owned_by": "ann"}]}),
        json!({"not": {"owned_by": "ann"}}),
        json!({"or": [{"and": []}, {"owned_by": "zoe"}]}),
        json!({"owned_by": {"in": ["bob", "cid", "ann"]}}),
        json!({"owned_by": {"is_null": true}}),
    ] {
        ann.agree(&records, filter).await?;
    }
    ann.finds(json!({"or": [{"owned_by": "bob"}, {"team_id": "blue"}]}), &["anns-blue"]).await
}
