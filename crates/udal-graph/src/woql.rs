//! Changes as one query in WOQL: triple by triple, and only where the documents are as they were read.
//!
//! The server repeats a transaction that met another without comparing the database's version again. What a change rests on
//! is therefore asked within the query: where it does not hold, the query has no solution, and nothing is written.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};
use udal_core::value::Timestamp;
use udal_core::{Error, Result};

/// The members of a document.
pub type Document = Map<String, Json>;

/// Writes one query for many changes.
#[derive(Debug, Default)]
pub struct Script {
    goals: String,
    /// How many variables were used.
    variables: usize,
}

/// What stands in a triple.
#[derive(Clone, Copy)]
enum Term<'a> {
    Node(&'a str),
    Variable(usize),
    /// A value, with its type.
    Literal(&'a str, &'a Json),
}

const TYPE: &str = "rdf:type";
const FIRST: &str = "rdf:first";
const REST: &str = "rdf:rest";
const END: Term<'static> = Term::Node("rdf:nil");

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    One,
    Set,
    List,
}

impl Script {
    /// Creates a document of that class; no document of that name may be there.
    ///
    /// # Errors
    /// [`Internal`](udal_core::ErrorKind::Internal) for a member that the class does not have, here and below.
    pub fn create(&mut self, class: &Json, document: &Document) -> Result<()> {
        let node = text_of(document, "@id")?;
        let kind = self.variable();
        self.open("{\"@type\":\"Not\",\"query\":");
        self.write_goal("Triple", Term::Node(node), TYPE, kind);
        self.goals.push('}');
        self.goal("AddTriple", Term::Node(node), TYPE, Term::Node(&in_schema(text_of(document, "@type")?)));
        for (property, value) in document.iter().filter(|(name, _)| !name.starts_with('@')) {
            self.change(class, document, property, None, Some(value))?;
        }
        Ok(())
    }

    /// Makes the document `before` into `after`, which has the same name.
    ///
    /// # Errors
    /// [`Internal`](udal_core::ErrorKind::Internal) for a member that the class does not have.
    pub fn replace(&mut self, class: &Json, before: &Document, after: &Document) -> Result<()> {
        self.expect(class, before)?;
        let names: BTreeSet<&String> =
            before.keys().chain(after.keys()).filter(|name| !name.starts_with('@')).collect();
        for property in names {
            self.change(class, after, property, before.get(property), after.get(property))?;
        }
        Ok(())
    }

    /// Deletes the document.
    ///
    /// # Errors
    /// [`Internal`](udal_core::ErrorKind::Internal) for a member that the class does not have.
    pub fn remove(&mut self, class: &Json, before: &Document) -> Result<()> {
        self.expect(class, before)?;
        let node = json!({"@type": "NodeValue", "node": text_of(before, "@id")?});
        self.open(&format!("{{\"@type\":\"DeleteDocument\",\"identifier\":{node}}}"));
        Ok(())
    }

    /// Asks that none but these documents link to `node` by that property of a single link or a set, or of a list.
    pub fn expect_linkers(&mut self, node: &str, property: &str, is_list: bool, known: &[&str]) {
        let linker = self.variable();
        self.open("{\"@type\":\"Not\",\"query\":{\"@type\":\"And\",\"and\":[");
        if is_list {
            let pattern = json!({"@type": "PathSequence", "sequence": [
                {"@type": "PathPredicate", "predicate": in_schema(property)},
                {"@type": "PathStar", "star": {"@type": "PathPredicate", "predicate": REST}},
                {"@type": "PathPredicate", "predicate": FIRST},
            ]});
            let (subject, object) = (linker.to_json("NodeValue"), Term::Node(node).to_json("Value"));
            let _ = write!(
                self.goals,
                "{{\"@type\":\"Path\",\"subject\":{subject},\"pattern\":{pattern},\"object\":{object}}}"
            );
        } else {
            self.write_goal("Triple", linker, &in_schema(property), Term::Node(node));
        }
        for other in known {
            let (left, right) = (linker.to_json("Value"), Term::Node(other).to_json("Value"));
            let _ = write!(
                self.goals,
                ",{{\"@type\":\"Not\",\"query\":{{\"@type\":\"Equals\",\"left\":{left},\"right\":{right}}}}}"
            );
        }
        self.goals.push_str("]}}");
    }

