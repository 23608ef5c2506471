//! What is asked of models in tables.

use std::sync::Arc;

use udal_core::model::{Field, Model};
use udal_core::value::decode;
use udal_sql::table::{self, Change, Due, LockFor, Span, Spot, Spots, Step, Target};

use crate::Operation;
use crate::found::found;
use crate::input::Input;
use crate::render::Golden;

pub(crate) const OPERATIONS: [(&str, Operation); 19] = [
    ("create", |model, _| {
        let target = target(model);
        table::create_table(target).into_iter().chain(table::create_index_statements(target)).collect()
    }),
    ("add_column", |model, input| {
        let name = input.text("field");
        let Some(field) = model.find(&name) else { panic!("there is no field `{name}`") };
        let target = target(model);
        Golden::from(table::has_table(target))
            .and(table::add_column(target, field, None).into_iter().collect::<Golden>())
    }),
    ("find", |model, _| {
        let target = target(model);
        Golden::from(table::find_columns(target))
            .and(table::find_checks(target))
            .and(table::find_split(target))
            .and(table::find_partitions(target))
            .and(table::find_row(target))
            .and(table::find_indexes(target))
            .and(table::find_options(target))
    }),
    ("changes", |model, input| {
        let found = found(model, input);
        let fills = input.take("fills").and_then(|json| json.as_object().cloned()).unwrap_or_default();
        let fills = fills.into_iter().filter_map(|(name, json)| {
            let value = decode(model.find(&name)?, &json).unwrap_or_else(|error| panic!("{error}"))?;
            Some((name, value))
        });
        let changes = table::changes(target(model), &found, &fills.collect());
        changes.iter().flat_map(lines).collect()
    }),
    ("partition", |model, input| {
        let target = target(model);
        let Some(span) = Span::of(target, &input.record(model)) else { return Golden::default() };
        let made = [table::create_partition(target, span), table::attach_partition(target, span)];
        Golden::from(table::find_partition(target, span)).and(made.into_iter().collect::<Golden>())
    }),
    ("partition_that_is_over", |model, input| {
        let target = target(model);
        let Some(span) = Span::of(target, &input.record(model)) else { return Golden::default() };
        let name = table::kept_names(target, span).nth(1).unwrap_or_default();
        let texts = [
            table::detach_partition(target, span),
            table::detach_partition_at_once(target, span),
            table::finish_detaching(target, span),
        ];
        let texts = texts.into_iter().chain([table::lock_partition(target, span)]);
        let texts = texts.chain(table::drop_partition(target, span)).chain(table::keep_partition(target, span, &name));
        let texts = texts.chain([table::drop_empty_partition(target, span)]);
        Golden::from(table::find_partition_row(target, span)).and(table::is_taken(&name)).and(texts.collect::<Golden>())
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
    ("lock_many", |model, input| {
        let (target, spots, reach) = (target(model), spots(model, input), input.reach(model));
        let lock = table::lock_records(target, &spots, &reach, lock_for(input));
        Golden::from(table::keys_of(target, spots.ids.clone())).and(lock)
    }),
    ("change_many", |model, input| {
        let (target, spots) = (target(model), spots(model, input));
        let names = input.texts("fields");
        let fields: Vec<&Field> = names.iter().filter_map(|name| Some(model.find(name)?.as_ref())).collect();
        let made = [table::create_stage(target, &fields), table::copy_stage()];
        let changed = table::update_from_stage(target, &fields, &spots.keys);
        let golden = changed.into_iter().fold(made.into_iter().collect::<Golden>(), Golden::and);
        golden.and([table::drop_stage()].into_iter().collect::<Golden>())
    }),
    ("delete_many", |model, input| {
        let deleted = table::delete_records(target(model), &spots(model, input));
        deleted.into_iter().fold(Golden::default(), Golden::and)
    }),
];

/// A change as a comment, and its statements.
fn lines(change: &Change) -> Vec<String> {
    let due = match &change.due {
        Due::AtOnce => "at once".to_owned(),
        Due::Later => "later".to_owned(),
        Due::Allowed { reason, stops_writes: true } => format!("if allowed, no writes before: {reason}"),
        Due::Allowed { reason, stops_writes: false } => format!("if allowed: {reason}"),
        Due::ByHand { reason, stops_writes: true } => format!("by hand, no writes before: {reason}"),
        Due::ByHand { reason, stops_writes: false } => format!("by hand: {reason}"),
    };
    let mut lines = vec![format!("-- {}: {due}", change.name)];
    for step in &change.steps {
        let how = match step {
            Step::Together(_) => "",
            Step::Validate { .. } => "-- slow: ",
            Step::Guarded { .. } => "-- guarded: ",
            Step::Alone(_) => "-- alone: ",
            Step::Unless { .. } => "-- unless: ",
            Step::Fill(fill) => {
                lines.extend([fill.page_count(), fill.pages(0, 1000)]);
                "-- fill: "
            }
        };
        lines.extend(step.statements().into_iter().map(|statement| format!("{how}{statement}")));
    }
    lines
}

/// What `for` says that records are locked for.
pub(crate) fn lock_for(input: &mut Input) -> LockFor {
    match input.text("for").as_str() {
        "change" => LockFor::Change,
        "change_or_create" => LockFor::ChangeOrCreate,
        "delete" => LockFor::Delete,
        other => panic!("nothing is locked for `{other}`"),
    }
}

/// The records' places: `keys` are the values that decide their partitions.
fn spots(model: &Arc<Model>, input: &mut Input) -> Spots {
    let given = input.take("keys").and_then(|json| json.as_array().cloned()).unwrap_or_default();
    let keys = target(model).partition_key().map(|(field, _)| {
        let read = |json| decode(field, json).unwrap_or_else(|error| panic!("{error}"));
        given.iter().filter_map(read).collect()
    });
    Spots { ids: input.texts("ids"), keys: keys.unwrap_or_default() }
}

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
