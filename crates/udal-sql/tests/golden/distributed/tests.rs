//! Every statement of the golden cases keeps the rules, and each rule can be broken.

use std::collections::BTreeSet;

use udal_sql::table::Target;
use udal_sql::{Param, Statement};

use super::broken;
use super::rules::Rule;
use crate::cases;

/// What Udal does otherwise, or not at all, where a table is spread: the operation of the golden cases and the rule that stands
/// against it. Citus refuses it, nothing is changed, and the caller is told; the operator's guide names each.
const NOT_THERE: [(&str, Rule); 6] = [
    // `upsert`, `batch_update` and `batch_delete` lock their records first, of many ids at once.
    ("lock_many", Rule::LocksOneId),
    ("change_many", Rule::KnownForm),
    ("change_many", Rule::InsertsNameId),
    // Detached at once instead, once concurrently was refused.
    ("partition_that_is_over", Rule::PlainDetach),
    // `udal migrate apply --fill`: an `UPDATE` by hand does it.
    ("changes", Rule::NoPages),
    // `udal migrate apply --allow change-type` to an enum: by hand, in two statements.
    ("changes", Rule::OneChange),
];

/// Functions of `udal_sql::table` that write no statement.
const NO_STATEMENTS: [&str; 4] = ["changes", "kept_from", "partition_name", "stage_columns"];

#[test]
fn every_statement_stays_within_what_citus_distributes() {
    let mut wrong = Vec::new();
    for case in cases().iter().filter(|case| Target::new(&case.model).is_some()) {
        let operation = case.input().operation();
        let expected = NOT_THERE.iter().filter(|(name, _)| *name == operation).map(|(_, rule)| *rule);
        let expected: BTreeSet<Rule> = expected.collect();
        for statement in case.golden().statements() {
            let broken = broken(statement);
            if !broken.is_subset(&expected) {
                wrong.push(format!("{}: {broken:?}\n  {}", case.folder.display(), statement.text));
            }
        }
    }
    assert!(wrong.is_empty(), "Citus could not run these where the table is spread by id:\n\n{}", wrong.join("\n"));
}

#[test]
fn every_function_that_writes_a_statement_has_a_case() {
    let exported = include_str!("../../../src/table/mod.rs");
    let asked = include_str!("../tables.rs");
    let lines = exported.split("pub use ").skip(1).filter_map(|text| text.split_once(';').map(|(names, _)| names));
    let names = lines.flat_map(|names| names.split(|c: char| !c.is_alphanumeric() && c != '_').skip(1));
    let functions: BTreeSet<&str> =
        names.filter(|name| name.starts_with(|c: char| c.is_lowercase()) && !NO_STATEMENTS.contains(name)).collect();
    assert!(functions.contains("insert") && functions.len() > 15, "the exports are read: {functions:?}");
    let without: Vec<&&str> = functions.iter().filter(|name| !asked.contains(&format!("table::{name}("))).collect();
    assert!(without.is_empty(), "no golden case asks for {without:?}");
}

fn statement(text: &str, params: &[&str]) -> Statement {
    let params = params.iter().map(|value| match value.parse() {
        Ok(number) => Param::int(number),
        Err(_) => Param::text(*value),
    });
    Statement { text: text.to_owned(), params: params.collect() }
}

