//! A path's tree as states with arcs between them, which know of no model yet.

use serde_json::Value as Json;
use udal_core::{Error, Result};

use super::syntax::{Path, Step};

/// The most states that a path may make.
const MAX_STATES: usize = 2_000;

/// What leads from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arc {
    /// Nothing.
    Free,
    /// The step of that number.
    Step(usize),
    /// Nothing, if the filter of that number is true of the record at hand.
    Filter(usize),
}

/// A filter of a path.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    pub(super) json: Json,
    pub(super) position: usize,
}

/// States with arcs between them: from state 0 to [`last`](Nfa::last).
#[derive(Debug, Default)]
pub(super) struct Nfa {
    pub(super) arcs: Vec<Vec<(Arc, usize)>>,
    pub(super) steps: Vec<Step>,
    pub(super) filters: Vec<Filter>,
    pub(super) last: usize,
}

impl Nfa {
    pub(super) fn new(path: &Path) -> Result<Self> {
        let mut nfa = Nfa { arcs: vec![Vec::new()], ..Nfa::default() };
        nfa.last = nfa.add(path, 0)?;
        Ok(nfa)
    }

    /// Adds `path` after the state `from`; answers the state that it ends in.
    fn add(&mut self, path: &Path, from: usize) -> Result<usize> {
        match path {
            Path::Step(step) => {
                let number = number_of(&mut self.steps, |known| known == step, || step.clone());
                self.arc_to_new(from, Arc::Step(number))
            }
            Path::Sequence(parts) => parts.iter().try_fold(from, |from, part| self.add(part, from)),
            Path::Any(branches) => {
                let end = self.state()?;
                for branch in branches {
                    // A branch of its own start: a loop in one is not a loop of the others.
                    let start = self.arc_to_new(from, Arc::Free)?;
                    let branch_end = self.add(branch, start)?;
                    self.arc(branch_end, Arc::Free, end);
                }
                Ok(end)
            }
            Path::Filtered { inner, filter, position } => {
                let end = self.add(inner, from)?;
                let new = || Filter { json: filter.clone(), position: *position };
                let number = number_of(&mut self.filters, |known| known.position == *position, new);
                self.arc_to_new(end, Arc::Filter(number))
            }
            Path::Repeat { inner, least, most } => self.add_repeated(inner, *least, *most, from),
        }
    }

    fn add_repeated(&mut self, inner: &Path, least: u32, most: Option<u32>, from: usize) -> Result<usize> {
        let mut at = from;
        for _ in 0..least {
            at = self.add(inner, at)?;
        }
        let Some(most) = most else {
            let start = self.arc_to_new(at, Arc::Free)?;
            let end = self.add(inner, start)?;
            self.arc(end, Arc::Free, start);
            return self.arc_to_new(start, Arc::Free);
        };
        let last = self.state()?;
        for _ in least..most {
            self.arc(at, Arc::Free, last);
            let start = self.arc_to_new(at, Arc::Free)?;
            at = self.add(inner, start)?;
        }
        self.arc(at, Arc::Free, last);
        Ok(last)
    }

    fn state(&mut self) -> Result<usize> {
        if self.arcs.len() >= MAX_STATES {
            return Err(too_large());
        }
        self.arcs.push(Vec::new());
        Ok(self.arcs.len() - 1)
    }

    fn arc(&mut self, from: usize, arc: Arc, to: usize) {
        if let Some(arcs) = self.arcs.get_mut(from) {
            arcs.push((arc, to));
        }
    }

    fn arc_to_new(&mut self, from: usize, arc: Arc) -> Result<usize> {
        let to = self.state()?;
        self.arc(from, arc, to);
        Ok(to)
    }

    /// The arcs that leave `state`.
    pub(super) fn leaving(&self, state: usize) -> &[(Arc, usize)] {
        self.arcs.get(state).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The path says more than is worth walking.
pub(super) fn too_large() -> Error {
    Error::invalid("the path has too many steps, once its counts are written out")
        .hint("use smaller counts, or * and +")
}

fn number_of<T>(known: &mut Vec<T>, is_it: impl Fn(&T) -> bool, new: impl FnOnce() -> T) -> usize {
    known.iter().position(is_it).unwrap_or_else(|| {
        known.push(new());
        known.len() - 1
    })
}
