//! Users, roles and teams: ids, who reports to whom, who is a member of what.

use std::collections::BTreeSet;

use udal_core::shorten;
use udal_core::value::MAX_USER_BYTES;

use super::{Findings, Place, rules};
use crate::{Directory, Team};

/// The longest name, description or mask, in bytes.
const MAX_TEXT_BYTES: usize = 4_000;

pub(super) fn check(findings: &mut Findings<'_>) {
    let directory = findings.directory;
    for (id, user) in &directory.users {
        check_id(findings, Place::User(id.clone()), id);
        if let Some(above) = &user.reports_to {
            findings.needs_user(Place::UserKey(id.clone(), "reports_to"), above);
        }
        check_team_of(findings, id);
        check_text(findings, Place::UserKey(id.clone(), "name"), user.name.as_deref());
    }
    for id in circles(directory) {
        let message = format!("`{}` reports to themselves, over one or more others", shorten(id));
        findings.add(Place::UserKey(id.to_owned(), "reports_to"), message, "break the circle at one of them");
    }
    for (name, role) in &directory.roles {
        check_role(findings, name);
        check_text(findings, Place::Role(name.clone()), role.description.as_deref());
        for pattern in &role.permissions {
            rules::check_pattern(findings, Place::RolePermission(name.clone(), pattern.to_string()), pattern);
        }
    }
    for (id, team) in &directory.teams {
        check_id(findings, Place::Team(id.clone()), id);
        check_text(findings, Place::Team(id.clone()), team.description.as_deref());
        check_members(findings, id, team);
    }
}

fn check_id(findings: &mut Findings<'_>, place: Place, id: &str) {
    let has_control = id.chars().any(char::is_control);
    if id.is_empty() || id.len() > MAX_USER_BYTES || has_control || id.trim() != id {
        let message = format!("`{}` is not an id", shorten(id));
        findings.add(place, message, "use 1 to 200 bytes without control characters, and no space at the ends");
    }
}

/// What is for people is kept by the database, too.
pub(super) fn check_text(findings: &mut Findings<'_>, place: Place, text: Option<&str>) {
    if text.is_some_and(|text| text.contains('\0') || text.len() > MAX_TEXT_BYTES) {
        let message = format!("`{}` is no text to keep", shorten(text.unwrap_or_default()));
        findings.add(place, message, "use at most 4,000 bytes, without U+0000");
    }
}

fn check_role(findings: &mut Findings<'_>, name: &str) {
    let place = || Place::Role(name.to_owned());
    if crate::is_built_in(name) {
        let message = format!("`{name}` is a role that every tenant has");
        return findings.add(place(), message, "give the tenant's own role another name");
    }
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || name.len() > 48 || !name.chars().all(is_letter) {
        let message = format!("`{}` cannot name a role", shorten(name));
        findings.add(place(), message, "use a lower-case letter first, then a-z, 0-9, - and _, at most 48 in all");
    }
}

fn check_members(findings: &mut Findings<'_>, id: &str, team: &Team) {
    for (user, roles) in &team.members {
        let place = || Place::Member(id.to_owned(), user.clone());
        findings.needs_user(place(), user);
        for role in roles {
            findings.needs_role(place(), role);
        }
    }
}

/// Where a user acts must be said where it is not plain.
fn check_team_of(findings: &mut Findings<'_>, id: &str) {
    let directory = findings.directory;
    let member_of: Vec<&str> =
        directory.teams.iter().filter(|(_, team)| team.members.contains_key(id)).map(|(id, _)| id.as_str()).collect();
    let named = directory.users.get(id).and_then(|user| user.team.as_deref());
    match named {
        Some(team) if !directory.teams.contains_key(team) => {
            findings.needs_team(Place::UserKey(id.to_owned(), "team"), team);
        }
        Some(team) if !member_of.contains(&team) => {
            let message = format!("`{}` is not a member of the team `{}` they act in", shorten(id), shorten(team));
            findings.add(Place::UserKey(id.to_owned(), "team"), message, "make them a member, or name another team");
        }
        None if member_of.len() > 1 => {
            let message = format!("`{}` is a member of {}", shorten(id), member_of.join(" and "));
            let hint = "say with `team:` which of them they act in".to_owned();
            findings.add(Place::User(id.to_owned()), message, hint);
        }
        _ => {}
    }
}

/// One user of each circle in who reports to whom.
fn circles(directory: &Directory) -> Vec<&str> {
    let mut settled: BTreeSet<&str> = BTreeSet::new();
    let mut closed_at = Vec::new();
    for start in directory.users.keys() {
        let mut path: Vec<&str> = Vec::new();
        let mut on_path: BTreeSet<&str> = BTreeSet::new();
        let mut next = Some(start.as_str());
        while let Some(id) = next.filter(|id| !settled.contains(id)) {
            if !on_path.insert(id) {
                closed_at.push(id);
                break;
            }
            path.push(id);
            next = directory.users.get(id).and_then(|user| user.reports_to.as_deref());
        }
        settled.extend(path);
    }
    closed_at
}
