//! Many tenants over few connections: how long calls take when each is for a tenant drawn by lot, and what a tenant keeps
//! in memory when nobody asks for it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;
use udal::model::{Catalog, GroupDeclaration, ModelDeclaration, StorageKind};
use udal::{AccessContext, Context, CreateRequest, RecordService, TenantSlug};
use udal_embedded::{Durability, Server, Settings};
use udal_pgpool::TenantDatabases;
use udal_postgresql::PostgresqlBackend;

use crate::report::Report;

/// How many tenants there are where `UDAL_BENCH_TENANTS` does not say: each is a database of some 8 MB on disk.
const TENANTS: usize = 1_000;
const CONNECTIONS: usize = 64;
/// How many callers there are at one time.
const CALLERS: usize = 64;
/// How many calls each tenant gets, on average.
const CALLS_PER_TENANT: usize = 20;
/// The slowest hundredth of calls may take so many times the median.
const SPREAD_AIM: f64 = 5.0;
/// What an idle tenant may keep in memory, in KiB.
const MEMORY_AIM: f64 = 32.0;
const IDLE: Duration = Duration::from_millis(500);

pub(crate) async fn run(report: &mut Report) {
    let count = std::env::var("UDAL_BENCH_TENANTS").ok().and_then(|count| count.parse().ok()).unwrap_or(TENANTS);
    let scratch = tempfile::tempdir().unwrap();
    fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let settings = Settings { durability: Durability::None, ..Settings::new(scratch.path().join("data")) };
    let server = Server::start(settings).await.unwrap();
    let tenants: Arc<Vec<Context>> = Arc::new((0..count).map(context).collect());
    println!("making {count} tenants, each a database of some 8 MB (UDAL_BENCH_TENANTS sets how many)");
    make(&open(&server).0, &tenants).await;

    // What was made is not remembered: each tenant is touched for the first time.
    let (service, databases) = open(&server);
    let memory = idle_memory(&service, &databases, &tenants).await;
    let (times, fewest) = calls(&service, &tenants).await;
    let (median, slow, slowest) = (at(&times, 0.5), at(&times, 0.99), at(&times, 1.0));
    let status = databases.status();
    let rows = vec![
        row("calls a second", rate(&times), String::new()),
        row("median", millis(median), String::new()),
        row("slowest hundredth", millis(slow), format!("≤ {SPREAD_AIM} × the median: {:.1}", slow / median)),
        row("slowest", millis(slowest), String::new()),
        row("calls of the tenant with the fewest", fewest.to_string(), "≥ 1".to_owned()),
        row("connections opened for 100 calls", (status.opened * 100 / times.len() as u64).to_string(), String::new()),
        row("memory of an idle tenant", format!("{memory:.1} KiB"), format!("≤ {MEMORY_AIM} KiB")),
    ];
    let text = format!(
        "{CALLERS} callers `get` a record each of {count} tenants drawn by lot, over {CONNECTIONS} connections in all: most \
         calls find no connection to their tenant, and open one. Memory is what the process has grown by when each tenant \
         was touched and all are idle again."
    );
    report.section("Many tenants", text, &["what", "measured", "aim"], rows);
    if slow > median * SPREAD_AIM {
        report.miss(format!("many tenants: the slowest hundredth takes {:.1} times the median", slow / median));
    }
    if fewest == 0 || status.timed_out + status.turned_away > 0 {
        report.miss(format!("many tenants: someone starves: {status:?}"));
    }
    if memory > MEMORY_AIM {
        report.miss(format!("many tenants: an idle tenant keeps {memory:.1} KiB"));
    }
    drop((service, databases));
    server.stop().await.unwrap();
}

fn context(number: usize) -> Context {
    let tenant = TenantSlug::new(&format!("tenant-{number}")).unwrap();
    Context::new(tenant, AccessContext::unrestricted("a bench"))
}

fn open(server: &Server) -> (RecordService, TenantDatabases) {
    let mut settings = udal_pgpool::Settings::new(server.config());
    settings.limits.max_connections = CONNECTIONS;
    settings.limits.idle_timeout = IDLE;
    let databases = TenantDatabases::new(settings);
    let model = ModelDeclaration::new("Sample").field("name", "str").field("value", "float").postgresql();
    let catalog = Catalog::build(vec![GroupDeclaration::new("lab").model(model)]).unwrap();
    let backend = Arc::new(PostgresqlBackend::new(databases.clone()));
    (RecordService::builder(catalog).backend(StorageKind::Postgresql, backend).build().unwrap(), databases)
}

