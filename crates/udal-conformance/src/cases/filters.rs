//! Filters, operator by operator.

use serde_json::{Value as Json, json};
use udal_core::record::Record;
use udal_core::value::Value;

use crate::case::{Case, Failure, Outcome, case};
use crate::corpus::{self, TEXTS};
use crate::expect::{equal, some};
use crate::fixture::{befriend, singles};
use crate::models::SINGLES;
use crate::rows::Rows;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("FILTER-1", eq_and_ne_of_strings, equals("text")),
        case!("FILTER-1", eq_and_ne_of_integers, equals("whole")),
        case!("FILTER-1", eq_and_ne_of_floats, equals("number")),
        case!("FILTER-1", eq_and_ne_of_booleans, equals("truth")),
        case!("FILTER-1", eq_and_ne_of_instants, equals("instant")),
        case!("FILTER-1", eq_and_ne_of_days, equals("day")),
        case!("FILTER-1", eq_and_ne_of_decimals, equals("amount")),
        case!("FILTER-1", eq_and_ne_of_words, equals("choice")),
        case!("FILTER-1", eq_and_ne_of_references, equals("friend")),
        case!("FILTER-1", ne_leaves_out_missing_values),
        case!("FILTER-1", eq_of_strings_is_by_bytes),
        case!("FILTER-1", eq_of_numbers_loses_no_digit),
        case!("FILTER-2", in_and_not_in_of_every_type),
        case!("FILTER-2", in_and_not_in_leave_out_missing_values),
        case!("FILTER-2", nothing_is_in_an_empty_list),
        case!("FILTER-2", in_a_list_of_ten_thousand),
        case!("FILTER-2", a_value_listed_twice_counts_once),
        case!("FILTER-3", comparisons_of_strings, compares("text")),
        case!("FILTER-3", comparisons_of_integers, compares("whole")),
        case!("FILTER-3", comparisons_of_floats, compares("number")),
        case!("FILTER-3", comparisons_of_instants, compares("instant")),
        case!("FILTER-3", comparisons_of_days, compares("day")),
        case!("FILTER-3", comparisons_of_decimals, compares("amount")),
        case!("FILTER-3", comparisons_leave_out_missing_values),
        case!("FILTER-3", strings_compare_by_bytes),
        case!("FILTER-3", a_range_has_two_ends),
        case!("FILTER-4", contains_every_text_of_the_corpus),
        case!("FILTER-4", wildcards_are_letters),
        case!("FILTER-4", contains_minds_case_and_accents),
        case!("FILTER-4", the_empty_string_is_in_every_string),
        case!("FILTER-5", starts_with_every_text_of_the_corpus),
        case!("FILTER-5", starts_with_is_at_the_start_alone),
        case!("FILTER-5", starts_with_the_last_of_the_code_points),
        case!("FILTER-6", has_in_sets_of_every_type, has("Sets")),
        case!("FILTER-6", has_in_lists_of_every_type, has("Lists")),
        case!("FILTER-6", has_finds_whole_elements),
        case!("FILTER-7", is_null_of_every_type),
        case!("FILTER-7", is_null_of_what_is_empty),
        case!("FILTER-10", system_fields_are_filtered),
        case!("FILTER-10", system_fields_may_be_missing),
    ]
}

/// The values of a field that records hold, each once, as JSON.
fn held(records: &[Record], field: &str) -> Vec<Json> {
    let values = records.iter().filter_map(|record| record.value(field)).map(Value::to_json);
    values.fold(Vec::new(), |mut all, value| {
        if !all.contains(&value) {
            all.push(value);
        }
        all
    })
}

/// `eq` and `ne` of each value of the corpus tell it from all others.
async fn equals(world: &World, field: &str) -> Outcome {
    let (rows, records) = singles(world, field).await?;
    for value in held(&records, field) {
        rows.discern(&records, json!({ field: value })).await?;
        rows.discern(&records, json!({ field: {"ne": value} })).await?;
    }
    Ok(())
}

