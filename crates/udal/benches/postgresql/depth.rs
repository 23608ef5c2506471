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
/// What a deep page may cost, as a multiple of the first, whose statement has no place to start from.
const AIM: f64 = 1.5;
/// The same, as a multiple of the second.
const DEPTH_AIM: f64 = 1.1;

pub(crate) async fn run(shop: &Shop, report: &mut Report) {
    let mut rows = Vec::new();
    for order in ["id", "test_type,created_at", "-created_at"] {
        let deep = cursor_after(shop, order, ROWS - PAGE).await;
        let shallow = cursor_after(shop, order, PAGE).await;
        let first = cost(shop, order, None).await;
        let second = cost(shop, order, Some(&shallow)).await;
        let last = cost(shop, order, Some(&deep)).await;
        let ratio = |of: f64, aim: f64| format!("{:.2}, ≤ {aim}", last / of);
        let costs = [first, second, last].map(micros);
        let mut cells = vec![format!("`{order}`")];
        cells.extend(costs.into_iter().chain([ratio(first, AIM), ratio(second, DEPTH_AIM)]));
        rows.push(cells);
        if last > first * AIM || last > second * DEPTH_AIM {
            let page = ROWS / PAGE;
            let (first, second) = (last / first, last / second);
            report.miss(format!("page {page} by `{order}` costs {first:.2} times page 1, {second:.2} times page 2"));
        }
    }
    let text = format!(
        "Microseconds for a page of {PAGE} of {ROWS} records, from the first place, and behind a cursor 1 and {} pages deep, \
         with an index on `test_type, created_at` and one on `created_at`; the medians of {TIMES} reads each. A statement with \
         a cursor has a condition more to be planned.",
        ROWS / PAGE - 1
    );
    let header = &["order", "page 1", "page 2", "page 10,000", "of page 1, aim", "of page 2, aim"];
    report.section("Pages at depth", text, header, rows);
}

/// The cursor behind so many records.
async fn cursor_after(shop: &Shop, order: &str, records_before: usize) -> String {
    let records = shop.records("Paged");
    let mut cursor = None;
    let mut left = records_before;
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
