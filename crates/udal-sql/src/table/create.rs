//! Definitions of tables, columns and indexes.

use udal_core::model::{Field, Scalar, Shape, position};

use super::Target;
use crate::sql::column_name;
use crate::{Param, Sql, Statement, column_type};

/// The statements that make the table, and the table of ids where it is split. Each does nothing where it is there.
pub fn create_table(target: Target<'_>) -> Vec<String> {
    let mut statements = vec![main_table(target)];
    if let Some((key, _)) = target.partition_key() {
        let mut sql = Sql::new();
        sql.push("CREATE TABLE IF NOT EXISTS ").name(&target.ids_table_name());
        sql.push(" (\"id\" text COLLATE \"C\" PRIMARY KEY, ").column(key).push(" ");
        sql.push(column_type(key.field_type()).name()).push(" NOT NULL)");
        statements.push(sql.into_text());
    }
    statements
}

fn main_table(target: Target<'_>) -> String {
    let mut sql = Sql::new();
    sql.push("CREATE TABLE IF NOT EXISTS ").name(target.table_name()).push(" (");
    sql.list(target.model().fields(), |sql, field| column(sql, target, field));
    sql.push(", PRIMARY KEY (\"id\"");
    if let Some((key, _)) = target.partition_key() {
        sql.push(", ").column(key).push(")) PARTITION BY RANGE (").column(key);
        sql.push(")");
    } else {
        sql.push("))").push(storage_parameters(target));
    }
    sql.into_text()
}

/// How a table is filled and cleaned: one of appends is analyzed soon after they come, the others leave room on each page
/// for updates in place. A split table has none; its partitions have them.
pub(super) fn storage_parameters(target: Target<'_>) -> &'static str {
    if target.table.high_volume {
        " WITH (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02)"
    } else {
        " WITH (fillfactor = 90)"
    }
}

fn column(sql: &mut Sql, target: Target<'_>, field: &Field) {
    let column = column_type(field.field_type());
    sql.column(field).push(" ").push(column.name());
    if column.is_text() {
        sql.push(" COLLATE \"C\"");
    }
    if field.is_required() {
        sql.push(" NOT NULL");
    }
    if let Scalar::Enum(words) = &field.field_type().scalar {
        enum_check(sql, target.table_name(), field, words);
    }
}

/// Writes the check that a column holds words of its enum. Its name tells which words.
pub(super) fn enum_check(sql: &mut Sql, table: &str, field: &Field, words: &[String]) {
    let is_array = column_type(field.field_type()).is_array;
    sql.push(" CONSTRAINT ")
        .name(&format!("{}{:08x}", enum_check_prefix(table, field), hash(&words.join(", "), "")))
        .push(" CHECK (")
        .column(field);
    sql.push(if is_array { " <@ ARRAY[" } else { " = ANY (ARRAY[" });
    sql.list(words, |sql, word| {
        sql.literal(word);
    });
    sql.push(if is_array { "]::text[])" } else { "]::text[]))" });
}

/// How the names of the checks of an enum's field begin; what follows tells the words.
pub(super) fn enum_check_prefix(table: &str, field: &Field) -> String {
    format!("{}_", index_name(table, &[field.name(), "words"]))
}

/// The columns of the primary key.
pub(super) fn key_columns<'a>(target: Target<'a>) -> Vec<&'a str> {
    let key = target.partition_key().map(|(field, _)| field.name());
    std::iter::once("id").chain(key).collect()
}

/// Adds a field's column to a table that was made before the field was declared.
pub fn add_column(target: Target<'_>, field: &Field) -> String {
    let mut sql = Sql::new();
    sql.push("ALTER TABLE ").name(target.table_name()).push(" ADD COLUMN IF NOT EXISTS ");
    column(&mut sql, target, field);
    sql.into_text()
}

/// Finds a row where the table is there.
pub fn has_table(target: Target<'_>) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT 1 WHERE to_regclass(").param(Param::text(quoted(target.table_name()))).push(") IS NOT NULL");
    sql.finish()
}

/// A name as `to_regclass` reads it.
pub(super) fn quoted(name: &str) -> String {
    let mut sql = Sql::new();
    sql.name(name);
    sql.into_text()
}

/// The statements that make the indexes; each does nothing where it is there.
///
/// Owner, team and assignees, because access asks for them; references and sets; the times of a table that takes many
/// appends; what the model's author declared. None else on text without a bound, which a row could outgrow.
pub fn create_index_statements(target: Target<'_>) -> Vec<String> {
    let is_high_volume = target.table.high_volume;
    let fields = target.model().fields().iter();
    let mut statements: Vec<String> =
        fields.filter_map(|field| Some(index(target, field, index_kind(field, is_high_volume)?))).collect();
    statements.extend(target.table.indexes.iter().map(|names| declared_index(target, names)));
    statements
}

#[derive(Clone, Copy)]
enum IndexKind {
    Btree,
    Gin,
    Brin,
}

fn index_kind(field: &Field, is_high_volume: bool) -> Option<IndexKind> {
    let field_type = field.field_type();
    match (field.position(), field_type.shape, &field_type.scalar) {
        (position::OWNED_BY | position::TEAM_ID, _, _) => Some(IndexKind::Btree),
        (position::CREATED_AT, _, _) if is_high_volume => Some(IndexKind::Brin),
        (_, Shape::Set, _) => Some(IndexKind::Gin),
        (_, Shape::One, Scalar::Ref(_)) => Some(IndexKind::Btree),
        _ => None,
    }
}

fn index(target: Target<'_>, field: &Field, kind: IndexKind) -> String {
    let mut sql = Sql::new();
    sql.push("CREATE INDEX IF NOT EXISTS ").name(&index_name(target.table_name(), &[field.name()])).push(" ON ");
    sql.name(target.table_name()).push(match kind {
        IndexKind::Btree => " (",
        IndexKind::Gin => " USING gin (",
        IndexKind::Brin => " USING brin (",
    });
    sql.column(field).push(")");
    sql.into_text()
}

/// An index in the order of a list: missing values first, the id last.
fn declared_index(target: Target<'_>, names: &[String]) -> String {
    let mut sql = Sql::new();
    let mut columns: Vec<&str> = names.iter().map(String::as_str).collect();
    if !columns.contains(&"id") {
        columns.push("id");
    }
    sql.push("CREATE INDEX IF NOT EXISTS ").name(&index_name(target.table_name(), &columns)).push(" ON ");
    sql.name(target.table_name()).push(" (").list(columns, |sql, name| {
        sql.name(&column_name(name));
        if target.model().find(name).is_some_and(|field| !field.is_required()) {
            sql.push(" NULLS FIRST");
        }
    });
    sql.push(")");
    sql.into_text()
}

/// A name that fits PostgreSQL's 63 bytes and that no other columns of any table have.
fn index_name(table: &str, columns: &[&str]) -> String {
    let cut = |name: &str, length: usize| name.chars().take(length).collect::<String>();
    let columns = columns.join("_");
    format!("{}_{}_{:08x}", cut(table, 24), cut(&columns, 24), hash(table, &columns))
}

fn hash(table: &str, field: &str) -> u32 {
    let bytes = table.bytes().chain([0]).chain(field.bytes());
    bytes.fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
