//! What the commands answer, and how they end.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod support;

use serde_json::json;
use support::{Desk, command, run};

const LAB: [&str; 2] = ["lab", "AppLabResult"];

fn record<'a>(verb: &'a str, model: [&'a str; 2], tenant: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    [&["record", verb, model[0], model[1], "--tenant", tenant], rest].concat()
}

#[test]
fn partitions_are_made_ahead() {
    let desk = Desk::shared();
    desk.udal(&record(
        "create",
        LAB,
        "t-due",
        &["--data", r#"{"test_type":"ph","created_at":"2020-02-03T00:00:00Z"}"#],
    ))
    .json();
    let done = desk.udal(&["tenant", "maintain", "t-due"]).json();
    assert_eq!(done[0]["model"], "AppLabResult");
    assert_eq!((done[0]["ahead"].as_array().unwrap().len(), &done[0]["dropped"]), (4, &json!([])));
    assert!(desk.udal(&["tenant", "maintain", "t-dew"]).refused(4).contains("did you mean `t-due`?"));
}

#[test]
fn tenants_are_created_listed_and_dropped() {
    let desk = Desk::shared();
    assert_eq!(desk.udal(&["tenant", "create", "t-one"]).json(), json!({"tenant": "t-one", "created": true}));
    assert_eq!(desk.udal(&["tenant", "create", "t-one"]).json(), json!({"tenant": "t-one", "created": false}));
    let listed = json!({"tenant": "t-one", "server": "default", "graph_server": "", "state": "active"});
    assert!(desk.udal(&["tenant", "list"]).json().as_array().unwrap().contains(&listed));
    let csv = desk.udal(&["tenant", "list", "--format", "csv"]).out();
    assert!(csv.starts_with("tenant,server,graph_server,state") && csv.contains("\nt-one,default,,active"), "{csv}");
    assert!(desk.udal(&["tenant", "list", "--format", "table"]).out().contains("t-one"));
    let refused = desk.udal(&["tenant", "create", "t-one", "--server", "east"]).refused(3);
    assert!(refused.contains("there is no server `east` in the configuration"), "{refused}");
    assert!(desk.udal(&["tenant", "create", "t-two", "--server", "No"]).refused(3).contains("cannot name a server"));
    let kept = desk.udal(&["tenant", "drop", "t-one"]).refused(3);
    assert!(kept.contains("hint: say `udal tenant drop t-one --yes`"), "{kept}");
    let near = desk.udal(&["tenant", "drop", "t-onee", "--yes"]).refused(4);
    assert!(near.contains("there is no tenant `t-onee`") && near.contains("did you mean `t-one`?"), "{near}");
    let dropped = desk.udal(&["tenant", "drop", "t-one", "--yes"]).json();
    assert_eq!((&dropped["tenant"], &dropped["dropped"]), (&json!("t-one"), &json!(true)));
    let proof = &dropped["databases"][0];
    assert_eq!((&proof["server"], &proof["database"]), (&json!("default"), &json!("sqh_tenant_t-one")));
    assert!(proof["oid"].as_u64().unwrap() > 0 && proof["verified_at"].as_str().unwrap().ends_with('Z'), "{proof}");
    assert!(!desk.udal(&["tenant", "list"]).json().as_array().unwrap().contains(&listed));
}

#[test]
fn slugs_that_are_refused() {
    let desk = Desk::shared();
    let long = "a".repeat(64);
    for slug in ["../x", "A B", "", "-a", "a\u{e9}", "postgres", "a;drop database x", long.as_str()] {
        let said = desk.udal(&["tenant", "create", slug]).refused(3);
        assert!(said.contains("cannot name a tenant"), "{said}");
        let said = desk.udal(&record("list", LAB, slug, &[])).refused(3);
        assert!(said.contains("cannot name a tenant"), "{said}");
    }
}

#[test]
fn records_of_both_storages_are_written_and_read_alike() {
    let desk = Desk::shared();
    let models = [
        (
            LAB,
            "AppLabResult/one",
            r#"{"id":"AppLabResult/one","test_type":"ph"}"#,
            r#"{"test_type":"tsh"}"#,
            "test_type",
        ),
        (
            ["crm", "AppCRMContact"],
            "AppCRMContact/one",
            r#"{"id":"AppCRMContact/one","name":"ph"}"#,
            r#"{"name":"tsh"}"#,
            "name",
        ),
    ];
    for (model, id, data, change, field) in models {
        let tenant = "t-both";
        assert_eq!(desk.udal(&record("get", model, tenant, &[id])).code(), 4);
        let created = desk.udal(&record("create", model, tenant, &["--data", data])).json();
        assert_eq!((&created["id"], &created["version"], &created[field]), (&json!(id), &json!(1), &json!("ph")));
        let again = desk.udal(&record("create", model, tenant, &["--data", data])).refused(5);
        assert!(again.contains(id), "{again}");
        let updated = desk.udal(&record("update", model, tenant, &[id, "--data", change, "--if-version", "1"])).json();
        assert_eq!((&updated["version"], &updated[field]), (&json!(2), &json!("tsh")));
        let stale =
            desk.udal(&record("update", model, tenant, &[id, "--data", change, "--if-version", "1"])).refused(5);
        assert!(stale.contains("hint: "), "{stale}");
        assert_eq!(desk.udal(&record("get", model, tenant, &[id])).json(), updated);
        let filter = format!("{{\"{field}\":{{\"starts_with\":\"ts\"}}}}");
        assert_eq!(desk.udal(&record("list", model, tenant, &["--filter", &filter])).json(), json!([updated]));
        assert_eq!(desk.udal(&record("search", model, tenant, &["TSH", "--fields", field])).json(), json!([updated]));
        assert_eq!(desk.udal(&record("count", model, tenant, &["--filter", &filter])).json(), json!({"count": 1}));
        assert_eq!(desk.udal(&record("delete", model, tenant, &[id])).json(), json!({"id": id, "deleted": true}));
        desk.udal(&record("delete", model, tenant, &[id])).refused(4);
        desk.udal(&record("update", model, tenant, &[id, "--data", change])).refused(4);
    }
}

#[test]
fn links_are_checked() {
    let desk = Desk::shared();
    let account = ["crm", "AppCRMAccount"];
    let data = r#"{"id":"AppCRMAccount/a","name":"A","contacts":["AppCRMContact/nobody"]}"#;
    let broken = desk.udal(&record("create", account, "t-links", &["--data", data])).refused(3);
    assert!(broken.contains("`contacts"), "{broken}");
    desk.udal(&record("create", account, "t-links", &["--data", r#"{"id":"AppCRMAccount/a","name":"A"}"#])).json();
    let child = r#"{"id":"AppCRMAccount/b","name":"B","parent":"AppCRMAccount/a"}"#;
    desk.udal(&record("create", account, "t-links", &["--data", child])).json();
    desk.udal(&record("delete", account, "t-links", &["AppCRMAccount/a"])).refused(5);
}

#[test]
fn every_field_error_is_named_at_once() {
    let desk = Desk::shared();
    let data = r#"{"test_typ":"ph","value":"7,2","status":"done","flags":"high"}"#;
    let said = desk.udal(&record("create", LAB, "t-errors", &["--data", data])).refused(3);
    assert_eq!(
        said,
        "error: the record is not a valid `AppLabResult`\n  \
         `flags`: expected an array, got the string `high`\n  \
         `status`: `done` is not one of `pending`, `final`, `corrected`, `failed`\n  \
         `test_typ`: `AppLabResult` has no such field (did you mean `test_type`?)\n  \
         `value`: expected a number, got the string `7,2`\n  \
         `test_type`: a value is required, of type str\n  \
         hint: mend the fields listed\n"
    );
    let said = desk.udal(&record("create", LAB, "t-errors", &["--data", data, "--format", "json"])).refused(3);
    let error = serde_json::from_str::<serde_json::Value>(&said).unwrap();
    assert_eq!(error["error"]["code"], "invalid_input");
    let fields: Vec<&str> =
        error["error"]["fields"].as_array().unwrap().iter().map(|field| field["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["flags", "status", "test_typ", "value", "test_type"]);
}

#[test]
fn input_that_is_refused() {
    let desk = Desk::shared();
    let tenant = "t-refused";
    let create = |data: &str| desk.udal_with_input(&record("create", LAB, tenant, &["--data", "-"]), data.as_bytes());
    let huge = format!(r#"{{"test_type":"{}"}}"#, "x".repeat(10 << 20));
    for (data, said) in [
        (huge.as_str(), "the most is 1048576"),
        (r#"{"test_type":"a\u0000b"}"#, "U+0000"),
        (r#"{"test_type":"ph","value":NaN}"#, "--data is not JSON"),
        (r#"{"test_type":"ph","value":9007199254740993}"#, "cannot be kept exactly in a float"),
        ("[1]", "is a JSON object"),
        ("", "--data is not JSON"),
    ] {
        let refused = create(data).refused(3);
        assert!(refused.contains(said), "{said}: {refused}");
    }
    let data = r#"{"name":"a","employees":9223372036854775808}"#;
    let large = desk.udal(&record("create", ["crm", "AppCRMAccount"], tenant, &["--data", data])).refused(3);
    assert!(large.contains("9223372036854775808 does not fit an integer of 64 bits"), "{large}");
    let binary = desk.udal_with_input(&record("create", LAB, tenant, &["--data", "-"]), b"\xff\xfe").refused(3);
    assert!(binary.contains("standard input is not UTF-8"), "{binary}");
    let deep = format!("{}{}", r#"{"not":"#.repeat(1_000), "}".repeat(1_000));
    desk.udal(&record("list", LAB, tenant, &["--filter", &deep])).refused(3);
    for (arguments, said) in [
        (vec!["record", "list", "lab", "AppLabResul", "--tenant", tenant], "did you mean `AppLabResult`?"),
        (vec!["record", "list", "labb", "AppLabResult", "--tenant", tenant], "did you mean `lab`?"),
        (vec!["record", "list", "crm", "AppLabResult", "--tenant", tenant], "it is in group `lab`"),
        (record("list", LAB, tenant, &["--filter", r#"{"valu":1}"#]), "did you mean `value`?"),
        (record("list", LAB, tenant, &["--order-by", "-valeu"]), "did you mean `value`?"),
        (record("list", LAB, tenant, &["--limit", "0"]), "limit"),
        (record("list", LAB, tenant, &["--limit", "100001"]), "limit"),
        (record("list", LAB, tenant, &["--cursor", "oops"]), "cursor"),
        (record("search", LAB, tenant, &["ph", "--fields", "value"]), "`value`"),
    ] {
        let refused = desk.udal(&arguments).refused(3);
        assert!(refused.contains(said), "{said}: {refused}");
    }
}

#[test]
fn lists_go_on_with_a_cursor_and_exports_hold_everything() {
    let desk = Desk::shared();
    let tenant = "t-pages";
    let rows: Vec<String> =
        (0..7).map(|at| format!(r#"{{"id":"AppLabResult/{at}","test_type":"ph","value":{at}}}"#)).collect();
    desk.udal_with_input(&record("import", LAB, tenant, &["-"]), rows.join("\n").as_bytes()).json();
    let mut seen = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut arguments = record("list", LAB, tenant, &["--order-by", "-value", "--limit", "3"]);
        if let Some(cursor) = &cursor {
            arguments.extend(["--cursor", cursor]);
        }
        let answer = desk.udal(&arguments);
        seen.extend(answer.json().as_array().unwrap().iter().map(|record| record["value"].as_i64().unwrap_or(-1)));
        let said = answer.err();
        cursor = said.trim_end().strip_prefix("more records follow; go on with --cursor ").map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    let all = desk.udal(&record("list", LAB, tenant, &["--all", "--order-by", "-value", "--format", "csv"]));
    assert_eq!(all.code(), 0);
    let out = all.out();
    let ids: Vec<&str> = out.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(ids, ["6", "5", "4", "3", "2", "1", "0"].map(|at| format!("AppLabResult/{at}")));
    assert_eq!(seen.len(), 7);
    let lines = desk.udal(&record("list", LAB, tenant, &["--all", "--format", "ndjson"])).out();
    assert_eq!(lines.lines().count(), 7);
    let other = desk.udal(&record("list", LAB, tenant, &["--order-by", "-value", "--limit", "3"])).err();
    let cursor = other.trim_end().rsplit(' ').next().unwrap();
    desk.udal(&record("list", LAB, tenant, &["--order-by", "value", "--cursor", cursor])).refused(3);
}

#[test]
fn a_repeated_create_answers_what_the_first_did() {
    let desk = Desk::shared();
    let create = || {
        let arguments = ["--data", r#"{"test_type":"ph"}"#, "--idempotency-key", "order-17"];
        desk.udal(&record("create", LAB, "t-again", &arguments))
    };
    let first = create();
    let second = create();
    assert_eq!(first.json(), second.json());
    assert_eq!((first.err().as_str(), second.err().starts_with("note: ")), ("", true));
    assert_eq!(desk.udal(&record("count", LAB, "t-again", &[])).json(), json!({"count": 1}));
}

#[test]
fn a_mistyped_tenant_is_noticed() {
    let desk = Desk::shared();
    desk.udal(&["tenant", "create", "t-typing"]).json();
    let answer = desk.udal(&record("count", LAB, "t-typin", &[]));
    assert_eq!(answer.json(), json!({"count": 0}));
    assert_eq!(answer.err(), "note: there is no tenant `t-typin`; did you mean `t-typing`?\n");
}

#[test]
fn formats() {
    let desk = Desk::shared();
    let tenant = "t-formats";
    desk.udal(&record("create", LAB, tenant, &["--data", r#"{"id":"AppLabResult/1","test_type":"a\u001b[31mb"}"#]))
        .json();
    let table = desk.udal(&record("list", LAB, tenant, &["--format", "table"])).out();
    assert!(table.contains("│ AppLabResult/1 ┆ a\\u{1b}[31mb ┆"), "{table}");
    let one = desk.udal(&record("get", LAB, tenant, &["AppLabResult/1", "--format", "table"])).out();
    assert!(one.lines().any(|line| line.starts_with("│ test_type ") && line.contains("a\\u{1b}[31mb")), "{one}");
    let wrong = desk.udal(&record("list", LAB, tenant, &["--format", "xml"]));
    assert_eq!(wrong.code(), 2);
    assert!(wrong.err().contains("[possible values: table, json, csv, ndjson, ison, ison_table]"), "{}", wrong.err());
}

#[test]
fn ison() {
    let desk = Desk::shared();
    let tenant = "t-ison";
    for (id, kind) in [("1", "ph value"), ("2", "tsh")] {
        let data = json!({"id": format!("AppLabResult/{id}"), "test_type": kind, "value": 7}).to_string();
        desk.udal(&record("create", LAB, tenant, &["--data", &data])).json();
    }
    let list =
        |options: &[&str]| desk.udal(&record("list", LAB, tenant, &[&["--order-by", "id"], options].concat())).out();
    let plain = list(&["--format", "ison"]);
    let lines: Vec<&str> = plain.lines().collect();
    assert!(lines[1].starts_with("id test_type value unit "), "{plain}");
    assert!(lines[2].starts_with("AppLabResult/1 \"ph value\" 7.0 null "), "{plain}");
    assert_eq!((lines[0], lines.len()), ("table.AppLabResult", 4));
    let compact = list(&["--ison", "compact,times=days"]);
    assert!(compact.lines().nth(1).unwrap().starts_with("id test_type value version created_at "), "{compact}");
    assert_eq!(compact, list(&["--ison", "compact,times=days", "--format", "ison"]));
    assert_eq!(compact, list(&["--ison", "compact,times=days", "--all"]));
    let picture = list(&["--format", "ison_table", "--ison", "compact"]);
    assert!(picture.starts_with("@AppLabResult\nid             | test_type | value | version | "), "{picture}");
    let found = desk.udal(&record("search", LAB, tenant, &["tsh", "--format", "ison"])).out();
    assert_eq!(found, format!("{}\n{}\n{}\n", lines[0], lines[1], lines[3]));
    assert_eq!(desk.udal(&record("get", LAB, tenant, &["AppLabResult/2", "--format", "ison"])).out(), found);
    let mut by_environment = command(&record("get", LAB, tenant, &["AppLabResult/2"]));
    by_environment.env("UDAL_DATA_DIR", desk.data_dir()).env("UDAL_FORMAT", "ison");
    assert_eq!(run(by_environment, b"").out(), found);
    let mut despite_environment = command(&record("get", LAB, tenant, &["AppLabResult/2", "--ison", "plain"]));
    despite_environment.env("UDAL_DATA_DIR", desk.data_dir()).env("UDAL_FORMAT", "csv");
    assert_eq!(run(despite_environment, b"").out(), found);
    let count = desk.udal(&record("count", LAB, tenant, &["--format", "ison"])).out();
    assert_eq!(count, "table.answer\ncount\n2\n");
    let created = desk.udal(&["tenant", "create", tenant, "--format", "ison"]).out();
    assert_eq!(created, "table.answer\ntenant created\nt-ison false\n");
    let models = desk.udal(&["model", "list", "--format", "ison"]).out();
    assert!(models.contains("\nlab AppLabResult postgresql \""), "{models}");
    for (options, said) in [
        (["--ison", "compact", "--format", "json"], "--format json does not go with it"),
        (["--ison", "compct", "--format", "ison"], "did you mean `compact`?"),
    ] {
        let refused = desk.udal(&record("list", LAB, tenant, &options));
        assert!(refused.code() == 2 && refused.err().contains(said), "{}", refused.err());
    }
}

#[test]
fn models_are_checked_and_shown_without_a_server() {
    let answer = |arguments: &[&str]| run(command(arguments), b"");
    assert_eq!(answer(&["model", "check", "groups/"]).json(), json!({"groups": 2, "models": 6, "errors": []}));
    assert_eq!(answer(&["model", "check", "groups/", "--format", "table"]).out(), "2 groups, 6 models, no errors\n");
    let broken = "crates/udal-groups/tests/broken/many";
    let expected = std::fs::read_to_string(support::repository().join(broken).join("expected.txt")).unwrap();
    let said = answer(&["model", "check", broken]).refused(3);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), expected.lines().count() + 1, "{said}");
    for (line, expected) in lines.iter().zip(expected.lines()) {
        assert_eq!(*line, format!("{broken}/{expected}"));
    }
    let listed = answer(&["model", "check", broken, "--format", "json"]);
    assert_eq!((listed.code(), listed.any_json()["errors"][0]["line"].as_u64()), (3, Some(2)));
    let shown = answer(&["model", "show", "lab", "AppLabResult"]).json();
    assert_eq!(shown["storage"]["partition_by"], "created_at");
    assert!(
        answer(&["model", "show", "lab", "AppLabResult", "--format", "table"]).out().contains("a partition a month")
    );
    assert!(answer(&["model", "show", "lab", "AppLabReslt"]).refused(3).contains("did you mean `AppLabResult`?"));
    assert!(
        answer(&["model", "list", "--groups", "nowhere"]).refused(3).contains("nowhere: this directory cannot be read")
    );
}

#[test]
fn configuration_is_read_and_checked() {
    let desk = Desk::shared();
    let groups = support::repository().join("groups");
    let good = desk.file("udal.toml", format!("data_dir = \"data\"\ngroups = \"{}\"\n", groups.display()));
    let mut tenants = command(&["tenant", "list", "--config", good.to_str().unwrap()]);
    tenants.current_dir("/");
    assert!(run(tenants, b"").json().is_array());
    let bad = desk.file("bad.toml", "datadir = \"data\"\n[postgresql]\nmax_connections = \"many\"\n");
    let said = desk.udal(&["tenant", "list", "--config", bad.to_str().unwrap()]).refused(3);
    assert!(said.contains("bad.toml:1: `datadir` is not a key here (did you mean `data_dir`?)"), "{said}");
    assert!(said.contains("bad.toml:3: `max_connections` is a number"), "{said}");
    let mut url = command(&["tenant", "list"]);
    url.env("UDAL_DATABASE_URL", "postgres://udal:hunter2@[nonsense");
    let said = run(url, b"").refused(3);
    assert!(said.contains("cannot be read") && !said.contains("hunter2"), "{said}");
    let mut url = command(&["tenant", "list"]);
    url.env("UDAL_DATABASE_URL", "postgres://udal:hunter2@127.0.0.1:1/postgres");
    let said = run(url, b"").refused(7);
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn usage_errors_and_a_reader_that_goes_away() {
    let desk = Desk::shared();
    for arguments in [&["record", "list", "lab"][..], &["recrod"], &[], &["tenant", "create"]] {
        assert_eq!(desk.udal(arguments).code(), 2, "{arguments:?}");
    }
    assert!(desk.udal(&["tenant", "lst"]).err().contains("a similar subcommand exists: 'list'"));
    let mut quiet = std::process::Command::new("sh");
    let script = format!("'{}' model list --groups groups --format table | true; wait", env!("CARGO_BIN_EXE_udal"));
    quiet.args(["-c", &script]).current_dir(support::repository());
    let answer = run(quiet, b"");
    assert_eq!((answer.code(), answer.err().as_str()), (0, ""));
}
