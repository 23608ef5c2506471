//! What is asked of models in tables.

use std::sync::Arc;

use udal_core::model::Model;
use udal_core::value::decode;
use udal_sql::table::{self, Span, Spot, Target};

use crate::Operation;
use crate::input::Input;
use crate::render::Golden;

pub(crate) const OPERATIONS: [(&str, Operation); 13] = [
    ("create", |model, _| {
        let target = target(model);
        table::create_table(target).into_iter().chain(table::create_index_statements(target)).collect()
    }),
    ("add_column", |model, input| {
        let name = input.text("field");
        let Some(field) = model.find(&name) else { panic!("there is no field `{name}`") };
        let target = target(model);
        Golden::from(table::has_table(target)).and([table::add_column(target, field)].into_iter().collect::<Golden>())
    }),
    ("partition", |model, input| {
        let target = target(model);
        let Some(span) = Span::of(target, &input.record(model)) else { return Golden::default() };
        let made = [table::create_partition(target, span), table::attach_partition(target, span)];
        Golden::from(table::has_partition(target, span)).and(made.into_iter().collect::<Golden>())
    }),
    ("get", |model, input| {
        let id = input.text("id");
        table::get(target(model), &spot(model, &id, input), &input.reach(model)).into()
    }),
    ("list", |model, input| {
        let order = input.order(model);
        let start = input.start(model, &order);
        table::list(target(model), &input.filter(model), &order, input.limit(), &start).into()
    }),
    ("search", |model, input| {
        table::search(target(model), &input.query(model), &input.filter(model), input.limit()).into()
    }),
    ("count", |model, input| table::count(target(model), &input.filter(model)).into()),
    ("version_of", |model, input| {
        let id = input.text("id");
        table::version_of(target(model), &spot(model, &id, input), &input.reach(model)).into()
    }),
    ("existing_ids", |model, input| table::existing_ids(target(model), input.texts("ids")).into()),
    ("key_of", |model, input| {
        let id = input.text("id");
        Golden::from(table::key_of(target(model), &id, false)).and(table::key_of(target(model), &id, true))
    }),
    ("insert", |model, input| {
        let texts = [table::copy(target(model))].into_iter().chain(table::copy_ids(target(model)));
        Golden::from(table::insert(target(model), &input.record(model))).and(texts.collect::<Golden>())
    }),
    ("update", |model, input| {
        let id = input.text("id");
        let (spot, patch, reach) = (spot(model, &id, input), input.patch(model), input.reach(model));
        table::update(target(model), &spot, &patch, &reach, input.number("if_version")).into()
    }),
    ("delete", |model, input| {
        let id = input.text("id");
        let (spot, reach) = (spot(model, &id, input), input.reach(model));
        table::delete(target(model), &spot, &reach, input.number("if_version")).into()
    }),
];

fn target(model: &Model) -> Target<'_> {
    let Some(target) = Target::new(model) else { panic!("`{}` has no table", model.name()) };
    target
}

/// The record's place: `key` is the value that decides its partition.
fn spot<'i>(model: &Arc<Model>, id: &'i str, input: &mut Input) -> Spot<'i> {
    let key = target(model).partition_key().and_then(|(field, _)| {
        let json = input.take("key")?;
        decode(field, &json).unwrap_or_else(|error| panic!("{error}"))
    });
    Spot { id, key }
}
