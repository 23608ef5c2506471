//! What a table is, as it is found in a database.

use super::Target;
use super::create::quoted;
use crate::{Param, Sql, Statement};

/// A column, as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundColumn {
    /// Its name.
    pub name: String,
    /// Its type, as `format_type` writes it.
    pub type_name: String,
    /// Whether it must have a value.
    pub not_null: bool,
}

/// A check, as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundCheck {
    /// Its name.
    pub name: String,
    /// What it says.
    pub definition: String,
    /// Whether the rows that were there before it were looked at.
    pub is_valid: bool,
}

/// An index, as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundIndex {
    /// Its name.
    pub name: String,
    /// The table that it is on: the model's, or a partition of it.
    pub table: String,
    /// Whether it can be used: one whose making ended early cannot.
    pub is_valid: bool,
    /// How it finds rows, such as `btree`.
    pub method: String,
    /// The split table's index that it is a part of.
    pub part_of: Option<String>,
    /// Whether it is being made at this moment.
    pub is_in_making: bool,
}

/// What a table is, as it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundTable {
    /// Its columns; none where there is no table.
    pub columns: Vec<FoundColumn>,
    /// Its checks.
    pub checks: Vec<FoundCheck>,
    /// Whether it has a row.
    pub has_rows: bool,
    /// The column that splits it, where it is split.
    pub split_by: Option<String>,
    /// The names of its partitions.
    pub partitions: Vec<String>,
    /// Its indexes and those of its partitions, but for the key's.
    pub indexes: Vec<FoundIndex>,
    /// The settings of each table that holds rows, such as `fillfactor=90`: its own, or its partitions'.
    pub options: Vec<(String, Vec<String>)>,
}

impl FoundTable {
    /// The tables that hold its rows: itself, or its partitions.
    pub(super) fn parts<'f>(&'f self, target: Target<'f>) -> Vec<&'f str> {
        match self.split_by {
            None => vec![target.table_name()],
            Some(_) => self.partitions.iter().map(String::as_str).collect(),
        }
    }
}

/// Writes `to_regclass` of the table's name.
fn table_of(sql: &mut Sql, target: Target<'_>) {
    sql.push("to_regclass(").param(Param::text(quoted(target.table_name()))).push(")");
}

/// Finds the columns of the table: name, type, whether it must have a value.
pub fn find_columns(target: Target<'_>) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT attname::text, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute WHERE attrelid = ");
    table_of(&mut sql, target);
    sql.push(" AND attnum > 0 AND NOT attisdropped ORDER BY attnum");
    sql.finish()
}

/// Finds the table's checks: name, definition, whether it is valid.
pub fn find_checks(target: Target<'_>) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT conname::text, pg_get_constraintdef(oid), convalidated FROM pg_constraint ");
    sql.push("WHERE contype = 'c' AND conrelid = ");
    table_of(&mut sql, target);
    sql.push(" ORDER BY conname");
    sql.finish()
}

/// Finds the column that splits the table: no row where it is not split.
pub fn find_split(target: Target<'_>) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT a.attname::text FROM pg_partitioned_table p ");
    sql.push("JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0] WHERE p.partrelid = ");
    table_of(&mut sql, target);
    sql.finish()
}

/// Finds a row where the table has one.
pub fn find_row(target: Target<'_>) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT 1 FROM ").name(target.table_name()).push(" LIMIT 1");
    sql.finish()
}

/// Finds the indexes of the table and of its partitions, but for the key's: name, table, whether it is valid, method, the
/// split table's index that it is a part of, whether it is being made.
pub fn find_indexes(target: Target<'_>) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT i.relname::text, t.relname::text, x.indisvalid, m.amname::text, ");
    sql.push(
        "(SELECT p.relname::text FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent WHERE h.inhrelid = i.oid), ",
    );
    sql.push("EXISTS (SELECT FROM pg_stat_progress_create_index s WHERE s.index_relid = i.oid AND s.datname = current_database()) ");
    sql.push("FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid ");
    sql.push("JOIN pg_am m ON m.oid = i.relam WHERE NOT x.indisprimary AND (x.indrelid = ");
    table_of(&mut sql, target);
    sql.push(" OR x.indrelid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = ").push("to_regclass(");
    sql.place(1).push("))) ORDER BY t.relname, i.relname");
    sql.finish()
}

/// Finds the settings of the table and its partitions, of each that holds rows.
pub fn find_options(target: Target<'_>) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT relname::text, COALESCE(reloptions, '{}') FROM pg_class WHERE relkind = 'r' AND (oid = ");
    table_of(&mut sql, target);
    sql.push(" OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass(");
    sql.place(1).push("))) ORDER BY relname");
    sql.finish()
}
