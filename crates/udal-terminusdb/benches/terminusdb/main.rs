//! Udal beside the same requests sent by bare reqwest, and beside the official Python client: on the server that
//! `UDAL_TERMINUSDB_URL` names. `UDAL_BENCH_DOCUMENTS` says on how many documents, `UDAL_BENCH_PYTHON` which Python has the client,
//! `UDAL_BENCH_PAGE` where the page is written.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench that cannot go on fails, and tells what it does"
)]

mod bare;
mod client;
mod report;
mod site;

use std::time::{Duration, Instant};

use bare::Bare;
use report::{Line, Report};
use site::Site;
use udal_core::contract::Start;

/// How long two ways are compared.
const COMPARED: Duration = Duration::from_secs(15);
/// How many documents a batch has.
const BATCH: usize = 10_000;
/// Creates from so many tasks, so many each.
const TASKS: usize = 20;
const EACH: usize = 10;

fn main() {
    let Ok(url) = std::env::var("UDAL_TERMINUSDB_URL") else {
        println!("skipped: UDAL_TERMINUSDB_URL names no TerminusDB server");
        return;
    };
    let sizes = std::env::var("UDAL_BENCH_DOCUMENTS").unwrap_or_else(|_| "10000".to_owned());
    let sizes: Vec<usize> = sizes.split(',').map(|size| size.trim().parse().unwrap()).collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut report = Report::default();
    for size in sizes {
        runtime.block_on(measure(&url, size, &mut report));
    }
    report.write();
}

async fn measure(url: &str, size: usize, report: &mut Report) {
    println!("on {size} documents");
    let site = Site::new(url).await;
    let bare = Bare::new(url);
    batches(&site, &bare, size, report).await;
    site.fill(size).await;
    reads(&site, &bare, size, report).await;
    client::compare(&site, size, report).await;
    creates(&site, &bare, size, report).await;
    site.drop_all().await;
}

/// Ten thousand new documents at once, into databases that have none yet: each way twice, in turns, the better of each.
async fn batches(site: &Site, bare: &Bare, size: usize, report: &mut Report) {
    let (mut ours, mut theirs) = (f64::MAX, f64::MAX);
    for _ in 0..2 {
        let tenant = site.fresh().await;
        let body = site.body(BATCH);
        let started = Instant::now();
        bare.insert(&site.database(&tenant), body).await;
        theirs = theirs.min(started.elapsed().as_secs_f64());
        let tenant = site.fresh().await;
        let started = Instant::now();
        site.batch(&tenant, 0..BATCH).await;
        ours = ours.min(started.elapsed().as_secs_f64());
    }
    let rate = |seconds: f64| site::float(BATCH) / seconds;
    report.line(Line::new(size, "batch_create of 10,000", "documents/s", rate(ours)).bare(rate(theirs), 0.90));
}

async fn reads(site: &Site, bare: &Bare, size: usize, report: &mut Report) {
    let database = site.database(&site.tenant);
    let mut number = 0;
    let (ours, theirs) = in_turns(
        async |turn| {
            number = turn * 7 % size;
            assert!(site.get(number).await);
        },
        async |turn| {
            let request = site.get_request(turn * 7 % size);
            bare.ask(&database, &request).await;
        },
    )
    .await;
    report.line(Line::new(size, "get", "/s", ours).bare(theirs, 0.90));
    let request = site.list_request(&Start::Beginning);
    let (ours, theirs) =
        in_turns(async |_| assert_eq!(site.list().await, 100), async |_| drop(bare.ask(&database, &request).await))
            .await;
    report.line(Line::new(size, "list 100 with filter and order", "/s", ours).bare(theirs, 0.90));
}

/// The two in turns of one call, so that a busy machine meets both; calls a second at the median.
async fn in_turns(mut ours: impl AsyncFnMut(usize), mut theirs: impl AsyncFnMut(usize)) -> (f64, f64) {
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    let began = Instant::now();
    let mut turn = 0;
    while began.elapsed() < COMPARED {
        let started = Instant::now();
        theirs(turn).await;
        let between = Instant::now();
        ours(turn).await;
        // The first turns warm up connections and caches.
        if turn >= 5 {
            their_times.push((between - started).as_secs_f64());
            our_times.push(between.elapsed().as_secs_f64());
        }
        turn += 1;
    }
    (1.0 / median(our_times), 1.0 / median(their_times))
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Single creates: from many tasks through Udal, and one after the other.
async fn creates(site: &Site, bare: &Bare, size: usize, report: &mut Report) {
    let database = site.database(&site.tenant);
    let count = TASKS * EACH;
    let started = Instant::now();
    for number in 0..count {
        bare.insert(&database, site.document_text(size + number)).await;
    }
    let theirs = site::float(count) / started.elapsed().as_secs_f64();
    let started = Instant::now();
    let failed = site.create_from_tasks(size + count, TASKS, EACH).await;
    let ours = site::float(count) / started.elapsed().as_secs_f64();
    assert_eq!(failed, 0, "no create fails");
    report.line(Line::new(size, "200 creates from 20 tasks, beside one by one", "/s", ours).bare(theirs, 10.0));
}
