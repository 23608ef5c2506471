//! Definitions of tables, columns and indexes.

use udal_core::model::{Field, Model, Scalar, Shape, position};

use super::Target;
use crate::{Param, Sql, SqlType, Statement, column_type};

/// The statements that make the table, and the table of ids where it is split. Each does nothing where it is there.
pub fn create_table(target: Target<'_>) -> Vec<String> {
    let mut statements = vec![main_table(target)];
    if let Some((key, _)) = target.partition_key() {
        let mut sql = Sql::new();
        sql.push("CREATE TABLE IF NOT EXISTS ").name(&target.ids_table_name());
        sql.push(" (\"id\" text COLLATE \"C\" PRIMARY KEY, ").name(key.name()).push(" ");
        sql.push(column_type(key.field_type()).name()).push(" NOT NULL)");
        statements.push(sql.into_text());
    }
    statements
}

fn main_table(target: Target<'_>) -> String {
    let mut sql = Sql::new();
    sql.push("CREATE TABLE IF NOT EXISTS ").name(target.table_name()).push(" (");
    sql.list(target.model().fields(), |sql, field| column(sql, field));
    sql.push(", PRIMARY KEY (\"id\"");
    if let Some((key, _)) = target.partition_key() {
        sql.push(", ").name(key.name()).push(")) PARTITION BY RANGE (").name(key.name());
        sql.push(")");
    } else {
        sql.push("))");
    }
    sql.into_text()
}

fn column(sql: &mut Sql, field: &Field) {
    let column = column_type(field.field_type());
    sql.name(field.name()).push(" ").push(column.name());
    if column.is_text() {
        sql.push(" COLLATE \"C\"");
    }
    if field.is_required() {
        sql.push(" NOT NULL");
    }
    if let Scalar::Enum(words) = &field.field_type().scalar {
        enum_check(sql, field, column, words);
    }
}

fn enum_check(sql: &mut Sql, field: &Field, column: SqlType, words: &[String]) {
    sql.push(" CHECK (").name(field.name());
    sql.push(if column.is_array { " <@ ARRAY[" } else { " = ANY (ARRAY[" });
    sql.list(words, |sql, word| {
        sql.literal(word);
    });
    sql.push(if column.is_array { "]::text[])" } else { "]::text[]))" });
}

/// Adds a field's column to a table that was made before the field was declared.
pub fn add_column(target: Target<'_>, field: &Field) -> String {
    let mut sql = Sql::new();
    sql.push("ALTER TABLE ").name(target.table_name()).push(" ADD COLUMN IF NOT EXISTS ");
    column(&mut sql, field);
    sql.into_text()
}

/// Finds a row where the table has the field's column.
pub fn has_column(target: Target<'_>, field: &Field) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass(")
        .param(Param::text(quoted(target.table_name())));
    sql.push(") AND attname = ").param(Param::text(field.name())).push(" AND NOT attisdropped");
    sql.finish()
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
/// appends. None on text without a bound, which a row could outgrow.
pub fn create_index_statements(target: Target<'_>) -> Vec<String> {
    let is_high_volume = target.table.high_volume;
    target
        .model()
        .fields()
        .iter()
        .filter_map(|field| Some(index(target, field, index_kind(field, is_high_volume)?)))
        .collect()
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
    sql.push("CREATE INDEX IF NOT EXISTS ").name(&index_name(target.model(), field)).push(" ON ");
    sql.name(target.table_name()).push(match kind {
        IndexKind::Btree => " (",
        IndexKind::Gin => " USING gin (",
        IndexKind::Brin => " USING brin (",
    });
    sql.name(field.name()).push(")");
    sql.into_text()
}

/// A name that fits PostgreSQL's 63 bytes and that no other field of any table has.
fn index_name(model: &Model, field: &Field) -> String {
    let table = model.table().map(|table| table.name.as_str()).unwrap_or_default();
    let cut = |name: &str, length: usize| name.chars().take(length).collect::<String>();
    format!("{}_{}_{:08x}", cut(table, 24), cut(field.name(), 24), hash(table, field.name()))
}

fn hash(table: &str, field: &str) -> u32 {
    let bytes = table.bytes().chain([0]).chain(field.bytes());
    bytes.fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
