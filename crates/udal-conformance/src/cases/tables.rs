//! Tables with settings: split by time, taking many appends, with indexes. The same models without settings elsewhere.

use serde_json::{Value as Json, json};
use udal_core::ErrorKind;
use udal_core::record::Record;

use crate::case::{Case, Failure, Outcome, case};
use crate::corpus::DAYS;
use crate::expect::{equal, fails, same_record, some};
use crate::rows::Rows;
use crate::subject::Need;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("TENANT-3", a_write_makes_the_partitions_it_needs),
        case!("VALUE-1", records_split_by_month_are_read_as_written, split_kept("Sample")),
        case!("VALUE-1", records_split_by_day_are_read_as_written, split_kept("Daily")),
        case!("VALUE-1", records_split_by_year_are_read_as_written, split_kept("Yearly")),
        case!("LIST-2", order_and_pages_run_across_partitions),
        case!("FILTER-3", a_range_of_time_runs_across_partitions),
        case!("CREATE-2", an_id_is_taken_in_every_partition),
        case!("UPDATE-1", a_change_of_the_time_moves_a_record),
        case!("UPDATE-1", a_record_that_moved_keeps_its_id_taken),
        case!("DELETE-1", records_are_deleted_in_every_partition),
        case!("SEARCH-3", ids_are_in_order_across_partitions),
        case!("BATCH-3", an_id_stands_once_in_a_batch_across_partitions),
        case!("LIST-2", an_index_changes_no_answer).needs(Need::Tables),
    ]
}

/// The times of the samples: the ends of the calendar and of months, and plain days.
const TIMES: [&str; 10] = [
    "0001-01-01T00:00:00Z",
    "1969-12-31T23:59:59.999999Z",
    "1970-01-01T00:00:00Z",
    "2023-12-31T23:59:59.999999Z",
    "2024-01-01T00:00:00Z",
    "2024-02-29T12:00:00Z",
    "2024-02-29T23:59:59.999999Z",
    "2024-03-01T01:00:00+02:00",
    "2024-03-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
];

fn sample(at: usize) -> Json {
    let (time, day) = (TIMES.get(at % TIMES.len()), DAYS.get(at % DAYS.len()));
    json!({"taken_at": time, "day": day, "created_at": time, "value": at as f64 / 2.0})
}

/// Thirty records whose ids are not in the order of their times.
async fn samples(world: &World, model: &str) -> Result<(Rows, Vec<Record>), Failure> {
    let rows = world.rows(model)?;
    let records = rows.fill((0..30).map(|at| sample(at * 7))).await?;
    Ok((rows, records))
}

async fn a_write_makes_the_partitions_it_needs(world: &World) -> Outcome {
    let rows = world.rows("Sample")?;
    for at in 0..TIMES.len() {
        rows.create(&format!("one-{at}"), sample(at)).await?;
    }
    rows.finds(json!({"taken_at": {"lt": "1970-01-01T00:00:00Z"}}), &["one-0", "one-1"]).await?;
    equal(rows.count(json!({})).await?, TIMES.len() as u64)
}

async fn split_kept(world: &World, model: &str) -> Outcome {
    let (rows, records) = samples(world, model).await?;
    rows.hold(&records).await?;
    for record in &records {
        same_record(&some(rows.get_id(record.id()).await?, record.id())?, record)?;
    }
    Ok(())
}

async fn order_and_pages_run_across_partitions(world: &World) -> Outcome {
    for model in ["Sample", "Daily", "Yearly"] {
        let (rows, records) = samples(world, model).await?;
        for order in ["taken_at", "-taken_at,value", "-day", "id", "created_at,-id", "-value"] {
            equal(rows.walk(&records, order, 7).await?, 5)?;
        }
    }
    Ok(())
}

async fn a_range_of_time_runs_across_partitions(world: &World) -> Outcome {
    let (rows, records) = samples(world, "Sample").await?;
    let at = |operator: &str, time: &str| json!({"taken_at": { operator: time }});
    let filters = vec![
        at("gte", "2024-01-01T00:00:00Z"),
        at("lt", "2024-01-01T00:00:00Z"),
        at("lte", "2024-02-29T23:00:00Z"),
        at("gt", "2024-02-29T23:59:59.999999Z"),
        at("eq", "2024-02-29T23:00:00Z"),
        at("ne", "2024-03-01T00:00:00Z"),
        json!({"taken_at": {"gte": "1969-12-31T23:59:59.999999Z", "lt": "2024-03-01T00:00:00Z"}, "value": {"gt": 20}}),
    ];
    rows.discern_all(&records, filters).await
}

