//! Batches: whole or item by item, in order, of any size.

use serde_json::{Value as Json, json};
use udal_core::ErrorKind::{self, AlreadyExists, Denied};
use udal_core::contract::{BatchMode, BatchReport};
use udal_core::record::Record;
use udal_core::{Error, Ownership};

use BatchMode::{Atomic, PerItem};

use crate::case::{Case, Failure, Outcome, case};
use crate::expect::{equal, fails, holds, same_record, some};
use crate::models::WIDE_FIELDS;
use crate::rows::{Ask, Rows};
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("BATCH-1", a_whole_batch_is_written, is_written(Atomic)),
        case!("BATCH-1", an_empty_batch_writes_nothing, nothing_is_written(Atomic)),
        case!("BATCH-1", one_taken_id_refuses_the_whole_batch),
        case!("BATCH-1", an_id_taken_out_of_reach_refuses_the_whole_batch),
        case!("BATCH-1", the_first_failure_is_answered),
        case!("BATCH-1", the_last_of_thousands_refuses_them_all),
        case!("BATCH-1", the_index_is_the_callers),
        case!("BATCH-2", every_item_is_written, is_written(PerItem)),
        case!("BATCH-2", an_empty_batch_has_no_failures, nothing_is_written(PerItem)),
        case!("BATCH-2", the_others_are_written),
        case!("BATCH-2", every_item_may_fail),
        case!("BATCH-2", the_indexes_are_the_callers),
        case!("BATCH-3", the_second_of_one_id_refuses_the_whole_batch),
        case!("BATCH-3", of_two_with_one_id_the_first_is_written),
        case!("BATCH-3", an_id_refused_first_is_free_for_the_second),
        case!("BATCH-3", one_id_thousands_of_items_apart),
        case!("BATCH-4", a_million_values_in_one_batch, many_values(Atomic)),
        case!("BATCH-4", a_million_values_item_by_item, many_values(PerItem)),
        case!("BATCH-6", one_out_of_reach_refuses_the_whole_batch),
        case!("BATCH-6", an_item_out_of_reach_is_denied),
        case!("VALUE-1", a_batch_keeps_every_value_exactly, keeps_values(Atomic)),
        case!("VALUE-1", items_keep_every_value_exactly, keeps_values(PerItem)),
    ]
}

/// The records with their places, as a batch takes them.
pub(super) fn items(records: &[Record]) -> impl Iterator<Item = Result<(u64, Record), Error>> + Send + use<> {
    let owned = records.to_vec();
    owned.into_iter().enumerate().map(|(at, record)| Ok((at as u64, record)))
}

/// Records with these keys, each with its place as its value.
pub(super) fn keyed(rows: &Rows, keys: &[&str]) -> Result<Vec<Record>, Failure> {
    keys.iter().enumerate().map(|(at, key)| rows.record(key, json!({"value": at}))).collect()
}

/// The indexes and kinds of what failed.
pub(super) fn failed(report: &BatchReport) -> Vec<(u64, ErrorKind)> {
    report.failures.iter().map(|failure| (failure.index, failure.error.kind())).collect()
}

/// The batch was refused because of that item.
#[track_caller]
fn refused(result: Result<BatchReport, Error>, kind: ErrorKind, index: u64) -> Outcome {
    let error = fails(result, kind)?;
    let says = |text: &str| error.message().split(|c: char| !c.is_alphanumeric()).any(|word| word == text);
    holds(says(&index.to_string()), format!("the message does not name item {index}: {error}"))
}

async fn is_written(world: &World, mode: BatchMode) -> Outcome {
    let rows = world.rows("Plain")?;
    let before = rows.create("before", json!({"name": "n"})).await?;
    let mut records = keyed(&rows, &["c", "a", "B", "é", "", "a b"])?;
    let report = rows.batch(mode, items(&records)).await?;
    equal((report.created, failed(&report)), (6, Vec::new()))?;
    records.push(before);
    rows.hold(&records).await
}

async fn nothing_is_written(world: &World, mode: BatchMode) -> Outcome {
    let rows = world.rows("Plain")?;
    let report = rows.batch(mode, items(&[])).await?;
    equal((report.created, failed(&report)), (0, Vec::new()))?;
    rows.hold(&[]).await
}

async fn one_taken_id_refuses_the_whole_batch(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let taken = rows.create("taken", json!({"name": "first"})).await?;
    for keys in [["taken", "a", "b"], ["a", "taken", "b"], ["a", "b", "taken"]] {
        let at = keys.iter().position(|key| *key == "taken").unwrap_or_default();
        refused(rows.batch(Atomic, items(&keyed(&rows, &keys)?)).await, AlreadyExists, at as u64)?;
        rows.hold(std::slice::from_ref(&taken)).await?;
    }
    // What was refused is free.
    equal(rows.batch(Atomic, items(&keyed(&rows, &["a", "b"])?)).await?.created, 2)
}

