//! Udal beside the bare driver and SQLAlchemy, in one run on one machine: `make bench`.
//!
//! Names of parts after `--` measure these alone, such as `cargo bench -p udal --bench postgresql -- reads`. Where
//! `UDAL_BENCH_PAGE` names a file, the page is written there.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a bench that cannot go on fails"
)]

mod access;
mod bare;
mod batches;
mod cost;
mod depth;
mod import;
mod machine;
mod measure;
mod reads;
mod report;
mod shop;
mod sqlalchemy;
mod tenants;

use report::Report;
use shop::Shop;

/// The allocator of the program, for every way that is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let chosen: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let is_chosen = |part: &str| chosen.is_empty() || chosen.iter().any(|name| name == part);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let shop = Shop::open().await;
        let mut report = Report::default();
        report.version(shop.version().await);
        if is_chosen("batches") {
            batches::run(&shop, &mut report).await;
        }
        if is_chosen("reads") {
            reads::run(&shop, &mut report).await;
        }
        if is_chosen("access") {
            access::run(&shop, &mut report).await;
        }
        if is_chosen("depth") {
            depth::run(&shop, &mut report).await;
        }
        if is_chosen("import") {
            import::run(&shop, &mut report).await;
        }
        if is_chosen("sqlalchemy") {
            sqlalchemy::run(&shop, &mut report).await;
        }
        if is_chosen("cost") {
            cost::run(&shop, &mut report).await;
        }
        shop.close().await;
        if is_chosen("tenants") {
            tenants::run(&mut report).await;
        }
        let page = report.render(&machine::about());
        match std::env::var("UDAL_BENCH_PAGE") {
            Ok(path) => std::fs::write(&path, page).unwrap(),
            Err(_) => println!("\n{page}"),
        }
    });
}
