//! What one server's catalog is asked and told about databases.

use tokio_postgres::error::SqlState;
use tokio_postgres::{Error as PgError, Row};
use udal_core::{Error, ErrorKind, Result};
use udal_sql::{Param, Sql};

use crate::failure::Attempt;
use crate::registry::read_time;
use crate::{Connection, DroppedDatabase, Place, read_text};

/// A database in the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) oid: u32,
    /// Whether one may connect to it.
    pub(crate) is_open: bool,
    /// Whether dropping it was begun and interrupted: it cannot be used any more.
    is_torn: bool,
}

/// Looks a database up.
pub(crate) async fn find(connection: &Connection, name: &str) -> Attempt<Option<Found>> {
    let mut sql = Sql::new();
    sql.push("SELECT oid::int8, datallowconn, datconnlimit = -2 FROM pg_database WHERE datname = ");
    sql.param(Param::text(name));
    let rows = connection.query(&sql.finish()).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(Found { oid: read_oid(row)?, is_open: row.try_get(1)?, is_torn: row.try_get(2)? }))
}

fn read_oid(row: &Row) -> Attempt<u32> {
    Ok(u32::try_from(row.try_get::<_, i64>(0)?).map_err(Error::internal)?)
}

/// The names of databases that start with `prefix`.
pub(crate) async fn names(connection: &Connection, prefix: &str) -> Attempt<Vec<String>> {
    let mut sql = Sql::new();
    sql.push("SELECT datname::text FROM pg_database WHERE datname ^@ ").param(Param::text(prefix));
    let rows = connection.query(&sql.finish()).await?;
    Ok(rows.iter().map(|row| read_text(row, 0)).collect::<Result<_>>()?)
}

/// Makes a database as a copy of `template`, or an empty one; answers whether it was not there before.
pub(crate) async fn create(connection: &Connection, name: &str, template: Option<&str>) -> Attempt<bool> {
    match find(connection, name).await? {
        Some(found) if found.is_torn => drop(remove(connection, name).await?),
        Some(_) => return Ok(false),
        None => {}
    }
    let mut sql = Sql::new();
    sql.push("CREATE DATABASE ").name(name).push(" TEMPLATE ");
    match template {
        Some(template) => sql.name(template),
        None => sql.push("template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"),
    };
    match connection.batch(&sql.into_text()).await {
        Ok(()) => Ok(true),
        Err(error) if is_there(&error) => Ok(false),
        Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => Err(may_not_create(error).into()),
        Err(error) => Err(error.into()),
    }
}

/// Two who make one database at one instant meet in the catalog's unique index.
fn is_there(error: &PgError) -> bool {
    [Some(&SqlState::DUPLICATE_DATABASE), Some(&SqlState::UNIQUE_VIOLATION)].contains(&error.code())
}

fn may_not_create(cause: PgError) -> Error {
    Error::new(ErrorKind::Unsupported, "the role that Udal connects as may not make databases")
        .hint("let it: `ALTER ROLE … CREATEDB`")
        .cause(cause)
}

/// Drops a database, whoever uses it, where it is there.
async fn remove(connection: &Connection, name: &str) -> Attempt<()> {
    let mut sql = Sql::new();
    sql.push("DROP DATABASE IF EXISTS ").name(name).push(" WITH (FORCE)");
    Ok(connection.batch(&sql.into_text()).await?)
}

/// Drops the database at `place`, whoever uses it, where it is there; answers its number.
pub(crate) async fn drop_database(connection: &Connection, place: &Place) -> Attempt<Option<u32>> {
    let found = find(connection, place.database()).await?;
    remove(connection, place.database()).await?;
    Ok(found.map(|found| found.oid))
}

/// Asks the server whether a database of that number or name is still there.
///
/// # Errors
/// `Internal` where it is.
pub(crate) async fn verify_absence(
    connection: &Connection,
    place: &Place,
    oid: Option<u32>,
) -> Attempt<DroppedDatabase> {
    let mut sql = Sql::new();
    sql.push("SELECT count(*), (extract(epoch FROM clock_timestamp()) * 1000000)::int8 FROM pg_database ");
    sql.push("WHERE datname = ").param(Param::text(place.database()));
    // No database has the number 0.
    sql.push(" OR oid::int8 = ").param(Param::int(oid.map_or(0, i64::from)));
    let rows = connection.query(&sql.finish()).await?;
    let row = rows.first().ok_or_else(|| Error::internal("a count answered nothing"))?;
    let left: i64 = row.try_get(0)?;
    if left != 0 {
        return Err(Error::internal(format!("`{place}` was dropped, and is there still")).into());
    }
    Ok(DroppedDatabase { place: place.clone(), oid, verified_at: read_time(row, 1)? })
}

/// Lets nobody connect to the database `name` any more, so that it can be copied at any time, and sends away who is there.
pub(crate) async fn close_template(connection: &Connection, name: &str) -> Attempt<()> {
    let mut sql = Sql::new();
    sql.push("ALTER DATABASE ").name(name).push(" WITH ALLOW_CONNECTIONS false IS_TEMPLATE true");
    if let Err(error) = connection.batch(&sql.into_text()).await {
        // Of two who close it at one instant one is refused; it is closed then.
        if find(connection, name).await?.is_none_or(|found| found.is_open) {
            return Err(error.into());
        }
    }
    send_away(connection, name).await
}

/// Ends the connections to the database `name`.
pub(crate) async fn send_away(connection: &Connection, name: &str) -> Attempt<()> {
    let mut sql = Sql::new();
    sql.push("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ").param(Param::text(name));
    connection.query(&sql.finish()).await?;
    Ok(())
}
