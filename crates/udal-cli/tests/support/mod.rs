//! A data directory with a server that the commands of one test binary share, and running the commands.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex, Weak};

use serde_json::Value as Json;
use tempfile::TempDir;
use udal::{Catalog, Udal};

/// The repository's root.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A directory that the user as whom PostgreSQL runs may enter, also when the tests run as root.
pub(crate) fn scratch() -> TempDir {
    tempfile::Builder::new().prefix("udal-cli-").permissions(Permissions::from_mode(0o755)).tempdir().unwrap()
}

/// A place to run commands in: a data directory whose server runs as long as anybody works at the desk.
pub(crate) struct Desk {
    // The server is stopped before its directory is removed: fields are dropped in their order.
    server: Option<Udal>,
    runtime: tokio::runtime::Runtime,
    directory: TempDir,
}

static DESK: Mutex<Weak<Desk>> = Mutex::new(Weak::new());

impl Desk {
    /// The desk of this test binary.
    pub(crate) fn shared() -> Arc<Desk> {
        let mut known = DESK.lock().unwrap();
        if let Some(desk) = known.upgrade() {
            return desk;
        }
        let desk = Arc::new(Desk::new());
        *known = Arc::downgrade(&desk);
        desk
    }

    /// A desk of one's own.
    pub(crate) fn new() -> Desk {
        let directory = scratch();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let builder = Udal::builder().catalog(Catalog::default()).data_dir(directory.path().join("data"));
        let server = Some(runtime.block_on(builder.start()).unwrap());
        Desk { server, runtime, directory }
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// A file in the desk's directory.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Runs `udal` with these arguments.
    pub(crate) fn udal(&self, arguments: &[&str]) -> Answer {
        self.udal_with_input(arguments, b"")
    }

    /// Runs `udal` with these arguments and this standard input.
    pub(crate) fn udal_with_input(&self, arguments: &[&str], input: &[u8]) -> Answer {
        let mut command = command(arguments);
        command.env("UDAL_DATA_DIR", self.data_dir());
        run(command, input)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.stop()).unwrap();
        }
    }
}

/// `udal` in the repository's directory, with nothing in the environment that changes what it does.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_udal"));
    command.args(arguments).current_dir(repository()).env("COLUMNS", "100");
    for name in ["UDAL_CONFIG", "UDAL_DATA_DIR", "UDAL_DATABASE_URL", "UDAL_FORMAT", "UDAL_GROUPS", "UDAL_LOG"] {
        command.env_remove(name);
    }
    command
}

/// Runs a command with this standard input to its end.
pub(crate) fn run(mut command: Command, input: &[u8]) -> Answer {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // Who needs no input ends without reading it.
        let _unread = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Answer(output)
}

/// What a command answered.
#[derive(Debug)]
pub(crate) struct Answer(Output);

impl Answer {
    pub(crate) fn code(&self) -> i32 {
        self.0.status.code().unwrap()
    }

    pub(crate) fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    pub(crate) fn err(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    /// The answer, which is JSON, of a command that did what it was told.
    pub(crate) fn json(&self) -> Json {
        assert_eq!(self.code(), 0, "{}", self.err());
        self.any_json()
    }

    /// The answer, which is JSON.
    pub(crate) fn any_json(&self) -> Json {
        serde_json::from_str(&self.out()).unwrap_or_else(|error| panic!("{error}: {}{}", self.out(), self.err()))
    }

    /// The message of a command that ended with this code and answered nothing.
    pub(crate) fn refused(&self, code: i32) -> String {
        assert_eq!((self.code(), self.out().as_str()), (code, ""), "{}", self.err());
        self.err()
    }
}
