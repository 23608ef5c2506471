//! The same work by hand: what the bare driver needs for it.

use std::time::{Duration, SystemTime};

use serde::Serialize;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row};

/// The columns of a measurement, as Udal selects them.
pub(crate) const COLUMNS: &str = "\"id\", \"version\", \"created_at\", \"updated_at\", \"created_by\", \"owned_by\", \"assigned_to\", \
                                  \"team_id\", \"test_type\", \"value\", \"unit\", \"status\"";

/// A measurement, as one would write it by hand.
#[derive(Serialize)]
pub(crate) struct Measurement {
    id: String,
    test_type: String,
    value: f64,
    unit: Option<String>,
    status: Option<String>,
    version: i64,
    created_at: String,
    updated_at: String,
    created_by: Option<String>,
    owned_by: Option<String>,
    assigned_to: Vec<String>,
    team_id: Option<String>,
}

impl Measurement {
    pub(crate) fn read(row: &Row) -> Self {
        Measurement {
            id: row.get(0),
            version: row.get(1),
            created_at: time(row.get(2)),
            updated_at: time(row.get(3)),
            created_by: row.get(4),
            owned_by: row.get(5),
            assigned_to: row.get::<_, Option<Vec<String>>>(6).unwrap_or_default(),
            team_id: row.get(7),
            test_type: row.get(8),
            value: row.get(9),
            unit: row.get(10),
            status: row.get(11),
        }
    }
}

/// RFC 3339, by the library that Udal uses too.
fn time(at: SystemTime) -> String {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let micros = i64::try_from(since.as_micros()).unwrap();
    udal::value::Timestamp::from_micros(micros).unwrap().to_string()
}

pub(crate) async fn get(client: &Client, table: &str, id: &str) -> Option<Measurement> {
    let text = format!("SELECT {COLUMNS} FROM \"{table}\" WHERE \"id\" = $1");
    client.query_typed_opt(&text, &[(&id, Type::TEXT)]).await.unwrap().map(|row| Measurement::read(&row))
}

/// The same in a split table, by hand: the table of ids first.
pub(crate) async fn get_split(client: &Client, id: &str) -> Option<Measurement> {
    let ids = "SELECT \"created_at\" FROM \"lab_split__ids\" WHERE \"id\" = $1";
    let key: SystemTime = client.query_typed_opt(ids, &[(&id, Type::TEXT)]).await.unwrap()?.get(0);
    let text = format!("SELECT {COLUMNS} FROM \"lab_split\" WHERE \"id\" = $1 AND \"created_at\" = $2");
    let params: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 2] =
        [(&id, Type::TEXT), (&key, Type::TIMESTAMPTZ)];
    client.query_typed_opt(&text, &params).await.unwrap().map(|row| Measurement::read(&row))
}

pub(crate) async fn list(client: &Client, limit: i64) -> String {
    let text = format!("SELECT {COLUMNS} FROM \"lab_plain\" WHERE \"value\" > $1 ORDER BY \"id\" LIMIT $2");
    let params: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 2] =
        [(&20.0_f64, Type::FLOAT8), (&(limit + 1), Type::INT8)];
    let mut rows = client.query_typed(&text, &params).await.unwrap();
    rows.truncate(usize::try_from(limit).unwrap());
    let records: Vec<Measurement> = rows.iter().map(Measurement::read).collect();
    serde_json::to_string(&records).unwrap()
}
