//! Where the machine's PostgreSQL binaries are.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::account::Account;
use crate::error::EmbeddedError;

/// The environment variable that names the directory of the binaries.
pub const ENV_BINARIES: &str = "UDAL_POSTGRES_BIN";

/// The oldest major version of PostgreSQL that is used.
pub const OLDEST_MAJOR: u32 = 14;

/// Where packages put binaries outside of `PATH`: a directory, how the names in it begin, and what follows them.
const USUAL_PLACES: [(&str, &str, &str); 7] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/local", "pgsql", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// A directory with `postgres` and `initdb` of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binaries {
    directory: PathBuf,
    major: u32,
}

impl Binaries {
    /// Answers the binaries to make a new cluster with, or those that made `cluster` when it has a major version.
    pub(crate) fn find(
        named: Option<&Path>,
        account: &Account,
        cluster: &Path,
        wanted: Option<u32>,
    ) -> Result<Self, EmbeddedError> {
        let from_environment = env::var_os(ENV_BINARIES).filter(|value| !value.is_empty()).map(PathBuf::from);
        let found = match (named, from_environment) {
            (Some(directory), _) => vec![probe_named(directory, "the setting", account)?],
            (None, Some(directory)) => vec![probe_named(&directory, "`UDAL_POSTGRES_BIN`", account)?],
            (None, None) => search(env::var_os("PATH"), &USUAL_PLACES, account),
        };
        choose(found, cluster, wanted)
    }

    pub(crate) fn postgres(&self) -> PathBuf {
        self.directory.join("postgres")
    }

    pub(crate) fn initdb(&self) -> PathBuf {
        self.directory.join("initdb")
    }

    pub(crate) fn major(&self) -> u32 {
        self.major
    }
}

fn probe_named(directory: &Path, origin: &'static str, account: &Account) -> Result<Binaries, EmbeddedError> {
    let below = directory.join("bin");
    let place = if below.join("postgres").is_file() { &below } else { directory };
    let probed = probe(place, account).and_then(|binaries| match binaries.major {
        major if major < OLDEST_MAJOR => Err(format!("version {major} is older than {OLDEST_MAJOR}")),
        _ => Ok(binaries),
    });
    probed.map_err(|reason| EmbeddedError::UnusableBinaries { directory: directory.to_path_buf(), origin, reason })
}

fn search(path: Option<OsString>, places: &[(&str, &str, &str)], account: &Account) -> Vec<Binaries> {
    let path = path.unwrap_or_default();
    let mut directories: Vec<PathBuf> = env::split_paths(&path).filter(|entry| entry.is_absolute()).collect();
    for (parent, prefix, below) in places {
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        let named = entries.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(prefix.as_bytes()));
        directories.extend(named.map(|entry| entry.path().join(below)));
    }
    directories.retain(|directory| directory.join("postgres").is_file());
    directories.iter().filter_map(|directory| probe(directory, account).ok()).collect()
}

/// Asks `postgres` for its version, as the user that will run it: who may not execute it here may not later.
fn probe(directory: &Path, account: &Account) -> Result<Binaries, String> {
    for name in ["postgres", "initdb"] {
        if !directory.join(name).is_file() {
            return Err(format!("there is no `{name}` in it"));
        }
    }
    let mut command = Command::new(directory.join("postgres"));
    command.arg("--version").current_dir("/").stdin(Stdio::null());
    account.apply(&mut command);
    let output = command.output().map_err(|error| format!("`postgres` cannot be run: {error}"))?;
    let version = String::from_utf8_lossy(&output.stdout);
    let major = parse_major(&version).ok_or("`postgres --version` does not name a version")?;
    Ok(Binaries { directory: directory.to_path_buf(), major })
}

/// Reads the major version of `postgres (PostgreSQL) 15.18 (Debian 15.18-1)`.
fn parse_major(version: &str) -> Option<u32> {
    let (_, number) = version.split_once(") ")?;
    let end = number.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(number.len());
    number.get(..end)?.parse().ok()
}

fn choose(mut found: Vec<Binaries>, cluster: &Path, wanted: Option<u32>) -> Result<Binaries, EmbeddedError> {
    found.retain(|binaries| binaries.major >= OLDEST_MAJOR);
    if found.is_empty() {
        return Err(EmbeddedError::NoBinaries);
    }
    let Some(major) = wanted else {
        // The first of the newest, so that `PATH` decides between equals.
        let newest = found.iter().map(|binaries| binaries.major).max();
        return found.into_iter().find(|one| Some(one.major) == newest).ok_or(EmbeddedError::NoBinaries);
    };
    let mut majors: Vec<u32> = found.iter().map(|binaries| binaries.major).collect();
    majors.sort_unstable();
    majors.dedup();
    found.into_iter().find(|binaries| binaries.major == major).ok_or_else(|| EmbeddedError::OtherMajor {
        cluster: cluster.to_path_buf(),
        major,
        found: majors.iter().map(u32::to_string).collect::<Vec<_>>().join(", "),
    })
}

#[cfg(test)]
mod tests;
