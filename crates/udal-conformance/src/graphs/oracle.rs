//! The plain walk.

use std::collections::{BTreeMap, BTreeSet};

use udal_core::filter::{self, evaluate};
use udal_core::record::Record;
use udal_query::graph::{Edge, Hop};

use super::network::{LINKS, Network};
use super::paths::Tree;
use crate::case::Failure;

/// What someone sees of a graph.
pub(crate) struct View<'n> {
    pub(crate) network: &'n Network,
    pub(crate) records: &'n BTreeMap<String, Record>,
    /// The ids that they may see.
    pub(crate) seen: BTreeSet<&'n str>,
}

/// Where a walk stands: the record, how many links away, and the way whose ids and links come first.
type Places = BTreeMap<(String, u32), Vec<Hop>>;

impl View<'_> {
    /// The records that the path leads to in at most so many links, with the least depth and the first way.
    pub(crate) fn traverse(
        &self,
        path: &Tree,
        start: &str,
        depth: u32,
    ) -> Result<Vec<(u32, String, Vec<Hop>)>, Failure> {
        let start = Places::from([((start.to_owned(), 0), Vec::new())]);
        let mut least: BTreeMap<String, (u32, Vec<Hop>)> = BTreeMap::new();
        for ((id, far), way) in self.walk(path, start, depth)? {
            let found = (far, way);
            match least.get(&id) {
                Some(known) if *known <= found => {}
                _ => drop(least.insert(id, found)),
            }
        }
        let mut answers: Vec<_> = least.into_iter().map(|(id, (far, way))| (far, id, way)).collect();
        answers.sort();
        Ok(answers)
    }

    fn walk(&self, path: &Tree, from: Places, depth: u32) -> Result<Places, Failure> {
        let mut places = Places::new();
        match path {
            Tree::Link { name, is_back, holder } => {
                for ((id, far), way) in from.into_iter().filter(|((_, far), _)| *far < depth) {
                    for hop in self.steps(&id).into_iter().filter(|hop| is_link(&hop.link, name, *is_back, *holder)) {
                        let longer = way.iter().cloned().chain([hop.clone()]).collect();
                        add(&mut places, (hop.id, far + 1), longer);
                    }
                }
            }
            Tree::Sequence(parts) => {
                places = from;
                for part in parts {
                    places = self.walk(part, places, depth)?;
                }
            }
            Tree::Any(branches) => {
                for branch in branches {
                    add_all(&mut places, self.walk(branch, from.clone(), depth)?);
                }
            }
            Tree::Repeat(inner, least, most) => {
                let mut at = from;
                for _ in 0..*least {
                    at = self.walk(inner, at, depth)?;
                }
                places = at.clone();
                // What is not longer than the depth ends: no repeat adds anything any more.
                for _ in *least..most.unwrap_or(least + 4 * depth + 4) {
                    at = self.walk(inner, at, depth)?;
                    add_all(&mut places, at.clone());
                }
            }
            Tree::Filtered(inner, _, json) => {
                for ((id, far), way) in self.walk(inner, from, depth)? {
                    let Some(record) = self.records.get(&id) else { continue };
                    if evaluate(&filter::parse(record.model(), json)?, record) {
                        add(&mut places, (id, far), way);
                    }
                }
            }
        }
        Ok(places)
    }

    /// Where one can go from a record, forwards and back.
    pub(crate) fn steps(&self, id: &str) -> Vec<Hop> {
        let Some(node) = self.network.get(id) else { return Vec::new() };
        let mut hops = Vec::new();
        for (field, targets) in &node.links {
            hops.extend(targets.iter().map(|target| Hop { id: target.clone(), link: (*field).to_owned() }));
        }
        for (source, other) in self.network {
            for (field, targets) in &other.links {
                if targets.iter().any(|target| target == id) {
                    hops.push(Hop { id: source.clone(), link: format!("^{}.{field}", other.model) });
                }
            }
        }
        hops.retain(|hop| self.seen.contains(hop.id.as_str()));
        hops.sort();
        hops.dedup();
        hops
    }

    /// The ways from one record to another on which none stands twice, the shortest first.
    pub(crate) fn ways(&self, start: &str, end: &str, length: u32, follows: &dyn Fn(&str) -> bool) -> Vec<Vec<Hop>> {
        let mut ways = Vec::new();
        self.extend(&mut vec![Hop { id: start.to_owned(), link: String::new() }], end, length, follows, &mut ways);
        ways.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
        ways
    }

    fn extend(
        &self,
        way: &mut Vec<Hop>,
        end: &str,
        left: u32,
        follows: &dyn Fn(&str) -> bool,
        ways: &mut Vec<Vec<Hop>>,
    ) {
        let Some(at) = way.last().map(|hop| hop.id.clone()) else { return };
        if at == end {
            return ways.push(way.iter().skip(1).cloned().collect());
        }
        if left == 0 {
            return;
        }
        for hop in self.steps(&at).into_iter().filter(|hop| follows(&hop.link)) {
            if !way.iter().any(|before| before.id == hop.id) {
                way.push(hop);
                self.extend(way, end, left - 1, follows, ways);
                way.pop();
            }
        }
    }

    /// The records at most so many links away, and every link of these fields between two of them.
    pub(crate) fn around(
        &self,
        root: &str,
        depth: u32,
        follows: &dyn Fn(&str) -> bool,
        fields: &[&str],
    ) -> (Vec<(u32, String)>, Vec<Edge>) {
        let mut far = BTreeMap::from([(root.to_owned(), 0)]);
        for level in 0..depth {
            let last: Vec<String> = far.iter().filter(|(_, at)| **at == level).map(|(id, _)| id.clone()).collect();
            for hop in last.iter().flat_map(|id| self.steps(id)).filter(|hop| follows(&hop.link)) {
                far.entry(hop.id).or_insert(level + 1);
            }
        }
        let mut edges = Vec::new();
        for (source, node) in self.network.iter().filter(|(source, _)| far.contains_key(*source)) {
            for (field, targets) in node.links.iter().filter(|(field, _)| fields.contains(field)) {
                let inside = targets.iter().filter(|target| far.contains_key(*target));
                edges.extend(inside.map(|target| Edge {
                    source: source.clone(),
                    field: (*field).to_owned(),
                    target: target.clone(),
                }));
            }
        }
        edges.sort();
        edges.dedup();
        let mut nodes: Vec<_> = far.into_iter().map(|(id, at)| (at, id)).collect();
        nodes.sort();
        (nodes, edges)
    }
}

/// Whether a link as a way names it is that of a path.
fn is_link(link: &str, name: &str, is_back: bool, holder: Option<&str>) -> bool {
    match link.strip_prefix('^').and_then(|back| back.split_once('.')) {
        Some((model, field)) => is_back && field == name && holder.is_none_or(|holder| holder == model),
        None => !is_back && link == name,
    }
}

fn add(places: &mut Places, place: (String, u32), way: Vec<Hop>) {
    match places.get(&place) {
        Some(known) if *known <= way => {}
        _ => drop(places.insert(place, way)),
    }
}

fn add_all(places: &mut Places, more: Places) {
    more.into_iter().for_each(|(place, way)| add(places, place, way));
}

/// The fields that link, each once.
pub(crate) fn link_fields() -> Vec<&'static str> {
    LINKS.iter().map(|(_, field, _)| *field).collect()
}
