//! The behaviour suite, on tables behind PgBouncer in transaction mode: nothing is left behind in a session, because two
//! statements of one connection may meet different ones.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on fails")]

#[path = "../../udal-pgpool/tests/support/pgbouncer.rs"]
mod pgbouncer;
#[path = "../../udal-pgpool/tests/support/mod.rs"]
mod support;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Completion, Trial};
use pgbouncer::PgBouncer;
use support::Fixture;
use udal_conformance::{Subject, run};
use udal_pgpool::{Settings, TenantDatabases};
use udal_postgresql::PostgresqlBackend;

/// The cases that read from a tenant whose database was dropped.
const DROPPED: [&str; 7] = [
    "TENANT-5::a_tenant_made_again_is_empty",
    "TENANT-5::a_tenant_made_again_forgets_idempotency_keys",
    "TENANT-5::drop_tenant_removes_every_record",
    "TENANT-5::of_many_that_drop_a_tenant_one_does",
    "FILTER-2::in_and_not_in_of_every_type",
    "LIST-4::times_sort_as_times",
    "LIST-7::positions_survive_as_cursor_text",
];
const WAITS: &str =
    "PgBouncer waits for a database that it knew and that was dropped, and does not say that it is missing";

fn main() -> ExitCode {
    if pgbouncer::binary().is_none() {
        let ignored = || Ok(Completion::ignored_with("PgBouncer is missing: run scripts/install-pgbouncer.sh"));
        let trial = Trial::ignorable_test("through_pgbouncer", ignored);
        return libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit_code();
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let fixture = runtime.block_on(Fixture::start());
    let bouncer = runtime.block_on(PgBouncer::start(&fixture.server));
    let databases = TenantDatabases::new(Settings::new(bouncer.config()));
    let backend = Arc::new(PostgresqlBackend::new(databases));
    let subject = Subject::tables("postgresql through PgBouncer", backend, runtime.handle()).comparisons(300);
    let subject = DROPPED.into_iter().fold(subject, |subject, case| subject.skip(case, WAITS));
    let code = run([subject]);
    bouncer.stop();
    runtime.block_on(fixture.stop());
    code
}
