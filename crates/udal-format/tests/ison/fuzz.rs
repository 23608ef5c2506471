//! Random results, read back cell for cell.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value as Json, json};
use udal_core::model::{FieldType, Scalar, Shape};
use udal_core::value::{Date, Decimal, Timestamp, Value, canonical_json};
use udal_format::{ColumnKind, ColumnOrder, Header, Ids, IsonOptions, NullColumns, ResultColumn, TrailingNulls, Uuids};

use crate::oracle::read;
use crate::python;
use crate::reading::{Row, check};
use crate::results::{ison, many, one};

/// A result, and how it is written.
#[derive(Clone, Debug)]
struct Case {
    header: Header,
    rows: Vec<Row>,
    options: IsonOptions,
}

impl Case {
    fn text(&self) -> String {
        ison(&self.header, &self.rows, self.options)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ison_rs_reads_back_what_was_written(case in case()) {
        let text = case.text();
        check(&read(&text), &case.header, &case.rows, case.options, &text);
    }

    #[test]
    fn names_are_read_back_and_no_two_are_one(names in prop::collection::vec(hostile_text(), 1..6), block in hostile_text()) {
        let columns = names.iter().map(|name| ResultColumn::new(name, one(Scalar::Int))).collect();
        let rows = [names.iter().map(|_| Some(Value::Int(7))).collect()];
        let blocks = read(&ison(&Header::new(block, columns), &rows, IsonOptions::PLAIN));
        prop_assert_eq!(blocks.len(), 1);
        prop_assert_eq!(blocks[0].rows[0].len(), names.len());
        let mut found = blocks[0].fields.clone();
        for (found, name) in found.iter().zip(&names) {
            let renamed = name.is_empty() || name == "__proto__" || name.contains([':', '.']) || *found != *name;
            prop_assert!(renamed || found == name);
            prop_assert!(!found.is_empty() && found != "__proto__" && !found.contains([':', '.']));
        }
        found.sort();
        found.dedup();
        prop_assert_eq!(found.len(), names.len());
    }
}

#[test]
fn ison_py_reads_back_what_was_written() {
    let mut runner = TestRunner::deterministic();
    let strategy = case();
    let cases: Vec<Case> = (0..400).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect();
    let texts: Vec<String> = cases.iter().map(Case::text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let Some(documents) = python::read(&texts) else {
        return;
    };
    for ((case, text), blocks) in cases.iter().zip(&texts).zip(&documents) {
        check(blocks, &case.header, &case.rows, case.options, text);
    }
}

fn case() -> impl Strategy<Value = Case> {
    let columns = prop::collection::vec(kind(), 1..6);
    let rows = columns.prop_flat_map(|kinds| {
        let row: Vec<_> = kinds.iter().map(cell).collect();
        (Just(kinds), prop::collection::vec(row, 0..9))
    });
    (rows, lossless()).prop_map(|((kinds, rows), options)| {
        let column = |(at, kind): (usize, ColumnKind)| ResultColumn::of_kind(format!("c{at}"), kind);
        let header = Header::new("t", kinds.into_iter().enumerate().map(column).collect());
        Case { header, rows, options }
    })
}

/// Every combination of the options that lose nothing.
fn lossless() -> impl Strategy<Value = IsonOptions> {
    (any::<[bool; 5]>()).prop_map(|[last, columns, trailing, prefix, numbered]| IsonOptions {
        columns: if last { ColumnOrder::QuotedLast } else { ColumnOrder::AsGiven },
        null_columns: if columns { NullColumns::Dropped } else { NullColumns::Kept },
        trailing_nulls: if trailing { TrailingNulls::Dropped } else { TrailingNulls::Kept },
        ids: if prefix { Ids::PrefixInMeta } else { Ids::Whole },
        uuids: if numbered { Uuids::Numbered } else { Uuids::Whole },
        ..IsonOptions::PLAIN
    })
}

const MODEL: &str = "AppT";

fn kind() -> impl Strategy<Value = ColumnKind> {
    let scalars = [
        Scalar::Str,
        Scalar::Int,
        Scalar::Float,
        Scalar::Bool,
        Scalar::DateTime,
        Scalar::Date,
        Scalar::Decimal,
        Scalar::Ref(MODEL.to_owned()),
    ];
    let scalar = prop::sample::select(scalars.to_vec());
    prop_oneof![
        4 => scalar.clone().prop_map(|scalar| ColumnKind::Values(one(scalar))),
        1 => scalar.prop_map(|scalar| ColumnKind::Values(many(scalar, Shape::List))),
        1 => Just(ColumnKind::Values(one(Scalar::Json))),
        1 => Just(ColumnKind::Ids(MODEL.to_owned())),
        1 => Just(ColumnKind::References),
    ]
}

fn cell(kind: &ColumnKind) -> BoxedStrategy<Option<Value>> {
    let value = match kind {
        ColumnKind::Ids(_) | ColumnKind::References => id().prop_map(Value::Str).boxed(),
        ColumnKind::Values(FieldType { scalar, shape: Shape::One, optional: _ }) => value(scalar),
        ColumnKind::Values(FieldType { scalar, shape: _, optional: _ }) => {
            prop::collection::vec(value(scalar), 0..4).prop_map(Value::List).boxed()
        }
    };
    prop::option::weighted(0.7, value).boxed()
}

fn value(scalar: &Scalar) -> BoxedStrategy<Value> {
    match scalar {
        Scalar::Str | Scalar::Enum(_) => hostile_text().prop_map(Value::Str).boxed(),
        Scalar::Ref(_) => id().prop_map(Value::Str).boxed(),
        Scalar::Int => {
            let edge = 1_i64 << 53;
            prop_oneof![any::<i64>(), -9_i64..9, edge - 2..edge + 2, -edge - 2..2 - edge].prop_map(Value::Int).boxed()
        }
        Scalar::Float => prop_oneof![any::<f64>(), (-1e6_f64..1e6), Just(1e21), Just(f64::MIN_POSITIVE), Just(1.0)]
            .prop_filter("only finite numbers stand in lists", |number| number.is_finite())
            .prop_map(Value::Float)
            .boxed(),
        Scalar::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Scalar::DateTime => (-62_135_596_800_000_000_i64..253_402_300_799_999_999)
            .prop_map(|micros| Value::DateTime(Timestamp::from_micros(micros).unwrap()))
            .boxed(),
        Scalar::Date => (-719_162..2_932_896).prop_map(|days| Value::Date(Date::from_days(days).unwrap())).boxed(),
        Scalar::Decimal => {
            "-?[0-9]{1,30}(\\.[0-9]{1,20})?".prop_map(|text| Value::Decimal(Decimal::parse(&text).unwrap())).boxed()
        }
        Scalar::Json => any_json().prop_map(|json| Value::Json(canonical_json(json))).boxed(),
    }
}

fn any_json() -> impl Strategy<Value = Json> {
    prop_oneof![
        hostile_text().prop_map(Json::String),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        prop::num::f64::NORMAL.prop_map(Json::from),
        any::<bool>().prop_map(Json::Bool),
        prop::collection::vec(hostile_text(), 0..3).prop_map(|texts| json!(texts)),
        (hostile_text(), hostile_text()).prop_map(|(name, text)| json!({name: [text, null, 1.5]})),
    ]
}

/// Ids of records, and what is none.
fn id() -> impl Strategy<Value = String> {
    let uuid = "[0-3]{8}-0000-7000-8000-[01]{12}";
    prop_oneof![
        3 => "AppT/[a-c]{1,3}",
        1 => "AppT/[0-9]{1,2}",
        1 => "AppT/=?[a-z:\" ]{0,3}",
        2 => uuid.prop_map(|uuid| format!("{MODEL}/{uuid}")),
        1 => uuid,
        1 => "(AppT|=?AppU|=|App:V)/?[a-z0-9=:/ ]{0,4}",
        1 => hostile_text(),
    ]
}

/// Texts that some parser, somewhere, has read as something else.
fn hostile_text() -> impl Strategy<Value = String> {
    let words = [
        "",
        "null",
        "true",
        "false",
        "~",
        "---",
        "--- x",
        "#",
        "# x",
        ":",
        ":a",
        ":a:b",
        "inf",
        "-Infinity",
        "NaN",
        "nan",
        "1e5",
        "1E+5",
        "+1",
        ".5",
        "5.",
        "1.",
        "-0",
        "007",
        "1_000",
        "0x10",
        "a.b",
        "table.t",
        "_.-",
        "x-1.y_2",
        "é.è",
        "[",
        "[]",
        "{}",
        "a,b",
        "1,2",
        "\"",
        "\\",
        "\\\"",
        "\\n",
        "a b",
        "__proto__",
        "id",
        "٣",
        "½",
        "\u{feff}",
        "\u{85}",
        "00000000-0000-7000-8000-000000000000",
    ];
    let characters: Vec<char> =
        " \t\n\r\u{b}\u{c}\u{0}\u{1b}\u{1c}\u{7f}\u{80}\u{9f}\u{a0}\u{ad}\u{1680}\u{180e}\u{200b}\u{2028}\u{202e}\u{3000}\u{feff}\u{ffff}😀é\"\\:#.,|/=-+~_{}[]()0123456789eEinfaNtrulx"
            .chars()
            .collect();
    let texts = prop::collection::vec(prop::sample::select(characters), 0..8);
    prop_oneof![
        prop::sample::select(words.to_vec()).prop_map(str::to_owned),
        texts.prop_map(|characters| characters.into_iter().collect()),
        any::<String>(),
    ]
}