    /// The text of the query; it answers one solution without variables where it was done, and none where it was not.
    pub fn finish(self) -> String {
        format!("{{\"@type\":\"Select\",\"variables\":[],\"query\":{{\"@type\":\"And\",\"and\":[{}]}}}}", self.goals)
    }

    /// Asks that the document is as it was read: its version, and since when.
    fn expect(&mut self, class: &Json, before: &Document) -> Result<()> {
        let node = text_of(before, "@id")?;
        for name in ["version", "updated_at"] {
            let Some(value) = before.get(name) else { continue };
            let (_, range) = range_of(class, name)?;
            self.goal("Triple", Term::Node(node), &in_schema(name), term(range, value)?);
        }
        Ok(())
    }

    fn change(
        &mut self,
        class: &Json,
        document: &Document,
        property: &str,
        before: Option<&Json>,
        after: Option<&Json>,
    ) -> Result<()> {
        let (shape, range) = range_of(class, property)?;
        let node = text_of(document, "@id")?;
        let name = in_schema(property);
        match shape {
            Shape::One if is_same(range, before, after) => {}
            Shape::One => {
                if before.is_some() {
                    let held = self.variable();
                    self.goal("Triple", Term::Node(node), &name, held);
                    self.goal("DeleteTriple", Term::Node(node), &name, held);
                }
                if let Some(value) = after {
                    self.goal("AddTriple", Term::Node(node), &name, term(range, value)?);
                }
            }
            Shape::Set => {
                let (before, after) = (elements(before), elements(after));
                let lacks =
                    |held: &[Json], element| !held.iter().any(|other| is_same(range, Some(other), Some(element)));
                for gone in before.iter().filter(|element| lacks(after, element)) {
                    self.goal("DeleteTriple", Term::Node(node), &name, term(range, gone)?);
                }
                for new in after.iter().filter(|element| lacks(before, element)) {
                    self.goal("AddTriple", Term::Node(node), &name, term(range, new)?);
                }
            }
            Shape::List => {
                let is_kept = before.is_some()
                    && elements(before).len() == elements(after).len()
                    && elements(before).iter().zip(elements(after)).all(|(a, b)| is_same(range, Some(a), Some(b)));
                if !is_kept {
                    self.drop_list(node, &name, before);
                    let version = document.get("version").map(Json::to_string).unwrap_or_default();
                    self.add_list(node, property, &version, range, elements(after))?;
                }
            }
        }
        Ok(())
    }

    /// Deletes the cells of a list.
    fn drop_list(&mut self, node: &str, name: &str, before: Option<&Json>) {
        let Some(before) = before else { return };
        let (mut subject, mut predicate) = (Term::Node(node), name);
        for _ in elements(Some(before)) {
            let (cell, value) = (self.variable(), self.variable());
            for (kind, subject, predicate, object) in [
                ("Triple", subject, predicate, cell),
                ("DeleteTriple", subject, predicate, cell),
                ("Triple", cell, FIRST, value),
                ("DeleteTriple", cell, FIRST, value),
                ("DeleteTriple", cell, TYPE, Term::Node("rdf:List")),
            ] {
                self.goal(kind, subject, predicate, object);
            }
            (subject, predicate) = (cell, REST);
        }
        self.goal("Triple", subject, predicate, END);
        self.goal("DeleteTriple", subject, predicate, END);
    }

