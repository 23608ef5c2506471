//! Making and dropping a tenant, ended at every step: asked again, it is settled, and nothing is left over.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on fails; the child tells its parent"
)]

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use support::{Fixture, own_names};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use udal_core::{Error, ErrorKind, Result, TenantSlug};
use udal_pgpool::{
    Checkpoints, Database, Failure, Place, Placement, Provision, ServerName, Settings, Statements, Step,
    TenantDatabases, TenantState, Transaction,
};

/// What happens at the step, the first time that it is reached.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// The step fails.
    Error,
    /// The step waits until it may go on.
    Stop,
}

struct At {
    step: Step,
    fault: Fault,
    is_over: AtomicBool,
    reached: Semaphore,
    may_go_on: Semaphore,
}

impl At {
    fn new(step: Step, fault: Fault) -> Arc<Self> {
        let (reached, may_go_on) = (Semaphore::new(0), Semaphore::new(0));
        Arc::new(At { step, fault, is_over: AtomicBool::new(false), reached, may_go_on })
    }
}

#[async_trait]
impl Checkpoints for At {
    async fn reached(&self, step: Step) -> Result<()> {
        if step != self.step || self.is_over.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        self.reached.add_permits(1);
        if self.fault == Fault::Error {
            return Err(Error::new(ErrorKind::Unavailable, "the test says no"));
        }
        self.may_go_on.acquire().await.unwrap().forget();
        Ok(())
    }
}

fn acme() -> TenantSlug {
    TenantSlug::new("acme").unwrap()
}

/// Each installation has names of its own; a template of its own where the making of that is ended.
fn named(settings: &mut Settings, name: &str) {
    own_names(settings, name);
    if name.starts_with("template") {
        settings.template.push(format!("COMMENT ON TABLE udal_idempotency IS '{name}'"));
    }
}

fn name_of(step: Step) -> String {
    format!("{step:?}").to_lowercase()
}

/// A process that does its work.
fn plain(fixture: &Fixture, step: Step) -> TenantDatabases {
    fixture.databases_with(|settings| named(settings, &name_of(step)))
}

/// A process to which something happens.
fn faulty(fixture: &Fixture, at: &Arc<At>) -> TenantDatabases {
    fixture.databases_with(|settings| {
        named(settings, &name_of(at.step));
        settings.checkpoints = Arc::clone(at) as Arc<dyn Checkpoints>;
    })
}

fn is_of_drop(step: Step) -> bool {
    step >= Step::DropDecided
}

/// Does what the step is part of; where that is to drop the tenant, it was made before.
async fn act(databases: &TenantDatabases, step: Step) -> Result<bool> {
    if is_of_drop(step) {
        return Ok(databases.drop_tenant(&acme()).await?.is_some());
    }
    databases.create_tenant(&acme(), &Placement::Anywhere).await
}

async fn prepare(fixture: &Fixture, step: Step) {
    if is_of_drop(step) {
        assert!(plain(fixture, step).create_tenant(&acme(), &Placement::Anywhere).await.unwrap());
    }
}

