//! ISON, which parsers and language models read, and its picture for people.

mod block;
mod cell;
mod document;
mod names;
mod options;
mod page;
mod picture;
mod token;
mod tokens;

pub(crate) use document::IsonDocument;
pub use options::{ColumnOrder, Floats, Ids, IsonOptions, NullColumns, Times, TrailingNulls, Uuids};
pub(crate) use page::Notation;
