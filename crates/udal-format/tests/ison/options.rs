//! What each option leaves out.

use udal_core::model::{FieldType, Scalar, Shape};
use udal_core::value::{Timestamp, Value};
use udal_format::{ColumnKind, Format, Header, IsonOptions, ResultColumn};

use crate::oracle::read;
use crate::reading::{Row, check};
use crate::results::{ison, many, one, text, texts, written};

fn options(words: &str) -> IsonOptions {
    words.parse().unwrap()
}

#[test]
fn quoted_columns_stand_last() {
    let header = texts(&["id", "name", "status", "city"]);
    let rows = [
        vec![text("1"), text("Acme Corp"), text("active"), text("Bonn")],
        vec![text("2"), text("Globex"), text("active"), text("New York")],
        vec![text("3"), text("Big Co"), text("closed"), text("Rome")],
    ];
    let expected = "table.t\nstatus city id name\nactive Bonn \"1\" \"Acme Corp\"\nactive \"New York\" \"2\" Globex\nclosed Rome \"3\" \"Big Co\"\n";
    assert_eq!(ison(&header, &rows, options("quoted-last")), expected);
}

#[test]
fn null_columns_are_left_out_until_a_value_comes() {
    let header = texts(&["a", "b", "c", "d"]);
    let mut rows: Vec<Row> = (0..1_500).map(|_| vec![text("x"), None, text("y"), None]).collect();
    rows.push(vec![text("x"), text("late"), None, None]);
    rows.push(vec![text("x"), None, text("y"), None]);
    let found = ison(&header, &rows, options("drop-null-columns"));
    let blocks = read(&found);
    let heads: Vec<(&str, usize, Vec<String>)> =
        blocks.iter().map(|block| (block.name.as_str(), block.rows.len(), block.fields.clone())).collect();
    let fields = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(heads, [("t", 1_500, fields(&["a", "c"])), ("t_2", 2, fields(&["a", "b", "c"]))]);
    check(&blocks, &header, &rows, options("drop-null-columns"), "");
    let nothing: [Row; 2] = [vec![None, None, None, None], vec![None, None, None, None]];
    assert_eq!(ison(&header, &nothing, options("drop-null-columns")), "table.t\na\nnull\nnull\n");
    assert_eq!(ison(&header, &[], options("drop-null-columns")), "table.t\na b c d\n");
}

#[test]
fn trailing_nulls_are_left_out_but_for_one() {
    let header = texts(&["a", "b", "c"]);
    let rows = [
        vec![text("x"), None, text("y")],
        vec![text("x"), None, None],
        vec![None, None, None],
        vec![text("example.com"), None, None],
    ];
    let expected = "table.t\na b c\nx null y\nx\nnull\n\"example.com\"\n";
    assert_eq!(ison(&header, &rows, options("drop-trailing-nulls")), expected);
}

fn orders() -> (Header, Vec<Row>) {
    let customer = Scalar::Ref("AppCustomer".to_owned());
    let columns = vec![
        ResultColumn::of_kind("id", ColumnKind::Ids("AppOrder".to_owned())),
        ResultColumn::new("customer", one(customer.clone())),
        ResultColumn::new("seen_by", many(customer, Shape::Set)),
    ];
    let row = |id: &str, customer: &str, seen: &[&str]| {
        vec![text(id), text(customer), Value::set(seen.iter().map(|text| Value::from(*text)).collect())]
    };
    let rows = vec![
        row("AppOrder/7", "AppCustomer/a", &["AppCustomer/a", "AppCustomer/b"]),
        row("AppOrder/8", "AppCustomer/b", &[]),
        row("AppOrder/=9", "AppOther/b", &["AppCustomer/a", "elsewhere"]),
        row("AppOrder/x y", "AppCustomer/a", &["AppCustomer/a"]),
        row("AppOrder/z", "AppCustomer/c", &["AppCustomer/a"]),
    ];
    (Header::new("orders", columns), rows)
}

