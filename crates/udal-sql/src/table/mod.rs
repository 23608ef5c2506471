//! The statements of a model that has a table of its own.

mod batch;
mod change;
mod create;
mod found;
mod index;
mod keyset;
mod partition;
mod read;
mod write;

use udal_core::model::{Field, Interval, Model, Retention, Table, position};
use udal_core::value::Value;

pub use batch::{
    LockFor, Spots, copy_stage, create_stage, delete_records, drop_stage, keys_of, lock_records, stage_columns,
    update_from_stage,
};
pub use change::{Change, Due, Fill, Fills, Step, changes};
pub use create::{add_column, create_table, has_table};
pub use found::{
    FoundCheck, FoundColumn, FoundIndex, FoundTable, find_checks, find_columns, find_indexes, find_options, find_row,
    find_split,
};
pub use index::create_index_statements;
pub use partition::{
    Span, attach_partition, create_partition, detach_partition, detach_partition_at_once, drop_empty_partition,
    drop_partition, find_partition, find_partition_row, find_partitions, finish_detaching, is_taken, keep_partition,
    kept_from, kept_names, lock_partition, partition_name,
};
pub use read::{count, existing_ids, get, key_of, list, search, version_of};
pub(crate) use read::{limit_to, missing_below, offset, order_by};
pub use write::{copy, copy_ids, delete, insert, update};

use crate::{BaseType, Columns, Sql, column_type};

/// What the statements need to know of a model: its table and how that is split.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    model: &'a Model,
    table: &'a Table,
    key: Option<(&'a Field, Interval)>,
}

impl<'a> Target<'a> {
    /// The target of `model`; `None` where it has no table.
    pub fn new(model: &'a Model) -> Option<Self> {
        let table = model.table()?;
        let key = match &table.partition {
            None => None,
            Some(partition) => Some((model.find(&partition.field)?.as_ref(), partition.interval)),
        };
        Some(Target { model, table, key })
    }

    /// The model.
    pub fn model(&self) -> &'a Model {
        self.model
    }

    /// The table's name.
    pub fn table_name(&self) -> &'a str {
        &self.table.name
    }

    /// The field that decides the partition, where the table is split.
    pub fn partition_key(&self) -> Option<(&'a Field, Interval)> {
        self.key
    }

    /// How long partitions are kept; for ever where nothing is said.
    pub fn retention(&self) -> Option<Retention> {
        self.table.retention
    }

    /// Whether an update may move a record to another partition.
    pub fn moves(&self) -> bool {
        self.key.is_some_and(|(field, _)| field.position() != position::CREATED_AT)
    }

    /// The name of the table that keeps the ids of a split table unique, and knows each one's partition.
    pub fn ids_table_name(&self) -> String {
        format!("{}__ids", self.table.name)
    }
}

/// Where a record is: its id and, where the table is split, the value that decides its partition.
#[derive(Clone, Debug, PartialEq)]
pub struct Spot<'a> {
    /// The record's id.
    pub id: &'a str,
    /// The partition key's value; `None` where the table is not split.
    pub key: Option<Value>,
}

/// Writes the names of every column, in the order of the fields' positions.
fn column_names(sql: &mut Sql, model: &Model) {
    sql.list(model.fields(), |sql, field| {
        sql.column(field);
    });
}

/// Writes what is selected of every column: decimals as text, which drivers read without a type of their own.
fn selection(sql: &mut Sql, model: &Model) {
    sql.list(model.fields(), |sql, field| {
        sql.column(field);
        let column = column_type(field.field_type());
        if column.base == BaseType::Numeric {
            // Under a name of its own: `ORDER BY` would take the text for the number.
            sql.push(if column.is_array { "::text[] AS " } else { "::text AS " })
                .name(&format!("{}$text", field.name()));
        }
    });
}

const LAYOUT: Columns = Columns;
