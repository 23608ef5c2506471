//! The behaviour suite: on the TerminusDB server at `UDAL_TERMINUSDB_URL`, else on a likeness of one.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod likeness;

use std::process::ExitCode;
use std::sync::Arc;

use udal_conformance::{Subject, run};
use udal_terminusdb::{Credentials, Endpoint, Settings, TerminusdbBackend};

/// The server to test on.
const ENV_URL: &str = "UDAL_TERMINUSDB_URL";
/// The password of its user `admin`.
const ENV_PASSWORD: &str = "UDAL_TERMINUSDB_PASSWORD";

/// The clauses of what the backend does not offer, with how many there are of each.
const MISSING: [(&str, usize); 4] = [("UPSERT", 6), ("BATCH-UPDATE", 5), ("BATCH-DELETE", 4), ("CHANGES", 7)];

fn main() -> ExitCode {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (name, url) = match std::env::var(ENV_URL) {
        Ok(url) => ("terminusdb", url),
        Err(_) => ("likeness", runtime.block_on(likeness::start())),
    };
    let password = std::env::var(ENV_PASSWORD).unwrap_or_else(|_| "root".to_owned());
    let credentials = Credentials::Password { user: "admin".to_owned(), password };
    let backend = Arc::new(TerminusdbBackend::new(Settings::new(Endpoint { url, credentials })).unwrap());
    // Some of the random comparisons are of batches that change records, which are refused.
    let subject = Subject::documents(name, backend, runtime.handle()).comparisons(0);
    run([MISSING.iter().fold(subject, |subject, (clause, count)| {
        (1..=*count).fold(subject, |subject, at| {
            subject.skip(format!("{clause}-{at}"), "batches that change records are refused as unsupported")
        })
    })])
}
