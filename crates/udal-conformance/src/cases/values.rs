//! Values: what is read is what was written.

use serde_json::{Value as Json, json};
use udal_core::contract::BatchMode;
use udal_core::model::Scalar;
use udal_core::record::{Record, read_new};
use udal_core::value::decode;

use crate::case::{Case, Outcome, case};
use crate::corpus;
use crate::expect::{equal, holds, same_record, some};
use crate::fixture::{befriend, singles};
use crate::rows::Rows;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("VALUE-1", strings_are_read_as_written, kept("text")),
        case!("VALUE-1", integers_are_read_as_written, kept("whole")),
        case!("VALUE-1", floats_are_read_as_written, kept("number")),
        case!("VALUE-1", booleans_are_read_as_written, kept("truth")),
        case!("VALUE-1", instants_are_read_as_written, kept("instant")),
        case!("VALUE-1", days_are_read_as_written, kept("day")),
        case!("VALUE-1", decimals_are_read_as_written, kept("amount")),
        case!("VALUE-1", json_is_read_as_written, kept("anything")),
        case!("VALUE-1", words_are_read_as_written, kept("choice")),
        case!("VALUE-1", references_are_read_as_written, kept("friend")),
        case!("VALUE-1", sets_of_every_type_are_read_as_written),
        case!("VALUE-1", lists_of_every_type_are_read_as_written),
        case!("VALUE-1", required_values_are_read_as_written),
        case!("VALUE-1", one_of_each_type_in_plain_words),
        case!("VALUE-1", minus_zero_is_zero),
        case!("VALUE-1", an_update_keeps_every_value_exactly),
        case!("VALUE-1", an_update_of_one_field_changes_no_other),
        case!("VALUE-1", system_fields_are_read_as_written),
        case!("VALUE-1", what_cannot_be_kept_is_refused_before),
        case!("VALUE-2", null_and_absent_are_the_same),
        case!("VALUE-2", an_empty_string_is_itself),
        case!("VALUE-2", an_empty_set_is_missing),
        case!("VALUE-2", an_empty_list_is_itself),
        case!("VALUE-2", lists_of_an_empty_string_and_of_nothing_differ),
        case!("VALUE-2", empty_json_is_itself),
        case!("VALUE-2", clearing_makes_a_value_missing),
        case!("VALUE-3", sets_are_read_sorted_and_without_duplicates),
        case!("VALUE-3", equal_numbers_are_one_element),
        case!("VALUE-3", sets_of_strings_are_sorted_by_bytes),
        case!("VALUE-3", lists_keep_order_and_duplicates),
        case!("VALUE-3", an_update_of_a_set_sorts_it),
    ]
}

/// Each value of the corpus is read as it was written, by `get`, by `list`, after `create` and after a batch.
async fn kept(world: &World, field: &str) -> Outcome {
    let (rows, records) = singles(world, field).await?;
    rows.hold(&records).await?;
    for record in &records {
        same_record(&some(rows.get_id(record.id()).await?, record.id())?, record)?;
        let key = format!("copy-{}", record.id().len() + records.len());
        let members = json!({ field: record.value(field).map(udal_core::value::Value::to_json) });
        let copy = rows.create(&key, members).await?;
        equal(copy.value(field), record.value(field))?;
        equal(rows.get(&key).await?.as_ref().and_then(|copy| copy.value(field)), record.value(field))?;
        rows.delete(&key).await?;
    }
    Ok(())
}

/// Records of the collection model, each with the whole corpus of one type in the field of that type.
async fn collections(world: &World, model: &str) -> Result<(Rows, Vec<Record>), crate::case::Failure> {
    befriend(world).await?;
    let rows = world.rows(model)?;
    let of_field =
        |field: &udal_core::model::Field| json!({ field.name(): corpus::values(&field.field_type().scalar) });
    let each: Vec<Json> = rows.model.declared_fields().map(|field| of_field(field)).collect();
    let records = rows.fill(each).await?;
    Ok((rows, records))
}

async fn sets_of_every_type_are_read_as_written(world: &World) -> Outcome {
    let (rows, records) = collections(world, "Sets").await?;
    rows.hold(&records).await
}

async fn lists_of_every_type_are_read_as_written(world: &World) -> Outcome {
    let (rows, records) = collections(world, "Lists").await?;
    rows.hold(&records).await
}

