//! What child and parent agree on: the models of two releases, and the records of each.

use std::path::Path;

use serde_json::{Value as Json, json};
use udal::value::{Date, Timestamp};
use udal::{Durability, MigrationRequest, StartError, TenantSlug, Udal};

const FIRST: &str = "
group: changing
models:
  Sample:
    storage: postgresql
    table_name: samples
    fields: {value: int, kind: 'enum[a, b]'}
  Reading:
    storage: postgresql
    table_name: readings
    partition_by: taken
    partition_interval: month
    fields: {value: int, taken: datetime}
";

const LATER: &str = "
group: changing
models:
  Sample:
    storage: postgresql
    table_name: samples
    indexes: [[kind, value]]
    fields: {value: int, kind: 'enum[a, b, c]', note: 'Optional[str]', tags: 'Set[str]'}
  Reading:
    storage: postgresql
    table_name: readings
    partition_by: taken
    partition_interval: month
    indexes: [[value]]
    fields: {value: int, taken: datetime, unit: 'Optional[str]'}
  Trace:
    storage: postgresql
    table_name: traces
    partition_by: taken
    partition_interval: day
    retention: 30 days
    fields: {value: int, taken: datetime}
";

/// The models of the first release that have records, and the one of the later.
pub(crate) const FIRST_MODELS: [&str; 2] = ["Sample", "Reading"];
/// How many records a batch has.
const RECORDS: u64 = 60;
/// How many of the days of traces are within `retention`, and how many before.
const DAYS: i32 = 3;

#[derive(Clone, Copy)]
pub(crate) enum Release {
    First,
    Later,
}

pub(crate) async fn open(data_dir: &Path, release: Release) -> Result<Udal, StartError> {
    let text = match release {
        Release::First => FIRST,
        Release::Later => LATER,
    };
    let catalog = udal::load_texts(&[("changing.yaml", text)]).unwrap();
    Udal::builder().catalog(catalog).data_dir(data_dir).durability(Durability::Full).start().await
}

pub(crate) fn slug(tenant: &str) -> TenantSlug {
    TenantSlug::new(tenant).unwrap()
}

pub(crate) fn today() -> Date {
    Timestamp::now().date()
}

/// The migration of one tenant.
pub(crate) fn migration(tenant: &str) -> MigrationRequest {
    MigrationRequest { tenants: vec![slug(tenant)], ..MigrationRequest::default() }
}

/// The records of a model, the same each time.
pub(crate) fn records(model: &str) -> Vec<Json> {
    (0..RECORDS)
        .map(|number| {
            let mut record = json!({"id": format!("{model}/{number}"), "value": number});
            match model {
                "Sample" => record["kind"] = json!(if number % 2 == 0 { "a" } else { "b" }),
                "Reading" => record["taken"] = json!(format!("2024-{:02}-15T12:00:00Z", 1 + number % 4)),
                _ => record["taken"] = json!(format!("{}T00:00:00Z", day(number))),
            }
            record
        })
        .collect()
}

/// Whether the record of that number is kept when the tenant is maintained.
pub(crate) fn is_kept(model: &str, number: u64) -> bool {
    model != "Trace" || number.is_multiple_of(2)
}

pub(crate) fn count(model: &str) -> usize {
    (0..RECORDS).filter(|number| is_kept(model, *number)).count()
}

fn day(number: u64) -> Date {
    let back = i32::try_from(number / 2).unwrap() % DAYS;
    let back = if is_kept("Trace", number) { back } else { 40 + back };
    Date::from_days(today().as_days() - back).unwrap()
}
