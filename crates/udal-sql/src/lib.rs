//! Typed operations and predicates as PostgreSQL text and parameters. Pure: no database, no driver, no async.
//!
//! Every identifier goes through [`Sql::name`], every value is a [`Param`]. [`Layout`] says where a model's fields are kept;
//! [`table`] writes the statements of models that have a table of their own, [`document`] those of linked documents, [`report`]
//! those of reports over tables, [`raw`] the views that stand before someone's own SQL.

pub mod document;
mod layout;
mod literal;
mod predicate;
pub mod raw;
pub mod report;
mod search;
mod sql;
pub mod table;
mod types;

pub use layout::{Columns, Layout};
pub use predicate::write_predicate;
pub use search::write_search;
pub use sql::{Param, Sql, Statement};
pub use types::{BaseType, SqlType, column_type, element_type, scalar_type};
