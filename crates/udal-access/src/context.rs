//! What a user may do, worked out of the directory.

use std::collections::BTreeSet;

use udal_core::Result;
use udal_core::access::{self, AccessContext, Action, Entitlement, Ownership, People, Permission};
use udal_core::model::{Catalog, Model};
use udal_core::value::Timestamp;

use crate::check::model_of;
use crate::{Directory, Exception, Grant, Grantee, Pattern, Policy, Receiver, Share, Visibility, is_built_in};

/// A user's access, and until when it is what the directory says.
#[derive(Clone, Debug)]
pub struct Granted {
    /// The access. A user who may do nothing has one, too: that of somebody who may do nothing.
    pub access: AccessContext,
    /// When the first of the shares in it ends.
    pub until: Option<Timestamp>,
}

/// The access of `user`, for the permission that they are about to use.
///
/// It holds everything that the user holds, so that links to other models can be followed; but where the permission is not
/// among it, or there is no such user, or they act in no team, it holds nothing: nothing is visible, and nothing writable. A
/// grant whose conditions do not fit the models any more grants nothing.
///
/// # Errors
/// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) for a user's id that cannot be one.
pub fn access_context(
    directory: &Directory,
    catalog: &Catalog,
    user: &str,
    permission: &Permission,
    now: Timestamp,
) -> Result<AccessContext> {
    access_of(directory, catalog, user, now)?.to_use(user, permission)
}

impl Granted {
    /// The access of `user`, whose it is, for the permission that they are about to use: that of somebody who may do nothing
    /// where they do not hold it.
    ///
    /// # Errors
    /// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) for a user's id that cannot be one.
    pub fn to_use(&self, user: &str, permission: &Permission) -> Result<AccessContext> {
        let is_held = self.access.permissions().contains(&permission.to_string());
        if is_held { Ok(self.access.clone()) } else { nobody(user) }
    }
}

/// The access of somebody who may do nothing.
///
/// # Errors
/// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) for a user's id that cannot be one.
fn nobody(user: &str) -> Result<AccessContext> {
    Ok(AccessContext::user(user, None)?.build())
}

/// Everything that `user` may do.
///
/// # Errors
/// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) for a user's id that cannot be one.
pub fn access_of(directory: &Directory, catalog: &Catalog, user: &str, now: Timestamp) -> Result<Granted> {
    let Some(asker) = Asker::find(directory, user) else {
        return Ok(Granted { access: nobody(user)?, until: None });
    };
    let mut builder = AccessContext::user(user, Some(asker.team))?;
    for model in catalog.models() {
        for action in Action::ALL {
            let entitlement = asker.entitlement(model, action);
            if !entitlement.grants().is_empty() {
                builder = builder.permit(model.permission(action), entitlement);
            }
        }
    }
    if asker.holds(&Pattern::SharedReferenceWrite) {
        builder = builder.permit_shared_reference_write();
    }
    if asker.holds(&Pattern::RawSql) {
        builder = builder.permit_raw_sql();
    }
    for rule in &directory.fields {
        if let Some(model) = model_of(catalog, &rule.group, &rule.subject)
            && !rule.except.iter().any(|exception| asker.is_excepted(exception, catalog))
        {
            let visibility = match &rule.visibility {
                Visibility::Hidden => access::Visibility::Hidden,
                Visibility::Masked(mask) => access::Visibility::Masked(mask.clone()),
            };
            builder = builder.restrict(model.subject(), rule.field.as_str(), visibility);
        }
    }
    let mut until: Option<Timestamp> = None;
    for (record, share) in asker.shares(now) {
        let Ok(model) = catalog.model_of(record) else { continue };
        builder = builder.share(model.subject(), record, share.level);
        until = until.into_iter().chain(share.until).min();
    }
    Ok(Granted { access: builder.build(), until })
}

/// A user in the team in which they act.
pub(crate) struct Asker<'a> {
    directory: &'a Directory,
    user: &'a str,
    pub(crate) team: &'a str,
    pub(crate) ownership: Ownership,
    pub(crate) roles: &'a BTreeSet<String>,
}