#[test]
fn what_ids_start_with_stands_once_in_a_meta_block() {
    let (header, rows) = orders();
    let expected = "\
meta.orders_prefixes
id customer seen_by
AppOrder/ AppCustomer/ AppCustomer/

table.orders
id customer seen_by
7 :a a,b
8 :b null
=AppOrder/=9 :=AppOther/b a,=elsewhere
\"x y\" :a a
z :c a
";
    let found = ison(&header, &rows, options("id-prefixes"));
    assert_eq!(found, expected);
    check(&read(&found), &header, &rows, options("id-prefixes"), &found);
    // For a record or two it would only take room.
    let few = ison(&header, &rows[..2], options("id-prefixes"));
    assert_eq!(few, ison(&header, &rows[..2], IsonOptions::PLAIN));
}

#[test]
fn uuids_are_numbers_with_a_map_at_the_end() {
    let (a, b) = ("0192f0c4-7d3e-7000-8000-0242ac120002", "0192f0c4-7d3e-7000-8000-0242ac120003");
    let columns = vec![
        ResultColumn::of_kind("id", ColumnKind::Ids("AppOrder".to_owned())),
        ResultColumn::new("parent", one(Scalar::Ref("AppOrder".to_owned()))),
        ResultColumn::new("owner", one(Scalar::Str)),
    ];
    let header = Header::new("orders", columns);
    let (first, second) = (format!("AppOrder/{a}"), format!("AppOrder/{b}"));
    let rows = vec![
        vec![text(&first), text(&second), text(a)],
        vec![text(&second), text("1"), text("1")],
        vec![text(&first), text("AppOrder/1"), text("ZZZ")],
    ];
    let expected = format!(
        "table.orders\nid parent owner\n1 :2 3\n2 \"1\" \"1\"\n1 :AppOrder/1 ZZZ\n\nmap.ids\nn id\n1 {first}\n2 {second}\n3 {a}\n"
    );
    let found = ison(&header, &rows, options("number-uuids"));
    assert_eq!(found, expected);
    check(&read(&found), &header, &rows, options("number-uuids"), &found);
}

#[test]
fn times_and_floats_are_as_short_as_asked() {
    let columns = vec![
        ResultColumn::new("at", one(Scalar::DateTime)),
        ResultColumn::new("value", one(Scalar::Float)),
        ResultColumn::new("all", many(Scalar::Float, Shape::List)),
    ];
    let header = Header::new("t", columns);
    let at = Timestamp::parse("1969-12-31T23:59:59.999999Z").unwrap();
    let rows = [vec![
        Some(Value::DateTime(at)),
        Some(Value::Float(1_234.567_89)),
        Some(Value::List(vec![Value::Float(0.000_123_456), Value::Float(99_999.0)])),
    ]];
    let line = |words: &str| ison(&header, &rows, options(words)).lines().last().unwrap().to_owned();
    assert_eq!(line("plain"), "1969-12-31T23:59:59.999999Z 1234.56789 0.000123456,99999.0");
    assert_eq!(line("times=seconds,floats=6"), "1969-12-31T23:59:59Z 1234.57 0.000123456,99999.0");
    assert_eq!(line("times=minutes,floats=3"), "1969-12-31T23:59Z 1230.0 0.000123,100000.0");
    assert_eq!(line("times=days,floats=1"), "1969-12-31 1000.0 0.0001,100000.0");
    assert_eq!(line("brief,times=exact,floats=exact"), line("plain"));
}

#[test]
fn words_are_checked() {
    assert_eq!(options("plain"), IsonOptions::default());
    assert_eq!(options("compact"), options("quoted-last, drop-null-columns,drop-trailing-nulls,id-prefixes"));
    assert_eq!(options("brief"), options("compact,number-uuids,times=seconds,floats=6"));
    for word in IsonOptions::WORDS.into_iter().filter(|word| !word.ends_with("DIGITS")) {
        assert!(word.parse::<IsonOptions>().is_ok(), "{word}");
    }
    let problem = |words: &str| words.parse::<IsonOptions>().unwrap_err().message().to_owned();
    assert_eq!(problem("compct"), "`compct` is no option of ISON; did you mean `compact`?");
    assert_eq!(problem("times=seconds,brief"), "`brief` says everything; write it first");
    for bad in ["", "floats=0", "floats=18", "floats=x", "compact,,brief", "times=years", "COMPACT"] {
        assert!(bad.parse::<IsonOptions>().is_err(), "{bad}");
    }
}

