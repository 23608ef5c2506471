//! Graphs, a block for each type of nodes and edges.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use udal_core::model::{Catalog, GroupDeclaration, Model, ModelDeclaration};
use udal_core::record::read_new;
use udal_format::{EdgeType, Format, Graph, IsonOptions, Layout};

use crate::oracle::{Cell, read};
use crate::python;

fn models() -> [Arc<Model>; 2] {
    let account = ModelDeclaration::new("AppAccount").field("name", "str").field("contacts", "Set[Ref[AppContact]]");
    let contact = ModelDeclaration::new("AppContact").field("name", "str");
    let catalog = Catalog::build(vec![GroupDeclaration::new("crm").model(account).model(contact)]).unwrap();
    ["AppAccount", "AppContact"].map(|name| Arc::clone(catalog.model("crm", name).unwrap()))
}

fn graph() -> Graph {
    let [account, contact] = models();
    let mut graph = Graph::default();
    let mut node = |model: &Arc<Model>, json: Json| graph.add_node(&read_new(model, &json).unwrap().into_record());
    node(&account, json!({"id": "AppAccount/acme", "name": "Acme North", "contacts": ["AppContact/anna"]}));
    for name in ["anna", "bob", "carl", "dora"] {
        node(&contact, json!({"id": format!("AppContact/{name}"), "name": name}));
    }
    node(&account, json!({"id": "AppAccount/globex", "name": "Globex"}));
    let contacts = EdgeType::between("AppAccount", "contacts", "AppContact");
    for name in ["anna", "bob", "carl", "dora"] {
        graph.add_edge(&contacts, "AppAccount/acme", &format!("AppContact/{name}"));
    }
    graph.add_edge(&EdgeType::of_any("knows"), "AppContact/anna", "AppAccount/globex");
    graph
}

fn written(graph: &Graph, format: Format, words: &str) -> String {
    let mut out = Vec::new();
    let options: IsonOptions = words.parse().unwrap();
    graph.write(&mut out, Layout::new(format).ison(options)).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_block_for_each_type() {
    let expected = "\
nodes.AppAccount
id name
AppAccount/acme \"Acme North\"
AppAccount/globex Globex

meta.AppContact_prefixes
id
AppContact/

nodes.AppContact
id name
anna anna
bob bob
carl carl
dora dora

meta.AppAccount_contacts_prefixes
source target
AppAccount/ AppContact/

edges.AppAccount_contacts
source target
:acme :anna
:acme :bob
:acme :carl
:acme :dora

edges.knows
source target
:AppContact:anna :AppAccount:globex
";
    assert_eq!(written(&graph(), Format::Ison, "compact"), expected);
}

#[test]
fn every_reference_names_a_node() {
    let text = written(&graph(), Format::Ison, "plain");
    let mut readings = vec![read(&text)];
    readings.extend(python::read(&[&text]).into_iter().flatten());
    for blocks in readings {
        let ids: Vec<String> = blocks
            .iter()
            .filter(|block| block.kind == "nodes")
            .flat_map(|block| &block.rows)
            .map(|row| match &row[0] {
                Cell::Text(id) => id.clone(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(ids.len(), 6);
        let edges: Vec<_> = blocks.iter().filter(|block| block.kind == "edges").flat_map(|block| &block.rows).collect();
        assert_eq!(edges.len(), 5);
        for end in edges.into_iter().flatten() {
            assert!(matches!(end, Cell::Reference(None, id) if ids.contains(id)), "{end:?}");
        }
        assert!(blocks.iter().all(|block| !block.fields.iter().any(|field| field == "contacts")));
    }
}

#[test]
fn other_formats() {
    let graph = graph();
    let json: Json = serde_json::from_str(&written(&graph, Format::Json, "plain")).unwrap();
    assert_eq!(json["nodes"]["AppContact"].as_array().unwrap().len(), 4);
    assert_eq!(json["edges"]["knows"], json!([{"source": "AppContact/anna", "target": "AppAccount/globex"}]));
    let lines = written(&graph, Format::Ndjson, "plain");
    let lines: Vec<Json> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().filter(|line| line["node"] == "AppContact").count(), 4);
    assert_eq!(lines.iter().filter(|line| line["edge"] == "AppAccount_contacts").count(), 4);
    assert_eq!(lines[0]["values"]["name"], "Acme North");
    let csv = written(&graph, Format::Csv, "plain");
    assert!(csv.ends_with("\nedges.knows\nsource,target\r\nAppContact/anna,AppAccount/globex\r\n"), "{csv}");
    let table = written(&graph, Format::Table, "plain");
    assert!(table.starts_with("nodes.AppAccount\n┌") && table.contains("\n\nedges.knows\n┌"), "{table}");
    let picture = written(&graph, Format::IsonTable, "plain");
    assert!(picture.ends_with("@knows\nsource          | target\nAppContact/anna | AppAccount/globex\n"), "{picture}");
    assert_eq!(written(&Graph::default(), Format::Ison, "plain"), "");
    assert_eq!(written(&Graph::default(), Format::Json, "plain"), "{\"nodes\":{},\"edges\":{}}\n");
}

#[test]
fn types_of_one_name_have_blocks_of_their_own() {
    let mut graph = Graph::default();
    graph.add_edge(&EdgeType::of_any("A_b_c"), "A/1", "B/1");
    graph.add_edge(&EdgeType::between("A", "b_c", "B"), "A/1", "B/1");
    graph.add_edge(&EdgeType::between("A_b", "c", "B"), "A_b/1", "B/1");
    let names: Vec<String> =
        read(&written(&graph, Format::Ison, "plain")).into_iter().map(|block| block.name).collect();
    assert_eq!(names, ["A_b_c", "A_b_c_2", "A_b_c_3"]);
}
