//! Why a user may do something, or why not: every rule that has a say, and what became of it.

use std::fmt;

use udal_core::access::{self, AccessContext, Action, Entitlement, Ownership, Permission};
use udal_core::filter::evaluate;
use udal_core::model::{Catalog, Model};
use udal_core::record::Record;
use udal_core::value::Timestamp;
use udal_core::{Context, Result, TenantSlug, shorten, suggestion};

use crate::check::model_of;
use crate::context::{Asker, role_permissions};
use crate::{Directory, FieldRule, Grant, Pattern, Visibility, is_built_in};

/// What became of a rule that was considered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It says yes.
    Matched,
    /// It says nothing: it is for others, or for other records.
    NotMatched,
    /// What would be needed is not there.
    Missing,
}

impl Outcome {
    /// Its word, such as `not_matched`.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Matched => "matched",
            Outcome::NotMatched => "not_matched",
            Outcome::Missing => "missing",
        }
    }
}

/// A rule that was considered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Considered {
    /// What was asked: `user`, `team`, `permission`, `ownership`, `condition`, `share` or `field`.
    pub question: &'static str,
    /// The rule.
    pub rule: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why.
    pub why: String,
}

impl fmt::Display for Considered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.outcome {
            Outcome::Matched => '+',
            Outcome::NotMatched => ' ',
            Outcome::Missing => '-',
        };
        write!(f, "{sign} {:10}  {}", self.question, self.rule)?;
        if self.why.is_empty() { Ok(()) } else { write!(f, ": {}", self.why) }
    }
}

/// What is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The user.
    pub user: &'a str,
    /// What they want to do.
    pub permission: &'a Permission,
    /// When.
    pub now: Timestamp,
}

/// Every rule that has a say in whether the user may do it; of `record`, where one is asked about, whether each is met by it.
///
/// It tells what rules say and hide, and is for whoever manages them.
///
/// # Errors
/// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) for a user's id that cannot be one.
pub fn explain(
    directory: &Directory,
    catalog: &Catalog,
    question: Question<'_>,
    record: Option<&Record>,
) -> Result<Vec<Considered>> {
    let Question { user, permission, now: _ } = question;
    let mut found = Found(Vec::new());
    if !directory.users.contains_key(user) {
        let users = directory.users.keys().map(String::as_str);
        let why = suggestion(user, users, || "there is no such user".to_owned());
        found.add("user", shorten(user), Outcome::Missing, why);
        return Ok(found.0);
    }
    found.add("user", shorten(user), Outcome::Matched, String::new());
    let Some(asker) = Asker::find(directory, user) else {
        found.add(
            "team",
            "a team to act in",
            Outcome::Missing,
            "they are a member of none, or it is not said of which".to_owned(),
        );
        return Ok(found.0);
    };
    let roles: Vec<&str> = asker.roles.iter().map(String::as_str).collect();
    found.add("team", asker.team, Outcome::Matched, format!("with the roles {}", roles.join(" ")));
    let Some(model) = model_of(catalog, permission.group(), permission.subject().name()) else {
        found.add(
            "permission",
            permission.to_string(),
            Outcome::Missing,
            "no model has this permission name".to_owned(),
        );
        return Ok(found.0);
    };
    let grants = found.permissions(directory, &asker, permission);
    found.ownership(&asker, model, permission, record)?;
    for grant in grants.into_iter().filter(|grant| !grant.conditions.is_empty()) {
        found.conditions(user, grant, model, record)?;
    }
    found.shares(directory, &asker, model, question, record);
    for rule in directory.fields.iter().filter(|rule| is_about(rule, permission)) {
        found.field(rule, &asker, catalog);
    }
    Ok(found.0)
}

fn is_about(rule: &FieldRule, permission: &Permission) -> bool {
    rule.group == permission.group() && rule.subject == permission.subject().name()
}

struct Found(Vec<Considered>);

impl Found {
    fn add(&mut self, question: &'static str, rule: impl Into<String>, outcome: Outcome, why: String) {
        self.0.push(Considered { question, rule: rule.into(), outcome, why });
    }

