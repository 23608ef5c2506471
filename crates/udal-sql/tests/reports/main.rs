//! Golden files of reports: what is asked here, and `expected/<name>.sql` as people read and review it.
//!
//! `UDAL_BLESS=1 cargo test -p udal-sql --test reports` writes what is expected anew; the difference is to be read.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(dead_code, reason = "the other golden files use more of what writes them")]

#[path = "../golden/render.rs"]
mod render;

use std::path::Path;
use std::sync::Arc;

use render::Golden;
use serde_json::json;
use udal_core::access::{Entitlement, Grant, Visibility};
use udal_core::filter::Predicate;
use udal_core::model::{Catalog, Model};
use udal_core::{AccessContext, Action, Context, Ownership, TenantSlug};
use udal_query::Budget;
use udal_query::report::{Aggregate, AggregateRequest, Gaps, Join, JoinRequest, Window, WindowRequest};
use udal_sql::report::{self, Source};
use udal_sql::table::Target;

const MODELS: &str = "
group: lab
models:
  Result:
    storage: postgresql
    partition_by: taken_at
    fields:
      taken_at: datetime
      kind: str
      status: Optional[enum[pending, final]]
      is_ok: Optional[bool]
      value: Optional[float]
      count: Optional[int]
      price: Optional[decimal]
      day: Optional[date]
      sample: Optional[Ref[Sample]]
  Sample:
    storage: postgresql
    fields:
      barcode: Optional[str]
      tags: Set[str]
  Unit:
    storage: postgresql
    shared: true
    fields:
      name: str
      rate: Optional[decimal]
";

struct Lab {
    catalog: Catalog,
    ctx: Context,
}

impl Lab {
    fn new(access: impl FnOnce(&Model) -> AccessContext) -> Self {
        let catalog = udal_groups::load_texts(&[("lab.yaml", MODELS)]).unwrap();
        let access = access(catalog.model("lab", "Result").unwrap());
        Lab { catalog, ctx: Context::new(TenantSlug::new("acme").unwrap(), access) }
    }

    fn model(&self, name: &str) -> (Arc<Model>, Arc<Model>) {
        let model = self.catalog.model("lab", name).unwrap();
        (Arc::clone(model), model.seen_by(self.ctx.access()))
    }

    fn reach(&self, model: &Model) -> Predicate {
        self.ctx.reach(model, Action::View)
    }

    fn aggregate(&self, request: AggregateRequest) -> Golden {
        let (model, view) = self.model("Result");
        let op = Aggregate::read(&model, &view, Budget::default(), &request).unwrap_or_else(|error| panic!("{error}"));
        report::aggregate(Target::new(&model).unwrap(), &op, &self.reach(&model)).into()
    }

    fn window(&self, request: WindowRequest) -> Golden {
        let (model, view) = self.model("Result");
        let op = Window::read(&model, &view, Budget::default(), &request).unwrap_or_else(|error| panic!("{error}"));
        report::window(Target::new(&model).unwrap(), &op, &self.reach(&model)).into()
    }

    /// A join whose shared tables are given, and what reads them.
    fn join(&self, request: JoinRequest) -> Golden {
        let models: Vec<_> = request.models().map(|(_, name)| self.model(name)).collect();
        let op = Join::read(&models, Budget::default(), &request).unwrap_or_else(|error| panic!("{error}"));
        let mut golden = Golden::default();
        let mut sources = Vec::new();
        for (at, ((model, _), fields)) in models.iter().zip(op.needed()).enumerate() {
            let (target, reach) = (Target::new(model).unwrap(), self.reach(model));
            if model.is_shared() {
                golden = golden.and(report::rows_to_give(target, &fields, &reach.and(op.own_filter(at)), 11));
                let row = fields.iter().map(|field| Some(udal_core::value::Value::from(field.name()))).collect();
                sources.push(Source::Given(report::given_rows(&fields, &[row])));
            } else if model.name() == "Sample" && request.models().count() == 3 {
                sources.push(Source::Nothing);
            } else {
                sources.push(Source::Table(target, reach));
            }
        }
        golden.and(report::join(&op, &sources))
    }
}

fn of() -> AggregateRequest {
    AggregateRequest::new("lab", "Result")
}

fn windows() -> WindowRequest {
    WindowRequest::new("lab", "Result")
}

