//! Configuration: `udal.toml`, the environment, and the defaults, all in one place.

mod postgresql;
mod query;
mod terminusdb;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::{DeTable, DeValue};
use udal_core::{Error, Result, shorten, suggestion};
use udal_pgpool::ServerName;

use crate::{Budgets, Limits, Secret, ServerConfig, TerminusdbConfig};

/// The environment variable that names the data directory.
pub const ENV_DATA_DIR: &str = "UDAL_DATA_DIR";
/// The environment variable that names the directory of group files.
pub const ENV_GROUPS: &str = "UDAL_GROUPS";
/// The environment variable that names the configuration file.
pub const ENV_CONFIG: &str = "UDAL_CONFIG";
/// The environment variable that holds the URL of a PostgreSQL server.
pub const ENV_DATABASE_URL: &str = "UDAL_DATABASE_URL";
/// The name of the database that holds the registry of tenants.
pub const DEFAULT_PLATFORM_DATABASE: &str = "udal_platform";
/// The configuration file that is read when it stands in the working directory and no other is named.
pub const DEFAULT_FILE: &str = "udal.toml";
/// The directory of group files.
pub const DEFAULT_GROUPS: &str = "groups";
/// What stands before a tenant's slug in the name of its database.
pub const DEFAULT_TENANT_PREFIX: &str = "sqh_tenant_";
/// The name of the reference database that every tenant reads.
pub const DEFAULT_SHARED_DATABASE: &str = "sqh_shared_reference";

const TOP_KEYS: [&str; 6] = ["data_dir", "groups", "audit_days", "postgresql", "query", "terminusdb"];

/// What a configuration file may say. Paths in it are relative to the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Where the embedded PostgreSQL keeps its data.
    pub data_dir: PathBuf,
    /// The directory of group files.
    pub groups: PathBuf,
    /// The URL of a PostgreSQL server to use instead of the embedded one.
    pub database_url: Option<Secret>,
    /// The servers that have names.
    pub servers: BTreeMap<ServerName, ServerConfig>,
    /// The server that has the platform's database; `default`, or the only one, where none is named.
    pub platform_server: Option<ServerName>,
    /// The name of the platform's database.
    pub platform_database: String,
    /// What stands before a tenant's slug in the name of its database.
    pub tenant_prefix: String,
    /// The name of the reference database that every tenant reads.
    pub shared_database: String,
    /// What bounds the use of PostgreSQL servers.
    pub limits: Limits,
    /// How many days entries of the audit log are kept.
    pub audit_days: u32,
    /// What queries may cost.
    pub budgets: Budgets,
    /// The TerminusDB servers, and how Udal speaks to them.
    pub terminusdb: TerminusdbConfig,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            data_dir: default_data_dir(),
            groups: PathBuf::from(DEFAULT_GROUPS),
            database_url: None,
            servers: BTreeMap::new(),
            platform_server: None,
            platform_database: DEFAULT_PLATFORM_DATABASE.to_owned(),
            tenant_prefix: DEFAULT_TENANT_PREFIX.to_owned(),
            shared_database: DEFAULT_SHARED_DATABASE.to_owned(),
            limits: Limits::default(),
            audit_days: crate::DEFAULT_AUDIT_DAYS,
            budgets: Budgets::default(),
            terminusdb: TerminusdbConfig::default(),
        }
    }
}

/// `/var/lib/udal` for root, else `udal` in the user's data directory (`$XDG_DATA_HOME` or `~/.local/share`).
pub fn default_data_dir() -> PathBuf {
    if rustix::process::geteuid().is_root() {
        return PathBuf::from("/var/lib/udal");
    }
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = absolute("XDG_DATA_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/share")));
    data.map_or_else(|| PathBuf::from(".udal"), |data| data.join("udal"))
}

/// The environment variable that holds the URL of the server of that name: `UDAL_DATABASE_URL_EAST` for `east`.
pub fn url_variable(server: &ServerName) -> String {
    format!("{ENV_DATABASE_URL}_{}", server.as_str().to_uppercase().replace('-', "_"))
}

impl Config {
    /// Takes the URLs that the environment has, before those of the file, and the passwords and tokens that the file says
    /// are there; `variable` reads one of its variables.
    pub fn take_environment(&mut self, variable: impl Fn(&str) -> Option<String>) {
        if let Some(url) = variable(ENV_DATABASE_URL) {
            self.database_url = Some(Secret::new(url));
        }
        for (name, server) in &mut self.servers {
            if let Some(url) = variable(&url_variable(name)) {
                server.url = Some(Secret::new(url));
            }
        }
        self.terminusdb.take_environment(variable);
    }

