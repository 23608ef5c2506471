//! Orders are total, and the keyset condition is exactly "comes after".

use std::cmp::Ordering;

use proptest::prelude::*;
use udal_core::ErrorKind;
use udal_core::filter::evaluate;
use udal_core::order::{Order, Position};

use crate::sample::{any_order, any_record, model, record};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_comes_after_a_position_is_what_the_keyset_condition_finds(
        text in any_order(), a in any_record(), b in any_record(),
    ) {
        let order = Order::parse(&model(), &text).unwrap();
        let position = Position::of(&b, &order);
        let compared = order.compare_position(&a, &position);
        prop_assert_eq!(compared, order.compare(&a, &b));
        prop_assert_eq!(evaluate(&order.after(&position), &a), compared == Ordering::Greater, "{}", order);
    }

    #[test]
    fn orders_are_total(text in any_order(), a in any_record(), b in any_record(), c in any_record()) {
        let order = Order::parse(&model(), &text).unwrap();
        prop_assert_eq!(order.compare(&a, &b), order.compare(&b, &a).reverse());
        prop_assert!(a.id() == b.id() || order.compare(&a, &b) != Ordering::Equal);
        let mut three = [&a, &b, &c];
        three.sort_by(|a, b| order.compare(a, b));
        prop_assert!(order.compare(three[0], three[2]) != Ordering::Greater);
    }

    #[test]
    fn orders_are_written_as_they_are_read(text in any_order()) {
        let order = Order::parse(&model(), &text).unwrap();
        prop_assert_eq!(order.terms().last().unwrap().field.name(), "id");
        prop_assert_eq!(Order::parse(&model(), &order.to_string()).unwrap(), order);
    }
}

#[test]
fn a_missing_value_is_below_every_value() {
    let with = |count: Option<i64>, id: &str| {
        let mut members = serde_json::Map::new();
        members.insert("name".to_owned(), "a".into());
        members.insert("rank".to_owned(), 1.into());
        members.extend(count.map(|count| ("count".to_owned(), count.into())));
        record(id, members)
    };
    let mut records = [with(Some(i64::MIN), "1"), with(None, "2"), with(Some(3), "3"), with(None, "4")];
    for (order, ids) in
        [("count", ["2", "4", "1", "3"]), ("-count", ["3", "1", "2", "4"]), ("-count,-id", ["3", "1", "4", "2"])]
    {
        let order = Order::parse(&model(), order).unwrap();
        records.sort_by(|a, b| order.compare(a, b));
        assert_eq!(records.each_ref().map(|record| record.id().trim_start_matches("Thing/")), ids);
    }
}

#[test]
fn what_follows_the_id_is_left_out() {
    for (text, written) in [("", "id"), (" , ", "id"), ("-id,name", "-id"), (" name , -count ", "name,-count,id")] {
        assert_eq!(Order::parse(&model(), text).unwrap().to_string(), written);
    }
}

#[test]
fn every_error_of_an_order_is_said() {
    let error = Order::parse(&model(), "nam,-tags,extra,count,-count,--rank,scores").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let found: Vec<_> = error.field_errors().iter().map(|error| (error.field.as_str(), error.code)).collect();
    let not_allowed = ["tags", "extra", "count"].map(|field| (field, "not_allowed"));
    assert_eq!(found[0], ("nam", "unknown"));
    assert_eq!(found[1..4], not_allowed);
    assert_eq!(found[4..], [("-rank", "unknown"), ("scores", "not_allowed")]);
    assert_eq!(error.field_errors()[0].hint.as_deref(), Some("did you mean `name`?"));
}
