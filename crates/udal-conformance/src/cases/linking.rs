//! Links between documents: what they may lead to, in creates, updates and batches.

use serde_json::{Value as Json, json};
use udal_core::ErrorKind::InvalidInput;
use udal_core::contract::BatchMode::{Atomic, PerItem};
use udal_core::record::Record;
use udal_core::value::Value;
use udal_core::{Error, ErrorKind};

use crate::case::{Case, Failure, Outcome, case};
use crate::expect::{equal, fails, holds, same_record};
use crate::rows::Rows;
use crate::subject::Need;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("LINK-1", a_link_leads_to_a_record).needs(Need::Documents),
        case!("LINK-1", one_broken_link_among_many_is_found).needs(Need::Documents),
        case!("LINK-1", an_update_breaks_no_link).needs(Need::Documents),
        case!("LINK-1", a_record_links_to_itself_in_every_write).needs(Need::Documents),
        case!("LINK-1", ids_that_look_alike_are_not_linked_to).needs(Need::Documents),
        case!("LINK-1", a_refused_link_uses_up_no_key).needs(Need::Documents),
        case!("LINK-2", the_records_of_an_atomic_batch_link_to_one_another).needs(Need::Documents),
        case!("LINK-2", links_within_a_batch_reach_across_thousands).needs(Need::Documents),
        case!("LINK-2", a_broken_link_refuses_an_atomic_batch).needs(Need::Documents),
        case!("LINK-2", item_by_item_links_lead_to_earlier_ones).needs(Need::Documents),
        case!("LINK-2", item_by_item_no_link_leads_to_a_failed_one).needs(Need::Documents),
        case!("LINK-2", item_by_item_links_reach_across_thousands).needs(Need::Documents),
    ]
}

/// The codes and fields of a refusal, each once.
fn broken(error: &Error) -> Vec<(&str, &str)> {
    let mut broken: Vec<(&str, &str)> = error.field_errors().iter().map(|e| (e.code, e.field.as_str())).collect();
    broken.dedup();
    broken
}

/// It failed because of links in these fields.
#[track_caller]
fn breaks<T: std::fmt::Debug>(result: Result<T, Error>, fields: &[&str]) -> Outcome {
    let error = fails(result, InvalidInput)?;
    let expected: Vec<(&str, &str)> = fields.iter().map(|field| ("broken_link", *field)).collect();
    equal(broken(&error), expected)
}

/// The four ways to link to an account: a value, a set, a list, and all at once, each with another that is there.
fn ways(id: &str) -> [(Json, &'static [&'static str]); 4] {
    let there = "Account/there";
    [
        (json!({"account": id}), &["account"]),
        (json!({"accounts": [there, id], "account": there}), &["accounts"]),
        (json!({"history": [there, id, there]}), &["history"]),
        (json!({"account": id, "accounts": [id], "history": [id]}), &["account", "accounts", "history"]),
    ]
}

async fn a_link_leads_to_a_record(world: &World) -> Outcome {
    let (accounts, contacts) = (world.rows("Account")?, world.rows("Contact")?);
    accounts.create("there", json!({})).await?;
    accounts.create("é/%'\"\\🦀", json!({})).await?;
    let mut records = Vec::new();
    for (at, (members, _)) in ways("Account/é/%'\"\\🦀").into_iter().enumerate() {
        records.push(contacts.create(&format!("{at}"), members).await?);
    }
    contacts.hold(&records).await?;
    equal(contacts.find(json!({"account": "Account/é/%'\"\\🦀"})).await?, vec!["0", "3"])?;
    equal(contacts.find(json!({"accounts": {"has": "Account/there"}})).await?, vec!["1"])?;
    equal(contacts.find(json!({"history": {"has": "Account/é/%'\"\\🦀"}})).await?, vec!["2", "3"])
}

async fn one_broken_link_among_many_is_found(world: &World) -> Outcome {
    let (accounts, contacts) = (world.rows("Account")?, world.rows("Contact")?);
    let stored = accounts.fill((0..500).map(|_| json!({}))).await?;
    let mut ids: Vec<String> = stored.iter().map(|record| record.id().to_owned()).collect();
    let all = contacts.create("all", json!({"accounts": ids, "history": ids})).await?;
    ids.insert(250, "Account/gone".to_owned());
    breaks(contacts.try_create("a", json!({"accounts": ids})).await, &["accounts"])?;
    breaks(contacts.try_create("a", json!({"history": ids})).await, &["history"])?;
    contacts.hold(&[all]).await
}

