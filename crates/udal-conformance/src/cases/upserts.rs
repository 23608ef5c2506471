//! Upserts: what is created, what is changed, and what is refused.

use serde_json::{Value as Json, json};
use udal_core::ErrorKind::{AlreadyExists, Denied, InvalidInput, NotFound, VersionConflict};
use udal_core::Ownership;
use udal_core::contract::BatchMode::{Atomic, PerItem};
use udal_core::record::Record;

use super::changes::after;
use crate::case::{Case, Failure, Outcome, case};
use crate::changes::Op::Upsert;
use crate::changes::{Item, failures, item, key, refused};
use crate::corpus;
use crate::expect::{equal, holds, same_record, some};
use crate::fixture::{Policy, befriend};
use crate::subject::Need;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("UPSERT-1", a_free_id_is_created),
        case!("UPSERT-1", what_is_created_is_what_was_given, of_every_type("UPSERT-1")),
        case!("UPSERT-2", a_taken_id_is_changed),
        case!("UPSERT-2", what_is_changed_is_what_was_given, of_every_type("UPSERT-2")),
        case!("UPSERT-2", a_record_moves_to_where_its_day_is, moves("Sample")),
        case!("UPSERT-2", a_record_moves_to_where_its_date_is, moves("Daily")),
        case!("UPSERT-2", a_record_stays_where_it_was_created, moves("Yearly")),
        case!("UPSERT-3", what_is_out_of_reach_is_taken),
        case!("UPSERT-3", nothing_is_written_out_of_reach),
        case!("UPSERT-3", every_policy_holds),
        case!("UPSERT-3", who_may_not_write_shared_records_is_denied).needs(Need::Tables),
        case!("UPSERT-4", one_creates_and_the_others_change),
        case!("UPSERT-5", records_of_a_whole_batch_link_to_one_another).needs(Need::Documents),
        case!("UPSERT-5", links_reach_across_thousands).needs(Need::Documents),
        case!("UPSERT-5", a_link_to_nothing_refuses_the_batch).needs(Need::Documents),
        case!("UPSERT-5", the_first_of_two_failures_is_answered).needs(Need::Documents),
        case!("UPSERT-5", item_by_item_links_lead_to_earlier_ones).needs(Need::Documents),
        case!("UPSERT-6", what_is_expected_must_be_there),
        case!("UPSERT-6", what_is_expected_is_what_earlier_items_left),
    ]
}

async fn a_free_id_is_created(world: &World) -> Outcome {
    // In a tenant that was never written.
    let rows = world.rows("Plain")?;
    let keys = ["b", "a", "", "é", "'; drop table plain; --", "a b"];
    let items: Vec<Item> = keys.iter().map(|key| item(key, json!({"name": key, "tags": ["t", key]}))).collect();
    let report = rows.all_of(Upsert, Atomic, &items).await?;
    equal((report.created, report.updated), (6, 0))?;
    let records = keys.iter().map(|key| rows.record(key, json!({"name": key, "tags": ["t", key]})));
    rows.hold(&records.collect::<Result<Vec<_>, _>>()?).await
}

/// Members of every type, which are the corpus's values by turns.
fn turns(at: usize) -> Json {
    let mut members = serde_json::Map::new();
    for (field, declared) in crate::models::SINGLES {
        let scalar = udal_core::model::FieldType::parse(declared).map(|parsed| parsed.scalar);
        let values = scalar.map(|scalar| corpus::values(&scalar)).unwrap_or_default();
        let value =
            if at % 5 == 4 { Json::Null } else { values.get(at % values.len().max(1)).cloned().unwrap_or_default() };
        members.insert(field.to_owned(), value);
    }
    members.insert("anything".to_owned(), json!({"at": at, "k": [null, "é", 1e300]}));
    Json::Object(members)
}

async fn of_every_type(world: &World, clause: &str) -> Outcome {
    let rows = world.rows("Single")?;
    befriend(world).await?;
    let count = 60;
    let mut expected: Vec<Record> = Vec::new();
    let items: Vec<Item> = (0..count).map(|at| item(&format!("k{at:03}"), turns(at))).collect();
    equal(rows.all_of(Upsert, Atomic, &items).await?.created, count as u64)?;
    for at in 0..count {
        expected.push(rows.record(&format!("k{at:03}"), turns(at))?);
    }
    rows.hold(&expected).await?;
    if clause == "UPSERT-1" {
        return Ok(());
    }
    let items: Vec<Item> = (0..count).map(|at| item(&format!("k{at:03}"), turns(at + 7))).collect();
    equal(rows.all_of(Upsert, PerItem, &items).await?.updated, count as u64)?;
    for (at, record) in expected.iter_mut().enumerate() {
        *record = after(record, &[turns(at + 7)])?;
    }
    rows.hold(&expected).await
}

