//! The behaviour suite: with what a server answered when it was recorded, or on the server at `UDAL_TERMINUSDB_URL`.
//!
//! - Without a variable, each request is looked up among the recorded ones of its case, and answered as it was then. A request
//!   that is not among them fails the run, and is shown beside the one that was expected. A case that was not recorded is
//!   shown as ignored.
//! - `UDAL_TERMINUSDB_URL=http://… cargo test -p udal-terminusdb --test conformance` runs on that server, with
//!   `UDAL_TERMINUSDB_RECORD=1` through a recorder that keeps what is said in `tests/conformance/recordings`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stderr, reason = "a test program")]

mod exchange;
mod http;
mod recorder;

use std::process::ExitCode;
use std::sync::Arc;

use recorder::Recorder;
use tokio::runtime::{Builder, Handle, Runtime};
use udal_conformance::{Subject, run};
use udal_core::contract::Backend;
use udal_terminusdb::{Credentials, Endpoint, Settings, TerminusdbBackend};

/// The server to test on.
const ENV_URL: &str = "UDAL_TERMINUSDB_URL";
/// The password of its user `admin`.
const ENV_PASSWORD: &str = "UDAL_TERMINUSDB_PASSWORD";
/// Whether batches are as large on the server as elsewhere: it takes minutes for each.
const ENV_LARGE: &str = "UDAL_TERMINUSDB_LARGE";
/// Whether what is said is to be recorded.
const ENV_RECORD: &str = "UDAL_TERMINUSDB_RECORD";

/// How many random comparisons are made on a server, and how many are recorded.
const COMPARISONS: usize = 400;
/// Of which seed those are that are recorded.
const SEED: u64 = 12_006;

const NOT_RECORDED: &str =
    "it is not recorded: UDAL_TERMINUSDB_URL=… UDAL_TERMINUSDB_RECORD=1 make test-live records it";

fn main() -> ExitCode {
    match (std::env::var(ENV_URL), std::env::var_os(ENV_RECORD)) {
        (Ok(url), None) => live(url),
        (Ok(url), Some(_)) => recorded(Recorder::recording(url)),
        (Err(_), _) => recorded(Recorder::replaying()),
    }
}

fn live(url: String) -> ExitCode {
    let runtime = Runtime::new().unwrap();
    let backend = backend(url);
    run([subject(&backend, runtime.handle()).walking(backend).comparisons(COMPARISONS)])
}

fn recorded(recorder: Recorder) -> ExitCode {
    let recorder = Arc::new(recorder);
    // One thread: tasks that wait for the same go on in the order in which they came, so that the same writes join a commit.
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let handle = runtime.handle().clone();
    std::thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
    let url = handle.block_on(Arc::clone(&recorder).start());
    let count = if recorder.can_run("comparison::model_0") { COMPARISONS } else { 0 };
    let backend = backend(url);
    let mut subject = subject(&backend, &handle).comparisons(count).repeatable(SEED);
    if recorder.can_run("graph::graph_0") {
        subject = subject.walking(backend);
    }
    for case in udal_conformance::cases() {
        if !recorder.can_run(&case) {
            subject = subject.skip(case, NOT_RECORDED);
        }
    }
    let code = run([subject]);
    if recorder.finish() { code } else { ExitCode::FAILURE }
}

fn backend(url: String) -> Arc<TerminusdbBackend> {
    let password = std::env::var(ENV_PASSWORD).unwrap_or_else(|_| "root".to_owned());
    let credentials = Credentials::Password { user: "admin".to_owned(), password };
    Arc::new(TerminusdbBackend::new(Settings::new(Endpoint { url, credentials })).unwrap())
}

fn subject(backend: &Arc<TerminusdbBackend>, runtime: &Handle) -> Subject {
    let subject = Subject::documents("terminusdb", Arc::clone(backend) as Arc<dyn Backend>, runtime);
    if std::env::var_os(ENV_LARGE).is_some() { subject } else { subject.with_fewer_records() }
}