/// Makes each tenant, with one record.
async fn make(service: &RecordService, tenants: &Arc<Vec<Context>>) {
    let records = service.records("lab", "Sample").unwrap();
    let next = Arc::new(AtomicUsize::new(0));
    let mut makers = JoinSet::new();
    for _ in 0..4 {
        let (records, tenants, next) = (records.clone(), Arc::clone(tenants), Arc::clone(&next));
        makers.spawn(async move {
            while let Some(ctx) = tenants.get(next.fetch_add(1, Ordering::Relaxed)) {
                let data = json!({"id": "Sample/a", "name": "a", "value": 1.5});
                records.create(ctx, CreateRequest::new(data)).await.unwrap();
            }
        });
    }
    makers.join_all().await;
}

/// Calls for tenants drawn by lot; answers how long each took, sorted, and how many calls the tenant with the fewest had.
async fn calls(service: &RecordService, tenants: &Arc<Vec<Context>>) -> (Vec<(f64, f64)>, usize) {
    let records = service.records("lab", "Sample").unwrap();
    let each = tenants.len() * CALLS_PER_TENANT / CALLERS;
    let began = Instant::now();
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let (records, tenants) = (records.clone(), Arc::clone(tenants));
        callers.spawn(async move {
            let mut lot = caller as u64 + 1;
            let mut taken = Vec::with_capacity(each);
            for _ in 0..each {
                lot = lot.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let number = (lot >> 33) as usize % tenants.len();
                let started = Instant::now();
                records.get(&tenants[number], "Sample/a").await.unwrap().unwrap();
                taken.push((number, started.elapsed().as_secs_f64(), began.elapsed().as_secs_f64()));
            }
            taken
        });
    }
    let taken: Vec<(usize, f64, f64)> = callers.join_all().await.into_iter().flatten().collect();
    let mut counts = vec![0_usize; tenants.len()];
    taken.iter().for_each(|(number, ..)| counts[*number] += 1);
    let mut times: Vec<(f64, f64)> = taken.into_iter().map(|(_, took, ended)| (took, ended)).collect();
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    (times, counts.into_iter().min().unwrap_or(0))
}

/// How much memory the process has gained for each tenant that was touched and is idle again, in KiB.
async fn idle_memory(service: &RecordService, databases: &TenantDatabases, tenants: &[Context]) -> f64 {
    // What is there once, and what the allocator keeps of as many connections as there may be, is not a tenant's.
    let (first, others) = tenants.split_at(tenants.len() / 4);
    touch(service, first).await;
    until_idle(databases).await;
    let before = resident();
    touch(service, others).await;
    until_idle(databases).await;
    (resident() - before).max(0.0) / others.len() as f64
}

async fn touch(service: &RecordService, tenants: &[Context]) {
    let records = service.records("lab", "Sample").unwrap();
    for some in tenants.chunks(CALLERS) {
        let mut touches = JoinSet::new();
        for ctx in some {
            let (records, ctx) = (records.clone(), ctx.clone());
            touches.spawn(async move {
                let data = json!({"id": "Sample/b", "name": "b", "value": 2.5});
                records.create(&ctx, CreateRequest::new(data)).await.unwrap();
                records.get(&ctx, "Sample/a").await.unwrap().unwrap();
            });
        }
        touches.join_all().await;
    }
}

async fn until_idle(databases: &TenantDatabases) {
    while databases.open_connections() > 0 {
        tokio::time::sleep(IDLE / 5).await;
    }
}

/// The memory that the process has, in KiB.
fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn at(times: &[(f64, f64)], part: f64) -> f64 {
    let last = times.len() - 1;
    times[(last as f64 * part).round() as usize].0
}

fn rate(times: &[(f64, f64)]) -> String {
    let ended = times.iter().map(|(_, ended)| *ended).fold(0.0, f64::max);
    format!("{:.0}", times.len() as f64 / ended)
}

fn millis(seconds: f64) -> String {
    format!("{:.1} ms", seconds * 1e3)
}

fn row(what: &str, measured: String, aim: String) -> Vec<String> {
    vec![what.to_owned(), measured, aim]
}
