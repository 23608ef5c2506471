//! What is asked of a random graph, and what must come of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use serde_json::{Map, Value as Json};
use udal_core::contract::{Answer, BatchMode, BatchUpdate, UpdateItem};
use udal_core::model::{Catalog, Model};
use udal_core::record::{Record, read_changes};
use udal_core::{Context, ErrorKind};
use udal_query::graph::{Cut, GraphBackend, Hop, Paths, Subgraph, Traverse, Walk, Ways};

use super::network::{self, ASKERS, Network, Node};
use super::oracle::{View, link_fields};
use super::paths::{self, Models};
use super::title;
use crate::case::{Failure, Outcome};
use crate::dice::Dice;
use crate::models::GROUP;
use crate::runner::finish;
use crate::subject::Subject;
use crate::world::{World, operator};

/// How many paths are walked of each graph by each asker.
const TRAVERSALS: usize = 40;
/// How many pairs of records are asked for ways, and how many surroundings are looked at, by each asker.
const OTHERS: usize = 8;

pub(super) fn compare(subject: &Subject, seed: u64, number: u64) -> Result<(), String> {
    let graph = subject.graph.clone().ok_or("it walks no graphs")?;
    let catalog = network::catalog().map_err(|failure| failure.to_string())?;
    let world = World::with(subject, &title(number), catalog.clone()).map_err(|failure| failure.to_string())?;
    finish(subject, &world, async {
        let mut dice = Dice::new(seed, number);
        let network = network::roll(&mut dice);
        let records = write(&world, &network).await?;
        let fewer = subject.fewer;
        let asked = Asked { graph, catalog, world: &world, network: &network, records: &records, fewer };
        asked.compare_all(&mut dice).await
    })
}

/// Writes the graph: first the records, then what links them, since they link in circles.
async fn write(world: &World, network: &Network) -> Result<BTreeMap<String, Record>, Failure> {
    let mut records = BTreeMap::new();
    for model in ["Person", "Place", "Note"] {
        let rows = world.rows(model)?;
        let of_model = network.iter().filter(|(_, node)| node.model == model);
        let new: Vec<Record> = of_model
            .clone()
            .map(|(id, node)| {
                let members: Map<String, Json> =
                    node.members.iter().map(|(name, json)| ((*name).to_owned(), json.clone())).collect();
                rows.record(id.split('/').nth(1).unwrap_or_default(), Json::Object(members))
            })
            .collect::<Result<_, _>>()?;
        rows.store(&new).await?;
    }
    for model in ["Person", "Place", "Note"] {
        let rows = world.rows(model)?;
        let mut items = Vec::new();
        for (id, node) in network.iter().filter(|(_, node)| node.model == model) {
            let patch = read_changes(&rows.model, &Json::Object(links(node)))?;
            items.push(UpdateItem { id: id.clone(), patch, if_version: None });
        }
        let items = stream::iter((0..).zip(items).map(Ok)).boxed();
        let update =
            BatchUpdate { model: Arc::clone(&rows.model), items, mode: BatchMode::Atomic, answer: Answer::Counts };
        world.backend.batch_update(&operator(&world.tenant), update).await?;
        for record in rows.all().await? {
            records.insert(record.id().to_owned(), record);
        }
    }
    Ok(records)
}

fn links(node: &Node) -> Map<String, Json> {
    let held = node.links.iter().filter(|(_, targets)| !targets.is_empty());
    let json = |field: &str, targets: &[String]| match (field, targets) {
        ("boss" | "owner" | "about" | "next", [target, ..]) => Json::from(target.clone()),
        _ => Json::from(targets.to_vec()),
    };
    held.map(|(field, targets)| ((*field).to_owned(), json(field, targets))).collect()
}

struct Asked<'w> {
    graph: Arc<dyn GraphBackend>,
    catalog: Catalog,
    world: &'w World,
    network: &'w Network,
    records: &'w BTreeMap<String, Record>,
    fewer: usize,
}

