//! Batches of updates: what they change, and what they refuse.

use serde_json::json;
use udal_core::ErrorKind::{Denied, InvalidInput, NotFound, VersionConflict};
use udal_core::Ownership;
use udal_core::contract::BatchMode::{Atomic, PerItem};

use super::changes::after;
use crate::case::{Case, Outcome, case};
use crate::changes::Op::{Update, Upsert};
use crate::changes::{Item, failures, item, key, refused};
use crate::expect::{equal, fails, holds};
use crate::subject::Need;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("BATCH-UPDATE-1", what_is_given_changes_and_the_rest_stays),
        case!("BATCH-UPDATE-1", each_record_changes_in_its_own_fields),
        case!("BATCH-UPDATE-1", records_move_between_partitions),
        case!("BATCH-UPDATE-2", a_stale_version_changes_nothing),
        case!("BATCH-UPDATE-3", what_is_not_there_is_not_found),
        case!("BATCH-UPDATE-3", what_is_out_of_reach_is_not_found),
        case!("BATCH-UPDATE-4", no_record_is_given_away),
        case!("BATCH-UPDATE-4", who_may_not_write_shared_records_is_denied).needs(Need::Tables),
        case!("BATCH-UPDATE-5", a_broken_link_is_refused).needs(Need::Documents),
        case!("BATCH-UPDATE-5", links_follow_the_records).needs(Need::Documents),
    ]
}

async fn what_is_given_changes_and_the_rest_stays(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let keys = ["a", "A", "a ", "á", "a%", "_", "a\\"];
    let mut held = Vec::new();
    for key in keys {
        held.push(rows.create(key, json!({"name": "n", "value": 1, "tags": ["t"], "owned_by": "ann"})).await?);
    }
    let changes = [
        json!({"value": 2}),
        json!({"name": null, "tags": null}),
        json!({}),
        json!({"tags": ["u", "t", ""], "assigned_to": ["zoe"]}),
    ];
    let items: Vec<Item> =
        ["_", "a", "a%", "á"].iter().zip(&changes).map(|(key, change)| item(key, change.clone())).collect();
    let report = rows.all_of(Update, Atomic, &items).await?;
    equal((report.created, report.updated), (0, 4))?;
    for (item, change) in items.iter().zip(changes) {
        let id = rows.id(&item.key);
        let slot = held.iter_mut().find(|record| record.id() == id);
        if let Some(record) = slot {
            *record = after(record, &[change])?;
        }
    }
    rows.hold(&held).await
}

async fn each_record_changes_in_its_own_fields(world: &World) -> Outcome {
    let rows = world.rows("Wide")?;
    let count = 130;
    let mut held = rows.fill((0..count).map(|_| json!({"f0": "first", "f119": "last"}))).await?;
    let change = |at: usize| json!({ format!("f{}", at % 120): format!("v{at}") });
    let items: Vec<Item> = (0..count).map(|at| item(&format!("k{at:03}"), change(at))).collect();
    equal(rows.all_of(Update, PerItem, &items).await?.updated, count as u64)?;
    for (at, record) in held.iter_mut().enumerate() {
        *record = after(record, &[change(at)])?;
    }
    rows.hold(&held).await
}

async fn records_move_between_partitions(world: &World) -> Outcome {
    for model in ["Sample", "Daily"] {
        let rows = world.rows(model)?;
        let day = |month: usize| json!({"taken_at": format!("2023-{month:02}-05T10:00:00Z"), "day": format!("2023-{month:02}-05")});
        let mut held = rows.fill((0..24).map(|at| day(at % 12 + 1))).await?;
        let items: Vec<Item> = (0..24).map(|at| item(&format!("k{at:03}"), day((at + 5) % 12 + 1))).collect();
        equal(rows.all_of(Update, Atomic, &items).await?.updated, 24)?;
        for (at, record) in held.iter_mut().enumerate() {
            *record = after(record, &[day((at + 5) % 12 + 1)])?;
            holds(rows.get_id(record.id()).await?.as_ref() == Some(record), "it is not found by its id")?;
        }
        rows.hold(&held).await?;
    }
    Ok(())
}

async fn a_stale_version_changes_nothing(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let mut held = rows.fill([json!({"value": 0}), json!({"value": 0})]).await?;
    for version in [0, -1, 2, i64::MAX, i64::MIN] {
        let items = [item("k000", json!({"value": 1})).at(1), item("k001", json!({"value": 1})).at(version)];
        refused(rows.all_of(Update, Atomic, &items).await, VersionConflict, 1)?;
        rows.hold(&held).await?;
    }
    let items = [item("k000", json!({"value": 1})).at(2), item("k001", json!({"value": 1})).at(1)];
    let report = rows.all_of(Update, PerItem, &items).await?;
    equal((report.updated, failures(&report)), (1, vec![(0, VersionConflict)]))?;
    held[1] = after(&held[1], &[json!({"value": 1})])?;
    rows.hold(&held).await
}

async fn what_is_not_there_is_not_found(world: &World) -> Outcome {
    for model in ["Plain", "Friend"] {
        let rows = world.rows(model)?;
        // First where nothing was ever written, then beside another record.
        for _ in 0..2 {
            let items = ["a", "", "Straße ", "%", "a\u{0}", "' OR '1'='1"].map(|key| item(key, json!({"name": "n"})));
            let report = rows.all_of(Update, PerItem, &items).await?;
            equal((report.updated, failures(&report)), (0, (0..6).map(|at| (at, NotFound)).collect()))?;
            refused(rows.all_of(Update, Atomic, &[item("a", json!({"name": "n"})).at(1)]).await, NotFound, 0)?;
            equal(rows.all_of(Update, Atomic, &[]).await?.updated, 0)?;
            if !rows.all().await?.is_empty() {
                break;
            }
            rows.create("Straße", json!({})).await?;
        }
        rows.hold(&[rows.record("Straße", json!({}))?]).await?;
    }
    holds(!world.backend.list_tenants().await?.is_empty(), "there is no tenant")
}

