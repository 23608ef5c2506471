//! The behaviour suite, on linked documents in a real PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../udal-pgpool/tests/support/mod.rs"]
mod support;

use std::process::ExitCode;
use std::sync::Arc;

use support::Fixture;
use udal_conformance::{Subject, run};
use udal_core::contract::Backend;
use udal_pggraph::PgGraphBackend;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let fixture = runtime.block_on(Fixture::start());
    let backend = runtime.block_on(async { Arc::new(PgGraphBackend::new(fixture.databases())) });
    let subject = Subject::documents("pggraph", Arc::clone(&backend) as Arc<dyn Backend>, runtime.handle());
    let code = run([subject.walking(backend)]);
    runtime.block_on(fixture.stop());
    code
}