/// Where a permission that is held comes from.
pub(crate) enum Source<'a> {
    /// A role.
    Role(&'a str),
    /// A grant.
    Grant(&'a Grant),
}

impl<'a> Asker<'a> {
    /// The user, where there is such a one who acts in a team.
    pub(crate) fn find(directory: &'a Directory, user: &str) -> Option<Self> {
        let (user, _) = directory.users.get_key_value(user)?;
        let (id, team) = directory.team_of(user)?;
        let ownership = match team.ownership {
            Policy::TeamWide => Ownership::TeamWide,
            Policy::OwnerOnly => Ownership::OwnerOnly,
            Policy::AssignedOnly => Ownership::AssignedOnly,
            Policy::Hierarchical => Ownership::Hierarchical(People::new(directory.below(user))),
        };
        Some(Asker { directory, user, team: id, ownership, roles: team.members.get(user)? })
    }

    /// Their id.
    pub(crate) fn user(&self) -> &'a str {
        self.user
    }

    /// Whether a grant is for them.
    pub(crate) fn is_meant(&self, to: &Grantee) -> bool {
        match to {
            Grantee::Role(name) => self.roles.contains(name),
            Grantee::User(id) => id == self.user,
        }
    }

    /// Where the permissions that they hold come from, those that `is_asked` about.
    pub(crate) fn sources(&self, is_asked: impl Fn(&Pattern) -> bool) -> Vec<Source<'a>> {
        let mut sources = Vec::new();
        for name in self.roles {
            let held = role_permissions(self.directory, name);
            sources.extend(held.iter().any(&is_asked).then_some(Source::Role(name)));
        }
        let grants =
            self.directory.grants.iter().filter(|grant| self.is_meant(&grant.to) && is_asked(&grant.permission));
        sources.extend(grants.map(Source::Grant));
        sources
    }

    /// What they hold of one permission.
    fn entitlement(&self, model: &Model, action: Action) -> Entitlement {
        let (subject, action) = (model.subject(), action.name());
        let sources = self.sources(|pattern| pattern.matches(subject.group(), subject.name(), action));
        let grants = sources.iter().filter_map(|source| core_grant(source, model));
        grants.fold(Entitlement::of(self.ownership.clone()), Entitlement::grant)
    }

    /// Whether they hold a permission that is about no model.
    fn holds(&self, permission: &Pattern) -> bool {
        !self.sources(|pattern| pattern == permission).is_empty()
    }

    /// Whether a rule on a field is not for them. A permission that is held under conditions excepts nobody: the rule is about
    /// every record.
    pub(crate) fn is_excepted(&self, exception: &Exception, catalog: &Catalog) -> bool {
        match exception {
            Exception::Role(name) => self.roles.contains(name),
            Exception::User(id) => id == self.user,
            Exception::Permission(alone @ (Pattern::SharedReferenceWrite | Pattern::RawSql)) => self.holds(alone),
            Exception::Permission(wanted) => {
                let each =
                    catalog.models().flat_map(|model| Action::ALL.map(|action| (model.subject(), action.name())));
                let mut wanted =
                    each.filter(|(subject, action)| wanted.matches(subject.group(), subject.name(), action)).peekable();
                let is_held = |(subject, action): (&access::Subject, &str)| {
                    let sources = self.sources(|pattern| pattern.matches(subject.group(), subject.name(), action));
                    sources.iter().any(|source| match source {
                        Source::Role(_) => true,
                        Source::Grant(grant) => grant.conditions.is_empty(),
                    })
                };
                wanted.peek().is_some() && wanted.all(is_held)
            }
        }
    }

    /// Whether what is shared so is shared with them.
    pub(crate) fn receives(&self, with: &Receiver) -> bool {
        match with {
            Receiver::User(id) => id == self.user,
            Receiver::Team(id) => id == self.team,
        }
    }

    /// The records that are shared with them now.
    pub(crate) fn shares(&self, now: Timestamp) -> impl Iterator<Item = (&'a str, &'a Share)> {
        let shares = self.directory.shares.iter();
        shares
            .filter(move |((_, with), share)| self.receives(with) && share.until.is_none_or(|until| now < until))
            .map(|((record, _), share)| (record.as_str(), share))
    }
}

/// A grant as core knows it; none where its conditions do not fit the model.
fn core_grant(source: &Source<'_>, model: &Model) -> Option<access::Grant> {
    match source {
        Source::Role(name) => Some(access::Grant::new(format!("role `{name}`"))),
        Source::Grant(grant) => {
            let mut made = access::Grant::new(format!("grant `{grant}`"));
            for condition in &grant.conditions {
                let condition = condition.to_core()?;
                condition.check(model).ok()?;
                made = made.when(condition);
            }
            Some(made)
        }
    }
}

/// What whoever has the role may do.
pub(crate) fn role_permissions(directory: &Directory, name: &str) -> Vec<Pattern> {
    if is_built_in(name) {
        let built_in = crate::BUILT_IN_ROLES.iter().filter(|(known, _)| *known == name);
        return built_in.flat_map(|(_, patterns)| patterns.iter().filter_map(|text| Pattern::parse(text))).collect();
    }
    directory.roles.get(name).map(|role| role.permissions.iter().cloned().collect()).unwrap_or_default()
}
