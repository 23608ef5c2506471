//! The cluster: made beside its place and moved there whole, so that it is either complete or not there.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::account::Account;
use crate::binaries::{Binaries, OLDEST_MAJOR};
use crate::directory::DataDirectory;
use crate::error::{EmbeddedError, While};
use crate::launch;
use crate::log;
use crate::server::USER;
use crate::settings::Durability;

/// How often removing a half-made cluster is tried, because an orphaned `initdb` may still write to it.
const REMOVE_TRIES: u32 = 3;

/// Answers the major version that made the cluster, or none when there is no cluster yet.
pub(crate) fn major(cluster: &Path) -> Result<Option<u32>, EmbeddedError> {
    let not_usable = |reason: String| EmbeddedError::NotACluster { cluster: cluster.to_path_buf(), reason };
    let version = match fs::read_to_string(cluster.join("PG_VERSION")) {
        Ok(version) => version,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return empty_or_missing(cluster).map(|()| None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => String::from("(not text)"),
        Err(error) => return Err(error).while_trying("read the version of", cluster),
    };
    let version = version.trim();
    match version.parse::<u32>() {
        Ok(major) if major >= OLDEST_MAJOR => Ok(Some(major)),
        // Versions before 10 have a point: `9.6`.
        _ if version.parse::<f64>().is_ok_and(|number| number > 0.0) => {
            Err(not_usable(format!("PostgreSQL {version} made it, and {OLDEST_MAJOR} is the oldest supported")))
        }
        _ => Err(not_usable(format!("its `PG_VERSION` says `{}`", version.escape_debug()))),
    }
}

fn empty_or_missing(cluster: &Path) -> Result<(), EmbeddedError> {
    let first = match fs::read_dir(cluster) {
        Ok(mut entries) => entries.next(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).while_trying("list", cluster),
    };
    match first {
        None => Ok(()),
        Some(_) => Err(EmbeddedError::NotACluster {
            cluster: cluster.to_path_buf(),
            reason: "it holds files and no `PG_VERSION`".to_owned(),
        }),
    }
}

/// Removes clusters that an earlier process left half-made. What cannot be removed is left to the next start.
pub(crate) fn remove_unfinished(directory: &DataDirectory) -> Result<(), EmbeddedError> {
    for path in directory.unfinished_clusters()? {
        let removed = (0..REMOVE_TRIES).any(|_| fs::remove_dir_all(&path).is_ok());
        if removed {
            tracing::info!(path = %path.display(), "removed a half-made PostgreSQL cluster");
        } else {
            tracing::warn!(path = %path.display(), "cannot remove a half-made PostgreSQL cluster");
        }
    }
    Ok(())
}

/// Makes the cluster.
pub(crate) fn create(
    directory: &DataDirectory,
    account: &Account,
    binaries: &Binaries,
    durability: Durability,
) -> Result<(), EmbeddedError> {
    let begun = Instant::now();
    let unfinished = directory.unfinished_cluster();
    let made = make(&unfinished, directory, account, binaries, durability);
    if made.is_err() {
        let _ = fs::remove_dir_all(&unfinished);
    }
    made?;
    let milliseconds = begun.elapsed().as_millis();
    tracing::info!(cluster = %directory.cluster().display(), major = binaries.major(), milliseconds, "made a PostgreSQL cluster");
    Ok(())
}

fn make(
    unfinished: &PathBuf,
    directory: &DataDirectory,
    account: &Account,
    binaries: &Binaries,
    durability: Durability,
) -> Result<(), EmbeddedError> {
    fs::DirBuilder::new().mode(0o700).create(unfinished).while_trying("create", unfinished)?;
    File::open(unfinished).and_then(|opened| account.give(&opened)).while_trying("give away", unfinished)?;

    let mut command = initdb(binaries, account, unfinished);
    command.args(["--auth=trust", "--encoding=UTF8", "--locale=C", "--data-checksums"]);
    command.arg(format!("--username={USER}"));
    if durability == Durability::None {
        command.arg("--no-sync");
    }
    run(command, directory)?;

    let cluster = directory.cluster();
    fs::rename(unfinished, &cluster).while_trying("move the new cluster to", &cluster)?;
    directory.sync()
}

/// Writes to disk what a server without durability left to the operating system.
pub(crate) fn sync(directory: &DataDirectory, account: &Account, binaries: &Binaries) -> Result<(), EmbeddedError> {
    let mut command = initdb(binaries, account, &directory.cluster());
    command.arg("--sync-only");
    run(command, directory)
}

fn initdb(binaries: &Binaries, account: &Account, cluster: &Path) -> Command {
    let mut command = launch::command(&binaries.initdb(), account);
    command.arg("--pgdata").arg(cluster);
    command
}

fn run(mut command: Command, directory: &DataDirectory) -> Result<(), EmbeddedError> {
    let failed = |reason| EmbeddedError::InitFailed { cluster: directory.cluster(), reason };
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output();
    let output = output.map_err(|error| failed(format!("`initdb` cannot be run: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = log::pick(&String::from_utf8_lossy(&output.stderr));
    Err(failed(said.unwrap_or_else(|| format!("`initdb` ended with {}", output.status))))
}
