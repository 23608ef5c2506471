//! Permissions: what may be done with the records of which model.

use std::fmt;

use crate::error::{Error, Result};
use crate::names::{lower_name_problem, nearest, shorten, subject_name_problem};

/// What is done with records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Read them: get, list, search, count.
    View,
    /// Write new ones.
    Create,
    /// Change them.
    Update,
    /// Delete them.
    Delete,
    /// Change whose they are: `owned_by`, `assigned_to`, `team_id`.
    Transfer,
    /// Share single ones with others.
    Share,
}

impl Action {
    /// Every action.
    pub const ALL: [Action; 6] =
        [Action::View, Action::Create, Action::Update, Action::Delete, Action::Transfer, Action::Share];

    /// Its word in a permission, such as `view`.
    pub fn name(self) -> &'static str {
        match self {
            Action::View => "view",
            Action::Create => "create",
            Action::Update => "update",
            Action::Delete => "delete",
            Action::Transfer => "transfer",
            Action::Share => "share",
        }
    }

    /// Reads an action's word.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput), with the nearest word.
    pub fn parse(text: &str) -> Result<Self> {
        Action::ALL.into_iter().find(|action| action.name() == text).ok_or_else(|| {
            let names = Action::ALL.map(Action::name);
            let error = Error::invalid(format!("`{}` is not an action", shorten(text)));
            match nearest(text, names) {
                Some(near) => error.near(Some(near)),
                None => error.hint(format!("actions are {}", names.join(", "))),
            }
        })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What permissions are about: a model, by its group and its permission name, such as `crm.accounts`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    group: String,
    name: String,
}

impl Subject {
    /// The subject of that name in that group.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for what cannot be such a name.
    pub fn new(group: &str, name: &str) -> Result<Self> {
        let refused = |what: &str, text: &str, hint: &str| {
            Error::invalid(format!("`{}` cannot name a {what}", shorten(text))).hint(hint)
        };
        if let Some(hint) = lower_name_problem(group) {
            return Err(refused("group", group, hint));
        }
        if let Some(hint) = subject_name_problem(name) {
            return Err(refused("permission", name, hint));
        }
        Ok(Subject { group: group.to_owned(), name: name.to_owned() })
    }

    /// A subject whose names are checked already.
    pub(crate) fn checked(group: &str, name: &str) -> Self {
        Subject { group: group.to_owned(), name: name.to_owned() }
    }

    /// Reads a subject such as `crm.accounts`.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for what is none.
    pub fn parse(text: &str) -> Result<Self> {
        match text.split('.').collect::<Vec<_>>().as_slice() {
            [group, name] => Subject::new(group, name),
            _ => Err(Error::invalid(format!("`{}` names no model of a group", shorten(text)))
                .hint("write a group and a model's permission name, such as `crm.accounts`")),
        }
    }

    /// The group.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// The model's permission name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The permission to do this with its records.
    pub fn permission(&self, action: Action) -> Permission {
        Permission { subject: self.clone(), action }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.group, self.name)
    }
}

/// The right to do something with the records of a model, such as `crm.accounts.view`.
///
/// ```
/// use udal_core::access::{Action, Permission};
/// let permission = Permission::parse("crm.accounts.view")?;
/// assert_eq!((permission.subject().name(), permission.action()), ("accounts", Action::View));
/// assert_eq!(Permission::parse("crm.accounts.veiw").unwrap_err().mend(), Some("did you mean `view`?"));
/// # Ok::<(), udal_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Permission {
    subject: Subject,
    action: Action,
}

impl Permission {
    /// The permission to do `action` with the records of `subject`.
    pub fn new(subject: Subject, action: Action) -> Self {
        Permission { subject, action }
    }

    /// Reads a permission such as `crm.accounts.view`.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for what is none, with what is wrong with it.
    pub fn parse(text: &str) -> Result<Self> {
        match text.split('.').collect::<Vec<_>>().as_slice() {
            [group, name, action] => {
                Ok(Permission { subject: Subject::new(group, name)?, action: Action::parse(action)? })
            }
            _ => Err(Error::invalid(format!("`{}` is not a permission", shorten(text)))
                .hint("write group, model and action, such as `crm.accounts.view`")),
        }
    }

    /// The model that it is about.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The group of that model.
    pub fn group(&self) -> &str {
        self.subject.group()
    }

    /// What may be done.
    pub fn action(&self) -> Action {
        self.action
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.subject, self.action)
    }
}
