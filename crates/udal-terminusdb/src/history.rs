//! What a record was: found commit by commit, without the server's own history, which looks at every commit there is.
//!
//! A record's version and the time of its creation name one stretch of commits. A stretch begins shortly after the record's
//! `updated_at`: it is looked for there, and by halving. Each look is one read of one record at one commit.

use std::collections::HashMap;
use std::sync::Arc;

use udal_core::contract::{GetAt, History, Moment, Version, Versions};
use udal_core::filter::{Predicate, evaluate};
use udal_core::model::Model;
use udal_core::record::Record;
use udal_core::value::Timestamp;
use udal_core::{Action, Context, Error, ErrorKind, Result, shorten};
use udal_graph::{Commit, Since, commit_named, commits, commits_about, read_commits, read_records, seconds_of};

use crate::database::Database;
use crate::failure::Failure;
use crate::read::can_be_id;
use crate::tenant::Databases;

/// How many commits are read at a time: first around where a version should begin, then further back.
const PAGE: usize = 16;
const LARGE_PAGE: usize = 500;
/// How many commits are read for one history, at most.
const MAX_COMMITS: usize = 10_000;
/// How many commits are looked at for the delete of a record that is gone.
const MAX_DELETES: usize = 64;
/// How long after a record's `updated_at` its commit is expected, by clocks that may differ, in microseconds.
const EXPECTED_WITHIN: i64 = 2_000_000;

pub(crate) async fn get_at(databases: &Databases, ctx: &Context, op: GetAt) -> Result<Option<Record>> {
    let GetAt { model, id, at } = op;
    let reach = ctx.reach(&model, Action::View);
    let Some(past) = Past::of(databases, ctx, &model, &id).await? else { return Ok(None) };
    if past.is_hidden_now(&reach).await? {
        return Ok(None);
    }
    let found = match &at {
        Moment::Commit(name) => past.commits(&commit_named(name)).await?.pop().ok_or_else(|| no_commit(name))?,
        Moment::Time(time) => match past.commits(&commits(&Since::At(end_of(*time)), 1)).await?.pop() {
            Some(commit) => commit,
            None => return Ok(None),
        },
    };
    past.at(Some(&found.id), &reach).await
}

/// The end of the microsecond: commits have finer times.
pub(crate) fn end_of(time: Timestamp) -> String {
    format!("{}999999", seconds_of(time))
}

fn no_commit(name: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no commit `{}`", shorten(name)))
        .hint("`history` names the commits of a record; a time is written such as `2024-05-01T12:00:00Z`")
}

pub(crate) async fn history(databases: &Databases, ctx: &Context, op: History) -> Result<Versions> {
    let History { model, id, limit } = op;
    let reach = ctx.reach(&model, Action::View);
    let nothing = Versions { versions: Vec::new(), is_complete: true };
    let Some(past) = Past::of(databases, ctx, &model, &id).await? else { return Ok(nothing) };
    let Some(newest) = past.commits(&commits(&Since::Newest, 1)).await?.pop() else { return Ok(nothing) };
    let mut walk = Walk { past: &past, looked: HashMap::new(), read: 0 };
    let mut versions = Vec::new();
    let mut end = match walk.at(&newest).await? {
        Some(record) if !evaluate(&reach, &record) => return Ok(nothing),
        Some(_) => newest,
        None => match walk.deleted().await? {
            Deleted::By(found) => {
                let [delete, before] = *found;
                versions.push(version(delete, None));
                before
            }
            Deleted::Never => return Ok(nothing),
            Deleted::Unknown => return Ok(Versions { is_complete: false, ..nothing }),
        },
    };
    for _ in 0..limit {
        let Some(record) = walk.at(&end).await? else { return Ok(hide(versions, &reach, true)) };
        let Some(Start { first, before }) = walk.start(end, &record).await? else {
            return Ok(hide(versions, &reach, false));
        };
        versions.push(version(first, Some(record)));
        match before {
            Some(before) => end = before,
            None => return Ok(hide(versions, &reach, true)),
        }
    }
    let is_complete = walk.at(&end).await?.is_none();
    Ok(hide(versions, &reach, is_complete))
}

fn version(commit: Commit, record: Option<Record>) -> Version {
    let Commit { id, seconds: _, at, author, message } = commit;
    // The writer's own mark at the end is nobody's business.
    let message = message.rsplit_once(" [").map_or(message.as_str(), |(said, _)| said).to_owned();
    Version { commit: id, at, author, message, record }
}

/// Leaves out the versions that are out of reach; what is deleted is out of reach as a whole where its last version is.
fn hide(versions: Vec<Version>, reach: &Predicate, is_complete: bool) -> Versions {
    let is_seen = |version: &Version| version.record.as_ref().is_none_or(|record| evaluate(reach, record));
    let is_deleted_unseen = match versions.as_slice() {
        [delete, before, ..] if delete.record.is_none() => !is_seen(before),
        _ => false,
    };
    if is_deleted_unseen {
        return Versions { versions: Vec::new(), is_complete: true };
    }
    Versions { versions: versions.into_iter().filter(is_seen).collect(), is_complete }
}

/// One record in one database.
struct Past {
    database: Arc<Database>,
    model: Arc<Model>,
    id: String,
}

impl Past {
    /// None where there can be no such record.
    async fn of(databases: &Databases, ctx: &Context, model: &Arc<Model>, id: &str) -> Result<Option<Self>> {
        if !can_be_id(model, id) {
            return Ok(None);
        }
        let database = databases.find(ctx.tenant()).await?;
        Ok(database.map(|database| Past { database, model: Arc::clone(model), id: id.to_owned() }))
    }