async fn an_update_breaks_no_link(world: &World) -> Outcome {
    let (accounts, contacts) = (world.rows("Account")?, world.rows("Contact")?);
    accounts.create("there", json!({})).await?;
    let record = contacts.create("a", json!({"name": "n", "account": "Account/there"})).await?;
    for (mut changes, fields) in ways("Account/gone") {
        changes["name"] = json!("changed");
        breaks(contacts.update("a", changes.clone()).await, fields)?;
        breaks(contacts.update_if("a", changes, Some(1)).await, fields)?;
        contacts.hold(std::slice::from_ref(&record)).await?;
    }
    accounts.create("gone", json!({})).await?;
    for (version, (changes, _)) in (2..).zip(ways("Account/gone")) {
        equal(contacts.update("a", changes).await?.version(), version)?;
    }
    Ok(())
}

async fn a_record_links_to_itself_in_every_write(world: &World) -> Outcome {
    let accounts = world.rows("Account")?;
    let born = accounts.create("born", json!({"parent": "Account/born"})).await?;
    accounts.create("became", json!({})).await?;
    let became = accounts.update("became", json!({"parent": "Account/became"})).await?;
    equal(became.value("parent"), Some(&Value::from("Account/became")))?;
    let mut records = vec![born, became];
    for (key, mode) in [("whole", Atomic), ("item", PerItem)] {
        let record = accounts.record(key, json!({"parent": accounts.id(key)}))?;
        equal(accounts.batch(mode, [Ok((0, record.clone()))]).await?.created, 1)?;
        records.push(record);
    }
    accounts.hold(&records).await
}

async fn ids_that_look_alike_are_not_linked_to(world: &World) -> Outcome {
    let (accounts, contacts) = (world.rows("Account")?, world.rows("Contact")?);
    accounts.create("Straße", json!({})).await?;
    for key in ["straße", "Strasse", "Straße ", "Stra_e", "%", "Straße/", "' OR '1'='1", "%53traße"] {
        let id = accounts.id(key);
        breaks(contacts.try_create("a", json!({"account": id})).await, &["account"])?;
        breaks(contacts.try_create("a", json!({"accounts": ["Account/Straße", id]})).await, &["accounts"])?;
    }
    contacts.hold(&[]).await
}

async fn a_refused_link_uses_up_no_key(world: &World) -> Outcome {
    let (accounts, contacts) = (world.rows("Account")?, world.rows("Contact")?);
    let record = contacts.record("a", json!({"account": "Account/a"}))?;
    breaks(contacts.write(record.clone(), Some(("key", "print"))).await, &["account"])?;
    accounts.create("a", json!({})).await?;
    let created = contacts.write(record.clone(), Some(("key", "print"))).await?;
    holds(!created.replayed, "a refused create is answered again as if it had been done")?;
    // The key answers what it answered, whatever became of the link.
    contacts.delete("a").await?;
    accounts.delete("a").await?;
    let again = contacts.write(record.clone(), Some(("key", "print"))).await?;
    holds(again.replayed, "a repetition is not called one")?;
    same_record(&again.record, &record)
}

/// Accounts with these keys, each with a parent of that key.
fn family(rows: &Rows, keys: &[(&str, &str)]) -> Result<Vec<Record>, Failure> {
    keys.iter().map(|(key, parent)| rows.record(key, json!({"parent": rows.id(parent)}))).collect()
}

/// The records as the items of a batch.
fn items(records: &[Record]) -> impl Iterator<Item = Result<(u64, Record), Error>> + Send + use<> {
    let owned = records.to_vec();
    owned.into_iter().enumerate().map(|(at, record)| Ok((at as u64, record)))
}

async fn the_records_of_an_atomic_batch_link_to_one_another(world: &World) -> Outcome {
    let accounts = world.rows("Account")?;
    // Forwards, backwards, in a ring, and to itself.
    let records = family(&accounts, &[("a", "c"), ("b", "a"), ("c", "d"), ("d", "c"), ("e", "e"), ("f", "a")])?;
    equal(accounts.batch(Atomic, items(&records)).await?.created, 6)?;
    accounts.hold(&records).await?;
    let later = family(&accounts, &[("g", "h"), ("h", "a")])?;
    equal(accounts.batch(Atomic, items(&later)).await?.created, 2)?;
    equal(accounts.count(json!({"parent": "Account/a"})).await?, 3)
}

