//! What was measured, as the page `docs/benchmarks.md`.

use std::fmt::Write;

use crate::measure::Turns;

/// What Udal's rate must be, as a part of another's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Aim {
    /// Of the bare driver's, or of PostgreSQL's own tool's.
    OfBare(f64),
    /// Of SQLAlchemy's.
    OfSqlAlchemy(f64),
}

/// One piece of work, and how much of it each did a second.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// What [`Report::sqlalchemy`] calls it.
    pub(crate) key: &'static str,
    /// What was done, for the first column.
    pub(crate) work: String,
    /// What is counted: `rows/s`, `/s`.
    pub(crate) unit: &'static str,
    /// What Udal and the bare driver did.
    pub(crate) turns: Turns,
    pub(crate) sqlalchemy: Option<f64>,
    pub(crate) aims: &'static [Aim],
}

/// Everything that was measured.
#[derive(Debug, Default)]
pub(crate) struct Report {
    lines: Vec<Line>,
    sections: Vec<Section>,
    missed: Vec<String>,
    versions: Vec<String>,
}

/// A table of its own with what is to be said of it.
#[derive(Debug)]
struct Section {
    title: &'static str,
    text: String,
    header: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

impl Report {
    /// Adds a line to the table of comparisons, and shows it.
    pub(crate) fn line(&mut self, line: Line) {
        println!("{}", line.row());
        self.lines.push(line);
    }

    /// Adds what SQLAlchemy did a second of the work under that key.
    pub(crate) fn sqlalchemy(&mut self, key: &str, rate: f64) {
        for line in self.lines.iter_mut().filter(|line| line.key == key) {
            line.sqlalchemy = Some(rate);
            println!("{}", line.row());
        }
    }

    /// What Udal did a second of the work under that key.
    pub(crate) fn rate_of(&self, key: &str) -> Option<f64> {
        self.lines.iter().find(|line| line.key == key).map(|line| line.turns.udal())
    }

    /// That work, in words.
    pub(crate) fn work_of(&self, key: &str) -> String {
        self.lines.iter().find(|line| line.key == key).map(|line| line.work.clone()).unwrap_or_default()
    }

    /// Adds a table of its own: what it shows in words, its header and its rows.
    pub(crate) fn section(
        &mut self,
        title: &'static str,
        text: impl Into<String>,
        header: &'static [&'static str],
        rows: Vec<Vec<String>>,
    ) {
        let section = Section { title, text: text.into(), header, rows };
        println!("{}", section.render());
        self.sections.push(section);
    }

    /// Says that an aim outside the table of comparisons was not reached, or something was not measured.
    pub(crate) fn miss(&mut self, what: impl Into<String>) {
        let what = what.into();
        println!("not reached: {what}");
        self.missed.push(what);
    }

    /// Names a program that took part, with its version.
    pub(crate) fn version(&mut self, version: impl Into<String>) {
        self.versions.push(version.into());
    }

    /// The page.
    pub(crate) fn render(&self, about: &str) -> String {
        let mut page = format!("{INTRODUCTION}\n{about}, {}.\n\n{HEADER}\n", self.versions.join(", "));
        for line in &self.lines {
            writeln!(page, "{}", line.row()).unwrap();
        }
        for section in &self.sections {
            write!(page, "\n{}", section.render()).unwrap();
        }
        let missed: Vec<String> = self.lines.iter().flat_map(Line::missed).chain(self.missed.clone()).collect();
        page.push_str("\n## What was not reached\n\n");
        match missed.as_slice() {
            [] => page.push_str("Every aim above was reached in this run.\n"),
            missed => missed.iter().for_each(|missed| writeln!(page, "- {missed}").unwrap()),
        }
        page
    }
}

const INTRODUCTION: &str = "# Benchmarks

<!-- Written by `make bench`; changes by hand are lost. -->

`make bench` measures and writes this page. Each piece of work is done in turns and in one run: with the bare driver
(tokio-postgres) as one would write it by hand, through Udal's record service, and with SQLAlchemy 2 over psycopg 3 in C. The ratio
is what counts; the rates are those of one machine, at the median. A ratio to the bare driver is that of two turns one after the other:
the median of these, and its quartiles. All use the same server, started by the bench without `fsync`, and tables
of one definition. The tables under the first one set Udal beside itself: pages at depth, and one call among few and among many
models and tenants, which must cost the same. All run with the program's allocator. The code is in `crates/udal/benches/postgresql/main.rs` and beside it.
";

const HEADER: &str = "| work | bare driver | SQLAlchemy | Udal | of the bare driver | of SQLAlchemy | aim |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |";

impl Line {
    fn of_bare(&self) -> f64 {
        let [_, median, _] = self.turns.ratios();
        median
    }

    fn of_sqlalchemy(&self) -> Option<f64> {
        Some(self.turns.udal() / self.sqlalchemy?)
    }

    fn row(&self) -> String {
        let [lower, median, upper] = self.turns.ratios();
        let rate = |rate: Option<f64>| rate.map_or("–".to_owned(), |rate| format!("{} {}", grouped(rate), self.unit));
        let ratio = |ratio: Option<f64>| ratio.map_or("–".to_owned(), |ratio| format!("{ratio:.2}"));
        let aims: Vec<String> = self
            .aims
            .iter()
            .map(|aim| match aim {
                Aim::OfBare(part) => format!("{part:.2} of the bare driver"),
                Aim::OfSqlAlchemy(part) => format!("{part:.0} × SQLAlchemy"),
            })
            .collect();
        format!(
            "| {} | {} | {} | {} | {} | {} | {} |",
            self.work,
            rate(Some(self.turns.bare())),
            rate(self.sqlalchemy),
            rate(Some(self.turns.udal())),
            format_args!("{median:.2} ({lower:.2} to {upper:.2})"),
            ratio(self.of_sqlalchemy()),
            aims.join(", ")
        )
    }

    fn missed(&self) -> Vec<String> {
        let missed = |aim: &Aim| match aim {
            Aim::OfBare(part) => match self.of_bare() {
                ratio if ratio >= *part => None,
                ratio => Some(format!("{}: {ratio:.2} of the bare driver, not {part:.2}.", self.work)),
            },
            Aim::OfSqlAlchemy(part) => match self.of_sqlalchemy() {
                Some(ratio) if ratio >= *part => None,
                Some(ratio) => Some(format!("{}: {ratio:.1} × SQLAlchemy, not {part:.0} ×.", self.work)),
                None => Some(format!("{}: not measured beside SQLAlchemy.", self.work)),
            },
        };
        self.aims.iter().filter_map(missed).collect()
    }
}

impl Section {
    fn render(&self) -> String {
        let row = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
        let mut text = format!("## {}\n\n{}\n\n{}", self.title, self.text, row(self.header.to_vec()));
        let align = self.header.iter().enumerate().map(|(at, _)| if at == 0 { "---" } else { "---:" });
        text.push_str(&row(align.collect()));
        for cells in &self.rows {
            text.push_str(&row(cells.iter().map(String::as_str).collect()));
        }
        text
    }
}

/// A number without its fraction, with a comma after each third digit.
pub(crate) fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
