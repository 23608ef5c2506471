//! A directory as people and programs read it.

use serde_json::{Value as Json, json};
use udal::{
    BUILT_IN_ROLES, Change, Condition, Directory, Entry, Exception, FieldRule, Grant, Role, Share, Team, TenantSlug,
    User, Visibility,
};

use crate::failure::Failure;
use crate::output::Output;

/// Writes all of it: a line an entry for people, objects for programs.
pub(super) fn directory(tenant: &TenantSlug, directory: &Directory, output: &mut Output) -> Result<(), Failure> {
    let entries: Vec<Entry> = udal::access_diff(&Directory::default(), directory)
        .into_iter()
        .map(|change| match change {
            Change::Add(entry) | Change::Remove(entry) | Change::Replace { new: entry, .. } => entry,
        })
        .collect();
    let rows: Vec<[String; 3]> =
        entries.iter().map(|entry| [entry.kind().to_owned(), entry.name(), entry.details()]).collect();
    let width = rows.iter().map(|[kind, ..]| kind.len()).max().unwrap_or_default();
    let built_in = BUILT_IN_ROLES.iter().map(|(name, holds)| format!("{name} ({})", holds.join(" ")));
    let built_in = format!("every tenant has the roles {}", built_in.collect::<Vec<_>>().join(", "));
    let line = |[kind, name, details]: &[String; 3]| match details.is_empty() {
        true => format!("{kind:width$}  {name}"),
        false => format!("{kind:width$}  {name}: {details}"),
    };
    let lines: Vec<String> = rows.iter().map(line).chain([built_in]).collect();
    let mut table: Vec<Vec<&str>> = vec![vec!["kind", "name", "details"]];
    table.extend(rows.iter().map(|row| row.iter().map(String::as_str).collect()));
    let table: Vec<&[&str]> = table.iter().map(Vec::as_slice).collect();
    output.answer(&json_of(tenant, directory), &lines.join("\n"), &table)
}

fn json_of(tenant: &TenantSlug, directory: &Directory) -> Json {
    let Directory { users, roles, teams, grants, fields, shares } = directory;
    let users: Vec<Json> = users
        .iter()
        .map(|(id, User { name, reports_to, team })| {
            json!({"id": id, "name": name, "reports_to": reports_to, "team": team})
        })
        .collect();
    let roles: Vec<Json> = roles
        .iter()
        .map(|(name, Role { description, permissions })| {
            let permissions: Vec<String> = permissions.iter().map(ToString::to_string).collect();
            json!({"name": name, "description": description, "permissions": permissions})
        })
        .collect();
    let teams: Vec<Json> = teams
        .iter()
        .map(|(id, Team { description, ownership, members })| {
            json!({"id": id, "description": description, "ownership": ownership.as_str(), "members": members})
        })
        .collect();
    let grants: Vec<Json> = grants
        .iter()
        .map(|Grant { permission, to, conditions }| {
            let when = Condition::to_json(conditions);
            json!({"permission": permission.to_string(), "to": to.to_string(), "when": when})
        })
        .collect();
    let fields: Vec<Json> = fields.iter().map(rule_json).collect();
    let shares: Vec<Json> = shares
        .iter()
        .map(|((record, with), Share { level, until })| {
            let until = until.map(|until| until.to_string());
            json!({"record": record, "with": with.to_string(), "level": level.name(), "until": until})
        })
        .collect();
    json!({
        "tenant": tenant.as_str(),
        "users": users,
        "roles": roles,
        "teams": teams,
        "grants": grants,
        "fields": fields,
        "shares": shares,
    })
}

fn rule_json(rule: &FieldRule) -> Json {
    let FieldRule { group, subject, field, visibility, except } = rule;
    let (visibility, mask) = match visibility {
        Visibility::Hidden => ("hidden", None),
        Visibility::Masked(mask) => ("masked", Some(mask)),
    };
    let except: Vec<String> = except.iter().map(Exception::to_string).collect();
    json!({"field": format!("{group}.{subject}.{field}"), "visibility": visibility, "mask": mask, "except": except})
}
