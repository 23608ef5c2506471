//! ISON beside ison-rs' own writer and beside serde_json: the same 1,000 rows of 8 columns, in turns and in one run.
//!
//! `cargo bench -p udal-format --bench writers` prints the table that docs/ison.md shows.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs,
    reason = "a bench that cannot go on fails, and prints what it measured"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::json;
use udal_core::model::{Catalog, GroupDeclaration, Model, ModelDeclaration};
use udal_core::record::{Record, read_new};
use udal_core::value::{Timestamp, Value};
use udal_format::{ColumnKind, Format, Header, IsonOptions, Layout, ResultColumn, ResultWriter};

const ROWS: usize = 1_000;
/// How often the writers take turns.
const ROUNDS: usize = 15;
/// How long one turn takes, at least.
const TURN: Duration = Duration::from_millis(60);

/// Writes the rows, and answers how many bytes that took.
type Way<'a> = Box<dyn FnMut() -> usize + 'a>;

fn main() {
    let (header, rows) = results();
    let document = ison_rs_document(&header, &rows);
    let structs: Vec<Plain> = rows.iter().map(|row| Plain::of(row)).collect();
    let ours = |options: IsonOptions, format: Format| {
        let (header, rows) = (&header, &rows);
        move || {
            let layout = Layout::new(format).ison(options);
            let mut writer = ResultWriter::new(Vec::new(), header.clone(), layout);
            rows.iter().for_each(|row| writer.write(row).unwrap());
            writer.finish().unwrap().len()
        }
    };
    // What one compares must be the same: every parser reads the same from both.
    let text = {
        let mut writer = ResultWriter::new(Vec::new(), header.clone(), Layout::new(Format::Ison));
        rows.iter().for_each(|row| writer.write(row).unwrap());
        String::from_utf8(writer.finish().unwrap()).unwrap()
    };
    assert_eq!(ison_rs::parse(&text).unwrap().blocks[0].rows, document.blocks[0].rows);

    let mut ways: Vec<(&str, Way<'_>)> = vec![
        ("`ison`", Box::new(ours(IsonOptions::PLAIN, Format::Ison))),
        ("`ison`, `compact`", Box::new(ours(IsonOptions::COMPACT, Format::Ison))),
        ("`ison`, `brief`", Box::new(ours(IsonOptions::BRIEF, Format::Ison))),
        ("`ison_table`", Box::new(ours(IsonOptions::PLAIN, Format::IsonTable))),
        ("`csv`", Box::new(ours(IsonOptions::PLAIN, Format::Csv))),
        ("`ndjson`: serde_json, from the same values", Box::new(ours(IsonOptions::PLAIN, Format::Ndjson))),
        (
            "serde_json, from structs whose texts are ready",
            Box::new(|| serde_json::to_vec(black_box(&structs)).unwrap().len()),
        ),
        (
            "ison-rs `dumps`, from the same values",
            Box::new(|| ison_rs::dumps(&ison_rs_document(&header, &rows), false).unwrap().len()),
        ),
        (
            "ison-rs `dumps`, from its own document",
            Box::new(|| ison_rs::dumps(black_box(&document), false).unwrap().len()),
        ),
    ];
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); ways.len()];
    for _ in 0..ROUNDS {
        for (way, times) in ways.iter_mut().zip(&mut times) {
            times.push(time(&mut way.1));
        }
    }
    let times: Vec<f64> = times.into_iter().map(median).collect();
    let (json, ison_rs) = (times[times.len() - 3], times[times.len() - 1]);
    println!(
        "| writer | ms for {ROWS} rows | of serde_json's speed | of ison-rs' speed |\n| --- | ---: | ---: | ---: |"
    );
    for ((name, _), time) in ways.iter().zip(&times) {
        println!("| {name} | {time:.2} | {:.2} | {:.1} |", json / time, ison_rs / time);
    }
}

