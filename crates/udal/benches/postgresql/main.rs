//! Udal beside the bare driver, in one run on one machine: `make bench`.
//!
//! Each line is one piece of work done both ways, in turns, with the throughput of each and their ratio.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a bench that cannot go on fails"
)]

mod bare;
mod batches;
mod measure;
mod reads;
mod shop;

use shop::Shop;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let shop = Shop::open().await;
        println!("| work | bare driver | Udal | ratio |\n| --- | ---: | ---: | ---: |");
        batches::run(&shop).await;
        reads::run(&shop).await;
        shop.close().await;
    });
}
