//! What can be asked.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use udal_core::contract::Idempotency;
use udal_core::model::Model;
use udal_graph::{Document, Linker, Merge, Script, Wanted, answer, class_of, document, merge};

use crate::input::Input;
use crate::render::Golden;

type Operation = fn(&Arc<Model>, &mut Input) -> Golden;

pub(crate) const OPERATIONS: [(&str, Operation); 13] = [
    ("get", |model, input| udal_graph::get(model, &input.text("id"), &input.reach(model)).into()),
    ("list", |model, input| {
        let order = input.order(model);
        let start = input.start(model, &order);
        udal_graph::list(model, &input.filter(model), &order, input.limit(), &start).into()
    }),
    ("search", |model, input| {
        udal_graph::search(model, &input.query(model), &input.filter(model), input.limit()).into()
    }),
    ("count", |model, input| udal_graph::count(model, &input.filter(model)).into()),
    ("any", |model, _| udal_graph::any_of(&udal_graph::class_name(model.name())).into()),
    ("snapshot", |model, input| {
        let mut wanted = Wanted::default();
        input.texts("records").iter().for_each(|id| wanted.record(model.name(), id));
        input.texts("targets").iter().for_each(|id| wanted.target("Customer", id));
        input.texts("answers").iter().for_each(|key| wanted.answer(model.name(), key));
        input.texts("linked").iter().for_each(|id| wanted.linkers(model, id, |_| true));
        let Some(request) = wanted.request() else { return Golden::Documents(Vec::new()) };
        request.into()
    }),
    ("class", |model, _| Golden::Documents(vec![class_of(model).definition])),
    ("merge", |model, input| {
        let found = input.take("found").unwrap_or_default();
        Golden::Documents(vec![match merge(&class_of(model), &found, false) {
            Merge::Fits => json!("fits"),
            Merge::Put(definition) => definition,
            Merge::Refused(reasons) => json!({ "refused": reasons }),
        }])
    }),
    ("document", |model, input| Golden::Documents(vec![document(&input.record(model))])),
    ("update", |model, input| {
        let before = input.record(model);
        let mut after = before.clone();
        after.apply(&input.patch(model));
        script(|script| {
            script.replace(&class_of(model).definition, &members(document(&before)), &members(document(&after)))
        })
    }),
    ("insert", |model, input| {
        let created = members(document(&input.record(model)));
        script(|script| script.create(&class_of(model).definition, &created))
    }),
    ("answer", |model, input| {
        let idempotency = Idempotency { key: input.text("key"), fingerprint: "f1".to_owned() };
        Golden::Documents(vec![answer(&input.record(model), &idempotency)])
    }),
    ("unlink", |model, input| {
        let text = document(&input.record(model)).to_string();
        let mut linker = Linker::read(model.name(), &text).unwrap_or_else(|error| panic!("{error}"));
        let (id, class) = (input.text("id"), class_of(model).definition);
        let gone = serde_json::from_value(json!({"@id": udal_graph::node_id(&id), "version": 3})).unwrap_or_default();
        linker.unlink(model.incoming_links(), &id).unwrap_or_else(|error| panic!("{error}"));
        let after = linker.to_text().unwrap_or_else(|error| panic!("{error}"));
        script(|script| {
            script.expect_linkers(&udal_graph::node_id(&id), "from", false, &["Invoice/2"]);
            script.expect_linkers(&udal_graph::node_id(&id), "chain", true, &["Invoice/2"]);
            script.replace(&class, &read(&text), &read(&after))?;
            script.remove(&class, &gone)
        })
    }),
];

/// The query, without what frames it.
fn script(write: impl FnOnce(&mut Script) -> udal_core::Result<()>) -> Golden {
    let mut script = Script::default();
    write(&mut script).unwrap_or_else(|error| panic!("{error}"));
    let query: Json = serde_json::from_str(&script.finish()).unwrap_or_else(|error| panic!("{error}"));
    Golden::Documents(query.pointer("/query/and").and_then(Json::as_array).cloned().unwrap_or_default())
}

fn members(document: Json) -> Document {
    document.as_object().cloned().unwrap_or_default()
}

fn read(text: &str) -> Document {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}"))
}
