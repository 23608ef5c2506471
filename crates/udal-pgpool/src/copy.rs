//! Streams of rows into a table, in PostgreSQL's binary form.

use std::pin::Pin;
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::SinkExt;
use tokio_postgres::CopyInSink;
use udal_core::Error;
use udal_core::value::Value;
use udal_sql::SqlType;

use crate::encode::{encode, with_length};
use crate::watch::Watch;
use crate::{Failure, Transaction};

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// How many bytes are gathered before they are sent.
const CHUNK_BYTES: usize = 64 << 10;

/// Writes rows to a `COPY … FROM STDIN (FORMAT binary)`.
pub struct CopyWriter {
    /// Runs from the start to the end of the stream: one that is dropped before is cancelled with its connection.
    watch: Arc<Watch>,
    sink: Pin<Box<CopyInSink<Bytes>>>,
    buffer: BytesMut,
}

impl std::fmt::Debug for CopyWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CopyWriter").field("buffered", &self.buffer.len()).finish_non_exhaustive()
    }
}

impl CopyWriter {
    /// Starts the statement `text`.
    ///
    /// # Errors
    /// What the database says of the statement.
    pub async fn start(transaction: &Transaction<'_>, text: &str) -> Result<Self, tokio_postgres::Error> {
        let watch = Arc::clone(transaction.watch());
        let sink = Box::pin(watch.unlimited(transaction.inner().copy_in(text)).await?);
        watch.begin();
        let mut buffer = BytesMut::with_capacity(2 * CHUNK_BYTES);
        buffer.put_slice(SIGNATURE);
        buffer.put_i32(0);
        buffer.put_i32(0);
        Ok(CopyWriter { watch, sink, buffer })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// A value that does not fit its column, or what the database says of the rows so far.
    pub async fn row<'v>(
        &mut self,
        columns: impl ExactSizeIterator<Item = (SqlType, Option<&'v Value>)>,
    ) -> Result<(), CopyFailure> {
        self.buffer.put_i16(i16::try_from(columns.len()).unwrap_or(i16::MAX));
        for (sql_type, value) in columns {
            match value {
                None => self.buffer.put_i32(-1),
                Some(value) => with_length(&mut self.buffer, |out| encode(sql_type, value, out))
                    .map_err(|cause| CopyFailure::Other(Failure::Error(Error::internal(cause))))?,
            }
        }
        if self.buffer.len() >= CHUNK_BYTES {
            let chunk = self.buffer.split().freeze();
            // An error here is a connection that broke.
            self.sink.send(chunk).await.map_err(CopyFailure::Database)?;
        }
        Ok(())
    }

    /// Ends the stream; answers how many rows were written.
    ///
    /// # Errors
    /// What the database says of the rows.
    pub async fn finish(mut self) -> Result<u64, tokio_postgres::Error> {
        self.buffer.put_i16(-1);
        let rest = self.buffer.split().freeze();
        self.sink.send(rest).await?;
        let finished = self.sink.as_mut().finish().await;
        self.watch.end();
        finished
    }
}

/// Why a row was not taken.
#[derive(Debug)]
pub enum CopyFailure {
    /// The database refused what was streamed.
    Database(tokio_postgres::Error),
    /// The row could not be sent.
    Other(Failure),
}

impl From<tokio_postgres::Error> for CopyFailure {
    fn from(error: tokio_postgres::Error) -> Self {
        CopyFailure::Database(error)
    }
}

impl From<CopyFailure> for Failure {
    fn from(failure: CopyFailure) -> Self {
        match failure {
            CopyFailure::Database(error) => error.into(),
            CopyFailure::Other(failure) => failure,
        }
    }
}
