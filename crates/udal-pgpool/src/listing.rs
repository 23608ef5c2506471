//! Pages as pieces of JSON text, read from the database while they are taken.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::stream::{self, StreamExt};
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_postgres::Row;
use udal_core::Result;
use udal_core::contract::{PageEnd, Start, TextPiece, TextPieces};
use udal_core::order::Position;

use crate::{Failure, RowReader};

/// A piece ends with the record that reaches this many bytes.
const PIECE_BYTES: usize = 256 << 10;
/// How many pieces are read ahead of the one that is taken.
const PIECES_AHEAD: usize = 2;
/// How long a connection waits, in all, for the pieces to be taken. Then it is closed, and when they are taken another goes on
/// behind the last record.
const PATIENCE: Duration = Duration::from_secs(1);

/// A list of records, as a backend reads it.
#[async_trait]
pub trait Listed: Send + Sync + 'static {
    /// Runs the query for the records from `start` on, one more than `limit`; none where there is nothing to read from.
    async fn start(&self, start: &Start, limit: usize) -> Result<Option<RowReader>>;

    /// Adds the JSON of the record in `row` to `out`.
    fn write(&self, row: &Row, out: &mut Vec<u8>) -> Result<()>;

    /// Where the record in `row` stands in the order.
    fn position(&self, row: &Row) -> Result<Position>;
}

/// Reads a page, piece by piece, with `between` between two records.
///
/// A page that fits into one piece is read before this answers, and its connection is given back. A longer one is read by a
/// task of its own, some pieces ahead of whoever takes them; it ends when the pieces are dropped.
///
/// # Errors
/// What the database says of the query and of the first piece.
pub async fn list_text(listed: impl Listed, start: Start, limit: usize, between: &'static str) -> Result<TextPieces> {
    let Some(reader) = listed.start(&start, limit).await? else {
        return Ok(stream::iter([Ok(TextPiece::End(PageEnd::default()))]).boxed());
    };
    let mut reading = Reading { listed, limit, between, written: 0, last: None, reader: Some(reader) };
    let (text, end) = reading.next_piece().await?;
    match end {
        Some(end) => {
            let records = (!text.is_empty()).then_some(TextPiece::Records(text));
            Ok(stream::iter(records.into_iter().chain([TextPiece::End(end)]).map(Ok)).boxed())
        }
        None => {
            let (sender, receiver) = channel(PIECES_AHEAD);
            tokio::spawn(reading.send(text, sender));
            let next = async |mut receiver: Receiver<Result<TextPiece>>| Some((receiver.recv().await?, receiver));
            Ok(stream::unfold(receiver, next).boxed())
        }
    }
}

struct Reading<L> {
    listed: L,
    limit: usize,
    between: &'static str,
    /// How many records were written.
    written: usize,
    /// The row of the last of them.
    last: Option<Row>,
    /// What is read; none after the connection was given up.
    reader: Option<RowReader>,
}

impl<L: Listed> Reading<L> {
    /// The records of the next piece; with the end of the page, where they are its last.
    async fn next_piece(&mut self) -> Result<(Vec<u8>, Option<PageEnd>)> {
        let mut text = Vec::new();
        loop {
            let Some(row) = self.next_row().await? else { return Ok((text, Some(self.end(None)))) };
            if self.written == self.limit {
                let after = self.position()?;
                self.read_out().await?;
                return Ok((text, Some(self.end(after))));
            }
            if !text.is_empty() {
                text.extend_from_slice(self.between.as_bytes());
            }
            self.listed.write(&row, &mut text)?;
            self.written += 1;
            self.last = Some(row);
            if text.len() >= PIECE_BYTES {
                return Ok((text, None));
            }
        }
    }

    /// The next row, from where the last connection that was given up ended.
    async fn next_row(&mut self) -> Result<Option<Row>> {
        if self.reader.is_none() {
            let Some(position) = self.position()? else { return Ok(None) };
            self.reader = self.listed.start(&Start::After(position), self.limit - self.written).await?;
        }
        match &mut self.reader {
            Some(reader) => Ok(reader.next().await.map_err(Failure::from)?),
            None => Ok(None),
        }
    }

    /// Reads what follows the last row, so that the connection goes back.
    async fn read_out(&mut self) -> Result<()> {
        if let Some(reader) = &mut self.reader {
            while reader.next().await.map_err(Failure::from)?.is_some() {}
        }
        Ok(())
    }

    fn position(&self) -> Result<Option<Position>> {
        self.last.as_ref().map(|row| self.listed.position(row)).transpose()
    }

    fn end(&self, after: Option<Position>) -> PageEnd {
        PageEnd { records: self.written as u64, after }
    }

    /// Sends this piece and those after it, as they are taken.
    async fn send(mut self, text: Vec<u8>, sender: Sender<Result<TextPiece>>) {
        let mut piece = Ok(TextPiece::Records(text));
        let mut patience = PATIENCE;
        loop {
            let began = Instant::now();
            let sent = sender.send_timeout(piece, patience).await;
            patience = patience.saturating_sub(began.elapsed());
            match sent {
                Ok(()) => {}
                Err(SendTimeoutError::Closed(_)) => return,
                Err(SendTimeoutError::Timeout(piece)) => {
                    self.reader = None;
                    patience = PATIENCE;
                    if sender.send(piece).await.is_err() {
                        return;
                    }
                }
            }
            piece = match self.next_piece().await {
                Ok((text, None)) => Ok(TextPiece::Records(text)),
                Ok((text, Some(end))) => {
                    // From here on no connection is held.
                    let records = (!text.is_empty()).then_some(TextPiece::Records(text));
                    for last in records.into_iter().chain([TextPiece::End(end)]) {
                        if sender.send(Ok(last)).await.is_err() {
                            return;
                        }
                    }
                    return;
                }
                Err(error) => {
                    let _nobody_reads = sender.send(Err(error)).await;
                    return;
                }
            };
        }
    }
}
