//! What is asked of linked documents.

use std::collections::BTreeSet;
use std::sync::Arc;

use udal_core::AccessContext;
use udal_core::filter::Predicate;
use udal_core::model::{Catalog, Field, Model};
use udal_core::record::Record;
use udal_query::graph::{Paths, Subgraph, Traverse, Walk, Ways};
use udal_sql::document::{self, LinkRow, WayEnd};
use udal_sql::table::copy_stage;

use crate::Operation;
use crate::input::Input;
use crate::render::Golden;
use crate::tables::lock_for;

pub(crate) const OPERATIONS: [(&str, Operation); 24] = [
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
    ("traverse", |model, input| {
        let path = input.text("path");
        let walk = Walk::parse(&catalog(), &everything(), model, &path).unwrap_or_else(|error| panic!("{error}"));
        let op = Traverse { start_id: input.text("id"), max_depth: 5, max_nodes: 100, walk };
        document::traverse(&op, &reaches(&op.walk, model, input)).into()
    }),
    ("shortest_path", |model, input| {
        let (op, reach) = (ways(model, input), input.reach(model));
        let end = WayEnd { model, reach: &reach };
        document::shortest_path(&op, &vec![reach.clone(); op.walk.models.len()], end).into()
    }),
    ("links_around", |model, input| {
        let (op, reach) = (ways(model, input), input.reach(model));
        let end = WayEnd { model, reach: &reach };
        document::links_around(&op, &vec![reach.clone(); op.walk.models.len()], end).into()
    }),
    ("subgraph", |model, input| {
        let walk = along(model, input);
        let op = Subgraph { root_id: input.text("id"), depth: 2, max_nodes: 100, walk };
        document::subgraph(&op, &reaches(&op.walk, model, input)).into()
    }),
];

/// The models of the cases, all of them.
fn catalog() -> Catalog {
    let text = include_str!("cases/document/model.yaml");
    udal_groups::load_texts(&[("model.yaml", text)]).unwrap_or_else(|errors| panic!("{errors}"))
}

fn everything() -> AccessContext {
    AccessContext::unrestricted("a golden case")
}

/// Along the links that the case names, or all, both ways.
fn along(model: &Model, input: &mut Input) -> Walk {
    let links = input.texts("links");
    Walk::along(&catalog(), &everything(), model, &links, Ways::Both).unwrap_or_else(|error| panic!("{error}"))
}

fn ways(model: &Arc<Model>, input: &mut Input) -> Paths {
    let (walk, end_model) = (along(model, input), Arc::clone(model));
    let (start_id, end_id) = (input.text("id"), input.text("end"));
    Paths { walk, start_id, end_id, end_model, max_length: 4, limit: 3, max_nodes: 100 }
}

/// Of the case's own model what its asker reaches, of others everything.
fn reaches(walk: &Walk, model: &Model, input: &mut Input) -> Vec<Predicate> {
    let own = input.reach(model);
    let of = |other: &Arc<Model>| if other.name() == model.name() { own.clone() } else { Predicate::always() };
    walk.models.iter().map(of).collect()
}

fn links(record: &Record) -> Vec<LinkRow> {
    let link = |(field, target): (&std::sync::Arc<udal_core::model::Field>, &str)| LinkRow {
        source: record.id().to_owned(),
        field: field.name().to_owned(),
        target: target.to_owned(),
    };
    record.links().map(link).collect::<BTreeSet<_>>().into_iter().collect()
}
