//! What a walk met, level by level; the same whoever walks.

use std::collections::HashSet;

use udal_core::Result;
use udal_core::record::Record;

use super::{Cut, Edge, Hop, Reached, Traversal, Walk};

/// A record that a walk met.
#[derive(Clone, Debug)]
pub struct Met<R> {
    /// The state in which it stands.
    pub state: usize,
    /// Where in the level before stands what it was reached from.
    pub parent: usize,
    /// The link from there.
    pub link: usize,
    /// Its id.
    pub id: String,
    /// What is known of it.
    pub record: R,
}

/// What a walk met, level by level: each record at its least depth, in the order of the ways that led there.
#[derive(Clone, Debug)]
pub struct Levels<R> {
    levels: Vec<Vec<Met<R>>>,
    is_full: bool,
}

impl<R> Levels<R> {
    /// These levels, of which at most `max_nodes` records are kept: who walks looks at one more, to know whether there is one.
    pub fn new(mut levels: Vec<Vec<Met<R>>>, max_nodes: usize) -> Self {
        let mut left = max_nodes;
        let mut is_full = false;
        for level in &mut levels {
            is_full |= level.len() > left;
            level.truncate(left);
            left -= level.len();
        }
        Levels { levels, is_full }
    }

    /// Whether there was more than was to be looked at.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// Whether nothing was met, not even the start.
    pub fn is_empty(&self) -> bool {
        self.levels.first().is_none_or(Vec::is_empty)
    }

    /// Everything that was met, with its depth and its place in its level.
    pub fn met(&self) -> impl Iterator<Item = (u32, usize, &Met<R>)> {
        let levels = (0_u32..).zip(&self.levels);
        levels.flat_map(|(depth, level)| level.iter().enumerate().map(move |(place, met)| (depth, place, met)))
    }

    /// The way to the record at that place of a level.
    pub fn way_to(&self, walk: &Walk, depth: u32, place: usize) -> Vec<Hop> {
        let mut hops = Vec::new();
        let mut place = place;
        let count = usize::try_from(depth).unwrap_or(usize::MAX).saturating_add(1);
        for level in self.levels.iter().take(count).skip(1).rev() {
            let Some(met) = level.get(place) else { break };
            let link = walk.links.get(met.link).map(ToString::to_string).unwrap_or_default();
            hops.push(Hop { id: met.id.clone(), link });
            place = met.parent;
        }
        hops.reverse();
        hops
    }

    /// The way to that record, where it was met.
    pub fn first_way_to(&self, walk: &Walk, id: &str) -> Option<Vec<Hop>> {
        let (depth, place, _) = self.met().find(|(_, _, met)| met.id == id)?;
        Some(self.way_to(walk, depth, place))
    }

    /// Why there may be more than was met.
    pub fn cut(&self, walk: &Walk, max_depth: u32) -> Option<Cut> {
        if self.is_full {
            return Some(Cut::Nodes);
        }
        let leads_on = |met: &Met<R>| walk.transitions.iter().any(|way| way.from == met.state);
        let last = self.levels.get(usize::try_from(max_depth).unwrap_or(usize::MAX))?;
        last.iter().any(leads_on).then_some(Cut::Depth)
    }

    /// The records at the ends of the path, each once.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn traversal(
        &self,
        walk: &Walk,
        max_depth: u32,
        read: impl Fn(&Met<R>) -> Result<Record>,
    ) -> Result<Traversal> {
        let mut known: HashSet<&str> = HashSet::new();
        let mut reached = Vec::new();
        let is_end = |state: usize| walk.states.get(state).is_some_and(|state| state.is_end);
        for (depth, place, met) in self.met().filter(|(_, _, met)| is_end(met.state)) {
            if known.insert(&met.id) {
                reached.push(Reached { record: read(met)?, depth, path: self.way_to(walk, depth, place) });
            }
        }
        reached.sort_by(|a, b| (a.depth, a.record.id()).cmp(&(b.depth, b.record.id())));
        Ok(Traversal { reached, cut: self.cut(walk, max_depth) })
    }

    /// Every record that was met with its distance, by distance, then by id.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn nodes(&self, read: impl Fn(&Met<R>) -> Result<Record>) -> Result<Vec<(Record, u32)>> {
        let mut nodes: Vec<(Record, u32)> =
            self.met().map(|(depth, _, met)| Ok((read(met)?, depth))).collect::<Result<_>>()?;
        nodes.sort_by(|(a, near), (b, far)| (near, a.id()).cmp(&(far, b.id())));
        Ok(nodes)
    }

    /// Of `edges`, those between two records that were met, in their order, each once.
    pub fn edges_between(&self, edges: impl IntoIterator<Item = Edge>) -> Vec<Edge> {
        let known: HashSet<&str> = self.met().map(|(_, _, met)| met.id.as_str()).collect();
        let mut between: Vec<Edge> = edges
            .into_iter()
            .filter(|edge| known.contains(edge.source.as_str()) && known.contains(edge.target.as_str()))
            .collect();
        between.sort();
        between.dedup();
        between
    }
}
