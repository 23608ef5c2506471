//! Pages as JSON text.

use futures_util::stream::{self, BoxStream, StreamExt};

use super::{List, Page};
use crate::error::{Error, Result};
use crate::order::{Order, Position};

/// Reads a page of records as JSON text, without more of them in memory than a piece.
///
/// - `[LIST-9]` Answers the records that `list` answers, each as `serde_json` writes a [`Record`](crate::record::Record), byte
///   for byte and in that order, and where the page ended.
///
/// The page comes in pieces. A piece is the text of one record or more with `between` between them and nothing around them;
/// whoever reads the pieces puts the same between one and the next. Records that are written meanwhile may be in the page or
/// not, as in `[LIST-7]`: a backend may go on behind the last record with a new query where the pieces are read slowly.
#[derive(Clone, Debug)]
pub struct ListText {
    /// What is listed.
    pub list: List,
    /// What stands between two records, such as a comma or a line break.
    pub between: &'static str,
}

/// A part of a page as text.
#[derive(Clone, Debug, PartialEq)]
pub enum TextPiece {
    /// One record or more.
    Records(Vec<u8>),
    /// The end of the page, which comes once and last.
    End(PageEnd),
}

/// Where a page ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageEnd {
    /// How many records the page has.
    pub records: u64,
    /// The position of the last record, where more records come after it.
    pub after: Option<Position>,
}

/// The pieces of a page. An error ends them; without an error the last is the end.
pub type TextPieces = BoxStream<'static, Result<TextPiece>>;

/// The text of a page that is in memory: what a backend answers that does not stream.
///
/// # Errors
/// [`Internal`](crate::ErrorKind::Internal) where a value has no JSON; no record holds such.
pub fn text_of_page(page: &Page, order: &Order, between: &str) -> Result<TextPieces> {
    let mut text = Vec::new();
    for (at, record) in page.records.iter().enumerate() {
        if at > 0 {
            text.extend_from_slice(between.as_bytes());
        }
        serde_json::to_writer(&mut text, record).map_err(Error::internal)?;
    }
    let after = page.records.last().filter(|_| page.has_more).map(|record| Position::of(record, order));
    let end = TextPiece::End(PageEnd { records: page.records.len() as u64, after });
    let records = (!text.is_empty()).then_some(TextPiece::Records(text));
    Ok(stream::iter(records.into_iter().chain([end]).map(Ok)).boxed())
}
