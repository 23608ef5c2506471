//! Writing many records, beside `COPY` of the same rows from a buffer that is ready.

use std::time::Instant;

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::SinkExt;
use tokio_postgres::Client;
use udal::BatchRequest;

use crate::bare::COLUMNS;
use crate::measure::Turns;
use crate::report::{Aim, Line, Report};
use crate::shop::{Shop, id, item};

/// How many rows a batch has.
pub(crate) const ROWS: usize = 100_000;
const ROUNDS: usize = 15;

pub(crate) async fn run(shop: &Shop, report: &mut Report) {
    let client = shop.client().await;
    let mut turns = Turns::default();
    for round in 0..ROUNDS {
        if round % 2 == 0 {
            let bare = copied(&client).await;
            turns.add(bare, created(&client, shop).await);
        } else {
            let udal = created(&client, shop).await;
            turns.add(copied(&client).await, udal);
        }
    }
    report.line(Line {
        key: "batch",
        work: "`batch_create` of 100,000 rows from JSON, beside `COPY` of a buffer that is ready".to_owned(),
        unit: "rows/s",
        turns,
        sqlalchemy: None,
        aims: &[Aim::OfBare(0.8), Aim::OfSqlAlchemy(6.0)],
    });
}

/// How many rows a second the bare driver copies into the empty table.
async fn copied(client: &Client) -> f64 {
    let buffer = rows();
    client.batch_execute("TRUNCATE \"lab_written\"").await.unwrap();
    let started = Instant::now();
    let sink = client.copy_in(&format!("COPY \"lab_written\" ({COLUMNS}) FROM STDIN (FORMAT binary)")).await.unwrap();
    let mut sink = std::pin::pin!(sink);
    for chunk in buffer {
        sink.send(chunk).await.unwrap();
    }
    assert_eq!(sink.finish().await.unwrap(), ROWS as u64);
    ROWS as f64 / started.elapsed().as_secs_f64()
}

/// How many rows a second Udal creates in it.
async fn created(client: &Client, shop: &Shop) -> f64 {
    let items: Vec<_> = (0..ROWS).map(|number| item("Written", number)).collect();
    client.batch_execute("TRUNCATE \"lab_written\"").await.unwrap();
    let started = Instant::now();
    let answer = shop.records("Written").batch_create(&shop.ctx, BatchRequest::from_items(items)).await.unwrap();
    assert_eq!(answer.created, ROWS as u64);
    ROWS as f64 / started.elapsed().as_secs_f64()
}

/// The rows in the binary form of `COPY`, in pieces of 64 KiB.
fn rows() -> Vec<Bytes> {
    let mut chunks = Vec::new();
    let mut out = BytesMut::new();
    out.put_slice(b"PGCOPY\n\xff\r\n\0");
    out.put_slice(&[0; 8]);
    for number in 0..ROWS {
        out.put_i16(12);
        text(&mut out, &id("Written", number));
        fixed(&mut out, &1_i64.to_be_bytes());
        for _ in 0..2 {
            fixed(&mut out, &(700_000_000_000_000_i64 + i64::try_from(number).unwrap()).to_be_bytes());
        }
        out.put_i32(-1);
        text(&mut out, &format!("user-{}", number % 50));
        out.put_i32(-1);
        text(&mut out, &format!("team-{}", number % 5));
        text(&mut out, ["ph", "glucose", "sodium", "potassium"][number % 4]);
        fixed(&mut out, &((number * 37 % 1_000) as f64 / 7.0).to_be_bytes());
        text(&mut out, "mmol/L");
        text(&mut out, "final");
        if out.len() > 65_536 {
            chunks.push(out.split().freeze());
        }
    }
    out.put_i16(-1);
    chunks.push(out.freeze());
    chunks
}

fn text(out: &mut BytesMut, text: &str) {
    fixed(out, text.as_bytes());
}

fn fixed(out: &mut BytesMut, bytes: &[u8]) {
    out.put_i32(i32::try_from(bytes.len()).unwrap());
    out.put_slice(bytes);
}
