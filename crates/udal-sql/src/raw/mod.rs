//! What stands around a statement of the asker's own: the role that it runs as, the function that it runs in, the views that
//! it sees.
//!
//! A statement is never part of a text that runs with more rights than the reader's: it is the value of a parameter of
//! [`ask`], or prepared while the reader's role is on.

mod ask;
mod reader;
#[cfg(test)]
mod tests;
mod views;

pub use ask::{AnswerColumn, ask, bound_place, confine, wrapped};
pub use reader::{READER, create_function, create_reader, find_holdings, find_reader, grant_reader};
pub use views::{SeenTable, find_tables, view_statements};
