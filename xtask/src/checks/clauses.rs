//! The contract's numbered clauses and the suite's cases, held against each other.
//!
//! A clause is a line of the contract's docs that starts with such as `[LIST-2]`; a case names it with a string literal that is the clause,
//! or starts with it: `"LIST-2"`, `"LIST-2 missing values sort first"`.

use std::collections::BTreeMap;

use crate::problem::Problem;
use crate::source::Source;
use crate::tree::Tree;

const CONTRACT: [&str; 2] = ["crates/udal-core/src/contract/", "crates/udal-core/src/contract.rs"];
const SUITE: &str = "crates/udal-conformance/src/";
/// Where the suite's own words look like a clause.
const NOT_CLAUSES: [&str; 5] = ["UTF-", "SHA-", "ISO-", "RFC-", "CVE-"];

type Places = BTreeMap<String, (String, usize)>;

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    let clauses = clauses(tree, &mut problems);
    let cases = cases(tree);
    if clauses.is_empty() {
        problems.extend(contract(tree).next().map(|(path, _)| {
            Problem::new(path, 1, "the contract has no numbered clause; write such as `[LIST-2]` in its docs")
        }));
    }
    for (clause, (path, line)) in &clauses {
        if !cases.contains_key(clause) {
            problems.push(Problem::new(path, *line, format!("clause {clause} has no case in {SUITE}")));
        }
    }
    for (clause, (path, line)) in &cases {
        if !clauses.contains_key(clause) {
            problems.push(Problem::new(
                path,
                *line,
                format!("a case names {clause}, which is not a clause of the contract"),
            ));
        }
    }
    problems
}

fn contract(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    CONTRACT.iter().flat_map(|prefix| tree.rust(prefix)).filter(|(path, _)| !path.ends_with("tests.rs"))
}

/// The clauses of the contract, where a line of docs starts with them: each once, and each that is mentioned is there.
fn clauses(tree: &Tree, problems: &mut Vec<Problem>) -> Places {
    let mut places = Places::new();
    for (path, line, doc) in docs(tree) {
        let Some(clause) = opening(doc) else { continue };
        if let Some((earlier, before)) = places.get(clause) {
            problems.push(Problem::new(
                path,
                line,
                format!("clause {clause} is written twice; first at {earlier}:{before}"),
            ));
        } else {
            places.insert(clause.to_owned(), (path.to_owned(), line));
        }
    }
    for (path, line, doc) in docs(tree) {
        for absent in bracketed(doc).filter(|clause| !places.contains_key(*clause)) {
            problems.push(Problem::new(
                path,
                line,
                format!("no line starts with the clause {absent} that is named here"),
            ));
        }
    }
    places
}

/// The contract's doc comments, line by line.
fn docs(tree: &Tree) -> impl Iterator<Item = (&str, usize, &str)> {
    contract(tree).flat_map(|(path, text)| {
        text.lines().enumerate().filter_map(move |(at, line)| {
            let line = line.trim_start();
            let doc = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"))?;
            Some((path, at + 1, doc))
        })
    })
}

fn cases(tree: &Tree) -> Places {
    let mut places = Places::new();
    for (path, text) in tree.rust(SUITE) {
        for literal in Source::new(text).literals() {
            if let Some(clause) = leading(&literal.text) {
                places.entry(clause.to_owned()).or_insert_with(|| (path.to_owned(), literal.line));
            }
        }
    }
    places
}

/// The clauses in square brackets in a line of docs.
fn bracketed(doc: &str) -> impl Iterator<Item = &str> {
    doc.split('[')
        .skip(1)
        .filter_map(|rest| rest.split_once(']'))
        .map(|(inside, _)| inside)
        .filter(|text| is_clause(text))
}

/// The clause with which a line of docs starts, behind what makes it a list item, bold or code.
fn opening(doc: &str) -> Option<&str> {
    let rest = doc.trim_start_matches([' ', '-', '*', '`']).strip_prefix('[')?;
    rest.split_once(']').map(|(inside, _)| inside).filter(|text| is_clause(text))
}

/// The clause with which a literal starts.
fn leading(text: &str) -> Option<&str> {
    let clause = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-').next()?;
    (is_clause(clause) && !NOT_CLAUSES.iter().any(|known| clause.starts_with(known))).then_some(clause)
}

/// Whether `text` is such as `LIST-2` or `BATCH-CREATE-10`.
fn is_clause(text: &str) -> bool {
    let Some((area, number)) = text.rsplit_once('-') else { return false };
    let is_area = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_uppercase());
    area.split('-').all(is_area) && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}
