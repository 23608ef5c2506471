//! Reads the shop's files, and writes them as records.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};
use udal::BatchRequest;

use crate::shop::Shop;

/// Where the data is, if it is there.
pub(crate) fn data_directory() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/chinook");
    let chosen = std::env::var_os("UDAL_CHINOOK").map_or(beside, PathBuf::from);
    chosen.join("Invoice.ndjson").exists().then_some(chosen)
}

/// How a file's members become a record's: `(member, field)`, with what the value becomes.
type Columns = &'static [(&'static str, &'static str, Kind)];

#[derive(Clone, Copy)]
enum Kind {
    Plain,
    Decimal,
    Day,
    Link(&'static str),
}

use Kind::{Day, Decimal, Link, Plain};

const FILES: [(&str, Columns); 9] = [
    ("Artist", &[("Name", "name", Plain)]),
    ("Album", &[("Title", "title", Plain), ("ArtistId", "artist", Link("Artist"))]),
    ("Genre", &[("Name", "name", Plain)]),
    ("MediaType", &[("Name", "name", Plain)]),
    (
        "Track",
        &[
            ("Name", "name", Plain),
            ("AlbumId", "album", Link("Album")),
            ("MediaTypeId", "media_type", Link("MediaType")),
            ("GenreId", "genre", Link("Genre")),
            ("Composer", "composer", Plain),
            ("Milliseconds", "milliseconds", Plain),
            ("Bytes", "bytes", Plain),
            ("UnitPrice", "unit_price", Decimal),
        ],
    ),
    (
        "Employee",
        &[
            ("FirstName", "first_name", Plain),
            ("LastName", "last_name", Plain),
            ("Title", "title", Plain),
            ("ReportsTo", "reports_to", Link("Employee")),
            ("Email", "email", Plain),
        ],
    ),
    (
        "Customer",
        &[
            ("FirstName", "first_name", Plain),
            ("LastName", "last_name", Plain),
            ("Company", "company", Plain),
            ("City", "city", Plain),
            ("Country", "country", Plain),
            ("Email", "email", Plain),
            ("SupportRepId", "support_rep", Link("Employee")),
        ],
    ),
    (
        "Invoice",
        &[
            ("CustomerId", "customer", Link("Customer")),
            ("InvoiceDate", "invoice_date", Day),
            ("BillingCity", "billing_city", Plain),
            ("BillingCountry", "billing_country", Plain),
            ("Total", "total", Decimal),
        ],
    ),
    (
        "InvoiceLine",
        &[
            ("InvoiceId", "invoice", Link("Invoice")),
            ("TrackId", "track", Link("Track")),
            ("UnitPrice", "unit_price", Decimal),
            ("Quantity", "quantity", Plain),
        ],
    ),
];

/// Whose the customers and invoices are: the employee's who supports the customer.
pub(crate) struct Owners {
    pub(crate) employees: Vec<Json>,
    by_customer: BTreeMap<i64, String>,
}

impl Owners {
    pub(crate) fn read(data: &Path) -> Self {
        let employees: Vec<Json> = rows(data, "Employee").into_iter().map(Json::Object).collect();
        let number = |row: &Map<String, Json>, member: &str| row[member].as_i64().unwrap();
        let owner =
            |row: &Map<String, Json>| (number(row, "CustomerId"), user(&employees, number(row, "SupportRepId")));
        let by_customer = rows(data, "Customer").iter().map(owner).collect();
        Owners { employees, by_customer }
    }

    fn own(&self, model: &str, row: &Map<String, Json>, record: &mut Json) {
        if ["Customer", "Invoice"].contains(&model) {
            record["owned_by"] = json!(self.by_customer[&row["CustomerId"].as_i64().unwrap()]);
        }
    }
}

/// The id that the platform knows an employee by: the address.
pub(crate) fn user(employees: &[Json], number: i64) -> String {
    let found = employees.iter().find(|row| row["EmployeeId"] == json!(number)).unwrap();
    found["Email"].as_str().unwrap().to_owned()
}

/// Imports every file.
pub(crate) async fn everything(shop: &Shop, data: &Path, owners: &Owners) {
    for (model, columns) in FILES {
        let owned = |row: &Map<String, Json>| {
            let mut record = record(model, columns, row);
            owners.own(model, row, &mut record);
            record
        };
        let records = rows(data, model).iter().map(owned).collect();
        write(shop, model, records).await;
    }
    write(shop, "Playlist", playlists(data)).await;
}

async fn write(shop: &Shop, model: &str, records: Vec<Json>) {
    let expected = records.len() as u64;
    let answer = shop.records(model).batch_create(&shop.ctx, BatchRequest::from_items(records)).await.unwrap();
    assert_eq!((answer.created, answer.failures.len()), (expected, 0), "{model}");
}

fn playlists(data: &Path) -> Vec<Json> {
    let mut tracks: BTreeMap<i64, Vec<Json>> = BTreeMap::new();
    for entry in rows(data, "PlaylistTrack") {
        tracks.entry(entry["PlaylistId"].as_i64().unwrap()).or_default().push(id("Track", &entry["TrackId"]));
    }
    let playlist = |row: &Map<String, Json>| {
        let number = row["PlaylistId"].as_i64().unwrap();
        json!({"id": format!("Playlist/{number}"), "name": row["Name"], "tracks": tracks.get(&number).cloned().unwrap_or_default()})
    };
    rows(data, "Playlist").iter().map(playlist).collect()
}

fn record(model: &str, columns: Columns, row: &Map<String, Json>) -> Json {
    let mut members = Map::new();
    members.insert("id".to_owned(), id(model, &row[&format!("{model}Id")]));
    for (member, field, kind) in columns {
        members.insert((*field).to_owned(), value(&row[*member], *kind));
    }
    Json::Object(members)
}

fn value(json: &Json, kind: Kind) -> Json {
    match (json, kind) {
        (Json::Null, _) => Json::Null,
        (json, Plain) => json.clone(),
        (json, Decimal) => json!(json.to_string()),
        (json, Day) => json!(json.as_str().unwrap()[..10]),
        (json, Link(model)) => id(model, json),
    }
}

fn id(model: &str, key: &Json) -> Json {
    json!(format!("{model}/{key}"))
}

fn rows(data: &Path, file: &str) -> Vec<Map<String, Json>> {
    let text = std::fs::read_to_string(data.join(format!("{file}.ndjson"))).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
