//! What a table lacks of its model: additions that can be made, and changes that could lose data.

use udal_core::model::{Field, Scalar};

use super::create::{add_column, enum_check, enum_check_prefix, key_columns, quoted};
use super::{Span, Target};
use crate::sql::column_name;
use crate::{Param, Sql, SqlType, Statement, column_type};

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

/// What a table is, as it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundTable {
    /// Its columns; none where there is no table.
    pub columns: Vec<FoundColumn>,
    /// Its checks: the name and the definition of each.
    pub checks: Vec<(String, String)>,
    /// Whether it has a row.
    pub has_rows: bool,
    /// The column that splits it, where it is split.
    pub split_by: Option<String>,
    /// The names of its partitions.
    pub partitions: Vec<String>,
}

/// A difference between a model and its table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It only adds, or lifts a restriction: applied when the table is first used.
    Apply {
        /// The statement.
        statement: String,
    },
    /// It could lose data, or rows stand against it: left to the operator.
    Refuse {
        /// The statement that would do it.
        statement: String,
        /// Why it is not done.
        reason: String,
    },
}

/// Finds the columns of the table: name, type, whether it must have a value.
pub fn find_columns(target: Target<'_>) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT attname::text, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute WHERE attrelid = to_regclass(");
    sql.param(Param::text(quoted(target.table_name()))).push(") AND attnum > 0 AND NOT attisdropped ORDER BY attnum");
    sql.finish()
}

