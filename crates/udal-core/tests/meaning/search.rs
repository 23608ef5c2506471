//! Folding and finding words.

use proptest::prelude::*;
use serde_json::json;
use udal_core::ErrorKind;
use udal_core::model::{Catalog, GroupDeclaration, ModelDeclaration};
use udal_core::record::Record;
use udal_core::search::{FOLDED, Query, fold};

use crate::sample::{model, record};

fn thing(name: &str, note: &str) -> Record {
    record("1", json!({"name": name, "rank": 1, "note": note}).as_object().unwrap().clone())
}

fn finds(words: &str, fields: &[&str], record: &Record) -> bool {
    Query::new(&model(), words, fields).unwrap().finds(record)
}

#[test]
fn case_is_ignored_in_every_script() {
    for (one, other) in [
        ("ACME", "acme"),
        ("ÉCOLE", "école"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("МОСКВА", "москва"),
        ("ԵՐԵՎԱՆ", "երեվան"),
        ("ǅ", "ǆ"),
        ("K", "\u{212a}"),
        ("Å", "\u{212b}"),
        ("Μ", "µ"),
        ("S", "ſ"),
        ("𐐀", "𐐨"),
        ("Ⓐ", "ⓐ"),
        ("Ａ", "ａ"),
    ] {
        assert_eq!(fold(one), fold(other), "{one} {other}");
    }
    for (one, other) in [("e", "é"), ("ss", "ß"), ("i", "ı"), ("a", "ａ")] {
        assert_ne!(fold(one), fold(other), "{one} {other}");
    }
}

#[test]
fn what_is_folded_is_lower_case_that_lower_case_leaves_apart() {
    for (from, to) in FOLDED {
        assert_eq!(from.to_lowercase().to_string(), from.to_string(), "{from} is not what lower case gives");
        assert_eq!(fold(&to.to_string()), to.to_string(), "{to} is folded again");
        assert_eq!(from.to_uppercase().to_string(), to.to_uppercase().to_string(), "{from} and {to} are two letters");
    }
}

proptest! {
    #[test]
    fn folding_twice_is_folding_once(text in "\\PC{0,40}") {
        prop_assert_eq!(fold(&fold(&text)), fold(&text));
    }

    #[test]
    fn folding_a_part_is_a_part_of_folding(before in "\\PC{0,8}", part in "\\PC{1,8}", after in "\\PC{0,8}") {
        let whole = fold(&format!("{before}{part}{after}"));
        prop_assert!(whole.contains(&fold(&part)));
    }

    #[test]
    fn every_part_of_a_text_is_found(before in "[^\\s\0]{0,8}", part in "[^\\s\0]{1,8}", after in "[^\\s\0]{0,8}") {
        let record = thing(&format!("{before}{part}{after}"), "");
        prop_assert!(finds(&part, &[], &record));
    }
}

#[test]
fn every_word_occurs_in_one_of_the_fields() {
    let record = thing("Acme North", "100% sure_thing");
    for (words, fields, found) in [
        ("acme", &[] as &[&str], true),
        ("north ACME", &[], true),
        ("cme rth", &[], true),
        ("acme sure", &[], true),
        ("acme sure", &["name"], false),
        ("sure", &["note", "note"], true),
        ("acme south", &[], false),
        ("acmenorth", &[], false),
        ("100%", &[], true),
        ("1%0", &[], false),
        ("sure_thing", &[], true),
        ("sure.thing", &[], false),
        ("\u{a0}acme\u{2003}north\n", &[], true),
    ] {
        assert_eq!(finds(words, fields, &record), found, "{words} in {fields:?}");
    }
}

#[test]
fn a_query_holds_each_folded_word_once() {
    let query = Query::new(&model(), "B a b A É", &["note", "name", "note"]).unwrap();
    assert_eq!(query.words(), ["a", "b", "é"]);
    assert_eq!(query.fields().iter().map(|field| field.name()).collect::<Vec<_>>(), ["note", "name"]);
    let every = Query::new::<&str>(&model(), "a", &[]).unwrap();
    assert_eq!(every.fields().iter().map(|field| field.name()).collect::<Vec<_>>(), ["name", "note"]);
}

#[test]
fn what_cannot_be_searched() {
    let words: String = (0..33).map(|at| format!("{at} ")).collect();
    for text in ["", " \n", "a\0", &words, &"a".repeat(4_097)] {
        assert_eq!(Query::new::<&str>(&model(), text, &[]).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    let error = Query::new(&model(), "a", &["nam", "rank", "tags", "state", "name"]).unwrap_err();
    let found: Vec<_> = error.field_errors().iter().map(|error| (error.field.as_str(), error.code)).collect();
    let not_allowed = ["rank", "tags", "state"].map(|field| (field, "not_allowed"));
    assert_eq!((found[0], &found[1..]), (("nam", "unknown"), &not_allowed[..]));
    let numbers = GroupDeclaration::new("lab").model(ModelDeclaration::new("Number").field("value", "int"));
    let catalog = Catalog::build(vec![numbers]).unwrap();
    let error = Query::new::<&str>(catalog.model("lab", "Number").unwrap(), "a", &[]).unwrap_err();
    assert!(error.message().contains("no text field"), "{error}");
}
