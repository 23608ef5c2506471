//! The directory as a list of entries, and what differs between two directories.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::{Condition, Directory, FieldRule, Grant, Policy, Receiver, Role, Share, User, Visibility};

/// One entry of a directory: what can be added, changed and removed by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A role of the tenant's own.
    Role(String, Role),
    /// A user.
    User(String, User),
    /// A team without its members.
    Team(String, TeamEntry),
    /// A member of a team.
    Member {
        /// The team.
        team: String,
        /// The user.
        user: String,
        /// The roles they have there.
        roles: BTreeSet<String>,
    },
    /// A grant.
    Grant(Grant),
    /// A rule on a field.
    Field(FieldRule),
    /// A record that is shared.
    Share {
        /// The record's id.
        record: String,
        /// With whom.
        with: Receiver,
        /// How.
        share: Share,
    },
}

/// A team without its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamEntry {
    /// What it is for.
    pub description: Option<String>,
    /// Which records its members see.
    pub ownership: Policy,
}

/// What makes an entry the same one, whatever it says. The order is the one in which entries can be added.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Role(String),
    User(String),
    Team(String),
    Member(String, String),
    Grant(Grant),
    Field(FieldRule),
    Share(String, Receiver),
}

/// One step from a directory to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The entry goes.
    Remove(Entry),
    /// The entry comes.
    Add(Entry),
    /// The entry says something else.
    Replace {
        /// What it said.
        old: Entry,
        /// What it says.
        new: Entry,
    },
}

/// The steps from `old` to `new`, in the order in which they can be taken: what goes, from the outside in, then what
/// comes or changes, from the inside out.
pub fn diff(old: &Directory, new: &Directory) -> Vec<Change> {
    let (old, mut new) = (entries(old), entries(new));
    let mut removed = Vec::new();
    let mut kept = BTreeMap::new();
    for (key, entry) in old {
        if new.contains_key(&key) {
            kept.insert(key, entry);
        } else {
            removed.push(Change::Remove(entry));
        }
    }
    removed.reverse();
    let mut changes = removed;
    while let Some((key, entry)) = new.pop_first() {
        match kept.remove(&key) {
            None => changes.push(Change::Add(entry)),
            Some(old) if old != entry => changes.push(Change::Replace { old, new: entry }),
            Some(_) => {}
        }
    }
    changes
}

fn entries(directory: &Directory) -> BTreeMap<Key, Entry> {
    let Directory { users, roles, teams, grants, fields, shares } = directory;
    let mut entries: BTreeMap<Key, Entry> = BTreeMap::new();
    let roles = roles.iter().map(|(name, role)| Entry::Role(name.clone(), role.clone()));
    let users = users.iter().map(|(id, user)| Entry::User(id.clone(), user.clone()));
    let own = teams.iter().map(|(id, team)| {
        let entry = TeamEntry { description: team.description.clone(), ownership: team.ownership };
        Entry::Team(id.clone(), entry)
    });
    let members = teams.iter().flat_map(|(id, team)| {
        let member = move |(user, roles): (&String, &BTreeSet<String>)| Entry::Member {
            team: id.clone(),
            user: user.clone(),
            roles: roles.clone(),
        };
        team.members.iter().map(member)
    });
    let grants = grants.iter().cloned().map(Entry::Grant);
    let fields = fields.iter().cloned().map(Entry::Field);
    let shares = shares.iter().map(|((record, with), share)| Entry::Share {
        record: record.clone(),
        with: with.clone(),
        share: *share,
    });
    let all = roles.chain(users).chain(own).chain(members).chain(grants).chain(fields).chain(shares);
    entries.extend(all.map(|entry| (entry.key(), entry)));
    entries
}

impl Entry {
    fn key(&self) -> Key {
        match self {
            Entry::Role(name, _) => Key::Role(name.clone()),
            Entry::User(id, _) => Key::User(id.clone()),
            Entry::Team(id, _) => Key::Team(id.clone()),
            Entry::Member { team, user, .. } => Key::Member(team.clone(), user.clone()),
            Entry::Grant(grant) => Key::Grant(grant.clone()),
            Entry::Field(rule) => Key::Field(rule.clone()),
            Entry::Share { record, with, .. } => Key::Share(record.clone(), with.clone()),
        }
    }

