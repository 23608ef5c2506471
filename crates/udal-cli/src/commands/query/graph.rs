//! Walks along links.

use udal::graph::{
    Cut, Follow, Found, Neighbourhood, PathRequest, Reached, SubgraphRequest, Traversal, TraverseRequest, path_of,
};
use udal::model::{ColumnKind, FieldType, Scalar};
use udal::record::Record;
use udal::value::Value;
use udal_format::{EdgeType, Graph, Header, ResultColumn, ResultWriter};

use crate::args::{Followed, PathArguments, SubgraphArguments, TraverseArguments};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

pub(super) fn traverse(arguments: &TraverseArguments) -> TraverseRequest {
    let TraverseArguments { target, start, path, max_depth, max_nodes } = arguments;
    let request = TraverseRequest::new(&target.group, &target.model, start, path);
    let request = max_depth.iter().copied().fold(request, TraverseRequest::max_depth);
    max_nodes.iter().copied().fold(request, TraverseRequest::max_nodes)
}

pub(super) fn path(arguments: &PathArguments) -> PathRequest {
    let PathArguments { target: _, start, end, followed, max_length, limit } = arguments;
    let request = PathRequest::new(start, end).follow(follow(followed));
    let request = max_length.iter().copied().fold(request, PathRequest::max_length);
    limit.iter().copied().fold(request, PathRequest::limit)
}

pub(super) fn subgraph(arguments: &SubgraphArguments) -> SubgraphRequest {
    let SubgraphArguments { target: _, root, depth, followed } = arguments;
    SubgraphRequest::new(root, *depth).follow(follow(followed))
}

fn follow(followed: &Followed) -> Follow {
    let Followed { links, both_ways, max_nodes } = followed;
    let follow = links.iter().fold(Follow::default(), Follow::link);
    let follow = if *both_ways { follow.both_ways() } else { follow };
    max_nodes.iter().copied().fold(follow, Follow::max_nodes)
}

/// Writes the records that a path leads to: their fields where they are all of one model, each whole where they are of several.
pub(super) fn show_reached(start: &str, traversal: &Traversal, output: &mut Output) -> Result<Exit, Failure> {
    let Traversal { reached, cut } = traversal;
    let model = reached.first().map(|reached| reached.record.model());
    let of_one = model.filter(|model| reached.iter().all(|reached| reached.record.model() == *model));
    let mut columns = vec![ResultColumn::new("depth", FieldType::required(Scalar::Int))];
    let fields = of_one.map(|model| Header::of_model(model).columns().to_vec());
    match &fields {
        Some(fields) => columns.extend(fields.iter().cloned()),
        None => {
            columns.push(ResultColumn::of_kind("id", ColumnKind::References));
            columns.push(ResultColumn::new("record", FieldType::required(Scalar::Json)));
        }
    }
    columns.push(ResultColumn::new("path", FieldType::required(Scalar::Json)));
    let layout = output.layout();
    let mut writer = ResultWriter::new(output.answers(), Header::new("reached", columns), layout);
    for Reached { record, depth, path } in reached {
        let mut row = vec![Some(Value::Int(i64::from(*depth)))];
        match &fields {
            Some(fields) => {
                row.extend(fields.iter().map(|field| record.get(record.model().find(field.name())?).cloned()))
            }
            None => row.extend([Some(Value::from(record.id())), Some(Value::Json(json_of(record)?))]),
        }
        row.push(Some(Value::Json(path_of(start, path))));
        writer.write(&row)?;
    }
    writer.finish()?;
    ended(*cut, output)
}

fn json_of(record: &Record) -> Result<serde_json::Value, Failure> {
    serde_json::to_value(record).map_err(|error| Failure::from(udal::Error::internal(error)))
}

/// Writes ways from one record to another, a row each.
pub(super) fn show_paths(start: &str, found: &Found, output: &mut Output) -> Result<Exit, Failure> {
    let Found { routes, cut } = found;
    let columns = vec![
        ResultColumn::new("length", FieldType::required(Scalar::Int)),
        ResultColumn::new("path", FieldType::required(Scalar::Json)),
    ];
    let layout = output.layout();
    let mut writer = ResultWriter::new(output.answers(), Header::new("paths", columns), layout);
    for route in routes {
        let length = i64::try_from(route.hops.len()).unwrap_or(i64::MAX);
        writer.write(&[Some(Value::Int(length)), Some(Value::Json(path_of(start, &route.hops)))])?;
    }
    writer.finish()?;
    ended(*cut, output)
}

/// Writes records and the links between them.
pub(super) fn show_around(around: &Neighbourhood, output: &mut Output) -> Result<Exit, Failure> {
    let Neighbourhood { nodes, edges, cut } = around;
    let mut graph = Graph::default();
    nodes.iter().for_each(|(record, _)| graph.add_node(record));
    let model = |id: &str| id.split('/').next().unwrap_or_default().to_owned();
    for edge in edges {
        let edge_type = EdgeType::between(&model(&edge.source), &edge.field, &model(&edge.target));
        graph.add_edge(&edge_type, &edge.source, &edge.target);
    }
    let layout = output.layout();
    graph.write(output.answers(), layout)?;
    ended(*cut, output)
}

fn ended(cut: Option<Cut>, output: &mut Output) -> Result<Exit, Failure> {
    output.flush()?;
    if let Some(cut) = cut {
        output.message(&format!("note: {}", cut.note()));
    }
    Ok(Exit::Done)
}
