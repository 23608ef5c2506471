//! The TerminusDB servers that are configured.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use udal_core::Error;
use udal_pgpool::ServerName;
use udal_terminusdb::{Credentials, Directory, Endpoint, Settings};

use crate::{Secret, StartError};

/// The user of a TerminusDB server where none is named.
pub const DEFAULT_GRAPH_USER: &str = "admin";
/// The organisation that owns the databases where none is named.
pub const DEFAULT_ORGANIZATION: &str = "admin";

/// The TerminusDB servers, and how Udal speaks to them. Without servers, linked documents are kept in PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TerminusdbConfig {
    /// The servers, by name.
    pub servers: BTreeMap<ServerName, GraphServerConfig>,
    /// The organisation that owns the databases: `admin`.
    pub organization: String,
    /// How long to wait for a connection: 5 seconds.
    pub connect_timeout: Duration,
    /// How long a read may take: 30 seconds.
    pub read_timeout: Duration,
    /// How long a write may take: 300 seconds.
    pub write_timeout: Duration,
    /// How many writes of one tenant may wait: 1,000.
    pub max_waiting: usize,
}

impl Default for TerminusdbConfig {
    fn default() -> Self {
        TerminusdbConfig {
            servers: BTreeMap::new(),
            organization: DEFAULT_ORGANIZATION.to_owned(),
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(300),
            max_waiting: 1_000,
        }
    }
}

/// A TerminusDB server, as it is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphServerConfig {
    /// Where it is, without a path: `http://localhost:6363`.
    pub url: Option<String>,
    /// The user: `admin`.
    pub user: String,
    /// What shows that Udal is that user.
    pub login: Login,
    /// How many times as many tenants as one of the weight 1 it takes: 1.
    pub weight: NonZeroU32,
    /// Whether new tenants go to it without naming it: they do.
    pub accepts_new: bool,
}

/// What shows a TerminusDB server who Udal is: never written in the file, but in a variable that it names.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Login {
    /// Nothing is said.
    #[default]
    None,
    /// The environment variable with the user's password.
    PasswordIn(String),
    /// The environment variable with a token.
    TokenIn(String),
    /// The user's password.
    Password(Secret),
    /// A token.
    Token(Secret),
}

impl Default for GraphServerConfig {
    fn default() -> Self {
        GraphServerConfig {
            url: None,
            user: DEFAULT_GRAPH_USER.to_owned(),
            login: Login::None,
            weight: NonZeroU32::MIN,
            accepts_new: true,
        }
    }
}

impl TerminusdbConfig {
    /// Takes the passwords and tokens from the variables that are named; `variable` reads one.
    pub fn take_environment(&mut self, variable: impl Fn(&str) -> Option<String>) {
        for server in self.servers.values_mut() {
            let found = match &server.login {
                Login::PasswordIn(name) => variable(name).map(|text| Login::Password(Secret::new(text))),
                Login::TokenIn(name) => variable(name).map(|text| Login::Token(Secret::new(text))),
                Login::None | Login::Password(_) | Login::Token(_) => None,
            };
            server.login = found.unwrap_or_else(|| server.login.clone());
        }
    }
}

/// The backend's settings for these servers.
pub(crate) fn settings(
    config: &TerminusdbConfig,
    prefix: &str,
    directory: Option<Arc<dyn Directory>>,
) -> Result<Settings, StartError> {
    let TerminusdbConfig { servers, organization, connect_timeout, read_timeout, write_timeout, max_waiting } = config;
    let Some(first) = servers.keys().next() else {
        return Err(Error::invalid("no TerminusDB server is configured").into());
    };
    if directory.is_none() && servers.len() > 1 {
        let message =
            "which of several TerminusDB servers keeps a tenant is remembered in PostgreSQL, and there is none";
        return Err(Error::invalid(message)
            .hint("configure one TerminusDB server, or do not keep records in memory")
            .into());
    }
    let mut endpoints = BTreeMap::new();
    for (name, server) in servers {
        endpoints.insert(name.as_str().to_owned(), endpoint(name, server)?);
    }
    Ok(Settings {
        servers: endpoints,
        default_server: first.as_str().to_owned(),
        directory,
        models: Arc::default(),
        organization: organization.clone(),
        prefix: prefix.to_owned(),
        connect_timeout: *connect_timeout,
        read_timeout: *read_timeout,
        write_timeout: *write_timeout,
        max_waiting: *max_waiting,
    })
}

