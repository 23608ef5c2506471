//! The data directory: what lies where, and how it comes to be.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::error::{EmbeddedError, While};

/// The name of the cluster's directory.
const CLUSTER: &str = "postgresql";

/// How the names of half-made clusters begin.
const UNFINISHED: &str = ".postgresql.unfinished-";

/// A data directory that exists, by its canonical path.
#[derive(Clone, Debug)]
pub(crate) struct DataDirectory {
    path: PathBuf,
}

impl DataDirectory {
    /// Makes the directory, and those above it, when they are not there.
    pub(crate) fn open(path: &Path) -> Result<Self, EmbeddedError> {
        let absolute = std::path::absolute(path).while_trying("resolve", path)?;
        make_missing(&absolute)?;
        let path = fs::canonicalize(&absolute).while_trying("open", &absolute)?;
        Ok(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn cluster(&self) -> PathBuf {
        Self::cluster_in(&self.path)
    }

    /// Answers where the cluster of a data directory is that need not exist yet.
    pub(crate) fn cluster_in(data_dir: &Path) -> PathBuf {
        data_dir.join(CLUSTER)
    }

    pub(crate) fn run(&self) -> PathBuf {
        self.path.join("run")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path.join("postgresql.log")
    }

    pub(crate) fn users_lock(&self) -> PathBuf {
        self.path.join("users.lock")
    }

    pub(crate) fn transition_lock(&self) -> PathBuf {
        self.path.join("transition.lock")
    }

    /// Answers a new name for a cluster in the making.
    pub(crate) fn unfinished_cluster(&self) -> PathBuf {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        self.path.join(format!("{UNFINISHED}{}-{}", std::process::id(), since_epoch.as_nanos()))
    }

    /// Answers the clusters that were left half-made.
    pub(crate) fn unfinished_clusters(&self) -> Result<Vec<PathBuf>, EmbeddedError> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.path).while_trying("list", &self.path)? {
            let entry = entry.while_trying("list", &self.path)?;
            if entry.file_name().as_encoded_bytes().starts_with(UNFINISHED.as_bytes()) {
                found.push(entry.path());
            }
        }
        Ok(found)
    }

    /// Opens a file of the data directory for appending, made when it is not there, owned by the directory's owner.
    pub(crate) fn open_file(&self, path: &Path) -> Result<File, EmbeddedError> {
        let open = || -> io::Result<File> {
            // Root must not follow a link that the directory's owner put there.
            let flags = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or_default();
            let mut options = OpenOptions::new();
            let file = options.create(true).append(true).read(true).mode(0o600).custom_flags(flags).open(path)?;
            let owner = fs::metadata(&self.path)?;
            if file.metadata()?.uid() != owner.uid() && rustix::process::geteuid().is_root() {
                fchown(&file, Some(owner.uid()), Some(owner.gid()))?;
            }
            Ok(file)
        };
        open().while_trying("open", path)
    }

    /// Waits until what was renamed in the directory is on disk.
    pub(crate) fn sync(&self) -> Result<(), EmbeddedError> {
        File::open(&self.path).and_then(|directory| directory.sync_all()).while_trying("sync", &self.path)
    }
}

/// Answers a path made absolute, and the canonical path of its nearest ancestor that exists, itself included.
pub(crate) fn nearest_existing(path: &Path) -> Result<(PathBuf, PathBuf), EmbeddedError> {
    let absolute = std::path::absolute(path).while_trying("resolve", path)?;
    let existing = absolute.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(Path::new("/"));
    let existing = fs::canonicalize(existing).while_trying("open", existing)?;
    if !existing.is_dir() {
        return Err(io::Error::from(io::ErrorKind::NotADirectory)).while_trying("keep data in", &existing);
    }
    Ok((absolute, existing))
}

/// Makes the missing part of a path. For root it can be entered by others, whatever the umask: the server must.
fn make_missing(path: &Path) -> Result<(), EmbeddedError> {
    let missing: Vec<_> = path.ancestors().take_while(|ancestor| !ancestor.exists()).collect();
    let mode = if rustix::process::geteuid().is_root() { 0o711 } else { 0o700 };
    for directory in missing.into_iter().rev() {
        match fs::DirBuilder::new().mode(mode).create(directory) {
            Ok(()) => {}
            // Another process was faster; it gives the permissions.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error).while_trying("create", directory),
        }
        fs::set_permissions(directory, fs::Permissions::from_mode(mode)).while_trying("create", directory)?;
    }
    Ok(())
}
