//! Models and records for the tests.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::sync::{Arc, LazyLock};

use serde_json::json;
use udal_core::model::{Catalog, Model};
use udal_core::record::Record;

const CRM: &str = "\
group: crm
models:
  Account:
    fields:
      name: str
      status: Optional[enum[active, closed]]
      city: Optional[str]
      tags: Set[str]
      revenue: Optional[decimal]
  Note:
    fields:
      text: str
";
const LAB: &str = "group: lab\nmodels:\n  Sample:\n    storage: postgresql\n    fields:\n      kind: str\n      count: Optional[int]\n";

static CATALOG: LazyLock<Catalog> =
    LazyLock::new(|| udal_groups::load_texts(&[("crm.yaml", CRM), ("lab.yaml", LAB)]).unwrap());

pub(crate) fn catalog() -> Catalog {
    CATALOG.clone()
}

static ACCOUNTS: LazyLock<Vec<Record>> = LazyLock::new(make_accounts);

/// A record of every owner, team and status.
pub(crate) fn accounts() -> &'static [Record] {
    &ACCOUNTS
}

fn make_accounts() -> Vec<Record> {
    let model = CATALOG.model("crm", "Account").unwrap();
    let mut records = Vec::new();
    for owner in [None, Some("u0"), Some("u1"), Some("u2"), Some("u3")] {
        for team in [None, Some("t0"), Some("t1")] {
            for status in [None, Some("active"), Some("closed")] {
                let id = format!("Account/r{}", records.len());
                let assigned: &[&str] = if status.is_none() { &["u1"] } else { &[] };
                records.push(record(model, json!({
                    "id": id, "version": 1, "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
                    "name": "n", "status": status, "owned_by": owner, "team_id": team, "assigned_to": assigned,
                })));
            }
        }
    }
    records
}

fn record(model: &Arc<Model>, json: serde_json::Value) -> Record {
    Record::from_members(model, json.as_object().unwrap()).unwrap()
}
