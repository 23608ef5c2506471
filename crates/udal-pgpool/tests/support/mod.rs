//! A real server for the tests of this crate, and of the backends that stand on it.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub(crate) mod records;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};
use udal_embedded::{Durability, Server, Settings};
use udal_pgpool::TenantDatabases;

/// A server in a directory of its own, which goes with it.
pub(crate) struct Fixture {
    pub(crate) server: Server,
    scratch: TempDir,
}

impl Fixture {
    pub(crate) async fn start() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        // The server's user must be able to enter it.
        fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let settings = Settings { durability: Durability::None, ..Settings::new(scratch.path().join("data")) };
        Fixture { server: Server::start(settings).await.unwrap(), scratch }
    }

    pub(crate) fn databases(&self) -> TenantDatabases {
        self.databases_with(|_| ())
    }

    pub(crate) fn databases_with(&self, change: impl FnOnce(&mut udal_pgpool::Settings)) -> TenantDatabases {
        let mut settings = udal_pgpool::Settings::new(self.server.config());
        // A busy machine makes a test slower, not wrong.
        settings.limits.wait_timeout = std::time::Duration::from_secs(120);
        change(&mut settings);
        TenantDatabases::new(settings)
    }

    /// What a statement counts, on a connection of its own.
    pub(crate) async fn count(&self, text: &str) -> i64 {
        let (client, connection) = self.server.config().connect(tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.query_one(text, &[]).await.unwrap().get(0)
    }

    /// Stops the server, does something meanwhile, and starts it again.
    pub(crate) async fn restart(self, meanwhile: impl Future<Output = ()>) -> Self {
        let Fixture { server, scratch } = self;
        server.stop().await.unwrap();
        meanwhile.await;
        let settings = Settings { durability: Durability::None, ..Settings::new(scratch.path().join("data")) };
        Fixture { server: Server::start(settings).await.unwrap(), scratch }
    }

    /// An installation of its own on this server: what it makes starts with `name`.
    pub(crate) fn installation(&self, name: &str) -> TenantDatabases {
        self.databases_with(|settings| own_names(settings, name))
    }

    /// A bare connection to the database of that name.
    pub(crate) async fn client(&self, database: &str) -> Client {
        let (client, connection) = self.server.config().dbname(database).connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// How many connections to tenant databases the server has now.
    pub(crate) async fn connections(&self) -> i64 {
        let client = self.client("postgres").await;
        let text = "SELECT count(*) FROM pg_stat_activity WHERE datname ^@ 'sqh_tenant_'";
        client.query_one(text, &[]).await.unwrap().get(0)
    }

    pub(crate) async fn stop(self) {
        self.server.stop().await.unwrap();
        drop(self.scratch);
    }
}

/// Gives an installation names of its own.
pub(crate) fn own_names(settings: &mut udal_pgpool::Settings, name: &str) {
    settings.prefix = format!("{name}_tenant_");
    settings.platform_database = format!("{name}_platform");
    settings.shared_database = format!("{name}_shared");
}
