//! Runs the cases: as a test program, or one by one for those who look at the answers.

use std::process::ExitCode;
use std::time::Duration;

use futures_util::FutureExt;
use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::case::{Case, Failure, Outcome};
use crate::cases::all;
use crate::subject::Subject;
use crate::world::{World, tenant_of};
use crate::{comparison, graphs};

/// How many cases run at one time where the command line does not say.
const THREADS: usize = 4;
/// When a case is given up: it waits for something that never comes.
const PATIENCE: Duration = Duration::from_secs(300);

/// How a case ended.
#[derive(Debug)]
pub struct Verdict {
    /// The case, such as `LIST-2::ties_are_broken_by_id`.
    pub case: String,
    /// Why it failed, where it did.
    pub failure: Option<String>,
}

/// The titles of all cases, such as `LIST-2::ties_are_broken_by_id`.
pub fn cases() -> Vec<String> {
    all().iter().map(Case::title).collect()
}

/// The title of the case whose tenant has that name in a [repeatable](Subject::repeatable) run.
pub fn case_of_tenant(tenant: &str) -> Option<String> {
    // Further tenants of a case, and longer names of one, start with the first one's.
    let first = tenant.get(..17)?;
    let comparisons = (0..comparison::MOST_MODELS).map(comparison::title);
    let graphs = (0..graphs::GRAPHS).map(graphs::title);
    cases().into_iter().chain(comparisons).chain(graphs).find(|title| tenant_of(title) == first)
}

/// What the clauses are about of the case whose tenant has that name in a [repeatable](Subject::repeatable) run, such as
/// `batch-create`.
pub fn group_of_tenant(tenant: &str) -> Option<String> {
    let title = case_of_tenant(tenant)?;
    let clause = title.split("::").next()?;
    Some(clause.trim_end_matches(|digit: char| digit.is_ascii_digit()).trim_end_matches('-').to_lowercase())
}

/// Runs the cases and the random comparisons on each subject, as the command line asks, and lists what was ignored.
///
/// The command line is that of the standard test harness.
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a test program's output is its result")]
pub fn run(subjects: impl IntoIterator<Item = Subject>) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    let mut trials = Vec::new();
    let mut ignored = Vec::new();
    for subject in subjects {
        let cases = all();
        if let [unknown, ..] = subject.unknown_skips(&cases).as_slice() {
            eprintln!("`{}` is to leave out `{unknown}`, which is no case and no clause", subject.name);
            return ExitCode::FAILURE;
        }
        for case in cases {
            let reason = subject.ignores(&case);
            ignored.extend(reason.iter().map(|reason| format!("[{}] {}: {reason}", subject.name, case.title())));
            trials.push(trial(&subject, case, reason));
        }
        trials.extend(comparison::trials(&subject));
        trials.extend(graphs::trials(&subject));
    }
    let listing = arguments.list;
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !listing && !ignored.is_empty() {
        println!("ignored, each with its reason:");
        ignored.iter().for_each(|line| println!("  {line}"));
        println!();
    }
    conclusion.exit_code()
}

fn trial(subject: &Subject, case: Case, ignored: Option<String>) -> Trial {
    let owned = subject.clone();
    let run = move || match ignored {
        Some(reason) => Ok(Completion::ignored_with(reason)),
        None => run_case(&owned, case).map(|()| Completion::Completed).map_err(Failed::from),
    };
    Trial::ignorable_test(case.title(), run).with_kind(subject.name.clone())
}

/// Runs those cases that apply to `subject` and for whose title `chosen` is true, one after another.
///
/// The random comparisons are not among them.
pub fn verdicts(subject: &Subject, chosen: impl Fn(&str) -> bool) -> Vec<Verdict> {
    let applies = |case: &Case| chosen(&case.title()) && subject.ignores(case).is_none();
    let verdict = |case: Case| Verdict { case: case.title(), failure: run_case(subject, case).err() };
    all().into_iter().filter(applies).map(verdict).collect()
}

fn run_case(subject: &Subject, case: Case) -> Result<(), String> {
    let world = World::new(subject, &case.title()).map_err(|failure| failure.to_string())?;
    finish(subject, &world, (case.run)(&world))
}

/// Runs what is to happen in `world`, and ends the world where it went well.
pub(crate) fn finish(subject: &Subject, world: &World, act: impl Future<Output = Outcome>) -> Result<(), String> {
    let told = |failure: Failure| format!("{failure}\n  in tenant {}", world.tenant);
    subject.runtime.block_on(async {
        let act = std::panic::AssertUnwindSafe(act).catch_unwind();
        match tokio::time::timeout(PATIENCE, act).await {
            Ok(Ok(outcome)) => outcome.map_err(told)?,
            Ok(Err(_)) => return Err(told(Failure::new("it panicked; the panic's own words stand above"))),
            Err(_) => return Err(told(Failure::new("it did not end in five minutes"))),
        }
        world.end().await.map_err(told)
    })
}