async fn an_id_is_taken_in_every_partition(world: &World) -> Outcome {
    for model in ["Sample", "Daily", "Yearly"] {
        let rows = world.rows(model)?;
        let record = rows.create("x", sample(0)).await?;
        fails(rows.try_create("x", sample(5)).await, ErrorKind::AlreadyExists)?;
        rows.hold(&[record]).await?;
    }
    Ok(())
}

async fn a_change_of_the_time_moves_a_record(world: &World) -> Outcome {
    for (model, field, times) in [("Sample", "taken_at", &TIMES[..]), ("Daily", "day", &DAYS[..])] {
        let rows = world.rows(model)?;
        rows.create("x", sample(3)).await?;
        for (at, time) in times.iter().enumerate() {
            let changed = rows.update("x", json!({ field: time })).await?;
            equal(changed.version(), at as i64 + 2)?;
            rows.hold(&[changed]).await?;
            rows.finds(json!({ field: time }), &["x"]).await?;
            same_record(&some(rows.get("x").await?, "record")?, &some(rows.all().await?.pop(), "record")?)?;
        }
    }
    Ok(())
}

async fn a_record_that_moved_keeps_its_id_taken(world: &World) -> Outcome {
    let rows = world.rows("Sample")?;
    rows.create("x", sample(0)).await?;
    let moved = rows.update("x", json!({"taken_at": "2024-05-01T00:00:00Z"})).await?;
    fails(rows.try_create("x", sample(0)).await, ErrorKind::AlreadyExists)?;
    fails(
        rows.try_create("x", json!({"taken_at": "2024-05-02T00:00:00Z", "day": "2024-05-02"})).await,
        ErrorKind::AlreadyExists,
    )?;
    rows.hold(&[moved]).await?;
    rows.delete("x").await?;
    rows.create("x", sample(0)).await?;
    equal(rows.count(json!({})).await?, 1)
}

async fn records_are_deleted_in_every_partition(world: &World) -> Outcome {
    let (rows, mut records) = samples(world, "Sample").await?;
    while let Some(record) = records.pop() {
        let key = rows.keys(std::slice::from_ref(&record)).concat();
        same_record(&some(rows.delete(&key).await?, &key)?.record, &record)?;
        equal(rows.count(json!({})).await?, records.len() as u64)?;
    }
    Ok(())
}

async fn ids_are_in_order_across_partitions(world: &World) -> Outcome {
    let rows = world.rows("Twelve")?;
    // A search has text fields alone; the order by id is the same in a model that is not split.
    rows.fill((0..20).map(|at| json!({"name": if at % 3 == 0 { "odd word" } else { "other" }, "f0": 20 - at}))).await?;
    equal(rows.search_some("word", &["name"], 4).await?, ["k000", "k003", "k006", "k009"])?;
    let (split, records) = samples(world, "Sample").await?;
    equal(split.ordered("id").await?, split.keys(&records))
}

async fn an_id_stands_once_in_a_batch_across_partitions(world: &World) -> Outcome {
    let rows = world.rows("Sample")?;
    let items = [rows.record("x", sample(0))?, rows.record("y", sample(3))?, rows.record("x", sample(5))?];
    let kept = [items[0].clone(), items[1].clone()];
    let numbered = items.into_iter().enumerate().map(|(at, record)| Ok((at as u64, record)));
    let report = rows.batch(udal_core::contract::BatchMode::PerItem, numbered).await?;
    let failed: Vec<(u64, ErrorKind)> = report.failures.iter().map(|f| (f.index, f.error.kind())).collect();
    equal((report.created, failed), (2, vec![(2, ErrorKind::AlreadyExists)]))?;
    rows.hold(&kept).await
}

async fn an_index_changes_no_answer(world: &World) -> Outcome {
    let rows = world.rows("Indexed")?;
    let kinds = [json!("a"), json!("B"), json!("é"), Json::Null, json!(""), json!("k".repeat(1_000))];
    let members = (0..60).map(|at| {
        let value = if at % 5 == 0 { Json::Null } else { json!(f64::from(at % 7) / 2.0) };
        json!({"kind": kinds.get(at as usize % kinds.len()), "order": format!("o{}", at % 4), "value": value})
    });
    let records = rows.fill(members).await?;
    for order in ["kind,value", "-kind,value", "-kind,-value", "value,-kind", "order", "-order,kind"] {
        equal(rows.walk(&records, order, 9).await?, 7)?;
    }
    let filters = vec![
        json!({"kind": "B", "value": {"gte": 1}}),
        json!({"kind": {"is_null": true}}),
        json!({"order": {"in": ["o1", "o3"]}, "not": {"value": {"lt": 2}}}),
        json!({"kind": {"starts_with": "k"}}),
    ];
    rows.discern_all(&records, filters).await
}