/// Milliseconds that one call takes.
fn time(way: &mut dyn FnMut() -> usize) -> f64 {
    let started = Instant::now();
    let mut calls = 0_u32;
    while started.elapsed() < TURN {
        black_box(way());
        calls += 1;
    }
    started.elapsed().as_secs_f64() * 1_000.0 / f64::from(calls)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Ids, times, numbers, words, and texts that must be quoted.
fn results() -> (Header, Vec<Vec<Option<Value>>>) {
    let model = model();
    let names = ["id", "patient", "test_type", "value", "count", "comment", "is_final", "taken_at"];
    let columns: Vec<ResultColumn> = names
        .iter()
        .map(|name| {
            let kind = match *name {
                "id" => ColumnKind::Ids(model.name().to_owned()),
                name => ColumnKind::Values(model.find(name).unwrap().field_type().clone()),
            };
            ResultColumn::of_kind(*name, kind)
        })
        .collect();
    let rows = (0..ROWS).map(|at| {
        let record = record(&model, at);
        names.iter().map(|name| record.value(name).cloned()).collect()
    });
    (Header::new("AppLabResult", columns), rows.collect())
}

fn model() -> Arc<Model> {
    let model = ModelDeclaration::new("AppLabResult")
        .field("patient", "Optional[Ref[AppPatient]]")
        .field("test_type", "str")
        .field("value", "float")
        .field("count", "int")
        .field("comment", "Optional[str]")
        .field("is_final", "bool")
        .field("taken_at", "datetime");
    let patient = ModelDeclaration::new("AppPatient").field("name", "str");
    let catalog = Catalog::build(vec![GroupDeclaration::new("lab").model(model).model(patient)]).unwrap();
    Arc::clone(catalog.model("lab", "AppLabResult").unwrap())
}

#[expect(clippy::cast_precision_loss, reason = "the numbers are small")]
fn record(model: &Arc<Model>, at: usize) -> Record {
    let taken_at = Timestamp::from_micros(1_772_000_000_000_000 + at as i64 * 61_234_567).unwrap();
    let comment = (!at.is_multiple_of(3)).then(|| format!("seen by doctor {}, twice", at % 17));
    let test_type = ["ph", "glucose", "hemoglobin"][at % 3];
    let json = json!({
        "id": format!("AppLabResult/0192f0c4-7d3e-7000-8000-{at:012x}"),
        "patient": format!("AppPatient/p-{}", at % 100),
        "test_type": test_type,
        "value": (at * 7919 % 10_000) as f64 / 100.0,
        "count": at * 31,
        "comment": comment,
        "is_final": at.is_multiple_of(2),
        "taken_at": taken_at.to_string(),
    });
    read_new(model, &json).unwrap().into_record()
}

/// The same row as a struct that serde derives, with its texts ready: the least that JSON costs.
#[derive(Serialize)]
struct Plain {
    id: String,
    patient: String,
    test_type: String,
    value: f64,
    count: i64,
    comment: Option<String>,
    is_final: bool,
    taken_at: String,
}

impl Plain {
    fn of(row: &[Option<Value>]) -> Plain {
        let text = |at: usize| row[at].as_ref().map(|value| value.to_json().as_str().unwrap().to_owned());
        let json = |at: usize| row[at].as_ref().unwrap().to_json();
        Plain {
            id: text(0).unwrap(),
            patient: text(1).unwrap(),
            test_type: text(2).unwrap(),
            value: json(3).as_f64().unwrap(),
            count: json(4).as_i64().unwrap(),
            comment: text(5),
            is_final: json(6).as_bool().unwrap(),
            taken_at: text(7).unwrap(),
        }
    }
}

/// The same rows as ison-rs keeps them.
fn ison_rs_document(header: &Header, rows: &[Vec<Option<Value>>]) -> ison_rs::Document {
    let names: Vec<String> = header.columns().iter().map(|column| column.name().to_owned()).collect();
    let mut block = ison_rs::Block::new("table", header.name());
    block.field_info = names.iter().map(ison_rs::FieldInfo::new).collect();
    block.fields.clone_from(&names);
    block.rows = rows.iter().map(|row| names.iter().cloned().zip(row.iter().map(ison_rs_value)).collect()).collect();
    ison_rs::Document { blocks: vec![block] }
}

fn ison_rs_value(value: &Option<Value>) -> ison_rs::Value {
    match value {
        None => ison_rs::Value::Null,
        Some(Value::Int(number)) => ison_rs::Value::Int(*number),
        Some(Value::Float(number)) => ison_rs::Value::Float(*number),
        Some(Value::Bool(truth)) => ison_rs::Value::Bool(*truth),
        Some(value) => match value.to_json().as_str().unwrap() {
            id if id.starts_with("AppPatient/") => ison_rs::Value::Reference(ison_rs::Reference::new(id)),
            text => ison_rs::Value::String(text.to_owned()),
        },
    }
}
