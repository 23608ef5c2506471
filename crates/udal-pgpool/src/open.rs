//! Opening a connection, and what becomes of it when nobody wants it any more.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::config::Config;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error as PgError, NoTls};
use udal_core::{Error, ErrorKind};

use crate::breaker::FULL;
use crate::failure::{Cause, is_io};
use crate::settings::KeepAlive;
use crate::{Failure, Place, ServerName};

/// Why no connection was opened.
pub(crate) enum NotOpened {
    /// The server did not answer, or takes no requests now.
    Unreachable(Error),
    /// The server answered that the database, the user or it itself has all the connections that it may have: the three have one
    /// code, and only the first two can be told from the words, which are in the server's language.
    Full(Error),
    /// The server answered and refused: there is no such database, the password is wrong.
    Refused(Failure),
}

impl From<NotOpened> for Failure {
    fn from(reason: NotOpened) -> Self {
        match reason {
            NotOpened::Unreachable(error) | NotOpened::Full(error) => error.into(),
            NotOpened::Refused(failure) => failure,
        }
    }
}

/// Connects, within `patience`.
pub(crate) async fn connect(
    server: &ServerName,
    config: &Config,
    patience: Duration,
) -> Result<(Client, impl Future<Output = Result<(), PgError>> + Send + use<>), NotOpened> {
    match timeout(patience, config.connect(NoTls)).await {
        Ok(Ok(connected)) => Ok(connected),
        Ok(Err(error)) if error.code() == Some(&SqlState::TOO_MANY_CONNECTIONS) => {
            Err(NotOpened::Full(full().cause(Cause(error))))
        }
        Ok(Err(error)) if is_unreachable(&error) => {
            Err(NotOpened::Unreachable(unreachable(server).cause(Cause(error))))
        }
        Ok(Err(error)) => Err(NotOpened::Refused(error.into())),
        Err(_) => {
            let cause = format!("it did not answer within {patience:?}");
            Err(NotOpened::Unreachable(unreachable(server).cause(cause)))
        }
    }
}

fn unreachable(server: &ServerName) -> Error {
    let message = format!("the server `{server}` cannot be reached, or takes no requests now");
    Error::new(ErrorKind::Unavailable, message).hint("try again in a moment")
}

fn full() -> Error {
    Error::new(ErrorKind::Unavailable, FULL)
        .hint("try again in a moment; where that does not help, raise the connection limit of database, user or server")
}

/// Whether the server is the reason: nobody answered, or it starts or stops. What it says of a database or of a password is an
/// answer.
fn is_unreachable(error: &PgError) -> bool {
    const BUSY: [&SqlState; 4] =
        [&SqlState::CANNOT_CONNECT_NOW, &SqlState::ADMIN_SHUTDOWN, &SqlState::CRASH_SHUTDOWN, &SqlState::OUT_OF_MEMORY];
    match error.code() {
        Some(code) => BUSY.contains(&code) || code.code().starts_with("080"),
        None => error.is_closed() || is_io(error),
    }
}

/// Sees a connection to its end, in a task of its own.
///
/// When nobody wants it any more, what runs on it may come to its end within `patience`; then the socket is closed all the
/// same. `held` is dropped with the socket: it is what the connection takes of the budget.
pub(crate) fn drive(
    place: &Place,
    connection: impl Future<Output = Result<(), PgError>> + Send + 'static,
    unwanted: oneshot::Receiver<()>,
    patience: Duration,
    held: impl Send + 'static,
) -> AbortHandle {
    let place = place.clone();
    let driver = tokio::spawn(async move {
        // Owned here, so that it goes last, also where the task is aborted.
        let _held = held;
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = &mut connection => Ok(ended),
            _ = unwanted => timeout(patience, &mut connection).await,
        };
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%place, %error, "a connection broke"),
            Err(_) => tracing::warn!(%place, "what ran on a connection did not end; closing it all the same"),
        }
    });
    driver.abort_handle()
}

/// `known` for one database, with what it does not say of dead peers. It is all that is sent when a session starts: a
/// pooler refuses settings that it does not know.
pub(crate) fn config_for(known: &Config, place: &Place, keep_alive: KeepAlive) -> Config {
    let KeepAlive { idle, interval, retries, unacknowledged } = keep_alive;
    /// What the driver takes where nothing is said.
    const UNSAID: Duration = Duration::from_secs(2 * 60 * 60);
    let mut config = known.clone();
    config.dbname(place.database()).application_name("udal");
    if known.get_keepalives_idle() == UNSAID {
        config.keepalives_idle(idle);
    }
    if known.get_keepalives_interval().is_none() {
        config.keepalives_interval(interval);
    }
    if known.get_keepalives_retries().is_none() {
        config.keepalives_retries(retries);
    }
    if known.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(unacknowledged);
    }
    config
}
