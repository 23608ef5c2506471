//! Who asks, for which tenant, and what they may see. Neither can be left out: there is no default.

//!
//! Three questions, all of which must be answered with yes: does the user hold the permission, is the record one of those that
//! the team's ownership policy lets them reach or that are shared with them, and do the record's attributes meet the conditions of
//! a grant. The answer is one [`Predicate`](crate::filter::Predicate), which every backend puts into its query.

mod builder;
mod condition;
mod ownership;
mod permission;
mod reach;
mod rights;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

pub use builder::AccessBuilder;
pub use condition::{Condition, ConditionOperator};
pub use ownership::{Ownership, People};
pub use permission::{Action, Permission, Subject};
pub use reach::{OWNERSHIP_FIELDS, check_within};
pub use rights::{Entitlement, Grant, ShareLevel, Visibility};

use crate::error::{Error, Result};
use crate::model::Model;
use crate::names::TenantSlug;
use crate::value::MAX_USER_BYTES;
use rights::Rights;

/// The tenant and the access of one call. Every operation takes one.
#[derive(Clone, Debug)]
pub struct Context {
    tenant: TenantSlug,
    access: AccessContext,
    request_id: String,
}

impl Context {
    /// A context of `tenant` for whoever `access` describes.
    pub fn new(tenant: TenantSlug, access: AccessContext) -> Self {
        Context { tenant, access, request_id: uuid::Uuid::now_v7().to_string() }
    }

    /// Names the request, so that its log lines, hooks and events can be found.
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = request_id.into();
        self
    }

    /// The tenant whose records are meant.
    pub fn tenant(&self) -> &TenantSlug {
        &self.tenant
    }

    /// Who asks.
    pub fn access(&self) -> &AccessContext {
        &self.access
    }

    /// The request's name: given, or a new UUID.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }
}

/// Who asks, and what they may see.
///
/// There are two ways to make one: [`unrestricted`](AccessContext::unrestricted), the system's, which names its task, and
/// [`user`](AccessContext::user), which sees and writes what it is told to and nothing else. Cheap to clone.
#[derive(Clone)]
pub struct AccessContext {
    user_id: Option<String>,
    team_id: Option<String>,
    scope: Scope,
}

#[derive(Clone)]
enum Scope {
    /// The system, at this task.
    System(&'static str),
    /// A user with these rights.
    User(Arc<Rights>),
}

impl AccessContext {
    /// The system's access: sees and writes everything of the tenant. `task` says why: `"import by the operator"`.
    pub fn unrestricted(task: &'static str) -> Self {
        AccessContext { user_id: None, team_id: None, scope: Scope::System(task) }
    }

    /// Starts to build the access of a user of a team, who holds nothing yet.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an id that is empty, longer than 200 bytes or holds U+0000.
    pub fn user(user_id: &str, team_id: Option<&str>) -> Result<AccessBuilder> {
        AccessBuilder::new(user_id, team_id)
    }

    /// The same access, acting for this user: what the system writes is then theirs.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) as for [`user`](AccessContext::user), and where it is a user's: they act
    /// for themselves.
    pub fn acting_for(mut self, user_id: &str, team_id: Option<&str>) -> Result<Self> {
        if self.system_task().is_none() {
            return Err(Error::invalid("a user acts for themselves alone").hint("build the other user's own access"));
        }
        for id in [Some(user_id), team_id].into_iter().flatten() {
            check_user_id(id)?;
        }
        self.user_id = Some(user_id.to_owned());
        self.team_id = team_id.map(str::to_owned);
        Ok(self)
    }

    /// The user, where one is known.
    pub fn user_id(&self) -> Option<&str> {
        self.user_id.as_deref()
    }

    /// The user's team, where one is known.
    pub fn team_id(&self) -> Option<&str> {
        self.team_id.as_deref()
    }

    /// The permissions that a user holds, as text. The system holds none: it needs none.
    pub fn permissions(&self) -> &BTreeSet<String> {
        static NONE: BTreeSet<String> = BTreeSet::new();
        match &self.scope {
            Scope::System(_) => &NONE,
            Scope::User(rights) => &rights.names,
        }
    }

    /// How the field of that name of `model` is kept from the asker; none where it is not.
    pub fn visibility(&self, model: &Model, field: &str) -> Option<&Visibility> {
        self.kept_back(model)?.get(field)
    }

    /// How fields of `model` are kept from the asker, by name; none where all are shown.
    pub(crate) fn kept_back(&self, model: &Model) -> Option<&BTreeMap<String, Visibility>> {
        match &self.scope {
            Scope::System(_) => None,
            Scope::User(rights) => {
                Some(rights.of(model.subject())?.visibility()).filter(|kept_back| !kept_back.is_empty())
            }
        }
    }

    /// The system's task, where it is the system that asks.
    pub fn system_task(&self) -> Option<&'static str> {
        match self.scope {
            Scope::System(task) => Some(task),
            Scope::User(_) => None,
        }
    }
}

fn check_user_id(id: &str) -> Result<()> {
    if id.is_empty() || id.len() > MAX_USER_BYTES || id.contains('\0') {
        return Err(Error::invalid("a user's or team's id has 1 to 200 bytes and no U+0000"));
    }
    Ok(())
}

/// Who it is, and what is held; no value of a condition, no mask, nobody else's id.
impl fmt::Debug for AccessContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("AccessContext");
        shown.field("user_id", &self.user_id).field("team_id", &self.team_id);
        match &self.scope {
            Scope::System(task) => shown.field("system_task", task),
            Scope::User(rights) => shown.field("rights", rights),
        };
        shown.finish()
    }
}
