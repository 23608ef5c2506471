//! What bounds the use of PostgreSQL servers.

use std::time::Duration;

use udal_pgpool::Settings;

/// What bounds the use that this process makes of PostgreSQL servers. The default of each is that of
/// [`udal_pgpool::Settings`], which says what is answered where it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most connections, to all servers together: 32. At least 3.
    pub max_connections: usize,
    /// The most connections to one tenant's database: 16.
    pub max_connections_per_tenant: usize,
    /// How long an operation waits for a connection: 10 seconds.
    pub wait_timeout: Duration,
    /// How long a statement on records may take: 30 seconds.
    pub statement_timeout: Duration,
    /// How long a batch waits for an item of its input while it holds a transaction: 60 seconds.
    pub input_timeout: Duration,
    /// How long a connection that nobody uses is kept: 60 seconds.
    pub idle_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let Settings {
            max_connections,
            max_connections_per_tenant,
            wait_timeout,
            statement_timeout,
            input_timeout,
            idle_timeout,
            ..
        } = Settings::new(tokio_postgres::Config::new());
        Limits {
            max_connections,
            max_connections_per_tenant,
            wait_timeout,
            statement_timeout,
            input_timeout,
            idle_timeout,
        }
    }
}

impl Limits {
    pub(crate) fn set(self, settings: &mut Settings) {
        let Limits {
            max_connections,
            max_connections_per_tenant,
            wait_timeout,
            statement_timeout,
            input_timeout,
            idle_timeout,
        } = self;
        settings.max_connections = max_connections;
        settings.max_connections_per_tenant = max_connections_per_tenant;
        settings.wait_timeout = wait_timeout;
        settings.statement_timeout = statement_timeout;
        settings.input_timeout = input_timeout;
        settings.idle_timeout = idle_timeout;
    }
}