/// For each rule a statement that breaks it and no other.
const BREAKS: [(Rule, &str, &[&str]); 25] = [
    (Rule::OneStatement, "DROP TABLE \"a\"; DROP TABLE \"b\"", &[]),
    (Rule::KnownForm, "SELECT \"kind\" FROM \"a\" GROUP BY \"kind\"", &[]),
    (Rule::KnownForm, "CREATE TEMP TABLE \"a\" (\"id\" text)", &[]),
    (Rule::KnownForm, "MERGE INTO \"a\" USING \"b\" ON a.id = b.id WHEN MATCHED THEN DELETE", &[]),
    (Rule::KnownForm, "INSERT INTO \"a\" (\"id\") SELECT \"id\" FROM \"b\"", &[]),
    (Rule::KnownForm, "SELECT \"id\" FROM ((SELECT \"id\" FROM \"a\") UNION (SELECT \"id\" FROM \"a\")) AS \"u\"", &[]),
    (
        Rule::KnownForm,
        "SELECT \"id\" FROM ((SELECT \"id\" FROM \"a\") UNION ALL (SELECT \"id\" FROM \"a\" GROUP BY \"id\")) AS \"u\"",
        &[],
    ),
    (Rule::ImmutableFunctions, "UPDATE \"a\" SET \"at\" = now() WHERE \"id\" = $1", &["A/1"]),
    (Rule::InsertsNameId, "INSERT INTO \"a\" (\"kind\") VALUES ($1)", &["x"]),
    (Rule::InsertsNameId, "COPY \"a\" (\"kind\") FROM STDIN (FORMAT binary)", &[]),
    (Rule::IdStays, "UPDATE \"a\" SET \"id\" = $1 WHERE \"id\" = $2", &["A/2", "A/1"]),
    (
        Rule::IdStays,
        "INSERT INTO \"a\" (\"id\") VALUES ($1) ON CONFLICT (\"id\") DO UPDATE SET \"id\" = $2",
        &["A/1", "A/2"],
    ),
    (Rule::LocksOneId, "SELECT \"id\" FROM \"a\" WHERE \"id\" = ANY ($1) FOR UPDATE", &["A/1"]),
    (
        Rule::WritesTogetherOneId,
        "WITH d AS (DELETE FROM \"a\" WHERE \"id\" = $1 RETURNING \"id\"), i AS (DELETE FROM \"b\" WHERE \"id\" = $2) SELECT * FROM d",
        &["A/1", "A/2"],
    ),
    (
        Rule::WritesTogetherByPlace,
        "WITH d AS (DELETE FROM \"a\" WHERE \"id\" = $1 AND false RETURNING \"id\") SELECT * FROM d",
        &["A/1"],
    ),
    (Rule::JoinsOnId, "DELETE FROM \"a\" i USING \"b\" p WHERE i.\"at\" = p.\"at\"", &[]),
    (Rule::JoinsOnId, "SELECT \"x\" FROM \"a\", \"b\"", &[]),
    (Rule::CatalogAlone, "SELECT \"id\" FROM \"a\", pg_class", &[]),
    (Rule::SkipAndLimitFit, "SELECT \"id\" FROM \"a\" LIMIT $1 OFFSET $2", &["2", "9223372036854775806"]),
    (Rule::UniqueWithId, "CREATE TABLE IF NOT EXISTS \"a\" (\"id\" text, \"at\" date, PRIMARY KEY (\"at\"))", &[]),
    (Rule::NamedChecks, "ALTER TABLE \"a\" ADD COLUMN \"b\" text CHECK (\"b\" = 'x')", &[]),
    (Rule::OneChange, "ALTER TABLE \"a\" ADD COLUMN \"b\" text, ADD CONSTRAINT \"c\" CHECK (\"b\" = 'x')", &[]),
    (Rule::NoPages, "UPDATE \"a\" SET \"b\" = $1 WHERE ctid < '(9,0)'::tid", &["x"]),
    (Rule::NoPages, "SELECT pg_relation_size('a')", &[]),
    (Rule::PlainDetach, "ALTER TABLE \"a\" DETACH PARTITION \"a__p2024\" CONCURRENTLY", &[]),
];

#[test]
fn each_rule_can_be_broken() {
    for (rule, text, params) in BREAKS {
        assert_eq!(broken(&statement(text, params)), BTreeSet::from([rule]), "{text}");
    }
    let rules: BTreeSet<Rule> = BREAKS.iter().map(|(rule, ..)| *rule).collect();
    assert_eq!(rules.len(), Rule::PlainDetach as usize + 1, "each rule has a statement that breaks it");
}
