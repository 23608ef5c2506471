//! What the platform knows of a tenant.

use std::fmt;

use udal_core::value::Timestamp;
use udal_core::{Error, Result, TenantSlug};

use crate::Place;

/// A tenant as the platform's registry has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its name.
    pub slug: TenantSlug,
    /// Where it stands between being made and being dropped.
    pub state: TenantState,
    /// Where its database is, or will be.
    pub place: Place,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When its state changed last.
    pub changed_at: Timestamp,
}

/// Where a tenant stands between being made and being dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TenantState {
    /// It has a place; its database is being made, or was when that was interrupted.
    Creating,
    /// Its database is there.
    Active,
    /// Its database is being brought to another place.
    Moving,
    /// It is to be dropped; its database may be gone.
    Dropping,
}

impl TenantState {
    const ALL: [TenantState; 4] =
        [TenantState::Creating, TenantState::Active, TenantState::Moving, TenantState::Dropping];

    /// The state as the registry writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            TenantState::Creating => "creating",
            TenantState::Active => "active",
            TenantState::Moving => "moving",
            TenantState::Dropping => "dropping",
        }
    }

    /// Whether the tenant's records can be read and written.
    pub fn is_open(self) -> bool {
        matches!(self, TenantState::Active | TenantState::Moving)
    }

    pub(crate) fn parse(text: &str) -> Result<Self> {
        let found = TenantState::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| Error::internal(format!("`{text}` is no state of a tenant")))
    }
}

impl fmt::Display for TenantState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A database by what it holds: where it is, is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// The tenant's own.
    Tenant(TenantSlug),
    /// The reference database that every tenant reads.
    Shared,
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Database::Tenant(slug) => write!(f, "of tenant {slug}"),
            Database::Shared => f.write_str("shared by all tenants"),
        }
    }
}

/// Where a new tenant is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Placement {
    /// On the server that has most room for it.
    #[default]
    Anywhere,
    /// On the server of that name.
    On(crate::ServerName),
}

/// A database that was dropped, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedDatabase {
    /// Where it was.
    pub place: Place,
    /// Its number in the server's catalog; none where it was gone already when this drop came to it.
    pub oid: Option<u32>,
    /// When the server answered that it has no database of that number or name, by its own clock.
    pub verified_at: Timestamp,
}
