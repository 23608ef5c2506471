//! The suite can fail: backends with one flaw each are found out by the clause that the flaw breaks.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod mutant;

use std::sync::Arc;

use mutant::{FLAWS, Flaw, Mutant};
use tokio::runtime::Runtime;
use udal_conformance::{Subject, Verdict, cases, compare, verdicts};
use udal_core::contract::Backend;

/// Flaws that the random comparisons must find as well, without knowing where to look.
const FOUND_BY_CHANCE: [Flaw; 10] = [
    Flaw::IgnoresReach,
    Flaw::NotEqualOfMissing,
    Flaw::NotInSqlLogic,
    Flaw::MissingLast,
    Flaw::Wildcards,
    Flaw::IgnoresSkip,
    Flaw::AfterRepeats,
    Flaw::IgnoresVersionOfUpdate,
    Flaw::CountIgnoresFilter,
    Flaw::AtomicIsPerItem,
];

/// What the suite says of a backend with that flaw.
fn judge(flaw: Option<Flaw>, chosen: impl Fn(&str) -> bool) -> Vec<Verdict> {
    let runtime = Runtime::new().unwrap();
    let backend: Arc<dyn Backend> = Arc::new(Mutant::new(flaw));
    verdicts(&Subject::documents("mutant", backend, runtime.handle()), chosen)
}

#[test]
fn without_a_flaw_every_case_passes() {
    let verdicts = judge(None, |title| !title.contains("not_all_in_memory"));
    let failed: Vec<_> = verdicts.iter().filter(|verdict| verdict.failure.is_some()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(verdicts.len() >= 150, "{}", verdicts.len());
}

#[test]
fn each_flaw_is_found_by_its_clause() {
    for (flaw, clause) in FLAWS {
        let verdicts = judge(Some(flaw), |title| title.starts_with(&format!("{clause}::")));
        let failed = verdicts.iter().filter(|verdict| verdict.failure.is_some()).count();
        assert!(failed > 0, "{flaw:?} passes the {} cases of {clause}", verdicts.len());
    }
}

#[test]
fn chance_finds_flaws_too() {
    let runtime = Runtime::new().unwrap();
    for flaw in FOUND_BY_CHANCE {
        let backend: Arc<dyn Backend> = Arc::new(Mutant::new(Some(flaw)));
        let told = compare(&Subject::tables("mutant", backend, runtime.handle()), 1, 40_000);
        let told = told.expect_err(&format!("{flaw:?} is not found"));
        assert!(told.contains("UDAL_SEED=1"), "{told}");
    }
}

#[test]
fn chance_finds_nothing_without_a_flaw_and_repeats_itself() {
    let runtime = Runtime::new().unwrap();
    let flawed = || -> Arc<dyn Backend> { Arc::new(Mutant::new(Some(Flaw::Wildcards))) };
    let of_seed = |backend, seed| {
        let told = compare(&Subject::documents("mutant", backend, runtime.handle()), seed, 2_000);
        // The tenant's name is the only thing that differs from run to run.
        told.map_err(|told| told.split("in tenant").next().unwrap_or_default().to_owned())
    };
    assert_eq!(of_seed(Arc::new(Mutant::new(None)), 7), Ok(()));
    assert!(of_seed(flawed(), 7).is_err());
    assert_eq!(of_seed(flawed(), 7), of_seed(flawed(), 7));
}

#[test]
fn titles_are_unique_and_start_with_a_clause() {
    let mut titles = cases();
    assert!(titles.iter().all(|title| title.split_once("::").is_some_and(|(clause, _)| clause.contains('-'))));
    let count = titles.len();
    titles.sort_unstable();
    titles.dedup();
    assert_eq!(titles.len(), count);
}
