//! What queries answer at the command line: reports over tables, walks along links.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod support;

use serde_json::{Value as Json, json};
use support::Desk;

const CRM: &str = "crm";

/// Two accounts, their contacts, and what these are after.
fn fill(desk: &Desk, tenant: &str) {
    let create = |group: &str, model: &str, data: Json| {
        let data = data.to_string();
        desk.udal(&["record", "create", group, model, "--tenant", tenant, "--data", &data]).json();
    };
    for (key, amount) in [("big", 900), ("small", 10)] {
        let data = json!({"id": format!("AppCRMOpportunity/{key}"), "title": key, "amount": amount.to_string()});
        create(CRM, "AppCRMOpportunity", data);
    }
    for (key, opportunities, owner) in [("jane", vec!["big", "small"], "ann"), ("otto", vec!["small"], "bob")] {
        let links: Vec<String> = opportunities.iter().map(|key| format!("AppCRMOpportunity/{key}")).collect();
        let id = format!("AppCRMContact/{key}");
        create(CRM, "AppCRMContact", json!({"id": id, "name": key, "opportunities": links, "owned_by": owner}));
    }
    let contacts = ["AppCRMContact/jane", "AppCRMContact/otto"];
    create(CRM, "AppCRMAccount", json!({"id": "AppCRMAccount/acme-123", "name": "Acme", "contacts": contacts}));
}

fn ids(rows: &Json) -> Vec<&str> {
    rows.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect()
}

#[test]
fn linked_records_are_walked() {
    let desk = Desk::shared();
    fill(&desk, "t-walk");
    let start = "AppCRMAccount/acme-123";
    let traverse = |rest: &[&str]| {
        let fixed = ["query", "traverse", CRM, "AppCRMAccount", "--tenant", "t-walk", "--start", start];
        desk.udal(&[&fixed, rest].concat())
    };
    let found = traverse(&["--path", "contacts/opportunities", "--max-depth", "2"]).json();
    assert_eq!(ids(&found), ["AppCRMOpportunity/big", "AppCRMOpportunity/small"]);
    let way = json!([start, "contacts", "AppCRMContact/jane", "opportunities", "AppCRMOpportunity/big"]);
    assert_eq!((&found[0]["depth"], &found[0]["path"], &found[0]["title"]), (&json!(2), &way, &json!("big")));
    let some = traverse(&["--path", "contacts[name = \"otto\"]/opportunities"]).json();
    assert_eq!(ids(&some), ["AppCRMOpportunity/small"]);
    let mixed = traverse(&["--path", "contacts/opportunities?"]).json();
    assert_eq!(mixed[0]["record"]["name"], "jane", "records of several models are shown whole");
    assert!(traverse(&["--path", "contcats/opportunities"]).refused(3).contains("did you mean `contacts`?"));
    assert!(traverse(&["--path", "contacts/"]).refused(3).contains("position"));
    let ison = traverse(&["--path", "contacts", "--format", "ison"]).out();
    assert!(ison.starts_with("table.reached\n") && ison.contains("AppCRMContact/otto"), "{ison}");

    let path = ["query", "path", CRM, "AppCRMAccount", "--tenant", "t-walk", "--start", start, "--end"];
    let shortest = desk.udal(&[&path[..], &["AppCRMOpportunity/small"]].concat()).json();
    assert_eq!((shortest.as_array().unwrap().len(), &shortest[0]["length"]), (1, &json!(2)));
    let all = desk.udal(&[&path[..], &["AppCRMOpportunity/small", "--limit", "10"]].concat()).json();
    assert_eq!(all.as_array().unwrap().len(), 2, "{all}");
    desk.udal(&[&path[..], &["AppCRMOpportunity/none"]].concat()).refused(4);

    let around = ["query", "subgraph", CRM, "AppCRMAccount", "--tenant", "t-walk", "--root", start, "--depth", "2"];
    let graph = desk.udal(&around).json();
    assert_eq!(graph["nodes"]["AppCRMContact"].as_array().unwrap().len(), 2, "{graph}");
    assert_eq!(graph["edges"]["AppCRMContact_opportunities"].as_array().unwrap().len(), 3, "{graph}");
}

