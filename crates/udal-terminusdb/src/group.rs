//! One commit for a group of writes.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value as Json;
use udal_core::contract::Created;
use udal_core::model::{Field, Model};
use udal_core::record::Record;
use udal_core::{Context, Error, ErrorKind, Result, shorten};
use udal_graph::{Found, Wanted, answer, class_name, commit_told, document, lists_beside, more_deletes, read_commits};
use uuid::Uuid;

use crate::call::{Commit, Write};
use crate::database::{Database, Known};
use crate::failure::Failure;
use crate::overlay::Overlay;
use crate::writer::{Done, Job, Work};

/// How often a group is tried when others come in its way.
pub(crate) const ATTEMPTS: usize = 30;
/// How often a request is sent whose answer does not come.
const UNCLEAR_ATTEMPTS: u32 = 3;

impl Database {
    /// Commits the group, and answers each write of it.
    pub(crate) async fn commit(&self, mut group: Vec<Job>) {
        let mut known = self.known.lock().await;
        if group.len() == 1
            && let Some(job) = group.pop()
        {
            let done = self.alone(&mut known, &job).await;
            job.answer(done);
            return;
        }
        match self.together(&mut known, &group).await {
            Ok(answers) => group.into_iter().zip(answers).for_each(|(job, done)| job.answer(done)),
            // One of them is bad in a way that only the server sees: each for itself, so that it does not sink the others.
            Err(Failure::Rejected(said)) => {
                tracing::warn!(database = self.name, error = %said, "a group of writes was refused; writing each alone");
                for job in group {
                    let done = self.alone(&mut known, &job).await;
                    job.answer(done);
                }
            }
            Err(failure) => {
                let error = Error::from(failure);
                tracing::warn!(database = self.name, ?error, writes = group.len(), "a group of writes failed");
                group.into_iter().for_each(|job| job.answer(Err(same(&error))));
            }
        }
    }

    async fn alone(&self, known: &mut Known, job: &Job) -> Result<Done> {
        let mut is_refused = false;
        for _ in 0..ATTEMPTS {
            let done = match &job.work {
                Work::Ensure(model) => self.ensure(known, [model]).await.map(|()| Ok(Done::Ensured)),
                Work::Batch(batch) => {
                    self.write_batch(known, &job.ctx, batch).await.map(|report| report.map(Done::Batch))
                }
                Work::Changes(batch) => {
                    self.write_changes(known, &job.ctx, batch).await.map(|report| report.map(Done::Changes))
                }
                _ => self.once(known, std::slice::from_ref(job)).await.map(|mut answers| {
                    answers.pop().unwrap_or_else(|| Err(Error::internal("a write was not answered")))
                }),
            };
            match done {
                Err(Failure::Overtaken | Failure::Missing(_)) => known.forget(),
                // What was read beforehand may not be so any more: a link's end was deleted, a class is another.
                Err(Failure::Rejected(_)) if !is_refused => {
                    is_refused = true;
                    known.forget();
                }
                Err(failure) => {
                    known.forget();
                    return Err(failure.into());
                }
                Ok(done) => return done,
            }
        }
        Err(Failure::Overtaken.into())
    }

    async fn together(&self, known: &mut Known, group: &[Job]) -> std::result::Result<Vec<Result<Done>>, Failure> {
        for _ in 0..ATTEMPTS {
            match self.once(known, group).await {
                Err(Failure::Overtaken | Failure::Missing(_)) => known.forget(),
                Err(failure) => {
                    known.forget();
                    return Err(failure);
                }
                answers => return answers,
            }
        }
        Err(Failure::Overtaken)
    }

    async fn once(&self, known: &mut Known, group: &[Job]) -> std::result::Result<Vec<Result<Done>>, Failure> {
        if !self.prepare(known, group).await? {
            // The database was never made: there is nothing that could be changed or deleted.
            return Ok(answers(&mut Overlay::default(), group));
        }
        if let Some(write) = fresh(known, group) {
            match self.send(known, write, group).await {
                Ok(()) => return Ok(group.iter().map(created).collect()),
                // An id is taken, or a link is broken: what was read beforehand tells whose.
                Err(Failure::Rejected(said)) => {
                    tracing::debug!(database = self.name, error = %said, "new records were refused; looking at each");
                }
                Err(failure) => return Err(failure),
            }
        }
        let mut wanted = Wanted::default();
        group.iter().for_each(|job| want(&mut wanted, &job.work));
        let found = self.find(known, &mut wanted).await?;
        let mut overlay = match group {
            // Linkers are only asked for where a delete is alone.
            [Job { work: Work::Delete(delete), .. }] => {
                let mut overlay = Overlay::default();
                overlay.add(&delete.model, found)?;
                overlay
            }
            _ => Overlay::over(found),
        };
        let answers = answers(&mut overlay, group);
        if let Some(write) = overlay.write(known)? {
            self.send(known, write, group).await?;
        }
        Ok(answers)
    }

