mod full_disk;

use std::io::{Cursor, Read};
use std::sync::Arc;

use serde_json::json;
use udal::model::{Catalog, GroupDeclaration, Model, ModelDeclaration};

use super::rows::{MAX_ROW_BYTES, Row, Rows};
use super::{Lines, Mode, without_item};
use crate::args::{ImportArguments, InputFormat, Target};
use crate::failure::Failure;

fn catalog() -> Catalog {
    let model = ModelDeclaration::new("AppNote")
        .field("title", "Optional[str]")
        .field("score", "Optional[float]")
        .field("count", "Optional[int]")
        .field("done", "Optional[bool]")
        .field("price", "Optional[decimal]")
        .field("tags", "Set[str]")
        .field("extra", "Optional[json]");
    Catalog::build(vec![GroupDeclaration::new("notes").model(model)]).unwrap()
}

fn model() -> Arc<Model> {
    Arc::clone(catalog().model("notes", "AppNote").unwrap())
}

fn arguments(mode: Mode, without: Vec<String>) -> ImportArguments {
    let target =
        Target { group: "notes".to_owned(), model: "AppNote".to_owned(), tenant: "acme".to_owned(), user: None };
    ImportArguments { target, file: "-".into(), mode, input_format: None, atomic: false, without, errors: None }
}

fn rows_of(reader: Box<dyn Read + Send>, format: InputFormat, without: &[&str]) -> Result<Vec<Row>, Failure> {
    let without: Vec<String> = without.iter().map(ToString::to_string).collect();
    let mut rows = Rows::new(reader, format, &model(), &arguments(Mode::Create, without))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        found.push(row);
    }
    Ok(found)
}

fn read(bytes: &[u8], format: InputFormat) -> Vec<Row> {
    rows_of(Box::new(Cursor::new(bytes.to_vec())), format, &[]).unwrap()
}

/// Each row as its line, and its JSON or its error's message with the field errors.
fn shown(rows: &[Row]) -> Vec<(u64, String)> {
    let text = |row: &Row| match &row.json {
        Ok(json) => json.to_string(),
        Err(error) => error.to_string(),
    };
    rows.iter().map(|row| (row.line, text(row))).collect()
}

