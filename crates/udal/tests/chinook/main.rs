//! The Chinook music shop, imported whole: its known answers through the record service alone.
//!
//! The data is not part of the repository: it is looked for at `../shared/data/chinook` beside it, or where
//! `UDAL_CHINOOK` says. Without it the test is skipped, and says so.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot go on fails"
)]

mod access;
mod answers;
mod import;
mod shop;

use shop::Shop;

#[tokio::test(flavor = "multi_thread")]
async fn chinook_gives_its_known_answers() {
    let Some(data) = import::data_directory() else {
        println!("skipped: the Chinook data is not at ../shared/data/chinook, and UDAL_CHINOOK is not set");
        return;
    };
    let shop = Shop::open().await;
    let owners = import::Owners::read(&data);
    import::everything(&shop, &data, &owners).await;
    answers::counts(&shop).await;
    answers::invoices(&shop).await;
    answers::countries(&shop).await;
    answers::support_employees(&shop).await;
    answers::playlists(&shop).await;
    answers::links_both_ways(&shop).await;
    answers::links_are_kept(&shop).await;
    access::of_everybody(&shop, &owners).await;
    shop.close().await;
}