    /// What it is: `user`, `team` and so on.
    pub fn kind(&self) -> &'static str {
        match self {
            Entry::Role(..) => "role",
            Entry::User(..) => "user",
            Entry::Team(..) => "team",
            Entry::Member { .. } => "member",
            Entry::Grant(_) => "grant",
            Entry::Field(_) => "field",
            Entry::Share { .. } => "share",
        }
    }

    /// Which one it is.
    pub fn name(&self) -> String {
        match self {
            Entry::Role(name, _) | Entry::User(name, _) | Entry::Team(name, _) => name.clone(),
            Entry::Member { team, user, .. } => format!("{user} of {team}"),
            Entry::Grant(grant) => grant.to_string(),
            Entry::Field(rule) => rule.to_string(),
            Entry::Share { record, with, .. } => format!("{record} with {with}"),
        }
    }

    /// What the audit log says of it: no operand of a condition and no mask, which may tell what is in a hidden field.
    pub fn audited(&self) -> String {
        match self {
            Entry::Grant(Grant { permission, to, conditions }) => {
                let tests: Vec<String> = conditions
                    .iter()
                    .map(|condition| format!("{} {} …", condition.field, condition.operator))
                    .collect();
                let when = if tests.is_empty() { String::new() } else { format!(" when {}", tests.join(" and ")) };
                format!("grant {permission} to {to}{when}")
            }
            Entry::Field(FieldRule { group, subject, field, visibility, except }) => {
                let kept = if *visibility == Visibility::Hidden { "hidden" } else { "masked" };
                let except = if except.is_empty() { String::new() } else { format!(" except for {}", list(except)) };
                format!("field {group}.{subject}.{field} {kept}{except}")
            }
            entry => match entry.details() {
                details if details.is_empty() => format!("{} {}", entry.kind(), entry.name()),
                details => format!("{} {}: {details}", entry.kind(), entry.name()),
            },
        }
    }

    /// What it says beyond its name; empty where that is all.
    pub fn details(&self) -> String {
        let optional = |key: &str, text: &Option<String>| text.as_ref().map(|text| format!("{key} {text}"));
        let parts: Vec<Option<String>> = match self {
            Entry::Role(_, Role { description: _, permissions }) => {
                vec![Some(format!("holds {}", list(permissions)))]
            }
            Entry::User(_, User { name, reports_to, team }) => {
                vec![name.clone(), optional("reports to", reports_to), optional("acts in", team)]
            }
            Entry::Team(_, TeamEntry { description: _, ownership }) => vec![Some(ownership.to_string())],
            Entry::Member { roles, .. } => vec![Some(list(roles))],
            Entry::Grant(_) | Entry::Field(_) => vec![],
            Entry::Share { share: Share { level, until }, .. } => {
                vec![Some(level.name().to_owned()), until.map(|until| format!("until {until}"))]
            }
        };
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

fn list(items: &BTreeSet<impl fmt::Display>) -> String {
    if items.is_empty() {
        return "nothing".to_owned();
    }
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

impl Change {
    /// The sign before its line: `+`, `-` or `~`.
    pub fn sign(&self) -> char {
        match self {
            Change::Remove(_) => '-',
            Change::Add(_) => '+',
            Change::Replace { .. } => '~',
        }
    }

    /// The entry as it is afterwards, or was before it went.
    pub fn entry(&self) -> &Entry {
        match self {
            Change::Remove(entry) | Change::Add(entry) | Change::Replace { new: entry, .. } => entry,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entry = self.entry();
        write!(f, "{} {} {}", self.sign(), entry.kind(), entry.name())?;
        match (self, entry.details()) {
            (_, details) if details.is_empty() => Ok(()),
            (Change::Replace { old, .. }, details) => write!(f, ": {details} (was: {})", old.details()),
            (_, details) => write!(f, ": {details}"),
        }
    }
}

impl Grant {
    /// Text that no other grant has.
    pub fn key(&self) -> String {
        let Grant { permission, to, conditions } = self;
        let parts = [permission.to_string(), to.to_string(), Condition::to_json(conditions).to_string()];
        serde_json::Value::from_iter(parts).to_string()
    }
}

impl FieldRule {
    /// Text that no other rule has.
    pub fn key(&self) -> String {
        let FieldRule { group, subject, field, visibility, except } = self;
        let (word, mask) = match visibility {
            Visibility::Hidden => ("hidden", ""),
            Visibility::Masked(mask) => ("masked", mask.as_str()),
        };
        let except: Vec<String> = except.iter().map(ToString::to_string).collect();
        serde_json::json!([group, subject, field, word, mask, except]).to_string()
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Grant { permission, to, conditions } = self;
        write!(f, "{permission} to {to}")?;
        if conditions.is_empty() { Ok(()) } else { write!(f, " when {}", Condition::to_json(conditions)) }
    }
}

impl fmt::Display for FieldRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FieldRule { group, subject, field, visibility, except } = self;
        write!(f, "{group}.{subject}.{field} ")?;
        match visibility {
            Visibility::Hidden => f.write_str("hidden")?,
            Visibility::Masked(mask) => write!(f, "masked as {}", serde_json::Value::from(mask.as_str()))?,
        }
        if except.is_empty() { Ok(()) } else { write!(f, " except for {}", list(except)) }
    }
}