    /// Adds the cells of a list. They are called after the version of the document that has them first.
    fn add_list(&mut self, node: &str, property: &str, version: &str, range: &str, values: &[Json]) -> Result<()> {
        let (mut subject, mut predicate) = (node.to_owned(), in_schema(property));
        for (at, value) in values.iter().enumerate() {
            let cell = format!("{node}/{property}/{version}/{at}");
            self.goal("AddTriple", Term::Node(&subject), &predicate, Term::Node(&cell));
            self.goal("AddTriple", Term::Node(&cell), TYPE, Term::Node("rdf:List"));
            self.goal("AddTriple", Term::Node(&cell), FIRST, term(range, value)?);
            (subject, predicate) = (cell, REST.to_owned());
        }
        self.goal("AddTriple", Term::Node(&subject), &predicate, END);
        Ok(())
    }

    fn variable(&mut self) -> Term<'static> {
        self.variables += 1;
        Term::Variable(self.variables)
    }

    fn open(&mut self, text: &str) {
        if !self.goals.is_empty() {
            self.goals.push(',');
        }
        self.goals.push_str(text);
    }

    fn goal(&mut self, kind: &str, subject: Term<'_>, predicate: &str, object: Term<'_>) {
        self.open("");
        self.write_goal(kind, subject, predicate, object);
    }

    fn write_goal(&mut self, kind: &str, subject: Term<'_>, predicate: &str, object: Term<'_>) {
        let subject = subject.to_json("NodeValue");
        let predicate = Term::Node(predicate).to_json("NodeValue");
        let object = object.to_json("Value");
        // Writing to a text cannot fail.
        let _ = write!(
            self.goals,
            "{{\"@type\":\"{kind}\",\"subject\":{subject},\"predicate\":{predicate},\"object\":{object}}}"
        );
    }
}

impl Term<'_> {
    fn to_json(self, kind: &str) -> Json {
        match self {
            Term::Node(node) => json!({"@type": kind, "node": node}),
            Term::Variable(number) => json!({"@type": kind, "variable": format!("v{number}")}),
            // Every value is given as text, and read as its type says: numbers and truths are changed on their way.
            Term::Literal(range, value) => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                json!({"@type": kind, "data": {"@type": range, "@value": text}})
            }
        }
    }
}

fn term<'a>(range: &'a str, value: &'a Json) -> Result<Term<'a>> {
    if range.starts_with("xsd:") {
        return Ok(Term::Literal(range, value));
    }
    value.as_str().map(Term::Node).ok_or_else(|| Error::internal(format!("a link of {range} is no text")))
}

fn in_schema(name: &str) -> String {
    format!("@schema:{name}")
}

fn text_of<'a>(document: &'a Document, name: &str) -> Result<&'a str> {
    document.get(name).and_then(Json::as_str).ok_or_else(|| Error::internal(format!("a document has no `{name}`")))
}

fn elements(value: Option<&Json>) -> &[Json] {
    value.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Of what shape a class's property is, and what of.
fn range_of<'a>(class: &'a Json, property: &str) -> Result<(Shape, &'a str)> {
    let unknown = || Error::internal(format!("the class has no property `{property}` that can be written"));
    let range = class.get(property).ok_or_else(unknown)?;
    if let Some(inner) = range.as_str() {
        return Ok((Shape::One, inner));
    }
    let shape = match range.get("@type").and_then(Json::as_str) {
        Some("Optional") => Shape::One,
        Some("Set") => Shape::Set,
        Some("List") => Shape::List,
        _ => return Err(unknown()),
    };
    Ok((shape, range.get("@class").and_then(Json::as_str).ok_or_else(unknown)?))
}

/// Whether two values of that range are one, however they are written.
fn is_same(range: &str, one: Option<&Json>, other: Option<&Json>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return one.is_none() && other.is_none() };
    let instant = |json: &Json| Timestamp::parse(json.as_str()?).ok();
    match range {
        "xsd:integer" => one.to_string().trim_matches('"') == other.to_string().trim_matches('"'),
        "xsd:double" => one.as_f64().map(f64::to_bits) == other.as_f64().map(f64::to_bits),
        "xsd:dateTime" => instant(one).is_some() && instant(one) == instant(other),
        _ => one == other,
    }
}
