//! Random graphs and random paths: what a backend answers is compared with a plain walk over the same records.
//!
//! The plain walk knows of no automaton and no statement: it follows a path's tree from a set of records, and leaves out what
//! the asker may not see, which is known from how the records were made.

mod network;
mod oracle;
mod paths;
mod run;

use libtest_mimic::{Failed, Trial};

use crate::subject::Subject;

/// How many graphs are made.
pub(crate) const GRAPHS: u64 = 4;
/// The seed of what is asked, where every run is to ask the same.
const SEED: u64 = 60_600;

/// What the comparison with the graph of that number is called.
pub(crate) fn title(number: u64) -> String {
    format!("graph::graph_{number}")
}

/// The comparisons of this subject, as trials: none where it does not walk.
pub(crate) fn trials(subject: &Subject) -> Vec<Trial> {
    if subject.graph.is_none() {
        return Vec::new();
    }
    let trial = |number| {
        let owned = subject.clone();
        Trial::test(title(number), move || compare_graph(&owned, number).map_err(Failed::from))
            .with_kind(subject.name.clone())
    };
    (0..GRAPHS).map(trial).collect()
}

/// Makes the graph of that number and compares what is asked of it; answers the first difference.
///
/// # Errors
/// What was asked, what was expected and what was got.
pub fn compare_graph(subject: &Subject, number: u64) -> Result<(), String> {
    run::compare(subject, SEED, number)
}
