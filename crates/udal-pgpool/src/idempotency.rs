//! Idempotency keys: a repeated create answers what the first one did, until the key is forgotten.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;
use tokio_postgres::Error as PgError;
use tokio_postgres::error::SqlState;
use udal_core::contract::Idempotency;
use udal_core::contract::refusal::key_used_otherwise;
use udal_core::model::Model;
use udal_core::record::Record;
use udal_core::{Error, ErrorKind, Result};
use udal_sql::{Param, Sql, Statement};

use crate::{Connection, Database, Failure, TenantDatabases, Transaction, read_text};

/// How often a key is taken that another forgets at the same instant.
const ATTEMPTS: usize = 5;
/// How many keys are forgotten by one statement.
const AT_ONCE: i64 = 1_000;
/// How long the making of the index may wait for those who use the table, who do not wait for it.
const INDEX_WITHIN: Duration = Duration::from_secs(60);

/// Makes the table of keys.
pub fn table() -> &'static str {
    "CREATE TABLE IF NOT EXISTS \"udal_idempotency\" (\
         \"model\" text COLLATE \"C\" NOT NULL, \"key\" text COLLATE \"C\" NOT NULL, \
         \"fingerprint\" text COLLATE \"C\" NOT NULL, \"answer\" text NOT NULL, \
         \"created_at\" timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (\"model\", \"key\"))"
}

/// Takes the key for `record` within the transaction; answers the earlier record where the key was taken.
///
/// Of two who come at one instant, the second waits until the first has committed.
///
/// # Errors
/// [`InvalidInput`](udal_core::ErrorKind::InvalidInput) where the key was taken for something else.
pub async fn claim(
    transaction: &Transaction<'_>,
    record: &Record,
    idempotency: &Idempotency,
) -> std::result::Result<Option<Record>, Failure> {
    for _ in 0..ATTEMPTS {
        match attempt(transaction, record, idempotency).await? {
            Claim::Taken => return Ok(None),
            Claim::Known(earlier) => return Ok(Some(*earlier)),
            // It was known when it was taken, and forgotten when it was read.
            Claim::Forgotten => {}
        }
    }
    Err(Failure::overtaken())
}

enum Claim {
    Taken,
    Known(Box<Record>),
    Forgotten,
}

async fn attempt(
    transaction: &Transaction<'_>,
    record: &Record,
    idempotency: &Idempotency,
) -> std::result::Result<Claim, Failure> {
    let Idempotency { key, fingerprint } = idempotency;
    let model = record.model();
    let mut sql = Sql::new();
    sql.push("INSERT INTO \"udal_idempotency\" (\"model\", \"key\", \"fingerprint\", \"answer\") VALUES (");
    let answer = record.to_json().to_string();
    sql.list([model.name(), key, fingerprint, &answer], |sql, text| {
        sql.param(Param::text(text));
    });
    sql.push(") ON CONFLICT DO NOTHING");
    if transaction.execute(&sql.finish()).await? == 1 {
        return Ok(Claim::Taken);
    }
    let mut sql = Sql::new();
    sql.push("SELECT \"fingerprint\", \"answer\" FROM \"udal_idempotency\" WHERE \"model\" = ");
    sql.param(Param::text(model.name())).push(" AND \"key\" = ").param(Param::text(key));
    let rows = transaction.query(&sql.finish()).await?;
    let Some(row) = rows.first() else { return Ok(Claim::Forgotten) };
    if read_text(row, 0)? != *fingerprint {
        return Err(key_used_otherwise().into());
    }
    Ok(Claim::Known(Box::new(replay(model, &read_text(row, 1)?)?)))
}

fn replay(model: &Arc<Model>, answer: &str) -> Result<Record> {
    let json: Json = serde_json::from_str(answer).map_err(Error::internal)?;
    let members = json.as_object().ok_or_else(|| Error::internal("a stored answer is not an object"))?;
    Record::from_members(model, members).map_err(|error| Error::internal(error.to_string()))
}

