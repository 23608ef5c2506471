//! The behaviour suite, on tables in a real PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../udal-pgpool/tests/support/mod.rs"]
mod support;

use std::process::ExitCode;
use std::sync::Arc;

use support::Fixture;
use udal_conformance::{Subject, run};
use udal_postgresql::PostgresqlBackend;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let fixture = runtime.block_on(Fixture::start());
    let backend = runtime.block_on(async { Arc::new(PostgresqlBackend::new(fixture.databases())) });
    let code = run([Subject::tables("postgresql", backend, runtime.handle())]);
    runtime.block_on(fixture.stop());
    code
}
