//! Long texts, ids and names: where stores cut, fold, quote and read what they should only keep.

use serde_json::{Value as Json, json};
use udal_core::ErrorKind;

use crate::case::{Case, Outcome, case};
use crate::corpus::{self, long_text};
use crate::expect::{equal, fails, holds, same_record, some};
use crate::models::{HIDDEN_COLUMNS, KEYWORDS, WIDE_FIELDS};
use crate::rows::Ask;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("VALUE-1", a_text_of_a_mebibyte_is_read_as_written),
        case!("VALUE-1", texts_of_a_mebibyte_that_differ_at_the_end_are_told_apart),
        case!("VALUE-1", a_list_of_ten_thousand_is_read_as_written),
        case!("VALUE-1", a_set_of_long_texts_is_read_as_written),
        case!("VALUE-1", fields_named_like_keywords),
        case!("VALUE-1", fields_named_like_hidden_columns),
        case!("VALUE-1", a_hundred_and_twenty_fields),
        case!("VALUE-1", names_of_the_greatest_length),
        case!("GET-1", hostile_ids_are_read_by_get),
        case!("GET-2", an_id_that_is_nearly_one_is_none),
        case!("GET-2", whatever_the_id_looks_like),
        case!("LIST-4", hostile_ids_sort_by_bytes),
        case!("DELETE-1", hostile_ids_are_deleted_one_by_one),
        case!("UPDATE-1", hostile_ids_are_changed_one_by_one),
        case!("CREATE-2", ids_that_differ_in_case_or_accent_are_two),
    ]
}

async fn a_text_of_a_mebibyte_is_read_as_written(world: &World) -> Outcome {
    let rows = world.rows("Single")?;
    let record = rows.create("x", json!({"text": long_text('a'), "anything": long_text('b').len()})).await?;
    rows.hold(std::slice::from_ref(&record)).await?;
    let changed = rows.update("x", json!({"text": long_text('c')})).await?;
    same_record(&some(rows.get("x").await?, "record")?, &changed)
}

async fn texts_of_a_mebibyte_that_differ_at_the_end_are_told_apart(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let records = rows.fill(['a', 'b', 'c'].map(|end| json!({"name": long_text(end)}))).await?;
    rows.discern(&records, json!({"name": long_text('b')})).await?;
    rows.discern(&records, json!({"name": {"gt": long_text('b')}})).await?;
    equal(rows.ordered("-name").await?, ["k002", "k001", "k000"])?;
    equal(rows.walk(&records, "name", 1).await?, 3)
}

async fn a_list_of_ten_thousand_is_read_as_written(world: &World) -> Outcome {
    let rows = world.rows("Lists")?;
    let wholes: Vec<i64> = (0..10_000).map(|number| (number * 7_919) % 10_007).collect();
    let record = rows.create("x", json!({"whole": wholes, "text": vec!["a"; 10_000]})).await?;
    rows.hold(&[record]).await?;
    rows.finds(json!({"whole": {"has": 7_919}}), &["x"]).await
}

async fn a_set_of_long_texts_is_read_as_written(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let tags: Vec<String> = (0..100).map(|number| format!("{}{number:03}", "é".repeat(498))).collect();
    let records = rows.fill([json!({"tags": tags}), json!({"tags": tags.get(..50)})]).await?;
    rows.hold(&records).await?;
    rows.discern(&records, json!({"tags": {"has": tags.last()}})).await
}

async fn fields_named_like_keywords(world: &World) -> Outcome {
    named(world, "Keyword", &KEYWORDS).await
}

async fn fields_named_like_hidden_columns(world: &World) -> Outcome {
    named(world, "Hidden", &HIDDEN_COLUMNS).await
}

/// Fields of these names are written, filtered, sorted, searched, changed and cleared like any other.
async fn named(world: &World, model: &str, names: &[&str]) -> Outcome {
    let rows = world.rows(model)?;
    let own: Json = names.iter().map(|name| ((*name).to_owned(), json!(format!("own {name}")))).collect();
    let same: Json = names.iter().map(|name| ((*name).to_owned(), json!("same"))).collect();
    let records = rows.fill([own.clone(), same, json!({})]).await?;
    rows.hold(&records).await?;
    for name in names {
        rows.discern(&records, json!({ *name: format!("own {name}") })).await?;
        rows.discern(&records, json!({ *name: {"is_null": true} })).await?;
        equal(rows.ordered(&format!("-{name}")).await?, ["k001", "k000", "k002"])?;
        equal(rows.search("OWN", &[name]).await?, ["k000"])?;
        equal(rows.walk(&records, name, 1).await?, 3)?;
    }
    for name in names {
        let changed = rows.update("k002", json!({ *name: "changed" })).await?;
        equal(changed.value(name).and_then(|value| value.as_str()), Some("changed"))?;
        rows.update("k002", json!({ *name: null })).await?;
    }
    Ok(())
}

