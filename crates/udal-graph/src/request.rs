//! GraphQL requests: text, and the texts of values as variables.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};
use udal_core::{Error, Result};

/// A GraphQL request.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The document.
    pub text: String,
    /// The values of its variables.
    pub variables: Map<String, Json>,
}

impl Request {
    /// The body of the HTTP request.
    ///
    /// The first member of the answer gets a name of a thousand letters more: the server keeps the first thousand bytes of
    /// each answer in a file, and fails where that cuts a letter in two.
    pub fn to_json(&self) -> Json {
        let (head, body) = self.text.split_once('{').unwrap_or(("", &self.text));
        let filling = "a".repeat(FILLING);
        let query = match body.split_once(|letter: char| !letter.is_ascii_alphanumeric()) {
            Some((alias, rest)) if !alias.is_empty() && rest.starts_with(' ') => {
                format!("{head}{{{alias}{filling}: {}", rest.trim_start())
            }
            _ => format!("{head}{{{filling}: {body}"),
        };
        json!({ "query": query, "variables": self.variables })
    }
}

/// By how much the name of an answer's first member is longer.
const FILLING: usize = 1_000;

/// The members of an answer, by their names.
///
/// # Errors
/// [`Internal`](udal_core::ErrorKind::Internal) for an answer of another form.
pub(crate) fn members<T: DeserializeOwned>(data: &RawValue) -> Result<BTreeMap<String, T>> {
    let mut members: BTreeMap<String, T> = serde_json::from_str(data.get()).map_err(Error::internal)?;
    let filled = members.keys().find(|name| name.len() >= FILLING).cloned();
    if let Some((name, value)) = filled.and_then(|filled| members.remove_entry(&filled)) {
        members.insert(name.get(..name.len() - FILLING).unwrap_or_default().to_owned(), value);
    }
    Ok(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_member(text: &str) -> String {
        let body = Request { text: text.to_owned(), variables: Map::new() }.to_json();
        let query = body["query"].as_str().unwrap_or_default();
        query.replace(&"a".repeat(FILLING), "…")
    }

    #[test]
    fn an_answer_starts_with_a_long_name() {
        assert_eq!(first_member("{_count(Account: {_and: []})}"), "{…: _count(Account: {_and: []})}");
        assert_eq!(first_member("{Account(id: $v0) {_json}}"), "{…: Account(id: $v0) {_json}}");
        assert_eq!(first_member("query($v0: ID!) {r0: A(ids: $v0) {_id}}"), "query($v0: ID!) {r0…: A(ids: $v0) {_id}}");
        let answer = format!("{{\"r0{}\": 1, \"t0\": 2}}", "a".repeat(FILLING));
        let data: Box<RawValue> = serde_json::from_str(&answer).unwrap_or_default();
        let names = members::<u64>(&data).unwrap_or_default();
        assert_eq!(names, BTreeMap::from([("r0".to_owned(), 1), ("t0".to_owned(), 2)]));
    }
}

/// Writes a request. Values become variables; each is given once, whatever the number of its uses.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    body: String,
    variables: Vec<(Json, String)>,
    /// The class whose nodes are asked for.
    class: String,
}

impl Writer {
    /// A writer of a request for nodes of that class.
    pub(crate) fn of(class: String) -> Self {
        Writer { class, ..Writer::default() }
    }

    /// Goes on with nodes of another class.
    pub(crate) fn switch(&mut self, class: String) -> &mut Self {
        self.class = class;
        self
    }

    /// Writes the name of the class.
    pub(crate) fn class(&mut self) -> &mut Self {
        self.body.push_str(&self.class);
        self
    }

    /// Writes filters of the class as one variable: the time that many variables take grows with their square.
    pub(crate) fn filters(&mut self, filters: Json) -> &mut Self {
        let kind = format!("[{}_Filter!]", self.class);
        self.variable(filters, &kind)
    }

    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.body.push_str(text);
        self
    }

    /// Writes a text as a variable.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.variable(Json::from(text), "String!")
    }

    /// Writes a node's IRI as a variable.
    pub(crate) fn iri(&mut self, iri: &str) -> &mut Self {
        self.variable(Json::from(iri), "ID!")
    }

    /// Writes a number of any size as a variable.
    pub(crate) fn number(&mut self, text: &str) -> &mut Self {
        self.variable(Json::from(text), "BigFloat!")
    }

    /// Writes nodes' IRIs as one variable: thousands are read in the time of one.
    pub(crate) fn iris(&mut self, iris: impl Iterator<Item = String>) -> &mut Self {
        self.variable(iris.collect(), "[ID!]")
    }

    fn variable(&mut self, value: Json, kind: &str) -> &mut Self {
        let known = self.variables.iter().position(|(held, held_kind)| *held == value && *held_kind == kind);
        let at = known.unwrap_or_else(|| {
            self.variables.push((value, kind.to_owned()));
            self.variables.len() - 1
        });
        self.push(&format!("$v{at}"))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.body.is_empty()
    }

    pub(crate) fn finish(self) -> Request {
        let names = (0..).map(|at| format!("v{at}"));
        let declared: Vec<String> =
            self.variables.iter().enumerate().map(|(at, (_, kind))| format!("$v{at}: {kind}")).collect();
        let head = if declared.is_empty() { String::new() } else { format!("query({}) ", declared.join(", ")) };
        let variables = names.zip(self.variables).map(|(name, (value, _))| (name, value)).collect();
        Request { text: format!("{head}{{{}}}", self.body), variables }
    }
}