    async fn commits(&self, request: &udal_graph::Request) -> Result<Vec<Commit>> {
        match self.database.client.ask_commits(&self.database.name, request).await {
            Ok(data) => read_commits(&data),
            Err(Failure::Missing(_)) => Ok(Vec::new()),
            Err(failure) => Err(failure.into()),
        }
    }

    /// The record after that commit, or now, if `reach` is true of it.
    async fn at(&self, commit: Option<&str>, reach: &Predicate) -> Result<Option<Record>> {
        let request = udal_graph::get(&self.model, &self.id, reach)?;
        let Database { client, name, .. } = &*self.database;
        let asked = match commit {
            Some(commit) => client.ask_at(name, commit, &request).await,
            None => client.ask(name, &request).await,
        };
        match asked {
            Ok(data) => Ok(read_records(&self.model, &data)?.pop()),
            Err(Failure::Missing(_)) => Ok(None),
            // The class was not there yet.
            Err(Failure::Rejected(said)) if said.is_unknown_name() => Ok(None),
            Err(failure) => Err(failure.into()),
        }
    }

    async fn is_hidden_now(&self, reach: &Predicate) -> Result<bool> {
        let now = self.at(None, &Predicate::always()).await?;
        Ok(now.is_some_and(|record| !evaluate(reach, &record)))
    }
}

/// Where a version begins.
struct Start {
    /// The commit that made it.
    first: Commit,
    /// The one before; none where that is the database's first.
    before: Option<Commit>,
}

/// What is known of the delete of a record that is not there.
enum Deleted {
    /// The commit that deleted it, and the one before.
    By(Box<[Commit; 2]>),
    /// It was never there.
    Never,
    /// There are more commits that may have been it than were looked at.
    Unknown,
}

struct Walk<'a> {
    past: &'a Past,
    /// What was seen at each commit.
    looked: HashMap<String, Option<Record>>,
    /// How many commits were read.
    read: usize,
}

impl Walk<'_> {
    async fn at(&mut self, commit: &Commit) -> Result<Option<Record>> {
        if let Some(seen) = self.looked.get(&commit.id) {
            return Ok(seen.clone());
        }
        let seen = self.past.at(Some(&commit.id), &Predicate::always()).await?;
        self.looked.insert(commit.id.clone(), seen.clone());
        Ok(seen)
    }

    async fn is_same(&mut self, commit: &Commit, record: &Record) -> Result<bool> {
        let seen = self.at(commit).await?;
        Ok(seen.is_some_and(|seen| seen.version() == record.version() && seen.created_at() == record.created_at()))
    }

    /// What deleted the record, which is not there now.
    async fn deleted(&mut self) -> Result<Deleted> {
        let (model, id) = (self.past.model.name(), &self.past.id);
        let candidates = self.past.commits(&commits_about(model, id, MAX_DELETES)).await?;
        let is_all = candidates.len() < MAX_DELETES;
        for candidate in candidates {
            let page = self.past.commits(&commits(&Since::Before(candidate.seconds.clone()), 1)).await?;
            let Some(before) = page.into_iter().next() else { break };
            if self.at(&before).await?.is_some() && self.at(&candidate).await?.is_none() {
                return Ok(Deleted::By(Box::new([candidate, before])));
            }
        }
        Ok(if is_all { Deleted::Never } else { Deleted::Unknown })
    }

    /// Where the version begins that the record has after the commit `end`; none where that is too far back.
    async fn start(&mut self, end: Commit, record: &Record) -> Result<Option<Start>> {
        let updated = record.updated_at().map_or(i64::MAX, Timestamp::as_micros);
        let expected = Timestamp::from_micros(updated.saturating_add(EXPECTED_WITHIN));
        let mut page = match expected.filter(|expected| *expected < end.at) {
            Some(expected) => self.past.commits(&commits(&Since::At(seconds_of(expected)), PAGE)).await?,
            None => Vec::new(),
        };
        self.read += page.len();
        let is_guessed = match page.first() {
            Some(newest) => self.is_same(&newest.clone(), record).await?,
            None => false,
        };
        // The clocks differ more than expected, or the end is near: from there.
        if !is_guessed {
            page = vec![end];
        }
        loop {
            let Some(last) = page.last().cloned() else { return Ok(None) };
            if !self.is_same(&last, record).await? {
                return self.halve(page, record).await.map(Some);
            }
            if self.read >= MAX_COMMITS {
                return Ok(None);
            }
            let size = if page.len() < PAGE { PAGE } else { LARGE_PAGE };
            let older = self.past.commits(&commits(&Since::Before(last.seconds.clone()), size)).await?;
            if older.is_empty() {
                return Ok(Some(Start { first: last, before: None }));
            }
            self.read += older.len();
            page = std::iter::once(last).chain(older).collect();
        }
    }

    /// Finds where the version begins in a page whose first commit has it and whose last has not.
    async fn halve(&mut self, page: Vec<Commit>, record: &Record) -> Result<Start> {
        // At `same` it is the version, at `other` another, and between them it changes once.
        let (mut same, mut other) = (0, page.len().saturating_sub(1));
        let mut guess = page
            .iter()
            .rposition(|commit| record.updated_at().is_some_and(|updated| commit.at >= updated))
            .unwrap_or(0);
        while other > same + 1 {
            let middle = if guess > same && guess < other { guess } else { same.midpoint(other) };
            let Some(commit) = page.get(middle).cloned() else { break };
            if self.is_same(&commit, record).await? {
                same = middle;
                // The guess was right if the next is another one.
                guess = if guess == middle { middle + 1 } else { 0 };
            } else {
                other = middle;
                guess = 0;
            }
        }
        let mut from = page.into_iter().skip(same);
        let first = from.next().ok_or_else(|| Error::internal("a page of commits is empty"))?;
        Ok(Start { first, before: from.next() })
    }
}
