//! Cursors give back the position they were made of, to the same query alone.

use proptest::prelude::*;
use serde_json::json;
use udal_core::cursor::Query;
use udal_core::filter::{Predicate, parse};
use udal_core::order::{Order, Position};
use udal_core::{AccessContext, Context, ErrorKind, TenantSlug};

use crate::sample::{any_order, any_record, model};

fn context(tenant: &str) -> Context {
    Context::new(TenantSlug::new(tenant).unwrap(), AccessContext::unrestricted("a test"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_cursor_is_the_position(text in any_order(), record in any_record()) {
        let (ctx, model, filter) = (context("acme"), model(), Predicate::always());
        let order = Order::parse(&model, &text).unwrap();
        let query = Query { ctx: &ctx, model: &model, filter: &filter, order: &order };
        let position = Position::of(&record, &order);
        let cursor = query.encode(&position);
        prop_assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        prop_assert_eq!(query.decode(&cursor).unwrap(), position);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,60}", order in any_order()) {
        let (ctx, model, filter) = (context("acme"), model(), Predicate::always());
        let order = Order::parse(&model, &order).unwrap();
        let error = Query { ctx: &ctx, model: &model, filter: &filter, order: &order }.decode(&text).unwrap_err();
        prop_assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}

#[test]
fn another_query_refuses_it() {
    let model = model();
    let (acme, other) = (context("acme"), context("other"));
    let filter = |json| parse(&model, &json).unwrap();
    let (one, two) = (filter(json!({"rank": 1})), filter(json!({"rank": {"gte": 1}})));
    let (up, down) = (Order::parse(&model, "rank").unwrap(), Order::parse(&model, "-rank").unwrap());
    let query = |ctx, filter, order| Query { ctx, model: &model, filter, order };
    let mut members = serde_json::Map::new();
    members.insert("name".to_owned(), "a".into());
    members.insert("rank".to_owned(), 1.into());
    let record = crate::sample::record("1", members);
    let cursor = query(&acme, &one, &up).encode(&Position::of(&record, &up));
    let same = filter(json!({"rank": {"eq": 1}}));
    assert!(query(&acme, &same, &up).decode(&cursor).is_ok());
    for query in [query(&other, &one, &up), query(&acme, &two, &up), query(&acme, &one, &down)] {
        assert_eq!(query.decode(&cursor).unwrap_err().message(), "the cursor belongs to another query");
    }
}