async fn a_taken_id_is_changed(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let members =
        json!({"name": "n", "value": 1, "tags": ["t"], "owned_by": "ann", "created_at": "2001-02-03T04:05:06Z"});
    let a = rows.create("a", members).await?;
    let b = rows.create("b", json!({"name": "other"})).await?;
    // `created_at` counts where it is created only.
    let changes = json!({"value": null, "tags": ["u"], "created_at": "2020-01-01T00:00:00Z"});
    let report = rows.all_of(Upsert, Atomic, &[item("a", changes.clone()), item("c", changes.clone())]).await?;
    equal((report.created, report.updated), (1, 1))?;
    let c = rows.record("c", changes)?;
    let a = after(&a, &[json!({"value": null, "tags": ["u"]})])?;
    rows.hold(&[a.clone(), b.clone(), c.clone()]).await?;
    // Nothing given is a change all the same: it counts up.
    equal(rows.all_of(Upsert, PerItem, &[key("a")]).await?.updated, 1)?;
    rows.hold(&[after(&a, &[json!({})])?, b, c]).await
}

async fn moves(world: &World, model: &str) -> Outcome {
    let rows = world.rows(model)?;
    let of = |year: u16, value: f64| json!({"taken_at": format!("{year}-05-01T00:00:00Z"), "day": format!("{year}-05-01"), "value": value});
    let items: Vec<Item> = (2001..2021).map(|year| item(&format!("k{year}"), of(year, 1.0))).collect();
    equal(rows.all_of(Upsert, Atomic, &items).await?.created, 20)?;
    let mut expected = Vec::new();
    let mut again = Vec::new();
    for year in 2001..2021 {
        // Some stay, some move to where others are, some to where none was.
        let to = if year % 3 == 0 { year } else { year + 10 };
        again.push(item(&format!("k{year}"), of(to, 2.0)));
        expected.push(after(&rows.record(&format!("k{year}"), of(year, 1.0))?, &[of(to, 2.0)])?);
    }
    again.reverse();
    equal(rows.all_of(Upsert, Atomic, &again).await?.updated, 20)?;
    rows.hold(&expected).await?;
    for record in &expected {
        let found = some(rows.get_id(record.id()).await?, "record by its id")?;
        same_record(&found, record)?;
    }
    Ok(())
}

async fn what_is_out_of_reach_is_taken(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let bobs = rows.create("b", json!({"owned_by": "bob", "name": "secret"})).await?;
    let anns = rows.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    let mine = |key: &str| item(key, json!({"name": "x", "owned_by": "ann"}));
    refused(anns.all_of(Upsert, Atomic, &[mine("a"), mine("b")]).await, AlreadyExists, 1)?;
    rows.hold(std::slice::from_ref(&bobs)).await?;
    let report = anns.all_of(Upsert, PerItem, &[mine("a"), mine("b"), mine("c")]).await?;
    equal((report.created, report.updated, failures(&report)), (2, 0, vec![(1, AlreadyExists)]))?;
    equal(anns.find(json!({})).await?, vec!["a", "c"])?;
    same_record(&some(rows.get("b").await?, "record of bob's")?, &bobs)
}

async fn nothing_is_written_out_of_reach(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let a = rows.create("a", json!({"owned_by": "ann"})).await?;
    let anns = rows.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    let given_away = item("a", json!({"owned_by": "bob"}));
    let created = item("new", json!({"owned_by": "bob"}));
    for item in [&given_away, &created] {
        refused(anns.all_of(Upsert, Atomic, &[key("a"), item.clone()]).await, Denied, 1)?;
        rows.hold(std::slice::from_ref(&a)).await?;
    }
    let report = anns.all_of(Upsert, PerItem, &[given_away, created, item("a", json!({"value": 1}))]).await?;
    equal((report.created, report.updated, failures(&report)), (0, 1, vec![(0, Denied), (1, Denied)]))?;
    rows.hold(&[after(&a, &[json!({"value": 1})])?]).await
}

async fn every_policy_holds(world: &World) -> Outcome {
    let (rows, mut records) = crate::fixture::fill(world).await?;
    for policy in [Policy::TeamWide, Policy::OwnerOnly, Policy::AssignedOnly, Policy::Hierarchical, Policy::Teamless] {
        let anns = rows.seen_by(&policy.context(world)?);
        let keys = rows.keys(&records);
        // The members say nothing of who owns it: where one would be created, it would be nobody's.
        let items: Vec<Item> = keys.iter().map(|key| item(key, json!({"value": 1}))).collect();
        let report = anns.all_of(Upsert, PerItem, &items).await?;
        let reached = policy.reached();
        holds(report.created == 0 && report.updated == reached.len() as u64, format!("{policy:?}: {report:?}"))?;
        for record in records.iter_mut() {
            if reached.iter().any(|key| record.id() == rows.id(key)) {
                *record = after(record, &[json!({"value": 1})])?;
            }
        }
        rows.hold(&records).await?;
    }
    Ok(())
}

