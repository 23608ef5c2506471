//! Orders: total, by bytes and by numbers, missing values below every other.

use serde_json::json;

use crate::case::{Case, Outcome, case};
use crate::expect::equal;
use crate::fixture::{befriend, singles};
use crate::models::SINGLES;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("LIST-2", ties_are_broken_by_id),
        case!("LIST-2", several_fields_in_several_directions),
        case!("LIST-2", without_an_order_it_is_by_id),
        case!("LIST-2", by_id_downwards),
        case!("LIST-2", system_fields_have_an_order),
        case!("LIST-2", a_filter_does_not_change_the_order),
        case!("LIST-3", missing_values_come_first_ascending_and_last_descending),
        case!("LIST-3", missing_values_of_every_type),
        case!("LIST-3", a_missing_value_is_below_the_empty_string_and_the_least_number),
        case!("LIST-3", missing_values_in_the_second_place),
        case!("LIST-4", strings_sort_by_bytes),
        case!("LIST-4", false_sorts_below_true),
        case!("LIST-4", words_sort_by_bytes_not_as_declared),
        case!("LIST-4", references_sort_by_bytes),
        case!("LIST-4", numbers_sort_as_numbers),
        case!("LIST-4", times_sort_as_times),
    ]
}

async fn ties_are_broken_by_id(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    for (key, value) in [("d", 1), ("b", 2), ("a", 1), ("C", 2), ("c", 1), ("é", 1), ("B", 2)] {
        rows.create(key, json!({"value": value})).await?;
    }
    equal(rows.ordered("value").await?, ["a", "c", "d", "é", "B", "C", "b"])?;
    equal(rows.ordered("-value").await?, ["B", "C", "b", "a", "c", "d", "é"])
}

async fn several_fields_in_several_directions(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    for (key, name, value) in [("1", "a", 1), ("2", "b", 1), ("3", "a", 2), ("4", "b", 2), ("5", "a", 2)] {
        rows.create(key, json!({"name": name, "value": value})).await?;
    }
    equal(rows.ordered("name,value").await?, ["1", "3", "5", "2", "4"])?;
    equal(rows.ordered("-name,value").await?, ["2", "4", "1", "3", "5"])?;
    equal(rows.ordered("name,-value").await?, ["3", "5", "1", "4", "2"])?;
    equal(rows.ordered("-value,-name,-id").await?, ["4", "5", "3", "2", "1"])
}

async fn without_an_order_it_is_by_id(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    for key in ["b", "B", "10", "9", "a", "é", "😀", "\u{ffff}", "_"] {
        rows.create(key, json!({"name": "same"})).await?;
    }
    equal(rows.ordered("").await?, ["10", "9", "B", "_", "a", "b", "é", "\u{ffff}", "😀"])
}

async fn by_id_downwards(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let records = rows.fill((0..12).map(|at| json!({"value": at % 3}))).await?;
    let mut expected = rows.keys(&records);
    equal(rows.ordered("value,-id").await?.first().map(String::as_str), Some("k009"))?;
    expected.reverse();
    equal(rows.ordered("-id").await?, expected)
}

async fn system_fields_have_an_order(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([
        json!({"owned_by": "b", "team_id": "x", "created_at": "2022-01-01T00:00:00Z"}),
        json!({"owned_by": "B", "created_at": "2020-01-01T00:00:00Z"}),
        json!({"team_id": "y", "created_at": "2021-01-01T00:00:00Z"}),
    ])
    .await?;
    rows.update("k000", json!({"value": 1})).await?;
    equal(rows.ordered("created_at").await?, ["k001", "k002", "k000"])?;
    equal(rows.ordered("-version,owned_by").await?, ["k000", "k002", "k001"])?;
    equal(rows.ordered("owned_by").await?, ["k002", "k001", "k000"])?;
    equal(rows.ordered("-team_id").await?, ["k002", "k000", "k001"])
}

async fn a_filter_does_not_change_the_order(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill((0..9).map(|at| json!({"value": at % 4, "name": if at < 6 { "few" } else { "other" }}))).await?;
    let ask = crate::rows::Ask { order: "-value".to_owned(), ..crate::rows::Ask::filter(json!({"name": "few"})) };
    equal(rows.list(&ask).await?, ["k003", "k002", "k001", "k005", "k000", "k004"])
}

async fn missing_values_come_first_ascending_and_last_descending(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([json!({"value": 1}), json!({}), json!({"value": -1}), json!({"value": null})]).await?;
    equal(rows.ordered("value").await?, ["k001", "k003", "k002", "k000"])?;
    equal(rows.ordered("-value").await?, ["k000", "k002", "k001", "k003"])
}

async fn missing_values_of_every_type(world: &World) -> Outcome {
    befriend(world).await?;
    let rows = world.rows("Single")?;
    for (field, _) in SINGLES {
        let scalar = rows.model.field(field)?.field_type().scalar.clone();
        let value = crate::corpus::values(&scalar).pop();
        rows.create(&format!("{field}-1"), json!({ field: value })).await?;
    }
    for (field, _) in SINGLES {
        let with_value = format!("{field}-1");
        equal(rows.ordered(field).await?.last(), Some(&with_value))?;
        equal(rows.ordered(&format!("-{field}")).await?.first(), Some(&with_value))?;
    }
    Ok(())
}

