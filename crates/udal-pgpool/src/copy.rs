//! Streams of rows into a table, in PostgreSQL's binary form.

use std::pin::Pin;
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::SinkExt;
use tokio_postgres::{CopyInSink, Error as PgError};
use udal_core::Error;
use udal_core::value::Value;
use udal_sql::SqlType;

use crate::encode::{encode, with_length};
use crate::watch::Watch;
use crate::{Failure, Transaction};

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// How many bytes are gathered before they are sent.
const CHUNK_BYTES: usize = 64 << 10;

/// Writes rows as a `COPY … FROM STDIN (FORMAT binary)` takes them, before it begins: so that the server need not wait for
/// them, and they can be sent again.
#[derive(Debug)]
pub struct CopyRows {
    pieces: Vec<Bytes>,
    buffer: BytesMut,
}

impl Default for CopyRows {
    fn default() -> Self {
        CopyRows { pieces: Vec::new(), buffer: header() }
    }
}

impl CopyRows {
    /// Adds a row.
    ///
    /// # Errors
    /// A value that does not fit its column.
    pub fn row<'v>(
        &mut self,
        columns: impl ExactSizeIterator<Item = (SqlType, Option<&'v Value>)>,
    ) -> Result<(), Error> {
        put_row(&mut self.buffer, columns)?;
        if self.buffer.len() >= CHUNK_BYTES {
            self.pieces.push(self.buffer.split().freeze());
        }
        Ok(())
    }

    /// The rows, to their end.
    pub fn finish(mut self) -> EncodedRows {
        self.buffer.put_i16(-1);
        self.pieces.push(self.buffer.freeze());
        EncodedRows(self.pieces)
    }
}

/// Rows that are ready to be sent.
#[derive(Debug)]
pub struct EncodedRows(Vec<Bytes>);

fn header() -> BytesMut {
    let mut buffer = BytesMut::with_capacity(2 * CHUNK_BYTES);
    buffer.put_slice(SIGNATURE);
    buffer.put_i32(0);
    buffer.put_i32(0);
    buffer
}

fn put_row<'v>(
    buffer: &mut BytesMut,
    columns: impl ExactSizeIterator<Item = (SqlType, Option<&'v Value>)>,
) -> Result<(), Error> {
    buffer.put_i16(i16::try_from(columns.len()).unwrap_or(i16::MAX));
    for (sql_type, value) in columns {
        match value {
            None => buffer.put_i32(-1),
            Some(value) => {
                with_length(buffer, |out| encode(sql_type, value, out)).map_err(Error::internal)?;
            }
        }
    }
    Ok(())
}

/// A `COPY … FROM STDIN (FORMAT binary)` that the server knows: sent again and again within a transaction, and dropped before
/// its end.
#[derive(Debug)]
pub struct CopyStatement(tokio_postgres::Statement);

impl Transaction<'_> {
    /// Makes the statement `text` known to the server.
    ///
    /// # Errors
    /// What the database says.
    pub async fn prepare_copy(&self, text: &str) -> Result<CopyStatement, PgError> {
        Ok(CopyStatement(self.watch().unlimited(self.inner().prepare(text)).await?))
    }

    /// Sends `rows`.
    ///
    /// # Errors
    /// What the database says of them.
    pub async fn copy(&self, statement: &CopyStatement, rows: &EncodedRows) -> Result<(), PgError> {
        let sink = self.watch().unlimited(self.inner().copy_in(&statement.0)).await?;
        self.send(sink, rows).await
    }

    /// Sets the mark that [`back_to_mark`](Transaction::back_to_mark) goes back to, and sends `rows`; the server is asked
    /// for both at once. There is one mark: the last.
    ///
    /// # Errors
    /// What the database says of either.
    pub async fn mark_and_copy(&mut self, statement: &CopyStatement, rows: &EncodedRows) -> Result<(), PgError> {
        let text = self.set_mark();
        let mark = self.watch().unlimited(self.inner().batch_execute(text));
        let start = self.watch().unlimited(self.inner().copy_in(&statement.0));
        // The first is polled first, and so sent first.
        let ((), sink) = tokio::try_join!(biased; mark, start)?;
        self.send(sink, rows).await
    }

    async fn send(&self, sink: CopyInSink<Bytes>, rows: &EncodedRows) -> Result<(), PgError> {
        let mut sink = Box::pin(sink);
        // What is dropped before the end is cancelled with its connection.
        self.watch().begin();
        for piece in &rows.0 {
            // An error here is a connection that broke.
            sink.send(piece.clone()).await?;
        }
        let finished = sink.as_mut().finish().await;
        self.watch().end();
        finished.map(drop)
    }
}

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
    pub async fn start(transaction: &Transaction<'_>, text: &str) -> Result<Self, PgError> {
        let watch = Arc::clone(transaction.watch());
        let sink = Box::pin(watch.unlimited(transaction.inner().copy_in(text)).await?);
        watch.begin();
        Ok(CopyWriter { watch, sink, buffer: header() })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// A value that does not fit its column, or what the database says of the rows so far.
    pub async fn row<'v>(
        &mut self,
        columns: impl ExactSizeIterator<Item = (SqlType, Option<&'v Value>)>,
    ) -> Result<(), CopyFailure> {
        put_row(&mut self.buffer, columns).map_err(|error| CopyFailure::Other(Failure::Error(error)))?;
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
    pub async fn finish(mut self) -> Result<u64, PgError> {
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
    Database(PgError),
    /// The row could not be sent.
    Other(Failure),
}

impl From<PgError> for CopyFailure {
    fn from(error: PgError) -> Self {
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
