//! Walks along links: one statement each.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use tokio_postgres::Row;
use udal_core::contract::refusal::not_found;
use udal_core::filter::Predicate;
use udal_core::record::Record;
use udal_core::{Action, Context, Error, Result};
use udal_pgpool::{can_be_id, read_text};
use udal_query::graph::{
    Cut, Edge, Found, GraphBackend, Hop, Neighbourhood, Paths, Reached, Route, Subgraph, Traversal, Traverse, Walk,
    simple_paths,
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
        let levels = Levels::read(&rows, max_nodes)?.check_start(&start_id)?;
        let mut met: HashSet<&str> = HashSet::new();
        let mut reached = Vec::new();
        for (depth, level) in levels.levels.iter().enumerate() {
            let ends = level.iter().enumerate().filter(|(_, met_at)| is_end(&walk, met_at.state));
            for (place, met_at) in ends.filter(|(_, met_at)| met.insert(&met_at.record)) {
                let path = levels.way_to(&walk, depth, place);
                let record = record(&walk, met_at)?;
                reached.push(Reached { record, depth: u32::try_from(depth).unwrap_or(u32::MAX), path });
            }
        }
        reached.sort_by(|a, b| (a.depth, a.record.id()).cmp(&(b.depth, b.record.id())));
        Ok(Traversal { reached, cut: levels.cut(&walk, max_depth) })
    }

    async fn paths(&self, ctx: &Context, op: Paths) -> Result<Found> {
        check_ids(&[&op.start_id, &op.end_id])?;
        let reach = ctx.reach(&op.end_model, Action::View);
        let (reaches, end) = (reaches(ctx, &op.walk), WayEnd { model: &op.end_model, reach: &reach });
        let is_one = op.limit == 1;
        let statement = match is_one {
            true => document::shortest_path(&op, &reaches, end),
            false => document::links_around(&op, &reaches, end),
        };
        let rows = rows(self.databases(), ctx, &statement).await?;
        let levels = Levels::read(&rows, op.max_nodes)?.check_start(&op.start_id)?;
        if levels.levels.first().is_none_or(Vec::is_empty) {
            return Err(not_found(&op.end_id));
        }
        let is_cut = levels.is_full;
        let mut found = if is_one {
            let routes = levels.first_way_to(&op.walk, &op.end_id).map(|hops| Route { hops });
            let cut = match &routes {
                Some(_) => None,
                None => levels.cut(&op.walk, op.max_length),
            };
            Found { routes: routes.into_iter().collect(), cut }
        } else {
            let mut found = simple_paths(&op, &levels.edges(&rows)?);
            found.cut = found.cut.or_else(|| levels.cut(&op.walk, op.max_length));
            found
        };
        if is_cut && (!is_one || found.routes.is_empty()) {
            found.cut = Some(Cut::Nodes);
        }
        Ok(found)
    }

    async fn subgraph(&self, ctx: &Context, op: Subgraph) -> Result<Neighbourhood> {
        check_ids(&[&op.root_id])?;
        let statement = document::subgraph(&op, &reaches(ctx, &op.walk));
        let Subgraph { walk, root_id, depth, max_nodes } = op;
        let rows = rows(self.databases(), ctx, &statement).await?;
        let levels = Levels::read(&rows, max_nodes)?.check_start(&root_id)?;
        let mut nodes = Vec::new();
        for (far, level) in (0..).zip(&levels.levels) {
            for met_at in level {
                nodes.push((record(&walk, met_at)?, far));
            }
        }
        nodes.sort_by(|(a, near), (b, far)| (near, a.id()).cmp(&(far, b.id())));
        let mut edges = levels.edges(&rows)?;
        edges.sort();
        let has_more_edges = edges.len() > document::MAX_EDGES;
        edges.truncate(document::MAX_EDGES);
        let cut = levels.cut(&walk, depth);
        Ok(Neighbourhood { nodes, edges, cut: if has_more_edges { Some(Cut::Edges) } else { cut } })
    }
}

/// What the asker may see of each model of the walk.
fn reaches(ctx: &Context, walk: &Walk) -> Vec<Predicate> {
    walk.models.iter().map(|model| ctx.reach(model, Action::View)).collect()
}

fn check_ids(ids: &[&str]) -> Result<()> {
    ids.iter().find(|id| !can_be_id(id)).map_or(Ok(()), |id| Err(not_found(id)))
}

fn is_end(walk: &Walk, state: usize) -> bool {
    walk.states.get(state).is_some_and(|state| state.is_end)
}

