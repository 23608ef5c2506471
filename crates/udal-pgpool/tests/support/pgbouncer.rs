//! A PgBouncer of the tests' own, in transaction mode, in front of their server.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use udal_embedded::Server;

/// Where packages put it.
const USUAL_PLACES: [&str; 3] = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"];

/// How many connections to the server PgBouncer keeps for each database: fewer than the callers have to it.
pub(crate) const POOL: usize = 2;

/// Where PgBouncer is on this machine, where it is.
pub(crate) fn binary() -> Option<PathBuf> {
    USUAL_PLACES.into_iter().map(PathBuf::from).find(|path| path.is_file())
}

/// A running PgBouncer; it ends with this.
pub(crate) struct PgBouncer {
    child: Child,
    scratch: TempDir,
    user: String,
}

impl PgBouncer {
    /// Starts one in front of `server`, as the user that the server runs as: it refuses root.
    pub(crate) async fn start(server: &Server) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let config = scratch.path().join("pgbouncer.ini");
        let (socket_dir, port, user) = (server.socket_dir().display(), server.port(), server.user());
        let own = scratch.path().display();
        // What Udal's guide says: one that is not there is answered soon, and nobody waits for ever.
        let text = format!(
            "[databases]\n* = host={socket_dir} port={port} user={user}\n[pgbouncer]\nlisten_addr =\nlisten_port = 6432\n\
             unix_socket_dir = {own}\nauth_type = any\npool_mode = transaction\ndefault_pool_size = {POOL}\n\
             max_client_conn = 500\nserver_login_retry = 1\nquery_wait_timeout = 20\n"
        );
        fs::write(&config, text).unwrap();
        let mut command = Command::new(binary().unwrap());
        command.arg("--quiet").arg(&config).stdin(Stdio::null());
        let owner = fs::metadata(server.socket_dir()).unwrap();
        if fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0) {
            command.uid(owner.uid()).gid(owner.gid());
        }
        let log = fs::File::create(scratch.path().join("log")).unwrap();
        let child = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let bouncer = PgBouncer { child, scratch, user: user.to_owned() };
        bouncer.wait_until_ready().await;
        bouncer
    }

    async fn wait_until_ready(&self) {
        for _ in 0..500 {
            if self.config().connect(tokio_postgres::NoTls).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let log = fs::read_to_string(self.scratch.path().join("log")).unwrap_or_default();
        unreachable!("PgBouncer does not start: {log}");
    }

    /// How to connect to the server through it.
    pub(crate) fn config(&self) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        config.host_path(self.scratch.path()).port(6432).user(&self.user).dbname("postgres");
        config
    }

    /// Ends it.
    pub(crate) fn stop(mut self) {
        // It never ends by itself: one that did has crashed.
        assert!(self.child.try_wait().unwrap().is_none(), "PgBouncer has ended");
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
