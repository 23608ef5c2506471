//! The single changes that people need daily.

use std::collections::BTreeSet;

use udal_core::{Error, ErrorKind, Result, nearest, shorten};

use crate::{Condition, Directory, Exception, Grant, Grantee, Pattern, Policy, Receiver, Share};

/// What is to become of a user; what is none stays as it is.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// What people call them.
    pub name: Option<String>,
    /// Whom they report to.
    pub reports_to: Option<String>,
    /// The team they act in.
    pub team: Option<String>,
}

/// What is to become of a team; what is none stays as it is.
#[derive(Clone, Debug, Default)]
pub struct TeamChange {
    /// What it is for.
    pub description: Option<String>,
    /// Which records its members see.
    pub ownership: Option<Policy>,
}

impl Directory {
    /// Adds the user, or changes what is said of them.
    pub fn set_user(&mut self, id: &str, change: UserChange) {
        let UserChange { name, reports_to, team } = change;
        let user = self.users.entry(id.to_owned()).or_default();
        user.name = name.or(user.name.take());
        user.reports_to = reports_to.or(user.reports_to.take());
        user.team = team.or(user.team.take());
    }

    /// Removes the user with their memberships, grants and shares, and as an exception of rules on fields.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), with the nearest id.
    pub fn remove_user(&mut self, id: &str) -> Result<()> {
        if self.users.remove(id).is_none() {
            return Err(missing("user", id, self.users.keys()));
        }
        for team in self.teams.values_mut() {
            team.members.remove(id);
        }
        self.grants.retain(|grant| !matches!(&grant.to, Grantee::User(user) if user == id));
        self.shares.retain(|(_, with), _| !matches!(with, Receiver::User(user) if user == id));
        let rules = std::mem::take(&mut self.fields).into_iter();
        self.fields = rules
            .map(|mut rule| {
                rule.except.retain(|exception| !matches!(exception, Exception::User(user) if user == id));
                rule
            })
            .collect();
        Ok(())
    }

    /// Adds the team, or changes what is said of it.
    pub fn set_team(&mut self, id: &str, change: TeamChange) {
        let TeamChange { description, ownership } = change;
        let team = self.teams.entry(id.to_owned()).or_default();
        team.description = description.or(team.description.take());
        team.ownership = ownership.unwrap_or(team.ownership);
    }

    /// Removes the team with its memberships and what is shared with it. Who acted in it acts in none.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), with the nearest id.
    pub fn remove_team(&mut self, id: &str) -> Result<()> {
        if self.teams.remove(id).is_none() {
            return Err(missing("team", id, self.teams.keys()));
        }
        self.shares.retain(|(_, with), _| !matches!(with, Receiver::Team(team) if team == id));
        for user in self.users.values_mut().filter(|user| user.team.as_deref() == Some(id)) {
            user.team = None;
        }
        Ok(())
    }

    /// Makes the user a member of the team, with these roles and no others.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) where there is no such team, with the nearest id.
    pub fn set_member(&mut self, team: &str, user: &str, roles: BTreeSet<String>) -> Result<()> {
        match self.teams.get_mut(team) {
            Some(found) => {
                found.members.insert(user.to_owned(), roles);
                Ok(())
            }
            None => Err(missing("team", team, self.teams.keys())),
        }
    }

    /// Takes the user out of the team.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) where there is no such team or they are no member of it.
    pub fn remove_member(&mut self, team: &str, user: &str) -> Result<()> {
        let Some(found) = self.teams.get_mut(team) else { return Err(missing("team", team, self.teams.keys())) };
        if found.members.remove(user).is_none() {
            return Err(missing("member", user, found.members.keys()));
        }
        if let Some(user) = self.users.get_mut(user).filter(|user| user.team.as_deref() == Some(team)) {
            user.team = None;
        }
        Ok(())
    }

    /// Takes back the grants of the permission to `from`: those under these conditions, or, where none are given, all of them.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) where there is none.
    pub fn revoke(&mut self, permission: &Pattern, from: &Grantee, conditions: &BTreeSet<Condition>) -> Result<()> {
        let is_meant = |grant: &Grant| {
            let Grant { permission: granted, to, conditions: under } = grant;
            granted == permission && to == from && (conditions.is_empty() || conditions == under)
        };
        let before = self.grants.len();
        self.grants.retain(|grant| !is_meant(grant));
        if self.grants.len() < before {
            return Ok(());
        }
        let message = format!("`{permission}` is not granted to `{}` so", shorten(&from.to_string()));
        let hint = "`udal access show` lists the grants; what a role holds is taken from the role";
        Err(Error::new(ErrorKind::NotFound, message).hint(hint))
    }

    /// Shares the record with the receiver, in this way and no other.
    pub fn share(&mut self, record: &str, with: Receiver, share: Share) {
        self.shares.insert((record.to_owned(), with), share);
    }

    /// Ends a share.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) where there is none.
    pub fn unshare(&mut self, record: &str, with: &Receiver) -> Result<()> {
        match self.shares.remove(&(record.to_owned(), with.clone())) {
            Some(_) => Ok(()),
            None => {
                let (record, with) = (shorten(record), shorten(&with.to_string()));
                let message = format!("`{record}` is not shared with `{with}`");
                Err(Error::new(ErrorKind::NotFound, message).hint("`udal access show` lists the shares"))
            }
        }
    }
}

fn missing<'a>(what: &str, id: &str, known: impl IntoIterator<Item = &'a String>) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no {what} `{}`", shorten(id)))
        .near(nearest(id, known.into_iter().map(String::as_str)))
}
