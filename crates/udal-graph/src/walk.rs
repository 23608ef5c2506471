//! Walks along links, a level at a time: one request reads the records of a level, however many and of whatever models.
//!
//! The records that are linked to are read by their ids, those that link by the ids that they hold; both where the asker's reach
//! and the step's filter are true of them, so that nothing else leaves the server. Which link leads to which is in the records.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use udal_core::filter::{Predicate, Test};
use udal_core::model::{Field, Model, Shape};
use udal_core::record::Record;
use udal_core::value::Value;
use udal_core::{Error, Result};

use crate::document::read_document;
use crate::filter::write_filter;
use crate::names::{class_name, iri};
use crate::request::{Request, Writer, members};

/// Some records of a level.
#[derive(Clone, Debug)]
pub struct Fetch {
    /// Their model.
    pub model: Arc<Model>,
    /// What must be true of them.
    pub filter: Predicate,
    /// The ids among which theirs are; none for records of any id.
    pub ids: Option<Vec<String>>,
}

/// Reads the records of all of these, at most `limit` of each, by their ids.
///
/// # Errors
/// [`Unsupported`](udal_core::ErrorKind::Unsupported) where a filter cannot be said exactly.
pub fn fetch(fetches: &[Fetch], limit: usize) -> Result<Request> {
    let mut writer = Writer::default();
    for (at, Fetch { model, filter, ids }) in fetches.iter().enumerate() {
        writer.push(if at == 0 { "" } else { " " }).push(&format!("r{at}: "));
        writer.switch(class_name(model.name())).class().push("(");
        if let Some(ids) = ids {
            writer.push("ids: ").iris(ids.iter().map(|id| iri(id))).push(", ");
        }
        writer.push("filter: ");
        write_filter(&mut writer, filter)?;
        writer.push(&format!(", orderBy: {{id: ASC}}, limit: {limit}) {{_json}}"));
    }
    Ok(writer.finish())
}

/// Reads the records of the answer, those of each fetch for itself.
///
/// # Errors
/// [`Unsupported`](udal_core::ErrorKind::Unsupported) for a document that does not fit its model.
pub fn read_fetched(fetches: &[Fetch], data: &RawValue) -> Result<Vec<Vec<Record>>> {
    #[derive(Deserialize)]
    struct Node {
        #[serde(rename = "_json")]
        document: String,
    }
    let mut lists: BTreeMap<String, Vec<Node>> = members(data)?;
    let each = fetches.iter().enumerate().map(|(at, fetch)| {
        let list = lists.remove(&format!("r{at}"));
        let list = list.ok_or_else(|| Error::internal("a list that was asked for is not in the answer"))?;
        list.iter().map(|node| read_document(&fetch.model, &node.document)).collect()
    });
    each.collect()
}

/// That the record holds a link to one of these in `field`.
pub fn links_to(field: &Arc<Field>, ids: &[String]) -> Predicate {
    let values = ids.iter().map(|id| Value::Str(id.clone()));
    match field.field_type().shape {
        Shape::One => Predicate::Test(Arc::clone(field), Test::In(values.collect())),
        Shape::Set | Shape::List => {
            Predicate::Any(values.map(|id| Predicate::Test(Arc::clone(field), Test::Has(id))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use udal_core::model::{Catalog, GroupDeclaration, ModelDeclaration};

    #[test]
    fn a_level_is_one_request() {
        let group = GroupDeclaration::new("crm")
            .model(ModelDeclaration::new("Tag").field("name", "Optional[str]"))
            .model(ModelDeclaration::new("Note").field("tag", "Optional[Ref[Tag]]").field("tags", "Set[Ref[Tag]]"));
        let catalog = Catalog::build(vec![group]).unwrap();
        let (tag, note) = (catalog.model("crm", "Tag").unwrap(), catalog.model("crm", "Note").unwrap());
        let ids = vec!["Tag/a".to_owned(), "Tag/b".to_owned()];
        let back = |field: &str| links_to(note.find(field).unwrap(), &ids);
        let of = |model: &Arc<Model>, filter, ids| Fetch { model: Arc::clone(model), filter, ids };
        let fetches = [
            of(tag, Predicate::always(), Some(ids.clone())),
            of(note, back("tag"), None),
            of(note, back("tags"), None),
        ];
        let request = fetch(&fetches, 11).unwrap();
        assert_eq!(
            request.text,
            "query($v0: [ID!], $v1: String!, $v2: String!) {\
             r0: Tag(ids: $v0, filter: {_and: []}, orderBy: {id: ASC}, limit: 11) {_json} \
             r1: Note(filter: {_not: {_and: [{_not: {_id_tag: {eq: $v1}}}, {_not: {_id_tag: {eq: $v2}}}]}}, \
             orderBy: {id: ASC}, limit: 11) {_json} \
             r2: Note(filter: {_not: {_and: [{_not: {tags: {someHave: {id: {eq: $v1}}}}}, \
             {_not: {tags: {someHave: {id: {eq: $v2}}}}}]}}, orderBy: {id: ASC}, limit: 11) {_json}}"
        );
        let answer = r#"{"r0": [], "r1": [], "r2": []}"#;
        let data: Box<RawValue> = serde_json::from_str(answer).unwrap();
        assert_eq!(read_fetched(&fetches, &data).unwrap(), [vec![], vec![], vec![]]);
        let data: Box<RawValue> = serde_json::from_str(r#"{"r0": []}"#).unwrap();
        assert!(read_fetched(&fetches, &data).is_err());
    }
}