async fn a_missing_value_is_below_the_empty_string_and_the_least_number(world: &World) -> Outcome {
    let rows = world.rows("Single")?;
    let least = json!({"text": "", "whole": i64::MIN, "number": f64::MIN, "truth": false,
        "instant": "0001-01-01T00:00:00Z", "day": "0001-01-01", "amount": format!("-{}", "9".repeat(200))});
    rows.fill([least, json!({})]).await?;
    for field in ["text", "whole", "number", "truth", "instant", "day", "amount"] {
        equal(rows.ordered(field).await?, ["k001", "k000"])?;
        equal(rows.ordered(&format!("-{field}")).await?, ["k000", "k001"])?;
    }
    Ok(())
}

async fn missing_values_in_the_second_place(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([
        json!({"name": "a", "value": 1}),
        json!({"name": "a"}),
        json!({"value": 5}),
        json!({}),
        json!({"name": "a", "value": -1}),
    ])
    .await?;
    equal(rows.ordered("name,value").await?, ["k003", "k002", "k001", "k004", "k000"])?;
    equal(rows.ordered("name,-value").await?, ["k002", "k003", "k000", "k004", "k001"])?;
    equal(rows.ordered("-name,-value").await?, ["k000", "k004", "k001", "k002", "k003"])
}

async fn strings_sort_by_bytes(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    // U+FFFF lies below U+1F600 in UTF-8 and above it in UTF-16; a locale would mix cases and skip punctuation.
    let sorted = ["", " b", "10", "9", "A", "B", "_", "a", "a b", "ab", "b", "e\u{301}", "é", "\u{ffff}", "😀"];
    let shuffled = [9, 3, 14, 0, 7, 12, 5, 1, 13, 4, 11, 2, 10, 6, 8];
    rows.fill(shuffled.map(|at: usize| json!({"name": sorted.get(at)}))).await?;
    let read = |order: &'static str| {
        let rows = rows.clone();
        async move {
            let page = rows.page(&crate::rows::Ask::order(order)).await?;
            let names = page.records.iter().filter_map(|record| record.value("name")?.as_str().map(str::to_owned));
            Ok::<Vec<String>, crate::case::Failure>(names.collect())
        }
    };
    equal(read("name").await?, sorted)?;
    equal(read("-name").await?, sorted.iter().rev().copied().collect::<Vec<_>>())
}

async fn false_sorts_below_true(world: &World) -> Outcome {
    let rows = world.rows("Single")?;
    rows.fill([json!({"truth": true}), json!({"truth": false}), json!({}), json!({"truth": false})]).await?;
    equal(rows.ordered("truth").await?, ["k002", "k001", "k003", "k000"])?;
    equal(rows.ordered("-truth").await?, ["k000", "k001", "k003", "k002"])
}

async fn words_sort_by_bytes_not_as_declared(world: &World) -> Outcome {
    let rows = world.rows("Single")?;
    rows.fill(["low", "Mid", "high", "a b", "~"].map(|word| json!({"choice": word}))).await?;
    equal(rows.ordered("choice").await?, ["k001", "k003", "k002", "k000", "k004"])?;
    equal(rows.ordered("-choice").await?, ["k004", "k000", "k002", "k003", "k001"])
}

async fn references_sort_by_bytes(world: &World) -> Outcome {
    befriend(world).await?;
    let rows = world.rows("Single")?;
    rows.fill(["é", "a", "😀", "B", "%_'", "A"].map(|key| json!({"friend": format!("Friend/{key}")}))).await?;
    equal(rows.ordered("friend").await?, ["k004", "k005", "k003", "k001", "k000", "k002"])
}

async fn numbers_sort_as_numbers(world: &World) -> Outcome {
    let rows = world.rows("Single")?;
    rows.fill([
        json!({"whole": 10, "number": 1e308, "amount": "10"}),
        json!({"whole": 9, "number": -5e-324, "amount": "9.99999999999999999999999999999999999"}),
        json!({"whole": -10, "number": 0, "amount": "-10"}),
        json!({"whole": -9, "number": 5e-324, "amount": "-9"}),
        json!({"whole": 9_007_199_254_740_993_i64, "number": -1e308, "amount": "0.0000000000000000000000000000000001"}),
        json!({"whole": 9_007_199_254_740_992_i64, "number": 9, "amount": "0"}),
    ])
    .await?;
    equal(rows.ordered("whole").await?, ["k002", "k003", "k001", "k000", "k005", "k004"])?;
    equal(rows.ordered("number").await?, ["k004", "k001", "k002", "k003", "k005", "k000"])?;
    equal(rows.ordered("amount").await?, ["k002", "k003", "k005", "k004", "k001", "k000"])
}

async fn times_sort_as_times(world: &World) -> Outcome {
    let (rows, records) = singles(world, "instant").await?;
    equal(rows.walk(&records, "instant", 5).await?, records.len().div_ceil(5))?;
    world.backend.drop_tenant(&world.tenant).await?;
    rows.fill([
        json!({"instant": "2024-03-01T00:00:00.000002Z", "day": "2024-03-01"}),
        json!({"instant": "2024-03-01T01:00:00+02:00", "day": "0999-12-31"}),
        json!({"instant": "2024-03-01T00:00:00.000001Z", "day": "9999-12-31"}),
        json!({"instant": "0001-01-01T00:00:00Z", "day": "1000-01-01"}),
    ])
    .await?;
    equal(rows.ordered("instant").await?, ["k003", "k001", "k002", "k000"])?;
    equal(rows.ordered("day").await?, ["k001", "k003", "k000", "k002"])
}
