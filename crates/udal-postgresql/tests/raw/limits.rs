//! What a statement may take, and what becomes of one whose asker has gone.

use std::time::Duration;

use futures_util::StreamExt;
use udal_core::ErrorKind;
use udal_query::raw::{RawBackend, RawLimits, RawSql, RawStatement};

use crate::bench::{Bench, system};

fn op(bench: &Bench, text: &str, limits: RawLimits) -> RawSql {
    let statement = RawStatement::parse(text, &bench.catalog).unwrap();
    RawSql { statement, params: Vec::new(), limits }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_takes_what_it_may_and_no_more() {
    let bench = Bench::start().await;
    let ctx = bench.user("acme");
    let of = |rows, bytes, millis| RawLimits { rows, bytes, time: Duration::from_millis(millis) };
    for (text, limits, kind, message) in [
        (
            "SELECT n FROM generate_series(1, 100000) AS n",
            of(10, 1 << 20, 60_000),
            ErrorKind::OverBudget,
            "more than 10 rows",
        ),
        (
            "SELECT lpad('x', 1000) AS x FROM generate_series(1, 1000) AS n",
            of(10_000, 100_000, 60_000),
            ErrorKind::OverBudget,
            "more than 100000 bytes",
        ),
        (
            "SELECT count(*) FROM generate_series(1, 100000000000) AS n",
            of(10, 1 << 20, 50),
            ErrorKind::TimedOut,
            "longer than it may",
        ),
    ] {
        let error = match bench.backend.raw_sql(&ctx, op(&bench, text, limits)).await {
            Err(error) => error,
            Ok(answer) => answer.rows.filter_map(|row| async { row.err() }).boxed().next().await.unwrap(),
        };
        assert!(error.kind() == kind && error.to_string().contains(message), "{text}: {error:?}");
        // As many as it may are answered.
        assert_eq!(bench.ask(&ctx, "SELECT n FROM generate_series(1, 10) AS n", vec![]).await.unwrap().rows.len(), 10);
    }
    let exact = op(&bench, "SELECT n FROM generate_series(1, 10) AS n", of(10, 1 << 20, 60_000));
    assert_eq!(bench.backend.raw_sql(&ctx, exact).await.unwrap().rows.count().await, 10);
    bench.fixture.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_its_asker_has_left_is_cancelled() {
    let bench = Bench::start().await;
    let ctx = system("acme");
    // Never begun to be read, and read in part.
    let text = "SELECT n, lpad('x', 1000) AS x FROM generate_series(1, 9000) AS n";
    let answer = bench.backend.raw_sql(&ctx, op(&bench, text, RawLimits::default())).await.unwrap();
    drop(answer);
    let mut answer = bench.backend.raw_sql(&ctx, op(&bench, text, RawLimits::default())).await.unwrap();
    assert!(answer.rows.next().await.unwrap().is_ok());
    drop(answer);
    // While it runs.
    let text = "SELECT count(*) FROM generate_series(1, 100000000000) AS n";
    let running = bench
        .backend
        .raw_sql(&ctx, op(&bench, text, RawLimits { time: Duration::from_secs(3600), ..RawLimits::default() }));
    assert!(tokio::time::timeout(Duration::from_millis(300), running).await.is_err());
    let count = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'sqh_tenant_acme' AND state <> 'idle'";
    while bench.fixture.count(count).await > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(bench.ask(&ctx, "SELECT 1 AS one", vec![]).await.unwrap().rows.len(), 1);
    bench.fixture.stop().await;
}
