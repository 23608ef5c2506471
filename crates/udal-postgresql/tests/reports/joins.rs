//! Joins, of a tenant's tables and of those that all tenants share, against loops in plain Rust.

use serde_json::{Value as Json, json};
use udal_core::record::Record;
use udal_core::value::Value;
use udal_core::{Context, ErrorKind};
use udal_query::report::JoinRequest;
use udal_service::Budgets;

use crate::data::{Lab, Random};
use crate::support::Fixture;
use crate::{sent, text};

type Row = Vec<Option<Value>>;

async fn joined(lab: &Lab, ctx: &Context, request: &JoinRequest) -> Vec<Row> {
    let mut rows = sent(lab.queries().join(ctx, request)).await.unwrap_or_else(|error| panic!("{request:?}: {error}"));
    let mut found = Vec::new();
    while let Some(row) = rows.next().await.unwrap_or_else(|error| panic!("{request:?}: {error}")) {
        found.push(row);
    }
    found
}

/// Results beside their samples and units.
fn request(left: &[&str], filter: Option<Json>) -> JoinRequest {
    let request = JoinRequest::new()
        .table("r", "lab", "Result")
        .table("s", "lab", "Sample")
        .table("u", "lab", "Unit")
        .on("r.sample = s.id")
        .on("u.name = r.unit")
        .select(["r.id", "s.taken_on", "s.tags", "rate=u.rate", "u.tags", "r.price"])
        .order_by("-u.rate,s.taken_on,r.id");
    let request = left.iter().fold(request, |request, alias| request.left(*alias));
    filter.into_iter().fold(request, JoinRequest::filter)
}

/// What a filter asks, of a result and what stands beside it.
type Holds = fn(&Record, Option<&Record>, Option<&Record>) -> bool;

