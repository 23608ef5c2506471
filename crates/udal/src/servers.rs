//! The PostgreSQL servers that are configured.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use udal_core::Error;
use udal_pgpool::{ServerName, Settings};

use crate::{Secret, StartError, config};

/// A PostgreSQL server, as it is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// How to reach it; the environment may say it instead of the file.
    pub url: Option<Secret>,
    /// How many times as many tenants as one of the weight 1 it takes: 1.
    pub weight: NonZeroU32,
    /// Whether new tenants go to it without naming it: they do.
    pub accepts_new: bool,
}

impl Default for ServerConfig {
    fn default() -> Self {
        ServerConfig { url: None, weight: NonZeroU32::MIN, accepts_new: true }
    }
}

/// The settings for these servers, one of which is the platform's.
pub(crate) fn settings(
    servers: &BTreeMap<ServerName, ServerConfig>,
    platform: Option<&ServerName>,
) -> Result<Settings, StartError> {
    let platform = platform_server(servers, platform)?;
    let mut settings = Settings::new(tokio_postgres::Config::new());
    settings.servers.clear();
    for (name, server) in servers {
        let ServerConfig { url, weight, accepts_new } = server;
        let url = url.as_ref().ok_or_else(|| no_url(name))?;
        settings.servers.insert(name.clone(), url.reveal().parse().map_err(|_| wrong_url(name))?);
        settings.weights.insert(name.clone(), *weight);
        if !accepts_new {
            settings.closed_servers.insert(name.clone());
        }
    }
    settings.platform_server = platform;
    Ok(settings)
}

/// The one that is named; else `default`, where there is one; else the only one.
fn platform_server(
    servers: &BTreeMap<ServerName, ServerConfig>,
    named: Option<&ServerName>,
) -> Result<ServerName, StartError> {
    let default = ServerName::default();
    match named {
        Some(named) if servers.contains_key(named) => Ok(named.clone()),
        Some(named) => Err(Error::invalid(format!("the platform's server `{named}` is not among the servers"))
            .hint("`platform_server` names one of `[postgresql.servers]`, or `default` for `url`")
            .into()),
        None if servers.contains_key(&default) => Ok(default),
        None => match servers.keys().next().filter(|_| servers.len() == 1) {
            Some(only) => Ok(only.clone()),
            None => Err(Error::invalid("which of the servers has the platform's database is not said")
                .hint("set `platform_server` under `[postgresql]`")
                .into()),
        },
    }
}

fn no_url(name: &ServerName) -> StartError {
    let hint =
        format!("set `url` under `[postgresql.servers.{name}]`, or {} in the environment", config::url_variable(name));
    Error::invalid(format!("it is not said how to reach the server `{name}`")).hint(hint).into()
}

fn wrong_url(name: &ServerName) -> StartError {
    if *name == ServerName::default() {
        return StartError::DatabaseUrl;
    }
    let message = format!("the URL of the server `{name}` cannot be read");
    Error::invalid(message).hint("write such as `postgres://user@host:5432/postgres`").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(names: &[&str]) -> BTreeMap<ServerName, ServerConfig> {
        let url = |name: &&str| Some(Secret::new(format!("postgres://u:hunter2@{name}/postgres")));
        let server =
            |name| (ServerName::new(name).unwrap(), ServerConfig { url: url(&name), ..ServerConfig::default() });
        names.iter().map(|name| server(name)).collect()
    }

    fn refused(servers: &BTreeMap<ServerName, ServerConfig>, platform: Option<&str>) -> String {
        let platform = platform.map(|name| ServerName::new(name).unwrap());
        let refused = settings(servers, platform.as_ref()).unwrap_err();
        assert!(!format!("{refused:?} {refused}").contains("hunter2"));
        refused.to_string()
    }

    #[test]
    fn the_platforms_server() {
        let platform = |names, named: Option<&ServerName>| settings(&servers(names), named).unwrap().platform_server;
        assert_eq!(platform(&["default", "east"], None).as_str(), "default");
        assert_eq!(platform(&["east"], None).as_str(), "east");
        let west = ServerName::new("west").unwrap();
        assert_eq!(platform(&["default", "west"], Some(&west)), west);
        assert!(refused(&servers(&["east", "west"]), None).contains("set `platform_server`"));
        assert!(refused(&servers(&["east"]), Some("west")).contains("`west` is not among the servers"));
    }

    #[test]
    fn what_a_server_is_given() {
        let mut servers = servers(&["default", "east"]);
        let east = ServerName::new("east").unwrap();
        let server = servers.get_mut(&east).unwrap();
        (server.weight, server.accepts_new) = (NonZeroU32::new(3).unwrap(), false);
        let made = settings(&servers, None).unwrap();
        assert_eq!(made.weights[&east].get(), 3);
        assert_eq!(made.closed_servers.iter().collect::<Vec<_>>(), [&east]);
        assert!(!format!("{made:?}").contains("hunter2"));
        servers.get_mut(&east).unwrap().url = Some(Secret::new("postgres://u:hunter2@h:port"));
        assert!(refused(&servers, None).contains("the URL of the server `east` cannot be read"));
        servers.get_mut(&east).unwrap().url = None;
        assert!(refused(&servers, None).contains("UDAL_DATABASE_URL_EAST"));
    }
}