async fn required_values_are_read_as_written(world: &World) -> Outcome {
    befriend(world).await?;
    let rows = world.rows("Strict")?;
    let pick = |scalar: &Scalar, at: usize| {
        let values = corpus::values(scalar);
        values.get(at % values.len().max(1)).cloned().unwrap_or_default()
    };
    let members = |at: usize| -> Json {
        let one = |field: &udal_core::model::Field| (field.name().to_owned(), pick(&field.field_type().scalar, at));
        let mut members: serde_json::Map<String, Json> = rows.model.declared_fields().map(|field| one(field)).collect();
        members.insert("texts".to_owned(), json!(["", "b", "a", "b"]));
        Json::Object(members)
    };
    let records = rows.fill((0..80).map(members)).await?;
    rows.hold(&records).await
}

async fn one_of_each_type_in_plain_words(world: &World) -> Outcome {
    befriend(world).await?;
    let rows = world.rows("Strict")?;
    let sent = json!({
        "text": "Grüße, 世界 'x'", "whole": -9_223_372_036_854_775_808_i64, "number": 0.1, "truth": false,
        "instant": "2024-03-01T14:00:00.5+02:00", "day": "2024-02-29", "amount": "-0012.500", "choice": "a b",
        "friend": "Friend/😀", "anything": {"a": [1.0, null]}, "texts": ["b", "a", "b"],
    });
    rows.create("x", sent).await?;
    let read = some(rows.get("x").await?, "record")?.to_json();
    let expected = json!({
        "text": "Grüße, 世界 'x'", "whole": -9_223_372_036_854_775_808_i64, "number": 0.1, "truth": false,
        "instant": "2024-03-01T12:00:00.500000Z", "day": "2024-02-29", "amount": "-12.5", "choice": "a b",
        "friend": "Friend/😀", "anything": {"a": [1, null]}, "texts": ["b", "a", "b"],
        "id": "Strict/x", "version": 1, "created_at": "2024-03-01T12:00:00Z", "updated_at": "2024-03-01T12:00:00Z",
        "created_by": null, "owned_by": null, "assigned_to": [], "team_id": null,
    });
    equal(read, expected)
}

async fn minus_zero_is_zero(world: &World) -> Outcome {
    let rows = world.rows("Single")?;
    rows.fill([json!({"number": -0.0}), json!({"number": 0.0}), json!({"number": 5e-324})]).await?;
    rows.finds(json!({"number": 0.0}), &["k000", "k001"]).await?;
    let read = some(rows.get("k000").await?, "record")?.to_json();
    equal(read.get("number").map(Json::to_string), Some("0.0".to_owned()))
}

async fn an_update_keeps_every_value_exactly(world: &World) -> Outcome {
    befriend(world).await?;
    let rows = world.rows("Single")?;
    rows.create("x", json!({})).await?;
    let fields: Vec<_> = rows.model.declared_fields().cloned().collect();
    for field in fields {
        for value in corpus::values(&field.field_type().scalar) {
            rows.update("x", json!({ field.name(): value })).await?;
            let read = some(rows.get("x").await?, "record")?;
            equal(read.get(&field).cloned(), decode(&field, &value)?)?;
        }
    }
    Ok(())
}

async fn an_update_of_one_field_changes_no_other(world: &World) -> Outcome {
    let rows = world.rows("Single")?;
    let mut expected = rows
        .create(
            "x",
            json!({"number": 0.1, "amount": "1.10", "text": "a ", "anything": {"b": [1e-7]}, "whole": i64::MAX}),
        )
        .await?;
    let changed = rows.update("x", json!({"truth": true})).await?;
    let patch = udal_core::record::read_changes(&rows.model, &json!({"truth": true}))?;
    expected.apply(&patch);
    same_record(&changed, &expected)?;
    rows.hold(&[expected]).await
}

async fn system_fields_are_read_as_written(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let people = ["ann", "Ann", "ünï 😀", "'; --", "%", "a,b", "{x}", "\"q\"", "\\", " "];
    let each = people.iter().map(|who| {
        let created_at = "1999-12-31T23:59:59.999999Z";
        json!({"owned_by": who, "team_id": who, "assigned_to": [who, "zoe", "ann"], "created_at": created_at})
    });
    let records = rows.fill(each).await?;
    rows.hold(&records).await
}

