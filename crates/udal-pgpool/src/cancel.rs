//! Asking a server to cancel what runs on a connection, over the way that the connection took.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_postgres::config::{Config, Host};
use tokio_postgres::{CancelToken, Error as PgError, NoTls};

/// Sends a cancel request, and waits until the server has taken it.
///
/// # Errors
/// Where nobody takes it.
pub(crate) async fn cancel(token: &CancelToken, config: &Config) -> Result<(), CancelFailure> {
    let port = config.get_ports().first().copied().unwrap_or(5432);
    match (config.get_hosts(), config.get_hostaddrs()) {
        ([Host::Unix(directory)], []) => {
            let stream = UnixStream::connect(directory.join(format!(".s.PGSQL.{port}"))).await?;
            Ok(token.cancel_query_raw(Patient(stream), NoTls).await?)
        }
        ([Host::Tcp(host)], []) => {
            let stream = TcpStream::connect((host.as_str(), port)).await?;
            Ok(token.cancel_query_raw(Patient(stream), NoTls).await?)
        }
        // Only the driver knows which of several it took.
        _ => Ok(token.cancel_query(NoTls).await?),
    }
}

/// Why a cancel request was not taken.
#[derive(Debug)]
pub(crate) enum CancelFailure {
    Connect(#[expect(dead_code, reason = "for the log")] io::Error),
    Driver(#[expect(dead_code, reason = "for the log")] PgError),
}

impl From<io::Error> for CancelFailure {
    fn from(error: io::Error) -> Self {
        CancelFailure::Connect(error)
    }
}

impl From<PgError> for CancelFailure {
    fn from(error: PgError) -> Self {
        CancelFailure::Driver(error)
    }
}

/// A stream that is not shut down before the other side closes it: then the request was taken. PgBouncer 1.18 ends itself
/// where whoever asked it to cancel is gone before it has passed that on.
struct Patient<S>(S);

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut space = [0; 64];
        loop {
            let mut buffer = ReadBuf::new(&mut space);
            ready!(Pin::new(&mut self.0).poll_read(cx, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}