/// The tenant's database, where the server has it.
async fn databases_of(fixture: &Fixture, step: Step) -> Vec<String> {
    let text = "SELECT datname::text FROM pg_database WHERE datname ^@ $1";
    let prefix = format!("{}_tenant_", name_of(step));
    let rows = fixture.client("postgres").await.query(text, &[&prefix]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// No database without a row, no row without a database.
async fn nothing_is_left_over(fixture: &Fixture, step: Step, is_there: bool) {
    let tenants = plain(fixture, step).tenants().await.unwrap();
    let found: Vec<(TenantState, Place)> = tenants.into_iter().map(|tenant| (tenant.state, tenant.place)).collect();
    let database = format!("{}_tenant_acme", name_of(step));
    let row = (TenantState::Active, Place::new(ServerName::default(), &database));
    let (rows, databases) = if is_there { (vec![row], vec![database]) } else { (vec![], vec![]) };
    assert_eq!((found, databases_of(fixture, step).await), (rows, databases), "{step:?}");
}

/// Another process asks again; then the tenant is dropped or made once more.
async fn is_settled_by_the_next(fixture: &Fixture, step: Step) {
    let next = plain(fixture, step);
    act(&next, step).await.unwrap();
    nothing_is_left_over(fixture, step, !is_of_drop(step)).await;
    assert!(!act(&next, step).await.unwrap(), "{step:?} is done already");
    if is_of_drop(step) {
        assert!(next.create_tenant(&acme(), &Placement::Anywhere).await.unwrap());
    } else {
        assert!(next.drop_tenant(&acme()).await.unwrap().is_some());
    }
    nothing_is_left_over(fixture, step, is_of_drop(step)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_at_any_step_is_settled_by_the_next() {
    let fixture = Fixture::start().await;
    for step in Step::ALL {
        prepare(&fixture, step).await;
        let at = At::new(step, Fault::Error);
        let databases = faulty(&fixture, &at);
        let refused = act(&databases, step).await.unwrap_err();
        assert_eq!(refused.message(), "the test says no", "{step:?}: {refused}");
        // What could not be made was taken back.
        if !is_of_drop(step) && step != Step::TenantActivated && step != Step::TenantPlaced {
            nothing_is_left_over(&fixture, step, false).await;
        }
        // The same process may ask again, too.
        if step == Step::DatabaseMade || step == Step::DatabaseDropped {
            assert!(act(&databases, step).await.unwrap(), "{step:?}");
        }
        is_settled_by_the_next(&fixture, step).await;
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_at_any_step_is_settled_by_the_next() {
    let fixture = Fixture::start().await;
    for step in Step::ALL {
        prepare(&fixture, step).await;
        let at = At::new(step, Fault::Stop);
        let databases = faulty(&fixture, &at);
        let task = tokio::spawn(async move { act(&databases, step).await });
        at.reached.acquire().await.unwrap().forget();
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        is_settled_by_the_next(&fixture, step).await;
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_meet_at_any_step_settle_it_together() {
    let fixture = Fixture::start().await;
    for step in Step::ALL {
        prepare(&fixture, step).await;
        let at = At::new(step, Fault::Stop);
        let (first, second) = (faulty(&fixture, &at), plain(&fixture, step));
        let first = tokio::spawn(async move { act(&first, step).await });
        at.reached.acquire().await.unwrap().forget();
        let second = tokio::spawn(async move { act(&second, step).await });
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        at.may_go_on.add_permits(1);
        let answers = [first.await.unwrap().unwrap(), second.await.unwrap().unwrap()];
        assert_eq!(answers.iter().filter(|answer| **answer).count(), 1, "{step:?}: {answers:?}");
        nothing_is_left_over(&fixture, step, !is_of_drop(step)).await;
    }
    fixture.stop().await;
}

/// Twenty who ask at one instant, for something that cannot be done until the test says so.
struct Twenty {
    asked: AtomicUsize,
    attempts: AtomicUsize,
    may_be_done: AtomicBool,
}

impl Twenty {
    const ALL: usize = 20;

    fn new() -> Arc<Self> {
        let (asked, attempts, may_be_done) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
        Arc::new(Twenty { asked, attempts, may_be_done })
    }

    /// An attempt: it takes until everyone waits for it.
    async fn attempt(&self) -> Result<()> {
        self.attempts.fetch_add(1, Ordering::AcqRel);
        while self.asked.load(Ordering::Acquire) < Self::ALL {
            tokio::task::yield_now().await;
        }
        match self.may_be_done.load(Ordering::Acquire) {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::Unavailable, "the test says no")),
        }
    }

    /// All ask, in tasks of one thread: each waits for the attempt before that one goes on.
    async fn ask(self: &Arc<Self>, databases: &TenantDatabases, key: &'static str) -> Vec<Result<()>> {
        let mut callers = JoinSet::new();
        for _ in 0..Self::ALL {
            let (twenty, databases) = (Arc::clone(self), databases.clone());
            callers.spawn(async move {
                twenty.asked.fetch_add(1, Ordering::AcqRel);
                let nothing = Statements(Vec::new());
                let work: &dyn Provision = if key == "work" { &*twenty } else { &nothing };
                databases.ensure(&Database::Tenant(acme()), key, work).await
            });
        }
        callers.join_all().await
    }
}

#[async_trait]
impl Checkpoints for Twenty {
    async fn reached(&self, step: Step) -> Result<()> {
        if step == Step::DatabaseMade { self.attempt().await } else { Ok(()) }
    }
}

#[async_trait]
impl Provision for Twenty {
    async fn run(&self, _: &Transaction<'_>) -> std::result::Result<(), Failure> {
        Ok(self.attempt().await?)
    }
}

fn all_were_refused(answers: &[Result<()>]) -> bool {
    answers.iter().all(|answer| answer.as_ref().is_err_and(|error| error.message() == "the test says no"))
}

#[tokio::test]
async fn who_waits_for_what_cannot_be_done_does_not_try_it_again() {
    let fixture = Fixture::start().await;
    let twenty = Twenty::new();
    let databases =
        fixture.databases_with(|settings| settings.checkpoints = Arc::clone(&twenty) as Arc<dyn Checkpoints>);
    // Of a tenant that cannot be made.
    let answers = twenty.ask(&databases, "nothing").await;
    assert_eq!((answers.len(), twenty.attempts.load(Ordering::Acquire)), (Twenty::ALL, 1));
    assert!(all_were_refused(&answers), "{answers:?}");
    // The next who asks tries it again.
    twenty.may_be_done.store(true, Ordering::Release);
    databases.ensure(&Database::Tenant(acme()), "nothing", &Statements(Vec::new())).await.unwrap();
    assert_eq!(twenty.attempts.load(Ordering::Acquire), 2);

    // Of work on its database that cannot be done.
    let twenty = Twenty::new();
    let answers = twenty.ask(&databases, "work").await;
    assert_eq!((answers.len(), twenty.attempts.load(Ordering::Acquire)), (Twenty::ALL, 1));
    assert!(all_were_refused(&answers), "{answers:?}");
    twenty.may_be_done.store(true, Ordering::Release);
    assert!(twenty.ask(&databases, "work").await.iter().all(Result::is_ok));
    assert_eq!(twenty.attempts.load(Ordering::Acquire), 2);
    fixture.stop().await;
}

/// What the child is told.
const SOCKET: &str = "UDAL_TEST_SOCKET";
const PORT: &str = "UDAL_TEST_PORT";
const STEP: &str = "UDAL_TEST_STEP";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_killed_at_any_step_is_settled_by_the_next() {
    let fixture = Fixture::start().await;
    for step in Step::ALL {
        prepare(&fixture, step).await;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "the_child_that_is_killed"])
            .env(SOCKET, fixture.server.socket_dir())
            .env(PORT, fixture.server.port().to_string())
            .env(STEP, format!("{step:?}"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().ends_with("reached")), "{step:?} was not reached");
        child.kill().unwrap();
        child.wait().unwrap();
        is_settled_by_the_next(&fixture, step).await;
    }
    fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by the test that kills it"]
async fn the_child_that_is_killed() {
    let told = |name| std::env::var(name).unwrap();
    let step = Step::ALL.into_iter().find(|step| format!("{step:?}") == told(STEP)).unwrap();
    let mut config = tokio_postgres::Config::new();
    config.host_path(told(SOCKET)).port(told(PORT).parse().unwrap()).user(udal_embedded::USER).dbname("postgres");
    let at = At::new(step, Fault::Stop);
    let mut settings = Settings::new(config);
    named(&mut settings, &name_of(step));
    settings.checkpoints = Arc::clone(&at) as Arc<dyn Checkpoints>;
    let databases = TenantDatabases::new(settings);
    let task = tokio::spawn(async move { act(&databases, step).await });
    at.reached.acquire().await.unwrap().forget();
    println!("reached");
    task.await.unwrap().unwrap();
}
