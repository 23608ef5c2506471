//! Commands over a configured TerminusDB server: the one at `UDAL_TERMINUSDB_URL`; without it there is nothing to test.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::panic,
    reason = "a test that cannot go on fails, and says what it leaves out"
)]

mod support;

use std::fs;
use std::process::Command;

use serde_json::{Value as Json, json};
use support::scratch;

struct Site {
    directory: tempfile::TempDir,
    password: String,
}

impl Site {
    fn udal(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_udal"));
        let output = command
            .args(arguments)
            .current_dir(self.directory.path())
            .env("UDAL_TEST_GRAPH_PASSWORD", &self.password)
            .env_remove("UDAL_CONFIG")
            .env_remove("UDAL_DATABASE_URL")
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }

    fn json(&self, arguments: &[&str]) -> Json {
        let (code, out, err) = self.udal(arguments);
        assert_eq!(code, 0, "{arguments:?}: {err}");
        serde_json::from_str(&out).unwrap()
    }
}

/// A directory with a configuration that leads to the server; none where there is no server.
fn site() -> Option<Site> {
    let Ok(url) = std::env::var("UDAL_TERMINUSDB_URL") else {
        eprintln!("skipped: UDAL_TERMINUSDB_URL names no server");
        return None;
    };
    let password = std::env::var("UDAL_TERMINUSDB_PASSWORD").unwrap_or_else(|_| "root".to_owned());
    let directory = scratch();
    let prefix = format!("t{}_", std::process::id());
    let groups = support::repository().join("groups");
    let text = format!(
        "groups = {groups:?}\ndata_dir = \"data\"\n[postgresql]\ntenant_prefix = \"{prefix}\"\n\
         [terminusdb.servers.east]\nurl = {url:?}\npassword_env = \"UDAL_TEST_GRAPH_PASSWORD\"\n"
    );
    fs::write(directory.path().join("udal.toml"), text).unwrap();
    Some(Site { directory, password })
}

const ACCOUNTS: [&str; 4] = ["crm", "AppCRMAccount", "--tenant", "live"];

fn record<'a>(verb: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    [&["record", verb], &ACCOUNTS[..], rest].concat()
}

#[test]
fn records_are_kept_on_the_server_that_the_configuration_names() {
    let Some(site) = site() else { return };
    assert_eq!(site.json(&["tenant", "create", "live"]), json!({"tenant": "live", "created": true}));
    let tenant = json!({"tenant": "live", "server": "default", "graph_server": "east", "state": "active"});
    assert_eq!(site.json(&["tenant", "list"]), json!([tenant]));
    let data = r#"{"id": "AppCRMAccount/a1", "name": "Acme North", "city": "Berlin"}"#;
    assert_eq!(site.json(&record("create", &["--data", data]))["version"], 1);
    let changed = site.json(&record("update", &["AppCRMAccount/a1", "--data", r#"{"city": "Bonn"}"#]));
    assert_eq!((&changed["city"], &changed["version"]), (&json!("Bonn"), &json!(2)));
    assert_eq!(site.json(&record("count", &["--filter", r#"{"city": "Bonn"}"#])), json!({"count": 1}));
    assert_eq!(site.json(&record("search", &["acme"])).as_array().unwrap().len(), 1);
    assert_eq!(site.json(&record("list", &["--order-by", "-city"])).as_array().unwrap().len(), 1);
    let id = "AppCRMAccount/a1";
    let history = site.json(&record("history", &[id]));
    let [newest, oldest] = history.as_array().unwrap().as_slice() else { panic!("two versions: {history}") };
    assert_eq!((&newest["record"]["city"], &oldest["record"]["city"]), (&json!("Bonn"), &json!("Berlin")));
    let (old, new) = (oldest["commit"].as_str().unwrap(), newest["commit"].as_str().unwrap());
    assert_eq!(site.json(&record("get", &[id, "--at", old])), oldest["record"]);
    assert_eq!(site.json(&record("get", &[id, "--at", newest["at"].as_str().unwrap()])), newest["record"]);
    let diff = site.json(&record("diff", &[id, old, new]));
    assert!(diff.as_array().unwrap().contains(&json!({"field": "city", "from": "Berlin", "to": "Bonn"})), "{diff}");
    let (code, _, err) = site.udal(&record("get", &[id, "--at", "2001-01-01T00:00:00Z"]));
    assert_eq!(code, 4, "{err}");
    let dropped = site.json(&["tenant", "drop", "live", "--yes"]);
    let servers: Vec<&str> =
        dropped["databases"].as_array().unwrap().iter().map(|at| at["server"].as_str().unwrap()).collect();
    assert_eq!(servers, ["default", "east"]);
    assert_eq!(site.json(&["tenant", "list"]), json!([]));
}

#[test]
fn a_wrong_password_is_named_and_not_shown() {
    let Some(mut site) = site() else { return };
    site.password = "hunter2".to_owned();
    let (code, out, err) = site.udal(&record("count", &[]));
    assert_eq!(code, 7, "{err}");
    assert!(err.contains("check the credentials"), "{err}");
    assert!(!format!("{out}{err}").contains("hunter2"), "{err}");
}