async fn who_may_not_write_shared_records_is_denied(world: &World) -> Outcome {
    let rows = world.rows("Shared")?;
    let key = world.tenant.to_string();
    let members = json!({"name": "x", "tag": key, "team_id": "red", "owned_by": "ann"});
    let record = rows.create(&key, members.clone()).await?;
    let ann = rows.seen_by(&world.user("ann", Some("red"), Ownership::TeamWide)?);
    for key in [key.clone(), format!("{key}-new")] {
        refused(ann.all_of(Upsert, Atomic, &[item(&key, members.clone())]).await, Denied, 0)?;
        let report = ann.all_of(Upsert, PerItem, &[item(&key, members.clone())]).await?;
        equal((report.created, failures(&report)), (0, vec![(0, Denied)]))?;
    }
    same_record(&some(rows.get(&key).await?, "record")?, &record)?;
    equal(rows.count(json!({"tag": key})).await?, 1)?;
    let report = rows.all_of(Upsert, Atomic, &[item(&key, json!({"name": "y", "tag": key}))]).await?;
    equal(report.updated, 1)?;
    holds(rows.delete(&key).await?.is_some(), "it was not deleted")
}

async fn one_creates_and_the_others_change(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    for round in 0..10 {
        let key = format!("k{round}");
        let answers = world
            .at_once(8, |writer| {
                let (rows, key) = (rows.clone(), key.clone());
                async move { rows.all_of(Upsert, Atomic, &[item(&key, json!({"value": writer}))]).await }
            })
            .await?;
        let (mut created, mut updated) = (0, 0);
        for answer in answers {
            let report = answer?;
            created += report.created;
            updated += report.updated;
        }
        equal((created, updated), (1, 7))?;
        equal(some(rows.get(&key).await?, "record")?.version(), 8)?;
    }
    Ok(())
}

async fn records_of_a_whole_batch_link_to_one_another(world: &World) -> Outcome {
    let accounts = world.rows("Account")?;
    accounts.create("there", json!({})).await?;
    // Forwards, backwards, to itself, from one that is there, and in a ring.
    let items = [
        item("a", json!({"parent": "Account/b"})),
        item("b", json!({"parent": "Account/a"})),
        item("c", json!({"parent": "Account/c"})),
        item("there", json!({"parent": "Account/d"})),
        item("d", json!({"parent": "Account/there"})),
    ];
    let report = accounts.all_of(Upsert, Atomic, &items).await?;
    equal((report.created, report.updated), (4, 1))?;
    equal(accounts.find(json!({"parent": {"is_null": false}})).await?, vec!["a", "b", "c", "d", "there"])?;
    // The links hold what they lead to, as those of single writes do.
    crate::expect::fails(accounts.delete("d").await, udal_core::ErrorKind::StillLinked)?;
    let report = accounts.all_of(Upsert, Atomic, &[item("there", json!({"parent": null}))]).await?;
    equal(report.updated, 1)?;
    holds(accounts.delete("d").await?.is_some(), "it was not deleted")
}

async fn links_reach_across_thousands(world: &World) -> Outcome {
    let accounts = world.rows("Account")?;
    let last = |at: usize| json!({"parent": format!("Account/k{:05}", 5_999 - at)});
    let items: Vec<Item> = (0..6_000).map(|at| item(&format!("k{at:05}"), last(at))).collect();
    let report = accounts.all_of(Upsert, Atomic, &items).await?;
    equal(report.created, 6_000)?;
    equal(accounts.find(json!({"parent": "Account/k00000"})).await?, vec!["k05999"])
}

async fn a_link_to_nothing_refuses_the_batch(world: &World) -> Outcome {
    let (accounts, contacts) = (world.rows("Account")?, world.rows("Contact")?);
    accounts.create("there", json!({})).await?;
    let c = contacts.create("c", json!({"account": "Account/there"})).await?;
    for members in [json!({"account": "Account/gone"}), json!({"accounts": ["Account/there", "Account/gone"]})] {
        for broken in [item("c", members.clone()), item("new", members.clone())] {
            refused(contacts.all_of(Upsert, Atomic, &[key("a"), broken.clone(), key("b")]).await, InvalidInput, 1)?;
            contacts.hold(std::slice::from_ref(&c)).await?;
            let report = contacts.all_of(Upsert, PerItem, std::slice::from_ref(&broken)).await?;
            equal((report.created, report.updated, failures(&report)), (0, 0, vec![(0, InvalidInput)]))?;
        }
    }
    contacts.hold(&[c]).await
}