async fn what_cannot_be_kept_is_refused_before(world: &World) -> Outcome {
    // No store keeps these; that core refuses them is what lets each backend promise to keep the rest.
    let rows = world.rows("Single")?;
    for members in [
        json!({"text": "a\0b"}),
        json!({"text": "x".repeat((1 << 20) + 1)}),
        json!({"whole": 9_223_372_036_854_775_808_u64}),
        json!({"whole": 0.5}),
        json!({"number": 9_007_199_254_740_993_i64}),
        json!({"amount": "9".repeat(201)}),
        json!({"amount": 0.1}),
        json!({"instant": "0000-12-31T23:59:59Z"}),
        json!({"instant": "2024-03-01T00:00:00.0000001Z"}),
        json!({"day": "2023-02-29"}),
        json!({"choice": "LOW"}),
        json!({"friend": "Plain/x"}),
        json!({"anything": {"a": "\0"}}),
        json!({"id": "Single/a\nb"}),
    ] {
        let refused = read_new(&rows.model, &members);
        let told = members.to_string().chars().take(100).collect::<String>();
        holds(refused.is_err_and(|error| error.field_errors().len() == 1), format!("{told} is not refused"))?;
    }
    Ok(())
}

async fn null_and_absent_are_the_same(world: &World) -> Outcome {
    let rows = world.rows("Single")?;
    let fields: Vec<String> = rows.model.declared_fields().map(|field| field.name().to_owned()).collect();
    let nulls: Json = fields.iter().map(|name| (name.clone(), Json::Null)).collect();
    rows.fill([json!({}), nulls]).await?;
    let records = rows.all().await?;
    for (field, record) in fields.iter().flat_map(|field| records.iter().map(move |record| (field, record))) {
        equal(record.value(field), None)?;
    }
    equal(records.len(), 2)
}

async fn an_empty_string_is_itself(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([json!({"name": ""}), json!({"name": null}), json!({"tags": [""]})]).await?;
    let read = |key: &'static str| async { Ok::<_, crate::case::Failure>(some(rows.get(key).await?, key)?.to_json()) };
    equal(read("k000").await?.get("name"), Some(&json!("")))?;
    equal(read("k001").await?.get("name"), Some(&Json::Null))?;
    equal(read("k002").await?.get("tags"), Some(&json!([""])))
}

async fn an_empty_set_is_missing(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([json!({"tags": []}), json!({}), json!({"tags": ["a"]})]).await?;
    let tags = rows.all().await?.iter().map(|record| record.value("tags").is_some()).collect::<Vec<_>>();
    equal(tags, [false, false, true])?;
    let read = some(rows.get("k000").await?, "record")?.to_json();
    equal(read.get("tags"), Some(&json!([])))
}

async fn an_empty_list_is_itself(world: &World) -> Outcome {
    let rows = world.rows("Lists")?;
    let fields: Vec<String> = rows.model.declared_fields().map(|field| field.name().to_owned()).collect();
    let empty: Json = fields.iter().map(|name| (name.clone(), json!([]))).collect();
    let records = rows.fill([empty, json!({})]).await?;
    rows.hold(&records).await?;
    let read = some(rows.get("k000").await?, "record")?.to_json();
    for field in &fields {
        equal(read.get(field), Some(&json!([])))?;
    }
    rows.finds(json!({"text": {"is_null": true}}), &["k001"]).await
}

async fn lists_of_an_empty_string_and_of_nothing_differ(world: &World) -> Outcome {
    let rows = world.rows("Lists")?;
    let records = rows.fill([json!({"text": [""]}), json!({"text": []}), json!({"text": ["", ""]}), json!({})]).await?;
    rows.hold(&records).await?;
    rows.finds(json!({"text": {"has": ""}}), &["k000", "k002"]).await
}

async fn empty_json_is_itself(world: &World) -> Outcome {
    let rows = world.rows("Single")?;
    let values = [json!({}), json!([]), json!(""), json!(0), json!(false), json!("null")];
    rows.fill(values.iter().map(|value| json!({"anything": value})).chain([json!({"anything": null})])).await?;
    let read: Vec<Json> = rows.all().await?.iter().filter_map(|r| r.to_json().get("anything").cloned()).collect();
    equal(read, values.into_iter().chain([Json::Null]).collect::<Vec<_>>())?;
    rows.finds(json!({"anything": {"is_null": true}}), &["k006"]).await
}

