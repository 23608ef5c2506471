//! How filters are put together, and that `not` is the complement.

use serde_json::{Value as Json, json};
use udal_core::record::Record;

use crate::case::{Case, Failure, Outcome, case};
use crate::expect::equal;
use crate::rows::Rows;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("FILTER-8", not_of_every_operator_is_its_complement),
        case!("FILTER-8", not_of_not_is_the_filter_itself),
        case!("FILTER-8", not_of_and_and_or),
        case!("FILTER-8", not_over_missing_values_in_plain_words),
        case!("FILTER-9", and_of_nothing_is_true),
        case!("FILTER-9", or_of_nothing_is_false),
        case!("FILTER-9", and_and_or_nest),
        case!("FILTER-9", filters_nest_thirty_deep),
        case!("FILTER-9", a_thousand_conditions),
        case!("LIST-1", members_must_all_hold),
        case!("LIST-1", one_field_is_tested_twice),
        case!("LIST-1", a_filter_that_holds_of_none_and_one_that_holds_of_all),
        case!("COUNT-1", count_is_what_list_answers),
        case!("COUNT-1", count_has_no_limit),
    ]
}

/// Records with every combination of a name, a value and tags, missing ones among them.
async fn mixed(world: &World) -> Result<(Rows, Vec<Record>), Failure> {
    let rows = world.rows("Plain")?;
    let mut members = Vec::new();
    for name in [Json::Null, json!(""), json!("a"), json!("b%")] {
        for value in [Json::Null, json!(0), json!(7)] {
            for tags in [json!([]), json!(["a"]), json!(["a", "x"])] {
                members.push(json!({"name": name, "value": value, "tags": tags}));
            }
        }
    }
    let records = rows.fill(members).await?;
    Ok((rows, records))
}

async fn not_of_every_operator_is_its_complement(world: &World) -> Outcome {
    let (rows, records) = mixed(world).await?;
    let filters = vec![
        json!({"name": "a"}),
        json!({"name": {"ne": "a"}}),
        json!({"name": {"in": ["a", ""]}}),
        json!({"name": {"not_in": ["a", ""]}}),
        json!({"name": {"contains": "%"}}),
        json!({"name": {"starts_with": "b"}}),
        json!({"name": {"is_null": true}}),
        json!({"value": {"lt": 7}}),
        json!({"value": {"lte": 0}}),
        json!({"value": {"gt": 0}}),
        json!({"value": {"gte": 7}}),
        json!({"tags": {"has": "x"}}),
        json!({"tags": {"is_null": false}}),
        json!({"name": {"contains": "a"}, "value": {"ne": 0}}),
        json!({"or": [{"name": "a"}, {"tags": {"has": "x"}}]}),
    ];
    // Each is asked as it is and under `not`: together they are all the records, and none twice.
    rows.discern_all(&records, filters).await
}

async fn not_of_not_is_the_filter_itself(world: &World) -> Outcome {
    let (rows, records) = mixed(world).await?;
    for inner in [json!({"name": {"ne": "a"}}), json!({"value": {"gt": 0}}), json!({"tags": {"has": "x"}})] {
        let twice = json!({"not": {"not": inner}});
        equal(rows.find(twice.clone()).await?, rows.find(inner).await?)?;
        rows.discern(&records, json!({"not": twice})).await?;
    }
    Ok(())
}

async fn not_of_and_and_or(world: &World) -> Outcome {
    let (rows, records) = mixed(world).await?;
    let (one, two) = (json!({"name": {"ne": "a"}}), json!({"value": {"lte": 0}}));
    rows.discern_all(
        &records,
        vec![
            json!({"not": {"and": [one, two]}}),
            json!({"not": {"or": [one, two]}}),
            json!({"or": [{"not": one}, {"not": two}]}),
            json!({"and": [{"not": one}, {"not": two}]}),
            json!({"not": {"or": [{"and": [one, two]}, {"not": {"or": [two, {"tags": {"has": "a"}}]}}]}}),
        ],
    )
    .await
}

async fn not_over_missing_values_in_plain_words(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([
        json!({"name": "a", "tags": ["t"]}),
        json!({"value": 1, "tags": []}),
        json!({"name": "b", "value": 5, "tags": ["t", "u"]}),
    ])
    .await?;
    rows.finds(json!({"not": {"value": {"gt": 2}}}), &["k000", "k001"]).await?;
    rows.finds(json!({"not": {"name": {"contains": "a"}}}), &["k001", "k002"]).await?;
    rows.finds(json!({"not": {"tags": {"has": "u"}}}), &["k000", "k001"]).await?;
    rows.finds(json!({"not": {"name": "a", "value": {"ne": 1}}}), &["k000", "k001", "k002"]).await?;
    rows.finds(json!({"not": {"or": [{"name": "a"}, {"value": 5}]}}), &["k001"]).await
}