fn cases() -> Vec<(&'static str, Golden)> {
    let all = Lab::new(|_| AccessContext::unrestricted("a golden file"));
    let some = Lab::new(|model| {
        let entitlement = Entitlement::of(Ownership::OwnerOnly).grant(Grant::new("a golden file"));
        let user = AccessContext::user("jane", Some("red")).unwrap();
        let user = user.permit(model.permission(Action::View), entitlement);
        user.restrict(model.subject(), "price", Visibility::Masked("***".to_owned())).build()
    });
    let example = || of().group_by(["kind", "month"]).metric("count", "COUNT(*)").metric("avg_value", "AVG(value)");
    let every = [
        "COUNT(value)",
        "COUNT(DISTINCT kind)",
        "SUM(price)",
        "STDDEV(count)",
        "VARIANCE(value)",
        "MIN(is_ok)",
        "MAX(is_ok)",
        "MAX(kind)",
        "PERCENTILE(0.95, count)",
        "MEDIAN(value) FILTER (WHERE {\"status\": \"final\"})",
        "FIRST(value)",
        "LAST(kind) FILTER (WHERE {\"value\": {\"gt\": 5}})",
    ];
    let every = every.iter().enumerate().fold(of(), |request, (at, text)| request.metric(format!("m{at}"), *text));
    let units = ["hour", "day(taken_at)", "week", "quarter(day)", "year"];
    let rank = json!({"function": "rank", "partition_by": ["kind"], "order_by": "-value"});
    let near = json!({"function": "avg", "field": "value", "order_by": "taken_at", "frame": {"from": -6, "to": 0}});
    let equal = json!({"function": "sum", "field": "count", "order_by": "day", "frame": {"unit": "range", "to": 0}});
    let two = || {
        let request =
            JoinRequest::new().table("r", "lab", "Result").table("s", "lab", "Sample").on("r.sample = s.id").left("s");
        request.select(["r.id", "r.price", "code=s.barcode"]).filter(json!({"r.kind": "ph", "s.tags": {"has": "x"}}))
    };
    let three = JoinRequest::new()
        .table("r", "lab", "Result")
        .table("s", "lab", "Sample")
        .table("u", "lab", "Unit")
        .on("r.sample = s.id")
        .on("u.name <= r.kind")
        .left("s")
        .select(["u.rate", "s.*"])
        .filter(json!({"u.name": {"starts_with": "m"}, "r.value": {"gt": 1}}))
        .order_by("-u.rate");
    vec![
        ("aggregate_of_the_platforms_example", all.aggregate(example())),
        ("aggregate_of_every_function", all.aggregate(every)),
        ("aggregate_of_every_unit", all.aggregate(of().group_by(units).metric("n", "COUNT(*)"))),
        ("aggregate_in_a_time_zone", all.aggregate(of().group_by(units).time_zone("Europe/Berlin").limit(5))),
        ("aggregate_in_reach", some.aggregate(example().filter(json!({"status": "final"})))),
        (
            "aggregate_having",
            all.aggregate(
                example().metric("sum", "SUM(price)").having(json!({"sum": {"gte": "1.5"}})).order_by("-sum"),
            ),
        ),
        ("aggregate_with_gaps", all.aggregate(example().gaps(Gaps::Filled))),
        (
            "aggregate_with_gaps_of_days_that_may_be_missing",
            all.aggregate(of().group_by(["w=week(day)"]).metric("s", "SUM(count)").gaps(Gaps::Filled)),
        ),
        (
            "aggregate_with_gaps_of_hours",
            all.aggregate(of().group_by(["hour"]).metric("n", "COUNT(*)").gaps(Gaps::Filled)),
        ),
        (
            "window_top_of_each",
            all.window(
                windows()
                    .select(["kind", "price"])
                    .window("rank", rank)
                    .keep(json!({"rank": {"lte": 3}}))
                    .order_by("kind,rank"),
            ),
        ),
        (
            "window_of_neighbours",
            all.window(
                windows()
                    .window("near", near)
                    .window("equal", equal)
                    .window("n", json!({"function": "ntile", "tiles": 4})),
            ),
        ),
        (
            "window_in_reach",
            some.window(
                windows()
                    .select(["price"])
                    .window("before", json!({"function": "lag", "field": "value", "offset": 2}))
                    .limit(9),
            ),
        ),
        ("join_left", all.join(two())),
        ("join_in_reach", some.join(two())),
        ("join_with_what_is_shared", all.join(three)),
    ]
}

#[test]
fn reports_are_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reports/expected");
    let mut wrong = Vec::new();
    let cases = cases();
    for (name, golden) in &cases {
        let (path, got) = (folder.join(format!("{name}.sql")), golden.to_string());
        if std::env::var_os("UDAL_BLESS").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, got).unwrap();
        } else if std::fs::read_to_string(&path).unwrap_or_default() != got {
            wrong.push(format!("{name}\n{got}"));
        }
    }
    assert!(wrong.is_empty(), "these differ from their files; if they are right, bless them:\n\n{}", wrong.join("\n"));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), cases.len(), "each file has a case");
}
