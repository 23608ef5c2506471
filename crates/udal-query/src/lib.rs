//! What the query services are asked, as trees that are checked against the models, and what a storage does with them.
//!
//! [`report`] is what is asked of tables: aggregates, joins, windows; [`raw`] is SQL of the asker's own. [`graph`] is what is asked of
//! linked records: traversals, paths between two of them, what lies around one. Both are beside the record contract: a storage
//! offers one or the other.
//!
//! Pure: no connection, no runtime. What is text here was written by someone else, is parsed, and never reaches a database as
//! it came.

mod budget;
pub mod graph;
pub mod raw;
pub mod report;
mod rows;

pub use budget::{Budget, Meter};
pub use rows::{Column, Rows};
