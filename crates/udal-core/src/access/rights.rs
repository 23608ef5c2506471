//! What a user holds: of each permission whose records, under which grants; shares of single records; fields that are hidden.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use super::{Action, Condition, Ownership, Permission, Subject};

/// What a user holds of one permission: whose records, and under which grants. Without a grant it is nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Entitlement {
    pub(super) ownership: Ownership,
    pub(super) grants: Vec<Grant>,
}

impl Entitlement {
    /// No grant yet, of the records that `ownership` says.
    pub fn of(ownership: Ownership) -> Self {
        Entitlement { ownership, grants: Vec::new() }
    }

    /// Adds a grant: one is enough.
    #[must_use]
    pub fn grant(mut self, grant: Grant) -> Self {
        self.grants.push(grant);
        self
    }

    /// Whose records.
    pub fn ownership(&self) -> &Ownership {
        &self.ownership
    }

    /// The grants.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }
}

/// A grant of a permission, with what must be true of a record's attributes.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    pub(super) origin: String,
    pub(super) conditions: Vec<Condition>,
}

impl Grant {
    /// A grant without conditions. `origin` says where it comes from, for whoever asks why: ``role `editor` ``.
    pub fn new(origin: impl Into<String>) -> Self {
        Grant { origin: origin.into(), conditions: Vec::new() }
    }

    /// Adds a condition: all must hold.
    #[must_use]
    pub fn when(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    /// Where it comes from.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What must be true of a record: all of these.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }
}

/// How much of a record that is shared with a user they may do, where they hold the permission for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ShareLevel {
    /// See it.
    View,
    /// See and change it.
    Edit,
    /// Everything that its owner may.
    Full,
}

impl ShareLevel {
    /// Its word, such as `edit`.
    pub fn name(self) -> &'static str {
        match self {
            ShareLevel::View => "view",
            ShareLevel::Edit => "edit",
            ShareLevel::Full => "full",
        }
    }

    /// Whether it is a share for this action.
    pub fn allows(self, action: Action) -> bool {
        match self {
            ShareLevel::View => action == Action::View,
            ShareLevel::Edit => matches!(action, Action::View | Action::Update),
            ShareLevel::Full => action != Action::Create,
        }
    }
}

/// How a field is kept from a user.
#[derive(Clone, PartialEq, Eq)]
pub enum Visibility {
    /// It is absent: as if the model had no such field.
    Hidden,
    /// It shows this text in the place of every value, and of none.
    Masked(String),
}

/// Hidden or masked; never the mask.
impl fmt::Debug for Visibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Visibility::Hidden { "Hidden" } else { "Masked" })
    }
}

/// Everything that a user holds in a tenant.
#[derive(Default)]
pub(super) struct Rights {
    subjects: HashMap<Subject, SubjectRights>,
    /// Every permission held, as text, and those that are about no model.
    pub(super) names: BTreeSet<String>,
}

/// What a user holds of one model.
#[derive(Default)]
pub(super) struct SubjectRights {
    entitlements: BTreeMap<Action, Vec<Entitlement>>,
    shares: Vec<(String, ShareLevel)>,
    visibility: BTreeMap<String, Visibility>,
}

impl Rights {
    pub(super) fn of(&self, subject: &Subject) -> Option<&SubjectRights> {
        self.subjects.get(subject)
    }

    pub(super) fn permit(&mut self, permission: Permission, entitlement: Entitlement) {
        self.names.insert(permission.to_string());
        let rights = self.subjects.entry(permission.subject().clone()).or_default();
        rights.entitlements.entry(permission.action()).or_default().push(entitlement);
    }

    pub(super) fn share(&mut self, subject: &Subject, id: String, level: ShareLevel) {
        self.subjects.entry(subject.clone()).or_default().shares.push((id, level));
    }

    /// Hides the field, or masks it where it is not hidden already: of two rules the stricter counts.
    pub(super) fn restrict(&mut self, subject: &Subject, field: String, visibility: Visibility) {
        let fields = &mut self.subjects.entry(subject.clone()).or_default().visibility;
        if fields.get(&field) != Some(&Visibility::Hidden) {
            fields.insert(field, visibility);
        }
    }
}

impl SubjectRights {
    /// What is held for that action; nothing where the permission is not held.
    pub(super) fn entitlements(&self, action: Action) -> &[Entitlement] {
        self.entitlements.get(&action).map(Vec::as_slice).unwrap_or_default()
    }

    /// The ids of the records that are shared for that action.
    pub(super) fn shared(&self, action: Action) -> impl Iterator<Item = &str> {
        self.shares.iter().filter(move |(_, level)| level.allows(action)).map(|(id, _)| id.as_str())
    }

    /// How each field is kept from the user, that is.
    pub(super) fn visibility(&self) -> &BTreeMap<String, Visibility> {
        &self.visibility
    }
}

/// The permissions, with whose records and how many grants; no id and no value.
impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (subject, rights) in &self.subjects {
            let SubjectRights { entitlements, shares, visibility } = rights;
            map.entry(&subject.to_string(), &(entitlements, format!("{} shared", shares.len()), visibility));
        }
        map.finish()
    }
}
