//! Reading: one record, and pages as JSON.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tokio::task::JoinSet;
use udal::{ListRequest, ListTextRequest, Records};

use crate::bare;
use crate::measure::{Turns, compare};
use crate::report::{Aim, Line, Report};
use crate::shop::{ROWS, Shop, id};

const TASKS: usize = 16;

pub(crate) async fn run(shop: &Shop, report: &mut Report) {
    let aims = &[Aim::OfBare(0.9)];
    let mut add = |key, work: &str, unit, turns, aims| {
        let work = work.to_owned();
        report.line(Line { key, work, unit, turns, sqlalchemy: None, aims });
    };
    add("get", "`get` by id, one task", "/s", gets(shop).await, aims);
    add("get16", "`get` by id, 16 tasks", "/s", gets_at_once(shop).await, aims);
    add("get_split", "`get` by id, 36 partitions, one task", "/s", gets_split(shop).await, &[]);
    add("list100", "`list` of 100 rows with 12 columns to JSON", "rows/s", lists(shop, 100).await, aims);
    add("list1000", "`list` of 1,000 rows with 12 columns to JSON", "rows/s", lists(shop, 1_000).await, aims);
}

/// A number that looks random and is the same in every run.
pub(crate) fn next(counter: &AtomicUsize) -> usize {
    counter.fetch_add(7_919, Ordering::Relaxed) % ROWS
}

async fn gets(shop: &Shop) -> Turns {
    let (client, records) = (shop.client().await, shop.records("Plain"));
    let (a, b) = (AtomicUsize::new(1), AtomicUsize::new(1));
    let bare = || async { usize::from(bare::get(&client, "lab_plain", &id("Plain", next(&a))).await.is_some()) };
    let udal = || async { usize::from(records.get(&shop.ctx, &id("Plain", next(&b))).await.unwrap().is_some()) };
    compare(bare, udal).await
}

async fn gets_at_once(shop: &Shop) -> Turns {
    let mut clients = Vec::new();
    for _ in 0..TASKS {
        clients.push(std::sync::Arc::new(shop.client().await));
    }
    let records = shop.records("Plain");
    const EACH: usize = 50;
    let bare = || async {
        let mut tasks = JoinSet::new();
        for (task, client) in clients.iter().cloned().enumerate() {
            tasks.spawn(async move {
                for number in 0..EACH {
                    bare::get(&client, "lab_plain", &id("Plain", (task * 7_919 + number * 104_729) % ROWS))
                        .await
                        .unwrap();
                }
            });
        }
        tasks.join_all().await;
        TASKS * EACH
    };
    let udal = || async {
        let mut tasks = JoinSet::new();
        for task in 0..TASKS {
            let (records, ctx) = (records.clone(), shop.ctx.clone());
            tasks.spawn(async move {
                for number in 0..EACH {
                    records.get(&ctx, &id("Plain", (task * 7_919 + number * 104_729) % ROWS)).await.unwrap().unwrap();
                }
            });
        }
        tasks.join_all().await;
        TASKS * EACH
    };
    compare(bare, udal).await
}

async fn gets_split(shop: &Shop) -> Turns {
    let (client, records) = (shop.client().await, shop.records("Split"));
    let (a, b) = (AtomicUsize::new(1), AtomicUsize::new(1));
    let bare = || async { usize::from(bare::get_split(&client, &id("Split", next(&a))).await.is_some()) };
    let udal = || async { usize::from(records.get(&shop.ctx, &id("Split", next(&b))).await.unwrap().is_some()) };
    compare(bare, udal).await
}

async fn lists(shop: &Shop, limit: usize) -> Turns {
    let (client, records) = (shop.client().await, shop.records("Plain"));
    let request = ListRequest::new().filter(json!({"value": {"gt": 20.0}})).limit(limit);
    let expected = bare::list(&client, i64::try_from(limit).unwrap()).await;
    assert_eq!(page(&records, shop, &request).await, expected, "both write the same JSON");
    let bare = || async {
        std::hint::black_box(bare::list(&client, i64::try_from(limit).unwrap()).await);
        limit
    };
    let udal = || async {
        std::hint::black_box(page(&records, shop, &request).await);
        limit
    };
    compare(bare, udal).await
}

/// A page as a JSON array.
async fn page(records: &Records, shop: &Shop, request: &ListRequest) -> String {
    let mut text = records.list_text(&shop.ctx, ListTextRequest::new(request.clone())).await.unwrap();
    let mut out = vec![b'['];
    while let Some(piece) = text.next_piece().await.unwrap() {
        if out.len() > 1 {
            out.push(b',');
        }
        out.extend_from_slice(&piece);
    }
    out.push(b']');
    String::from_utf8(out).unwrap()
}
