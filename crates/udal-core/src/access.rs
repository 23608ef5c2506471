//! Who asks, for which tenant, and what they may see. Neither can be left out: there is no default.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::filter::{Comparison, Predicate, Test};
use crate::model::{Model, position};
use crate::names::TenantSlug;
use crate::value::{MAX_USER_BYTES, Value};

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

    /// What of `model` may be seen: the predicate that every backend puts into its query.
    ///
    /// # Errors
    /// None today; conditions that cannot be said of `model` see nothing.
    pub fn reach(&self, model: &Model) -> Result<Predicate> {
        self.access.reach(model)
    }
}

/// Who asks, and what they may see.
///
/// There are two ways to make one: [`unrestricted`](AccessContext::unrestricted), which names its reason, and
/// [`user`](AccessContext::user), which sees what the ownership policy lets it see.
#[derive(Clone)]
pub struct AccessContext {
    user_id: Option<String>,
    team_id: Option<String>,
    permissions: BTreeSet<String>,
    scope: Scope,
}

#[derive(Clone)]
enum Scope {
    Unrestricted(&'static str),
    Owned(Ownership),
}

/// Which of a team's records a user may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// The team's records: the default.
    TeamWide,
    /// What the user owns.
    OwnerOnly,
    /// What the user owns or is assigned to.
    AssignedOnly,
    /// What the user owns or is assigned to, and what these people below own.
    Hierarchical(Vec<String>),
}

impl AccessContext {
    /// Sees and writes everything of the tenant. `reason` says why, for the log: `"import by the operator"`.
    pub fn unrestricted(reason: &'static str) -> Self {
        AccessContext { user_id: None, team_id: None, permissions: BTreeSet::new(), scope: Scope::Unrestricted(reason) }
    }

    /// A user of a team who sees what `ownership` says.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for an id that is empty, longer than 200 bytes or holds U+0000.
    pub fn user(user_id: &str, team_id: Option<&str>, ownership: Ownership) -> Result<Self> {
        for id in [Some(user_id), team_id].into_iter().flatten() {
            check_user_id(id)?;
        }
        Ok(AccessContext {
            user_id: Some(user_id.to_owned()),
            team_id: team_id.map(str::to_owned),
            permissions: BTreeSet::new(),
            scope: Scope::Owned(ownership),
        })
    }

    /// The same access, acting for this user: what an unrestricted context writes is then theirs.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) as for [`user`](AccessContext::user).
    pub fn acting_for(mut self, user_id: &str, team_id: Option<&str>) -> Result<Self> {
        for id in [Some(user_id), team_id].into_iter().flatten() {
            check_user_id(id)?;
        }
        self.user_id = Some(user_id.to_owned());
        self.team_id = team_id.map(str::to_owned);
        Ok(self)
    }

    /// Adds permissions such as `crm.accounts.view`.
    #[must_use]
    pub fn with_permissions(mut self, permissions: impl IntoIterator<Item = String>) -> Self {
        self.permissions.extend(permissions);
        self
    }

    /// The user, where one is known.
    pub fn user_id(&self) -> Option<&str> {
        self.user_id.as_deref()
    }

    /// The user's team, where one is known.
    pub fn team_id(&self) -> Option<&str> {
        self.team_id.as_deref()
    }

    /// The permissions held.
    pub fn permissions(&self) -> &BTreeSet<String> {
        &self.permissions
    }

    /// Why everything is seen, where it is.
    pub fn unrestricted_reason(&self) -> Option<&'static str> {
        match self.scope {
            Scope::Unrestricted(reason) => Some(reason),
            Scope::Owned(_) => None,
        }
    }

    fn reach(&self, model: &Model) -> Result<Predicate> {
        let ownership = match &self.scope {
            Scope::Unrestricted(_) => return Ok(Predicate::always()),
            Scope::Owned(ownership) => ownership,
        };
        let Some(user) = self.user_id.as_deref() else {
            return Ok(Predicate::never());
        };
        let owned = || is_any(model, position::OWNED_BY, &[user]);
        let assigned = || has(model, position::ASSIGNED_TO, user);
        Ok(match ownership {
            Ownership::TeamWide => match self.team_id.as_deref() {
                Some(team) => is_any(model, position::TEAM_ID, &[team]),
                None => Predicate::never(),
            },
            Ownership::OwnerOnly => owned(),
            Ownership::AssignedOnly => Predicate::Any(vec![owned(), assigned()]),
            Ownership::Hierarchical(below) => {
                let below: Vec<&str> = below.iter().map(String::as_str).collect();
                Predicate::Any(vec![owned(), assigned(), is_any(model, position::OWNED_BY, &below)])
            }
        })
    }
}

fn check_user_id(id: &str) -> Result<()> {
    if id.is_empty() || id.len() > MAX_USER_BYTES || id.contains('\0') {
        return Err(Error::invalid("a user's or team's id has 1 to 200 bytes and no U+0000"));
    }
    Ok(())
}

fn is_any(model: &Model, position: usize, values: &[&str]) -> Predicate {
    let values: Vec<Value> = values.iter().map(|text| Value::from(*text)).collect();
    test(
        model,
        position,
        match values.as_slice() {
            [one] => Test::Compare(Comparison::Equal, one.clone()),
            _ => Test::In(values),
        },
    )
}

fn has(model: &Model, position: usize, value: &str) -> Predicate {
    test(model, position, Test::Has(Value::from(value)))
}

fn test(model: &Model, position: usize, test: Test) -> Predicate {
    match model.fields().get(position) {
        Some(field) => Predicate::Test(Arc::clone(field), test),
        None => Predicate::never(),
    }
}

impl fmt::Debug for AccessContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scope = match &self.scope {
            Scope::Unrestricted(reason) => format!("unrestricted: {reason}"),
            Scope::Owned(ownership) => format!("{ownership:?}"),
        };
        f.debug_struct("AccessContext")
            .field("user_id", &self.user_id)
            .field("team_id", &self.team_id)
            .field("scope", &scope)
            .finish()
    }
}