async fn ne_leaves_out_missing_values(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([json!({"name": "a"}), json!({"name": "b"}), json!({}), json!({"name": ""})]).await?;
    rows.finds(json!({"name": {"ne": "a"}}), &["k001", "k003"]).await?;
    rows.finds(json!({"not": {"name": "a"}}), &["k001", "k002", "k003"]).await?;
    rows.finds(json!({"not": {"name": {"ne": "a"}}}), &["k000", "k002"]).await
}

async fn eq_of_strings_is_by_bytes(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill(["é", "e\u{301}", "É", "e", "e ", "ß", "ss", "ﬁ", "fi"].map(|name| json!({"name": name}))).await?;
    rows.finds(json!({"name": "é"}), &["k000"]).await?;
    rows.finds(json!({"name": "e\u{301}"}), &["k001"]).await?;
    rows.finds(json!({"name": "e"}), &["k003"]).await?;
    rows.finds(json!({"name": "ss"}), &["k006"]).await?;
    rows.finds(json!({"name": "fi"}), &["k008"]).await
}

async fn eq_of_numbers_loses_no_digit(world: &World) -> Outcome {
    let rows = world.rows("Single")?;
    rows.fill([
        json!({"whole": 9_007_199_254_740_992_i64, "number": 0.1, "amount": "0.1"}),
        json!({"whole": 9_007_199_254_740_993_i64, "number": 0.100_000_000_000_000_02, "amount": "0.10000000000000000000001"}),
        json!({"whole": i64::MAX, "number": 5e-324, "amount": "0.100"}),
        json!({"whole": i64::MAX - 1, "number": 0, "amount": "1000000000000000000000000000000"}),
    ])
    .await?;
    rows.finds(json!({"whole": 9_007_199_254_740_993_i64}), &["k001"]).await?;
    rows.finds(json!({"whole": i64::MAX}), &["k002"]).await?;
    rows.finds(json!({"number": 0.1}), &["k000"]).await?;
    rows.finds(json!({"number": 0}), &["k003"]).await?;
    rows.finds(json!({"amount": "0.10"}), &["k000", "k002"]).await?;
    rows.finds(json!({"amount": "0.10000000000000000000001"}), &["k001"]).await
}

async fn in_and_not_in_of_every_type(world: &World) -> Outcome {
    for (field, _) in SINGLES {
        world.backend.drop_tenant(&world.tenant).await?;
        let (rows, records) = singles(world, field).await?;
        let every_other: Vec<Json> = held(&records, field).into_iter().step_by(2).collect();
        rows.discern(&records, json!({ field: {"in": every_other} })).await?;
        rows.discern(&records, json!({ field: {"not_in": every_other} })).await?;
    }
    Ok(())
}

async fn in_and_not_in_leave_out_missing_values(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([json!({"value": 1}), json!({"value": 2}), json!({}), json!({"value": 3})]).await?;
    rows.finds(json!({"value": {"in": [1, 3, 9]}}), &["k000", "k003"]).await?;
    rows.finds(json!({"value": {"not_in": [1, 9]}}), &["k001", "k003"]).await?;
    rows.finds(json!({"not": {"value": {"in": [1, 9]}}}), &["k001", "k002", "k003"]).await?;
    rows.finds(json!({"not": {"value": {"not_in": [1, 9]}}}), &["k000", "k002"]).await
}

async fn nothing_is_in_an_empty_list(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([json!({"value": 1}), json!({}), json!({"value": 2})]).await?;
    // The right answers are nothing, and all: the clause says so of `in []` and of its complement.
    rows.finds(json!({"value": {"in": []}}), &[]).await?;
    rows.finds(json!({"not": {"value": {"in": []}}}), &["k000", "k001", "k002"]).await?;
    rows.finds(json!({"value": {"not_in": []}}), &["k000", "k002"]).await?;
    rows.finds(json!({"not": {"value": {"not_in": []}}}), &["k001"]).await
}

