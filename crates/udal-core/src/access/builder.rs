//! Building the context of a user: whatever is not said sees nothing.

use std::sync::Arc;

use super::rights::Rights;
use super::{
    AccessContext, Action, Entitlement, Grant, Ownership, Permission, Scope, ShareLevel, Subject, Visibility,
    check_user_id,
};
use crate::contract::refusal::{RAW_SQL, SHARED_REFERENCE_WRITE};
use crate::error::Result;

/// Builds the access of one user: see [`AccessContext::user`].
///
/// ```
/// use udal_core::access::{AccessContext, Condition, ConditionOperator, Entitlement, Grant, Ownership, Permission};
/// let open = Condition::new("status", ConditionOperator::Equals, "open".into());
/// let access = AccessContext::user("ann", Some("sales"))?
///     .permit(
///         Permission::parse("crm.accounts.view")?,
///         Entitlement::of(Ownership::TeamWide).grant(Grant::new("role `viewer`").when(open)),
///     )
///     .build();
/// assert!(access.permissions().contains("crm.accounts.view"));
/// # Ok::<(), udal_core::Error>(())
/// ```
#[derive(Debug)]
pub struct AccessBuilder {
    user_id: String,
    team_id: Option<String>,
    rights: Rights,
}

impl AccessBuilder {
    pub(super) fn new(user_id: &str, team_id: Option<&str>) -> Result<Self> {
        for id in [Some(user_id), team_id].into_iter().flatten() {
            check_user_id(id)?;
        }
        Ok(AccessBuilder {
            user_id: user_id.to_owned(),
            team_id: team_id.map(str::to_owned),
            rights: Rights::default(),
        })
    }

    /// The user holds this permission. Held more than once, each is enough.
    #[must_use]
    pub fn permit(mut self, permission: Permission, entitlement: Entitlement) -> Self {
        self.rights.permit(permission, entitlement);
        self
    }

    /// The user holds every permission for that model, without conditions, of the records that `ownership` says.
    #[must_use]
    pub fn permit_all(self, subject: &Subject, ownership: &Ownership) -> Self {
        Action::ALL.into_iter().fold(self, |builder, action| {
            let entitlement = Entitlement::of(ownership.clone()).grant(Grant::new("every permission"));
            builder.permit(subject.permission(action), entitlement)
        })
    }

    /// The user may write the records of models that every tenant reads: `shared_reference:write`. What they may do with
    /// which model takes its permission all the same.
    #[must_use]
    pub fn permit_shared_reference_write(mut self) -> Self {
        self.rights.names.insert(SHARED_REFERENCE_WRITE.to_owned());
        self
    }

    /// The user may ask in SQL of their own: `query:raw_sql`. They see by it what they see without it.
    #[must_use]
    pub fn permit_raw_sql(mut self) -> Self {
        self.rights.names.insert(RAW_SQL.to_owned());
        self
    }

    /// The record with that id is shared with the user: it is in reach whosever it is, where a permission for the action is
    /// held and a grant's conditions are met.
    #[must_use]
    pub fn share(mut self, subject: &Subject, id: impl Into<String>, level: ShareLevel) -> Self {
        self.rights.share(subject, id.into(), level);
        self
    }

    /// Keeps a field from the user. Of two rules for one field the stricter counts; `id` and `version` are never kept back.
    #[must_use]
    pub fn restrict(mut self, subject: &Subject, field: impl Into<String>, visibility: Visibility) -> Self {
        self.rights.restrict(subject, field.into(), visibility);
        self
    }

    /// The access of the user.
    pub fn build(self) -> AccessContext {
        let AccessBuilder { user_id, team_id, rights } = self;
        AccessContext { user_id: Some(user_id), team_id, scope: Scope::User(Arc::new(rights)) }
    }
}
