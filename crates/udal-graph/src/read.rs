//! The operations that read, each as one request.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::value::RawValue;
use udal_core::contract::Start;
use udal_core::filter::Predicate;
use udal_core::model::Model;
use udal_core::order::Order;
use udal_core::record::Record;
use udal_core::search::Query;
use udal_core::{Error, Result};

use crate::document::read_document;
use crate::filter::{all, any, expression, write_filter};
use crate::kind::Kind;
use crate::letters::holding;
use crate::names::{class_name, iri, property, text_of_link};
use crate::request::{Request, Writer, members};

/// What is answered of each record: its document as text, in which the server changes nothing.
const SELECTION: &str = ") {_json}";

/// Reads one record by id, if `reach` is true of it.
///
/// # Errors
/// [`Unsupported`](udal_core::ErrorKind::Unsupported) where `reach` cannot be said exactly.
pub fn get(model: &Model, id: &str, reach: &Predicate) -> Result<Request> {
    let mut writer = Writer::of(class_name(model.name()));
    writer.class().push("(id: ").iri(&iri(id)).push(", filter: ");
    write_filter(&mut writer, reach)?;
    writer.push(SELECTION);
    Ok(writer.finish())
}

/// Reads the records for which `filter` is true, in order, one more than `limit`.
///
/// # Errors
/// [`Unsupported`](udal_core::ErrorKind::Unsupported) where `filter` cannot be said exactly.
pub fn list(model: &Model, filter: &Predicate, order: &Order, limit: usize, start: &Start) -> Result<Request> {
    let mut writer = Writer::of(class_name(model.name()));
    writer.class().push("(filter: ");
    match start {
        Start::After(position) => write_filter(&mut writer, &filter.clone().and(order.after(position)))?,
        Start::Beginning | Start::Skip(_) => write_filter(&mut writer, filter)?,
    }
    order_by(&mut writer, order);
    writer.push(&format!(", limit: {}", limit + 1));
    if let Start::Skip(count @ 1..) = start {
        // The server counts in 32 bits, and keeps fewer records of a class than that.
        writer.push(&format!(", offset: {}", i32::try_from(*count).unwrap_or(i32::MAX)));
    }
    writer.push(SELECTION);
    Ok(writer.finish())
}

fn order_by(writer: &mut Writer, order: &Order) {
    writer.push(", orderBy: {");
    for (at, term) in order.terms().iter().enumerate() {
        writer.push(if at == 0 { "" } else { ", " });
        match Kind::of(&term.field) {
            Kind::Link => writer.push(&text_of_link(&term.field)),
            _ => writer.push(property(&term.field)),
        };
        writer.push(if term.descending { ": DESC" } else { ": ASC" });
    }
    writer.push("}");
}

/// Finds records by words, in the order of their ids.
///
/// # Errors
/// [`Unsupported`](udal_core::ErrorKind::Unsupported) where `filter` cannot be said exactly.
pub fn search(model: &Model, query: &Query, filter: &Predicate, limit: usize) -> Result<Request> {
    let mut writer = Writer::of(class_name(model.name()));
    writer.class().push("(filter: {_and: [");
    write_filter(&mut writer, filter)?;
    writer.push(", ");
    all(&mut writer, query.words(), |writer, word| {
        let holding = holding(word);
        any(writer, query.fields(), |writer, field| expression(writer, field, &holding))
    })?;
    writer.push("]}");
    order_by(&mut writer, &Order::by_id(model));
    writer.push(&format!(", limit: {limit}")).push(SELECTION);
    Ok(writer.finish())
}

/// Counts the records for which `filter` is true.
///
/// # Errors
/// [`Unsupported`](udal_core::ErrorKind::Unsupported) where `filter` cannot be said exactly.
pub fn count(model: &Model, filter: &Predicate) -> Result<Request> {
    let mut writer = Writer::of(class_name(model.name()));
    writer.push("_count(").class().push(": ");
    write_filter(&mut writer, filter)?;
    writer.push(")");
    Ok(writer.finish())
}

/// Reads the records of the answer to a request that reads records.
///
/// # Errors
/// [`Unsupported`](udal_core::ErrorKind::Unsupported) for a document that does not fit the model.
pub fn read_records(model: &Arc<Model>, data: &RawValue) -> Result<Vec<Record>> {
    #[derive(serde::Deserialize)]
    struct Node {
        #[serde(rename = "_json")]
        document: String,
    }
    let lists: BTreeMap<String, Vec<Node>> = members(data)?;
    lists.into_values().flatten().map(|node| read_document(model, &node.document)).collect()
}

/// Reads the answer to a request that counts.
///
/// # Errors
/// [`Internal`](udal_core::ErrorKind::Internal) for an answer of another form.
pub fn read_count(data: &RawValue) -> Result<u64> {
    let counts: BTreeMap<String, u64> = members(data)?;
    counts.into_values().next().ok_or_else(|| Error::internal("a count was answered with nothing"))
}

/// Counts every node of a class.
pub fn any_of(class: &str) -> Request {
    let mut writer = Writer::default();
    writer.push("_count(").push(class).push(": {_and: []})");
    writer.finish()
}