async fn in_a_list_of_ten_thousand(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill((0..20).map(|at| json!({"value": at * 1_000, "name": format!("n{}", at * 1_000)}))).await?;
    let wholes: Vec<i64> = (0..10_000).map(|at| at + 3_500).collect();
    let names: Vec<String> = wholes.iter().map(|at| format!("n{at}")).collect();
    let expected = ["k004", "k005", "k006", "k007", "k008", "k009", "k010", "k011", "k012", "k013"];
    rows.finds(json!({"value": {"in": wholes}}), &expected).await?;
    rows.finds(json!({"name": {"in": names}}), &expected).await?;
    equal(rows.count(json!({"name": {"not_in": names}})).await?, 10)
}

async fn a_value_listed_twice_counts_once(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([json!({"value": 1}), json!({"value": 2}), json!({"value": 1})]).await?;
    rows.finds(json!({"value": {"in": [1, 1, 1]}}), &["k000", "k002"]).await?;
    rows.finds(json!({"value": {"not_in": [1, 1]}}), &["k001"]).await
}

/// The four comparisons with each value of the corpus.
async fn compares(world: &World, field: &str) -> Outcome {
    let (rows, records) = singles(world, field).await?;
    for value in held(&records, field) {
        for operator in ["lt", "lte", "gt", "gte"] {
            // Nothing lies below the least value: those answers are nothing, and the others of the case are not.
            rows.agree(&records, json!({ field: { operator: value } })).await?;
        }
    }
    let middle = some(held(&records, field).into_iter().nth(4), "fifth value")?;
    rows.discern(&records, json!({ field: {"lte": middle} })).await?;
    rows.discern(&records, json!({ field: {"gte": middle} })).await
}

async fn comparisons_leave_out_missing_values(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([json!({"value": -5}), json!({}), json!({"value": 0}), json!({"value": 5})]).await?;
    rows.finds(json!({"value": {"lt": 0}}), &["k000"]).await?;
    rows.finds(json!({"value": {"lte": 0}}), &["k000", "k002"]).await?;
    rows.finds(json!({"value": {"gt": 0}}), &["k003"]).await?;
    rows.finds(json!({"value": {"gte": 0}}), &["k002", "k003"]).await?;
    rows.finds(json!({"not": {"value": {"gte": 0}}}), &["k000", "k001"]).await
}

async fn strings_compare_by_bytes(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill(["a", "B", "b", "é", "\u{ffff}", "😀", "", "10", "9"].map(|name| json!({"name": name}))).await?;
    rows.finds(json!({"name": {"lt": "a"}}), &["k001", "k006", "k007", "k008"]).await?;
    rows.finds(json!({"name": {"gt": "b"}}), &["k003", "k004", "k005"]).await?;
    rows.finds(json!({"name": {"gt": "\u{ffff}"}}), &["k005"]).await?;
    rows.finds(json!({"name": {"gte": "10", "lt": "9"}}), &["k007"]).await
}

async fn a_range_has_two_ends(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill((0..10).map(|value| json!({"value": value}))).await?;
    rows.finds(json!({"value": {"gt": 3, "lte": 6}}), &["k004", "k005", "k006"]).await?;
    rows.finds(json!({"value": {"gte": 3, "lt": 4, "ne": 9}}), &["k003"]).await?;
    // The right answer is nothing: the ends have changed places.
    rows.finds(json!({"value": {"gt": 6, "lt": 3}}), &[]).await
}

async fn contains_every_text_of_the_corpus(world: &World) -> Outcome {
    let (rows, records) = singles(world, "text").await?;
    for text in TEXTS.iter().filter(|text| !text.is_empty()) {
        rows.discern(&records, json!({"text": {"contains": text}})).await?;
    }
    Ok(())
}

async fn wildcards_are_letters(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill(["50%", "50", "a_b", "axb", "a\\b", "a\\%b", "%", "a.b", "a*b", "[a]"].map(|n| json!({"name": n})))
        .await?;
    rows.finds(json!({"name": {"contains": "%"}}), &["k000", "k005", "k006"]).await?;
    rows.finds(json!({"name": {"contains": "a_b"}}), &["k002"]).await?;
    rows.finds(json!({"name": {"contains": "\\"}}), &["k004", "k005"]).await?;
    rows.finds(json!({"name": {"contains": "\\%"}}), &["k005"]).await?;
    rows.finds(json!({"name": {"contains": "a.b"}}), &["k007"]).await?;
    rows.finds(json!({"name": {"contains": "[a]"}}), &["k009"]).await?;
    rows.finds(json!({"name": {"starts_with": "%"}}), &["k006"]).await?;
    rows.finds(json!({"name": {"starts_with": "a_"}}), &["k002"]).await?;
    rows.finds(json!({"name": {"starts_with": "a\\"}}), &["k004", "k005"]).await
}

