//! Results such as people put before a model.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use udal_core::model::{Catalog, FieldType, GroupDeclaration, Model, ModelDeclaration, Scalar};
use udal_core::record::{Record, read_new};
use udal_core::value::{Timestamp, Value};
use udal_format::{EdgeType, Format, Graph, Header, IsonOptions, Layout, RecordWriter, ResultColumn, ResultWriter};

/// How many rows the larger examples have.
const ROWS: u64 = 200;

/// A result that can be written in any format.
pub(crate) struct Example {
    pub(crate) name: &'static str,
    pub(crate) write: Box<dyn Fn(Format, IsonOptions) -> String>,
}

pub(crate) fn examples() -> Vec<Example> {
    vec![
        rows_example("two accounts: number, status, name", accounts()),
        rows_example("an aggregate: 200 rows of a word, a month and two numbers", aggregate()),
        records_example("200 lab results with UUIDs, 18 fields with the system's, half of them empty", results("lab")),
        records_example("200 tickets with short ids that link to 20 customers", tickets()),
        records_example("200 very sparse records: 2 of 30 fields filled", sparse()),
        records_example("one lab result", results("one")),
        graph_example("a graph: 20 accounts, 100 contacts, 100 edges", graph()),
    ]
}

fn layout(format: Format, options: IsonOptions) -> Layout {
    Layout::new(format).ison(options)
}

fn rows_example(name: &'static str, (header, rows): (Header, Vec<Vec<Option<Value>>>)) -> Example {
    let write = move |format, options| {
        let mut writer = ResultWriter::new(Vec::new(), header.clone(), layout(format, options));
        rows.iter().for_each(|row| writer.write(row).unwrap());
        String::from_utf8(writer.finish().unwrap()).unwrap()
    };
    Example { name, write: Box::new(write) }
}

fn records_example(name: &'static str, records: Vec<Record>) -> Example {
    let write = move |format, options| {
        let model = records.first().unwrap().model();
        let mut writer = RecordWriter::new(Vec::new(), model, layout(format, options));
        records.iter().for_each(|record| writer.write(record).unwrap());
        String::from_utf8(writer.finish().unwrap()).unwrap()
    };
    Example { name, write: Box::new(write) }
}

fn graph_example(name: &'static str, graph: Graph) -> Example {
    let write = move |format, options| {
        let mut out = Vec::new();
        graph.write(&mut out, layout(format, options)).unwrap();
        String::from_utf8(out).unwrap()
    };
    Example { name, write: Box::new(write) }
}

fn model(name: &str, models: Vec<ModelDeclaration>) -> Arc<Model> {
    let group = models.into_iter().fold(GroupDeclaration::new("g"), GroupDeclaration::model);
    Arc::clone(Catalog::build(vec![group]).unwrap().model("g", name).unwrap())
}

/// A record as the service would have written it.
fn record(model: &Arc<Model>, json: &Json, at: u64) -> Record {
    let mut record = read_new(model, json).unwrap().into_record();
    let written = Timestamp::from_micros(1_772_000_000_000_000 + i64::try_from(at * 61_234_567).unwrap());
    for (name, value) in [
        ("version", Value::Int(1)),
        ("created_at", Value::DateTime(written.unwrap())),
        ("updated_at", Value::DateTime(written.unwrap())),
    ] {
        let field = Arc::clone(model.find(name).unwrap());
        record.set(&field, Some(value));
    }
    record
}