async fn an_id_taken_out_of_reach_refuses_the_whole_batch(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let bobs = rows.create("b", json!({"owned_by": "bob", "name": "secret"})).await?;
    let anns = rows.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    let records = ["a", "b", "c"].map(|key| rows.record(key, json!({"owned_by": "ann"})));
    let records = records.into_iter().collect::<Result<Vec<_>, _>>()?;
    refused(anns.batch(Atomic, items(&records)).await, AlreadyExists, 1)?;
    rows.hold(std::slice::from_ref(&bobs)).await?;
    let report = anns.batch(PerItem, items(&records)).await?;
    equal((report.created, failed(&report)), (2, vec![(1, AlreadyExists)]))?;
    equal(anns.find(json!({})).await?, vec!["a", "c"])?;
    same_record(&some(rows.get("b").await?, "record of bob's")?, &bobs)
}

async fn the_first_failure_is_answered(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let taken = rows.create("taken", json!({"owned_by": "ann"})).await?;
    let anns = rows.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    let record = |key: &str, owner: &str| rows.record(key, json!({"owned_by": owner}));
    let (free, again) = (record("a", "ann")?, record("taken", "ann")?);
    let (bobs, other) = (record("b", "bob")?, record("c", "ann")?);
    let batch = |records: &[&Record]| items(&records.iter().copied().cloned().collect::<Vec<_>>());
    refused(anns.batch(Atomic, batch(&[&free, &again, &bobs, &other])).await, AlreadyExists, 1)?;
    refused(anns.batch(Atomic, batch(&[&free, &bobs, &again, &other])).await, Denied, 1)?;
    refused(anns.batch(Atomic, batch(&[&free, &other, &free, &bobs, &again])).await, AlreadyExists, 2)?;
    refused(anns.batch(Atomic, batch(&[&free, &other, &bobs, &free])).await, Denied, 2)?;
    rows.hold(&[taken]).await
}

async fn the_last_of_thousands_refuses_them_all(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let taken = rows.create("taken", json!({})).await?;
    let mut records = rows.records((0..world.many(12_000)).map(|value| json!({"value": value})))?;
    records.push(taken.clone());
    refused(rows.batch(Atomic, items(&records)).await, AlreadyExists, records.len() as u64 - 1)?;
    rows.hold(&[taken]).await
}

async fn the_index_is_the_callers(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let taken = rows.create("taken", json!({})).await?;
    // A caller may have left out items of its own before, or counts lines.
    let numbered = [(7, rows.record("a", json!({}))?), (4_000_000_000, taken.clone())];
    refused(rows.batch(Atomic, numbered.map(Ok)).await, AlreadyExists, 4_000_000_000)?;
    rows.hold(&[taken]).await
}

async fn the_others_are_written(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let taken = [rows.create("b", json!({"name": "b"})).await?, rows.create("e", json!({"name": "e"})).await?];
    let records = keyed(&rows, &["a", "b", "c", "d", "e", "f"])?;
    let report = rows.batch(PerItem, items(&records)).await?;
    equal((report.created, failed(&report)), (4, vec![(1, AlreadyExists), (4, AlreadyExists)]))?;
    let mut held = records;
    held.retain(|record| !["Plain/b", "Plain/e"].contains(&record.id()));
    held.extend(taken);
    rows.hold(&held).await
}

async fn every_item_may_fail(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let records = keyed(&rows, &["a", "b", "c"])?;
    rows.store(&records).await?;
    let report = rows.batch(PerItem, items(&keyed(&rows, &["c", "b", "a"])?)).await?;
    equal((report.created, failed(&report)), (0, [0, 1, 2].map(|at| (at, AlreadyExists)).to_vec()))?;
    rows.hold(&records).await
}

async fn the_indexes_are_the_callers(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let taken = rows.create("taken", json!({})).await?;
    let other = rows.record("a", json!({}))?;
    let numbered = [(7, other.clone()), (9, taken.clone()), (4_000_000_000, other.clone()), (u64::MAX, taken.clone())];
    let report = rows.batch(PerItem, numbered.map(Ok)).await?;
    let expected = [9, 4_000_000_000, u64::MAX].map(|at| (at, AlreadyExists));
    equal((report.created, failed(&report)), (1, expected.to_vec()))?;
    rows.hold(&[taken, other]).await
}

async fn the_second_of_one_id_refuses_the_whole_batch(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    refused(rows.batch(Atomic, items(&keyed(&rows, &["a", "b", "c", "b", "a"])?)).await, AlreadyExists, 3)?;
    refused(rows.batch(Atomic, items(&keyed(&rows, &["a", "a"])?)).await, AlreadyExists, 1)?;
    rows.hold(&[]).await
}

async fn of_two_with_one_id_the_first_is_written(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let records = keyed(&rows, &["b", "a", "b", "A", "a", "b"])?;
    let report = rows.batch(PerItem, items(&records)).await?;
    equal((report.created, failed(&report)), (3, [2, 4, 5].map(|at| (at, AlreadyExists)).to_vec()))?;
    rows.hold(&[records[0].clone(), records[1].clone(), records[3].clone()]).await
}

