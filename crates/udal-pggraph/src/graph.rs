//! Walks along links: one statement each.

use std::sync::Arc;

use async_trait::async_trait;
use tokio_postgres::Row;
use udal_core::contract::refusal::not_found;
use udal_core::filter::Predicate;
use udal_core::record::Record;
use udal_core::{Action, Context, Error, Result};
use udal_pgpool::{can_be_id, read_text};
use udal_query::graph::{
    Cut, Edge, Found, GraphBackend, Levels, Met, Neighbourhood, Paths, Subgraph, Traversal, Traverse, Walk, found,
};
use udal_sql::document::{self, WayEnd, walk_column};

use crate::PgGraphBackend;
use crate::documents::read_document;
use crate::read::rows;

#[async_trait]
impl GraphBackend for PgGraphBackend {
    async fn traverse(&self, ctx: &Context, op: Traverse) -> Result<Traversal> {
        check_ids(&[&op.start_id])?;
        let statement = document::traverse(&op, &reaches(ctx, &op.walk));
        let Traverse { walk, start_id, max_depth, max_nodes } = op;
        let rows = rows(self.databases(), ctx, &statement).await?;
        levels(&rows, &start_id, max_nodes)?.traversal(&walk, max_depth, |met| record(&walk, met))
    }

    async fn paths(&self, ctx: &Context, op: Paths) -> Result<Found> {
        check_ids(&[&op.start_id, &op.end_id])?;
        let reach = ctx.reach(&op.end_model, Action::View);
        let (reaches, end) = (reaches(ctx, &op.walk), WayEnd { model: &op.end_model, reach: &reach });
        let statement = match op.limit {
            1 => document::shortest_path(&op, &reaches, end),
            _ => document::links_around(&op, &reaches, end),
        };
        let rows = rows(self.databases(), ctx, &statement).await?;
        let levels = levels(&rows, &op.start_id, op.max_nodes)?;
        if levels.is_empty() {
            return Err(not_found(&op.end_id));
        }
        Ok(found(&op, &levels, edges(&rows)?))
    }

    async fn subgraph(&self, ctx: &Context, op: Subgraph) -> Result<Neighbourhood> {
        check_ids(&[&op.root_id])?;
        let statement = document::subgraph(&op, &reaches(ctx, &op.walk));
        let Subgraph { walk, root_id, depth, max_nodes } = op;
        let rows = rows(self.databases(), ctx, &statement).await?;
        let levels = levels(&rows, &root_id, max_nodes)?;
        let nodes = levels.nodes(|met| record(&walk, met))?;
        let edges = edges(&rows)?;
        let has_more_edges = edges.len() > document::MAX_EDGES;
        let mut edges = levels.edges_between(edges);
        edges.truncate(document::MAX_EDGES);
        let cut = if has_more_edges { Some(Cut::Edges) } else { levels.cut(&walk, depth) };
        Ok(Neighbourhood { nodes, edges, cut })
    }
}

/// What the asker may see of each model of the walk.
fn reaches(ctx: &Context, walk: &Walk) -> Vec<Predicate> {
    walk.models.iter().map(|model| ctx.reach(model, Action::View)).collect()
}

fn check_ids(ids: &[&str]) -> Result<()> {
    ids.iter().find(|id| !can_be_id(id)).map_or(Ok(()), |id| Err(not_found(id)))
}

fn record(walk: &Walk, met: &Met<&Row>) -> Result<Record> {
    let model = walk.states.get(met.state).and_then(|state| walk.models.get(state.model));
    let model = model.ok_or_else(|| Error::internal("a walk met a record in a state that it does not have"))?;
    read_document(&Arc::clone(model), met.record)
}

/// What was met, level by level.
///
/// # Errors
/// [`NotFound`](udal_core::ErrorKind::NotFound) for a start that is not there, or that the asker may not see.
fn levels<'r>(rows: &'r [Row], start: &str, max_nodes: usize) -> Result<Levels<&'r Row>> {
    let mut levels: Vec<Vec<(usize, Met<&'r Row>)>> = Vec::new();
    for row in rows {
        let Some(depth) = number(row, walk_column::DEPTH)? else { continue };
        while levels.len() <= depth {
            levels.push(Vec::new());
        }
        // The start is there, and in no state: its filters are not true of it, or the end is not there.
        let Some(state) = number(row, walk_column::STATE)? else { continue };
        let place = number(row, walk_column::PLACE)?.unwrap_or_default();
        let parent = number(row, walk_column::PARENT)?.unwrap_or_default().saturating_sub(1);
        let link = number(row, walk_column::LINK)?.unwrap_or_default();
        let met = Met { state, parent, link, id: read_text(row, walk_column::RECORD)?, record: row };
        if let Some(level) = levels.get_mut(depth) {
            level.push((place, met));
        }
    }
    if levels.is_empty() {
        return Err(not_found(start));
    }
    let in_order = |mut level: Vec<(usize, Met<&'r Row>)>| {
        level.sort_by_key(|(place, _)| *place);
        level.into_iter().map(|(_, met)| met).collect()
    };
    Ok(Levels::new(levels.into_iter().map(in_order).collect(), max_nodes))
}

/// The links between records that were answered beside them.
fn edges(rows: &[Row]) -> Result<Vec<Edge>> {
    let mut edges = Vec::new();
    for row in rows {
        if number(row, walk_column::DEPTH)?.is_none() {
            let (source, target) = (read_text(row, walk_column::RECORD)?, read_text(row, walk_column::TARGET)?);
            edges.push(Edge { source, field: read_text(row, walk_column::FIELD)?, target });
        }
    }
    Ok(edges)
}

fn number(row: &Row, column: usize) -> Result<Option<usize>> {
    let number = row.try_get::<_, Option<i64>>(column).map_err(Error::internal)?;
    number.map(usize::try_from).transpose().map_err(Error::internal)
}