/// Finds the names and definitions of the table's checks.
pub fn find_checks(target: Target<'_>) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT conname::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' AND conrelid = to_regclass(");
    sql.param(Param::text(quoted(target.table_name()))).push(") ORDER BY conname");
    sql.finish()
}

/// Finds the column that splits the table: no row where it is not split.
pub fn find_split(target: Target<'_>) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT a.attname::text FROM pg_partitioned_table p ");
    sql.push("JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0] WHERE p.partrelid = to_regclass(");
    sql.param(Param::text(quoted(target.table_name()))).push(")");
    sql.finish()
}

/// Finds a row where the table has one.
pub fn find_row(target: Target<'_>) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT 1 FROM ").name(target.table_name()).push(" LIMIT 1");
    sql.finish()
}

/// What the table lacks of its model, in the order of the fields. What the table has beyond the model stays.
pub fn changes(target: Target<'_>, found: &FoundTable) -> Vec<Change> {
    let mut changes: Vec<Change> = split_differently(target, found).into_iter().collect();
    for field in target.model().fields() {
        match found.columns.iter().find(|column| column.name == column_name(field.name())) {
            None => changes.push(missing(target, field, found)),
            Some(column) => changes.extend(different(target, field, column)),
        }
        changes.extend(words(target, field, found));
    }
    for column in found
        .columns
        .iter()
        .filter(|column| column.not_null && target.model().find(column.name.trim_end_matches('$')).is_none())
    {
        changes.push(Change::Apply { statement: alter(target, &column.name, " DROP NOT NULL") });
    }
    changes
}

/// A table cannot be split in another way while records are in it: ids would not stay unique.
fn split_differently(target: Target<'_>, found: &FoundTable) -> Option<Change> {
    let declared = target.partition_key().map(|(field, _)| column_name(field.name()));
    let reason = match (&found.split_by, declared) {
        (None, None) => return None,
        (Some(now), None) => format!("the table is partitioned by `{now}`, the model is not"),
        (None, Some(wanted)) => format!("the table is not partitioned, the model is, by `{wanted}`"),
        (Some(now), Some(wanted)) if *now != wanted => {
            format!("the table is partitioned by `{now}`, the model by `{wanted}`")
        }
        (Some(_), Some(_)) => {
            let other = found.partitions.iter().find(|name| Span::of_partition(target, name).is_none())?;
            format!("the table has the partition `{other}`, which is not of the model's `partition_interval`")
        }
    };
    let mut sql = Sql::new();
    sql.push("ALTER TABLE ")
        .name(target.table_name())
        .push(" RENAME TO ")
        .name(&format!("{}__old", target.table_name()));
    Some(Change::Refuse { statement: sql.into_text(), reason })
}

fn missing(target: Target<'_>, field: &Field, found: &FoundTable) -> Change {
    let statement = add_column(target, field);
    if field.is_required() && found.has_rows {
        let reason = format!("`{}` is required, and the rows that are there have no value for it", field.name());
        return Change::Refuse { statement, reason };
    }
    Change::Apply { statement }
}

fn different(target: Target<'_>, field: &Field, column: &FoundColumn) -> Option<Change> {
    let wanted = column_type(field.field_type());
    if format_type(wanted) != column.type_name {
        let mut sql = Sql::new();
        sql.push("ALTER TABLE ").name(target.table_name()).push(" ALTER COLUMN ").column(field).push(" TYPE ");
        sql.push(wanted.name()).push(" USING ").column(field).push("::").push(wanted.name());
        let reason = format!(
            "`{}` is kept as `{}`, and is declared as `{}`",
            field.name(),
            column.type_name,
            field.field_type()
        );
        return Some(Change::Refuse { statement: sql.into_text(), reason });
    }
    match (field.is_required(), column.not_null) {
        (false, true) if !is_key(target, field) => {
            Some(Change::Apply { statement: alter(target, &column_name(field.name()), " DROP NOT NULL") })
        }
        // A column that takes more than the model is no harm: an earlier release may still write it so.
        _ => None,
    }
}

/// An enum that has got words. Rows that are there are not looked at, those to come are. Words are only added: one that the
/// model has no more may still be written by an earlier release.
fn words(target: Target<'_>, field: &Field, found: &FoundTable) -> Vec<Change> {
    let Scalar::Enum(words) = &field.field_type().scalar else { return Vec::new() };
    let prefix = enum_check_prefix(target.table_name(), field);
    let checks: Vec<&(String, String)> = found.checks.iter().filter(|(name, _)| name.starts_with(&prefix)).collect();
    let mut every: Vec<String> = checks.iter().flat_map(|(_, definition)| words_of(definition)).collect();
    let added: Vec<String> = words.iter().filter(|word| !every.contains(word)).cloned().collect();
    if checks.is_empty() || added.is_empty() {
        return Vec::new();
    }
    every.extend(added);
    let mut add = Sql::new();
    add.push("ALTER TABLE ").name(target.table_name()).push(" ADD");
    enum_check(&mut add, target.table_name(), field, &every);
    add.push(" NOT VALID");
    let mut changes = vec![Change::Apply { statement: add.into_text() }];
    for (old, _) in checks {
        let mut sql = Sql::new();
        sql.push("ALTER TABLE ").name(target.table_name()).push(" DROP CONSTRAINT ").name(old);
        changes.push(Change::Apply { statement: sql.into_text() });
    }
    changes
}

/// The words that a check's definition lists, such as `CHECK ((kind = ANY (ARRAY['a'::text, 'b'::text])))`.
fn words_of(definition: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = definition;
    while let Some((before, after)) = rest.split_once('\'') {
        let Some((word, after)) = quoted_word(after) else { break };
        // A literal with a backslash is written with an `E` before it, and each backslash twice.
        words.push(if before.ends_with('E') { word.replace("\\\\", "\\") } else { word });
        rest = after;
    }
    words
}

/// A word up to its closing quote, and what follows. Two quotes are one of the word.
fn quoted_word(text: &str) -> Option<(String, &str)> {
    let mut word = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('\'')?;
        word.push_str(part);
        match after.strip_prefix('\'') {
            Some(more) => {
                word.push('\'');
                rest = more;
            }
            None => return Some((word, after)),
        }
    }
}

fn is_key(target: Target<'_>, field: &Field) -> bool {
    key_columns(target).contains(&field.name())
}

fn alter(target: Target<'_>, column: &str, what: &'static str) -> String {
    let mut sql = Sql::new();
    sql.push("ALTER TABLE ").name(target.table_name()).push(" ALTER COLUMN ").name(column).push(what);
    sql.into_text()
}

/// The type as PostgreSQL's `format_type` writes it.
fn format_type(sql_type: SqlType) -> String {
    sql_type.name().replace("timestamptz", "timestamp with time zone")
}

#[cfg(test)]
mod tests {
    use super::words_of;

    #[test]
    fn words_are_read_back() {
        let definition = "CHECK ((kind = ANY (ARRAY['a b'::text, 'it''s'::text, ''''::text, 'x'::text]))) NOT VALID";
        assert_eq!(words_of(definition), ["a b", "it's", "'", "x"]);
        assert_eq!(words_of(r"CHECK ((kind = ANY (ARRAY[E'a\\b'::text, 'E'::text])))"), [r"a\b", "E"]);
    }
}
