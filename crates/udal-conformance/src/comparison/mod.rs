//! Random models, records and operations, compared with the evaluator over the same records.
//!
//! One *comparison* is one random query, walk through pages, or write. Many share a model and a tenant, so that making tables
//! does not take the time.

mod chance;
mod changes;
mod filters;
mod reads;
mod run;
mod writes;

use std::time::{SystemTime, UNIX_EPOCH};

use libtest_mimic::{Failed, Trial};

use crate::subject::Subject;

/// How many comparisons share a model and a tenant.
const PER_MODEL: usize = 40;
/// Into how many trials the comparisons are split, so that they run side by side.
const PARTS: usize = 8;

const COMPARISONS_VARIABLE: &str = "UDAL_COMPARISONS";
const ACCESS_VARIABLE: &str = "UDAL_ACCESS_COMPARISONS";
const SEED_VARIABLE: &str = "UDAL_SEED";

/// How many models are told from their tenants' names.
pub(crate) const MOST_MODELS: u64 = 1_000;

/// What the comparisons with the model of that number are called.
pub(crate) fn title(number: u64) -> String {
    title_of(Askers::Ann, number)
}

fn title_of(askers: Askers, number: u64) -> String {
    format!("{}::model_{number}", askers.name())
}

/// Who asks in comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Askers {
    /// The operator, and `ann` under one of the ownership policies, with every permission.
    Ann,
    /// People with random permissions, grants and shares: judged without a predicate.
    Anyone,
}

impl Askers {
    /// What such comparisons are called.
    fn name(self) -> &'static str {
        match self {
            Askers::Ann => "comparison",
            Askers::Anyone => "access",
        }
    }

    /// The variable that says how many are made.
    fn variable(self) -> &'static str {
        match self {
            Askers::Ann => COMPARISONS_VARIABLE,
            Askers::Anyone => ACCESS_VARIABLE,
        }
    }

    /// How many are made of this subject where the variable does not say.
    fn usual(self, subject: &Subject) -> usize {
        match self {
            Askers::Ann => subject.comparisons,
            // What was recorded before is asked for again, and nothing else.
            Askers::Anyone if subject.repeats.is_some() => 0,
            Askers::Anyone => subject.comparisons * 5 / 8,
        }
    }
}

/// The comparisons of this subject, as trials.
pub(crate) fn trials(subject: &Subject) -> Vec<Trial> {
    [Askers::Ann, Askers::Anyone].into_iter().flat_map(|askers| trials_of(subject, askers)).collect()
}

fn trials_of(subject: &Subject, askers: Askers) -> Vec<Trial> {
    let total = match number(askers.variable()) {
        Ok(given) => given.and_then(|number| usize::try_from(number).ok()).unwrap_or_else(|| askers.usual(subject)),
        Err(problem) => return vec![broken(subject, problem)],
    };
    let seed = match number(SEED_VARIABLE) {
        Ok(given) => given.or(subject.repeats).unwrap_or_else(seed_of_now),
        Err(problem) => return vec![broken(subject, problem)],
    };
    let trial = |part: usize| {
        let owned = subject.clone();
        let run = move || compare_part(&owned, askers, seed, part, total).map_err(Failed::from);
        Trial::test(format!("{}::{}_of_{PARTS}", askers.name(), part + 1), run).with_kind(subject.name.clone())
    };
    let parts = total.div_ceil(PER_MODEL).min(PARTS);
    (0..parts).map(trial).collect()
}

/// Makes so many random comparisons of that seed, and answers the first that fails.
///
/// # Errors
/// The model, the records and the operation, what was expected and what was got.
pub fn compare(subject: &Subject, seed: u64, comparisons: usize) -> Result<(), String> {
    (0..PARTS).try_for_each(|part| compare_part(subject, Askers::Ann, seed, part, comparisons))
}

/// Makes so many random comparisons of that seed by people with random permissions, and answers the first that fails.
///
/// # Errors
/// As of [`compare`].
pub fn compare_access(subject: &Subject, seed: u64, comparisons: usize) -> Result<(), String> {
    (0..PARTS).try_for_each(|part| compare_part(subject, Askers::Anyone, seed, part, comparisons))
}

/// Every model whose number falls to this part.
fn compare_part(subject: &Subject, askers: Askers, seed: u64, part: usize, total: usize) -> Result<(), String> {
    let models = total.div_ceil(PER_MODEL);
    for number in (part..models).step_by(PARTS) {
        let comparisons = PER_MODEL.min(total - number * PER_MODEL);
        run::compare_model(subject, askers, (seed, number as u64), comparisons).map_err(|failure| {
            let variable = askers.variable();
            format!("{SEED_VARIABLE}={seed} {variable}={total} repeats this: it is model {number}\n{failure}")
        })?;
    }
    Ok(())
}

fn number(variable: &str) -> Result<Option<u64>, String> {
    match std::env::var(variable) {
        Err(_) => Ok(None),
        Ok(text) => text.parse().map(Some).map_err(|_| format!("{variable} is `{text}`, which is not a whole number")),
    }
}

fn seed_of_now() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(since_1970.subsec_micros()) * 1_000 + since_1970.as_secs() % 1_000
}

fn broken(subject: &Subject, problem: String) -> Trial {
    Trial::test("comparison", move || Err(Failed::from(problem))).with_kind(subject.name.clone())
}