#[test]
fn what_is_hidden_is_not_crossed() {
    let desk = Desk::shared();
    fill(&desk, "t-hidden");
    let policies = desk.file(
        "walks.yaml",
        "users: {ann: }\nteams: {sales: {ownership: owner_only, members: {ann: [viewer]}}}\n\
         shares:\n  - {record: AppCRMAccount/acme-123, with: \"user:ann\", level: view}\n  \
         - {record: AppCRMOpportunity/small, with: \"user:ann\", level: view}\n",
    );
    desk.udal(&["access", "apply", policies.to_str().unwrap(), "--tenant", "t-hidden", "--yes"]).json();
    let start = "AppCRMAccount/acme-123";
    let traverse =
        ["query", "traverse", CRM, "AppCRMAccount", "--tenant", "t-hidden", "--user", "ann", "--start", start];
    let contacts = desk.udal(&[&traverse[..], &["--path", "contacts"]].concat()).json();
    assert_eq!(ids(&contacts), ["AppCRMContact/jane"]);
    // `small` is seen through Jane alone; `big`, which she leads to as well, is not shared.
    let seen = desk.udal(&[&traverse[..], &["--path", "contacts/opportunities"]].concat()).json();
    assert_eq!(ids(&seen), ["AppCRMOpportunity/small"]);
    assert_eq!(seen[0]["path"][2], "AppCRMContact/jane");
}

#[test]
fn tables_are_reported_on() {
    let desk = Desk::shared();
    for value in [1.0, 2.0, 6.0] {
        let data = json!({"test_type": "ph", "value": value, "created_at": "2026-03-02T00:00:00Z"}).to_string();
        desk.udal(&["record", "create", "lab", "AppLabResult", "--tenant", "t-report", "--data", &data]).json();
    }
    let report = ["query", "aggregate", "lab", "AppLabResult", "--tenant", "t-report", "--group-by", "test_type,month"];
    let metrics = ["--metric", "count=COUNT(*)", "--metric", "avg_value=AVG(value)"];
    let found = desk.udal(&[&report[..], &metrics[..]].concat()).json();
    assert_eq!(
        (&found[0]["test_type"], &found[0]["count"], &found[0]["avg_value"]),
        (&json!("ph"), &json!(3), &json!(3.0))
    );
    assert!(found[0]["month"].as_str().unwrap().starts_with("2026-03-01"), "{found}");
    // Each service names the other.
    let tables = [
        "query",
        "traverse",
        "lab",
        "AppLabResult",
        "--tenant",
        "t-report",
        "--start",
        "AppLabResult/1",
        "--path",
        "a",
    ];
    assert!(desk.udal(&tables).refused(3).contains("aggregate"));
    let documents = ["query", "aggregate", CRM, "AppCRMAccount", "--tenant", "t-report", "--metric", "count=COUNT(*)"];
    assert!(desk.udal(&documents).refused(3).contains("traverse"));
}

#[test]
fn tables_are_joined_and_ranked() {
    let desk = Desk::shared();
    let create = |model: &str, data: Json| {
        let data = data.to_string();
        desk.udal(&["record", "create", "lab", model, "--tenant", "t-join", "--data", &data]).json();
    };
    create("AppLabSample", json!({"id": "AppLabSample/1", "kind": "blood", "taken_on": "2026-03-01"}));
    for (key, value, sample) in [("a", 1.0, Some("AppLabSample/1")), ("b", 2.0, None), ("c", 3.0, None)] {
        let id = format!("AppLabResult/{key}");
        create("AppLabResult", json!({"id": id, "test_type": "ph", "value": value, "sample": sample}));
    }
    let join = ["query", "join", "--tenant", "t-join", "--table", "r=lab.AppLabResult"];
    let rest = ["--on", "r.sample = s.id", "--select", "r.value,kind=s.kind", "--order-by", "-r.value"];
    let inner = desk.udal(&[&join[..], &["--table", "s=lab.AppLabSample"], &rest[..]].concat()).json();
    assert_eq!(inner, json!([{"r.value": 1.0, "kind": "blood"}]));
    let left = desk.udal(&[&join[..], &["--table", "s=lab.AppLabSample", "--left", "s"], &rest[..]].concat()).json();
    let kinds: Vec<&Json> = left.as_array().unwrap().iter().map(|row| &row["kind"]).collect();
    assert_eq!(kinds, [&Json::Null, &Json::Null, &json!("blood")]);

    let window = ["query", "window", "lab", "AppLabResult", "--tenant", "t-join", "--select", "id"];
    let place = r#"place={"function":"row_number","partition_by":["test_type"],"order_by":"-value"}"#;
    let best = desk.udal(&[&window[..], &["--window", place, "--keep", r#"{"place":{"lte":1}}"#]].concat()).json();
    assert_eq!(best, json!([{"id": "AppLabResult/c", "place": 1}]));
}
