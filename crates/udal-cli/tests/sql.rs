//! SQL of the asker's own, from the command line.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod support;

use serde_json::json;
use support::Desk;

const POLICIES: &str = "\
users:
  ada:
  bob:
roles:
  analyst: {permissions: [lab.*.view, query:raw_sql]}
teams:
  north: {members: {ada: [analyst], bob: [admin]}}
fields:
  - {field: lab.AppLabResult.value, visibility: hidden, except: [role:admin]}
";

#[test]
fn a_select_is_answered_as_whoever_asks_may_see() {
    let desk = Desk::shared();
    desk.udal(&["tenant", "create", "select"]).json();
    for (number, team) in [(1, "north"), (2, "north"), (3, "south")] {
        let data =
            json!({"id": format!("AppLabResult/{number}"), "test_type": "glucose", "value": number, "team_id": team})
                .to_string();
        desk.udal(&["record", "create", "lab", "AppLabResult", "--tenant", "select", "--data", &data]).json();
    }
    let file = desk.file("select.yaml", POLICIES);
    desk.udal(&["access", "apply", file.to_str().unwrap(), "--yes", "--tenant", "select"]).json();
    let ask =
        |sql: &str, rest: &[&str]| desk.udal(&[&["query", "sql", "--tenant", "select", "--sql", sql], rest].concat());

    let sums = "SELECT count(*) AS n, sum(value) AS total FROM AppLabResult WHERE test_type = $1 AND created_at > $2";
    let params = ["--param", "glucose", "--param", "2024-01-01T00:00:00Z"];
    assert_eq!(ask(sums, &params).json(), json!([{"n": 3, "total": 6.0}]));
    let ids = "SELECT id FROM AppLabResult WHERE id = ANY ($1) ORDER BY id";
    let some = ["--param", "[\"AppLabResult/2\", \"AppLabResult/3\"]"];
    assert_eq!(ask(ids, &some).json().as_array().map(Vec::len), Some(2));
    assert_eq!(ask(ids, &[&some[..], &["--user", "ada"]].concat()).json(), json!([{"id": "AppLabResult/2"}]));
    // Hidden from ada; bob may do everything with records, but was not given this.
    let hidden = ask(sums, &[&params[..], &["--user", "ada"]].concat());
    assert!(hidden.code() != 0 && hidden.err().contains("there is no column `value`"), "{}", hidden.err());
    let denied = ask(ids, &[&some[..], &["--user", "bob"]].concat());
    assert!(denied.code() != 0 && denied.err().contains("`query:raw_sql`"), "{}", denied.err());
    let refused = ask("SELECT pg_sleep(1)", &[]);
    assert!(refused.code() != 0 && refused.err().contains("line 1, column 8"), "{}", refused.err());
}
