//! A path's arcs as a walk: which records of which model may stand where, and which links lead on from there.
//!
//! A state of the walk is a set of the path's states, so that a record stands in each at most once, however many ways of
//! reading the path led there.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc as Shared;

use udal_core::filter::{Predicate, parse as parse_filter};
use udal_core::model::Model;
use udal_core::{Error, Result};

use super::nfa::{Arc, Filter, Nfa, too_large};
use super::seen::Seen;
use super::walk::{Link, Start, State, Transition, Walk};

/// The most states of a walk.
const MAX_STATES: usize = 512;
/// The most ways between them.
const MAX_TRANSITIONS: usize = 8_000;

/// Some states of a path.
type States = BTreeSet<usize>;
/// Filters that must all be true.
type Filters = BTreeSet<usize>;

pub(super) struct Compiler<'a> {
    nfa: &'a Nfa,
    seen: &'a Seen,
    models: Vec<Shared<Model>>,
    states: Vec<(usize, States)>,
    numbers: HashMap<(usize, States), usize>,
    /// From, link, to, filter.
    transitions: Vec<(usize, Link, usize, Predicate)>,
    predicates: HashMap<(usize, usize), Predicate>,
    /// For each step the models at which it was looked for, and whether any has it.
    tried: Vec<(BTreeSet<String>, bool)>,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(nfa: &'a Nfa, seen: &'a Seen) -> Self {
        Compiler {
            nfa,
            seen,
            models: Vec::new(),
            states: Vec::new(),
            numbers: HashMap::new(),
            transitions: Vec::new(),
            predicates: HashMap::new(),
            tried: vec![(BTreeSet::new(), false); nfa.steps.len()],
        }
    }

    /// The walk from records of the model of that name.
    pub(super) fn walk(mut self, model: &str, longest: Option<u32>) -> Result<Walk> {
        let start = self.model(model)?;
        let mut starts = Vec::new();
        for (filter, states) in self.closure(&States::from([0]), start)? {
            starts.push(Start { state: self.state(start, states)?, filter });
        }
        let mut at = 0;
        while let Some((model, states)) = self.states.get(at).cloned() {
            self.leave(at, model, &states)?;
            at += 1;
        }
        self.check_steps()?;
        Ok(self.finish(starts, longest))
    }

    /// Adds the ways that leave a state.
    fn leave(&mut self, from: usize, model: usize, states: &States) -> Result<()> {
        let mut landings: BTreeMap<Link, States> = BTreeMap::new();
        let arcs = states.iter().flat_map(|state| self.nfa.leaving(*state));
        let steps: Vec<(usize, usize)> = arcs
            .filter_map(|(arc, to)| match arc {
                Arc::Step(number) => Some((*number, *to)),
                Arc::Free | Arc::Filter(_) => None,
            })
            .collect();
        let name = self.models.get(model).map(|model| model.name().to_owned()).unwrap_or_default();
        for (number, to) in steps {
            let Some(step) = self.nfa.steps.get(number) else { continue };
            let links = self.seen.links(&name, step)?;
            if let Some((models, is_found)) = self.tried.get_mut(number) {
                models.insert(name.clone());
                *is_found |= !links.is_empty();
            }
            for link in links {
                landings.entry(link).or_default().insert(to);
            }
        }
        for (link, landed) in landings {
            let target = self.model(link.arrives_at())?;
            for (filter, states) in self.closure(&landed, target)? {
                let to = self.state(target, states)?;
                if self.transitions.len() >= MAX_TRANSITIONS {
                    return Err(too_large());
                }
                self.transitions.push((from, link.clone(), to, filter));
            }
        }
        Ok(())
    }

    /// The states that a record in one of `from` is in without a further step: those with steps, and the last; by the filter
    /// that must be true of it for them.
    fn closure(&mut self, from: &States, model: usize) -> Result<Vec<(Predicate, States)>> {
        let mut met: HashSet<(usize, Filters)> = HashSet::new();
        let mut waiting: Vec<(usize, Filters)> = from.iter().map(|state| (*state, Filters::new())).collect();
        let mut found: BTreeMap<usize, Vec<Filters>> = BTreeMap::new();
        while let Some((state, filters)) = waiting.pop() {
            if !met.insert((state, filters.clone())) {
                continue;
            }
            if met.len() > MAX_TRANSITIONS {
                return Err(too_large());
            }
            let mut is_kept = state == self.nfa.last;
            for (arc, to) in self.nfa.leaving(state) {
                let mut filters = filters.clone();
                match arc {
                    Arc::Step(_) => {
                        is_kept = true;
                        continue;
                    }
                    Arc::Free => {}
                    Arc::Filter(number) => {
                        filters.insert(*number);
                    }
                }
                waiting.push((*to, filters));
            }
            if is_kept {
                found.entry(state).or_default().push(filters);
            }
        }
        let mut by_filters: BTreeMap<Vec<Filters>, States> = BTreeMap::new();
        for (state, alternatives) in found {
            by_filters.entry(weakest(alternatives)).or_default().insert(state);
        }
        by_filters.into_iter().map(|(any, states)| Ok((self.predicate(&any, model)?, states))).collect()
    }

    /// What must be true of a record of `model`: all the filters of one of these sets.
    fn predicate(&mut self, any: &[Filters], model: usize) -> Result<Predicate> {
        let mut parts = Vec::with_capacity(any.len());
        for all in any {
            let mut tests = all.iter().map(|filter| self.parsed(*filter, model)).collect::<Result<Vec<_>>>()?;
            parts.push(if tests.len() == 1 { tests.remove(0) } else { Predicate::All(tests) });
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Predicate::Any(parts) })
    }

    fn parsed(&mut self, number: usize, model: usize) -> Result<Predicate> {
        if let Some(known) = self.predicates.get(&(number, model)) {
            return Ok(known.clone());
        }
        let (Some(Filter { json, position }), Some(of)) = (self.nfa.filters.get(number), self.models.get(model)) else {
            return Err(Error::internal("a filter of a path is gone"));
        };
        let predicate = parse_filter(&self.seen.of(of.name())?.view, json).map_err(|error| {
            let message = format!("the filter at position {position} of the path does not fit `{}`", of.name());
            Error::with_fields(error.kind(), message, error.field_errors().to_vec())
        })?;
        self.predicates.insert((number, model), predicate.clone());
        Ok(predicate)
    }

    /// The place of the model of that name.
    fn model(&mut self, name: &str) -> Result<usize> {
        if let Some(known) = self.models.iter().position(|model| model.name() == name) {
            return Ok(known);
        }
        self.models.push(Shared::clone(&self.seen.of(name)?.model));
        Ok(self.models.len() - 1)
    }

    /// The number of the state for records of `model` in these states of the path.
    fn state(&mut self, model: usize, states: States) -> Result<usize> {
        let key = (model, states);
        if let Some(known) = self.numbers.get(&key) {
            return Ok(*known);
        }
        if self.states.len() >= MAX_STATES {
            return Err(too_large());
        }
        self.states.push(key.clone());
        self.numbers.insert(key, self.states.len() - 1);
        Ok(self.states.len() - 1)
    }

    /// Refuses a path with a step that no model at hand has.
    fn check_steps(&self) -> Result<()> {
        for (step, (models, is_found)) in self.nfa.steps.iter().zip(&self.tried) {
            if !is_found && !models.is_empty() {
                let models: Vec<&str> = models.iter().map(String::as_str).collect();
                return Err(self.seen.no_such_link(&models, step));
            }
        }
        Ok(())
    }

    fn finish(self, starts: Vec<Start>, longest: Option<u32>) -> Walk {
        let last = self.nfa.last;
        let states =
            self.states.iter().map(|(model, states)| State { model: *model, is_end: states.contains(&last) }).collect();
        let (links, transitions) = numbered(self.transitions);
        Walk { models: self.models, links, states, starts, transitions, longest }
    }
}

/// Gives links their places, in the order of their texts.
pub(super) fn numbered(transitions: Vec<(usize, Link, usize, Predicate)>) -> (Vec<Link>, Vec<Transition>) {
    let mut links: Vec<Link> = transitions.iter().map(|(_, link, _, _)| link.clone()).collect();
    links.sort_by_cached_key(|link| (link.to_string(), link.clone()));
    links.dedup();
    let place = |link: &Link| links.iter().position(|known| known == link).unwrap_or_default();
    let transitions = transitions.into_iter().map(|(from, link, to, filter)| {
        let link = place(&link);
        Transition { from, link, to, filter }
    });
    let transitions = transitions.collect();
    (links, transitions)
}

/// Of sets of filters of which one is enough, those that ask for nothing that another does not.
fn weakest(mut alternatives: Vec<Filters>) -> Vec<Filters> {
    alternatives.sort();
    alternatives.dedup();
    let all = alternatives.clone();
    alternatives.retain(|one| !all.iter().any(|other| other != one && other.is_subset(one)));
    alternatives
}