async fn contains_minds_case_and_accents(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill(["Café", "cafe\u{301}", "CAFÉ", "cafe", "a\nCafé\n"].map(|name| json!({"name": name}))).await?;
    rows.finds(json!({"name": {"contains": "afé"}}), &["k000", "k004"]).await?;
    rows.finds(json!({"name": {"contains": "cafe"}}), &["k001", "k003"]).await?;
    rows.finds(json!({"name": {"contains": "\n"}}), &["k004"]).await?;
    rows.finds(json!({"name": {"starts_with": "Caf"}}), &["k000"]).await
}

async fn the_empty_string_is_in_every_string(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([json!({"name": "a"}), json!({}), json!({"name": ""})]).await?;
    rows.finds(json!({"name": {"contains": ""}}), &["k000", "k002"]).await?;
    rows.finds(json!({"name": {"starts_with": ""}}), &["k000", "k002"]).await?;
    rows.finds(json!({"not": {"name": {"contains": ""}}}), &["k001"]).await
}

async fn starts_with_every_text_of_the_corpus(world: &World) -> Outcome {
    let (rows, records) = singles(world, "text").await?;
    for text in TEXTS.iter().filter(|text| !text.is_empty()) {
        rows.discern(&records, json!({"text": {"starts_with": text}})).await?;
    }
    Ok(())
}

async fn starts_with_is_at_the_start_alone(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill(["ab", "a", "ba", "Ab", " ab", "abc", "\nab"].map(|name| json!({"name": name}))).await?;
    rows.finds(json!({"name": {"starts_with": "ab"}}), &["k000", "k005"]).await?;
    rows.finds(json!({"not": {"name": {"starts_with": "a"}}}), &["k002", "k003", "k004", "k006"]).await
}

async fn starts_with_the_last_of_the_code_points(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let names = [
        "a\u{10ffff}",
        "a\u{10ffff}b",
        "b",
        "a\u{d7ff}",
        "a\u{d7ff}x",
        "a\u{e000}",
        "\u{10ffff}",
        "a\u{7f}",
        "a\u{80}",
    ];
    rows.fill(names.map(|name| json!({"name": name}))).await?;
    rows.finds(json!({"name": {"starts_with": "a\u{10ffff}"}}), &["k000", "k001"]).await?;
    rows.finds(json!({"name": {"starts_with": "a\u{d7ff}"}}), &["k003", "k004"]).await?;
    rows.finds(json!({"name": {"starts_with": "\u{10ffff}"}}), &["k006"]).await?;
    rows.finds(json!({"name": {"starts_with": "a\u{7f}"}}), &["k007"]).await
}

/// Records with one, with two, with all and with none of the corpus of each type.
async fn filled(world: &World, model: &str) -> Result<(Rows, Vec<Record>), Failure> {
    befriend(world).await?;
    let rows = world.rows(model)?;
    let mut members = vec![json!({})];
    for field in rows.model.declared_fields() {
        let values = corpus::values(&field.field_type().scalar);
        let parts = [values.get(..1), values.get(1..2), values.get(..2), Some(values.as_slice())];
        members.extend(parts.into_iter().flatten().map(|part| json!({ field.name(): part })));
    }
    let records = rows.fill(members).await?;
    Ok((rows, records))
}

async fn has(world: &World, model: &str) -> Outcome {
    let (rows, records) = filled(world, model).await?;
    let fields: Vec<_> = rows.model.declared_fields().cloned().collect();
    for field in fields {
        for value in corpus::values(&field.field_type().scalar) {
            rows.discern(&records, json!({ field.name(): {"has": value} })).await?;
        }
    }
    Ok(())
}

