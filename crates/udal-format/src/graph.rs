//! Graphs: nodes and edges, a block for each type of them.

use std::io::{self, Write};
use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, Serializer};
use udal_core::model::{ColumnKind, FieldType, Model, Scalar};
use udal_core::record::Record;
use udal_core::value::Value;

use crate::header::{Header, JsonRow, ResultColumn, ResultKind, unused};
use crate::ison::{IsonDocument, Notation};
use crate::result::ResultWriter;
use crate::{Format, Layout};

/// What all edges of one block have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeType {
    name: String,
    source: ColumnKind,
    target: ColumnKind,
}

impl EdgeType {
    /// Edges of that name between records of these two models: a field that links.
    pub fn between(source_model: &str, name: &str, target_model: &str) -> Self {
        let reference = |model: &str| ColumnKind::Values(FieldType::required(Scalar::Ref(model.to_owned())));
        EdgeType {
            name: format!("{source_model}_{name}"),
            source: reference(source_model),
            target: reference(target_model),
        }
    }

    /// Edges of that name between records of any models.
    pub fn of_any(name: &str) -> Self {
        EdgeType { name: name.to_owned(), source: ColumnKind::References, target: ColumnKind::References }
    }

    fn header(&self) -> Header {
        let columns = vec![
            ResultColumn::of_kind("source", self.source.clone()),
            ResultColumn::of_kind("target", self.target.clone()),
        ];
        Header::new(&self.name, columns).of_kind(ResultKind::Edges)
    }
}

/// Nodes and edges as they were added, a block for each model and each type of edges, in the order in which the first of
/// each came.
///
/// A graph is kept in memory until it is written, since its nodes come in any order.
///
/// ```
/// use udal_core::model::{Catalog, GroupDeclaration, ModelDeclaration};
/// use udal_core::record::read_new;
/// use udal_format::{EdgeType, Format, Graph, Layout};
///
/// let page = ModelDeclaration::new("AppPage").field("title", "str").field("next", "Optional[Ref[AppPage]]");
/// let catalog = Catalog::build(vec![GroupDeclaration::new("wiki").model(page)]).unwrap();
/// let model = catalog.model("wiki", "AppPage").unwrap();
/// let json = serde_json::json!({"id": "AppPage/a", "title": "Start"});
///
/// let mut graph = Graph::default();
/// graph.add_node(&read_new(model, &json).unwrap().into_record());
/// graph.add_edge(&EdgeType::between("AppPage", "next", "AppPage"), "AppPage/a", "AppPage/b");
/// let mut text = Vec::new();
/// graph.write(&mut text, Layout::new(Format::Ison)).unwrap();
/// assert!(String::from_utf8(text).unwrap().ends_with("edges.AppPage_next\nsource target\n:AppPage/a :AppPage/b\n"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<(Arc<Model>, GraphBlock)>,
    edges: Vec<(EdgeType, GraphBlock)>,
}

#[derive(Clone, Debug)]
struct GraphBlock {
    header: Header,
    rows: Vec<Vec<Option<Value>>>,
}

impl Graph {
    /// Adds a node. Its links are edges, and so are left out of what is written of it.
    pub fn add_node(&mut self, record: &Record) {
        let row = record.values().to_vec();
        match self.nodes.iter_mut().find(|(model, _)| model == record.model()) {
            Some((_, block)) => block.rows.push(row),
            None => {
                let header = Header::of_nodes(record.model());
                self.nodes.push((Arc::clone(record.model()), GraphBlock { header, rows: vec![row] }));
            }
        }
    }

    /// Adds an edge between the records of these ids.
    pub fn add_edge(&mut self, edge_type: &EdgeType, source: &str, target: &str) {
        let row = vec![Some(Value::from(source)), Some(Value::from(target))];
        match self.edges.iter_mut().find(|(known, _)| known == edge_type) {
            Some((_, block)) => block.rows.push(row),
            None => {
                let names: Vec<String> = self.edges.iter().map(|(_, block)| block.header.name().to_owned()).collect();
                let header = edge_type.header();
                let header = Header::new(unused(header.name(), &names), header.columns().to_vec());
                let block = GraphBlock { header: header.of_kind(ResultKind::Edges), rows: vec![row] };
                self.edges.push((edge_type.clone(), block));
            }
        }
    }

    /// Writes the graph. JSON is an object of `nodes` and `edges`, each by type; NDJSON has a line for each; CSV and tables
    /// stand one below the other under their types' names, with an empty line between.
    ///
    /// # Errors
    /// What writing to `out` answers.
    pub fn write<W: Write>(&self, mut out: W, layout: Layout) -> io::Result<()> {
        match layout.format() {
            Format::Json => {
                serde_json::to_writer(&mut out, self)?;
                out.write_all(b"\n")?;
            }
            Format::Ndjson => {
                for block in self.blocks() {
                    for row in &block.rows {
                        serde_json::to_writer(&mut out, &GraphLine { header: &block.header, row })?;
                        out.write_all(b"\n")?;
                    }
                }
            }
            Format::Csv | Format::Table => {
                for (at, block) in self.blocks().enumerate() {
                    let line_before = if at > 0 { "\n" } else { "" };
                    writeln!(out, "{line_before}{}.{}", block.header.kind().word(), block.header.name())?;
                    let mut writer = ResultWriter::new(&mut out, block.header.clone(), layout);
                    block.rows.iter().try_for_each(|row| writer.write(row))?;
                    writer.finish()?;
                }
            }
            Format::Ison => return self.write_ison(out, Notation::Tokens, layout),
            Format::IsonTable => return self.write_ison(out, Notation::Picture, layout),
        }
        out.flush()
    }

    fn write_ison<W: Write>(&self, out: W, notation: Notation, layout: Layout) -> io::Result<()> {
        let mut document = IsonDocument::new(out, notation, layout.ison);
        for block in self.blocks() {
            document.start(block.header.clone())?;
            block.rows.iter().try_for_each(|row| document.row(row))?;
        }
        document.finish().map(drop)
    }

    fn blocks(&self) -> impl Iterator<Item = &GraphBlock> {
        self.nodes.iter().map(|(_, block)| block).chain(self.edges.iter().map(|(_, block)| block))
    }
}

impl Serialize for Graph {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let nodes: Vec<&GraphBlock> = self.nodes.iter().map(|(_, block)| block).collect();
        let edges: Vec<&GraphBlock> = self.edges.iter().map(|(_, block)| block).collect();
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("nodes", &Blocks(nodes))?;
        map.serialize_entry("edges", &Blocks(edges))?;
        map.end()
    }
}

/// Blocks as JSON: an array of rows under each name.
struct Blocks<'a>(Vec<&'a GraphBlock>);

impl Serialize for Blocks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|block| {
            let rows: Vec<JsonRow<'_>> = block.rows.iter().map(|row| JsonRow { header: &block.header, row }).collect();
            (block.header.name(), rows)
        }))
    }
}

/// A node or an edge as a line of NDJSON.
struct GraphLine<'a> {
    header: &'a Header,
    row: &'a [Option<Value>],
}

impl Serialize for GraphLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let what = match self.header.kind() {
            ResultKind::Edges => "edge",
            ResultKind::Nodes | ResultKind::Table => "node",
        };
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry(what, self.header.name())?;
        map.serialize_entry("values", &JsonRow { header: self.header, row: self.row })?;
        map.end()
    }
}
