//! The table `[postgresql]` of a configuration file.

use toml::de::{DeTable, DeValue};
use udal_pgpool::{ServerName, check_prefix};

use super::{Config, Reader};
use crate::{Limits, Secret, ServerConfig};

const KEYS: [&str; 12] = [
    "url",
    "servers",
    "platform_server",
    "platform_database",
    "shared_database",
    "tenant_prefix",
    "max_connections",
    "max_connections_per_tenant",
    "wait_timeout_seconds",
    "statement_timeout_seconds",
    "input_timeout_seconds",
    "idle_timeout_seconds",
];
const SERVER_KEYS: [&str; 3] = ["url", "weight", "accepts_new"];
const MOST_CONNECTIONS: usize = 10_000;

impl Reader<'_> {
    pub(super) fn postgresql(&mut self, at: usize, value: &DeValue<'_>, config: &mut Config) {
        let Some(table) = value.as_table() else {
            self.add(at, "`postgresql` is a table (write `[postgresql]` and its keys under it)".to_owned());
            return;
        };
        for (key, at, value) in self.known(table, &KEYS) {
            match key {
                "url" => self.text(key, at, value, |text| config.database_url = Some(Secret::new(text))),
                "servers" => self.servers(at, value, "postgresql", |reader, name, table| {
                    let server = reader.server(table);
                    config.servers.insert(name, server);
                }),
                "platform_server" => config.platform_server = self.server_name(key, at, value),
                "platform_database" => self.text(key, at, value, |text| config.platform_database = text.to_owned()),
                "tenant_prefix" => match check_prefix(value.as_str().unwrap_or_default()) {
                    Ok(()) => value.as_str().unwrap_or_default().clone_into(&mut config.tenant_prefix),
                    Err(error) => self.add(at, error.to_string()),
                },
                "shared_database" => self.text(key, at, value, |text| config.shared_database = text.to_owned()),
                _ => self.limit(key, at, value, &mut config.limits),
            }
        }
    }

    fn limit(&mut self, key: &str, at: usize, value: &DeValue<'_>, limits: &mut Limits) {
        match key {
            "max_connections" => self.count(key, at, value, MOST_CONNECTIONS, &mut limits.max_connections),
            "max_connections_per_tenant" => {
                self.count(key, at, value, MOST_CONNECTIONS, &mut limits.max_connections_per_tenant);
            }
            "wait_timeout_seconds" => self.seconds(key, at, value, &mut limits.wait_timeout),
            "statement_timeout_seconds" => self.seconds(key, at, value, &mut limits.statement_timeout),
            "input_timeout_seconds" => self.seconds(key, at, value, &mut limits.input_timeout),
            _ => self.seconds(key, at, value, &mut limits.idle_timeout),
        }
    }

    fn server(&mut self, table: &DeTable<'_>) -> ServerConfig {
        let mut server = ServerConfig::default();
        for (key, at, value) in self.known(table, &SERVER_KEYS) {
            match key {
                "url" => self.text(key, at, value, |text| server.url = Some(Secret::new(text))),
                "weight" => self.weight(at, value, &mut server.weight),
                _ => self.accepts_new(at, value, &mut server.accepts_new),
            }
        }
        server
    }

    fn server_name(&mut self, key: &str, at: usize, value: &DeValue<'_>) -> Option<ServerName> {
        let Some(text) = value.as_str() else {
            self.add(at, format!("`{key}` is text (write `{key} = \"…\"`)"));
            return None;
        };
        ServerName::new(text).map_err(|error| self.add(at, error.to_string())).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn parse(text: &str) -> udal_core::Result<Config> {
        Config::parse("udal.toml", text, Path::new("/etc/udal"))
    }

    #[test]
    fn limits_and_names_of_databases() {
        let text = "[postgresql]\nplatform_database = \"p\"\nshared_database = \"s\"\nmax_connections = 3\n\
                    max_connections_per_tenant = 2\nwait_timeout_seconds = 4\nstatement_timeout_seconds = 5\n\
                    input_timeout_seconds = 6\nidle_timeout_seconds = 7\n";
        let config = parse(text).unwrap();
        assert_eq!((config.platform_database.as_str(), config.shared_database.as_str()), ("p", "s"));
        let limits = config.limits;
        assert_eq!((limits.max_connections, limits.max_connections_per_tenant), (3, 2));
        let seconds = [limits.wait_timeout, limits.statement_timeout, limits.input_timeout, limits.idle_timeout];
        assert_eq!(seconds.map(|timeout| timeout.as_secs()), [4, 5, 6, 7]);
    }

    #[test]
    fn a_limit_that_is_none_is_a_problem_at_its_line() {
        let text = "[postgresql]\nmax_connections_per_tenant = 10001\nwait_timeout_seconds = 0\n\
                    statement_timeout_seconds = \"5 s\"\nidle_timeout_seconds = -1\n";
        let problems = parse(text).unwrap_err().message().to_owned();
        let said = "udal.toml:2: `max_connections_per_tenant` is a number (1 to 10000)\n\
                    udal.toml:3: `wait_timeout_seconds` is a number of seconds (1 to 86400)\n\
                    udal.toml:4: `statement_timeout_seconds` is a number of seconds (1 to 86400)\n\
                    udal.toml:5: `idle_timeout_seconds` is a number of seconds (1 to 86400)";
        assert_eq!(problems, said);
    }
}
