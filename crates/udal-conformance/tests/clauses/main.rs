//! The suite finds what it is for: for every clause there is a backend that is wrong in that one way, and fails it.

mod access;
mod changes;
mod filters;
mod history;
mod links;
mod reads;
mod table;
mod writes;
mod wrong;

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::runtime::Runtime;
use udal_conformance::{Subject, Verdict, cases, compare_access, verdicts};
use udal_core::model::StorageKind;

use crate::table::{MUTANTS, Mutant};
use crate::wrong::{Fault, Wrong};

/// The cases that the reference backend itself does not pass: it gathers a batch before it writes it.
const NOT_FOR_MEMORY: [&str; 3] = [
    "BATCH-4::items_are_not_all_in_memory",
    "BATCH-4::items_one_by_one_are_not_all_in_memory",
    "CHANGES-4::changes_are_not_all_in_memory",
];

/// The titles of the cases of a clause that fail, with why.
fn failing(mutant: &Mutant, clause: &str, runtime: &Runtime) -> Vec<String> {
    let (name, backend) = (format!("{:?}", mutant.fault), Arc::new(Wrong::new(mutant.fault)));
    let subject = match mutant.storage {
        StorageKind::Postgresql => Subject::tables(name, backend, runtime.handle()),
        StorageKind::Terminusdb => Subject::documents(name, backend, runtime.handle()),
    };
    let is_chosen = |title: &str| title.split("::").next() == Some(clause) && !NOT_FOR_MEMORY.contains(&title);
    let failed = |verdict: Verdict| verdict.failure.map(|why| format!("{}: {why}", verdict.case));
    verdicts(&subject, is_chosen).into_iter().filter_map(failed).collect()
}

/// The clauses that have cases.
fn clauses() -> BTreeSet<String> {
    cases().iter().filter_map(|title| title.split("::").next().map(str::to_owned)).collect()
}

#[test]
fn every_wrong_backend_fails_the_clauses_it_breaks() {
    let runtime = Runtime::new().unwrap();
    let mut survivors = Vec::new();
    for mutant in MUTANTS {
        let survived = mutant.clauses.iter().filter(|clause| failing(mutant, clause, &runtime).is_empty());
        survivors.extend(survived.map(|clause| format!("{:?} passes {clause}", mutant.fault)));
    }
    assert!(survivors.is_empty(), "the suite does not notice:\n{}", survivors.join("\n"));
}

#[test]
fn every_clause_is_broken_by_a_wrong_backend() {
    let broken: BTreeSet<String> = MUTANTS.iter().flat_map(|mutant| mutant.clauses).map(|c| (*c).to_owned()).collect();
    assert_eq!(broken, clauses());
}

#[test]
fn without_a_fault_every_clause_holds() {
    let runtime = Runtime::new().unwrap();
    for storage in [StorageKind::Postgresql, StorageKind::Terminusdb] {
        let faultless = Mutant { fault: Fault::None, storage, clauses: &[] };
        let failing: Vec<String> = clauses().iter().flat_map(|clause| failing(&faultless, clause, &runtime)).collect();
        assert!(failing.is_empty(), "{storage}:\n{}", failing.join("\n"));
    }
}

/// What chance finds of access, by someone's random permissions: each shape of a policy, wrong in one way.
const FOUND_BY_CHANCE: [Fault; 14] = [
    Fault::AccessAsksNoPermission,
    Fault::ConditionsAreMetByNothing,
    Fault::OneConditionIsEnough,
    Fault::ContainsIsStartsWith,
    Fault::TeamsAreForgotten,
    Fault::OwnersAreForgotten,
    Fault::AssigneesAreForgotten,
    Fault::PeopleBelowAreForgotten,
    Fault::SharesAreForgotten,
    Fault::ToViewIsEnough,
    Fault::ToUpdateIsEnough,
    Fault::TransferIsAnUpdate,
    Fault::ChangesMayLeaveTheReach,
    Fault::BatchesAskToViewOnly,
];

#[test]
fn chance_finds_what_is_wrong_with_access() {
    let runtime = Runtime::new().unwrap();
    let of = |fault, comparisons| {
        let subject = Subject::tables(format!("{fault:?}"), Arc::new(Wrong::new(fault)), runtime.handle());
        compare_access(&subject, 1, comparisons)
    };
    assert_eq!(of(Fault::None, 1_000), Ok(()));
    // As many as every backend is asked by default: what is wrong in any shape is found by them.
    let survivors: Vec<Fault> = FOUND_BY_CHANCE.into_iter().filter(|fault| of(*fault, 1_250).is_ok()).collect();
    assert!(survivors.is_empty(), "chance does not find {survivors:?}");
}
