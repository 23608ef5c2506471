//! A tree to a directory: grants, rules on fields, shares.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};
use udal_core::shorten;
use udal_core::value::Timestamp;
use udal_yaml::{Kind, Node, has_key};

use super::read::PolicyReader;
use crate::{Condition, Exception, FieldRule, Grant, Grantee, LEVELS, Place, Receiver, Share, Visibility, parse_level};

const GRANT_KEYS: [&str; 3] = ["permission", "to", "when"];
const FIELD_KEYS: [&str; 4] = ["field", "visibility", "mask", "except"];
const SHARE_KEYS: [&str; 4] = ["record", "with", "level", "until"];
const GRANTEE_HINT: &str = "write `role:` or `user:` and the name, such as `role:auditor`";
const RECEIVER_HINT: &str = "write `user:` or `team:` and the id, such as `user:jane`";
const EXCEPTION_HINT: &str = "write `role:`, `user:` or `permission:` and the name, such as `[role:admin]`";

/// The keys of an item, with their lines and values.
type Keys<'k, 'n> = Vec<(&'k str, usize, &'n Node)>;

/// The items of a list, each a mapping with these keys, the needed ones among them.
fn each<'n, 'k>(
    reader: &mut PolicyReader<'_>,
    list: &str,
    value: &'n Node,
    keys: &[&'k str],
    needed: &[&str],
) -> Vec<(usize, Keys<'k, 'n>)> {
    let hint = format!("write a `-` and keys such as `{}:` for each", needed.first().copied().unwrap_or_default());
    let items = reader.items(&format!("`{list}` is a list"), value, &hint);
    let mut found = Vec::new();
    for item in items {
        let Kind::Mapping(members) = &item.kind else {
            reader.unread(item.line, format!("an item of `{list}` holds keys, not {}", item.describe()), hint.as_str());
            continue;
        };
        let members_found = reader.base.keys(members, keys);
        let mut is_complete = true;
        for key in needed.iter().filter(|key| !has_key(members, key)) {
            reader.base.add(item.line, format!("`{key}` is missing"), format!("add `{key}:`"));
            is_complete = false;
        }
        if is_complete {
            found.push((item.line, members_found));
        }
    }
    found
}

pub(super) fn grants(reader: &mut PolicyReader<'_>, value: &Node) {
    for (line, keys) in each(reader, "grants", value, &GRANT_KEYS, &["permission", "to"]) {
        let (mut permission, mut to, mut conditions) = (None, None, Some((BTreeSet::new(), Vec::new())));
        for (key, _, value) in keys {
            match key {
                "permission" => permission = reader.pattern(value),
                "to" => to = word(reader, value, Grantee::parse, "whom something is granted to", GRANTEE_HINT),
                _ => conditions = when(reader, value),
            }
        }
        // What is wrong with it is said already.
        let (Some(permission), Some(to), Some((conditions, lines))) = (permission, to, conditions) else { continue };
        let grant = Grant { permission, to, conditions };
        for (field, line) in lines {
            reader.lines.insert(Place::Condition(grant.to_string(), field), line);
        }
        if is_first(reader, Place::grant(&grant), line, "grant") {
            reader.directory.grants.insert(grant);
        }
    }
}

/// Whether nothing of that place was given before.
fn is_first(reader: &mut PolicyReader<'_>, place: Place, line: usize, what: &str) -> bool {
    match reader.lines.get(&place) {
        Some(first) => {
            let message = format!("this {what} is given twice, first in line {first}");
            reader.base.add(line, message, "leave one of them out");
            false
        }
        None => reader.lines.insert(place, line).is_none(),
    }
}

/// A word that `parse` understands.
fn word<T>(
    reader: &mut PolicyReader<'_>,
    value: &Node,
    parse: impl Fn(&str) -> Option<T>,
    what: &str,
    hint: &str,
) -> Option<T> {
    let found = value.text().and_then(parse);
    if found.is_none() {
        reader.base.add(value.line, format!("{} does not say {what}", value.describe()), hint);
    }
    found
}

/// Conditions, with the lines of their fields.
type Conditions = (BTreeSet<Condition>, Vec<(String, usize)>);

fn when(reader: &mut PolicyReader<'_>, value: &Node) -> Option<Conditions> {
    const HINT: &str = "write such as `when: {status: {equals: active}}`";
    let Kind::Mapping(members) = &value.kind else {
        reader.base.add(value.line, format!("`when` holds fields with tests, not {}", value.describe()), HINT);
        return None;
    };
    let (mut conditions, mut lines, mut is_complete) = (BTreeSet::new(), Vec::new(), !members.is_empty());
    if members.is_empty() {
        reader.base.add(value.line, "`when` holds no condition", "add one, or leave out `when`");
    }
    for (field, line, tests) in reader.base.names(members, "a field's name") {
        lines.push((field.to_owned(), line));
        let Kind::Mapping(tests) = &tests.kind else {
            let message = format!("`{}` needs an operator, not {}", shorten(field), tests.describe());
            reader.base.add(tests.line, message, format!("write such as `{}: {{equals: …}}`", shorten(field)));
            is_complete = false;
            continue;
        };
        for (operator, _, operand) in reader.base.names(tests, "an operator") {
            let (field, operator) = (field.to_owned(), operator.to_owned());
            conditions.insert(Condition { field, operator, operand: json(operand) });
        }
    }
    is_complete.then_some((conditions, lines))
}

/// YAML as JSON: without quotes, `true`, `false`, `null` and numbers are what they look like.
fn json(node: &Node) -> Json {
    match &node.kind {
        Kind::Sequence(items) => items.iter().map(json).collect(),
        Kind::Mapping(members) => {
            let member = |(key, value): &(Node, Node)| Some((key.text()?.to_owned(), json(value)));
            Json::Object(members.iter().filter_map(member).collect::<Map<_, _>>())
        }
        Kind::Scalar { .. } if node.is_null() => Json::Null,
        Kind::Scalar { text, plain } => {
            let is_literal = |value: &Json| value.is_boolean() || value.is_number();
            let literal = plain.then(|| serde_json::from_str(text).ok().filter(is_literal)).flatten();
            literal.unwrap_or_else(|| Json::from(text.as_str()))
        }
    }
}

pub(super) fn fields(reader: &mut PolicyReader<'_>, value: &Node) {
    for (line, keys) in each(reader, "fields", value, &FIELD_KEYS, &["field", "visibility"]) {
        let (mut field, mut is_hidden, mut mask, mut except) = (None, None, None, BTreeSet::new());
        for (key, _, value) in keys {
            match key {
                "field" => {
                    let hint = "write group, model and field, such as `crm.accounts.annual_revenue`";
                    field = word(reader, value, parts, "which field is meant", hint);
                }
                "visibility" => {
                    let hint = "write `hidden`, or `masked` and a `mask:`";
                    is_hidden = word(reader, value, hidden, "what is seen of the field", hint);
                }
                "mask" => mask = reader.base.text(key, value),
                _ => except = exceptions(reader, value),
            }
        }
        let (Some((group, subject, field)), Some(is_hidden)) = (field, is_hidden) else { continue };
        let visibility = match (is_hidden, mask) {
            (true, None) => Visibility::Hidden,
            (false, Some(mask)) => Visibility::Masked(mask),
            (true, Some(_)) => {
                reader.base.add(line, "a field that is hidden has no mask", "leave out `mask`, or write `masked`");
                continue;
            }
            (false, None) => {
                reader.base.add(line, "`mask` is missing", "add what is shown in the value's place: `mask: \"***\"`");
                continue;
            }
        };
        let rule = FieldRule { group, subject, field, visibility, except };
        if is_first(reader, Place::field(&rule), line, "rule") {
            reader.directory.fields.insert(rule);
        }
    }
}

fn hidden(word: &str) -> Option<bool> {
    match word {
        "hidden" => Some(true),
        "masked" => Some(false),
        _ => None,
    }
}

fn parts(text: &str) -> Option<(String, String, String)> {
    let mut parts = text.split('.').filter(|part| !part.is_empty()).map(str::to_owned);
    let found = (parts.next()?, parts.next()?, parts.next()?);
    parts.next().is_none().then_some(found)
}

fn exceptions(reader: &mut PolicyReader<'_>, value: &Node) -> BTreeSet<Exception> {
    let items = match &value.kind {
        Kind::Sequence(items) => items.as_slice(),
        _ => std::slice::from_ref(value),
    };
    items.iter().filter_map(|item| word(reader, item, Exception::parse, "who is excepted", EXCEPTION_HINT)).collect()
}

pub(super) fn shares(reader: &mut PolicyReader<'_>, value: &Node) {
    for (line, keys) in each(reader, "shares", value, &SHARE_KEYS, &["record", "with", "level"]) {
        let (mut record, mut with, mut level, mut until) = (None, None, None, Some(None));
        for (key, _, value) in keys {
            match key {
                "record" => record = reader.base.text(key, value),
                "with" => with = word(reader, value, Receiver::parse, "whom it is shared with", RECEIVER_HINT),
                "level" => {
                    let hint = format!("levels are {}", LEVELS.map(|(name, _)| name).join(" "));
                    level = word(reader, value, parse_level, "what is shared", &hint);
                }
                _ => {
                    let time = |text: &str| Timestamp::parse(text).ok();
                    until = word(reader, value, time, "when it ends", "write such as `2027-01-01T00:00:00Z`").map(Some);
                }
            }
        }
        let (Some(record), Some(with), Some(level), Some(until)) = (record, with, level, until) else { continue };
        if is_first(reader, Place::share(&record, &with), line, "share") {
            reader.directory.shares.insert((record, with), Share { level, until });
        }
    }
}
