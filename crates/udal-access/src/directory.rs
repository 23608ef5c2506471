//! A tenant's directory as plain data.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use udal_core::access::ShareLevel;
use udal_core::value::Timestamp;

use crate::{Condition, Pattern};

/// Who is there, who belongs where, and who may do what: the whole directory of one tenant.
///
/// Nothing in it depends on an order: sets are sets. What refers to what is not there, or does not fit the models, is found by
/// [`check`](Directory::check).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// The users, by the id that the platform knows them by.
    pub users: BTreeMap<String, User>,
    /// The roles beyond the built-in ones, by name.
    pub roles: BTreeMap<String, Role>,
    /// The teams, by id.
    pub teams: BTreeMap<String, Team>,
    /// What roles and users may do, beyond what roles hold.
    pub grants: BTreeSet<Grant>,
    /// Which fields are hidden or masked, and from whom.
    pub fields: BTreeSet<FieldRule>,
    /// Single records that are shared, by record and receiver.
    pub shares: BTreeMap<(String, Receiver), Share>,
}

/// A user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// What people call them; for people only.
    pub name: Option<String>,
    /// The user they report to.
    pub reports_to: Option<String>,
    /// The team they act in, where they are members of several.
    pub team: Option<String>,
}

/// A role of the tenant's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Role {
    /// What it is for; for people only.
    pub description: Option<String>,
    /// What whoever has it may do, without conditions.
    pub permissions: BTreeSet<Pattern>,
}

/// A team.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Team {
    /// What it is for; for people only.
    pub description: Option<String>,
    /// Which records its members see.
    pub ownership: Policy,
    /// Its members, with their roles in it.
    pub members: BTreeMap<String, BTreeSet<String>>,
}

/// A team's ownership policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Policy {
    /// Members see the team's records.
    #[default]
    TeamWide,
    /// Members see what they own.
    OwnerOnly,
    /// Members see what they own or are assigned to.
    AssignedOnly,
    /// Members see what they own or are assigned to, and what those below them own.
    Hierarchical,
}

/// Who a grant is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grantee {
    /// Everyone who has the role in the team they act in.
    Role(String),
    /// One user.
    User(String),
}

/// A permission that is granted, perhaps for some records only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// What may be done.
    pub permission: Pattern,
    /// Who may.
    pub to: Grantee,
    /// What must be true of a record; all of it.
    pub conditions: BTreeSet<Condition>,
}

/// What one sees of a field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Visibility {
    /// Nothing: it is as if the model had no such field.
    Hidden,
    /// This text in its place.
    Masked(String),
}

/// Who sees a field in spite of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exception {
    /// Whoever has the role in the team they act in.
    Role(String),
    /// One user.
    User(String),
    /// Whoever holds the permission.
    Permission(Pattern),
}

/// A field that is hidden or masked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldRule {
    /// The model's group.
    pub group: String,
    /// The name that the model's permissions have.
    pub subject: String,
    /// The field.
    pub field: String,
    /// What everyone sees of it who is not excepted.
    pub visibility: Visibility,
    /// Who is excepted.
    pub except: BTreeSet<Exception>,
}

/// Who a record is shared with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Receiver {
    /// One user.
    User(String),
    /// Everyone who acts in the team.
    Team(String),
}

/// How a record is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// What it allows.
    pub level: ShareLevel,
    /// When it ends; never, where nothing is said.
    pub until: Option<Timestamp>,
}

/// What every member with one of the built-in roles may do.
pub const BUILT_IN_ROLES: [(&str, &[&str]); 3] = [
    ("admin", &["*.*.*"]),
    ("editor", &["*.*.view", "*.*.create", "*.*.update", "*.*.delete"]),
    ("viewer", &["*.*.view"]),
];

/// Whether every tenant has a role of that name.
pub fn is_built_in(role: &str) -> bool {
    BUILT_IN_ROLES.iter().any(|(name, _)| *name == role)
}

impl Policy {
    /// Every policy, by its word.
    pub const NAMES: [(&str, Policy); 4] = [
        ("team_wide", Policy::TeamWide),
        ("owner_only", Policy::OwnerOnly),
        ("assigned_only", Policy::AssignedOnly),
        ("hierarchical", Policy::Hierarchical),
    ];

    /// Its word, such as `owner_only`.
    pub fn as_str(self) -> &'static str {
        Policy::NAMES.iter().find(|(_, policy)| *policy == self).map_or("team_wide", |(name, _)| name)
    }

    /// The policy of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Policy::NAMES.iter().find(|(name, _)| *name == word).map(|(_, policy)| *policy)
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Every level of a share, by its word.
pub const LEVELS: [(&str, ShareLevel); 3] =
    [("view", ShareLevel::View), ("edit", ShareLevel::Edit), ("full", ShareLevel::Full)];

/// The level of that word.
pub fn parse_level(word: &str) -> Option<ShareLevel> {
    LEVELS.iter().find(|(name, _)| *name == word).map(|(_, level)| *level)
}

impl Directory {
    /// The team that `user` acts in: their only one, or the one that is theirs among several.
    pub fn team_of(&self, user: &str) -> Option<(&str, &Team)> {
        let found = self.users.get(user)?;
        let mut member_of = self.teams.iter().filter(|(_, team)| team.members.contains_key(user));
        let (id, team) = match &found.team {
            Some(named) => member_of.find(|(id, _)| *id == named)?,
            None => {
                let only = member_of.next()?;
                if member_of.next().is_some() {
                    return None;
                }
                only
            }
        };
        Some((id, team))
    }

    /// The users below `user`, at any depth; a circle in who reports to whom ends where it closes.
    pub fn below<'a>(&'a self, user: &'a str) -> BTreeSet<&'a str> {
        let mut reports: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (id, found) in &self.users {
            if let Some(above) = &found.reports_to {
                reports.entry(above).or_default().push(id);
            }
        }
        let mut below = BTreeSet::new();
        let mut open = vec![user];
        while let Some(above) = open.pop() {
            let new = reports.get(above).into_iter().flatten().filter(|id| **id != user);
            open.extend(new.filter(|id| below.insert(**id)));
        }
        below
    }
}

impl fmt::Display for Grantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Grantee::Role(name) => write!(f, "role:{name}"),
            Grantee::User(id) => write!(f, "user:{id}"),
        }
    }
}

impl fmt::Display for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Receiver::User(id) => write!(f, "user:{id}"),
            Receiver::Team(id) => write!(f, "team:{id}"),
        }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exception::Role(name) => write!(f, "role:{name}"),
            Exception::User(id) => write!(f, "user:{id}"),
            Exception::Permission(pattern) => write!(f, "permission:{pattern}"),
        }
    }
}

impl Grantee {
    /// Reads `role:agent` or `user:jane`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("role", name) => Some(Grantee::Role(name.to_owned())),
            ("user", id) => Some(Grantee::User(id.to_owned())),
            _ => None,
        }
    }
}

impl Receiver {
    /// Reads `user:jane` or `team:sales`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("user", id) => Some(Receiver::User(id.to_owned())),
            ("team", id) => Some(Receiver::Team(id.to_owned())),
            _ => None,
        }
    }
}

impl Exception {
    /// Reads `role:agent`, `user:jane` or `permission:crm.accounts.update`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("role", name) => Some(Exception::Role(name.to_owned())),
            ("user", id) => Some(Exception::User(id.to_owned())),
            ("permission", pattern) => Pattern::parse(pattern).map(Exception::Permission),
            _ => None,
        }
    }
}
