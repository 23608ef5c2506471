//! The table `[terminusdb]` of a configuration file.

use toml::de::{DeTable, DeValue};

use super::{Config, Reader};
use crate::graph_servers::{GraphServerConfig, Login};

const KEYS: [&str; 6] = [
    "servers",
    "organization",
    "connect_timeout_seconds",
    "read_timeout_seconds",
    "write_timeout_seconds",
    "max_waiting_writes",
];
const SERVER_KEYS: [&str; 6] = ["url", "user", "password_env", "token_env", "weight", "accepts_new"];

impl Reader<'_> {
    pub(super) fn terminusdb(&mut self, at: usize, value: &DeValue<'_>, config: &mut Config) {
        let Some(table) = value.as_table() else {
            self.add(
                at,
                "`terminusdb` is a table (write `[terminusdb.servers.NAME]` and its keys under it)".to_owned(),
            );
            return;
        };
        let config = &mut config.terminusdb;
        for (key, at, value) in self.known(table, &KEYS) {
            match key {
                "servers" => self.servers(at, value, "terminusdb", |reader, name, table| {
                    let server = reader.graph_server(table);
                    config.servers.insert(name, server);
                }),
                "organization" => self.text(key, at, value, |text| config.organization = text.to_owned()),
                "connect_timeout_seconds" => self.seconds(key, at, value, &mut config.connect_timeout),
                "read_timeout_seconds" => self.seconds(key, at, value, &mut config.read_timeout),
                "write_timeout_seconds" => self.seconds(key, at, value, &mut config.write_timeout),
                _ => self.count(key, at, value, 100_000, &mut config.max_waiting),
            }
        }
    }

    fn graph_server(&mut self, table: &DeTable<'_>) -> GraphServerConfig {
        let mut server = GraphServerConfig::default();
        for (key, at, value) in self.known(table, &SERVER_KEYS) {
            match key {
                "url" => self.text(key, at, value, |text| server.url = Some(text.to_owned())),
                "user" => self.text(key, at, value, |text| server.user = text.to_owned()),
                "password_env" | "token_env" if server.login != Login::None => {
                    self.add(at, "`password_env` and `token_env` do not go together (leave one out)".to_owned());
                }
                "password_env" => self.text(key, at, value, |text| server.login = Login::PasswordIn(text.to_owned())),
                "token_env" => self.text(key, at, value, |text| server.login = Login::TokenIn(text.to_owned())),
                "weight" => self.weight(at, value, &mut server.weight),
                _ => self.accepts_new(at, value, &mut server.accepts_new),
            }
        }
        server
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
    fn everything_that_can_be_set() {
        let text = "[terminusdb]\norganization = \"lab\"\nconnect_timeout_seconds = 1\nread_timeout_seconds = 2\n\
                    write_timeout_seconds = 3\nmax_waiting_writes = 4\n[terminusdb.servers.east]\n\
                    url = \"http://e:6363\"\nuser = \"udal\"\npassword_env = \"EAST\"\nweight = 2\naccepts_new = false\n\
                    [terminusdb.servers.west]\nurl = \"http://w:6363\"\ntoken_env = \"WEST\"\n";
        let mut config = parse(text).unwrap();
        config.take_environment(|name| matches!(name, "EAST" | "WEST").then(|| format!("hunter2{name}")));
        assert!(!format!("{config:?}").contains("hunter2"));
        let terminusdb = config.terminusdb;
        assert_eq!((terminusdb.organization.as_str(), terminusdb.max_waiting), ("lab", 4));
        let seconds = [terminusdb.connect_timeout, terminusdb.read_timeout, terminusdb.write_timeout];
        assert_eq!(seconds.map(|timeout| timeout.as_secs()), [1, 2, 3]);
        let [east, west] = terminusdb.servers.values().collect::<Vec<_>>()[..] else { panic!("two servers") };
        assert_eq!((east.user.as_str(), east.weight.get(), east.accepts_new), ("udal", 2, false));
        assert_eq!((west.user.as_str(), west.weight.get(), west.accepts_new), ("admin", 1, true));
        assert!(matches!(&east.login, Login::Password(secret) if secret.reveal() == "hunter2EAST"));
        assert!(matches!(&west.login, Login::Token(secret) if secret.reveal() == "hunter2WEST"));
    }

    #[test]
    fn every_problem_at_its_line_and_no_secret_in_it() {
        let text = "[terminusdb]\nread_timeout_seconds = 0\nmax_waiting_writes = \"x\"\n[terminusdb.servers.\"A b\"]\n\
                    [terminusdb.servers.c]\npassword = \"hunter2\"\npassword_env = \"A\"\ntoken_env = \"B\"\nweight = 0\n";
        let problems = parse(text).unwrap_err().message().to_owned();
        let lines: Vec<&str> = problems.lines().map(|line| line.split(": ").next().unwrap()).collect();
        assert_eq!(lines, [2, 3, 4, 6, 8, 9].map(|line| format!("udal.toml:{line}")), "{problems}");
        assert!(!problems.contains("hunter2") && problems.contains("did you mean `password_env`?"), "{problems}");
    }
}
