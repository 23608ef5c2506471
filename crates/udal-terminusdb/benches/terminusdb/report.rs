//! What was measured, as the page `docs/benchmarks-terminusdb.md`.

use std::fmt::Write;
use std::fs;

/// One piece of work, and how much of it each way did a second.
pub(crate) struct Line {
    size: usize,
    work: &'static str,
    unit: &'static str,
    udal: f64,
    other: f64,
    aim: f64,
}

impl Line {
    pub(crate) fn new(size: usize, work: &'static str, unit: &'static str, udal: f64) -> Self {
        Line { size, work, unit, udal, other: f64::NAN, aim: f64::NAN }
    }

    /// What it is compared with, and how many times as much as that Udal is to do.
    pub(crate) fn bare(self, other: f64, aim: f64) -> Self {
        Line { other, aim, ..self }
    }

    fn row(&self) -> String {
        let Line { size, work, unit, udal, other, aim } = self;
        let ratio = udal / other;
        let is_met = if ratio >= *aim { "yes" } else { "no" };
        format!("| {size} | {work} | {udal:.1} {unit} | {other:.1} {unit} | {ratio:.2} | ≥ {aim:.2} | {is_met} |")
    }
}

/// Everything that was measured.
#[derive(Default)]
pub(crate) struct Report {
    lines: Vec<Line>,
    missed: Vec<String>,
}

impl Report {
    pub(crate) fn line(&mut self, line: Line) {
        println!("{}", line.row());
        self.lines.push(line);
    }

    pub(crate) fn miss(&mut self, what: impl Into<String>) {
        let what = what.into();
        println!("{what}");
        if !self.missed.contains(&what) {
            self.missed.push(what);
        }
    }

    /// Writes the page to where `UDAL_BENCH_PAGE` says.
    pub(crate) fn write(&self) {
        let Ok(path) = std::env::var("UDAL_BENCH_PAGE") else { return };
        let mut page = String::from(HEAD);
        writeln!(page, "{}\n", about()).unwrap();
        page.push_str(
            "| documents | work | Udal | beside | ratio | aim | met |\n| --- | --- | --- | --- | --- | --- | --- |\n",
        );
        self.lines.iter().for_each(|line| writeln!(page, "{}", line.row()).unwrap());
        self.missed.iter().for_each(|missed| writeln!(page, "\nNot there: {missed}.").unwrap());
        fs::write(path, page).unwrap();
    }
}

const HEAD: &str = "\
# Benchmarks on TerminusDB

Written by the bench itself: change `crates/udal-terminusdb/benches/terminusdb`, not this page. Each piece of work is done by Udal's
backend, and beside it: the very same requests sent by bare reqwest, each on a connection of its own as Udal sends
them, whose answers are read to their end and not looked into;
for creates, one POST after the other; for the last list, the official Python client (`terminusdb` 12, its way of filtering).
Reads are in turns of one call, at the median. Server and bench share the machine.

    UDAL_TERMINUSDB_URL=http://localhost:6363 make bench-terminusdb

";

/// Day and machine.
fn about() -> String {
    let day = udal_core::value::Timestamp::now().date();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor =
        processor.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':')?.1.trim().into());
    let processor: &str = processor.unwrap_or(std::env::consts::ARCH);
    format!("Measured on {day} against TerminusDB 12.0.6: {cores} cores ({processor}), {}.", std::env::consts::OS)
}
