//! The process that is killed: makes and drops tenants, fills them, migrates and maintains them.

use std::future::Future;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use udal::{BatchMode, BatchRequest, Error, ErrorKind, Result, Udal};

use super::site::{FIRST_MODELS, Release, migration, open, records, slug, today};
use crate::journal::{Answer, Journal, Line, Op, Structure};
use crate::site::context;

/// Works until its input ends or it is killed. `life` tells its tenants from those of others.
pub(crate) async fn run(data_dir: &Path, life: &str) {
    let journal = Journal::default();
    let opened = async { Ok((open(data_dir, Release::First).await?, open(data_dir, Release::Later).await?)) };
    let (first, later) = match opened.await {
        Ok(udals) => udals,
        Err(error) => {
            let error: udal::StartError = error;
            return journal.write(&Line::NotStarted(error.to_string()));
        }
    };
    journal.write(&Line::Ready);
    let worker = Arc::new(Worker { first, later, journal, life: life.to_owned() });
    let mut tasks = JoinSet::new();
    let (tenants, migrations, maintenance) = (Arc::clone(&worker), Arc::clone(&worker), Arc::clone(&worker));
    tasks.spawn(async move { tenants.tenants().await });
    tasks.spawn(async move { migrations.migrations().await });
    tasks.spawn(async move { maintenance.maintenance().await });
    tokio::select! {
        _ = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())) => {}
        Some(Err(error)) = tasks.join_next(), if !tasks.is_empty() => panic!("a task ended: {error}"),
    }
    tasks.shutdown().await;
}

struct Worker {
    first: Udal,
    later: Udal,
    journal: Journal,
    life: String,
}

impl Worker {
    /// Does `work` between two lines of the journal; answers whether it is done.
    async fn journaled(&self, structure: Structure, work: impl Future<Output = Result<()>>) -> bool {
        let number = self.journal.begin(Op::Structure(structure));
        let error = match work.await {
            Ok(()) => {
                self.journal.write(&Line::Done(number, Answer { id: String::new(), version: 0, count: 1 }));
                return true;
            }
            Err(error) => error,
        };
        let text = format!("{error:?} {:?}", std::error::Error::source(&error).map(ToString::to_string));
        self.journal.write(&if matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::TimedOut) {
            Line::Failed(number, text)
        } else {
            Line::Refused(number, error.kind().code().to_owned(), text)
        });
        // A dead server is asked again, but not all the time: each attempt is a tenant that is looked at afterwards.
        tokio::time::sleep(Duration::from_millis(500)).await;
        false
    }

    /// Makes tenants, and drops every second.
    async fn tenants(&self) {
        for number in 0.. {
            let name = format!("{}-t{number}", self.life);
            let (service, tenant) = (self.later.service(), slug(&name));
            let make = async { service.create_tenant(&tenant).await.map(drop) };
            if self.journaled(Structure::MakeTenant(name.clone()), make).await && number % 2 == 0 {
                let end = async { service.drop_tenant(&tenant).await.map(drop) };
                self.journaled(Structure::DropTenant(name), end).await;
            }
        }
    }

    /// Fills tenants by the first release, and migrates them to the later.
    async fn migrations(&self) {
        for number in 0.. {
            let tenant = format!("{}-m{number}", self.life);
            let mut is_filled = true;
            for model in FIRST_MODELS {
                is_filled &= self.fill(&self.first, &tenant, model).await;
            }
            if !is_filled {
                continue;
            }
            let request = migration(&tenant);
            let work = async {
                let done = self.later.migrate(&request, &|_| ()).await?;
                match done.into_iter().find(udal::DatabaseMigration::has_failed) {
                    None => Ok(()),
                    Some(failed) => Err(Error::new(ErrorKind::Unavailable, format!("{failed:?}"))),
                }
            };
            self.journaled(Structure::Migrate(tenant.clone()), work).await;
        }
    }

    /// Fills tenants with traces of which half are over, and maintains them.
    async fn maintenance(&self) {
        for number in 0.. {
            let tenant = format!("{}-r{number}", self.life);
            if !self.fill(&self.later, &tenant, "Trace").await {
                continue;
            }
            let ctx = context(&tenant);
            let work = async { self.later.maintain(&ctx, today()).await.whole().map(drop) };
            self.journaled(Structure::Maintain(tenant.clone()), work).await;
        }
    }

    async fn fill(&self, udal: &Udal, tenant: &str, model: &str) -> bool {
        let work = async {
            let request = BatchRequest::from_items(records(model)).mode(BatchMode::Atomic);
            let answer = udal.service().records("changing", model)?.batch_create(&context(tenant), request).await?;
            answer.stopped.map_or(Ok(()), Err)
        };
        let fill = Structure::Fill { tenant: tenant.to_owned(), model: model.to_owned() };
        self.journaled(fill, work).await
    }
}