fn endpoint(name: &ServerName, server: &GraphServerConfig) -> Result<Endpoint, StartError> {
    let GraphServerConfig { url, user, login, weight: _, accepts_new: _ } = server;
    let wrong = |message: String, hint: String| Err(StartError::from(Error::invalid(message).hint(hint)));
    let section = format!("[terminusdb.servers.{name}]");
    let Some(url) = url else {
        return wrong(
            format!("it is not said where the TerminusDB server `{name}` is"),
            format!("set `url` under `{section}`, such as `http://localhost:6363`"),
        );
    };
    let credentials = match login {
        Login::Password(password) => {
            Credentials::Password { user: user.clone(), password: password.reveal().to_owned() }
        }
        Login::Token(token) => Credentials::Token(token.reveal().to_owned()),
        Login::PasswordIn(variable) | Login::TokenIn(variable) => {
            return wrong(
                format!("the environment has no `{variable}`, which the TerminusDB server `{name}` is reached with"),
                format!("set it, or name another variable under `{section}`"),
            );
        }
        Login::None => {
            return wrong(
                format!("it is not said who Udal is to the TerminusDB server `{name}`"),
                format!("set `password_env` or `token_env` under `{section}` to the name of a variable that holds it"),
            );
        }
    };
    Ok(Endpoint { url: url.clone(), credentials })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(logins: &[(&str, Login)]) -> TerminusdbConfig {
        let server = |(name, login): &(&str, Login)| {
            let url = Some(format!("http://{name}:6363"));
            (ServerName::new(name).unwrap(), GraphServerConfig { url, login: login.clone(), ..Default::default() })
        };
        TerminusdbConfig { servers: logins.iter().map(server).collect(), ..TerminusdbConfig::default() }
    }

    fn refused(config: &TerminusdbConfig) -> String {
        settings(config, "t_", None).unwrap_err().to_string()
    }

    #[test]
    fn what_a_server_is_reached_with_comes_from_the_environment_and_is_not_shown() {
        let mut config = config(&[("east", Login::PasswordIn("EAST".to_owned()))]);
        assert!(refused(&config).contains("the environment has no `EAST`"));
        config.take_environment(|name| (name == "EAST").then(|| "hunter2".to_owned()));
        let made = settings(&config, "t_", None).unwrap();
        let credentials = Credentials::Password { user: "admin".to_owned(), password: "hunter2".to_owned() };
        assert_eq!(made.servers["east"].credentials, credentials);
        assert!(!format!("{config:?} {made:?}").contains("hunter2"));
        config.servers.values_mut().for_each(|server| server.login = Login::TokenIn("EAST".to_owned()));
        config.take_environment(|_| Some("hunter3".to_owned()));
        assert_eq!(
            settings(&config, "t_", None).unwrap().servers["east"].credentials,
            Credentials::Token("hunter3".to_owned())
        );
        assert!(!format!("{config:?}").contains("hunter3"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let login = || Login::Token(Secret::new("t"));
        assert!(refused(&config(&[("east", Login::None)])).contains("`password_env` or `token_env`"));
        assert!(refused(&config(&[("east", login()), ("west", login())])).contains("remembered in PostgreSQL"));
        let mut without = config(&[("east", login())]);
        without.servers.values_mut().for_each(|server| server.url = None);
        assert!(refused(&without).contains("set `url` under `[terminusdb.servers.east]`"));
    }
}
