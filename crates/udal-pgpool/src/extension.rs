//! Extensions of PostgreSQL, switched on in one database.

use async_trait::async_trait;
use tokio_postgres::error::SqlState;
use udal_core::{Error, ErrorKind, Result, shorten};
use udal_sql::{Param, Sql};

use crate::failure::Attempt;
use crate::{Database, Failure, Provision, TenantDatabases, Transaction};

/// The name of an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension(String);

impl Extension {
    /// A name of 1 to 63 of the letters `a` to `z`, digits, `_` and `-`.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for any other.
    pub fn new(name: &str) -> Result<Self> {
        let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
        if name.is_empty() || name.len() > 63 || !name.bytes().all(is_letter) {
            let message = format!("`{}` cannot name an extension", shorten(name));
            return Err(Error::invalid(message).hint("use 1 to 63 of a-z, 0-9, _ and -"));
        }
        Ok(Extension(name.to_owned()))
    }
}

/// Switches an extension on.
struct SwitchOn<'a>(&'a Extension);

#[async_trait]
impl Provision for SwitchOn<'_> {
    async fn run(&self, transaction: &Transaction<'_>) -> Attempt<()> {
        let Extension(name) = self.0;
        let mut sql = Sql::new();
        sql.push("SELECT installed_version IS NOT NULL FROM pg_available_extensions WHERE name = ");
        sql.param(Param::text(name.as_str()));
        match transaction.query(&sql.finish()).await?.first() {
            None => return Err(not_available(name).into()),
            Some(row) if row.try_get(0)? => return Ok(()),
            Some(_) => {}
        }
        let mut sql = Sql::new();
        sql.push("CREATE EXTENSION IF NOT EXISTS ").name(name).push(" CASCADE");
        transaction.batch(&sql.into_text()).await.map_err(|error| match error.code() {
            Some(&SqlState::INSUFFICIENT_PRIVILEGE) => Failure::from(not_allowed(name, error)),
            _ => Failure::from(error),
        })
    }
}

fn not_available(name: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("the extension `{name}` is not available"))
        .hint("install its package on the server's machine")
}

fn not_allowed(name: &str, cause: tokio_postgres::Error) -> Error {
    Error::new(ErrorKind::Unsupported, format!("the role that Udal connects as may not create the extension `{name}`"))
        .hint("create it as a superuser in the tenant's database, once")
        .cause(cause)
}

impl TenantDatabases {
    /// Makes sure that `database` is there and has the extension; those that it needs are switched on with it.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) where the server does not have it, or the role may not; what the database says.
    pub async fn ensure_extension(&self, database: &Database, extension: &Extension) -> Result<()> {
        self.ensure(database, &format!("extension {}", extension.0), &SwitchOn(extension)).await
    }

    /// Makes sure that `database` is there, where it is a tenant's with a row in the registry.
    ///
    /// # Errors
    /// What the database says; the next who asks tries again.
    pub async fn ensure_database_exists(&self, database: &Database) -> Result<()> {
        self.ensure(database, "database", &crate::Statements(Vec::new())).await
    }
}
