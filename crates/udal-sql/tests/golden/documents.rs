//! What is asked of linked documents.

use std::collections::BTreeSet;

use udal_core::model::Field;
use udal_core::record::Record;
use udal_sql::document::{self, LinkRow};
use udal_sql::table::copy_stage;

use crate::Operation;
use crate::render::Golden;
use crate::tables::lock_for;

pub(crate) const OPERATIONS: [(&str, Operation); 20] = [
    ("create", |_, _| document::create_tables().into_iter().collect()),
    ("get", |model, input| document::get(model, &input.text("id"), &input.reach(model)).into()),
    ("list", |model, input| {
        let order = input.order(model);
        let start = input.start(model, &order);
        document::list(model, &input.filter(model), &order, input.limit(), &start).into()
    }),
    ("search", |model, input| document::search(model, &input.query(model), &input.filter(model), input.limit()).into()),
    ("count", |model, input| document::count(model, &input.filter(model)).into()),
    ("version_of", |model, input| document::version_of(model, &input.text("id"), &input.reach(model)).into()),
    ("exists", |_, input| document::exists(input.texts("ids")).into()),
    ("lock", |model, input| {
        document::lock_document(model, &input.text("id"), &input.reach(model), input.number("if_version")).into()
    }),
    ("insert", |model, input| {
        let record = input.record(model);
        let links = links(&record);
        let targets = links.iter().filter(|link| link.target != link.source).map(|link| link.target.clone());
        let targets: Vec<String> = targets.collect::<BTreeSet<_>>().into_iter().collect();
        document::insert(&record, &links, &targets).into()
    }),
    ("copy", |_, _| [document::copy(), document::copy_links().to_owned()].into_iter().collect()),
    ("update", |model, input| {
        let (id, patch, reach) = (input.text("id"), input.patch(model), input.reach(model));
        document::update(model, &id, &patch, &reach, input.number("if_version")).into()
    }),
    ("unlink", |_, input| {
        let kept = input.take("kept").and_then(|json| json.as_object().cloned()).unwrap_or_default();
        document::unlink(&input.text("id"), kept, input.texts("fields")).into()
    }),
    ("delete", |_, input| document::delete(&input.text("id")).into()),
    ("delete_plain", |model, input| {
        let (id, reach) = (input.text("id"), input.reach(model));
        document::delete_plain(model, &id, &reach, input.number("if_version")).into()
    }),
    ("incoming", |_, input| document::incoming(&input.text("id")).into()),
    ("lock_targets", |_, input| document::lock_targets(input.texts("ids")).into()),
    ("relink", |model, input| {
        let record = input.record(model);
        let cleared = document::delete_links(record.id(), input.texts("fields"));
        Golden::from(cleared).and(document::insert_links(&links(&record)))
    }),
    ("lock_many", |model, input| {
        let (ids, reach) = (input.texts("ids"), input.reach(model));
        document::lock_documents(model, ids, &reach, lock_for(input)).into()
    }),
    ("change_many", |model, input| {
        let names = input.texts("fields");
        let fields: Vec<&Field> = names.iter().filter_map(|name| Some(model.find(name)?.as_ref())).collect();
        let sources = input.texts("ids");
        let made = [document::create_stage(&fields), copy_stage()].into_iter().collect::<Golden>();
        let linked = fields.iter().filter(|field| field.is_link()).map(|field| field.name().to_owned());
        made.and(document::update_from_stage(&fields)).and(document::delete_links_of(sources, linked))
    }),
    ("delete_many", |_, input| {
        let ids = input.texts("ids");
        Golden::from(document::incoming_to(ids.clone())).and(document::delete_documents(ids))
    }),
];

fn links(record: &Record) -> Vec<LinkRow> {
    let link = |(field, target): (&std::sync::Arc<udal_core::model::Field>, &str)| LinkRow {
        source: record.id().to_owned(),
        field: field.name().to_owned(),
        target: target.to_owned(),
    };
    record.links().map(link).collect::<BTreeSet<_>>().into_iter().collect()
}
