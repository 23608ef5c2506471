//! ison-py, where it is installed: `make ison-py` installs it under `target/`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value as Json;

use crate::oracle::{Block, Cell};

/// The Python that has ison-py.
const PYTHON: &str = "UDAL_ISON_PYTHON";

/// Reads `texts` with ison-py; none, and a line that says so, where there is none.
pub(crate) fn read(texts: &[&str]) -> Option<Vec<Vec<Block>>> {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/ison-py/bin/python");
    let python = std::env::var_os(PYTHON).map_or(installed, PathBuf::from);
    let has_parser = Command::new(&python).args(["-c", "import ison_parser"]).stderr(Stdio::null()).status();
    if !has_parser.is_ok_and(|status| status.success()) {
        eprintln!("skipped: there is no ison-py; `make ison-py` installs it, or {PYTHON} names a Python that has it");
        return None;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ison/read.py");
    let mut reading =
        Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python starts");
    let mut input = reading.stdin.take().unwrap();
    input.write_all(serde_json::to_string(texts).unwrap().as_bytes()).unwrap();
    drop(input);
    let output = reading.wait_with_output().unwrap();
    assert!(output.status.success(), "ison-py does not read what was written; its message is above");
    let documents: Vec<Vec<Json>> = serde_json::from_slice(&output.stdout).unwrap();
    Some(documents.iter().map(|blocks| blocks.iter().map(block).collect()).collect())
}

fn block(json: &Json) -> Block {
    let text = |json: &Json| json.as_str().unwrap().to_owned();
    let array = |json: &Json| json.as_array().unwrap().clone();
    Block {
        kind: text(&json["kind"]),
        name: text(&json["name"]),
        fields: array(&json["fields"]).iter().map(text).collect(),
        rows: array(&json["rows"]).iter().map(|row| array(row).iter().map(cell).collect()).collect(),
    }
}

fn cell(json: &Json) -> Cell {
    let Some(members) = json.as_object() else {
        return Cell::Null;
    };
    let text = |name: &str| members[name].as_str().unwrap();
    if let Some(id) = members.get("id") {
        return Cell::Reference(members["type"].as_str().map(str::to_owned), id.as_str().unwrap().to_owned());
    }
    match members.keys().next().unwrap().as_str() {
        "bool" => Cell::Bool(members["bool"].as_bool().unwrap()),
        "int" => Cell::Int(text("int").parse().unwrap()),
        "float" => Cell::Float(f64::from_bits(u64::from_str_radix(text("float"), 16).unwrap())),
        _ => Cell::Text(text("text").to_owned()),
    }
}
