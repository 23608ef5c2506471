//! Enums whose words have changed.

use udal_core::model::{Field, Scalar};

use super::columns::is_fitting;
use super::{Change, Due, Step, alter, at_once, name};
use crate::table::create::{add_enum_check, enum_check_name, enum_check_prefix};
use crate::table::{FoundCheck, FoundTable, Target};
use crate::{Sql, column_type};

/// What is to be done about the check of the field's words.
///
/// Words are added at once, and rows that are there are looked at later. Words that the model has no more may still be
/// written by an earlier release: they are taken away when that is allowed.
pub(super) fn changes(target: Target<'_>, field: &Field, found: &FoundTable) -> Vec<Change> {
    if !is_fitting(field, found) {
        return Vec::new();
    }
    let checks = checks_of(target, field, found);
    let Scalar::Enum(words) = &field.field_type().scalar else {
        let drops: Vec<String> = checks.iter().map(|check| drop_check(target, check)).collect();
        let lifted = at_once(name("lift-words", target, field.name()), drops);
        return if checks.is_empty() { Vec::new() } else { vec![lifted] };
    };
    let every: Vec<String> = checks.iter().flat_map(|check| words_of(&check.definition)).collect();
    let added: Vec<String> = words.iter().filter(|word| !every.contains(word)).cloned().collect();
    let gone: Vec<&String> = every.iter().filter(|word| !words.contains(word)).collect();
    let mut changes = Vec::new();
    if checks.is_empty() {
        return vec![narrow(target, field, words, &checks, found, "rows may hold other words".to_owned())];
    }
    if !added.is_empty() {
        let more: Vec<String> = every.iter().chain(&added).cloned().collect();
        changes.push(widen(target, field, &more, &checks));
    } else if let Some(check) = checks.iter().find(|check| !check.is_valid) {
        let steps = validate(target, found, &check.name, &held(field));
        changes.push(Change { name: name("check-words", target, field.name()), due: Due::Later, steps });
    }
    if let Some(word) = gone.first() {
        let reason = format!("rows may hold `{word}`, and an earlier release may write it");
        changes.push(narrow(target, field, words, &checks, found, reason));
    }
    changes
}

/// The checks of the words of the field.
pub(super) fn checks_of<'f>(target: Target<'_>, field: &Field, found: &'f FoundTable) -> Vec<&'f FoundCheck> {
    let prefix = enum_check_prefix(target.table_name(), field);
    found.checks.iter().filter(|check| check.name.starts_with(&prefix)).collect()
}

fn widen(target: Target<'_>, field: &Field, words: &[String], old: &[&FoundCheck]) -> Change {
    let mut statements = vec![add_enum_check(target, field, words)];
    statements.extend(old.iter().map(|check| drop_check(target, check)));
    at_once(name("add-words", target, field.name()), statements)
}

fn narrow(
    target: Target<'_>,
    field: &Field,
    words: &[String],
    old: &[&FoundCheck],
    found: &FoundTable,
    reason: String,
) -> Change {
    let mut query = Sql::new();
    query.push("SELECT 1 FROM ").name(target.table_name()).push(" WHERE NOT (").column(field);
    let is_array = column_type(field.field_type()).is_array;
    query.push(if is_array { " <@ ARRAY[" } else { " = ANY (ARRAY[" });
    query.list(words, |sql, word| {
        sql.literal(word);
    });
    query.push(if is_array { "]::text[]) LIMIT 1" } else { "]::text[])) LIMIT 1" });
    let held = held(field);
    let add = add_enum_check(target, field, words);
    let mut statements: Vec<String> = old.iter().map(|check| drop_check(target, check)).collect();
    statements.push(add);
    let validated = validate(target, found, &enum_check_name(target.table_name(), field, words), &held);
    let mut steps = vec![Step::Unless { query: query.into_text(), reason: held }, Step::Together(statements)];
    steps.extend(validated);
    Change {
        name: name("narrow-words", target, field.name()),
        due: Due::Allowed { reason, stops_writes: false },
        steps,
    }
}

fn held(field: &Field) -> String {
    format!("a row's `{}` is a word that the model has not", field.name())
}

/// Looks at the rows of each part in turn; the table itself then has no more to look at. A row that came before the check, and
/// after it was asked whether there is one, is found here, for the same `reason`.
pub(super) fn validate(target: Target<'_>, found: &FoundTable, check: &str, reason: &str) -> Vec<Step> {
    let split = found.split_by.as_ref().map(|_| target.table_name());
    let tables = found.parts(target).into_iter().chain(split);
    tables
        .map(|table| {
            let mut sql = alter(table);
            sql.push(" VALIDATE CONSTRAINT ").name(check);
            Step::Validate { statement: sql.into_text(), reason: reason.to_owned() }
        })
        .collect()
}

fn drop_check(target: Target<'_>, check: &FoundCheck) -> String {
    let mut sql = alter(target.table_name());
    sql.push(" DROP CONSTRAINT ").name(&check.name);
    sql.into_text()
}

/// The words that a check's definition lists, such as `CHECK ((kind = ANY (ARRAY['a'::text, 'b'::text])))`.
fn words_of(definition: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = definition;
    while let Some((before, after)) = rest.split_once('\'') {
        let Some((word, after)) = quoted_word(after) else { break };
        // A literal with a backslash is written with an `E` before it, and each backslash twice.
        words.push(if before.ends_with('E') { word.replace("\\\\", "\\") } else { word });
        rest = after;
    }
    words
}

/// A word up to its closing quote, and what follows. Two quotes are one of the word.
fn quoted_word(text: &str) -> Option<(String, &str)> {
    let mut word = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('\'')?;
        word.push_str(part);
        match after.strip_prefix('\'') {
            Some(more) => {
                word.push('\'');
                rest = more;
            }
            None => return Some((word, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::words_of;

    #[test]
    fn words_are_read_back() {
        let definition = "CHECK ((kind = ANY (ARRAY['a b'::text, 'it''s'::text, ''''::text, 'x'::text]))) NOT VALID";
        assert_eq!(words_of(definition), ["a b", "it's", "'", "x"]);
        assert_eq!(words_of(r"CHECK ((kind = ANY (ARRAY[E'a\\b'::text, 'E'::text])))"), [r"a\b", "E"]);
    }
}
