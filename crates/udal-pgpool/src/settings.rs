//! How many connections there may be, and how long to wait for what.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use crate::{Checkpoints, ServerName, Unwatched, audit_tables, idempotency};

/// Settings of the tenant databases. [`Settings::new`] has the defaults.
#[derive(Clone)]
pub struct Settings {
    /// How to reach each server: host, port, user, password. The database's name is set for each tenant.
    pub servers: BTreeMap<ServerName, tokio_postgres::Config>,
    /// The server of what no tenant owns: the platform's database and the shared reference database.
    pub platform_server: ServerName,
    /// The servers that get new tenants only by name: none.
    pub closed_servers: BTreeSet<ServerName>,
    /// How many times as many tenants as one of the weight 1 a server takes: 1 where nothing is said.
    pub weights: BTreeMap<ServerName, NonZeroU32>,
    /// The name of the database that holds the registry of tenants: `udal_platform`. Each installation has one of its own.
    pub platform_database: String,
    /// The statements that make what every new tenant's database holds. Each does nothing where it is done.
    pub template: Vec<String>,
    /// How long a tenant's place is taken as it was looked up before the registry is asked again, meanwhile: 10 seconds.
    pub place_fresh_for: Duration,
    /// Who is told of the steps of making and dropping tenants: nobody. For tests.
    pub checkpoints: Arc<dyn Checkpoints>,
    /// What stands before the tenant's slug in the name of its database: `sqh_tenant_`. What [`check_prefix`](crate::check_prefix)
    /// lets through.
    pub prefix: String,
    /// The name of the reference database that every tenant reads: `sqh_shared_reference`.
    pub shared_database: String,
    /// What bounds the use of the servers.
    pub limits: Limits,
    /// When a server that cannot be reached is left alone.
    pub breaker: BreakerSettings,
    /// How a server that vanished is noticed.
    pub keep_alive: KeepAlive,
}

/// What bounds the use that one process makes of the servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most connections of this process to the servers, all together, maintenance included: 32. At least 3. Of several
    /// servers each may take three quarters of them, so that one that hangs leaves the others some.
    pub max_connections: usize,
    /// How many of them are kept for maintenance: making databases, tables and partitions, and changing them: 4. At least two
    /// and at most half.
    pub maintenance_connections: usize,
    /// The most connections to one tenant's database: 16.
    pub max_connections_per_tenant: usize,
    /// How many operations may wait for a connection before more are answered `Unavailable` at once: 8,192.
    pub max_waiting: usize,
    /// How many of one tenant may wait: 1,024.
    pub max_waiting_per_tenant: usize,
    /// How long an operation waits for a connection before it is answered `Unavailable`: 10 seconds.
    pub wait_timeout: Duration,
    /// How long to wait for the server to answer when connecting, or to cancel a statement: 5 seconds.
    pub connect_timeout: Duration,
    /// How long an idle connection is kept: 60 seconds.
    pub idle_timeout: Duration,
    /// How long a statement on records may take before it is cancelled and answered `TimedOut`: 30 seconds. Streams of rows
    /// into a table and maintenance take as long as they take.
    pub statement_timeout: Duration,
    /// How long a batch that is larger than one chunk waits for each item of its input, while it holds a transaction open,
    /// before it is answered `TimedOut` and nothing of it is written: 60 seconds. Ten times as long for the items of a chunk
    /// together. For its first chunk, which comes before the transaction, it waits as long as its caller takes.
    pub input_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_connections: 32,
            maintenance_connections: 4,
            max_connections_per_tenant: 16,
            max_waiting: 8_192,
            max_waiting_per_tenant: 1_024,
            wait_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(60),
            statement_timeout: Duration::from_secs(30),
            input_timeout: Duration::from_secs(60),
        }
    }
}

impl Limits {
    /// How many connections are kept for maintenance.
    pub(crate) fn reserved_connections(&self) -> usize {
        self.maintenance_connections.clamp(2, (self.max_connections / 2).max(2))
    }

    /// How many connections the pools share.
    pub(crate) fn pooled_connections(&self) -> usize {
        self.max_connections.saturating_sub(self.reserved_connections()).max(1)
    }
}

/// When a server that cannot be reached is left alone, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerSettings {
    /// How many attempts to connect must fail, one after another: 3.
    pub failures: u32,
    /// How long it is left alone at first: half a second. Twice as long after each attempt that fails.
    pub backoff: Duration,
    /// How long at most: 30 seconds.
    pub longest_backoff: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        BreakerSettings { failures: 3, backoff: Duration::from_millis(500), longest_backoff: Duration::from_secs(30) }
    }
}

/// How a server that vanished without a word is noticed, over TCP. What a server's own configuration says stands before this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// How long nothing is heard before the server is asked whether it is there: 30 seconds.
    pub idle: Duration,
    /// How long to wait before it is asked again: 10 seconds.
    pub interval: Duration,
    /// How often it is asked before it is given up: 3 times.
    pub retries: u32,
    /// How long what was sent may go without the server's receipt before it is given up: 30 seconds.
    pub unacknowledged: Duration,
}

impl Default for KeepAlive {
    fn default() -> Self {
        KeepAlive {
            idle: Duration::from_secs(30),
            interval: Duration::from_secs(10),
            retries: 3,
            unacknowledged: Duration::from_secs(30),
        }
    }
}

impl Settings {
    /// The defaults, for the one server that `config` reaches, named [`default`](ServerName::DEFAULT).
    pub fn new(config: tokio_postgres::Config) -> Self {
        Settings {
            servers: BTreeMap::from([(ServerName::default(), config)]),
            platform_server: ServerName::default(),
            closed_servers: BTreeSet::new(),
            weights: BTreeMap::new(),
            platform_database: "udal_platform".to_owned(),
            template: std::iter::once(idempotency::table().to_owned()).chain(audit_tables()).collect(),
            place_fresh_for: Duration::from_secs(10),
            checkpoints: Arc::new(Unwatched),
            prefix: "sqh_tenant_".to_owned(),
            shared_database: "sqh_shared_reference".to_owned(),
            limits: Limits::default(),
            breaker: BreakerSettings::default(),
            keep_alive: KeepAlive::default(),
        }
    }
}

/// Names the servers, and leaves out how to reach them: that can hold a password.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("servers", &self.servers.keys().collect::<Vec<_>>())
            .field("prefix", &self.prefix)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