fn record(walk: &Walk, met: &Met<'_>) -> Result<Record> {
    let model = walk.states.get(met.state).and_then(|state| walk.models.get(state.model));
    let model = model.ok_or_else(|| Error::internal("a walk met a record in a state that it does not have"))?;
    read_document(&Arc::clone(model), met.row)
}

/// A record that was met.
struct Met<'r> {
    state: usize,
    /// Where in the level before stands what it was reached from, from 1.
    parent: usize,
    link: usize,
    place: usize,
    record: String,
    row: &'r Row,
}

/// What a walk met, level by level.
struct Levels<'r> {
    levels: Vec<Vec<Met<'r>>>,
    /// Whether there was more than was to be looked at.
    is_full: bool,
    /// Whether the start is there.
    has_start: bool,
}

impl<'r> Levels<'r> {
    fn read(rows: &'r [Row], max_nodes: usize) -> Result<Self> {
        let mut levels: Vec<Vec<Met<'r>>> = Vec::new();
        let mut has_start = false;
        for row in rows {
            let Some(depth) = number(row, walk_column::DEPTH)? else { continue };
            has_start = true;
            while levels.len() <= depth {
                levels.push(Vec::new());
            }
            let Some(state) = number(row, walk_column::STATE)? else { continue };
            let met = Met {
                state,
                parent: number(row, walk_column::PARENT)?.unwrap_or_default(),
                link: number(row, walk_column::LINK)?.unwrap_or_default(),
                place: number(row, walk_column::PLACE)?.unwrap_or_default(),
                record: read_text(row, walk_column::RECORD)?,
                row,
            };
            if let Some(level) = levels.get_mut(depth) {
                level.push(met);
            }
        }
        for level in &mut levels {
            level.sort_by_key(|met| met.place);
        }
        let count: usize = levels.iter().map(Vec::len).sum();
        let is_full = count > max_nodes;
        // One more than is asked for was read, to know whether there is more.
        if let Some(last) = levels.last_mut().filter(|_| is_full) {
            last.truncate(last.len().saturating_sub(count - max_nodes));
        }
        Ok(Levels { levels, is_full, has_start })
    }

    /// Refuses a start that is not there, or that the asker may not see.
    fn check_start(self, id: &str) -> Result<Self> {
        if self.has_start { Ok(self) } else { Err(not_found(id)) }
    }

    /// The way to the record at that place of a level.
    fn way_to(&self, walk: &Walk, depth: usize, place: usize) -> Vec<Hop> {
        let mut hops = Vec::with_capacity(depth);
        let mut place = place;
        for level in self.levels.iter().take(depth + 1).skip(1).rev() {
            let Some(met) = level.get(place) else { break };
            let link = walk.links.get(met.link).map(ToString::to_string).unwrap_or_default();
            hops.push(Hop { id: met.record.clone(), link });
            place = met.parent.saturating_sub(1);
        }
        hops.reverse();
        hops
    }

    /// The way to that record, where it was met.
    fn first_way_to(&self, walk: &Walk, id: &str) -> Option<Vec<Hop>> {
        let mut levels = self.levels.iter().enumerate();
        levels.find_map(|(depth, level)| {
            let place = level.iter().position(|met| met.record == id)?;
            Some(self.way_to(walk, depth, place))
        })
    }

    /// Why there may be more than was met.
    fn cut(&self, walk: &Walk, max_depth: u32) -> Option<Cut> {
        if self.is_full {
            return Some(Cut::Nodes);
        }
        let leads_on = |met: &Met<'_>| walk.transitions.iter().any(|way| way.from == met.state);
        let last = self.levels.get(usize::try_from(max_depth).unwrap_or(usize::MAX))?;
        last.iter().any(leads_on).then_some(Cut::Depth)
    }

    /// The links between the records that were met.
    fn edges(&self, rows: &[Row]) -> Result<Vec<Edge>> {
        let met: HashSet<&str> = self.levels.iter().flatten().map(|met| met.record.as_str()).collect();
        let mut edges = Vec::new();
        for row in rows {
            if number(row, walk_column::DEPTH)?.is_some() {
                continue;
            }
            let source = read_text(row, walk_column::RECORD)?;
            let target = read_text(row, walk_column::TARGET)?;
            if met.contains(source.as_str()) && met.contains(target.as_str()) {
                edges.push(Edge { source, field: read_text(row, walk_column::FIELD)?, target });
            }
        }
        Ok(edges)
    }
}

fn number(row: &Row, column: usize) -> Result<Option<usize>> {
    let number = row.try_get::<_, Option<i64>>(column).map_err(Error::internal)?;
    number.map(usize::try_from).transpose().map_err(Error::internal)
}