    /// Makes sure that the classes of what is written fit; answers false where nothing is made, and no database is there.
    async fn prepare(&self, known: &mut Known, group: &[Job]) -> std::result::Result<bool, Failure> {
        let mut models: Vec<&Arc<Model>> = Vec::new();
        for job in group {
            if let Work::Create(create) = &job.work {
                models.push(create.record.model());
            }
        }
        if models.is_empty() {
            match self.look(known).await {
                Err(Failure::Missing(_)) => return Ok(false),
                looked => looked?,
            }
        }
        for job in group {
            if let Work::Update(update) = &job.work
                && known.has_class(update.model.name())
            {
                models.push(&update.model);
            }
        }
        self.ensure(known, models).await?;
        Ok(true)
    }

    /// Reads what is wanted.
    pub(crate) async fn find(&self, known: &mut Known, wanted: &mut Wanted) -> std::result::Result<Found, Failure> {
        wanted.retain(|model| known.has_class(model));
        let Some(request) = wanted.request() else { return Ok(Found::default()) };
        match self.client.ask(&self.name, &request).await {
            Ok(data) => Ok(wanted.read(&data)?),
            Err(Failure::Nothing) => self.find_apart(wanted).await,
            Err(failure) => Err(failure),
        }
    }

    /// Reads what is wanted, each link by itself: the server answers nothing at all where one was never used.
    async fn find_apart(&self, wanted: &Wanted) -> std::result::Result<Found, Failure> {
        let mut found = Found::default();
        for part in wanted.apart() {
            let Some(request) = part.request() else { continue };
            match self.client.ask(&self.name, &request).await {
                Ok(data) => found.extend(part.read(&data)?),
                Err(Failure::Nothing) if part.is_link() => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(found)
    }

    async fn send(&self, known: &mut Known, write: Write, group: &[Job]) -> std::result::Result<(), Failure> {
        let (author, message) = told(group);
        self.send_as(known, &write, &author, &message).await
    }

    /// Sends a write for the version that is known, and finds out whether it was stored where no answer comes.
    pub(crate) async fn send_as(
        &self,
        known: &mut Known,
        write: &Write,
        author: &str,
        message: &str,
    ) -> std::result::Result<(), Failure> {
        let token = Uuid::now_v7().simple().to_string();
        let commit =
            Commit { author: author.to_owned(), message: format!("{message} [{token}]"), at: known.version.clone() };
        let mut unclear = None;
        for attempt in 1..=UNCLEAR_ATTEMPTS {
            match (self.client.write(&self.name, write.clone(), &commit).await, &unclear) {
                (Ok(committed), _) => {
                    known.version = committed.version;
                    return Ok(());
                }
                // The first one may have been stored, so that the same once more is stale, or its ids are taken.
                (Err(Failure::Overtaken | Failure::Rejected(_)), Some(_)) if self.is_committed(&token).await? => {
                    known.version = self.client.version(&self.name).await?;
                    return Ok(());
                }
                (Err(Failure::Unclear(error)), _) => unclear = Some(error),
                // It was sent before, so that this does not say that nothing was stored.
                (Err(Failure::Error(error)), Some(_)) => unclear = Some(error),
                (Err(failure), _) => return Err(failure),
            }
            tokio::time::sleep(Duration::from_millis(50) * attempt).await;
        }
        Err(Failure::Unclear(unclear.unwrap_or_else(|| Error::internal("a write was not sent"))))
    }

    /// Whether a commit with that token in its message is there.
    async fn is_committed(&self, token: &str) -> std::result::Result<bool, Failure> {
        let data = self.client.ask_commits(&self.name, &commit_told(token)).await?;
        Ok(!read_commits(&data)?.is_empty())
    }
}

impl Known {
    /// The document of a new record: with an empty list for each that the class has and the model has not, which other processes
    /// may use, or earlier ones used.
    pub(crate) fn document(&self, record: &Record) -> Result<Json> {
        let class = self.class(&class_name(record.model().name()))?;
        let mut document = document(record);
        for list in lists_beside(class, record.model()) {
            document.as_object_mut().map(|members| members.insert(list.to_owned(), Json::Array(Vec::new())));
        }
        Ok(document)
    }

    /// Whether the class of the model of that name is there.
    pub(crate) fn has_class(&self, model: &str) -> bool {
        self.class(&class_name(model)).is_ok()
    }

    /// The definition of the class of that name.
    pub(crate) fn class(&self, name: &str) -> Result<&Json> {
        let class = self.classes.as_ref().and_then(|classes| classes.get(name));
        class.ok_or_else(|| Error::internal(format!("there is no class `{name}`")))
    }
}

/// The documents of a group that creates only, none twice: they need not be looked at before they are sent.
fn fresh(known: &Known, group: &[Job]) -> Option<Write> {
    let mut nodes = HashSet::new();
    let mut body = String::new();
    for job in group {
        let Work::Create(create) = &job.work else { return None };
        job.ctx.check_create(&create.record).ok()?;
        let record = known.document(&create.record).ok()?;
        let earlier = create.idempotency.as_ref().map(|given| answer(&create.record, given));
        for document in std::iter::once(record).chain(earlier) {
            if !nodes.insert(document.get("@id").cloned().unwrap_or_default().to_string()) {
                return None;
            }
            body.push_str(&document.to_string());
            body.push('\n');
        }
    }
    Some(Write::Insert(Bytes::from(body)))
}

fn created(job: &Job) -> Result<Done> {
    match &job.work {
        Work::Create(create) => Ok(Done::Created(Box::new(Created { record: create.record.clone(), replayed: false }))),
        _ => Err(Error::internal("what creates nothing was answered with a record")),
    }
}

/// Notes what must be known before the write can be told.
fn want(wanted: &mut Wanted, work: &Work) {
    match work {
        Work::Create(create) => {
            wanted.record(create.record.model().name(), create.record.id());
            want_links(wanted, &create.record);
            if let Some(given) = &create.idempotency {
                wanted.answer(create.record.model().name(), &given.key);
            }
        }
        Work::Update(update) => {
            wanted.record(update.model.name(), &update.id);
            want_targets(wanted, update.patch.links());
        }
        Work::Delete(delete) => {
            wanted.record(delete.model.name(), &delete.id);
            wanted.linkers(&delete.model, &delete.id, |_| true);
        }
        Work::Batch(_) | Work::Changes(_) | Work::Ensure(_) => {}
    }
}

/// Notes the records that `record` links to.
pub(crate) fn want_links(wanted: &mut Wanted, record: &Record) {
    want_targets(wanted, record.links());
}

/// Notes the records to which these fields' links lead.
pub(crate) fn want_targets<'a>(wanted: &mut Wanted, links: impl Iterator<Item = (&'a Arc<Field>, &'a str)>) {
    links.for_each(|(field, id)| wanted.target(field.field_type().target().unwrap_or_default(), id));
}

fn answers(overlay: &mut Overlay, group: &[Job]) -> Vec<Result<Done>> {
    let answer = |job: &Job| match &job.work {
        Work::Create(op) => overlay.create(&job.ctx, op).map(|created| Done::Created(Box::new(created))),
        Work::Update(op) => overlay.update(&job.ctx, op).map(|record| Done::Updated(Box::new(record))),
        Work::Delete(op) => overlay.delete(&job.ctx, op).map(|deleted| Done::Deleted(deleted.map(Box::new))),
        Work::Batch(_) | Work::Changes(_) | Work::Ensure(_) => Err(Error::internal("this joins no group")),
    };
    group.iter().map(answer).collect()
}

/// How many deletes a commit names, and how many other writes: what is gone is found by its delete.
const DELETES_NAMED: usize = 100;
const OTHERS_NAMED: usize = 5;

/// Who wrote the group, and what, for the commit.
fn told(group: &[Job]) -> (String, String) {
    let mut authors: Vec<String> = group.iter().map(|job| author_of(&job.ctx)).collect();
    authors.sort_unstable();
    authors.dedup();
    let author = if let [one] = authors.as_slice() { one.clone() } else { "udal".to_owned() };
    let (deletes, others): (Vec<&Job>, Vec<&Job>) = group.iter().partition(|job| matches!(job.work, Work::Delete(_)));
    let named = deletes.iter().take(DELETES_NAMED).chain(others.iter().take(OTHERS_NAMED));
    let mut told: Vec<String> = named.map(|job| message_of(job, authors.len() > 1)).collect();
    if others.len() > OTHERS_NAMED {
        told.push(format!("and {} more", others.len() - OTHERS_NAMED));
    }
    if deletes.len() > DELETES_NAMED {
        told.push(more_deletes(deletes.len() - DELETES_NAMED));
    }
    (author, told.join("; "))
}

fn message_of(job: &Job, with_author: bool) -> String {
    let (verb, id) = match &job.work {
        Work::Create(op) => ("create", op.record.id()),
        Work::Update(op) => ("update", op.id.as_str()),
        Work::Delete(op) => ("delete", op.id.as_str()),
        Work::Batch(_) | Work::Changes(_) | Work::Ensure(_) => ("write", ""),
    };
    let by = if with_author { format!(" by {}", author_of(&job.ctx)) } else { String::new() };
    format!("{verb} {}{by}", shorten(id))
}

/// Who the context acts for.
pub(crate) fn author_of(ctx: &Context) -> String {
    ctx.access().user_id().map_or_else(|| "udal".to_owned(), shorten)
}

/// The same error once more: it answers several writes. The cause is in the log.
fn same(error: &Error) -> Error {
    let again = Error::with_fields(error.kind(), error.message(), error.field_errors().to_vec());
    match error.mend() {
        Some(hint) => again.hint(hint),
        None if error.kind() == ErrorKind::Internal => again.cause(error.to_string()),
        None => again,
    }
}
