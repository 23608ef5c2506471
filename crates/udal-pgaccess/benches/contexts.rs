//! What a context costs: out of what is remembered, worked out of a directory that is, and with the directory read.
//!
//! `cargo bench -p udal-pgaccess --bench contexts` starts a PostgreSQL of its own, and prints the median and the 99th percentile
//! of each. The aim is under 20 µs out of what is remembered; the bench fails where the median misses it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench that cannot go on fails"
)]

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use udal_access::{Directory, Policy, TeamChange, UserChange};
use udal_core::access::Permission;
use udal_core::{AccessContext, Context, TenantSlug};
use udal_embedded::{Durability, Server, Settings};
use udal_pgaccess::{Contexts, DirectoryStore, Expected, Freshness};
use udal_pgpool::TenantDatabases;

const USERS: usize = 2_000;
const AIM: Duration = Duration::from_micros(20);

/// A company of four levels: each has about a dozen people below.
fn company() -> Directory {
    let mut directory = Directory::default();
    directory.set_team("all", TeamChange { ownership: Some(Policy::Hierarchical), ..TeamChange::default() });
    for at in 0..USERS {
        let reports_to = (at > 0).then(|| format!("user-{}", (at - 1) / 12));
        directory.set_user(&format!("user-{at}"), UserChange { reports_to, ..UserChange::default() });
        directory.set_member("all", &format!("user-{at}"), BTreeSet::from(["editor".to_owned()])).unwrap();
    }
    directory
}

/// Twenty models, as a platform may have.
fn catalog() -> udal_core::model::Catalog {
    let models: String = (0..20).map(|at| format!("  M{at}:\n    fields: {{name: str}}\n")).collect();
    udal_groups::load_texts(&[("crm.yaml", &format!("group: crm\nmodels:\n{models}"))]).unwrap()
}

fn report(what: &str, mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    let at = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)];
    println!("{what:55} median {:>9.2?}  p99 {:>9.2?}  of {}", at(50), at(99), times.len());
    at(50)
}

#[tokio::main]
async fn main() {
    let scratch = tempfile::tempdir().unwrap();
    fs::set_permissions(scratch.path(), Permissions::from_mode(0o755)).unwrap();
    let settings = Settings { durability: Durability::None, ..Settings::new(scratch.path().join("data")) };
    let server = Server::start(settings).await.unwrap();
    let store = || DirectoryStore::new(TenantDatabases::new(udal_pgpool::Settings::new(server.config())), catalog());
    let acme = TenantSlug::new("acme").unwrap();
    let operator = Context::new(acme.clone(), AccessContext::unrestricted("a bench"));
    let view = Permission::parse("crm.M7.view").unwrap();
    let started = Instant::now();
    store().change(&operator, Expected::Any, |_| Ok(company())).await.unwrap();
    println!("a directory of {USERS} users was applied in {:.2?}", started.elapsed());

    let contexts = Contexts::new(store(), Freshness::default());
    let once = async |user: &str| {
        let started = Instant::now();
        let access = contexts.get(&acme, user, &view).await.unwrap();
        let elapsed = started.elapsed();
        assert!(!access.permissions().is_empty());
        elapsed
    };
    let mut read = Vec::new();
    for _ in 0..20 {
        contexts.forget(&acme);
        read.push(once("user-3").await);
    }
    report("the directory read, and the context worked out", read);
    let mut made = Vec::new();
    for at in 0..USERS {
        made.push(once(&format!("user-{at}")).await);
    }
    report("worked out of the directory that is remembered", made);
    let mut remembered = Vec::new();
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(3) {
        remembered.push(once("user-3").await);
    }
    let median = report("out of what is remembered", remembered);
    server.stop().await.unwrap();
    assert!(median < AIM, "the aim is {AIM:?}");
}