#[test]
fn lines_are_counted_and_bad_ones_named() {
    let text = b"\xef\xbb\xbf{\"a\":1}\n\n  \r\n{\"a\":2}\r\n{\"a\":\n{\"b\":\"\xff\"}\n[1]\n{\"a\":3}";
    let expected = [
        (1, r#"{"a":1}"#),
        (4, r#"{"a":2}"#),
        (5, "not JSON: EOF while parsing a value at column 5"),
        (6, "not UTF-8 from byte 7 of the line on"),
        (7, "[1]"),
        (8, r#"{"a":3}"#),
    ];
    assert_eq!(shown(&read(text, InputFormat::Ndjson)), expected.map(|(line, text)| (line, text.to_owned())));
    assert!(read(b"", InputFormat::Ndjson).is_empty());
    let deep = format!("{}1{}\n{{}}", "[".repeat(1_000), "]".repeat(1_000));
    let rows = read(deep.as_bytes(), InputFormat::Ndjson);
    assert!(rows[0].json.as_ref().unwrap_err().message().starts_with("not JSON: recursion limit exceeded"));
    assert_eq!((rows.len(), rows[1].line), (2, 2));
}

#[test]
fn a_row_that_is_too_long_is_passed_over() {
    let long = "x".repeat(MAX_ROW_BYTES + 5_000_000);
    let lines = format!("{{\"title\":\"{long}\"}}\n{{\"title\":\"b\"}}\n");
    let expected = [(1, "the row is longer than 8 MiB".to_owned()), (2, r#"{"title":"b"}"#.to_owned())];
    assert_eq!(shown(&read(lines.as_bytes(), InputFormat::Ndjson)), expected);
    let csv = format!("title,score\n\"{long}\n\",1\nb,2\n");
    let expected = [(2, "the row is longer than 8 MiB".to_owned()), (4, r#"{"score":2,"title":"b"}"#.to_owned())];
    assert_eq!(shown(&read(csv.as_bytes(), InputFormat::Csv)), expected);
    let many = format!("title\n{}\nb\n", ",".repeat(10_000));
    let expected = [(2, "the row is longer than 8 MiB".to_owned()), (3, r#"{"title":"b"}"#.to_owned())];
    assert_eq!(shown(&read(many.as_bytes(), InputFormat::Csv)), expected);
}

#[test]
fn cells_have_the_types_of_their_fields() {
    let text = "\u{feff}title,score,count,done,price,tags,extra\r\n\
                \"a, \"\"b\"\"\nc\",7.50,3,true,1.10,\"[\"\"x\"\"]\",\"{\"\"k\"\":[1]}\"\r\n\
                \r\n\
                ,,,,,,\r\n\
                007,7.2e0,12345678901234567890,yes,1e5,x,\"\"\"t\"\"\"\r\n\
                =1+1,NaN,1.5,false,,[],oops\n\
                a,b\n\
                z,,,,,,";
    let expected = [
        (2, json!({"title": "a, \"b\"\nc", "score": 7.5, "count": 3, "done": true, "price": "1.10", "tags": ["x"], "extra": {"k": [1]}}).to_string()),
        (5, "{}".to_owned()),
        (6, json!({"title": "007", "score": 7.2, "count": 12_345_678_901_234_567_890_u64, "done": "yes", "price": "1e5", "tags": "x", "extra": "t"}).to_string()),
        (7, "the row cannot be read\n  `extra`: the cell is not JSON: expected value at line 1 column 1 (quote text in it, as in \"text\")".to_owned()),
        (8, "the row has 2 cells, and the header 7; quote what holds a comma, a quote or a line break".to_owned()),
        (9, r#"{"title":"z"}"#.to_owned()),
    ];
    assert_eq!(shown(&read(text.as_bytes(), InputFormat::Csv)), expected);
    let latin = shown(&read(b"title,score\ncaf\xe9,1\nb,2\n", InputFormat::Csv));
    assert_eq!(latin[0], (2, "the row is not UTF-8 in cell 1".to_owned()));
    assert_eq!(latin[1].0, 3);
}

#[test]
fn headers_that_do_not_fit() {
    let refused = |text: &str| {
        let failure = rows_of(Box::new(Cursor::new(text.to_owned().into_bytes())), InputFormat::Csv, &[]).unwrap_err();
        failure.text().unwrap()
    };
    assert_eq!(refused(""), "the file is empty\n  hint: write a header that names the fields");
    assert_eq!(
        refused("titel,score,score,\n"),
        "the header does not fit the model\n  \
         `titel`: `AppNote` has no such field (did you mean `title`?)\n  \
         `score`: the header names it twice\n  \
         ``: `AppNote` has no such field\n  \
         hint: name fields of the model in the first line"
    );
}

#[test]
fn fields_can_be_left_out() {
    let rows = |format, text: &str| {
        rows_of(Box::new(Cursor::new(text.to_owned().into_bytes())), format, &["version", "count"]).unwrap()
    };
    let expected = [(1, r#"{"title":"a"}"#.to_owned())];
    assert_eq!(shown(&rows(InputFormat::Ndjson, r#"{"title":"a","version":3,"count":1}"#)), expected);
    let expected = [(2, r#"{"title":"a"}"#.to_owned())];
    assert_eq!(shown(&rows(InputFormat::Csv, "title,version\na,3\n")), expected);
    let text = "title\n";
    assert!(rows_of(Box::new(Cursor::new(text)), InputFormat::Csv, &["titel"]).is_err());
}

/// Gives its bytes a few at a time, as a pipe may.
struct Trickle(Cursor<Vec<u8>>, usize);

impl Read for Trickle {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let room = buffer.len().min(self.1);
        self.0.read(&mut buffer[..room])
    }
}

#[test]
fn it_does_not_matter_how_the_bytes_come() {
    let csv = "title,score\r\n\"a\r\n\"\"b\",1\r\n\r\nc,2\n\"d\",\"3\"";
    let ndjson = "{\"a\":1}\r\n\n{\"b\":\"é\"}\n";
    for (text, format) in [(csv, InputFormat::Csv), (ndjson, InputFormat::Ndjson)] {
        let whole = shown(&read(text.as_bytes(), format));
        for size in 1..8 {
            let trickle = Trickle(Cursor::new(text.as_bytes().to_vec()), size);
            assert_eq!(shown(&rows_of(Box::new(trickle), format, &[]).unwrap()), whole, "{size}");
        }
    }
}

#[test]
fn the_lines_of_items_are_kept_in_little_room() {
    let mut lines = Lines::default();
    let given: Vec<u64> = (1..=1_000).filter(|line| line % 250 != 0).collect();
    given.iter().for_each(|line| lines.add(*line));
    assert_eq!(lines.runs.len(), 4);
    assert!(given.iter().enumerate().all(|(index, line)| lines.of(index as u64) == Some(*line)));
    assert_eq!(Lines::default().of(0), None);
}

#[test]
fn the_number_of_an_item_is_taken_out_of_an_error() {
    let error = udal::Error::invalid("this is wrong").hint("mend it");
    let (index, error) = without_item(error.of_item(17));
    assert_eq!((index, error.to_string().as_str()), (Some(17), "this is wrong; mend it"));
    assert_eq!(without_item(error).0, None);
}

#[test]
fn a_line_of_what_is_deleted_is_an_id_or_an_object() {
    let text = "AppNote/a\n  AppNote/b \r\n{\"id\":\"AppNote/c\",\"version\":3}\n\"AppNote/d\"\n{\"id\":\n";
    let source = Box::new(Cursor::new(text));
    let mut rows = Rows::new(source, InputFormat::Ndjson, &model(), &arguments(Mode::Delete, Vec::new())).unwrap();
    let mut found = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        found.push(row);
    }
    let expected = [
        (1, r#""AppNote/a""#),
        (2, r#""AppNote/b""#),
        (3, r#"{"id":"AppNote/c","version":3}"#),
        (4, r#""AppNote/d""#),
        (5, "not JSON: EOF while parsing a value at column 6"),
    ];
    assert_eq!(shown(&found), expected.map(|(line, text)| (line, text.to_owned())));
}
