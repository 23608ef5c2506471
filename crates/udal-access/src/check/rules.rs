//! Grants, rules on fields and shares: permissions, fields, conditions and records against the models.

use udal_core::access::{Action, ConditionOperator};
use udal_core::model::Model;
use udal_core::{shorten, suggestion};

use super::{Findings, Place, model_of, people};
use crate::{Condition, Exception, FieldRule, Grant, Grantee, Pattern, Receiver, Visibility};

pub(super) fn check(findings: &mut Findings<'_>) {
    let directory = findings.directory;
    for grant in &directory.grants {
        check_grant(findings, grant);
    }
    for rule in &directory.fields {
        check_rule(findings, rule);
    }
    for (record, with) in directory.shares.keys() {
        let place = || Place::share(record, with);
        match with {
            Receiver::User(id) => findings.needs_user(place(), id),
            Receiver::Team(id) => findings.needs_team(place(), id),
        }
        check_record(findings, place(), record);
    }
}

fn check_grant(findings: &mut Findings<'_>, grant: &Grant) {
    let place = || Place::grant(grant);
    let Grant { permission, to, conditions } = grant;
    match to {
        Grantee::Role(name) => findings.needs_role(place(), name),
        Grantee::User(id) => findings.needs_user(place(), id),
    }
    check_pattern(findings, place(), permission);
    if conditions.is_empty() {
        return;
    }
    let Pattern::Models { group, subject, .. } = permission else {
        return findings.add(place(), format!("`{permission}` takes no conditions"), "leave out `when`");
    };
    if !permission.names_a_subject() {
        let hint = "name the group and the model, such as `crm.accounts.*`";
        return findings.add(place(), "conditions are about the fields of one model", hint);
    }
    // That there is no such model is said of the permission.
    let Some(model) = model_of(findings.catalog, group, subject) else { return };
    for condition in conditions {
        check_condition(findings, &grant.to_string(), condition, model);
    }
}

fn check_condition(findings: &mut Findings<'_>, grant: &str, condition: &Condition, model: &Model) {
    let place = Place::Condition(grant.to_owned(), condition.field.clone());
    let Some(core) = condition.to_core() else {
        let names = ConditionOperator::ALL.map(ConditionOperator::name);
        let message = format!("`{}` is not an operator of conditions", shorten(&condition.operator));
        let hint = suggestion(&condition.operator, names, || format!("operators are {}", names.join(" ")));
        return findings.add(place, message, hint);
    };
    if let Err(error) = core.check(model) {
        let hint = error.hint.unwrap_or_else(|| format!("`{}` is a field of `{}`", condition.field, model.name()));
        findings.add(place, format!("`{}`: {}", shorten(&error.field), error.message), hint);
    }
}

fn check_rule(findings: &mut Findings<'_>, rule: &FieldRule) {
    let FieldRule { group, subject, field, visibility, except } = rule;
    let place = || Place::field(rule);
    if let Visibility::Masked(mask) = visibility {
        people::check_text(findings, place(), Some(mask));
    }
    if let Some(model) = needs_subject(findings, place(), group, subject) {
        match model.find(field) {
            None => {
                let message = format!("`{}` has no field `{}`", model.name(), shorten(field));
                let hint = match model.nearest_field(field) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("`udal model show {group} {}` lists the fields", model.name()),
                };
                findings.add(place(), message, hint);
            }
            Some(found) if ["id", "version"].contains(&found.name()) => {
                let message = format!("`{field}` is never kept from who sees the record");
                findings.add(place(), message, "take the permission instead");
            }
            Some(_) => {}
        }
    }
    for exception in except {
        match exception {
            Exception::Role(name) => findings.needs_role(place(), name),
            Exception::User(id) => findings.needs_user(place(), id),
            Exception::Permission(pattern) => check_pattern(findings, place(), pattern),
        }
    }
}

fn check_record(findings: &mut Findings<'_>, place: Place, record: &str) {
    let models: Vec<&str> = findings.catalog.models().map(|model| model.name()).collect();
    let Some((model, _)) = record.split_once('/').filter(|(_, key)| !key.is_empty()) else {
        let message = format!("`{}` is not a record's id", shorten(record));
        return findings.add(place, message, "write such as `AppCRMAccount/acme-123`");
    };
    if !models.contains(&model) {
        findings.unknown(place, "model", model, models);
    }
}

/// That a pattern means at least one permission.
pub(super) fn check_pattern(findings: &mut Findings<'_>, place: Place, pattern: &Pattern) {
    let Pattern::Models { group, subject, action } = pattern else { return };
    let actions = Action::ALL.map(Action::name);
    if action != "*" && !actions.contains(&action.as_str()) {
        let hint = suggestion(action, actions, || format!("actions are {}", actions.join(" ")));
        findings.add(place.clone(), format!("`{}` is not an action", shorten(action)), hint);
    }
    match (group.as_str(), subject.as_str()) {
        ("*", "*") => {}
        ("*", _) => {
            let names: Vec<&str> = findings.catalog.models().map(|model| model.subject().name()).collect();
            if !names.contains(&subject.as_str()) {
                unknown_subject(findings, place, "any group", subject, names);
            }
        }
        (_, "*") => drop(needs_group(findings, place, group)),
        _ => drop(needs_subject(findings, place, group, subject)),
    }
}

fn needs_group(findings: &mut Findings<'_>, place: Place, group: &str) -> bool {
    let groups: Vec<&str> = findings.catalog.groups().map(|group| group.name()).collect();
    let is_there = groups.contains(&group);
    if !is_there {
        findings.unknown(place, "group", group, groups);
    }
    is_there
}

/// The model of that subject; where there is none, that is noted.
fn needs_subject<'a>(findings: &mut Findings<'a>, place: Place, group: &str, subject: &str) -> Option<&'a Model> {
    if !needs_group(findings, place.clone(), group) {
        return None;
    }
    let found = model_of(findings.catalog, group, subject);
    if found.is_none() {
        let models = findings.catalog.group(group).into_iter().flat_map(udal_core::model::Group::models);
        let names: Vec<&str> = models.map(|model| model.subject().name()).collect();
        unknown_subject(findings, place, &format!("group `{group}`"), subject, names);
    }
    found
}

fn unknown_subject(findings: &mut Findings<'_>, place: Place, within: &str, subject: &str, names: Vec<&str>) {
    let message = format!("no model of {within} has the permission name `{}`", shorten(subject));
    let hint = suggestion(subject, names.iter().copied(), || format!("there are {}", names.join(" ")));
    findings.add(place, message, hint);
}