    /// Reads `file`; without one, `udal.toml` in the working directory where there is one; else the defaults.
    ///
    /// # Errors
    /// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) for a file that cannot be read, is not TOML, or holds an unknown
    /// key or a wrong kind of value, each with its line.
    pub fn load(file: Option<&Path>) -> Result<Self> {
        let path = match file {
            Some(path) => path,
            None if Path::new(DEFAULT_FILE).is_file() => Path::new(DEFAULT_FILE),
            None => return Ok(Config::default()),
        };
        let text = fs::read_to_string(path).map_err(|error| {
            Error::invalid(format!("the configuration file `{}` cannot be read: {error}", path.display()))
                .hint("check its name and its permissions")
        })?;
        Config::parse(&path.display().to_string(), &text, path.parent().unwrap_or(Path::new("")))
    }

    /// Reads a configuration file's text; relative paths in it start at `directory`.
    ///
    /// # Errors
    /// As [`load`](Config::load).
    pub fn parse(name: &str, text: &str, directory: &Path) -> Result<Self> {
        let table = DeTable::parse(text).map_err(|error| {
            let line = line_of(text, error.span().map_or(0, |span| span.start));
            Error::invalid(format!("{name}:{line}: this is not TOML: {}", error.message().replace('\n', "; ")))
        })?;
        let mut reader = Reader { name, text, problems: Vec::new() };
        let mut config = Config::default();
        for (key, at, value) in reader.known(table.get_ref(), &TOP_KEYS) {
            match key {
                "data_dir" => reader.text(key, at, value, |text| config.data_dir = directory.join(text)),
                "groups" => reader.text(key, at, value, |text| config.groups = directory.join(text)),
                "audit_days" => match value.as_integer().and_then(|number| number.as_str().parse().ok()) {
                    Some(days @ 1..=36_500) => config.audit_days = days,
                    _ => reader.add(at, "`audit_days` is a number (1 to 36500)".to_owned()),
                },
                "postgresql" => reader.postgresql(at, value, &mut config),
                "query" => reader.query(at, value, &mut config.budgets),
                _ => reader.terminusdb(at, value, &mut config),
            }
        }
        let mut problems = reader.problems;
        if problems.is_empty() {
            return Ok(config);
        }
        problems.sort();
        let lines: Vec<String> = problems.into_iter().map(|(_, problem)| problem).collect();
        Err(Error::invalid(lines.join("\n")))
    }
}

struct Reader<'a> {
    name: &'a str,
    text: &'a str,
    problems: Vec<(usize, String)>,
}

