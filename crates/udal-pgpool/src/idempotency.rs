//! Idempotency keys: a repeated create answers what the first one did.

use std::sync::Arc;

use serde_json::Value as Json;
use udal_core::contract::Idempotency;
use udal_core::contract::refusal::key_used_otherwise;
use udal_core::model::Model;
use udal_core::record::Record;
use udal_core::{Error, Result};
use udal_sql::{Param, Sql};

use crate::{Failure, Transaction, read_text};

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
        return Ok(None);
    }
    let mut sql = Sql::new();
    sql.push("SELECT \"fingerprint\", \"answer\" FROM \"udal_idempotency\" WHERE \"model\" = ");
    sql.param(Param::text(model.name())).push(" AND \"key\" = ").param(Param::text(key));
    let rows = transaction.query(&sql.finish()).await?;
    let row = rows.first().ok_or_else(|| Error::internal("an idempotency key vanished"))?;
    if read_text(row, 0)? != *fingerprint {
        return Err(key_used_otherwise().into());
    }
    Ok(Some(replay(model, &read_text(row, 1)?)?))
}

fn replay(model: &Arc<Model>, answer: &str) -> Result<Record> {
    let json: Json = serde_json::from_str(answer).map_err(Error::internal)?;
    let members = json.as_object().ok_or_else(|| Error::internal("a stored answer is not an object"))?;
    Record::from_members(model, members).map_err(|error| Error::internal(error.to_string()))
}
