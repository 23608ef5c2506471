//! Starts, shares and stops a private PostgreSQL server from the machine's binaries.
//!
//! [`Server::start`] makes a cluster in the data directory when there is none, starts a server for it that listens on
//! a private Unix socket only, and answers when the server takes connections. Processes that name the same data
//! directory share one server, and the last of them stops it. After a crash, on either side, the next start takes
//! over what is left.
//!
//! What lies in the data directory:
//!
//! | name | what |
//! | --- | --- |
//! | `postgresql/` | the cluster |
//! | `run/` | the socket; elsewhere when its path would be too long for one |
//! | `postgresql.log` | the server's log; the one before is `postgresql.log.1` |
//! | `users.lock` | locked by everyone who uses the server |
//! | `transition.lock` | locked by the one who starts or stops it |
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use udal_embedded::{Server, Settings};
//!
//! let server = Server::start(Settings::new("/var/lib/udal")).await?;
//! let (client, connection) = server.config().connect(tokio_postgres::NoTls).await?;
//! tokio::spawn(connection);
//! client.simple_query("select 1").await?;
//! server.stop().await?;
//! # Ok(())
//! # }
//! ```

mod account;
mod binaries;
mod cluster;
mod directory;
mod error;
mod launch;
mod lease;
mod lock;
mod log;
mod ping;
mod postmaster;
mod server;
mod settings;
mod socket;

pub use binaries::{ENV_BINARIES, OLDEST_MAJOR};
pub use error::EmbeddedError;
pub use launch::{MAX_CONNECTIONS, SHARED_BUFFERS};
pub use lease::Stopped;
pub use server::{DATABASE, Server, USER};
pub use settings::{DEFAULT_START_TIMEOUT, Durability, Settings};
