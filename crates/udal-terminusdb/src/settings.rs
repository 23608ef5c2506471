//! How to reach the servers, and how long to wait for them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use udal_core::model::Model;

use crate::directory::Directory;

/// How Udal shows a server who it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// A user's name and password.
    Password {
        /// The user's name.
        user: String,
        /// The password.
        password: String,
    },
    /// A token, sent as `Authorization: Bearer`.
    Token(String),
}

/// Says which kind it is, and hides the rest.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Credentials::Password { .. } => "Password(hidden)",
            Credentials::Token(_) => "Token(hidden)",
        })
    }
}

/// A TerminusDB server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Where it is, without a path: `http://localhost:6363`.
    pub url: String,
    /// Who Udal is to it.
    pub credentials: Credentials,
}

/// Settings of the backend. [`Settings::new`] has the defaults.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The servers, by name.
    pub servers: BTreeMap<String, Endpoint>,
    /// The server of every tenant, where there is no directory.
    pub default_server: String,
    /// What remembers which server keeps a tenant's database, where there are several.
    pub directory: Option<Arc<dyn Directory>>,
    /// Models whose classes are made together, when one of them is first written to: a change of classes is slow where much is
    /// kept. None.
    pub models: Arc<Vec<Arc<Model>>>,
    /// The organisation that owns the databases: `admin`.
    pub organization: String,
    /// What stands before the tenant's slug in the name of its database: `sqh_tenant_`.
    pub prefix: String,
    /// How long to wait for a connection: 5 seconds.
    pub connect_timeout: Duration,
    /// How long a read may take: 30 seconds.
    pub read_timeout: Duration,
    /// How long a write may take: 5 minutes.
    pub write_timeout: Duration,
    /// How many writes of one tenant may wait, and how many join one commit: 1,000.
    pub max_waiting: usize,
}

/// The name of the server in [`Settings::new`].
pub const DEFAULT_SERVER: &str = "default";

impl Settings {
    /// The defaults, for the one server at `endpoint`.
    pub fn new(endpoint: Endpoint) -> Self {
        Settings {
            servers: BTreeMap::from([(DEFAULT_SERVER.to_owned(), endpoint)]),
            default_server: DEFAULT_SERVER.to_owned(),
            directory: None,
            models: Arc::default(),
            organization: "admin".to_owned(),
            prefix: "sqh_tenant_".to_owned(),
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(300),
            max_waiting: 1_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_who_one_is() {
        let credentials = Credentials::Password { user: "admin".to_owned(), password: "hunter2".to_owned() };
        let endpoint = Endpoint { url: "http://localhost:6363".to_owned(), credentials };
        assert!(!format!("{:?}", Settings::new(endpoint)).contains("hunter2"));
        assert!(!format!("{:?}", Credentials::Token("hunter2".to_owned())).contains("hunter2"));
    }
}
