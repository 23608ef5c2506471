//! Rows read one after the other.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::time::Duration;

use support::Fixture;
use udal_core::TenantSlug;
use udal_pgpool::{Placement, RowReader};
use udal_sql::Statement;

fn series(to: u64) -> Statement {
    let text = format!("SELECT repeat('x', 1000), generate_series(1, {to})");
    Statement { text, params: Vec::new() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_goes_back_after_the_last_row_and_is_closed_before() {
    let fixture = Fixture::start().await;
    let databases = fixture.databases_with(|settings| {
        settings.limits.max_connections = 1;
        settings.limits.wait_timeout = Duration::from_secs(30);
    });
    let tenant = TenantSlug::new("t").unwrap();
    databases.create_tenant(&tenant, &Placement::Anywhere).await.unwrap();
    let place = databases.place_of(&tenant).await.unwrap().unwrap();
    let whoami = Statement { text: "SELECT pg_backend_pid()::bigint".to_owned(), params: Vec::new() };
    let mut servers = Vec::new();
    // Whoever waited for a terabyte to be sent would wait for hours.
    for (rows, read) in [(3, 3), (1_000_000_000, 2), (3, 3)] {
        let connection = databases.connect(&place).await.unwrap();
        servers.push(connection.query(&whoami).await.unwrap().first().unwrap().get::<_, i64>(0));
        let rows = connection.rows(&series(rows)).await.unwrap();
        let mut reader = RowReader::new(connection, rows);
        for _ in 0..read {
            assert_eq!(reader.next().await.unwrap().unwrap().get::<_, String>(0).len(), 1_000);
        }
        if read == 3 {
            assert!(reader.next().await.unwrap().is_none());
            // It went back, though the reader is still here.
            databases.connect(&place).await.unwrap();
        }
    }
    assert!(servers.first() == servers.get(1) && servers.get(1) != servers.get(2), "{servers:?}");
    fixture.stop().await;
}
