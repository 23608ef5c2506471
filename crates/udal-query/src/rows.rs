//! Rows of an answer, whatever they come from.

use std::fmt;

use futures_util::stream::BoxStream;
use udal_core::Result;
use udal_core::model::FieldType;
use udal_core::value::Value;

/// A column of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name: no two of an answer have the same.
    pub name: String,
    /// The type of its values.
    pub field_type: FieldType,
}

/// Columns, and rows that are read while they are taken. Dropped before its end, the query is stopped.
pub struct Rows {
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// The rows: a value or none for each column.
    pub rows: BoxStream<'static, Result<Vec<Option<Value>>>>,
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("columns", &self.columns).finish_non_exhaustive()
    }
}
