//! A model with a field of every type, and records of it at random, from few values so that many are equal.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value as Json, json};
use udal_core::model::{Catalog, GroupDeclaration, Model, ModelDeclaration, position};
use udal_core::record::{Record, read_new};
use udal_core::value::{Timestamp, Value};

pub(crate) fn model() -> Arc<Model> {
    let thing = ModelDeclaration::new("Thing")
        .field("name", "str")
        .field("note", "Optional[str]")
        .field("count", "Optional[int]")
        .field("rank", "int")
        .field("ratio", "Optional[float]")
        .field("done", "Optional[bool]")
        .field("at", "Optional[datetime]")
        .field("day", "Optional[date]")
        .field("price", "Optional[decimal]")
        .field("extra", "Optional[json]")
        .field("state", "Optional[enum[open, closed]]")
        .field("parent", "Optional[Ref[Thing]]")
        .field("tags", "Set[str]")
        .field("scores", "Optional[List[int]]");
    let catalog = Catalog::build(vec![GroupDeclaration::new("lab").model(thing)]).unwrap();
    Arc::clone(catalog.model("lab", "Thing").unwrap())
}

/// The values that a field may have in a sample; the first few are hostile.
pub(crate) fn values_of(field: &str) -> Vec<Json> {
    match field {
        "name" | "note" => {
            vec![json!(""), json!("A"), json!("a"), json!("a%_\\"), json!("é"), json!("𝄞"), json!("\u{ffff}")]
        }
        "count" | "rank" => vec![json!(i64::MIN), json!(-1), json!(0), json!(7), json!(i64::MAX)],
        "ratio" => vec![json!(-1.5), json!(-0.0), json!(0.1), json!(1e300), json!(5e-324)],
        "done" => vec![json!(false), json!(true)],
        "at" => vec![
            json!("2024-01-01T00:00:00Z"),
            json!("2024-01-01T01:00:00+01:00"),
            json!("0001-01-01T00:00:00.000001Z"),
        ],
        "day" => vec![json!("2024-02-29"), json!("0001-01-01"), json!("9999-12-31")],
        "price" => vec![json!("1.10"), json!("1.1"), json!("-0.5"), json!("100000000000000000000.1")],
        "extra" => vec![json!({}), json!([null]), json!("x")],
        "state" => vec![json!("open"), json!("closed")],
        "parent" => vec![json!("Thing/1"), json!("Thing/10"), json!("Thing/é")],
        "tags" => vec![json!([]), json!(["a"]), json!(["b", "a"]), json!([""])],
        "scores" => vec![json!([]), json!([1]), json!([2, 1, 2])],
        _ => Vec::new(),
    }
}

pub(crate) fn record(id: &str, members: Map<String, Json>) -> Record {
    let mut json = Json::Object(members);
    json["id"] = json!(format!("Thing/{id}"));
    let mut draft = read_new(&model(), &json).unwrap();
    let now = Value::DateTime(Timestamp::from_micros(0).unwrap());
    draft.fill(position::VERSION, Some(Value::Int(1)));
    draft.fill(position::CREATED_AT, Some(now.clone()));
    draft.fill(position::UPDATED_AT, Some(now));
    draft.into_record()
}

/// A record with a value, or none where it may be missing, for each field.
pub(crate) fn any_record() -> impl Strategy<Value = Record> {
    let model = model();
    let fields: Vec<_> = model
        .declared_fields()
        .map(|field| {
            let (name, required, values) = (field.name().to_owned(), field.is_required(), values_of(field.name()));
            (select(values), proptest::bool::weighted(0.3))
                .prop_map(move |(value, left_out)| (required || !left_out).then(|| (name.clone(), value)))
        })
        .collect();
    (fields, 0_u8..20).prop_map(|(members, id)| record(&id.to_string(), members.into_iter().flatten().collect()))
}

/// The names of the fields that records can be ordered by.
pub(crate) fn sortable() -> Vec<String> {
    let model = model();
    model.fields().iter().filter(|f| f.field_type().is_sortable()).map(|f| f.name().to_owned()).collect()
}

/// An order by up to four fields, each up or down.
pub(crate) fn any_order() -> impl Strategy<Value = String> {
    let terms = proptest::sample::subsequence(sortable(), 0..5).prop_shuffle();
    (terms, proptest::collection::vec(any::<bool>(), 5)).prop_map(|(terms, downs)| {
        let terms = terms.iter().zip(downs).map(|(term, down)| format!("{}{term}", if down { "-" } else { "" }));
        terms.collect::<Vec<_>>().join(",")
    })
}
