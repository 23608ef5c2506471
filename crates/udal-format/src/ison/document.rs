//! A document of one result or several, written as rows come.

use std::io::{self, Write};

use udal_core::value::Value;

use super::block::Block;
use super::options::{ColumnOrder, Ids, IsonOptions, NullColumns};
use super::page::{Notation, Page};
use crate::header::Header;

/// The most rows that are held back while it is found out what to leave out of them.
pub(crate) const HELD_ROWS: usize = 1_000;
/// The most bytes, about, that rows held back take in memory.
const HELD_BYTES: usize = 4 << 20;

/// Writes results one after the other, each as a block or as several.
///
/// Rows are held back only where an option asks for a look ahead, and then no more than 1,000 of them or 4 MiB.
pub(crate) struct IsonDocument<W: Write> {
    page: Page<W>,
    options: IsonOptions,
    result: Option<OpenResult>,
}

/// A result that is being written.
struct OpenResult {
    header: Header,
    held: Vec<Vec<Option<Value>>>,
    held_bytes: usize,
    block: Option<Block>,
}

impl OpenResult {
    fn new(header: Header) -> Self {
        OpenResult { header, held: Vec::new(), held_bytes: 0, block: None }
    }
}

impl<W: Write> IsonDocument<W> {
    pub(crate) fn new(out: W, notation: Notation, options: IsonOptions) -> Self {
        let columns = match notation {
            Notation::Tokens => options.columns,
            // It has no quotes.
            Notation::Picture => ColumnOrder::AsGiven,
        };
        IsonDocument { page: Page::new(out, notation), options: IsonOptions { columns, ..options }, result: None }
    }

    /// A document that starts with the result under `header`.
    pub(crate) fn of(out: W, notation: Notation, options: IsonOptions, header: Header) -> Self {
        IsonDocument { result: Some(OpenResult::new(header)), ..IsonDocument::new(out, notation, options) }
    }

    /// Ends the result that is being written, and starts another.
    pub(crate) fn start(&mut self, header: Header) -> io::Result<()> {
        self.end()?;
        self.result = Some(OpenResult::new(header));
        Ok(())
    }

    /// Writes a row of the result that was started last.
    pub(crate) fn row(&mut self, row: &[Option<Value>]) -> io::Result<()> {
        let looks_ahead = looks_ahead(self.page.notation(), self.options);
        let Some(result) = &mut self.result else {
            return Err(io::Error::other("a row is written before its result is started"));
        };
        if let Some(block) = &mut result.block {
            return self.page.row(&result.header, block, row, self.options);
        }
        if looks_ahead {
            result.held_bytes += row.iter().flatten().map(Value::weight).sum::<usize>();
            result.held.push(row.to_vec());
            if result.held.len() < HELD_ROWS && result.held_bytes < HELD_BYTES {
                return Ok(());
            }
            return self.begin();
        }
        self.begin()?;
        self.row(row)
    }

    /// Ends the document.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.end()?;
        self.page.finish()
    }

    fn end(&mut self) -> io::Result<()> {
        if self.result.as_ref().is_some_and(|result| result.block.is_none()) {
            self.begin()?;
        }
        self.result = None;
        Ok(())
    }

    /// Starts the first block of a result, with the rows that were held back.
    fn begin(&mut self) -> io::Result<()> {
        let Some(result) = &mut self.result else {
            return Ok(());
        };
        let held = std::mem::take(&mut result.held);
        let mut block = Block::of(&result.header, &held, self.options);
        self.page.start(&result.header, &mut block, &held);
        let block = result.block.insert(block);
        held.iter().try_for_each(|row| self.page.row(&result.header, block, row, self.options))
    }
}

/// Whether rows must be seen before the first can be written.
fn looks_ahead(notation: Notation, options: IsonOptions) -> bool {
    let IsonOptions { columns, null_columns, trailing_nulls: _, ids, uuids: _, times: _, floats: _ } = options;
    notation == Notation::Picture
        || columns == ColumnOrder::QuotedLast
        || null_columns == NullColumns::Dropped
        || ids == Ids::PrefixInMeta
}
