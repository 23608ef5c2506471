//! Reading under each policy, beside the operator's reading with the same condition written as a filter.

use serde_json::{Value as Json, json};
use udal::access::{Condition, ConditionOperator, Entitlement, Grant, Ownership, People, ShareLevel};
use udal::{AccessContext, Context, CountRequest, ListRequest, Records};

use crate::measure::compare_closely;
use crate::report::Report;
use crate::shop::{Shop, id};

/// What of the hand-written filter's rate a policy is to reach.
const AIM: f64 = 0.95;

/// A policy, and the filter that says the same.
struct Case {
    name: &'static str,
    ctx: Context,
    filter: Json,
}

pub(crate) async fn run(shop: &Shop, report: &mut Report) {
    let records = shop.records("Plain");
    let mut rows = Vec::new();
    for Case { name, ctx, filter } in cases(shop, &records) {
        let (by_hand, of_user) = (ListRequest::new().filter(filter.clone()), ListRequest::new());
        let mut ways = [Way::List(&shop.ctx, by_hand), Way::List(&ctx, of_user)].map(|way| asked(&records, way));
        let lists = compare_closely(&mut ways).await;
        let (by_hand, of_user) = (CountRequest::new().filter(filter), CountRequest::new());
        let mut ways = [Way::Count(&shop.ctx, by_hand), Way::Count(&ctx, of_user)].map(|way| asked(&records, way));
        let counts = compare_closely(&mut ways).await;
        let (list, count) = (lists[1] / lists[0], counts[1] / counts[0]);
        println!("{name}: list {list:.3}, count {count:.3} of the filter by hand");
        for (what, share) in [("list", list), ("count", count)] {
            if share < AIM {
                report.miss(format!("{what} under the policy `{name}`: {share:.2} of the filter by hand, not {AIM}"));
            }
        }
        rows.push(vec![name.to_owned(), format!("{list:.2}"), format!("{count:.2}")]);
    }
    report.section(
        "Access",
        "A page of 100 and a count under each policy, as a share of the rate at which the operator is answered with the same \
         condition as a filter. The aim is 0.95.",
        &["policy", "list", "count"],
        rows,
    );
}

/// One way to ask.
enum Way<'a> {
    List(&'a Context, ListRequest),
    Count(&'a Context, CountRequest),
}

fn asked<'a>(records: &'a Records, way: Way<'a>) -> impl FnMut() -> futures_util::future::BoxFuture<'a, ()> {
    let way = std::sync::Arc::new(way);
    move || {
        let way = std::sync::Arc::clone(&way);
        Box::pin(async move {
            match &*way {
                Way::List(ctx, request) => drop(records.list(ctx, request.clone()).await.unwrap()),
                Way::Count(ctx, request) => assert!(records.count(ctx, request.clone()).await.unwrap() > 0),
            }
        })
    }
}

fn cases(shop: &Shop, records: &Records) -> Vec<Case> {
    let subject = records.model().subject().clone();
    let case = |name, ownership: Ownership, grant: Grant, filter| {
        let access = AccessContext::user("user-7", Some("team-2")).unwrap();
        let entitlement = Entitlement::of(ownership).grant(grant);
        let access = access.permit(subject.permission(udal::Action::View), entitlement);
        let access = if name == "shared" { access.share(&subject, id("Plain", 1), ShareLevel::View) } else { access };
        Case { name, ctx: Context::new(shop.ctx.tenant().clone(), access.build()), filter }
    };
    let role = || Grant::new("a role");
    let below: Vec<String> = (10..20).map(|number| format!("user-{number}")).collect();
    let many: Vec<String> = (0..1_000).map(|number| format!("user-{number}")).collect();
    let own = || json!({"owned_by": "user-7"});
    let assigned = || json!({"assigned_to": {"has": "user-7"}});
    let of_these = |people: &[String]| json!({"or": [own(), assigned(), {"owned_by": {"in": people}}]});
    let normal = Condition::new("test_type", ConditionOperator::NotEquals, json!("ph"));
    vec![
        case("team_wide", Ownership::TeamWide, role(), json!({"team_id": "team-2"})),
        case("owner_only", Ownership::OwnerOnly, role(), own()),
        case("assigned_only", Ownership::AssignedOnly, role(), json!({"or": [own(), assigned()]})),
        case("hierarchical", Ownership::Hierarchical(People::new(below.clone())), role(), of_these(&below)),
        case("hierarchical, 1,000 below", Ownership::Hierarchical(People::new(many.clone())), role(), of_these(&many)),
        case("shared", Ownership::OwnerOnly, role(), json!({"or": [own(), {"id": id("Plain", 1)}]})),
        case(
            "team_wide with a condition",
            Ownership::TeamWide,
            role().when(normal),
            json!({"team_id": "team-2", "test_type": {"ne": "ph"}}),
        ),
    ]
}
