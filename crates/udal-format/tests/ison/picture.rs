//! The piped picture.

use udal_core::model::{Scalar, Shape};
use udal_core::value::Value;
use udal_format::{ColumnKind, Format, Header, ResultColumn};

use crate::results::{many, one, text, texts, written};

fn picture(header: &Header, rows: &[Vec<Option<Value>>], words: &str) -> String {
    written(header, rows, Format::IsonTable, words.parse().unwrap())
}

#[test]
fn columns_with_bars_between_them() {
    let columns = vec![
        ResultColumn::new("id", one(Scalar::Int)),
        ResultColumn::new("name", one(Scalar::Str)),
        ResultColumn::new("status", one(Scalar::Str)),
    ];
    let header = Header::new("accounts", columns);
    let rows = [
        vec![Some(Value::Int(123)), text("Acme Corp"), text("active")],
        vec![Some(Value::Int(4)), text("a|b\n\u{1b}[31m"), None],
        vec![None, text("日本"), text("")],
    ];
    let expected = "\
@accounts
id  | name             | status
123 | Acme Corp        | active
4   | a\\|b\\n\\u{1b}[31m |
    | 日本             | \"\"
";
    assert_eq!(picture(&header, &rows, "plain"), expected);
    assert_eq!(picture(&header, &[], "plain"), "@accounts\nid | name | status\n");
}

#[test]
fn the_same_is_left_out_as_from_ison() {
    let columns = vec![
        ResultColumn::of_kind("id", ColumnKind::Ids("AppT".to_owned())),
        ResultColumn::new("none", one(Scalar::Str)),
        ResultColumn::new("tags", many(Scalar::Str, Shape::Set)),
        ResultColumn::new("value", one(Scalar::Float)),
    ];
    let header = Header::new("t", columns);
    let row = |id: &str, value: f64| {
        vec![text(id), None, Value::set(vec![Value::from("x"), Value::from("y")]), Some(Value::Float(value))]
    };
    let rows = [row("AppT/1", 0.5), row("AppT/2", 2.0), row("AppT/3", 1e-9), row("AppT/5", 1.0), row("AppU/4", 1e300)];
    let expected = "\
@t_prefixes
id
AppT/

@t
id      | tags | value
1       | x, y | 0.5
2       | x, y | 2.0
3       | x, y | 1e-9
5       | x, y | 1.0
=AppU/4 | x, y | 1e+300
";
    assert_eq!(picture(&header, &rows, "compact"), expected);
}

#[test]
fn long_cells_do_not_widen_every_row() {
    let long = "x".repeat(500);
    let found = picture(&texts(&["a", "b"]), &[vec![text(&long), text("1")], vec![text("y"), text("2")]], "plain");
    assert!(found.contains(&format!("{long} | 1\n")), "{found}");
    assert!(found.contains(&format!("y{} | 2\n", " ".repeat(47))), "{found}");
}