async fn has_finds_whole_elements(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([["ab", "c"], ["a", "b"], ["a,b", "B"], ["", "{a}"], ["\"a\"", "a\\"]].map(|tags| json!({"tags": tags})))
        .await?;
    rows.finds(json!({"tags": {"has": "a"}}), &["k001"]).await?;
    rows.finds(json!({"tags": {"has": "b"}}), &["k001"]).await?;
    rows.finds(json!({"tags": {"has": "a,b"}}), &["k002"]).await?;
    rows.finds(json!({"tags": {"has": ""}}), &["k003"]).await?;
    rows.finds(json!({"not": {"tags": {"has": "a"}}}), &["k000", "k002", "k003", "k004"]).await
}

async fn is_null_of_every_type(world: &World) -> Outcome {
    let rows = world.rows("Single")?;
    befriend(world).await?;
    let mut members = vec![json!({})];
    for field in rows.model.declared_fields() {
        members.push(json!({ field.name(): corpus::values(&field.field_type().scalar).first() }));
    }
    let records = rows.fill(members).await?;
    let fields: Vec<String> = rows.model.declared_fields().map(|field| field.name().to_owned()).collect();
    for field in fields {
        rows.discern(&records, json!({ &field: {"is_null": true} })).await?;
        rows.discern(&records, json!({ &field: {"is_null": false} })).await?;
    }
    Ok(())
}

async fn is_null_of_what_is_empty(world: &World) -> Outcome {
    let plain = world.rows("Plain")?;
    plain.fill([json!({"name": "", "tags": []}), json!({"tags": [""]}), json!({"name": null})]).await?;
    plain.finds(json!({"name": {"is_null": true}}), &["k001", "k002"]).await?;
    plain.finds(json!({"tags": {"is_null": true}}), &["k000", "k002"]).await?;
    let lists = world.rows("Lists")?;
    lists.fill([json!({"text": []}), json!({"text": null}), json!({"text": [""]})]).await?;
    lists.finds(json!({"text": {"is_null": true}}), &["k001"]).await?;
    lists.finds(json!({"text": {"is_null": false}}), &["k000", "k002"]).await
}

async fn system_fields_are_filtered(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([
        json!({"owned_by": "ann", "team_id": "red", "assigned_to": ["bob", "cid"], "created_at": "2020-01-01T00:00:00Z"}),
        json!({"owned_by": "bob", "team_id": "Red", "assigned_to": ["ann"], "created_at": "2021-01-01T00:00:00Z"}),
        json!({"owned_by": "ANN", "team_id": "blue", "created_at": "2022-01-01T00:00:00Z"}),
    ])
    .await?;
    rows.update("k001", json!({"value": 1})).await?;
    rows.finds(json!({"owned_by": "ann"}), &["k000"]).await?;
    rows.finds(json!({"team_id": {"in": ["red", "blue"]}}), &["k000", "k002"]).await?;
    rows.finds(json!({"assigned_to": {"has": "ann"}}), &["k001"]).await?;
    rows.finds(json!({"created_at": {"gte": "2021-01-01T00:00:00Z"}}), &["k001", "k002"]).await?;
    rows.finds(json!({"version": {"gt": 1}}), &["k001"]).await?;
    rows.finds(json!({"id": {"ne": "Plain/k001"}}), &["k000", "k002"]).await?;
    rows.finds(json!({"id": {"starts_with": "Plain/k00"}, "version": 2}), &["k001"]).await
}

async fn system_fields_may_be_missing(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([json!({"owned_by": "ann"}), json!({"assigned_to": ["ann"]}), json!({"team_id": "red"})]).await?;
    rows.finds(json!({"owned_by": {"is_null": true}}), &["k001", "k002"]).await?;
    rows.finds(json!({"owned_by": {"ne": "bob"}}), &["k000"]).await?;
    rows.finds(json!({"assigned_to": {"is_null": false}}), &["k001"]).await?;
    rows.finds(json!({"not": {"team_id": "red"}}), &["k000", "k001"]).await
}
