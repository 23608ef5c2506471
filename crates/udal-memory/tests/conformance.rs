//! The behaviour suite over the reference backend, for both storages that models declare.

use std::process::ExitCode;
use std::sync::Arc;

use udal_conformance::{Subject, run};
use udal_memory::MemoryBackend;

fn main() -> ExitCode {
    let Ok(runtime) = tokio::runtime::Runtime::new() else { return ExitCode::FAILURE };
    let in_memory = "it keeps every record in memory anyway";
    let subjects = [
        Subject::documents("documents", Arc::new(MemoryBackend::new()), runtime.handle()),
        Subject::tables("tables", Arc::new(MemoryBackend::new()), runtime.handle()),
    ];
    run(subjects.map(|subject| {
        subject
            .skip("BATCH-4::items_are_not_all_in_memory", in_memory)
            .skip("BATCH-4::items_one_by_one_are_not_all_in_memory", in_memory)
            .skip("CHANGES-4::changes_are_not_all_in_memory", in_memory)
    }))
}