async fn what_is_out_of_reach_is_not_found(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let a = rows.create("a", json!({"owned_by": "ann"})).await?;
    let b = rows.create("b", json!({"owned_by": "bob", "name": "secret"})).await?;
    let anns = rows.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    // To take what is not one's own is to change what one does not see; at no version is it told that it is there.
    let items = [
        item("b", json!({"name": "n"})),
        item("b", json!({"owned_by": "ann"})),
        item("b", json!({})).at(1),
        item("b", json!({})).at(2),
        item("c", json!({"name": "n"})),
    ];
    let report = anns.all_of(Update, PerItem, &items).await?;
    equal(failures(&report), (0..5).map(|at| (at, NotFound)).collect::<Vec<_>>())?;
    let there = fails(anns.all_of(Update, Atomic, &items[..1]).await, NotFound)?;
    let absent = fails(anns.all_of(Update, Atomic, &items[4..]).await, NotFound)?;
    equal(there.to_string().replace("Plain/b", "Plain/c"), absent.to_string())?;
    rows.hold(&[a, b]).await
}

async fn no_record_is_given_away(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let mut held = rows.fill([json!({"owned_by": "ann"}), json!({"owned_by": "ann"})]).await?;
    let anns = rows.seen_by(&world.user("ann", None, Ownership::AssignedOnly)?);
    for changes in [json!({"owned_by": "bob"}), json!({"owned_by": null}), json!({"owned_by": "ANN"})] {
        refused(anns.all_of(Update, Atomic, &[key("k000"), item("k001", changes)]).await, Denied, 1)?;
        rows.hold(&held).await?;
    }
    // She keeps seeing it: first as assigned to her, then not any more.
    let stays = json!({"owned_by": "bob", "assigned_to": ["ann"]});
    let items =
        [item("k000", stays.clone()), item("k000", json!({"assigned_to": ["zoe"]})), item("k001", json!({"value": 1}))];
    let report = anns.all_of(Update, PerItem, &items).await?;
    equal((report.updated, failures(&report)), (2, vec![(1, Denied)]))?;
    held[0] = after(&held[0], &[stays])?;
    held[1] = after(&held[1], &[json!({"value": 1})])?;
    rows.hold(&held).await
}

async fn who_may_not_write_shared_records_is_denied(world: &World) -> Outcome {
    let rows = world.rows("Shared")?;
    let key = world.tenant.to_string();
    let record = rows.create(&key, json!({"name": "x", "tag": key, "team_id": "red"})).await?;
    let ann = rows.seen_by(&world.user("ann", Some("red"), Ownership::TeamWide)?);
    let items = [item(&key, json!({"name": "y"})), item("none", json!({"name": "y"}))];
    refused(ann.all_of(Update, Atomic, &items).await, Denied, 0)?;
    equal(failures(&ann.all_of(Update, PerItem, &items).await?), vec![(0, Denied), (1, Denied)])?;
    equal(rows.get(&key).await?, Some(record))?;
    equal(rows.all_of(Update, Atomic, &items[..1]).await?.updated, 1)?;
    holds(rows.delete(&key).await?.is_some(), "it was not deleted")
}

async fn a_broken_link_is_refused(world: &World) -> Outcome {
    let (accounts, contacts) = (world.rows("Account")?, world.rows("Contact")?);
    accounts.create("there", json!({})).await?;
    let held = contacts.fill([json!({"account": "Account/there"}), json!({})]).await?;
    for broken in [
        json!({"account": "Account/gone"}),
        json!({"accounts": ["Account/there", "Account/gone"]}),
        json!({"history": ["Account/gone"]}),
    ] {
        let items = [item("k001", json!({"name": "n"})), item("k000", broken.clone())];
        refused(contacts.all_of(Update, Atomic, &items).await, InvalidInput, 1)?;
        contacts.hold(&held).await?;
        equal(failures(&contacts.all_of(Update, PerItem, &items[1..]).await?), vec![(0, InvalidInput)])?;
    }
    contacts.hold(&held).await
}

async fn links_follow_the_records(world: &World) -> Outcome {
    let (accounts, contacts) = (world.rows("Account")?, world.rows("Contact")?);
    accounts.all_of(Upsert, Atomic, &["a", "b", "c"].map(key)).await?;
    let (a, b) = ("Account/a", "Account/b");
    contacts.create("x", json!({"account": a, "accounts": [a], "history": [a]})).await?;
    contacts.create("y", json!({"account": a})).await?;
    // What is not named keeps its links; itself a record may link to.
    let items = [
        item("x", json!({"account": b, "accounts": [b, "Account/c"]})),
        item("y", json!({"account": null})),
        item("y", json!({"name": "n"})),
    ];
    equal(contacts.all_of(Update, Atomic, &items).await?.updated, 3)?;
    fails(accounts.delete("a").await, udal_core::ErrorKind::StillLinked)?;
    equal(contacts.all_of(Update, Atomic, &[item("x", json!({"history": null}))]).await?.updated, 1)?;
    holds(accounts.delete("a").await?.is_some(), "the account was not deleted")?;
    fails(accounts.delete("b").await, udal_core::ErrorKind::StillLinked)?;
    equal(accounts.all_of(Update, Atomic, &[item("b", json!({"parent": b}))]).await?.updated, 1)?;
    fails(accounts.delete("c").await, udal_core::ErrorKind::StillLinked).map(drop)
}
