//! Reports over a real server: random ones are what plain Rust works out of the same records, also for an asker who sees few.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on fails")]

mod data;
mod joins;
mod oracle;
#[path = "../../../udal-pgpool/tests/support/mod.rs"]
mod support;

use data::{Lab, Random};
use serde_json::json;
use support::Fixture;
use udal_core::value::Value;
use udal_core::{Context, ErrorKind};
use udal_query::Budget;
use udal_query::report::{AggregateRequest, Gaps, WindowRequest};
use udal_service::Budgets;

/// A report is run by servers that move futures between threads.
fn sent<T: Send>(future: T) -> T {
    future
}

async fn rows(lab: &Lab, ctx: &Context, request: &AggregateRequest) -> Vec<Vec<Option<Value>>> {
    let mut rows =
        sent(lab.queries().aggregate(ctx, request)).await.unwrap_or_else(|error| panic!("{request:?}: {error}"));
    let mut found = Vec::new();
    while let Some(row) = rows.next().await.unwrap_or_else(|error| panic!("{request:?}: {error}")) {
        found.push(row);
    }
    found
}

async fn windows(lab: &Lab, ctx: &Context, request: &WindowRequest) -> Vec<Vec<Option<Value>>> {
    let mut rows =
        sent(lab.queries().window(ctx, request)).await.unwrap_or_else(|error| panic!("{request:?}: {error}"));
    let mut found = Vec::new();
    while let Some(row) = rows.next().await.unwrap() {
        found.push(row);
    }
    found
}

fn text(rows: &[Vec<Option<Value>>]) -> Vec<String> {
    let cell = |value: &Option<Value>| value.as_ref().map_or("-".to_owned(), |value| value.to_json().to_string());
    rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(" ")).collect()
}

fn aggregate() -> AggregateRequest {
    AggregateRequest::new("lab", "Result")
}

fn window() -> WindowRequest {
    WindowRequest::new("lab", "Result")
}

