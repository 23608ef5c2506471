//! Rows of an answer, whatever they come from.

use std::fmt;
use std::sync::Arc;

use futures_util::stream::{self, BoxStream, StreamExt};
use udal_core::Result;
use udal_core::model::{ColumnKind, Field, FieldType};
use udal_core::value::Value;

/// A column of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name: no two of an answer have the same.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
}

impl Column {
    /// A column of values of `field_type`.
    pub fn new(name: impl Into<String>, field_type: FieldType) -> Self {
        Column { name: name.into(), kind: ColumnKind::Values(field_type) }
    }

    /// The columns as fields, each at its position: what the rows are filtered and ordered by.
    pub fn fields(columns: &[Column]) -> Vec<Arc<Field>> {
        let fields = columns.iter().enumerate();
        fields.map(|(at, column)| Arc::new(Field::of_result(&column.name, at, column.kind.field_type()))).collect()
    }
}

/// Columns, and rows that are read while they are taken. Dropped before its end, the query is stopped.
pub struct Rows {
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// The rows: a value or none for each column.
    pub rows: BoxStream<'static, Result<Vec<Option<Value>>>>,
}

impl Rows {
    /// Rows that are there already.
    pub fn of(columns: Vec<Column>, rows: Vec<Vec<Option<Value>>>) -> Self {
        Rows { columns, rows: stream::iter(rows.into_iter().map(Ok)).boxed() }
    }

    /// The next row; none at the end.
    ///
    /// # Errors
    /// What the storage says; the rows end with it.
    pub async fn next(&mut self) -> Result<Option<Vec<Option<Value>>>> {
        self.rows.next().await.transpose()
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("columns", &self.columns).finish_non_exhaustive()
    }
}
