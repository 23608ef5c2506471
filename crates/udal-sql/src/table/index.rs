//! The indexes of a table: which there are, and the statements that make them.

use udal_core::model::{Field, Scalar, Shape, position};

use super::Target;
use crate::Sql;
use crate::sql::column_name;

/// How an index finds rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// By the order of values.
    Btree,
    /// By the elements of sets and lists.
    Gin,
    /// By the ranges of values in stretches of pages: small, for values that come in their order.
    Brin,
}

impl Method {
    /// As the catalog calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Method::Btree => "btree",
            Method::Gin => "gin",
            Method::Brin => "brin",
        }
    }
}

/// An index that a model's table has.
#[derive(Clone, Debug)]
pub(super) struct Index<'a> {
    /// The fields, in their order.
    pub(super) fields: Vec<&'a Field>,
    pub(super) method: Method,
}

/// The indexes of the table, but for its key.
///
/// Owner, team and assignees, because access asks for them; references and sets; the times of a table that takes many
/// appends; what the model's author declared. None else on text without a bound, which a row could outgrow.
pub(super) fn wanted<'a>(target: Target<'a>) -> Vec<Index<'a>> {
    let fields = target.model().fields().iter().map(AsRef::as_ref);
    let mut indexes: Vec<Index<'a>> =
        fields.filter_map(|field| Some(Index { fields: vec![field], method: own_method(target, field)? })).collect();
    indexes.extend(target.table.indexes.iter().map(|names| declared(target, names)));
    indexes
}

fn own_method(target: Target<'_>, field: &Field) -> Option<Method> {
    let field_type = field.field_type();
    let splits = target.partition_key().is_some_and(|(key, _)| key.position() == field.position());
    match (field.position(), field_type.shape, &field_type.scalar) {
        (position::OWNED_BY | position::TEAM_ID, _, _) => Some(Method::Btree),
        (position::CREATED_AT, _, _) if target.table.high_volume => Some(Method::Brin),
        _ if splits && target.table.high_volume => Some(Method::Brin),
        (_, Shape::Set, _) => Some(Method::Gin),
        (_, Shape::One, Scalar::Ref(_)) => Some(Method::Btree),
        _ => None,
    }
}

/// A list alone is asked for its elements; what has an order is kept in the order of lists, the id last.
fn declared<'a>(target: Target<'a>, names: &[String]) -> Index<'a> {
    let mut fields: Vec<&Field> =
        names.iter().filter_map(|name| target.model().find(name)).map(AsRef::as_ref).collect();
    if fields.iter().any(|field| field.field_type().shape != Shape::One) {
        return Index { fields, method: Method::Gin };
    }
    if !fields.iter().any(|field| field.position() == position::ID) {
        fields.extend(target.model().fields().first().map(AsRef::as_ref));
    }
    Index { fields, method: Method::Btree }
}

impl Index<'_> {
    /// Its name on `table`: the model's, or one of its partitions.
    pub(super) fn name(&self, table: &str) -> String {
        let names: Vec<&str> = self.fields.iter().map(|field| field.name()).collect();
        index_name(table, &names)
    }

    /// Makes it in the transaction that makes the table, or while the table is empty; does nothing where it is there.
    pub(super) fn create(&self, table: &str) -> String {
        self.statement("CREATE INDEX IF NOT EXISTS ", table, " ON ")
    }

    /// Makes it while others read and write `table`: outside of any transaction, not for a split table.
    pub(super) fn create_concurrently(&self, table: &str) -> String {
        self.statement("CREATE INDEX CONCURRENTLY IF NOT EXISTS ", table, " ON ")
    }

    /// Makes it for a split table alone: it is whole when an index of each partition is attached to it.
    pub(super) fn create_only(&self, table: &str) -> String {
        self.statement("CREATE INDEX IF NOT EXISTS ", table, " ON ONLY ")
    }

    fn statement(&self, start: &'static str, table: &str, on: &'static str) -> String {
        let mut sql = Sql::new();
        sql.push(start).name(&self.name(table)).push(on).name(table);
        sql.push(match self.method {
            Method::Btree => " (",
            Method::Gin => " USING gin (",
            Method::Brin => " USING brin (",
        });
        let is_declared = self.fields.len() > 1;
        sql.list(&self.fields, |sql, field| {
            sql.name(&column_name(field.name()));
            // In the order of lists: missing values first.
            if is_declared && !field.is_required() {
                sql.push(" NULLS FIRST");
            }
        });
        sql.push(match self.method {
            // Pages that are appended are summarized soon, not at the next vacuum.
            Method::Brin => ") WITH (autosummarize = on)",
            Method::Btree | Method::Gin => ")",
        });
        sql.into_text()
    }
}

/// The statements that make the indexes of a table that nobody uses yet; each does nothing where it is there.
pub fn create_index_statements(target: Target<'_>) -> Vec<String> {
    wanted(target).iter().map(|index| index.create(target.table_name())).collect()
}

/// Makes an index of a partition a part of the split table's.
pub(super) fn attach_index(parent: &str, part: &str) -> String {
    let mut sql = Sql::new();
    sql.push("ALTER INDEX ").name(parent).push(" ATTACH PARTITION ").name(part);
    sql.into_text()
}

/// Drops an index while others read and write: outside of any transaction, not that of a split table.
pub(super) fn drop_index_concurrently(name: &str) -> String {
    let mut sql = Sql::new();
    sql.push("DROP INDEX CONCURRENTLY IF EXISTS ").name(name);
    sql.into_text()
}

/// Drops an index at once.
pub(super) fn drop_index(name: &str) -> String {
    let mut sql = Sql::new();
    sql.push("DROP INDEX IF EXISTS ").name(name);
    sql.into_text()
}

/// A name that fits PostgreSQL's 63 bytes and that no other columns of any table have.
pub(super) fn index_name(table: &str, columns: &[&str]) -> String {
    let cut = |name: &str, length: usize| name.chars().take(length).collect::<String>();
    let columns = columns.join("_");
    format!("{}_{}_{:08x}", cut(table, 24), cut(&columns, 24), hash(table, &columns))
}

/// Whether a name is one that [`index_name`] gives on `table`: others are not Udal's to drop.
pub(super) fn is_index_name(table: &str, name: &str) -> bool {
    let start: String = table.chars().take(24).collect();
    let rest = name.strip_prefix(&start).and_then(|rest| rest.strip_prefix('_'));
    let hashed = rest.and_then(|rest| rest.rsplit_once('_')).map(|(_, hash)| hash);
    hashed.is_some_and(|hash| hash.len() == 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

pub(super) fn hash(table: &str, field: &str) -> u32 {
    let bytes = table.bytes().chain([0]).chain(field.bytes());
    bytes.fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
