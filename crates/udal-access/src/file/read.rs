//! A tree to a directory: users, roles, teams.

use std::collections::BTreeSet;

use udal_core::{shorten, suggestion};
use udal_yaml::{Kind, LoadError, Node, Reader};

use super::{Lines, POLICY_FILE, rules};
use crate::{Directory, Pattern, Place, Policy, Role, Team, User};

const FILE_KEYS: [&str; 6] = ["users", "roles", "teams", "grants", "fields", "shares"];
const USER_KEYS: [&str; 3] = ["name", "reports_to", "team"];
const ROLE_KEYS: [&str; 2] = ["description", "permissions"];
const TEAM_KEYS: [&str; 3] = ["description", "ownership", "members"];

/// What reading a file gives.
pub(super) struct Read {
    pub(super) directory: Directory,
    pub(super) lines: Lines,
    pub(super) errors: Vec<LoadError>,
    /// Whether every part of it could be read, so that what is not in it is not there.
    pub(super) is_whole: bool,
}

/// A file that is being read.
pub(super) struct PolicyReader<'a> {
    pub(super) base: Reader<'a>,
    pub(super) directory: Directory,
    pub(super) lines: Lines,
    pub(super) is_whole: bool,
}

pub(super) fn policy_file(name: &str, text: &str) -> Read {
    let base = Reader::new(name);
    let mut reader = PolicyReader { base, directory: Directory::default(), lines: Lines::new(), is_whole: true };
    match udal_yaml::parse(text, &POLICY_FILE) {
        Ok(Some(root)) => reader.file(&root),
        Ok(None) => reader.unread(1, "this file is empty", "start it with `users:` and `teams:`"),
        Err(fault) => reader.unread(fault.line, fault.message, fault.hint),
    }
    let PolicyReader { base, directory, lines, is_whole } = reader;
    Read { directory, lines, errors: base.into_errors(), is_whole }
}

