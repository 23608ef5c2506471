//! What can be asked.

use std::sync::Arc;

use serde_json::json;
use udal_core::contract::Idempotency;
use udal_core::model::Model;
use udal_graph::{Linker, Merge, Wanted, answer, class_of, document, merge, replace_and_delete};

use crate::input::Input;
use crate::render::Golden;

type Operation = fn(&Arc<Model>, &mut Input) -> Golden;

pub(crate) const OPERATIONS: [(&str, Operation); 12] = [
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
    // As a whole: an update puts the document anew.
    ("update", |model, input| {
        let mut record = input.record(model);
        record.apply(&input.patch(model));
        Golden::Documents(vec![document(&record)])
    }),
    ("answer", |model, input| {
        let idempotency = Idempotency { key: input.text("key"), fingerprint: "f1".to_owned() };
        Golden::Documents(vec![answer(&input.record(model), &idempotency)])
    }),
    ("unlink", |model, input| {
        let text = document(&input.record(model)).to_string();
        let mut linker = Linker::read(model.name(), &text).unwrap_or_else(|error| panic!("{error}"));
        let id = input.text("id");
        linker.unlink(model.incoming_links(), &id).unwrap_or_else(|error| panic!("{error}"));
        let texts = [linker.to_text().unwrap_or_else(|error| panic!("{error}"))];
        let query = replace_and_delete(&texts, &udal_graph::node_id(&id)).unwrap_or_else(|error| panic!("{error}"));
        Golden::Documents(vec![query])
    }),
];
