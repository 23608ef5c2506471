//! How many connections there may be, and how long to wait for one.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::ServerName;

/// Settings of the tenant databases. [`Settings::new`] has the defaults.
#[derive(Clone)]
pub struct Settings {
    /// How to reach each server: host, port, user, password. The database's name is set for each tenant.
    pub servers: BTreeMap<ServerName, tokio_postgres::Config>,
    /// The server of what no tenant owns: the platform's database and the shared reference database.
    pub platform_server: ServerName,
    /// What stands before the tenant's slug in the name of its database: `sqh_tenant_`. At most 15 bytes.
    pub prefix: String,
    /// The name of the reference database that every tenant reads: `sqh_shared_reference`.
    pub shared_database: String,
    /// The most connections of this process to the servers, all together, maintenance included: 32. At least 2.
    pub max_connections: usize,
    /// How many of them are kept for maintenance: making databases, tables and partitions, and changing them: 4. At least one
    /// and at most half.
    pub maintenance_connections: usize,
    /// The most connections to one tenant's database: 16.
    pub max_connections_per_tenant: usize,
    /// How long an operation waits for a connection before it is answered `Unavailable`: 10 seconds.
    pub wait_timeout: Duration,
    /// How long to wait for the server to answer when connecting: 5 seconds.
    pub connect_timeout: Duration,
    /// How long an idle connection is kept: 60 seconds.
    pub idle_timeout: Duration,
}

impl Settings {
    /// The defaults, for the one server that `config` reaches, named [`default`](ServerName::DEFAULT).
    pub fn new(config: tokio_postgres::Config) -> Self {
        Settings {
            servers: BTreeMap::from([(ServerName::default(), config)]),
            platform_server: ServerName::default(),
            prefix: "sqh_tenant_".to_owned(),
            shared_database: "sqh_shared_reference".to_owned(),
            max_connections: 32,
            maintenance_connections: 4,
            max_connections_per_tenant: 16,
            wait_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(60),
        }
    }

    /// How many connections are kept for maintenance.
    pub(crate) fn reserved_connections(&self) -> usize {
        self.maintenance_connections.clamp(1, (self.max_connections / 2).max(1))
    }

    /// How many connections the pools share.
    pub(crate) fn pooled_connections(&self) -> usize {
        self.max_connections.saturating_sub(self.reserved_connections()).max(1)
    }
}

/// Names the servers, and leaves out how to reach them: that can hold a password.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("servers", &self.servers.keys().collect::<Vec<_>>())
            .field("prefix", &self.prefix)
            .field("max_connections", &self.max_connections)
            .field("max_connections_per_tenant", &self.max_connections_per_tenant)
            .finish_non_exhaustive()
    }
}