impl PolicyReader<'_> {
    /// Adds what is wrong with a part that is then missing.
    pub(super) fn unread(&mut self, line: usize, message: impl Into<String>, hint: impl Into<String>) {
        self.is_whole = false;
        self.base.add(line, message, hint);
    }

    /// The members of a mapping; nothing stands for none.
    pub(super) fn members<'n>(&mut self, what: &str, value: &'n Node, hint: &str) -> &'n [(Node, Node)] {
        match &value.kind {
            Kind::Mapping(members) => members,
            _ if value.is_null() => &[],
            _ => {
                self.unread(value.line, format!("{what}, not {}", value.describe()), hint);
                &[]
            }
        }
    }

    /// The items of a list; nothing stands for none.
    pub(super) fn items<'n>(&mut self, what: &str, value: &'n Node, hint: &str) -> &'n [Node] {
        match &value.kind {
            Kind::Sequence(items) => items,
            _ if value.is_null() => &[],
            _ => {
                self.unread(value.line, format!("{what}, not {}", value.describe()), hint);
                &[]
            }
        }
    }

    fn file(&mut self, root: &Node) {
        let members = self.members("a file of policies holds keys", root, "write `users:`, `teams:` and so on");
        for (key, _, value) in self.base.keys(members, &FILE_KEYS) {
            match key {
                "users" => self.users(value),
                "roles" => self.roles(value),
                "teams" => self.teams(value),
                "grants" => rules::grants(self, value),
                "fields" => rules::fields(self, value),
                _ => rules::shares(self, value),
            }
        }
    }

    fn users(&mut self, value: &Node) {
        let hint = "write a user's id and a colon, a line each";
        let members = self.members("`users` holds users by their ids", value, hint);
        for (id, line, value) in self.base.names(members, "a user's id") {
            self.lines.insert(Place::User(id.to_owned()), line);
            let mut user = User::default();
            let hint = "write such as `jane: {name: Jane Peacock, reports_to: nancy}`";
            let members = self.members("a user holds keys", value, hint);
            for (key, line, value) in self.base.keys(members, &USER_KEYS) {
                self.lines.insert(Place::UserKey(id.to_owned(), key), line);
                let text = self.base.text(key, value);
                match key {
                    "name" => user.name = text,
                    "reports_to" => user.reports_to = text,
                    _ => user.team = text,
                }
            }
            self.directory.users.insert(id.to_owned(), user);
        }
    }

    fn roles(&mut self, value: &Node) {
        let hint = "write a role's name and a colon, then `permissions:` under it";
        let members = self.members("`roles` holds roles by name", value, hint);
        for (name, line, value) in self.base.names(members, "a role's name") {
            self.lines.insert(Place::Role(name.to_owned()), line);
            let mut role = Role::default();
            let members = self.members("a role holds keys", value, "add `permissions:` with a list");
            for (key, _, value) in self.base.keys(members, &ROLE_KEYS) {
                match key {
                    "description" => role.description = self.base.text(key, value),
                    _ => role.permissions = self.permissions(name, value),
                }
            }
            self.directory.roles.insert(name.to_owned(), role);
        }
    }

    fn permissions(&mut self, role: &str, value: &Node) -> BTreeSet<Pattern> {
        let hint = "write such as `[crm.accounts.view, lab.*.view]`";
        let items = self.items("`permissions` is a list", value, hint);
        let mut permissions = BTreeSet::new();
        for item in items {
            if let Some(pattern) = self.pattern(item) {
                self.lines.insert(Place::RolePermission(role.to_owned(), pattern.to_string()), item.line);
                permissions.insert(pattern);
            }
        }
        permissions
    }

    /// A permission, or several of them by `*`.
    pub(super) fn pattern(&mut self, value: &Node) -> Option<Pattern> {
        let pattern = value.text().and_then(Pattern::parse);
        if pattern.is_none() {
            let hint = "write group, model and action, each by name or `*`: `crm.accounts.view`, `lab.*.view`";
            self.base.add(value.line, format!("{} is not a permission", value.describe()), hint);
        }
        pattern
    }

    fn teams(&mut self, value: &Node) {
        let hint = "write a team's id and a colon, then its keys under it";
        let members = self.members("`teams` holds teams by their ids", value, hint);
        for (id, line, value) in self.base.names(members, "a team's id") {
            self.lines.insert(Place::Team(id.to_owned()), line);
            let mut team = Team::default();
            let members = self.members("a team holds keys", value, "add `members:` with a user's id and roles a line");
            for (key, _, value) in self.base.keys(members, &TEAM_KEYS) {
                match key {
                    "description" => team.description = self.base.text(key, value),
                    "ownership" => team.ownership = self.policy(value),
                    _ => self.team_members(id, value, &mut team),
                }
            }
            self.directory.teams.insert(id.to_owned(), team);
        }
    }

    fn policy(&mut self, value: &Node) -> Policy {
        let word = value.text().unwrap_or_default();
        Policy::parse(word).unwrap_or_else(|| {
            let names = Policy::NAMES.map(|(name, _)| name);
            let hint = suggestion(word, names, || format!("policies are {}", names.join(" ")));
            self.base.add(value.line, format!("{} is not an ownership policy", value.describe()), hint);
            // It is not used: there is an error.
            Policy::OwnerOnly
        })
    }

    fn team_members(&mut self, team_id: &str, value: &Node, team: &mut Team) {
        let hint = "write a user's id and their roles a line, such as `jane: [editor]`";
        let members = self.members("`members` holds users with their roles", value, hint);
        for (user, line, value) in self.base.names(members, "a user's id") {
            self.lines.insert(Place::Member(team_id.to_owned(), user.to_owned()), line);
            let roles = self.words(&format!("the roles of `{}`", shorten(user)), value, "write such as `[editor]`");
            team.members.insert(user.to_owned(), roles);
        }
    }

    /// A list of words, or one.
    fn words(&mut self, what: &str, value: &Node, hint: &str) -> BTreeSet<String> {
        if let Some(one) = value.text() {
            return BTreeSet::from([one.to_owned()]);
        }
        let mut words = BTreeSet::new();
        for item in self.items(&format!("{what} are a list"), value, hint) {
            match item.text() {
                Some(word) => drop(words.insert(word.to_owned())),
                None => self.base.add(item.line, format!("{} is not a role", item.describe()), hint),
            }
        }
        words
    }
}