async fn a_hundred_and_twenty_fields(world: &World) -> Outcome {
    let rows = world.rows("Wide")?;
    let full: Json = (0..WIDE_FIELDS).map(|at| (format!("f{at}"), json!(format!("value {at}")))).collect();
    let records = rows.fill([full, json!({"f0": "only", "f119": "these"}), json!({})]).await?;
    rows.hold(&records).await?;
    rows.discern(&records, json!({"f119": "these"})).await?;
    let cleared: Json = (0..WIDE_FIELDS).map(|at| (format!("f{at}"), Json::Null)).collect();
    let changed = rows.update("k000", cleared).await?;
    equal(changed.values().iter().skip(8).flatten().count(), 0)?;
    rows.finds(json!({"f60": {"is_null": true}}), &["k000", "k001", "k002"]).await
}

async fn names_of_the_greatest_length(world: &World) -> Outcome {
    let rows = world.rows("Modelwhosenameisaslongasanameofatablecanbe")?;
    let names: Vec<String> = rows.model.declared_fields().map(|field| field.name().to_owned()).collect();
    let [one, two] = names.as_slice() else { return holds(false, "the model has two fields") };
    let records = rows.fill([json!({ one: "a", two: ["b"] }), json!({ two: ["a"] })]).await?;
    rows.hold(&records).await?;
    rows.finds(json!({ one: "a" }), &["k000"]).await?;
    rows.finds(json!({ two: {"has": "a"} }), &["k001"]).await
}

/// Records whose ids are the corpus.
async fn hostile(world: &World) -> Result<(crate::rows::Rows, Vec<String>), crate::case::Failure> {
    let rows = world.rows("Plain")?;
    let keys = corpus::keys();
    let made = keys.iter().map(|key| rows.record(key, json!({"name": key})));
    rows.store(&made.collect::<Result<Vec<_>, _>>()?).await?;
    Ok((rows, keys))
}

async fn hostile_ids_are_read_by_get(world: &World) -> Outcome {
    let (rows, keys) = hostile(world).await?;
    for key in &keys {
        let record = some(rows.get(key).await?, key)?;
        equal((record.id(), record.value("name").and_then(|name| name.as_str())), (&*rows.id(key), Some(&**key)))?;
        rows.finds(json!({"id": rows.id(key)}), &[key]).await?;
    }
    Ok(())
}

async fn an_id_that_is_nearly_one_is_none(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.create("Ab", json!({})).await?;
    for near in ["ab", "AB", "A", "Abc", " Ab", "Ab ", "Áb", "A_", "%", "_b", "Ab/", "Ab\0", "Ab\n"] {
        equal((near, rows.get(near).await?), (near, None))?;
    }
    for near in ["Ab", "plain/Ab", "Plain/Plain/Ab", "/Ab", "Plain"] {
        equal((near, rows.get_id(near).await?), (near, None))?;
    }
    holds(rows.get("Ab").await?.is_some(), "the record itself is not found")
}

async fn whatever_the_id_looks_like(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.create("a", json!({})).await?;
    let long = "x".repeat(1 << 20);
    for id in ["", "\0", "Friend/a", "'; drop table plain; --", "$1", "\u{10ffff}", "../../etc", &long] {
        equal((id.len(), rows.get_id(id).await?), (id.len(), None))?;
    }
    holds(rows.get("a").await?.is_some(), "the record that was there is not found any more")
}

async fn hostile_ids_sort_by_bytes(world: &World) -> Outcome {
    let (rows, mut keys) = hostile(world).await?;
    keys.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    equal(rows.ordered("id").await?, keys.clone())?;
    keys.reverse();
    equal(rows.ordered("-id").await?, keys)
}

async fn hostile_ids_are_deleted_one_by_one(world: &World) -> Outcome {
    let (rows, keys) = hostile(world).await?;
    for (at, key) in keys.iter().enumerate() {
        let deleted = some(rows.delete(key).await?, key)?;
        equal(deleted.record.id(), rows.id(key))?;
        equal(rows.count(json!({})).await?, (keys.len() - at - 1) as u64)?;
    }
    Ok(())
}

async fn hostile_ids_are_changed_one_by_one(world: &World) -> Outcome {
    let (rows, keys) = hostile(world).await?;
    for key in &keys {
        equal(rows.update(key, json!({"value": 1})).await?.id(), rows.id(key))?;
        let once = rows.page(&Ask::filter(json!({"version": 2, "name": key}))).await?.records;
        equal(rows.keys(&once), [key.clone()])?;
    }
    // Everything was changed once, and nothing twice.
    equal(rows.count(json!({"version": 2})).await?, keys.len() as u64)
}

async fn ids_that_differ_in_case_or_accent_are_two(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let keys = ["a", "A", "é", "e\u{301}", "e", "a ", " a", "ß", "ss", "ﬁ", "fi"];
    for key in keys {
        rows.create(key, json!({"name": key})).await?;
    }
    for key in keys {
        fails(rows.try_create(key, json!({})).await, ErrorKind::AlreadyExists)?;
        rows.finds(json!({"name": key}), &[key]).await?;
    }
    Ok(())
}