    /// The roles of the user, and the grants of the permission; answers those grants that are theirs.
    fn permissions<'a>(
        &mut self,
        directory: &'a Directory,
        asker: &Asker<'a>,
        permission: &Permission,
    ) -> Vec<&'a Grant> {
        let action = permission.action().name();
        let is_meant = |pattern: &Pattern| pattern.matches(permission.group(), permission.subject().name(), action);
        let mut is_held = false;
        for role in asker.roles {
            let held = role_permissions(directory, role);
            let by: Vec<String> = held.iter().filter(|pattern| is_meant(pattern)).map(ToString::to_string).collect();
            let kind = if is_built_in(role) { "built-in role" } else { "role" };
            match by.is_empty() {
                false => self.add(
                    "permission",
                    format!("{kind} {role}"),
                    Outcome::Matched,
                    format!("holds {}", by.join(" ")),
                ),
                true => self.add(
                    "permission",
                    format!("{kind} {role}"),
                    Outcome::NotMatched,
                    format!("does not hold {permission}"),
                ),
            }
            is_held |= !by.is_empty();
        }
        let mut theirs = Vec::new();
        for grant in directory.grants.iter().filter(|grant| is_meant(&grant.permission)) {
            let (outcome, why) = match asker.is_meant(&grant.to) {
                true => (Outcome::Matched, String::new()),
                false => (Outcome::NotMatched, "it is for others".to_owned()),
            };
            self.add("permission", format!("grant {grant}"), outcome, why);
            if outcome == Outcome::Matched {
                theirs.push(grant);
            }
        }
        if !is_held && theirs.is_empty() {
            let why = "no role of theirs holds it, and it is not granted to them".to_owned();
            self.add("permission", permission.to_string(), Outcome::Missing, why);
        }
        theirs
    }

    fn ownership(
        &mut self,
        asker: &Asker<'_>,
        model: &Model,
        permission: &Permission,
        record: Option<&Record>,
    ) -> Result<()> {
        let why = match &asker.ownership {
            Ownership::TeamWide => format!("records whose team_id is {}", asker.team),
            Ownership::OwnerOnly => "records that they own".to_owned(),
            Ownership::AssignedOnly => "records that they own or are assigned to".to_owned(),
            Ownership::Hierarchical(below) => {
                format!(
                    "records that they own, are assigned to, or one of {} people below them owns",
                    below.ids().count()
                )
            }
        };
        let entitlement = Entitlement::of(asker.ownership.clone()).grant(access::Grant::new("explained"));
        let access =
            AccessContext::user(asker.user(), Some(asker.team))?.permit(permission.clone(), entitlement).build();
        let outcome = met(access, model, permission.action(), record);
        self.add("ownership", asker.ownership.name(), outcome, why);
        Ok(())
    }

    fn conditions(&mut self, user: &str, grant: &Grant, model: &Model, record: Option<&Record>) -> Result<()> {
        for condition in &grant.conditions {
            let rule = condition.to_string();
            let Some(core) = condition.to_core().filter(|core| core.check(model).is_ok()) else {
                self.add(
                    "condition",
                    rule,
                    Outcome::Missing,
                    "it does not fit the model any more: met by nothing".to_owned(),
                );
                continue;
            };
            let Some(record) = record else {
                self.add("condition", rule, Outcome::Matched, "of records that meet it".to_owned());
                continue;
            };
            // With the record shared, whose it is does not matter: what is left is the condition.
            let entitlement = Entitlement::of(Ownership::OwnerOnly).grant(access::Grant::new("explained").when(core));
            let access = AccessContext::user(user, None)?
                .permit(model.permission(Action::View), entitlement)
                .share(model.subject(), record.id(), access::ShareLevel::Full)
                .build();
            let outcome = met(access, model, Action::View, Some(record));
            let is_there = record.value(&condition.field).is_some();
            let why = match (outcome, is_there) {
                (Outcome::Matched, _) => "the record meets it",
                (_, true) => "the record does not meet it",
                (_, false) => "the record has no value there, which meets no condition",
            };
            self.add("condition", rule, outcome, why.to_owned());
        }
        Ok(())
    }

    fn shares(
        &mut self,
        directory: &Directory,
        asker: &Asker<'_>,
        model: &Model,
        question: Question<'_>,
        record: Option<&Record>,
    ) {
        for ((id, with), share) in &directory.shares {
            let is_asked = record.is_none_or(|record| record.id() == id);
            let is_of_model = id.split_once('/').is_some_and(|(name, _)| name == model.name());
            if !is_asked || !is_of_model || !asker.receives(with) {
                continue;
            }
            let (outcome, why) = if share.until.is_some_and(|until| until <= question.now) {
                (Outcome::NotMatched, "it has ended".to_owned())
            } else if !share.level.allows(question.permission.action()) {
                (Outcome::NotMatched, format!("`{}` is not for {}", share.level.name(), question.permission.action()))
            } else {
                (Outcome::Matched, String::new())
            };
            self.add("share", format!("{id} with {with}"), outcome, why);
        }
    }

    fn field(&mut self, rule: &FieldRule, asker: &Asker<'_>, catalog: &Catalog) {
        let excepted = rule.except.iter().find(|exception| asker.is_excepted(exception, catalog));
        let kept = if rule.visibility == Visibility::Hidden { "hidden from them" } else { "masked for them" };
        match excepted {
            Some(exception) => {
                self.add("field", rule.to_string(), Outcome::NotMatched, format!("they are excepted by {exception}"))
            }
            None => self.add("field", rule.to_string(), Outcome::Matched, kept.to_owned()),
        }
    }
}

/// Whether the record is in reach of this access; where none is asked about, whether any can be.
fn met(access: AccessContext, model: &Model, action: Action, record: Option<&Record>) -> Outcome {
    // A reach does not depend on the tenant; a slug that is one.
    let Ok(tenant) = TenantSlug::new("explained") else { return Outcome::Missing };
    let reach = Context::new(tenant, access).reach(model, action);
    match record {
        Some(record) if !evaluate(&reach, record) => Outcome::NotMatched,
        Some(_) | None => Outcome::Matched,
    }
}