#[tokio::test(flavor = "multi_thread")]
async fn random_reports_are_what_plain_rust_works_out() {
    let fixture = Fixture::start().await;
    let mut random = Random(7);
    let lab = Lab::new(fixture.databases(), Budgets::default());
    let records = lab.fill(&mut random, 400).await;
    for round in 0..60 {
        let question = oracle::Question::any(&mut random);
        for ctx in [lab.operator(), lab.owner("u1"), lab.nobody()] {
            let found = rows(&lab, &ctx, &question.request()).await;
            question.check(&found, &lab.seen(&ctx, &records));
        }
        if round % 3 == 0 {
            let question = oracle::Neighbours::any(&mut random);
            for ctx in [lab.operator(), lab.owner("u1")] {
                let found = windows(&lab, &ctx, &question.request()).await;
                question.check(&found, &lab.seen(&ctx, &records));
            }
        }
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_over_nothing_and_what_is_refused() {
    let fixture = Fixture::start().await;
    let lab = Lab::new(fixture.databases(), Budgets::default());
    let ctx = lab.operator();
    let count = aggregate().metric("n", "COUNT(*)").metric("sum", "SUM(count)").metric("last", "LAST(value)");
    // Before there is a database, and before there is a table.
    for _ in 0..2 {
        assert_eq!(text(&rows(&lab, &ctx, &count).await), ["0 - -"]);
        assert!(rows(&lab, &ctx, &count.clone().having(json!({"n": {"gt": 0}}))).await.is_empty());
        assert!(rows(&lab, &ctx, &count.clone().group_by(["kind"])).await.is_empty());
        assert!(windows(&lab, &ctx, &window()).await.is_empty());
        let plan = lab.queries().explain_aggregate(&ctx, &count).await.unwrap();
        assert!(plan.plan.is_empty() && plan.statement.contains("count(*)"));
        lab.make_tenant().await;
    }
    lab.fill(&mut Random(3), 1).await;
    let zone = count.clone().group_by(["day"]).time_zone("Europe/Atlantis");
    let error = match lab.queries().aggregate(&ctx, &zone).await {
        Ok(mut rows) => rows.next().await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::InvalidInput, "the database knows no time zone of this name")
    );
    let linked = AggregateRequest::new("lab", "Linked").metric("n", "COUNT(*)");
    let error = lab.queries().aggregate(&ctx, &linked).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.mend().unwrap().contains("traverse"), "{error}");
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn days_and_hours_of_a_place_whose_clock_is_put_back() {
    let fixture = Fixture::start().await;
    let lab = Lab::new(fixture.databases(), Budgets::default());
    let ctx = lab.operator();
    // From 22:00Z, the midnight in Berlin at which 2024-10-27 begins, in steps of half an hour until the next midnight, 23:00Z.
    let start = 1_729_980_000_i64;
    let at = |half_hours: i64| {
        let micros = (start + half_hours * 1_800) * 1_000_000;
        udal_core::value::Timestamp::from_micros(micros).unwrap().to_string()
    };
    lab.write((0..50).map(|step| json!({"taken_at": at(step), "kind": "k"})).collect()).await;
    let count = aggregate().metric("n", "COUNT(*)");
    let berlin = count.clone().time_zone("Europe/Berlin");
    assert_eq!(text(&rows(&lab, &ctx, &berlin.clone().group_by(["day"])).await), ["\"2024-10-27\" 50"]);
    assert_eq!(
        text(&rows(&lab, &ctx, &count.clone().group_by(["day"])).await),
        ["\"2024-10-26\" 4", "\"2024-10-27\" 46"]
    );
    let hours = rows(&lab, &ctx, &berlin.clone().group_by(["hour"]).gaps(Gaps::Filled)).await;
    assert_eq!(hours.len(), 25, "the hour that is repeated is two");
    assert!(hours.iter().all(|row| row[1] == Some(Value::Int(2))), "{hours:?}");
    lab.write(vec![json!({"taken_at": "2025-02-01T12:00:00Z", "kind": "other"})]).await;
    let months = count.clone().group_by(["month", "kind"]).gaps(Gaps::Filled).order_by("kind,month");
    let found = text(&rows(&lab, &ctx, &months).await);
    let expected = [
        "\"2024-10-01\" \"k\" 50",
        "\"2024-11-01\" \"k\" 0",
        "\"2024-12-01\" \"k\" 0",
        "\"2025-01-01\" \"k\" 0",
        "\"2025-02-01\" \"k\" 0",
        "\"2024-10-01\" \"other\" 0",
        "\"2024-11-01\" \"other\" 0",
        "\"2024-12-01\" \"other\" 0",
        "\"2025-01-01\" \"other\" 0",
        "\"2025-02-01\" \"other\" 1",
    ];
    assert_eq!(found, expected);
    // Only the partition of the days that are asked for is read.
    let november = count.filter(json!({"taken_at": {"gte": "2024-10-02T00:00:00Z", "lt": "2024-10-30T00:00:00Z"}}));
    let plan = lab.queries().explain_aggregate(&ctx, &november).await.unwrap().plan.join("\n");
    assert!(plan.contains("2024_10") || plan.contains("202410"), "{plan}");
    assert!(!plan.contains("2025"), "{plan}");
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_its_budget_says_so_and_stops() {
    let fixture = Fixture::start().await;
    let all = Budget::default();
    let of = |budget: Budget| Budgets { default: budget, ..Budgets::default() };
    let lab = Lab::new(fixture.databases(), of(Budget { rows: 3, ..all }));
    lab.fill(&mut Random(5), 20).await;
    let ctx = lab.operator();
    let mut found = lab.queries().window(&ctx, &window()).await.unwrap();
    for _ in 0..3 {
        assert!(found.next().await.unwrap().is_some());
    }
    let error = found.next().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::OverBudget, "the query answers more than 3 rows, which is its budget")
    );
    assert_eq!((error.operation(), error.model()), (Some("window"), Some("Result")));
    assert!(found.next().await.unwrap().is_none(), "the rows end with the error");
    assert_eq!(windows(&lab, &ctx, &window().limit(3)).await.len(), 3);

    let lab = Lab::new(fixture.databases(), of(Budget { cost: Some(0.5), ..all }));
    let error = lab.queries().window(&ctx, &window()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OverBudget);
    assert!(
        error.message().ends_with("and its budget is 0") || error.message().ends_with("and its budget is 1"),
        "{error}"
    );

    let models = [("lab.Result".to_owned(), Budget { bytes: 10, ..all })].into_iter().collect();
    let lab = Lab::new(fixture.databases(), Budgets { default: all, models });
    let error = lab.queries().window(&ctx, &window()).await.unwrap().next().await.unwrap_err();
    assert_eq!(error.message(), "the query answers more than 10 bytes, which is its budget");

    let lab = Lab::new(fixture.databases(), of(Budget { time: std::time::Duration::from_nanos(1), ..all }));
    let error = match lab.queries().window(&ctx, &window()).await {
        Ok(mut rows) => rows.next().await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    fixture.stop().await;
}
