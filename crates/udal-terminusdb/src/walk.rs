//! Walks along links: one request for each level, never for each record.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use udal_core::contract::refusal::not_found;
use udal_core::filter::{Predicate, evaluate};
use udal_core::model::Model;
use udal_core::record::Record;
use udal_core::{Action, Context, Error, Result};
use udal_graph::{Fetch, class_name, fetch, links_to, read_fetched};
use udal_query::graph::{
    Edge, Found, GraphBackend, Levels, Link, Met, Neighbourhood, Paths, Subgraph, Transition, Traversal, Traverse,
    Walk, found,
};

use crate::TerminusdbBackend;
use crate::failure::Failure;
use crate::read::can_be_id;
use crate::tenant::Databases;
use crate::writer::{Job, Work};

#[async_trait]
impl GraphBackend for TerminusdbBackend {
    async fn traverse(&self, ctx: &Context, op: Traverse) -> Result<Traversal> {
        let Traverse { walk, start_id, max_depth, max_nodes } = op;
        let walker = Walker { databases: &self.databases, ctx, walk: &walk, max_nodes };
        let start = walker.start(&start_id).await?;
        let levels = walker.levels(start, max_depth, None).await?;
        levels.traversal(&walk, max_depth, |met| Ok(met.record.clone()))
    }

    async fn paths(&self, ctx: &Context, op: Paths) -> Result<Found> {
        let walker = Walker { databases: &self.databases, ctx, walk: &op.walk, max_nodes: op.max_nodes };
        let start = walker.start(&op.start_id).await?;
        walker.record(&op.end_model, &op.end_id).await?;
        let until = (op.limit == 1).then_some(op.end_id.as_str());
        let levels = walker.levels(start, op.max_length, until).await?;
        let edges = edges(&levels, &op.walk);
        Ok(found(&op, &levels, edges))
    }

    async fn subgraph(&self, ctx: &Context, op: Subgraph) -> Result<Neighbourhood> {
        let Subgraph { walk, root_id, depth, max_nodes } = op;
        let walker = Walker { databases: &self.databases, ctx, walk: &walk, max_nodes };
        let root = walker.start(&root_id).await?;
        let levels = walker.levels(root, depth, None).await?;
        let nodes = levels.nodes(|met| Ok(met.record.clone()))?;
        let edges = levels.edges_between(edges(&levels, &walk));
        Ok(Neighbourhood { nodes, edges, cut: levels.cut(&walk, depth) })
    }
}

/// The links that the records that were met hold, of those that the walk follows.
fn edges(levels: &Levels<Record>, walk: &Walk) -> Vec<Edge> {
    let held: HashSet<(&str, &str)> =
        walk.links.iter().map(|link| (link.holder.as_str(), link.field.as_str())).collect();
    let mut edges = Vec::new();
    for (_, _, met) in levels.met() {
        for (field, target) in met.record.links() {
            if held.contains(&(met.record.model().name(), field.name())) {
                edges.push(Edge { source: met.id.clone(), field: field.name().to_owned(), target: target.to_owned() });
            }
        }
    }
    edges
}

struct Walker<'a> {
    databases: &'a Databases,
    ctx: &'a Context,
    walk: &'a Walk,
    max_nodes: usize,
}

/// A way to a record: the rank of what it comes from, the link, and where that stands.
type Way = (usize, usize, usize);

/// A level as it is made: what was met, each with the rank of its way.
type Level = Vec<(usize, Met<Record>)>;

