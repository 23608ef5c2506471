//! The directory of the server's socket: private, and short enough for the operating system.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::account::Account;
use crate::directory::DataDirectory;
use crate::error::{EmbeddedError, While};

/// The port: without TCP only part of the socket's name.
pub(crate) const PORT: u16 = 5432;

/// The longest path of a socket, in bytes; systems take 104 or 108 with the end.
const LONGEST: usize = 100;

/// Answers the path of the socket in a directory.
pub(crate) fn path(directory: &Path, port: u16) -> PathBuf {
    directory.join(format!(".s.PGSQL.{port}"))
}

/// Makes the directory for the socket, or checks the one that is there.
pub(crate) fn prepare(directory: &DataDirectory, account: &Account) -> Result<PathBuf, EmbeddedError> {
    let socket_dir = choose(directory, account);
    match fs::DirBuilder::new().mode(0o700).create(&socket_dir) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error).while_trying("create", &socket_dir),
    }
    secure(&socket_dir, account)?;
    Ok(socket_dir)
}

fn choose(directory: &DataDirectory, account: &Account) -> PathBuf {
    let near = directory.run();
    if path(&near, PORT).as_os_str().len() < LONGEST {
        return near;
    }
    let name = format!("udal-{}-{:016x}", account.uid(), hash(directory.path().as_os_str().as_bytes()));
    let runtime_dir = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|runtime_dir| {
        let own = rustix::process::geteuid().as_raw();
        let owned = fs::metadata(runtime_dir).is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == own);
        // Root's is closed to the user that runs the server.
        owned && own == account.uid() && path(&runtime_dir.join(&name), PORT).as_os_str().len() < LONGEST
    });
    runtime_dir.unwrap_or_else(|| PathBuf::from("/tmp")).join(name)
}

/// Gives a directory that root has just made to the server's user, and refuses one that somebody else prepared.
fn secure(socket_dir: &Path, account: &Account) -> Result<(), EmbeddedError> {
    let unsafe_because =
        |reason: &str| EmbeddedError::UnsafeSocketDirectory { directory: socket_dir.into(), reason: reason.to_owned() };
    let opened = open_directory(socket_dir).map_err(|_| unsafe_because("it is not a directory of its own"))?;
    let metadata = opened.metadata().while_trying("look at", socket_dir)?;
    let own = rustix::process::geteuid().as_raw();
    if metadata.uid() != account.uid() && metadata.uid() != own {
        return Err(unsafe_because("it belongs to another user"));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(unsafe_because("others may enter it"));
    }
    account.give(&opened).while_trying("give away", socket_dir)
}

/// Opens a directory, not what a link at its place points to.
fn open_directory(path: &Path) -> io::Result<File> {
    let flags = (OFlags::DIRECTORY | OFlags::NOFOLLOW).bits();
    OpenOptions::new().read(true).custom_flags(i32::try_from(flags).unwrap_or_default()).open(path)
}

/// FNV-1a: the same in every build, because processes of two builds must agree on the name.
fn hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn reason(socket_dir: &Path) -> String {
        let account = Account::choose(Path::new("/nowhere/postgresql")).unwrap();
        secure(socket_dir, &account).unwrap_err().to_string()
    }

    #[test]
    fn refuses_a_link_and_an_open_directory() {
        let scratch = tempfile::tempdir().unwrap();
        let target = scratch.path().join("target");
        fs::DirBuilder::new().mode(0o700).create(&target).unwrap();
        let link = scratch.path().join("link");
        symlink(&target, &link).unwrap();
        assert!(reason(&link).contains("it is not a directory of its own"));

        fs::set_permissions(&target, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(reason(&target).contains("others may enter it"));
    }

    #[test]
    fn hashes_as_the_published_vectors_do() {
        assert_eq!(hash(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
