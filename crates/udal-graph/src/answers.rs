//! Requests for what creates with idempotency keys answered, to forget those of long ago.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use udal_core::{Error, Result};

use crate::class::ANSWERS;
use crate::names::base;
use crate::request::{Request, Writer, members};

const SELECTION: &str = ") {_id _json}";

/// Reads a page of the answers, at a commit: what was there then stays there, so that pages can be counted.
pub fn answers(offset: usize, limit: usize) -> Request {
    let mut writer = Writer::default();
    writer.push(&format!("{ANSWERS}(offset: {offset}, limit: {limit}")).push(SELECTION);
    writer.finish()
}

/// Reads those of these answers that are there.
pub fn answers_of(nodes: impl Iterator<Item = String>) -> Request {
    let mut writer = Writer::default();
    writer.push(ANSWERS).push("(ids: ").iris(nodes.map(|node| format!("{}{node}", base()))).push(SELECTION);
    writer.finish()
}

/// Reads what such a request answers: the text of each document, by its node.
///
/// # Errors
/// [`Internal`](udal_core::ErrorKind::Internal) for an answer of another form.
pub fn read_answers(data: &RawValue) -> Result<BTreeMap<String, String>> {
    #[derive(Deserialize)]
    struct Node {
        #[serde(rename = "_id")]
        id: String,
        #[serde(rename = "_json")]
        document: String,
    }
    let lists: BTreeMap<String, Vec<Node>> = members(data)?;
    let short = |Node { id, document }| match id.strip_prefix(base()) {
        Some(node) => Ok((node.to_owned(), document)),
        None => Err(Error::internal(format!("`{id}` is no node's name"))),
    };
    lists.into_values().flatten().map(short).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_asked_for_in_pages_and_by_their_nodes() {
        assert_eq!(answers(1_000, 500).text, "{Udal_Answer(offset: 1000, limit: 500) {_id _json}}");
        let named = answers_of(["Udal_Answer/Account%2Fkey".to_owned()].into_iter());
        assert_eq!(named.variables["v0"], serde_json::json!(["terminusdb:///data/Udal_Answer/Account%2Fkey"]));
        let data = r#"{"Udal_Answer": [{"_id": "terminusdb:///data/Udal_Answer/x", "_json": "{}"}]}"#;
        let read = read_answers(&serde_json::from_str::<Box<RawValue>>(data).unwrap()).unwrap();
        assert_eq!(read, BTreeMap::from([("Udal_Answer/x".to_owned(), "{}".to_owned())]));
        assert!(read_answers(&serde_json::from_str::<Box<RawValue>>(r#"{"x": [{}]}"#).unwrap()).is_err());
    }
}