impl Asked<'_> {
    async fn compare_all(&self, dice: &mut Dice) -> Outcome {
        for asker in [None, Some(0), Some(1)].into_iter().take(ASKERS + 1) {
            let ctx = match asker {
                None => operator(&self.world.tenant),
                Some(user) => self.world.asker(network::access(&self.catalog, user)?),
            };
            let sees = |node: &Node| asker.is_none_or(|user| node.seen_by.get(user).is_some_and(|seen| *seen));
            let seen: BTreeSet<&str> =
                self.network.iter().filter(|(_, node)| sees(node)).map(|(id, _)| id.as_str()).collect();
            let view = View { network: self.network, records: self.records, seen };
            for _ in 0..TRAVERSALS / self.fewer {
                self.traverse(&ctx, &view, dice).await?;
            }
            for _ in 0..OTHERS.div_ceil(self.fewer) {
                self.ways(&ctx, &view, dice).await?;
                self.surroundings(&ctx, &view, dice).await?;
            }
        }
        Ok(())
    }

    fn pick(&self, dice: &mut Dice) -> Result<(String, Arc<Model>), Failure> {
        let ids: Vec<&String> = self.network.keys().collect();
        let id = dice.pick(&ids).copied().cloned().unwrap_or_default();
        let model = self.catalog.model(GROUP, id.split('/').next().unwrap_or_default())?;
        Ok((id, Arc::clone(model)))
    }

    async fn traverse(&self, ctx: &Context, view: &View<'_>, dice: &mut Dice) -> Outcome {
        let (start_id, model) = self.pick(dice)?;
        let from: Models =
            network::LINKS.iter().map(|(name, _, _)| *name).filter(|name| *name == model.name()).collect();
        let (tree, _) = paths::roll(dice, &from, 3);
        let max_depth = u32::try_from(dice.below(7)).unwrap_or_default();
        let path = tree.to_string();
        let what = format!("{start_id} {path} depth {max_depth} as {:?}", ctx.access().user_id());
        let walk = match Walk::parse(&self.catalog, ctx.access(), &model, &path) {
            // What leads to another model cannot always be repeated; what comes after it is then never met.
            Err(error) if error.kind() == ErrorKind::UnknownName && path.contains("{2") => return Ok(()),
            parsed => parsed.map_err(|error| Failure::new(format!("{what}: {error}")))?,
        };
        let op = Traverse { walk, start_id: start_id.clone(), max_depth, max_nodes: 10_000 };
        let answered = self.graph.traverse(ctx, op.clone()).await;
        if !view.seen.contains(start_id.as_str()) {
            return expect_missing(&what, &start_id, answered);
        }
        let answered = answered.map_err(|error| Failure::new(format!("{what}: {error:?}")))?;
        let expected = view.traverse(&tree, &start_id, max_depth)?;
        let got: Vec<(u32, String, Vec<Hop>)> =
            answered.reached.iter().map(|one| (one.depth, one.record.id().to_owned(), one.path.clone())).collect();
        same(&what, &expected, &got)?;
        for one in &answered.reached {
            same(&what, self.records.get(one.record.id()).ok_or_else(|| Failure::new("no such record"))?, &one.record)?;
        }
        match answered.cut {
            None => same(&format!("{what}: not cut"), &view.traverse(&tree, &start_id, max_depth + 3)?, &got)?,
            Some(cut) => same(&what, &Cut::Depth, &cut)?,
        }
        self.cut_by_nodes(ctx, op, &expected, &what, dice).await
    }

    /// With fewer records to look at, what is answered is right all the same.
    async fn cut_by_nodes(
        &self,
        ctx: &Context,
        op: Traverse,
        expected: &[(u32, String, Vec<Hop>)],
        what: &str,
        dice: &mut Dice,
    ) -> Outcome {
        if !dice.once_in(4) {
            return Ok(());
        }
        let max_nodes = 1 + dice.below(6);
        let what = format!("{what} with {max_nodes} nodes");
        let answered = self.graph.traverse(ctx, Traverse { max_nodes, ..op }).await?;
        if answered.reached.len() > max_nodes {
            return Err(Failure::new(format!("{what}: answered {}", answered.reached.len())));
        }
        for one in &answered.reached {
            let found = (one.depth, one.record.id().to_owned(), one.path.clone());
            if !expected.contains(&found) {
                return Err(Failure::new(format!("{what}: {found:?} is not among {expected:?}")));
            }
        }
        match answered.cut {
            Some(Cut::Nodes) => Ok(()),
            _ => same(&what, &expected.len(), &answered.reached.len()),
        }
    }

    async fn ways(&self, ctx: &Context, view: &View<'_>, dice: &mut Dice) -> Outcome {
        let ((start_id, model), (end_id, end_model)) = (self.pick(dice)?, self.pick(dice)?);
        let (links, ways) = self.followed(dice);
        let walk = Walk::along(&self.catalog, ctx.access(), &model, &links, ways)?;
        let limit = [1, 3, 500].get(dice.below(3)).copied().unwrap_or(1);
        let max_length = u32::try_from(1 + dice.below(4)).unwrap_or(1);
        let what = format!("from {start_id} to {end_id} by {links:?} {ways:?}, {limit} up to {max_length}");
        let what = format!("{what} as {:?}", ctx.access().user_id());
        let op = Paths {
            walk,
            start_id: start_id.clone(),
            end_id: end_id.clone(),
            end_model,
            max_length,
            limit,
            max_nodes: 10_000,
        };
        let answered = self.graph.paths(ctx, op).await;
        for id in [&start_id, &end_id] {
            if !view.seen.contains(id.as_str()) {
                return expect_missing(&what, id, answered);
            }
        }
        let answered = answered.map_err(|error| Failure::new(format!("{what}: {error:?}")))?;
        let mut expected = view.ways(&start_id, &end_id, max_length, &|link| follows(link, &links, ways));
        expected.truncate(limit);
        let got: Vec<Vec<Hop>> = answered.routes.into_iter().map(|route| route.hops).collect();
        same(&what, &expected, &got)
    }

    async fn surroundings(&self, ctx: &Context, view: &View<'_>, dice: &mut Dice) -> Outcome {
        let (root_id, model) = self.pick(dice)?;
        let (links, ways) = self.followed(dice);
        let walk = Walk::along(&self.catalog, ctx.access(), &model, &links, ways)?;
        let depth = u32::try_from(dice.below(4)).unwrap_or_default();
        let what = format!("around {root_id} by {links:?} {ways:?}, depth {depth} as {:?}", ctx.access().user_id());
        let op = Subgraph { walk: walk.clone(), root_id: root_id.clone(), depth, max_nodes: 10_000 };
        let answered = self.graph.subgraph(ctx, op).await;
        if !view.seen.contains(root_id.as_str()) {
            return expect_missing(&what, &root_id, answered);
        }
        let answered = answered.map_err(|error| Failure::new(format!("{what}: {error:?}")))?;
        let fields: Vec<&str> = match links.is_empty() {
            true => link_fields(),
            false => links.iter().map(String::as_str).collect(),
        };
        let (nodes, mut edges) = view.around(&root_id, depth, &|link| follows(link, &links, ways), &fields);
        // A link of a model to which no walk leads is between no two records that were met.
        edges.retain(|edge| nodes.iter().any(|(_, id)| *id == edge.source));
        let got: Vec<(u32, String)> = answered.nodes.iter().map(|(one, far)| (*far, one.id().to_owned())).collect();
        same(&what, &nodes, &got)?;
        same(&what, &edges, &answered.edges)
    }

    /// Which links are followed: all, or two of them; forwards, or both ways.
    fn followed(&self, dice: &mut Dice) -> (Vec<String>, Ways) {
        let fields = link_fields();
        let links = match dice.once_in(2) {
            true => Vec::new(),
            false => (0..3).filter_map(|_| dice.pick(&fields)).map(|field| (*field).to_owned()).collect(),
        };
        (links, if dice.once_in(2) { Ways::Forward } else { Ways::Both })
    }
}

fn follows(link: &str, links: &[String], ways: Ways) -> bool {
    let back = link.strip_prefix('^');
    let field = back.and_then(|link| link.split('.').nth(1)).unwrap_or(link);
    (back.is_none() || ways == Ways::Both) && (links.is_empty() || links.iter().any(|known| known == field))
}

fn same<T: PartialEq + Debug + ?Sized>(what: &str, expected: &T, got: &T) -> Outcome {
    if expected == got {
        Ok(())
    } else {
        Err(Failure::new(format!("{what}\n  expected {expected:?}\n  got      {got:?}")))
    }
}

/// A record that may not be seen is as one that is not there.
fn expect_missing<T: Debug>(what: &str, id: &str, answered: udal_core::Result<T>) -> Outcome {
    match answered {
        Err(error) if error.kind() == ErrorKind::NotFound && error.message().contains(id) => Ok(()),
        other => Err(Failure::new(format!("{what}: `{id}` is not to be seen, and was answered {other:?}"))),
    }
}
