//! The behaviour suite: numbered clauses, one case or more each, run by every backend.
//!
//! A backend hands itself over in a test without the standard harness, and gets every case of the contract and a few
//! thousand random comparisons with core's evaluator:
//!
//! ```no_run
//! use std::process::ExitCode;
//! use std::sync::Arc;
//! use udal_conformance::{Subject, run};
//! # fn backend() -> Arc<dyn udal_core::contract::Backend> { unimplemented!() }
//! fn main() -> ExitCode {
//!     let runtime = tokio::runtime::Runtime::new().expect("a runtime");
//!     run([Subject::tables("postgresql", backend(), runtime.handle())
//!         .skip("SEARCH-2", "why this one cannot do it")])
//! }
//! ```
//!
//! Every case works in a tenant of its own and drops it at the end; that of a failed one stays, to be looked at. A case
//! that does not apply is shown as ignored, with its reason.
//!
//! `UDAL_COMPARISONS` sets how many random comparisons are made, `UDAL_ACCESS_COMPARISONS` how many of them by people with random
//! permissions, whose answers are judged without a predicate, and `UDAL_SEED` repeats those of an earlier run.

mod case;
mod cases;
mod changes;
mod comparison;
mod corpus;
mod dice;
mod expect;
mod fixture;
mod graphs;
mod judge;
mod models;
mod reference;
mod rows;
mod runner;
mod subject;
mod world;

pub use comparison::{compare, compare_access};
pub use corpus::long_text_without_end;
pub use graphs::compare_graph;
pub use runner::{Verdict, case_of_tenant, cases, group_of_tenant, run, verdicts};
pub use subject::Subject;
pub use world::tenant_of;
