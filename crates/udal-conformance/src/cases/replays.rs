//! Creates with an idempotency key: what a repetition answers.

use serde_json::{Value as Json, json};
use udal_core::ErrorKind::{AlreadyExists, Denied, InvalidInput};
use udal_core::Ownership;
use udal_core::record::Record;

use crate::case::{Case, Outcome, case};
use crate::expect::{equal, fails, holds, same_record};
use crate::rows::Rows;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("CREATE-3", a_repetition_answers_the_first_id),
        case!("CREATE-3", a_repetition_answers_every_type_exactly),
        case!("CREATE-3", a_create_that_failed_uses_up_no_key),
        case!("CREATE-3", keys_that_look_alike_are_others),
        case!("CREATE-3", a_key_of_one_model_is_none_of_another),
        case!("CREATE-3", a_key_says_nothing_of_creates_without_one),
        case!("CREATE-4", a_key_for_another_request_is_refused),
        case!("CREATE-4", a_key_for_another_request_is_refused_after_a_delete),
        case!("CREATE-4", fingerprints_that_look_alike_are_others),
        case!("CREATE-3", a_denied_create_uses_up_no_key),
    ]
}

/// The parts of a record that is anything but plain.
fn members() -> Json {
    json!({"name": "Ünïcode \"quoted\" \\ % _ 🦀", "value": -9_007_199_254_740_993_i64, "tags": ["b", "", "a", "b"]})
}

async fn a_repetition_answers_the_first_id(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    // Ids and times that the service makes differ from call to call; the fingerprint is of what was asked.
    let first = rows.record("made-first", json!({"value": 1}))?;
    let later = rows.record("made-later", json!({"value": 1, "created_at": "2025-01-01T00:00:00Z"}))?;
    rows.write(first.clone(), Some(("key", "print"))).await?;
    let again = rows.write(later, Some(("key", "print"))).await?;
    holds(again.replayed, "a repetition is not called one")?;
    same_record(&again.record, &first)?;
    rows.hold(&[first]).await
}

async fn a_repetition_answers_every_type_exactly(world: &World) -> Outcome {
    let rows = world.rows("Strict")?;
    let record = rows.record(
        "a",
        json!({
            "text": "\u{10ffff}é\u{301}\n\t\"\\", "whole": i64::MIN, "number": 5e-324, "truth": false,
            "instant": "0001-01-01T00:00:00.000001Z", "day": "9999-12-31",
            "amount": "-123456789012345678901234567890.000000001", "choice": "~", "friend": "Friend/a",
            "anything": {"b": [1.5, null, {}], "a": 9_007_199_254_740_993_i64}, "texts": ["", "b", "", "a"],
        }),
    )?;
    // In documents the friend is a link.
    world.rows("Friend")?.create("a", json!({})).await?;
    rows.write(record.clone(), Some(("key", "print"))).await?;
    let again = rows.write(record.clone(), Some(("key", "print"))).await?;
    holds(again.replayed, "a repetition is not called one")?;
    same_record(&again.record, &record)?;
    rows.hold(&[record]).await
}

async fn a_create_that_failed_uses_up_no_key(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let holder = rows.create("a", json!({"name": "holder"})).await?;
    let record = rows.record("a", json!({"name": "late"}))?;
    fails(rows.write(record.clone(), Some(("key", "print"))).await, AlreadyExists)?;
    rows.hold(&[holder]).await?;
    rows.delete("a").await?;
    let created = rows.write(record.clone(), Some(("key", "print"))).await?;
    holds(!created.replayed, "a create that failed is answered again as if it had not")?;
    rows.hold(&[record]).await
}

async fn keys_that_look_alike_are_others(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let long = "k".repeat(200);
    let keys =
        ["key", "KEY", "key ", " key", "k%", "k_y", "kéy", "ke\u{301}y", "'; --", "\"", "\\", "🦀", long.as_str()];
    let mut records = Vec::new();
    for (at, key) in keys.into_iter().enumerate() {
        let record = rows.record(&format!("{at}"), json!({"name": key}))?;
        let created = rows.write(record.clone(), Some((key, "print"))).await?;
        holds(!created.replayed, format!("`{key}` is taken for another key"))?;
        records.push(record);
    }
    for (key, record) in keys.into_iter().zip(&records) {
        same_record(&rows.write(record.clone(), Some((key, "print"))).await?.record, record)?;
    }
    rows.hold(&records).await
}

async fn a_key_of_one_model_is_none_of_another(world: &World) -> Outcome {
    let (plain, friends) = (world.rows("Plain")?, world.rows("Friend")?);
    let record = plain.record("a", json!({"name": "plain"}))?;
    let friend = friends.record("a", json!({"name": "friend"}))?;
    plain.write(record.clone(), Some(("key", "print"))).await?;
    let created = friends.write(friend.clone(), Some(("key", "print"))).await?;
    holds(!created.replayed, "a create is answered with what was asked of another model")?;
    plain.hold(&[record]).await?;
    friends.hold(&[friend]).await
}

async fn a_key_says_nothing_of_creates_without_one(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let record = rows.record("a", members())?;
    rows.write(record.clone(), Some(("key", "print"))).await?;
    fails(rows.write(record.clone(), None).await, AlreadyExists)?;
    fails(rows.write(record.clone(), Some(("another", "print"))).await, AlreadyExists)?;
    rows.hold(&[record]).await
}

/// One record under the key `key`, and what another request with it does: nothing.
async fn refused_otherwise(rows: &Rows, first: &Record, print: &str, other: &str) -> Outcome {
    rows.write(first.clone(), Some(("key", print))).await?;
    let second = rows.record("b", json!({"name": "second"}))?;
    fails(rows.write(second.clone(), Some(("key", other))).await, InvalidInput)?;
    fails(rows.write(first.clone(), Some(("key", other))).await, InvalidInput)?;
    rows.hold(std::slice::from_ref(first)).await?;
    equal(rows.get("b").await?, None)
}

async fn a_key_for_another_request_is_refused(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let first = rows.record("a", json!({"name": "first"}))?;
    refused_otherwise(&rows, &first, "print", "another").await?;
    // The key still stands for the first request.
    let again = rows.write(first.clone(), Some(("key", "print"))).await?;
    holds(again.replayed, "a refused request took the key over")?;
    same_record(&again.record, &first)
}

async fn a_key_for_another_request_is_refused_after_a_delete(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let first = rows.record("a", json!({"name": "first"}))?;
    rows.write(first.clone(), Some(("key", "print"))).await?;
    rows.delete("a").await?;
    fails(rows.write(first, Some(("key", "another"))).await, InvalidInput)?;
    rows.hold(&[]).await
}

async fn fingerprints_that_look_alike_are_others(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    for (at, other) in ["Print", "print ", "prin", "prınt", "", "%", "_____"].into_iter().enumerate() {
        let key = format!("key-{at}");
        let record = rows.record(&key, json!({}))?;
        rows.write(record.clone(), Some((&key, "print"))).await?;
        fails(rows.write(record, Some((&key, other))).await, InvalidInput)?;
    }
    equal(rows.count(json!({})).await?, 7)
}

async fn a_denied_create_uses_up_no_key(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let anns = rows.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    let record = rows.record("a", json!({"owned_by": "bob"}))?;
    fails(anns.write(record.clone(), Some(("key", "print"))).await, Denied)?;
    let created = rows.write(record.clone(), Some(("key", "print"))).await?;
    holds(!created.replayed, "a denied create is answered again as if it had been done")?;
    rows.hold(&[record]).await
}
