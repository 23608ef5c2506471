//! Whether a directory is whole, and fits the models: everything that is wrong, at once.

mod people;
mod rules;

use std::fmt;

use udal_core::model::{Catalog, Model};
use udal_core::{shorten, suggestion};

use crate::{Directory, FieldRule, Grant, Receiver};

/// Where in a directory something stands: what a file has a line for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A user.
    User(String),
    /// A key of a user.
    UserKey(String, &'static str),
    /// A role.
    Role(String),
    /// A permission of a role.
    RolePermission(String, String),
    /// A team.
    Team(String),
    /// A member of a team.
    Member(String, String),
    /// A grant.
    Grant(String),
    /// A condition of a grant, by its field.
    Condition(String, String),
    /// A rule on a field.
    Field(String),
    /// A share, by record and receiver.
    Share(String, String),
}

impl Place {
    /// Of a grant.
    pub fn grant(grant: &Grant) -> Self {
        Place::Grant(grant.to_string())
    }

    /// Of a rule on a field.
    pub fn field(rule: &FieldRule) -> Self {
        Place::Field(rule.to_string())
    }

    /// Of a share.
    pub fn share(record: &str, with: &Receiver) -> Self {
        Place::Share(record.to_owned(), with.to_string())
    }

    /// Where what it is part of stands, for when it has no line of its own.
    pub fn outer(&self) -> Option<Place> {
        match self {
            Place::UserKey(user, _) => Some(Place::User(user.clone())),
            Place::RolePermission(role, _) => Some(Place::Role(role.clone())),
            Place::Member(team, _) => Some(Place::Team(team.clone())),
            Place::Condition(grant, _) => Some(Place::Grant(grant.clone())),
            _ => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::User(id) => write!(f, "user {}", shorten(id)),
            Place::UserKey(id, key) => write!(f, "{key} of user {}", shorten(id)),
            Place::Role(name) | Place::RolePermission(name, _) => write!(f, "role {}", shorten(name)),
            Place::Team(id) => write!(f, "team {}", shorten(id)),
            Place::Member(team, user) => write!(f, "member {} of team {}", shorten(user), shorten(team)),
            Place::Grant(grant) | Place::Condition(grant, _) => write!(f, "grant {grant}"),
            Place::Field(rule) => write!(f, "field {rule}"),
            Place::Share(record, with) => write!(f, "share {} with {}", shorten(record), shorten(with)),
        }
    }
}

/// One thing that is wrong with a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub hint: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.place, self.message, self.hint)
    }
}

/// Collects what is wrong.
struct Findings<'a> {
    directory: &'a Directory,
    catalog: &'a Catalog,
    problems: Vec<Problem>,
}

impl Findings<'_> {
    fn add(&mut self, place: Place, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(Problem { place, message: message.into(), hint: hint.into() });
    }

    /// Adds that nothing has that name, with the nearest of those that there are.
    fn unknown<'n>(&mut self, place: Place, what: &str, name: &str, known: impl IntoIterator<Item = &'n str>) {
        let message = format!("there is no {what} `{}`", shorten(name));
        let hint = suggestion(name, known, || format!("add the {what}, or take another"));
        self.add(place, message, hint);
    }

    fn needs_user(&mut self, place: Place, id: &str) {
        let users = &self.directory.users;
        if !users.contains_key(id) {
            self.unknown(place, "user", id, users.keys().map(String::as_str));
        }
    }

    fn needs_team(&mut self, place: Place, id: &str) {
        let teams = &self.directory.teams;
        if !teams.contains_key(id) {
            self.unknown(place, "team", id, teams.keys().map(String::as_str));
        }
    }

    fn needs_role(&mut self, place: Place, name: &str) {
        let roles = &self.directory.roles;
        if !crate::is_built_in(name) && !roles.contains_key(name) {
            let built_in = crate::BUILT_IN_ROLES.iter().map(|(name, _)| *name);
            self.unknown(place, "role", name, roles.keys().map(String::as_str).chain(built_in));
        }
    }
}

impl Directory {
    /// Everything that is wrong with it, in the order of its parts: users, roles, teams, grants, fields, shares.
    pub fn check(&self, catalog: &Catalog) -> Vec<Problem> {
        let mut findings = Findings { directory: self, catalog, problems: Vec::new() };
        people::check(&mut findings);
        rules::check(&mut findings);
        findings.problems
    }
}

/// The model whose permissions have that name in that group.
pub(crate) fn model_of<'a>(catalog: &'a Catalog, group: &str, subject: &str) -> Option<&'a Model> {
    let group = catalog.group(group).ok()?;
    group.models().map(AsRef::as_ref).find(|model: &&Model| model.subject().name() == subject)
}
