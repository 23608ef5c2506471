//! As whom PostgreSQL runs: it refuses root, so root steps down to another user.

use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, fchown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::error::{EmbeddedError, While};

/// The users that root steps down to, the first that exists.
const CANDIDATES: [&str; 2] = ["postgres", "nobody"];

/// The user that runs PostgreSQL and owns the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    uid: u32,
    step_down: Option<StepDown>,
}

/// What root must know to become that user.
#[derive(Clone, Debug, PartialEq, Eq)]
struct StepDown {
    gid: u32,
    name: String,
}

impl Account {
    /// Chooses the user for `cluster`: this process's own, or for root the cluster's owner, `postgres` or `nobody`.
    pub(crate) fn choose(cluster: &Path) -> Result<Self, EmbeddedError> {
        let own = rustix::process::geteuid().as_raw();
        let owner = match fs::metadata(cluster) {
            Ok(metadata) => Some((metadata.uid(), metadata.gid())),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => None,
            Err(error) => return Err(error).while_trying("look at", cluster),
        };
        match owner {
            Some((uid, _)) if uid != own && own != 0 => Err(foreign(cluster, uid)),
            Some((0, _)) if own == 0 => Err(foreign(cluster, 0)),
            Some((uid, gid)) if own == 0 => {
                let name = name_of(uid).unwrap_or_else(|| uid.to_string());
                Ok(Self { uid, step_down: Some(StepDown { gid, name }) })
            }
            None if own == 0 => unprivileged(),
            _ => Ok(Self { uid: own, step_down: None }),
        }
    }

    /// Answers the user's number.
    pub(crate) fn uid(&self) -> u32 {
        self.uid
    }

    /// Lets `command` run as this user, with no group but the user's own.
    pub(crate) fn apply(&self, command: &mut Command) {
        if let Some(other) = &self.step_down {
            // With a user set and no groups given, the standard library drops the supplementary groups of root.
            command.uid(self.uid).gid(other.gid);
        }
    }

    /// Gives an open file or directory to this user.
    pub(crate) fn give(&self, file: impl AsFd) -> io::Result<()> {
        match &self.step_down {
            Some(other) => fchown(file, Some(self.uid), Some(other.gid)),
            None => Ok(()),
        }
    }

    /// Refuses a path when a directory on it cannot be entered by the user stepped down to.
    pub(crate) fn check_may_enter(&self, path: &Path) -> Result<(), EmbeddedError> {
        let Some(other) = &self.step_down else { return Ok(()) };
        let mut upwards: Vec<_> = path.ancestors().collect();
        upwards.reverse();
        for directory in upwards {
            let metadata = fs::metadata(directory).while_trying("look at", directory)?;
            if !may_enter(&metadata, self.uid, other.gid) {
                let directory = directory.to_path_buf();
                return Err(EmbeddedError::NotTraversable { directory, account: other.name.clone() });
            }
        }
        Ok(())
    }
}

fn may_enter(directory: &fs::Metadata, uid: u32, gid: u32) -> bool {
    let execute = if directory.uid() == uid {
        0o100
    } else if directory.gid() == gid {
        0o010
    } else {
        0o001
    };
    directory.mode() & execute != 0
}

fn foreign(cluster: &Path, uid: u32) -> EmbeddedError {
    let owner = name_of(uid).map_or_else(|| uid.to_string(), |name| format!("`{name}`"));
    EmbeddedError::ForeignCluster { cluster: cluster.to_path_buf(), owner }
}

fn unprivileged() -> Result<Account, EmbeddedError> {
    let passwd = passwd();
    let found = CANDIDATES.iter().find_map(|candidate| {
        // A user with root's number is no step down.
        entries(&passwd).find(|(name, uid, _)| name == candidate && *uid != 0)
    });
    let (name, uid, gid) = found.ok_or(EmbeddedError::NoAccount)?;
    Ok(Account { uid, step_down: Some(StepDown { gid, name: name.to_owned() }) })
}

fn name_of(uid: u32) -> Option<String> {
    let passwd = passwd();
    entries(&passwd).find(|(_, number, _)| *number == uid).map(|(name, ..)| name.to_owned())
}

/// Reads the local users. A user of a directory service has a number all the same, only no name in a message.
fn passwd() -> String {
    fs::read_to_string("/etc/passwd").unwrap_or_default()
}

fn entries(passwd: &str) -> impl Iterator<Item = (&str, u32, u32)> {
    passwd.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some((name, uid, gid))
    })
}