impl Reader<'_> {
    fn add(&mut self, at: usize, problem: String) {
        let line = line_of(self.text, at);
        self.problems.push((line, format!("{}:{line}: {problem}", self.name)));
    }

    /// Reads each table under `[SECTION.servers]`.
    fn servers(
        &mut self,
        at: usize,
        value: &DeValue<'_>,
        section: &str,
        mut each: impl FnMut(&mut Self, ServerName, &DeTable<'_>),
    ) {
        let Some(table) = value.as_table() else {
            self.add(at, format!("`servers` is a table (write `[{section}.servers.NAME]` and its keys under it)"));
            return;
        };
        for (key, value) in table {
            let at = key.span().start;
            match (ServerName::new(key.get_ref().as_ref()), value.get_ref().as_table()) {
                (Ok(name), Some(table)) => each(self, name, table),
                (Ok(name), None) => {
                    let write = format!("write `[{section}.servers.{name}]` and its keys under it");
                    self.add(at, format!("`{name}` is a table ({write})"));
                }
                (Err(error), _) => self.add(at, error.to_string()),
            }
        }
    }

    fn weight(&mut self, at: usize, value: &DeValue<'_>, weight: &mut NonZeroU32) {
        match value.as_integer().and_then(|number| number.as_str().parse().ok()) {
            Some(read) => *weight = read,
            None => self.add(at, "`weight` is a whole number from 1".to_owned()),
        }
    }

    fn accepts_new(&mut self, at: usize, value: &DeValue<'_>, accepts_new: &mut bool) {
        match value.as_bool() {
            Some(read) => *accepts_new = read,
            None => self.add(at, "`accepts_new` is `true` or `false`".to_owned()),
        }
    }

    /// The members of `table` whose keys are among `known`, with where they start; the others are problems.
    fn known<'k, 't, 'v>(
        &mut self,
        table: &'t DeTable<'v>,
        known: &[&'k str],
    ) -> Vec<(&'k str, usize, &'t DeValue<'v>)> {
        let mut found = Vec::new();
        for (key, value) in table {
            let (name, at) = (key.get_ref().as_ref(), key.span().start);
            match known.iter().find(|known| **known == name) {
                Some(known) => found.push((*known, at, value.get_ref())),
                None => {
                    let hint = suggestion(name, known.iter().copied(), || format!("keys here are {}", known.join(" ")));
                    self.add(at, format!("`{}` is not a key here ({hint})", shorten(name)));
                }
            }
        }
        found
    }

    fn seconds(&mut self, key: &str, at: usize, value: &DeValue<'_>, timeout: &mut Duration) {
        match value.as_integer().and_then(|number| number.as_str().parse().ok()) {
            Some(seconds @ 1..=86_400) => *timeout = Duration::from_secs(seconds),
            _ => self.add(at, format!("`{key}` is a number of seconds (1 to 86400)")),
        }
    }

    /// A number from 1 to `most`.
    fn count(&mut self, key: &str, at: usize, value: &DeValue<'_>, most: usize, count: &mut usize) {
        match value.as_integer().and_then(|number| number.as_str().parse().ok()) {
            Some(number) if (1..=most).contains(&number) => *count = number,
            _ => self.add(at, format!("`{key}` is a number (1 to {most})")),
        }
    }

    fn text(&mut self, key: &str, at: usize, value: &DeValue<'_>, set: impl FnOnce(&str)) {
        match value.as_str() {
            Some(text) if !text.is_empty() => set(text),
            _ => self.add(at, format!("`{key}` is text (write `{key} = \"…\"`)")),
        }
    }
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config> {
        Config::parse("udal.toml", text, Path::new("/etc/udal"))
    }

    #[test]
    fn everything_that_can_be_set() {
        let text = "data_dir = \"/srv/udal\"\ngroups = \"models\"\n[postgresql]\nurl = \"postgres://u:hunter2@db\"\n\
                    tenant_prefix = \"t_\"\nmax_connections = 8\n";
        let config = parse(text).unwrap();
        assert_eq!(config.data_dir, Path::new("/srv/udal"));
        assert_eq!(config.groups, Path::new("/etc/udal/models"));
        assert_eq!(config.database_url.as_ref().map(Secret::reveal), Some("postgres://u:hunter2@db"));
        assert_eq!((config.tenant_prefix.as_str(), config.limits.max_connections), ("t_", 8));
        assert!(!format!("{config:?}").contains("hunter2"));
        assert_eq!(parse("").unwrap(), Config::default());
    }

    #[test]
    fn servers_with_names() {
        let text = "[postgresql]\nplatform_server = \"east\"\nplatform_database = \"p\"\n[postgresql.servers.east]\n\
                    url = \"postgres://u:hunter2@e\"\n[postgresql.servers.far-west]\nweight = 3\naccepts_new = false\n";
        let mut config = parse(text).unwrap();
        assert_eq!(config.platform_server.as_ref().map(ServerName::as_str), Some("east"));
        assert_eq!(config.platform_database, "p");
        config
            .take_environment(|name| (name == "UDAL_DATABASE_URL_FAR_WEST").then(|| "postgres://hunter3@w".to_owned()));
        let servers: Vec<(&str, Option<&str>, u32, bool)> = config
            .servers
            .iter()
            .map(|(name, server)| {
                let url = server.url.as_ref().map(Secret::reveal);
                (name.as_str(), url, server.weight.get(), server.accepts_new)
            })
            .collect();
        assert_eq!(
            servers,
            [("east", Some("postgres://u:hunter2@e"), 1, true), ("far-west", Some("postgres://hunter3@w"), 3, false)]
        );
        assert!(!format!("{config:?}").contains("hunter"));
        let text = "[postgresql]\nplatform_server = \"No\"\n[postgresql.servers.\"a b\"]\n[postgresql.servers.c]\n\
                    weight = 0\naccepts_new = 1\nurl = 5\nuser = \"hunter2\"\n";
        let problems = parse(text).unwrap_err().message().to_owned();
        let lines: Vec<&str> = problems.lines().map(|line| line.split(": ").next().unwrap()).collect();
        assert_eq!(lines, [2, 3, 5, 6, 7, 8].map(|line| format!("udal.toml:{line}")), "{problems}");
        assert!(!problems.contains("hunter2"));
    }

    #[test]
    fn prefixes_that_would_take_the_databases_of_others() {
        for prefix in ["\"\"", "\"udal_\"", "\"pg_a\"", "\"a234567890123456\"", "\"Ab\"", "5"] {
            let error = parse(&format!("[postgresql]\nmax_connections = 8\ntenant_prefix = {prefix}\n")).unwrap_err();
            assert!(error.message().starts_with("udal.toml:3: "), "{error}");
            assert!(error.message().contains("cannot be `tenant_prefix`"), "{error}");
        }
    }

    #[test]
    fn every_problem_at_its_line() {
        let text = "datadir = \"x\"\ngroups = 5\n\n[postgresql]\nulr = \"hunter2\"\nmax_connections = 0\n[server]\n";
        let expected = "udal.toml:1: `datadir` is not a key here (did you mean `data_dir`?)\n\
                        udal.toml:2: `groups` is text (write `groups = \"…\"`)\n\
                        udal.toml:5: `ulr` is not a key here (did you mean `url`?)\n\
                        udal.toml:6: `max_connections` is a number (1 to 10000)\n\
                        udal.toml:7: `server` is not a key here (keys here are data_dir groups audit_days postgresql query terminusdb)";
        assert_eq!(parse(text).unwrap_err().message(), expected);
        let error = parse("a = \n").unwrap_err();
        assert!(error.message().starts_with("udal.toml:1: this is not TOML: "), "{error}");
        assert!(Config::load(Some(Path::new("no such file.toml"))).is_err());
    }
}