fn expected(left: &[&str], holds: Holds, tables: [&[&Record]; 3]) -> Vec<Row> {
    let [results, samples, units] = tables;
    let mut rows: Vec<(Row, String)> = Vec::new();
    for result in results {
        let fits = |records: &[&Record], field: &str, value: Option<&Value>, alias: &str| -> Vec<Option<Record>> {
            let found = records.iter().filter(|record| value.is_some() && record.value(field) == value);
            let found: Vec<Option<Record>> = found.map(|record| Some((*record).clone())).collect();
            if found.is_empty() && left.contains(&alias) { vec![None] } else { found }
        };
        for sample in fits(samples, "id", result.value("sample"), "s") {
            for unit in fits(units, "name", result.value("unit"), "u") {
                if !holds(result, sample.as_ref(), unit.as_ref()) {
                    continue;
                }
                let of = |record: &Option<Record>, field: &str| {
                    record.as_ref().and_then(|record| record.value(field).cloned())
                };
                let row = vec![
                    result.value("id").cloned(),
                    of(&sample, "taken_on"),
                    of(&sample, "tags"),
                    of(&unit, "rate"),
                    of(&unit, "tags"),
                    result.value("price").cloned(),
                ];
                rows.push((row, unit.as_ref().map(|unit| unit.id().to_owned()).unwrap_or_default()));
            }
        }
    }
    let below = |a: &Option<Value>, b: &Option<Value>| match (a, b) {
        (Some(a), Some(b)) => udal_core::value::compare(a, b).unwrap(),
        (a, b) => a.is_some().cmp(&b.is_some()),
    };
    rows.sort_by(|(a, a_unit), (b, b_unit)| {
        below(&b[3], &a[3]).then(below(&a[1], &b[1])).then(below(&a[0], &b[0])).then(a_unit.cmp(b_unit))
    });
    rows.into_iter().map(|(row, _)| row).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn joins_are_what_loops_find() {
    let fixture = Fixture::start().await;
    let lab = Lab::new(fixture.databases(), Budgets::default());
    lab.make_shared().await;
    let mut random = Random(11);
    let results = lab.fill(&mut random, 120).await;
    let samples = (0..10).map(|number| {
        json!({"id": format!("Sample/{number}"), "owned_by": format!("u{}", number % 3), "tags": ["a", "b"],
               "taken_on": if number % 4 == 0 { Json::Null } else { json!(format!("2024-01-0{}", 1 + number % 3)) }})
    });
    let samples = lab.write_to("Sample", samples.collect()).await;
    let units = [("g", "1.50"), ("mg", "0.001"), ("mg", "12345678901234567890.5")].into_iter().enumerate();
    let units = units
        .map(|(at, (name, rate))| json!({"id": format!("Unit/{at}"), "name": name, "rate": rate, "tags": ["x", name]}));
    let units = lab.write_to("Unit", units.chain([json!({"id": "Unit/none"})]).collect()).await;
    let filters: [(Option<Json>, Holds); 4] = [
        (None, |_, _, _| true),
        (Some(json!({"u.name": {"in": ["g", "kg"]}, "r.status": "final"})), |result, _, unit| {
            unit.is_some_and(|unit| unit.value("name") == Some(&Value::from("g")))
                && result.value("status") == Some(&Value::from("final"))
        }),
        // Of what is not there, too: what is asked behind a left join is asked of the row.
        (Some(json!({"u.id": {"is_null": true}})), |_, _, unit| unit.is_none()),
        (
            Some(json!({"or": [{"u.tags": {"has": "mg"}}, {"not": {"s.taken_on": {"gt": "2024-01-01"}}}]})),
            |_, sample, unit| {
                let first = Value::Date(udal_core::value::Date::parse("2024-01-01").unwrap());
                let is_later = |sample: &Record| {
                    sample.value("taken_on").is_some_and(|day| {
                        udal_core::value::compare(day, &first).is_some_and(std::cmp::Ordering::is_gt)
                    })
                };
                unit.is_some_and(|unit| unit.value("name") == Some(&Value::from("mg"))) || !sample.is_some_and(is_later)
            },
        ),
    ];
    let mut answered = 0;
    for ctx in [lab.operator(), lab.owner("u1"), lab.nobody()] {
        let tables = [lab.seen(&ctx, &results), lab.seen(&ctx, &samples), lab.seen(&ctx, &units)];
        for left in [&[][..], &["s"], &["u"], &["s", "u"]] {
            for (filter, holds) in &filters {
                let found = joined(&lab, &ctx, &request(left, filter.clone())).await;
                let tables = [tables[0].as_slice(), tables[1].as_slice(), tables[2].as_slice()];
                assert_eq!(text(&found), text(&expected(left, *holds, tables)), "{left:?} {filter:?}");
                answered += found.len();
            }
        }
    }
    assert!(answered > 500, "the joins find something: {answered}");
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn joins_over_tables_that_were_never_made() {
    let fixture = Fixture::start().await;
    let lab = Lab::new(fixture.databases(), Budgets::default());
    lab.make_shared().await;
    let ctx = lab.operator();
    // Before there is a database of the tenant's.
    assert!(joined(&lab, &ctx, &request(&["s", "u"], None)).await.is_empty());
    lab.write_to("Unit", vec![json!({"id": "Unit/1", "name": "g"})]).await;
    let units =
        JoinRequest::new().table("u", "lab", "Unit").table("r", "lab", "Result").on("r.unit = u.name").left("r");
    let units = units.select(["u.name", "r.price"]).order_by("u.name");
    assert_eq!(text(&joined(&lab, &ctx, &units).await), ["\"g\" -"]);
    lab.write_to("Sample", vec![json!({"id": "Sample/1"})]).await;
    let samples =
        JoinRequest::new().table("s", "lab", "Sample").table("n", "lab", "Never").on("n.sample = s.id").left("n");
    let samples = samples.select(["s.id", "n.id"]);
    assert_eq!(text(&joined(&lab, &ctx, &samples).await), ["\"Sample/1\" -"]);
    let inner = JoinRequest::new()
        .table("s", "lab", "Sample")
        .table("n", "lab", "Never")
        .on("n.sample = s.id")
        .select(["s.id"]);
    assert!(joined(&lab, &ctx, &inner).await.is_empty());
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn joins_that_are_refused() {
    let fixture = Fixture::start().await;
    let lab = Lab::new(fixture.databases(), Budgets::default());
    let two = || JoinRequest::new().table("r", "lab", "Result").table("s", "lab", "Sample");
    let cases = [
        (two().select(["r.id"]), "nothing joins `s` to a table before it"),
        (two().on("r.sample = t.id").select(["r.id"]), "the join has no table `t`"),
        (two().on("r.sampel = s.id").select(["r.id"]), "did you mean `sample`?"),
        (two().on("r.sample ~ s.id").select(["r.id"]), "expected a comparison"),
        (two().on("r.value = s.id").select(["r.id"]), "does not compare with"),
        (two().on("r.id = r.sample").select(["r.id"]), "both fields are of one table"),
        (two().on("r.sample = s.id"), "nothing is asked for"),
        (two().on("r.sample = s.id").select(["r.id", "r.id"]), "two columns are named `r.id`"),
        (two().on("r.sample = s.id").select(["r.id"]).left("r"), "nothing stands before the first table"),
        (two().on("r.sample = s.id").select(["r.id"]).order_by("value"), "is no column"),
        (two().on("r.sample = s.id").select(["r.id; DROP TABLE x"]), "nothing is expected here"),
    ];
    for (request, said) in cases {
        let error = lab.queries().join(&lab.operator(), &request).await.unwrap_err();
        assert!(error.to_string().contains(said), "{request:?}: {error}");
    }
    let linked = JoinRequest::new()
        .table("r", "lab", "Result")
        .table("l", "lab", "Linked")
        .on("r.kind = l.name")
        .select(["r.id"]);
    let error = lab.queries().join(&lab.operator(), &linked).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    fixture.stop().await;
}