#[test]
fn lists_are_parted_by_commas_or_are_json_text() {
    let texts = |texts: &[&str]| Value::List(texts.iter().map(|text| Value::from(*text)).collect());
    let number = |number: i64| Value::List(vec![Value::Int(number), Value::Int(7)]);
    for (scalar, value, token) in [
        (Scalar::Str, texts(&["a", "b"]), "a,b"),
        (Scalar::Str, texts(&["a.b"]), r#""a.b""#),
        (Scalar::Str, texts(&["a.b", "c"]), "a.b,c"),
        (Scalar::Str, texts(&[]), "[]"),
        (Scalar::Str, texts(&["[]"]), r#""[\"[]\"]""#),
        (Scalar::Str, texts(&["[x", "y"]), r#""[\"[x\",\"y\"]""#),
        (Scalar::Str, texts(&["a,b"]), r#""[\"a,b\"]""#),
        (Scalar::Str, texts(&["a b", "c"]), r#""[\"a b\",\"c\"]""#),
        (Scalar::Str, texts(&["7", "null", ""]), r#""[\"7\",\"null\",\"\"]""#),
        (Scalar::Int, number(1), "1,7"),
        (Scalar::Int, number(1 << 53), "[9007199254740992,7]"),
        (Scalar::Bool, Value::List(vec![Value::Bool(true)]), "true"),
        (Scalar::Float, Value::List(vec![Value::Float(1.0), Value::Float(1e21)]), "1.0,1000000000000000000000.0"),
        (Scalar::Ref("AppT".to_owned()), texts(&["AppT/1", "AppT/2"]), "AppT/1,AppT/2"),
    ] {
        let header = Header::new("t", vec![ResultColumn::new("v", many(scalar, Shape::List))]);
        let rows = [vec![Some(value)]];
        let found = ison(&header, &rows, IsonOptions::PLAIN);
        assert_eq!(found, format!("table.t\nv\n{token}\n"));
        check(&read(&found), &header, &rows, IsonOptions::PLAIN, &found);
    }
}

#[test]
fn names_are_made_fit() {
    let header = Header::new(
        "2 nice.results",
        ["id", "id", "a:b", "a.b", "a_b", "__proto__", "", "first name", "true", "#n", "\"q\"", "id_2"]
            .iter()
            .map(|name| ResultColumn::new(*name, FieldType::required(Scalar::Int)))
            .collect(),
    );
    let found = ison(&header, &[], IsonOptions::PLAIN);
    let names = r##"id id_2 a_b a_b_2 a_b_3 proto _ "first name" "true" "#n" "\"q\"" id_2_2"##;
    assert_eq!(found, format!("table._2_nice_results\n{names}\n"));
    // Other formats rename only what would be lost.
    let json = written(&header, &[vec![None; 12]], Format::Ndjson, IsonOptions::PLAIN);
    assert!(json.starts_with(r#"{"id":null,"id_2":null,"a:b":null,"a.b":null,"#), "{json}");
    assert_eq!(ison(&Header::new("t", Vec::new()), &[Vec::new()], IsonOptions::PLAIN), "");
}

#[test]
fn rows_are_written_before_the_last_one_comes() {
    struct Counted(std::rc::Rc<std::cell::Cell<usize>>);
    impl std::io::Write for Counted {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.set(self.0.get() + bytes.len());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    for (words, ahead) in [("plain", 0), ("compact", 1_000)] {
        let written = std::rc::Rc::new(std::cell::Cell::new(0));
        let layout = udal_format::Layout::new(Format::Ison).ison(options(words));
        let mut writer = udal_format::ResultWriter::new(Counted(written.clone()), texts(&["a"]), layout);
        let long = "x".repeat(100);
        for row in 1..=5_000 {
            writer.write(&[text(&long)]).unwrap();
            // What is not written yet is what is held back, and one buffer.
            let waiting = row * 101 - written.get().min(row * 101);
            assert!(row < ahead || waiting < 17 << 10, "{words}: {waiting} bytes wait after {row} rows");
        }
        writer.finish().unwrap();
        assert_eq!(written.get(), "table.t\na\n".len() + 5_000 * 101);
    }
}