async fn an_id_refused_first_is_free_for_the_second(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let anns = rows.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    let record = |owner: &str| rows.record("a", json!({"owned_by": owner}));
    let report = anns.batch(PerItem, items(&[record("bob")?, record("ann")?, record("ann")?])).await?;
    equal((report.created, failed(&report)), (1, vec![(0, Denied), (2, AlreadyExists)]))?;
    rows.hold(&[record("ann")?]).await
}

async fn one_id_thousands_of_items_apart(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let count = world.many(11_000) as u64;
    let mut records = rows.records((0..count).map(|value| json!({"value": value})))?;
    records.push(rows.record("k001", json!({"name": "second"}))?);
    refused(rows.batch(Atomic, items(&records)).await, AlreadyExists, count)?;
    rows.hold(&[]).await?;
    let report = rows.batch(PerItem, items(&records)).await?;
    equal((report.created, failed(&report)), (count, vec![(count, AlreadyExists)]))?;
    same_record(&some(rows.get("k001").await?, "record")?, &records[1])
}

async fn many_values(world: &World, mode: BatchMode) -> Outcome {
    let rows = world.rows("Wide")?;
    // 12,000 records of 120 fields: 1,440,000 values, where a statement takes 65,535.
    let text = |at: usize, field: usize| {
        if (at + field).is_multiple_of(3) { Json::Null } else { json!(format!("{at}.{field}")) }
    };
    let members = |at: usize| (0..WIDE_FIELDS).map(|field| (format!("f{field}"), text(at, field))).collect::<Json>();
    let (writer, count) = (rows.clone(), world.many(12_000));
    let record = move |at: usize| match writer.record(&format!("k{at:05}"), members(at)) {
        Ok(record) => Ok((at as u64, record)),
        Err(failure) => Err(Error::internal(failure.to_string())),
    };
    let report = rows.batch(mode, (0..count).map(record)).await?;
    equal((report.created, failed(&report)), (count as u64, Vec::new()))?;
    equal(rows.count(json!({})).await?, count as u64)?;
    let key = |at: usize| format!("k{at:05}");
    let found = rows.find(json!({"f119": format!("{}.119", count - 1)})).await?;
    equal(found, [key(count - 1)])?;
    for at in [0, count / 2 - 1, count / 2, count - 1] {
        let record = some(rows.get(&format!("k{at:05}")).await?, "record")?;
        let expected = rows.record(&format!("k{at:05}"), members(at))?;
        same_record(&record, &expected)?;
    }
    let last = rows.list(&Ask::order("-id").limit(2)).await?;
    equal(last, [key(count - 1), key(count - 2)])
}

async fn one_out_of_reach_refuses_the_whole_batch(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let anns = rows.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    for at in 0..3 {
        let owner = |key: usize| if key == at { "bob" } else { "ann" };
        let records = (0..3).map(|key| rows.record(&format!("{key}"), json!({"owned_by": owner(key)})));
        let records = records.collect::<Result<Vec<_>, _>>()?;
        refused(anns.batch(Atomic, items(&records)).await, Denied, at as u64)?;
        rows.hold(&[]).await?;
    }
    Ok(())
}

async fn an_item_out_of_reach_is_denied(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let anns = rows.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    let owners = [json!("bob"), json!("ann"), Json::Null, json!("Ann"), json!("ann")];
    let records = owners.into_iter().enumerate();
    let records = records.map(|(key, owner)| rows.record(&format!("{key}"), json!({"owned_by": owner})));
    let records = records.collect::<Result<Vec<_>, _>>()?;
    let report = anns.batch(PerItem, items(&records)).await?;
    equal((report.created, failed(&report)), (2, vec![(0, Denied), (2, Denied), (3, Denied)]))?;
    rows.hold(&[records[1].clone(), records[4].clone()]).await
}

async fn keeps_values(world: &World, mode: BatchMode) -> Outcome {
    let rows = world.rows("Plain")?;
    // What means something to a bulk format: ends of lines and of data, separators, missing values, quotes.
    let texts = [
        "\\.",
        "\\N",
        "\t",
        "\n",
        "\r\n",
        "\r",
        "\\",
        "\\\\",
        "\"",
        "'",
        ",",
        "{}",
        "{a,b}",
        "NULL",
        "null",
        "",
        " ",
        "\u{1}",
        "\u{7f}",
        "\u{85}",
        "\u{feff}",
        "\u{2028}",
        "🦀",
        "\u{10ffff}",
        "e\u{301}",
        "a\\tb",
        "\\x00",
        "\"\"",
        "(\"a\")",
    ];
    let mut members: Vec<Json> =
        texts.iter().map(|text| json!({"name": text, "tags": [text, "x", "{", "}"]})).collect();
    members.push(json!({"name": texts.concat(), "tags": texts, "value": i64::MIN}));
    members.push(json!({"name": "x".repeat(1 << 20), "value": i64::MAX}));
    let records = rows.records(members)?;
    equal(rows.batch(mode, items(&records)).await?.created, records.len() as u64)?;
    rows.hold(&records).await
}