async fn clearing_makes_a_value_missing(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([json!({"name": "a", "value": 0, "tags": ["a"]}), json!({"name": "", "tags": ["b"]})]).await?;
    rows.update("k000", json!({"name": null, "tags": []})).await?;
    rows.finds(json!({"name": {"is_null": true}}), &["k000"]).await?;
    rows.finds(json!({"tags": {"is_null": true}}), &["k000"]).await?;
    rows.finds(json!({"value": 0}), &["k000"]).await
}

async fn sets_are_read_sorted_and_without_duplicates(world: &World) -> Outcome {
    befriend(world).await?;
    let rows = world.rows("Sets")?;
    let sent = json!({
        "whole": [10, 9, -1, 10, i64::MIN], "number": [2.5, -1e308, 0.0, -0.0, 10], "truth": [true, false, true],
        "instant": ["2024-03-01T02:00:00+02:00", "1969-12-31T00:00:00Z", "2024-03-01T00:00:00Z"],
        "day": ["2024-03-01", "0001-01-01", "2024-03-01"], "choice": ["low", "high", "Mid", "low"],
        "friend": ["Friend/a", "Friend/B", "Friend/a"],
    });
    rows.create("x", sent).await?;
    let read = some(rows.get("x").await?, "record")?.to_json();
    let expected = [
        ("whole", json!([i64::MIN, -1, 9, 10])),
        ("number", json!([-1e308, 0.0, 2.5, 10.0])),
        ("truth", json!([false, true])),
        ("instant", json!(["1969-12-31T00:00:00Z", "2024-03-01T00:00:00Z"])),
        ("day", json!(["0001-01-01", "2024-03-01"])),
        ("choice", json!(["Mid", "high", "low"])),
        ("friend", json!(["Friend/B", "Friend/a"])),
    ];
    expected.iter().try_for_each(|(field, value)| equal(read.get(field), Some(value)))
}

async fn equal_numbers_are_one_element(world: &World) -> Outcome {
    let rows = world.rows("Sets")?;
    rows.create("x", json!({"amount": ["10", "9.0", "9", "1.10", "1.1", "-0", "0.00"]})).await?;
    let read = some(rows.get("x").await?, "record")?.to_json();
    equal(read.get("amount"), Some(&json!(["0", "1.1", "9", "10"])))
}

async fn sets_of_strings_are_sorted_by_bytes(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.create("x", json!({"tags": ["b", "é", "a", "B", "10", "9", "😀", "\u{ffff}", "", "a b", "ab", "_"]})).await?;
    let read = some(rows.get("x").await?, "record")?.to_json();
    let expected = json!(["", "10", "9", "B", "_", "a", "a b", "ab", "b", "é", "\u{ffff}", "😀"]);
    equal(read.get("tags"), Some(&expected))
}

async fn lists_keep_order_and_duplicates(world: &World) -> Outcome {
    let rows = world.rows("Lists")?;
    let sent = json!({"text": ["b", "a", "b", ""], "whole": [3, 1, 2, 1], "truth": [true, false, true], "amount": ["2", "1.0"]});
    rows.create("x", sent).await?;
    let read = some(rows.get("x").await?, "record")?.to_json();
    equal(read.get("text"), Some(&json!(["b", "a", "b", ""])))?;
    equal(read.get("whole"), Some(&json!([3, 1, 2, 1])))?;
    equal(read.get("truth"), Some(&json!([true, false, true])))?;
    equal(read.get("amount"), Some(&json!(["2", "1"])))
}

async fn an_update_of_a_set_sorts_it(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let report = rows.batch(BatchMode::PerItem, [Ok((0, rows.record("x", json!({"tags": ["z", "y"]}))?))]).await?;
    equal(report.created, 1)?;
    let changed = rows.update("x", json!({"tags": ["b", "a", "b"]})).await?;
    equal(changed.to_json().get("tags"), Some(&json!(["a", "b"])))?;
    equal(some(rows.get("x").await?, "record")?.to_json().get("tags"), Some(&json!(["a", "b"])))
}
