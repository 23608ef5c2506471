//! Statements about links.

use crate::{Param, Sql, Statement};

/// A link, as its table keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkRow {
    /// The id of the document that holds the link.
    pub source: String,
    /// The field that holds it.
    pub field: String,
    /// The id that it leads to.
    pub target: String,
}

/// Finds which of `targets` are there, and keeps them from being deleted until the transaction ends.
pub fn lock_targets(targets: impl IntoIterator<Item = String>) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT \"id\" FROM \"udal_documents\" WHERE \"id\" = ANY (").param(Param::texts(targets));
    sql.push(") ORDER BY \"id\" FOR KEY SHARE");
    sql.finish()
}

/// Writes links; those that are there stay.
pub fn insert_links(links: &[LinkRow]) -> Statement {
    let mut sql = Sql::new();
    sql.push("INSERT INTO \"udal_links\" (\"source\", \"field\", \"target\") SELECT * FROM ");
    unnest(&mut sql, links);
    sql.push(" ON CONFLICT DO NOTHING");
    sql.finish()
}

/// Writes links as a set of rows.
pub(super) fn unnest(sql: &mut Sql, links: &[LinkRow]) {
    let column = |pick: fn(&LinkRow) -> &String| Param::texts(links.iter().map(|link| pick(link).clone()));
    sql.push("unnest(").param(column(|link| &link.source)).push(", ").param(column(|link| &link.field));
    sql.push(", ").param(column(|link| &link.target)).push(")");
}

/// Takes out the links that `source` holds in these fields.
pub fn delete_links(source: &str, fields: impl IntoIterator<Item = String>) -> Statement {
    let mut sql = Sql::new();
    sql.push("DELETE FROM \"udal_links\" WHERE \"source\" = ").param(Param::text(source));
    sql.push(" AND \"field\" = ANY (").param(Param::texts(fields)).push(")");
    sql.finish()
}

/// Reads the other documents that link to `target` (model, id, version, body), and keeps them from being changed until the
/// transaction ends.
///
/// They stay open for links of others to them: their ids do not change.
pub fn incoming(target: &str) -> Statement {
    let mut sql = Sql::new();
    sql.push("SELECT \"model\", \"id\", \"version\", \"body\" FROM \"udal_documents\" WHERE \"id\" IN (");
    sql.push("SELECT \"source\" FROM \"udal_links\" WHERE \"target\" = ").param(Param::text(target));
    sql.push(" AND \"source\" <> ").param(Param::text(target)).push(") ORDER BY \"id\" FOR NO KEY UPDATE");
    sql.finish()
}
