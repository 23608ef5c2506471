//! The ways between two records, of the links that were found around them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use super::{Cut, Edge, Found, Hop, Levels, Link, Paths, Route};

/// How many records the search for ways steps on before it gives up: without it, a way that no record may cross twice takes
/// time that grows with the factorial of the records.
const PATIENCE: usize = 2_000_000;

/// The ways that `op` asks for, of what a walk met: where one is asked for, that which led to the end; where several are,
/// those along `edges`, the links between the records that were met.
pub fn found<R>(op: &Paths, levels: &Levels<R>, edges: Vec<Edge>) -> Found {
    let cut = levels.cut(&op.walk, op.max_length);
    if op.limit == 1 {
        let way = levels.first_way_to(&op.walk, &op.end_id);
        let cut = if way.is_some() { None } else { cut };
        return Found { routes: way.into_iter().map(|hops| Route { hops }).collect(), cut };
    }
    let found = simple_paths(op, &levels.edges_between(edges));
    let cut = if levels.is_full() { cut } else { found.cut.or(cut) };
    Found { cut, ..found }
}

/// The ways that `op` asks for, in a graph of these edges, shortest first.
///
/// Edges of other links than those of the walk are left out. Before each step it is known how far the end is at least, so
/// that none is taken that cannot lead there in time.
fn simple_paths(op: &Paths, edges: &[Edge]) -> Found {
    let Paths { walk, start_id, end_id, end_model: _, max_length, limit, max_nodes: _ } = op;
    let graph = Directed::new(&walk.links, edges);
    let Some(shortest) = graph.to_end(end_id).get(start_id.as_str()).copied() else { return Found::default() };
    let mut search = Search {
        distance: graph.to_end(end_id),
        graph: &graph,
        end: end_id,
        limit: limit.saturating_add(1),
        steps: 0,
        on_way: HashSet::from([start_id.as_str()]),
        way: Vec::new(),
        routes: Vec::new(),
    };
    for length in shortest..=*max_length {
        if search.is_over() {
            break;
        }
        search.extend(start_id, length);
    }
    let is_cut = search.steps > PATIENCE || search.routes.len() > *limit;
    let mut routes = search.routes;
    routes.truncate(*limit);
    Found { routes, cut: is_cut.then_some(Cut::Paths) }
}

/// Where one can go from a record: the next record, and the link.
struct Directed<'e> {
    onwards: BTreeMap<&'e str, BTreeSet<(&'e str, String)>>,
}

impl<'e> Directed<'e> {
    fn new(links: &[Link], edges: &'e [Edge]) -> Self {
        let mut onwards: BTreeMap<&'e str, BTreeSet<(&'e str, String)>> = BTreeMap::new();
        let mut by_field: HashMap<(&str, &str), Vec<&Link>> = HashMap::new();
        for link in links {
            by_field.entry((&link.holder, &link.field)).or_default().push(link);
        }
        for edge in edges {
            let holder = edge.source.split('/').next().unwrap_or_default();
            for link in by_field.get(&(holder, edge.field.as_str())).into_iter().flatten() {
                let (from, to) = if link.is_back { (&edge.target, &edge.source) } else { (&edge.source, &edge.target) };
                onwards.entry(from).or_default().insert((to, link.to_string()));
            }
        }
        Directed { onwards }
    }

    /// How far the end is from each record from which one can get there.
    fn to_end<'s>(&'s self, end: &'s str) -> HashMap<&'s str, u32> {
        let mut before: HashMap<&str, Vec<&str>> = HashMap::new();
        for (from, steps) in &self.onwards {
            for (to, _) in steps {
                before.entry(to).or_default().push(from);
            }
        }
        let mut distance = HashMap::from([(end, 0)]);
        let mut waiting = VecDeque::from([(end, 0)]);
        while let Some((at, far)) = waiting.pop_front() {
            for from in before.get(at).into_iter().flatten() {
                if !distance.contains_key(from) {
                    distance.insert(from, far + 1);
                    waiting.push_back((from, far + 1));
                }
            }
        }
        distance
    }
}

/// A search for ways of one length after the other.
struct Search<'s> {
    graph: &'s Directed<'s>,
    distance: HashMap<&'s str, u32>,
    end: &'s str,
    limit: usize,
    steps: usize,
    on_way: HashSet<&'s str>,
    way: Vec<(&'s str, &'s str)>,
    routes: Vec<Route>,
}

impl<'s> Search<'s> {
    fn is_over(&self) -> bool {
        self.routes.len() >= self.limit || self.steps > PATIENCE
    }

    /// Adds the ways that go on from `at` with exactly `left` links.
    fn extend(&mut self, at: &str, left: u32) {
        if at == self.end {
            if left == 0 {
                let hops = self.way.iter().map(|(id, link)| Hop { id: (*id).to_owned(), link: (*link).to_owned() });
                self.routes.push(Route { hops: hops.collect() });
            }
            return;
        }
        let graph = self.graph;
        for (to, link) in graph.onwards.get(at).into_iter().flatten() {
            self.steps += 1;
            if self.is_over() {
                return;
            }
            let is_near = self.distance.get(to).is_some_and(|distance| *distance < left);
            if is_near && self.on_way.insert(to) {
                self.way.push((to, link));
                self.extend(to, left - 1);
                self.way.pop();
                self.on_way.remove(to);
            }
        }
    }
}