async fn links_within_a_batch_reach_across_thousands(world: &World) -> Outcome {
    let accounts = world.rows("Account")?;
    let count = world.many(12_000);
    // Each links to the one that mirrors it: the first to the last, the last to the first.
    let mirrored =
        |at: usize| accounts.record(&format!("k{at}"), json!({"parent": accounts.id(&format!("k{}", count - 1 - at))}));
    let records = (0..count).map(mirrored).collect::<Result<Vec<_>, _>>()?;
    equal(accounts.batch(Atomic, items(&records)).await?.created, count as u64)?;
    equal(accounts.count(json!({"parent": {"is_null": false}})).await?, count as u64)?;
    equal(accounts.find(json!({"parent": "Account/k0"})).await?, [format!("k{}", count - 1)])
}

async fn a_broken_link_refuses_an_atomic_batch(world: &World) -> Outcome {
    let accounts = world.rows("Account")?;
    for broken_at in [0, 1, 2] {
        let mut records = family(&accounts, &[("a", "b"), ("b", "a"), ("c", "c")])?;
        records[broken_at] = accounts.record("broken", json!({"parent": "Account/gone"}))?;
        let error = fails(accounts.batch(Atomic, items(&records)).await, InvalidInput)?;
        holds(broken(&error).contains(&("broken_link", "parent")), format!("no field is named: {error:?}"))?;
        accounts.hold(&[]).await?;
    }
    let alone = family(&accounts, &[("a", "a"), ("b", "gone"), ("c", "a")])?;
    let error = fails(accounts.batch(Atomic, items(&alone)).await, InvalidInput)?;
    holds(error.message().contains("item 1"), format!("the item is not named: {error}"))?;
    accounts.hold(&[]).await
}

/// What became of each item: `None` where it was written.
async fn per_item(rows: &Rows, records: &[Record]) -> Result<Vec<Option<ErrorKind>>, Failure> {
    let report = rows.batch(PerItem, items(records)).await?;
    let mut fates = vec![None; records.len()];
    for failure in &report.failures {
        fates[failure.index as usize] = Some(failure.error.kind());
        equal(broken(&failure.error), vec![("broken_link", "parent")])?;
    }
    equal(report.created, fates.iter().filter(|fate| fate.is_none()).count() as u64)?;
    Ok(fates)
}

async fn item_by_item_links_lead_to_earlier_ones(world: &World) -> Outcome {
    let accounts = world.rows("Account")?;
    let there = accounts.create("there", json!({})).await?;
    let records = family(&accounts, &[("a", "there"), ("b", "a"), ("c", "d"), ("d", "b"), ("e", "e"), ("f", "gone")])?;
    let broken = Some(InvalidInput);
    equal(per_item(&accounts, &records).await?, vec![None, None, broken, None, None, broken])?;
    let mut held = records;
    held.retain(|record| !["Account/c", "Account/f"].contains(&record.id()));
    held.push(there);
    accounts.hold(&held).await
}

async fn item_by_item_no_link_leads_to_a_failed_one(world: &World) -> Outcome {
    let accounts = world.rows("Account")?;
    // The first is broken, so the second is, and so on to the end of the chain.
    let records = family(&accounts, &[("a", "gone"), ("b", "a"), ("c", "b"), ("d", "d"), ("e", "d"), ("f", "c")])?;
    let broken = Some(InvalidInput);
    equal(per_item(&accounts, &records).await?, vec![broken, broken, broken, None, None, broken])?;
    equal(accounts.find(json!({})).await?, vec!["d", "e"])
}

async fn item_by_item_links_reach_across_thousands(world: &World) -> Outcome {
    let accounts = world.rows("Account")?;
    let count = world.many(12_000);
    let chained = |at: usize| {
        let parent = if at == count / 2 { "gone".to_owned() } else { format!("k{}", at.saturating_sub(1)) };
        accounts.record(&format!("k{at}"), json!({"parent": accounts.id(&parent)}))
    };
    let records = (0..count).map(chained).collect::<Result<Vec<_>, _>>()?;
    let fates = per_item(&accounts, &records).await?;
    // The chain is cut in its middle: all that comes after hangs on it.
    equal(fates.iter().position(Option::is_some), Some(count / 2))?;
    equal(fates.iter().filter(|fate| fate.is_some()).count(), count / 2)?;
    equal(accounts.count(json!({})).await?, count as u64 / 2)
}