async fn the_first_of_two_failures_is_answered(world: &World) -> Outcome {
    let accounts = world.rows("Account")?;
    let bobs = accounts.create("bobs", json!({"owned_by": "bob"})).await?;
    let anns = accounts.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    let mine = |key: &str, parent: Json| item(key, json!({"owned_by": "ann", "parent": parent}));
    let late = json!("Account/k9");
    let taken = mine("bobs", Json::Null);
    // The link of the first leads to one that comes after what is refused: then that is the first failure.
    let items = [mine("a", late.clone()), taken.clone(), mine("k9", Json::Null)];
    refused(anns.all_of(Upsert, Atomic, &items).await, AlreadyExists, 1)?;
    let items = [mine("a", late.clone()), taken.clone(), mine("b", Json::Null)];
    refused(anns.all_of(Upsert, Atomic, &items).await, InvalidInput, 0)?;
    // The same, with thousands between.
    let mut items = vec![mine("a", late), taken];
    items.extend((0..6_000).map(|at| mine(&format!("m{at}"), Json::Null)));
    refused(anns.all_of(Upsert, Atomic, &items).await, InvalidInput, 0)?;
    items.push(mine("k9", Json::Null));
    refused(anns.all_of(Upsert, Atomic, &items).await, AlreadyExists, 1)?;
    accounts.hold(&[bobs]).await
}

async fn item_by_item_links_lead_to_earlier_ones(world: &World) -> Outcome {
    let accounts = world.rows("Account")?;
    let items = [
        item("a", json!({"parent": "Account/b"})),
        item("b", json!({"parent": "Account/b"})),
        item("c", json!({"parent": "Account/b"})),
        item("d", json!({"parent": "Account/a"})),
        item("a", json!({"parent": "Account/c"})),
    ];
    let report = accounts.all_of(Upsert, PerItem, &items).await?;
    equal((report.created, report.updated), (3, 0))?;
    equal(failures(&report), vec![(0, InvalidInput), (3, InvalidInput)])?;
    let records: Result<Vec<Record>, Failure> = [("a", "c"), ("b", "b"), ("c", "b")]
        .iter()
        .map(|(key, parent)| accounts.record(key, json!({"parent": format!("Account/{parent}")})))
        .collect();
    accounts.hold(&records?).await
}

async fn what_is_expected_must_be_there(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let a = rows.create("a", json!({"owned_by": "ann"})).await?;
    let bobs = rows.create("bobs", json!({"owned_by": "bob"})).await?;
    let anns = rows.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    let asked = |key: &str, version: i64| item(key, json!({"value": 1, "owned_by": "ann"})).at(version);
    // A version of 0 expects that there is none.
    let refusals = [
        (asked("a", 0), AlreadyExists),
        (asked("a", 2), VersionConflict),
        (asked("bobs", 0), AlreadyExists),
        (asked("bobs", 1), NotFound),
        (asked("none", 1), NotFound),
    ];
    for (item, kind) in &refusals {
        refused(anns.all_of(Upsert, Atomic, std::slice::from_ref(item)).await, *kind, 0)?;
    }
    rows.hold(&[a.clone(), bobs.clone()]).await?;
    let mut items: Vec<Item> = refusals.iter().map(|(item, _)| item.clone()).collect();
    items.extend([asked("a", 1), asked("new", 0)]);
    let report = anns.all_of(Upsert, PerItem, &items).await?;
    let expected = refusals.iter().enumerate().map(|(at, (_, kind))| (at as u64, *kind)).collect::<Vec<_>>();
    equal((report.created, report.updated, failures(&report)), (1, 1, expected))?;
    let new = rows.record("new", json!({"value": 1, "owned_by": "ann"}))?;
    rows.hold(&[after(&a, &[json!({"value": 1})])?, bobs, new]).await
}

async fn what_is_expected_is_what_earlier_items_left(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let items = [0, 1, 2, 2, 0].map(|version| item("a", json!({"value": version})).at(version));
    let report = rows.all_of(Upsert, PerItem, &items).await?;
    let refused = vec![(3, VersionConflict), (4, AlreadyExists)];
    equal((report.created, report.updated, failures(&report)), (1, 2, refused))?;
    equal(some(rows.get("a").await?, "record")?.version(), 3)
}
