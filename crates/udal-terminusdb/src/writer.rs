//! The one writer of a tenant's database in this process: joins the writes that wait into one commit, and answers each.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use udal_core::contract::{BatchReport, ChangeReport, Create, Created, Delete, Deleted, Update};
use udal_core::model::Model;
use udal_core::record::Record;
use udal_core::{Context, Error, ErrorKind, Result};

use crate::batch::Batch;
use crate::changes::ChangeBatch;
use crate::database::Database;

/// How many writes join one commit, at most.
const MAX_GROUP: usize = 1_000;

/// What is to be written.
#[derive(Debug)]
pub(crate) enum Work {
    Create(Box<Create>),
    Update(Box<Update>),
    Delete(Box<Delete>),
    Batch(Box<Batch>),
    Changes(Box<ChangeBatch>),
    /// The class of the model is to fit it.
    Ensure(Arc<Model>),
}

/// What was written.
#[derive(Debug)]
pub(crate) enum Done {
    Created(Box<Created>),
    Updated(Box<Record>),
    Deleted(Option<Box<Deleted>>),
    Batch(BatchReport),
    Changes(ChangeReport),
    Ensured,
}

impl Done {
    /// An answer to another question than the one that was asked.
    pub(crate) fn unexpected(&self) -> Error {
        Error::internal("the writer answered another question")
    }
}

/// A write that waits, and where its answer goes.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) ctx: Context,
    pub(crate) work: Work,
    answer: oneshot::Sender<Result<Done>>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Job {
    pub(crate) fn new(ctx: Context, work: Work) -> (Job, oneshot::Receiver<Result<Done>>) {
        let (answer, receiver) = oneshot::channel();
        (Job { ctx, work, answer, permit: None }, receiver)
    }

    /// Answers whoever waits; nobody may be there any more.
    pub(crate) fn answer(self, done: Result<Done>) {
        let Job { ctx: _, work: _, answer, permit } = self;
        drop(permit);
        let _ = answer.send(done);
    }

    /// Whether it can join one commit with others; a delete that others may link to has to know all of them.
    fn joins(&self) -> bool {
        match &self.work {
            Work::Create(_) | Work::Update(_) => true,
            Work::Delete(delete) => delete.model.incoming_links().is_empty(),
            Work::Batch(_) | Work::Changes(_) | Work::Ensure(_) => false,
        }
    }
}

/// The writes that wait, in the order in which they came.
#[derive(Debug)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    room: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    is_worked_on: bool,
}

impl Queue {
    pub(crate) fn new(max_waiting: usize) -> Self {
        Queue { waiting: Mutex::default(), room: Arc::new(Semaphore::new(max_waiting.max(1))) }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the first writes that can join one commit; ends the work where there are none.
    fn take(&self) -> Vec<Job> {
        let mut waiting = self.lock();
        let Some(first) = waiting.jobs.pop_front() else {
            waiting.is_worked_on = false;
            return Vec::new();
        };
        let joins = first.joins();
        let mut group = vec![first];
        while joins && group.len() < MAX_GROUP && waiting.jobs.front().is_some_and(Job::joins) {
            group.extend(waiting.jobs.pop_front());
        }
        group
    }
}

/// Ends the work when it is dropped, also by a panic: the next write starts it anew, and those that waited are answered.
struct Working<'a>(&'a Queue);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        let left = {
            let mut waiting = self.0.lock();
            waiting.is_worked_on = false;
            mem::take(&mut waiting.jobs)
        };
        for job in left {
            job.answer(Err(Error::new(ErrorKind::Unavailable, "the writer ended").hint("try again")));
        }
    }
}

impl Database {
    /// Adds a write to those that wait; waits itself where too many do.
    pub(crate) async fn queue(self: &Arc<Self>, mut job: Job) -> Result<()> {
        let permit = Arc::clone(&self.queue.room).acquire_owned().await.map_err(Error::internal)?;
        job.permit = Some(permit);
        let starts = {
            let mut waiting = self.queue.lock();
            waiting.jobs.push_back(job);
            !mem::replace(&mut waiting.is_worked_on, true)
        };
        if starts {
            let database = Arc::clone(self);
            // Not within the caller's own future: whoever stops waiting must not stop the others.
            tokio::spawn(async move { database.work().await });
        }
        Ok(())
    }

    async fn work(&self) {
        let working = Working(&self.queue);
        loop {
            let group = self.queue.take();
            if group.is_empty() {
                // Another worker may have started since: the work is not this one's to end any more.
                mem::forget(working);
                return;
            }
            self.commit(group).await;
        }
    }
}