impl Walker<'_> {
    /// The record that the walk starts from.
    async fn start(&self, id: &str) -> Result<Record> {
        let model = self.walk.start_model().ok_or_else(|| Error::internal("a walk starts from no model"))?;
        self.record(model, id).await
    }

    /// The record with that id, where the asker may see it.
    async fn record(&self, model: &Arc<Model>, id: &str) -> Result<Record> {
        if !can_be_id(model, id) {
            return Err(not_found(id));
        }
        let filter = self.ctx.reach(model, Action::View);
        let fetch = Fetch { model: Arc::clone(model), filter, ids: Some(vec![id.to_owned()]) };
        let read = self.read(vec![fetch]).await?;
        read.into_iter().flatten().next().ok_or_else(|| not_found(id))
    }

    async fn levels(&self, start: Record, max_depth: u32, until: Option<&str>) -> Result<Levels<Record>> {
        let starts = self.walk.starts.iter().filter(|one| evaluate(&one.filter, &start));
        let met = |state| Met { state, parent: 0, link: 0, id: start.id().to_owned(), record: start.clone() };
        let mut level: Level = starts.map(|one| (0, met(one.state))).collect();
        let mut known: HashSet<(usize, String)> = level.iter().map(|(_, met)| (met.state, met.id.clone())).collect();
        let mut levels: Vec<Vec<Met<Record>>> = Vec::new();
        for _ in 0..max_depth {
            let is_there = level.iter().any(|(_, met)| until == Some(met.id.as_str()));
            if level.is_empty() || is_there || known.len() > self.max_nodes {
                break;
            }
            let next = self.next(&level, &known).await?;
            known.extend(next.iter().map(|(_, met)| (met.state, met.id.clone())));
            levels.push(std::mem::replace(&mut level, next).into_iter().map(|(_, met)| met).collect());
        }
        levels.push(level.into_iter().map(|(_, met)| met).collect());
        Ok(Levels::new(levels, self.max_nodes))
    }

    /// What is one link further and was not met yet, in the order of the ways there.
    async fn next(&self, level: &Level, known: &HashSet<(usize, String)>) -> Result<Level> {
        let plan = self.plan(level);
        let fetches: Vec<Fetch> = plan.iter().map(|(fetch, _)| fetch.clone()).collect();
        let read = self.read(fetches).await?;
        let mut best: HashMap<(usize, String), (Way, Record)> = HashMap::new();
        for ((_, ways), records) in plan.iter().zip(read) {
            let ways: Vec<Leading<'_>> = ways.iter().filter_map(|number| self.leading(level, *number)).collect();
            for record in records {
                for (state, way) in ways.iter().filter_map(|way| way.to_record(&record)) {
                    let key = (state, record.id().to_owned());
                    let is_better = best.get(&key).is_none_or(|(other, _)| way < *other);
                    if is_better && !known.contains(&key) {
                        best.insert(key, (way, record.clone()));
                    }
                }
            }
        }
        let mut found: Vec<(usize, Way, Record)> =
            best.into_iter().map(|((state, _), (way, record))| (state, way, record)).collect();
        let by_way = |a: &(usize, Way, Record), b: &(usize, Way, Record)| {
            (a.1.0, a.2.id(), a.1.1).cmp(&(b.1.0, b.2.id(), b.1.1))
        };
        found.sort_by(|a, b| by_way(a, b).then(a.0.cmp(&b.0)));
        let mut rank = 0;
        let mut next = Level::with_capacity(found.len());
        let mut before: Option<(usize, Way, Record)> = None;
        for one in found {
            rank += usize::from(before.as_ref().is_some_and(|before| by_way(before, &one) != Ordering::Equal));
            let (state, (_, link, parent), record) = one.clone();
            next.push((rank, Met { state, parent, link, id: record.id().to_owned(), record }));
            before = Some(one);
        }
        Ok(next)
    }

    /// What is to be read for the next level, and for which transitions: one fetch for each model, filter and field that is
    /// followed back.
    fn plan(&self, level: &Level) -> Vec<(Fetch, Vec<usize>)> {
        let mut parts: Vec<Part<'_>> = Vec::new();
        for (number, way) in self.walk.transitions.iter().enumerate() {
            let (Some(link), Some(to)) = (self.walk.links.get(way.link), self.walk.states.get(way.to)) else {
                continue;
            };
            let from = level.iter().filter(|(_, met)| met.state == way.from);
            let ids: BTreeSet<String> = match link.is_back {
                true => from.map(|(_, met)| met.id.clone()).collect(),
                false => from.flat_map(|(_, met)| targets(&met.record, link)).map(str::to_owned).collect(),
            };
            if ids.is_empty() {
                continue;
            }
            let back = link.is_back.then_some(link.field.as_str());
            let same = |part: &&mut Part<'_>| part.model == to.model && part.back == back && *part.filter == way.filter;
            match parts.iter_mut().find(same) {
                Some(part) => {
                    part.ids.extend(ids);
                    part.ways.push(number);
                }
                None => parts.push(Part { model: to.model, back, filter: &way.filter, ids, ways: vec![number] }),
            }
        }
        parts.into_iter().filter_map(|part| self.fetch(part)).collect()
    }

    /// Where the transition of that number leads from the level.
    fn leading<'l>(&'l self, level: &'l Level, number: usize) -> Option<Leading<'l>> {
        let way = self.walk.transitions.get(number)?;
        let link = self.walk.links.get(way.link)?;
        let mut from: HashMap<&str, (usize, usize)> = HashMap::new();
        for (place, (rank, met)) in level.iter().enumerate().filter(|(_, (_, met))| met.state == way.from) {
            let ids: Vec<&str> = if link.is_back { vec![&met.id] } else { targets(&met.record, link).collect() };
            for id in ids {
                let first = from.entry(id).or_insert((*rank, place));
                *first = (*first).min((*rank, place));
            }
        }
        Some(Leading { way, link, from })
    }

    fn fetch(&self, part: Part<'_>) -> Option<(Fetch, Vec<usize>)> {
        let Part { model, back, filter, ids, ways } = part;
        let model = Arc::clone(self.walk.models.get(model)?);
        let ids: Vec<String> = ids.into_iter().collect();
        let filter = self.ctx.reach(&model, Action::View).and(filter.clone());
        let fetch = match back {
            None => Fetch { model, filter, ids: Some(ids) },
            Some(field) => {
                let field = model.fields().iter().find(|known| known.name() == field)?;
                let filter = filter.and(links_to(field, &ids));
                Fetch { model, filter, ids: None }
            }
        };
        Some((fetch, ways))
    }

    /// The records of each fetch; none where the database or the class was never made.
    async fn read(&self, fetches: Vec<Fetch>) -> Result<Vec<Vec<Record>>> {
        let none = vec![Vec::new(); fetches.len()];
        if fetches.is_empty() {
            return Ok(none);
        }
        let Some(mut database) = self.databases.find(self.ctx.tenant()).await? else { return Ok(none) };
        let request = fetch(&fetches, self.max_nodes.saturating_add(1))?;
        let mut asked = database.client.ask(&database.name, &request).await;
        if let Err(Failure::Missing(_)) = asked {
            let Some(elsewhere) = self.databases.found_elsewhere(&database).await? else { return Ok(none) };
            database = elsewhere;
            asked = database.client.ask(&database.name, &request).await;
        }
        let said = match asked {
            Ok(data) => return read_fetched(&fetches, &data),
            Err(Failure::Missing(_)) => return Ok(none),
            Err(Failure::Rejected(said)) if said.is_unknown_name() => said,
            Err(failure) => return Err(failure.into()),
        };
        if let [only] = fetches.as_slice()
            && said.is_unknown_class(&class_name(only.model.name()))
        {
            return Ok(none);
        }
        // A class is not there yet, or lacks fields that its model has: they are brought up to the models.
        for Fetch { model, .. } in &fetches {
            let (job, answer) = Job::new(self.ctx.clone(), Work::Ensure(Arc::clone(model)));
            database.queue(job).await?;
            answer.await.unwrap_or_else(|_| Err(Error::internal("the writer ended without an answer")))?;
        }
        read_fetched(&fetches, &database.client.ask(&database.name, &request).await?)
    }
}

/// A transition from a level.
struct Leading<'l> {
    way: &'l Transition,
    link: &'l Link,
    /// Rank and place of the first record of the level from which each id is linked to, or which has it and is linked back to.
    from: HashMap<&'l str, (usize, usize)>,
}

impl Leading<'_> {
    /// The state in which it arrives at `record`, and the first way there; none where it leads elsewhere.
    fn to_record(&self, record: &Record) -> Option<(usize, Way)> {
        let (rank, place) = match self.link.is_back {
            false => *self.from.get(record.id())?,
            true => targets(record, self.link).filter_map(|id| self.from.get(id)).min().copied()?,
        };
        Some((self.way.to, (rank, self.way.link, place)))
    }
}

/// A part of a level: what is read at once.
struct Part<'w> {
    model: usize,
    back: Option<&'w str>,
    filter: &'w Predicate,
    ids: BTreeSet<String>,
    ways: Vec<usize>,
}

/// The ids that the record links to in the field of that link.
fn targets<'r>(record: &'r Record, link: &'r Link) -> impl Iterator<Item = &'r str> {
    let is_holder = record.model().name() == link.holder;
    record.links().filter(move |(field, _)| is_holder && field.name() == link.field).map(|(_, target)| target)
}