/// A number that looks like any other, the same each time.
fn mixed(at: u64) -> u64 {
    (at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16
}

fn uuid(at: u64) -> String {
    let (high, low) = (mixed(at), mixed(at + 7_777));
    format!("0192f0c4-{:04x}-7{:03x}-8{:03x}-{:012x}", high & 0xffff, high >> 16 & 0xfff, low & 0xfff, low)
}

fn accounts() -> (Header, Vec<Vec<Option<Value>>>) {
    let one = |scalar| FieldType::required(scalar);
    let columns = vec![
        ResultColumn::new("id", one(Scalar::Int)),
        ResultColumn::new("status", one(Scalar::Str)),
        ResultColumn::new("name", one(Scalar::Str)),
    ];
    let row =
        |id, status: &str, name: &str| vec![Some(Value::Int(id)), Some(Value::from(status)), Some(Value::from(name))];
    (Header::new("accounts", columns), vec![row(123, "active", "Acme Corp"), row(124, "closed", "Globex Ltd")])
}

fn aggregate() -> (Header, Vec<Vec<Option<Value>>>) {
    let columns = vec![
        ResultColumn::new("test_type", FieldType::required(Scalar::Str)),
        ResultColumn::new("month", FieldType::required(Scalar::Str)),
        ResultColumn::new("count", FieldType::required(Scalar::Int)),
        ResultColumn::new("avg_value", FieldType::required(Scalar::Float)),
    ];
    let row = |at: u64| {
        let test = ["ph", "glucose", "hemoglobin", "sodium"][usize::try_from(at % 4).unwrap()];
        let average = f64::from(u32::try_from(mixed(at) % 1_000_000).unwrap()) / 77.0;
        vec![
            Some(Value::from(test)),
            Some(Value::Str(format!("{}-{:02}", 2020 + at / 48, at / 4 % 12 + 1))),
            Some(Value::Int(i64::try_from(mixed(at) % 10_000).unwrap())),
            Some(Value::Float(average)),
        ]
    };
    (Header::new("results_by_month", columns), (0..ROWS).map(row).collect())
}

fn results(which: &str) -> Vec<Record> {
    let declaration = ModelDeclaration::new("AppLabResult")
        .field("test_type", "str")
        .field("value", "Optional[float]")
        .field("unit", "Optional[str]")
        .field("status", "Optional[str]")
        .field("sample", "Optional[Ref[AppLabSample]]")
        .field("patient_id", "Optional[str]")
        .field("instrument", "Optional[str]")
        .field("flags", "Set[str]")
        .field("comment", "Optional[str]")
        .field("reviewed_at", "Optional[datetime]");
    let sample = ModelDeclaration::new("AppLabSample").field("kind", "str");
    let model = model("AppLabResult", vec![declaration, sample]);
    let count = if which == "one" { 1 } else { ROWS };
    let one = |at: u64| {
        let flags = if mixed(at).is_multiple_of(5) { json!(["high", "repeat"]) } else { json!([]) };
        let test_type = ["ph", "glucose", "hemoglobin"][usize::try_from(at % 3).unwrap()];
        let json = json!({
            "id": format!("AppLabResult/{}", uuid(at)),
            "test_type": test_type,
            "value": f64::from(u32::try_from(mixed(at) % 10_000).unwrap()) / 100.0,
            "unit": "mmol/L",
            "status": "final",
            "sample": format!("AppLabSample/{}", uuid(at / 4 + 100_000)),
            "patient_id": format!("p-{:02}", mixed(at) % 40),
            "flags": flags,
        });
        record(&model, &json, at)
    };
    (0..count).map(one).collect()
}

fn tickets() -> Vec<Record> {
    let ticket = ModelDeclaration::new("AppTicket")
        .field("title", "str")
        .field("priority", "int")
        .field("customer", "Ref[AppCustomer]")
        .field("watchers", "Set[Ref[AppCustomer]]");
    let model = model("AppTicket", vec![ticket, ModelDeclaration::new("AppCustomer").field("name", "str")]);
    let one = |at: u64| {
        let json = json!({
            "id": format!("AppTicket/{}", 1_000 + at),
            "title": format!("Printer {} does not answer", mixed(at) % 50),
            "priority": mixed(at) % 4,
            "customer": format!("AppCustomer/{}", mixed(at) % 20),
            "watchers": [format!("AppCustomer/{}", mixed(at) % 20), format!("AppCustomer/{}", mixed(at + 1) % 20)],
        });
        record(&model, &json, at)
    };
    (0..ROWS).map(one).collect()
}

fn sparse() -> Vec<Record> {
    let fields = (0..30).map(|at| format!("attribute_{at}"));
    let declaration = fields.fold(ModelDeclaration::new("AppForm"), |model, name| model.field(&name, "Optional[int]"));
    let model = model("AppForm", vec![declaration]);
    let one = |at: u64| {
        let (first, second) = (mixed(at) % 30, mixed(at + 99) % 30);
        let json = json!({
            "id": format!("AppForm/{at}"),
            format!("attribute_{first}"): at,
            format!("attribute_{second}"): at + 1,
        });
        record(&model, &json, at)
    };
    (0..ROWS).map(one).collect()
}

fn graph() -> Graph {
    let account = ModelDeclaration::new("AppAccount").field("name", "str").field("contacts", "Set[Ref[AppContact]]");
    let contact = ModelDeclaration::new("AppContact").field("name", "str").field("city", "str");
    let accounts = model("AppAccount", vec![account.clone(), contact.clone()]);
    let contacts = model("AppContact", vec![account, contact]);
    let edges = EdgeType::between("AppAccount", "contacts", "AppContact");
    let mut graph = Graph::default();
    for at in 0..20 {
        let json = json!({"id": format!("AppAccount/a{at}"), "name": format!("Company {at}")});
        graph.add_node(&record(&accounts, &json, at));
    }
    for at in 0..100 {
        let city = ["Bonn", "New York", "Oslo"][usize::try_from(at % 3).unwrap()];
        let json = json!({"id": format!("AppContact/c{at}"), "name": format!("Anna Berg {at}"), "city": city});
        graph.add_node(&record(&contacts, &json, at));
        graph.add_edge(&edges, &format!("AppAccount/a{}", at % 20), &format!("AppContact/c{at}"));
    }
    graph
}
