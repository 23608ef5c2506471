//! What is asked of linked records: [paths](Walk::parse) that are walked from one, the ways from one to another, what lies
//! around one; and [`GraphBackend`], which answers.
//!
//! A record that the asker may not see is as if it were not there: it is neither answered nor crossed, and nothing is counted
//! along it. A field that is hidden from them is no link, one that is masked is refused.

mod answer;
mod backend;
mod compile;
mod condition;
mod levels;
mod nfa;
mod ops;
mod request;
mod seen;
mod simple_paths;
mod syntax;
#[cfg(test)]
mod tests;
mod token;
mod walk;

use std::collections::VecDeque;
use std::sync::Arc;

use udal_core::filter::Predicate;
use udal_core::model::{Catalog, Model};
use udal_core::{AccessContext, Error, ErrorKind, FieldError, Result, nearest, shorten};

pub use answer::{Cut, Edge, Found, Hop, Neighbourhood, Reached, Route, Traversal, path_of};
pub use backend::GraphBackend;
pub use levels::{Levels, Met};
pub use ops::{
    DEFAULT_DEPTH, DEFAULT_NODES, DEFAULT_PATHS, MAX_DEPTH, MAX_NODES, MAX_PATHS, Paths, Subgraph, Traverse,
    checked_count, checked_depth,
};
pub use request::{Follow, PathRequest, SubgraphRequest, TraverseRequest};
pub use seen::Ways;
pub use simple_paths::found;
pub use walk::{Link, Start, State, Transition, Walk};

use compile::{Compiler, numbered};
use nfa::Nfa;
use seen::Seen;
use syntax::Path;

impl Walk {
    /// Reads a path such as `contacts/opportunities[stage = "won"]`, walked from records of `model`, as whoever has `access`
    /// sees the models.
    ///
    /// `a/b` is one link after the other, `^a` a link followed back (to every model that holds it; `^Model.a` to one), `a|b`
    /// either, `a*` any number of times, `a+` at least once, `a?` at most once, `a{1,3}` so often; `( )` groups. A filter in
    /// `[ ]` is about the record at which the step before it arrives.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput): what cannot be read, at which letter, and how to mend it.
    /// [`UnknownName`](ErrorKind::UnknownName) for a link or field that is not there, with the nearest.
    pub fn parse(catalog: &Catalog, access: &AccessContext, model: &Model, path: &str) -> Result<Walk> {
        let path = syntax::parse(path)?;
        let seen = Seen::new(catalog, access);
        let nfa = Nfa::new(&path)?;
        Compiler::new(&nfa, &seen).walk(model.name(), longest(&path))
    }

    /// The walk from records of `model` along links of these names, or along all links where none is named, as far as there
    /// are any.
    ///
    /// # Errors
    /// [`UnknownName`](ErrorKind::UnknownName) for a link that no model has, with the nearest.
    pub fn along(
        catalog: &Catalog,
        access: &AccessContext,
        model: &Model,
        links: &[String],
        ways: Ways,
    ) -> Result<Walk> {
        check_names(catalog, access, links)?;
        let seen = Seen::new(catalog, access);
        let mut models = vec![Arc::clone(&seen.of(model.name())?.model)];
        let mut transitions = Vec::new();
        let mut waiting = VecDeque::from([0]);
        while let Some(from) = waiting.pop_front() {
            let Some(name) = models.get(from).map(|model| model.name().to_owned()) else { continue };
            for link in seen.all_links(&name, ways)? {
                if !links.is_empty() && !links.contains(&link.field) {
                    continue;
                }
                let known = models.iter().position(|model| model.name() == link.arrives_at());
                let to = known.unwrap_or(models.len());
                if known.is_none() {
                    models.push(Arc::clone(&seen.of(link.arrives_at())?.model));
                    waiting.push_back(to);
                }
                transitions.push((from, link, to, Predicate::always()));
            }
        }
        let states = (0..models.len()).map(|model| State { model, is_end: true }).collect();
        let (links, transitions) = numbered(transitions);
        let starts = vec![Start { state: 0, filter: Predicate::always() }];
        Ok(Walk { models, links, states, starts, transitions, longest: None })
    }
}

/// Refuses names that are no link of any model.
fn check_names(catalog: &Catalog, access: &AccessContext, links: &[String]) -> Result<()> {
    let mut known: Vec<String> = Vec::new();
    let mut masked: Vec<String> = Vec::new();
    for model in catalog.models() {
        let view = model.seen_by(access);
        let fields = view.visible_fields().filter(|field| field.is_link());
        for field in fields {
            let names = if field.mask().is_some() { &mut masked } else { &mut known };
            names.push(field.name().to_owned());
        }
    }
    let Some(name) = links.iter().find(|name| !known.contains(name)) else { return Ok(()) };
    if masked.contains(name) {
        let error = FieldError::new(name, "not_allowed", "its values are masked from you");
        return Err(Error::fields("a link cannot be followed", vec![error.hint("leave it out")]));
    }
    let message = format!("no model has a link `{}`", shorten(name));
    Err(Error::new(ErrorKind::UnknownName, message).near(nearest(name, known.iter().map(String::as_str))))
}

/// How many links the longest walk along `path` follows; none where there is no longest.
fn longest(path: &Path) -> Option<u32> {
    match path {
        Path::Step(_) => Some(1),
        Path::Sequence(parts) => parts.iter().map(longest).try_fold(0_u32, |sum, part| Some(sum.saturating_add(part?))),
        Path::Any(branches) => branches.iter().map(longest).try_fold(0, |most, branch| Some(most.max(branch?))),
        Path::Repeat { inner, most, .. } => Some(longest(inner)?.saturating_mul((*most)?)),
        Path::Filtered { inner, .. } => longest(inner),
    }
}