/// Forgets the keys that were taken longer ago than [`Idempotency::KEPT_FOR`], a thousand at a time; answers how many.
///
/// The index that it goes by is made where it is not there, while others go on to take keys: tenants of earlier releases have
/// none. Killed at any instant and done again, or by several at once, it goes on.
///
/// # Errors
/// What the database says.
pub async fn forget(databases: &TenantDatabases, database: &Database) -> Result<u64> {
    let done = forgotten(databases, database).await;
    match &done {
        Ok(0) => {}
        Ok(keys) => tracing::info!(%database, keys, "idempotency keys were forgotten"),
        Err(error) => tracing::error!(%database, %error, cause = error.source(), "idempotency keys were not forgotten"),
    }
    done
}

async fn forgotten(databases: &TenantDatabases, database: &Database) -> Result<u64> {
    let connection = match databases.maintain_of(database).await {
        Err(Failure::Missing(_)) => return Ok(0),
        connected => connected?,
    };
    if !index(&connection).await? {
        return Ok(0);
    }
    let mut keys = 0;
    loop {
        let gone = connection.execute(&forget_some()).await.map_err(Failure::from)?;
        keys += gone;
        if gone == 0 {
            return Ok(keys);
        }
    }
}

/// Two that forget at once take different keys; who repeats a create with one of them waits for an instant.
fn forget_some() -> Statement {
    let mut sql = Sql::new();
    sql.push("DELETE FROM \"udal_idempotency\" WHERE ctid = ANY (ARRAY(SELECT ctid FROM \"udal_idempotency\" ");
    sql.push("WHERE \"created_at\" < now() - make_interval(secs => ");
    sql.param(Param::int(i64::try_from(Idempotency::KEPT_FOR.as_secs()).unwrap_or(i64::MAX)));
    sql.push(") ORDER BY \"created_at\" LIMIT ").param(Param::int(AT_ONCE)).push(" FOR UPDATE SKIP LOCKED))");
    sql.finish()
}

/// Makes the index of times where it is not there; answers whether there is a table at all.
///
/// It is not made with the table: a table that is there would be locked meanwhile.
async fn index(connection: &Connection) -> Result<bool> {
    const FIND: &str = "SELECT x.indisvalid, EXISTS (SELECT FROM pg_stat_progress_create_index s \
        WHERE s.index_relid = x.indexrelid AND s.datname = current_database()) \
        FROM pg_class t LEFT JOIN pg_index x ON x.indexrelid = to_regclass('\"udal_idempotency_created_at\"') \
        WHERE t.oid = to_regclass('\"udal_idempotency\"')";
    const DROP: &str = "DROP INDEX CONCURRENTLY IF EXISTS \"udal_idempotency_created_at\"";
    const MAKE: &str = "CREATE INDEX CONCURRENTLY IF NOT EXISTS \"udal_idempotency_created_at\" \
        ON \"udal_idempotency\" (\"created_at\")";
    let find = Statement { text: FIND.to_owned(), params: Vec::new() };
    let rows = connection.query(&find).await.map_err(Failure::from)?;
    let Some(row) = rows.first() else { return Ok(false) };
    let is_valid: Option<bool> = row.try_get(0).map_err(Failure::from)?;
    let is_in_making: bool = row.try_get(1).map_err(Failure::from)?;
    if is_valid == Some(true) || is_in_making {
        return Ok(true);
    }
    let make = async {
        if is_valid == Some(false) {
            connection.batch(DROP).await?;
        }
        connection.batch(MAKE).await
    };
    match tokio::time::timeout(INDEX_WITHIN, make).await {
        Ok(Err(error)) if is_made_elsewhere(&error) => Ok(true),
        Ok(done) => Ok(done.map(|()| true).map_err(Failure::from)?),
        Err(_) => Err(Error::new(ErrorKind::Unavailable, "a long transaction uses the table of idempotency keys")
            .hint("end it, and maintain the tenant again")),
    }
}

/// Whether another makes the index at the same time: of two that wait for one another PostgreSQL lets one go on.
fn is_made_elsewhere(error: &PgError) -> bool {
    let of_others = [SqlState::UNIQUE_VIOLATION, SqlState::DUPLICATE_TABLE, SqlState::T_R_DEADLOCK_DETECTED];
    error.code().is_some_and(|code| of_others.contains(code))
}
