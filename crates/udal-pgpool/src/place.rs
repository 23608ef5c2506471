//! Where a database is: on which of the servers, under which name.

use std::fmt;
use std::sync::Arc;

use udal_core::{Error, Result};

/// The name of a PostgreSQL server in the configuration.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerName(Arc<str>);

/// The most letters of a server's name.
const MAX_NAME: usize = 48;

impl ServerName {
    /// The name of the server where only one is configured: `default`.
    pub const DEFAULT: &'static str = "default";

    /// A name of 1 to 48 of the letters `a` to `z`, digits and hyphens, the first no hyphen.
    ///
    /// # Errors
    /// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) for any other.
    pub fn new(name: &str) -> Result<Self> {
        let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > MAX_NAME || name.starts_with('-') || !name.bytes().all(is_letter) {
            let message = format!("`{}` cannot name a server", udal_core::shorten(name));
            return Err(Error::invalid(message).hint("use 1 to 48 of a-z, 0-9 and -, the first no hyphen"));
        }
        Ok(ServerName(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ServerName {
    fn default() -> Self {
        ServerName(ServerName::DEFAULT.into())
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A database on one of the servers. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    server: ServerName,
    database: Arc<str>,
}

impl Place {
    /// The database of that name on that server.
    pub fn new(server: ServerName, database: &str) -> Self {
        Place { server, database: database.into() }
    }

    /// The server.
    pub fn server(&self) -> &ServerName {
        &self.server
    }

    /// The database's name.
    pub fn database(&self) -> &str {
        &self.database
    }
}

/// As logs show it: `server/database`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.server, self.database)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_servers() {
        for name in ["a", "default", "east-1", &"x".repeat(48)] {
            assert_eq!(ServerName::new(name).unwrap().as_str(), name);
        }
        for name in ["", "-a", "A", "a_b", "a.b", "ä", &"x".repeat(49)] {
            assert!(ServerName::new(name).is_err(), "{name}");
        }
    }
}
