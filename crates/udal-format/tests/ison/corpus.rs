//! Known values and the token that each is written as.
//!
//! `corpus.json` has the same form as the hostile corpus that the platform keeps beside the repository, which is read too
//! where it is there.

use std::path::Path;

use serde_json::Value as Json;
use udal_core::model::Scalar;
use udal_core::value::{Value, canonical_json};
use udal_format::{ColumnKind, Header, Ids, IsonOptions, ResultColumn};

use crate::oracle::{Block, Cell, read};
use crate::python;
use crate::reading::Row;
use crate::results::{ison, one};

const OWN: &str = include_str!("corpus.json");
const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/ison/hostile.json");
/// 2^53 - 1.
const LARGEST: u128 = (1 << 53) - 1;

/// One entry: the value, the column that it stands in, what is read back, and its tokens beside others and alone.
struct Entry {
    value: Option<Value>,
    kind: ColumnKind,
    expected: Cell,
    beside: String,
    alone: String,
}

#[test]
fn every_value_is_written_as_its_token_and_read_back() {
    let entries = entries(OWN);
    assert!(entries.len() > 60);
    check(&entries);
}

#[test]
fn every_value_of_the_hostile_corpus_is_read_back() {
    if !Path::new(SHARED).exists() {
        eprintln!("skipped: the hostile corpus is not there");
        return;
    }
    let text = std::fs::read_to_string(SHARED).unwrap();
    let entries = entries(&text);
    assert!(entries.len() > 100);
    check(&entries);
}

fn check(entries: &[Entry]) {
    // What ISON's own reader makes of a reference with a type is seen where ids are written apart from it.
    let options = IsonOptions { ids: Ids::PrefixInMeta, ..IsonOptions::PLAIN };
    let written: Vec<(String, String)> =
        entries.iter().map(|entry| (beside(entry, options), alone(entry, options))).collect();
    for (entry, (beside, alone)) in entries.iter().zip(&written) {
        assert_eq!(*beside, format!("table.t\nid v\n1 {}\n", entry.beside));
        assert_eq!(*alone, format!("table.t\nv\n{}\n", entry.alone));
    }
    let texts: Vec<&str> = written.iter().flat_map(|(beside, alone)| [beside.as_str(), alone.as_str()]).collect();
    compare(entries, texts.iter().map(|text| read(text)).collect());
    if let Some(documents) = python::read(&texts) {
        compare(entries, documents);
    }
}

/// Compares what a parser read, two documents an entry.
fn compare(entries: &[Entry], documents: Vec<Vec<Block>>) {
    assert_eq!(documents.len(), entries.len() * 2);
    for (entry, read) in entries.iter().zip(documents.chunks(2)) {
        let cells: Vec<&Cell> = read.iter().map(|blocks| blocks[0].rows[0].last().unwrap()).collect();
        assert_eq!(cells, [&entry.expected, &entry.expected], "{}", entry.beside);
    }
}

fn beside(entry: &Entry, options: IsonOptions) -> String {
    let columns = vec![ResultColumn::new("id", one(Scalar::Int)), ResultColumn::of_kind("v", entry.kind.clone())];
    ison(&Header::new("t", columns), &[vec![Some(Value::Int(1)), entry.value.clone()]], options)
}

fn alone(entry: &Entry, options: IsonOptions) -> String {
    let header = Header::new("t", vec![ResultColumn::of_kind("v", entry.kind.clone())]);
    let row: Row = vec![entry.value.clone()];
    ison(&header, &[row], options)
}

fn entries(text: &str) -> Vec<Entry> {
    let json: Json = serde_json::from_str(text).unwrap();
    json["values"].as_array().unwrap().iter().map(entry).collect()
}

fn entry(json: &Json) -> Entry {
    let given = &json["value"];
    let string = |name: &str| given[name].as_str().unwrap_or_default().to_owned();
    let values = |scalar| ColumnKind::Values(one(scalar));
    let (beside, alone) = (json["emit_multi_column"].as_str().unwrap(), json["emit_single_column"].as_str().unwrap());
    let (mut beside, mut alone) = (beside.to_owned(), alone.to_owned());
    let (value, kind, expected) = match given["t"].as_str().unwrap() {
        "str" => {
            // A long run of one letter is kept as such as `x*5000`, and its token cut short.
            let long = string("v").strip_prefix("x*").map(|count| "x".repeat(count.parse().unwrap()));
            let text = match long {
                Some(long) => {
                    (beside, alone) = (long.clone(), long.clone());
                    long
                }
                None => string("v"),
            };
            (Some(Value::Str(text.clone())), values(Scalar::Str), Cell::Text(text))
        }
        "int" => match string("v").parse::<i64>() {
            Ok(number) if u128::from(number.unsigned_abs()) > LARGEST => {
                // JavaScript has no such integers: a string, whatever the corpus says of those it happens to hold.
                (beside, alone) = (format!("\"{number}\""), format!("\"{number}\""));
                (Some(Value::Int(number)), values(Scalar::Int), Cell::Text(number.to_string()))
            }
            Ok(number) => (Some(Value::Int(number)), values(Scalar::Int), Cell::Int(i128::from(number))),
            // Only `json` holds it.
            Err(_) => {
                let json = Json::from(string("v").parse::<u64>().unwrap());
                (Some(Value::Json(json)), values(Scalar::Json), Cell::Text(string("v")))
            }
        },
        "float" => {
            let number = f64::from_bits(u64::from_str_radix(&string("bits"), 16).unwrap());
            let read = if number.is_finite() { Cell::Float(number) } else { Cell::Null };
            (Some(Value::Float(number)), values(Scalar::Float), read)
        }
        "bool" => {
            let truth = given["v"].as_bool().unwrap();
            (Some(Value::Bool(truth)), values(Scalar::Bool), Cell::Bool(truth))
        }
        "null" => (None, values(Scalar::Str), Cell::Null),
        "ref" => reference(given["type"].as_str().filter(|model| !model.is_empty()), &string("id"), &beside),
        "json" => {
            let json = canonical_json(given["v"].clone());
            (Some(Value::Json(json.clone())), values(Scalar::Json), Cell::Text(json.to_string()))
        }
        other => panic!("{other}"),
    };
    Entry { value, kind, expected, beside, alone }
}

/// A reference; one that cannot be written as such is read back as the text that is.
fn reference(model: Option<&str>, id: &str, token: &str) -> (Option<Value>, ColumnKind, Cell) {
    let is_text = token.starts_with('"');
    match model {
        Some(model) => {
            let read = if is_text {
                Cell::Text(format!("{model}:{id}"))
            } else {
                Cell::Reference(Some(model.to_owned()), id.to_owned())
            };
            (Some(Value::Str(format!("{model}/{id}"))), ColumnKind::References, read)
        }
        None => {
            let read = if is_text { Cell::Text(id.to_owned()) } else { Cell::Reference(None, id.to_owned()) };
            (Some(Value::from(id)), ColumnKind::Values(one(Scalar::Ref("AppT".to_owned()))), read)
        }
    }
}
