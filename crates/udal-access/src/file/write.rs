//! A directory as the text of a file, always in the same order: so that git shows what changed.

use std::collections::BTreeSet;
use std::fmt::{self, Write};

use crate::{Condition, Directory, FieldRule, Grant, Role, Share, Team, User, Visibility};

pub(super) fn policy_file(directory: &Directory) -> String {
    let mut text = String::new();
    // To write to a string does not fail.
    let _written = write_all(directory, &mut text);
    if text.is_empty() { "users:\n".to_owned() } else { text }
}

fn write_all(directory: &Directory, out: &mut String) -> fmt::Result {
    let Directory { users, roles, teams, grants, fields, shares } = directory;
    section(out, "users", users, |out, (id, User { name, reports_to, team })| {
        let keys = [("name", name), ("reports_to", reports_to), ("team", team)];
        let keys = keys.into_iter().filter_map(|(key, text)| Some(format!("{key}: {}", scalar(text.as_ref()?))));
        let keys: Vec<String> = keys.collect();
        match keys.is_empty() {
            true => writeln!(out, "  {}:", scalar(id)),
            false => writeln!(out, "  {}: {{{}}}", scalar(id), keys.join(", ")),
        }
    })?;
    section(out, "roles", roles, |out, (name, Role { description, permissions })| {
        writeln!(out, "  {}:", scalar(name))?;
        described(out, description)?;
        writeln!(out, "    permissions: {}", list(permissions))
    })?;
    section(out, "teams", teams, |out, (id, Team { description, ownership, members })| {
        writeln!(out, "  {}:", scalar(id))?;
        described(out, description)?;
        writeln!(out, "    ownership: {ownership}")?;
        if !members.is_empty() {
            writeln!(out, "    members:")?;
        }
        members.iter().try_for_each(|(user, roles)| writeln!(out, "      {}: {}", scalar(user), list(roles)))
    })?;
    section(out, "grants", grants, |out, Grant { permission, to, conditions }| {
        writeln!(out, "  - permission: {}", scalar(&permission.to_string()))?;
        writeln!(out, "    to: {}", scalar(&to.to_string()))?;
        match conditions.is_empty() {
            true => Ok(()),
            // JSON is YAML.
            false => writeln!(out, "    when: {}", spaced(&Condition::to_json(conditions))),
        }
    })?;
    section(out, "fields", fields, |out, FieldRule { group, subject, field, visibility, except }| {
        writeln!(out, "  - field: {}", scalar(&format!("{group}.{subject}.{field}")))?;
        match visibility {
            Visibility::Hidden => writeln!(out, "    visibility: hidden")?,
            Visibility::Masked(mask) => writeln!(out, "    visibility: masked\n    mask: {}", scalar(mask))?,
        }
        if except.is_empty() { Ok(()) } else { writeln!(out, "    except: {}", list(except)) }
    })?;
    section(out, "shares", shares, |out, ((record, with), Share { level, until })| {
        writeln!(out, "  - record: {}\n    with: {}", scalar(record), scalar(&with.to_string()))?;
        writeln!(out, "    level: {}", level.name())?;
        until.map_or(Ok(()), |until| writeln!(out, "    until: {until}"))
    })
}

fn section<T>(
    out: &mut String,
    name: &str,
    items: impl IntoIterator<Item = T>,
    write: impl Fn(&mut String, T) -> fmt::Result,
) -> fmt::Result {
    let mut items = items.into_iter().peekable();
    if items.peek().is_none() {
        return Ok(());
    }
    if !out.is_empty() {
        out.push('\n');
    }
    writeln!(out, "{name}:")?;
    items.try_for_each(|item| write(out, item))
}

fn described(out: &mut String, description: &Option<String>) -> fmt::Result {
    description.as_ref().map_or(Ok(()), |text| writeln!(out, "    description: {}", scalar(text)))
}

fn list(items: &BTreeSet<impl fmt::Display>) -> String {
    let items: Vec<String> = items.iter().map(|item| scalar(&item.to_string())).collect();
    format!("[{}]", items.join(", "))
}

/// Text as YAML: bare where nobody could take it for anything else, else in quotes as JSON has them.
fn scalar(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.@/:".contains(c);
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(is_plain);
    let is_taken = ["null", "true", "false", "yes", "no", "on", "off"].contains(&text.to_ascii_lowercase().as_str());
    if is_word && !text.ends_with(':') && !is_taken {
        return text.to_owned();
    }
    quoted(text)
}

/// Text in quotes; what YAML reads otherwise than JSON writes it, is escaped.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for c in serde_json::Value::from(text).to_string().chars() {
        match c {
            '\u{7f}'..='\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                let _written = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// JSON on one line, with a space after each colon and comma as YAML needs it.
fn spaced(json: &serde_json::Value) -> String {
    use serde_json::Value as Json;
    match json {
        Json::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(key, value)| format!("{}: {}", scalar(key), spaced(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
        Json::Array(items) => format!("[{}]", items.iter().map(spaced).collect::<Vec<_>>().join(", ")),
        Json::String(text) => scalar(text),
        other => other.to_string(),
    }
}
