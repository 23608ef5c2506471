//! What records were: every version of each, by the commit that made it.

use std::collections::{BTreeSet, HashMap};
use std::time::{SystemTime, UNIX_EPOCH};

use udal_core::contract::{GetAt, History, Moment, Version, Versions};
use udal_core::filter::evaluate;
use udal_core::model::Model;
use udal_core::record::Record;
use udal_core::value::Timestamp;
use udal_core::{Action, Context, Error, ErrorKind, Result, shorten};

use crate::store::{Store, Tenant};

/// What a tenant's records were.
#[derive(Clone, Debug, Default)]
pub(crate) struct Past {
    commits: Vec<Commit>,
    /// The versions of each record, the oldest first.
    versions: HashMap<(String, String), Vec<Kept>>,
    /// The records that changed since the last commit.
    changed: BTreeSet<(String, String)>,
}

/// A version: the place of its commit, and the record; none where that deleted it.
type Kept = (usize, Option<Record>);

#[derive(Clone, Debug)]
struct Commit {
    at: Timestamp,
    author: String,
    message: String,
}

impl Past {
    /// Notes that a record changed.
    pub(crate) fn note(&mut self, model: &Model, id: &str) {
        self.changed.insert((model.name().to_owned(), id.to_owned()));
    }

    /// Begins a commit; answers the records that it changed, none where there is nothing to commit.
    pub(crate) fn begin(&mut self, author: &str, message: &str) -> BTreeSet<(String, String)> {
        let changed = std::mem::take(&mut self.changed);
        if !changed.is_empty() {
            let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let now = i64::try_from(since_1970.as_micros()).ok().and_then(Timestamp::from_micros);
            // Two commits of one microsecond, or a clock that was set back: the later one has a later time all the same.
            let next = self.commits.last().and_then(|last| Timestamp::from_micros(last.at.as_micros() + 1));
            let Some(at) = now.max(next) else { return BTreeSet::new() };
            self.commits.push(Commit { at, author: author.to_owned(), message: message.to_owned() });
        }
        changed
    }

    /// Adds what the last commit made of a record.
    pub(crate) fn add(&mut self, key: (String, String), record: Option<Record>) {
        self.versions.entry(key).or_default().push((self.commits.len().saturating_sub(1), record));
    }

    fn of(&self, model: &Model, id: &str) -> &[Kept] {
        self.versions.get(&(model.name().to_owned(), id.to_owned())).map(Vec::as_slice).unwrap_or_default()
    }

    /// The place of the last commit at that moment; none before the first.
    fn place(&self, at: &Moment) -> Result<Option<usize>> {
        match at {
            Moment::Commit(name) => match name.parse::<usize>() {
                Ok(place) if place < self.commits.len() => Ok(Some(place)),
                _ => Err(no_commit(name)),
            },
            Moment::Time(time) => Ok(self.commits.iter().rposition(|commit| commit.at <= *time)),
        }
    }
}

fn no_commit(name: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no commit `{}`", shorten(name)))
        .hint("`history` names the commits of a record; a time is written such as `2024-05-01T12:00:00Z`")
}

/// Who the context acts for.
pub(crate) fn author_of(ctx: &Context) -> String {
    ctx.access().user_id().map_or_else(|| "udal".to_owned(), shorten)
}

pub(crate) fn get_at(store: &Store, ctx: &Context, op: GetAt) -> Result<Option<Record>> {
    let GetAt { model, id, at } = op;
    let reach = ctx.reach(&model, Action::View);
    let Some(tenant) = store.home(ctx, &model) else { return Ok(None) };
    let place = tenant.past.place(&at)?;
    if is_hidden_now(tenant, &model, &id, &reach) {
        return Ok(None);
    }
    let then = tenant.past.of(&model, &id).iter().rev().find(|(commit, _)| Some(*commit) <= place);
    let record = then.and_then(|(_, record)| record.clone());
    Ok(record.filter(|record| evaluate(&reach, record)))
}

fn is_hidden_now(tenant: &Tenant, model: &Model, id: &str, reach: &udal_core::filter::Predicate) -> bool {
    tenant.get(model.name(), id).is_some_and(|record| !evaluate(reach, record))
}

pub(crate) fn history(store: &Store, ctx: &Context, op: History) -> Result<Versions> {
    let History { model, id, limit } = op;
    let reach = ctx.reach(&model, Action::View);
    let nothing = Versions { versions: Vec::new(), is_complete: true };
    let Some(tenant) = store.home(ctx, &model) else { return Ok(nothing) };
    let all = tenant.past.of(&model, &id);
    // The record that is there now, or the last one that was: back to where there was none before it.
    let alive = all.iter().rev().skip_while(|(_, record)| record.is_none()).take_while(|(_, record)| record.is_some());
    let deleted = all.iter().rev().take_while(|(_, record)| record.is_none());
    let of_it: Vec<_> = alive.collect();
    let newest = of_it.first().and_then(|(_, record)| record.as_ref());
    if is_hidden_now(tenant, &model, &id, &reach) || newest.is_none_or(|record| !evaluate(&reach, record)) {
        return Ok(nothing);
    }
    let is_complete = of_it.len() <= limit;
    let seen = deleted.chain(of_it.into_iter().take(limit)).filter_map(|(place, record)| {
        let is_seen = record.as_ref().is_none_or(|record| evaluate(&reach, record));
        let commit = tenant.past.commits.get(*place).filter(|_| is_seen)?;
        let Commit { at, author, message } = commit.clone();
        Some(Version { commit: place.to_string(), at, author, message, record: record.clone() })
    });
    Ok(Versions { versions: seen.collect(), is_complete })
}
