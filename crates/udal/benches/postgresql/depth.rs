//! The first page beside the ten-thousandth: a cursor costs the same at any depth.

use std::time::Instant;

use udal::ListRequest;

use crate::measure::median;
use crate::report::Report;
use crate::shop::{ROWS, Shop};

/// How many records a page has: so few that there are 10,000 pages.
const PAGE: usize = 20;
/// How often each page is read.
const TIMES: usize = 300;
/// What a deep page may cost, as a multiple of the first.
const AIM: f64 = 1.25;

pub(crate) async fn run(shop: &Shop, report: &mut Report) {
    let mut rows = Vec::new();
    for order in ["id", "test_type,created_at", "-created_at"] {
        let deep = cursor_of_last_page(shop, order).await;
        let first = cost(shop, order, None).await;
        let last = cost(shop, order, Some(&deep)).await;
        let cells =
            [format!("`{order}`"), micros(first), micros(last), format!("{:.2}", last / first), format!("≤ {AIM}")];
        rows.push(cells.to_vec());
        if last > first * AIM {
            report.miss(format!("page {} by `{order}` costs {:.2} times page 1", ROWS / PAGE, last / first));
        }
    }
    let text = format!(
        "Microseconds for a page of {PAGE} of {ROWS} records, from the first place and behind a cursor {} pages deep, with an \
         index on `test_type, created_at` and one on `created_at`; the medians of {TIMES} reads each.",
        ROWS / PAGE - 1
    );
    report.section("Pages at depth", text, &["order", "page 1", "page 10,000", "ratio", "aim"], rows);
}

async fn cursor_of_last_page(shop: &Shop, order: &str) -> String {
    let records = shop.records("Paged");
    let mut cursor = None;
    let mut left = ROWS - PAGE;
    while left > 0 {
        let limit = left.min(10_000);
        let request = ListRequest::new().order_by(order).limit(limit);
        let request = cursor.into_iter().fold(request, ListRequest::cursor);
        cursor = records.list(&shop.ctx, request).await.unwrap().next;
        left -= limit;
    }
    cursor.unwrap()
}

/// The median of what one page takes, in seconds.
async fn cost(shop: &Shop, order: &str, cursor: Option<&str>) -> f64 {
    let records = shop.records("Paged");
    let request = ListRequest::new().order_by(order).limit(PAGE);
    let request = cursor.into_iter().fold(request, ListRequest::cursor);
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let started = Instant::now();
        let page = records.list(&shop.ctx, request.clone()).await.unwrap();
        times.push(started.elapsed().as_secs_f64());
        assert_eq!(page.records.len(), PAGE);
    }
    median(times)
}

fn micros(seconds: f64) -> String {
    format!("{:.0}", seconds * 1e6)
}