async fn and_of_nothing_is_true(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([json!({"name": "a"}), json!({}), json!({"value": 1})]).await?;
    let all = ["k000", "k001", "k002"];
    // The right answer is all, and of the complement nothing: the clause says so.
    rows.finds(json!({"and": []}), &all).await?;
    rows.finds(json!({}), &all).await?;
    rows.finds(json!({"not": {"and": []}}), &[]).await?;
    rows.finds(json!({"and": [], "name": "a"}), &["k000"]).await
}

async fn or_of_nothing_is_false(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([json!({"name": "a"}), json!({}), json!({"value": 1})]).await?;
    // The right answer is nothing, and of the complement all: the clause says so.
    rows.finds(json!({"or": []}), &[]).await?;
    rows.finds(json!({"not": {"or": []}}), &["k000", "k001", "k002"]).await?;
    rows.finds(json!({"or": [{"or": []}, {"name": "a"}]}), &["k000"]).await
}

async fn and_and_or_nest(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill((0..8).map(|at| json!({"value": at, "name": if at % 2 == 0 { "even" } else { "odd" }}))).await?;
    rows.finds(json!({"or": [{"value": {"lt": 2}}, {"value": {"gt": 5}}], "name": "even"}), &["k000", "k006"]).await?;
    rows.finds(json!({"and": [{"or": [{"value": 1}, {"value": 2}]}, {"or": [{"value": 2}, {"value": 3}]}]}), &["k002"])
        .await?;
    rows.finds(
        json!({"or": [{"and": [{"name": "odd"}, {"value": {"gt": 3}}]}, {"value": 0}]}),
        &["k000", "k005", "k007"],
    )
    .await
}

async fn filters_nest_thirty_deep(world: &World) -> Outcome {
    let (rows, records) = mixed(world).await?;
    let mut filter = json!({"value": {"gt": 0}});
    for at in 0..30 {
        filter = match at % 3 {
            0 => json!({"not": filter}),
            1 => json!({"or": [filter, {"name": "a", "value": at}]}),
            _ => json!({"and": [filter, {"not": {"tags": {"has": format!("t{at}")}}}]}),
        };
    }
    rows.discern(&records, filter).await
}

async fn a_thousand_conditions(world: &World) -> Outcome {
    let (rows, records) = mixed(world).await?;
    let many: Vec<Json> = (1..999).map(|at| json!({"value": at, "name": {"ne": "b%"}})).take(499).collect();
    rows.discern(&records, json!({"or": many})).await
}

async fn members_must_all_hold(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([
        json!({"name": "a", "value": 1, "tags": ["x"]}),
        json!({"name": "a", "value": 2, "tags": ["x"]}),
        json!({"name": "a", "value": 1}),
        json!({"name": "b", "value": 1, "tags": ["x"]}),
    ])
    .await?;
    rows.finds(json!({"name": "a", "value": 1, "tags": {"has": "x"}}), &["k000"]).await?;
    rows.finds(json!({"name": "a", "value": 1}), &["k000", "k002"]).await
}

async fn one_field_is_tested_twice(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([["a", "b"], ["a", "c"], ["b", "c"]].map(|tags| json!({"tags": tags}))).await?;
    rows.finds(json!({"and": [{"tags": {"has": "a"}}, {"tags": {"has": "b"}}]}), &["k000"]).await?;
    rows.finds(json!({"and": [{"tags": {"has": "c"}}, {"not": {"tags": {"has": "a"}}}]}), &["k002"]).await
}

async fn a_filter_that_holds_of_none_and_one_that_holds_of_all(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([json!({"name": "a"}), json!({"name": "b"})]).await?;
    // Nothing, because no name is such; all, because every name is another.
    rows.finds(json!({"name": "zzz"}), &[]).await?;
    rows.finds(json!({"name": {"ne": "zzz"}}), &["k000", "k001"]).await
}

async fn count_is_what_list_answers(world: &World) -> Outcome {
    let (rows, records) = mixed(world).await?;
    equal((records.len(), rows.count(json!({})).await?), (36, 36))?;
    equal(rows.count(json!({"name": "a"})).await?, 9)?;
    equal(rows.count(json!({"not": {"value": {"gt": 0}}})).await?, 24)?;
    equal(rows.count(json!({"tags": {"has": "x"}, "name": {"is_null": true}})).await?, 3)
}

async fn count_has_no_limit(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let records = (0..10_050).map(|at| rows.record(&format!("n{at}"), json!({"value": at % 2})));
    rows.store(&records.collect::<Result<Vec<_>, _>>()?).await?;
    equal((rows.count(json!({})).await?, rows.count(json!({"value": 1})).await?), (10_050, 5_025))
}
