//! GraphQL requests: text, and the texts of values as variables.

use serde_json::{Map, Value as Json, json};

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
    pub fn to_json(&self) -> Json {
        json!({ "query": self.text, "variables": self.variables })
    }
}

/// Writes a request. Texts become variables; each is given once, whatever the number of its uses.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    body: String,
    texts: Vec<(String, &'static str)>,
}

impl Writer {
    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.body.push_str(text);
        self
    }

    /// Writes a text as a variable.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.variable(text, "String!")
    }

    /// Writes a node's IRI as a variable.
    pub(crate) fn iri(&mut self, iri: &str) -> &mut Self {
        self.variable(iri, "ID!")
    }

    /// Writes a number of any size as a variable.
    pub(crate) fn number(&mut self, text: &str) -> &mut Self {
        self.variable(text, "BigFloat!")
    }

    fn variable(&mut self, text: &str, kind: &'static str) -> &mut Self {
        let known = self.texts.iter().position(|(held, held_kind)| held == text && *held_kind == kind);
        let at = known.unwrap_or_else(|| {
            self.texts.push((text.to_owned(), kind));
            self.texts.len() - 1
        });
        self.push(&format!("$v{at}"))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.body.is_empty()
    }

    pub(crate) fn finish(self) -> Request {
        let names = (0..).map(|at| format!("v{at}"));
        let declared: Vec<String> =
            self.texts.iter().enumerate().map(|(at, (_, kind))| format!("$v{at}: {kind}")).collect();
        let head = if declared.is_empty() { String::new() } else { format!("query({}) ", declared.join(", ")) };
        let variables = names.zip(self.texts).map(|(name, (text, _))| (name, Json::String(text))).collect();
        Request { text: format!("{head}{{{}}}", self.body), variables }
    }
}
