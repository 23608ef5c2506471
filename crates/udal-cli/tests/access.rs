//! Who may do what, from the command line: files, single changes, and commands for a user.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod support;

use serde_json::{Value as Json, json};
use support::Desk;

const POLICIES: &str = "\
users:
  nancy: {name: Nancy}
  jane: {reports_to: nancy}
  otto:
teams:
  sales:
    ownership: hierarchical
    members: {nancy: [admin], jane: [editor], otto: [viewer]}
fields:
  - {field: crm.AppCRMAccount.annual_revenue, visibility: hidden, except: [role:admin]}
";

const ACCOUNT: [&str; 2] = ["crm", "AppCRMAccount"];

/// A tenant of its own at the shared desk, and commands about it.
struct Office {
    desk: std::sync::Arc<Desk>,
    tenant: &'static str,
}

impl Office {
    fn open(tenant: &'static str) -> Self {
        let desk = Desk::shared();
        desk.udal(&["tenant", "create", tenant]).json();
        Office { desk, tenant }
    }

    fn access(&self, arguments: &[&str]) -> support::Answer {
        self.desk.udal(&[&["access"], arguments, &["--tenant", self.tenant]].concat())
    }

    fn apply(&self, name: &str, text: &str) -> Json {
        let file = self.desk.file(name, text);
        self.access(&["apply", file.to_str().unwrap(), "--yes"]).json()
    }

    fn record(&self, verb: &str, rest: &[&str]) -> support::Answer {
        self.desk.udal(&[&["record", verb, ACCOUNT[0], ACCOUNT[1], "--tenant", self.tenant], rest].concat())
    }

    fn ids(&self, user: &str) -> Vec<String> {
        let listed = self.record("list", &["--user", user, "--order-by", "id"]).json();
        listed.as_array().unwrap().iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn a_file_is_planned_applied_and_exported() {
    let office = Office::open("a-file");
    let file = office.desk.file("a-file.yaml", POLICIES);
    let file = file.to_str().unwrap();
    let plan = office.access(&["plan", file]);
    assert_eq!(plan.code(), 10, "{}", plan.err());
    let changes = plan.any_json()["changes"].clone();
    assert_eq!(changes[0], json!({"change": "add", "kind": "user", "name": "jane", "details": "reports to nancy"}));
    assert_eq!(changes.as_array().unwrap().len(), 8);
    // Nobody is there to be asked.
    let refused = office.access(&["apply", file]);
    assert_eq!(refused.code(), 3);
    assert!(refused.err().contains("+ user jane: reports to nancy") && refused.err().contains("say `--yes`"));
    assert_eq!(office.access(&["show"]).json()["users"], json!([]));

    assert_eq!(office.apply("a-file.yaml", POLICIES)["changes"], changes);
    let plan = office.access(&["plan", file]);
    assert_eq!((plan.code(), plan.any_json()["changes"].clone()), (0, json!([])));
    let shown = office.access(&["show"]).json();
    assert_eq!(shown["teams"][0]["members"], json!({"nancy": ["admin"], "jane": ["editor"], "otto": ["viewer"]}));
    let lines = office.access(&["show", "--format", "table"]).out();
    assert!(lines.contains("member  jane of sales: editor\n") && lines.contains("admin (*.*.*)"), "{lines}");

    let exported = office.access(&["export"]).out();
    assert_eq!(office.apply("exported.yaml", &exported)["changes"], json!([]));
    // What the file does not say goes.
    let fewer = exported.replace("  otto:\n", "").replace("      otto: [viewer]\n", "");
    let changes = office.apply("fewer.yaml", &fewer)["changes"].clone();
    let words: Vec<&str> = changes.as_array().unwrap().iter().map(|change| change["name"].as_str().unwrap()).collect();
    assert_eq!(words, ["otto of sales", "otto"]);
}

#[test]
fn every_error_of_a_file_is_listed() {
    let office = Office::open("a-errors");
    let file = office.desk.file("wrong.yaml", POLICIES.replace("nancy: {", "nanci: {").replace("revenue", "revenu"));
    let file = file.to_str().unwrap();
    let refused = office.access(&["plan", file]).refused(3);
    assert!(refused.contains("the file of policies is wrong"), "{refused}");
    assert!(refused.contains("wrong.yaml:3: there is no user `nancy` (did you mean `nanci`?)"), "{refused}");
    assert!(refused.contains("wrong.yaml:10: `AppCRMAccount` has no field `annual_revenu`"), "{refused}");
    let refused = office.access(&["plan", file, "--format", "json"]).refused(3);
    let error: Json = serde_json::from_str(&refused).unwrap();
    assert_eq!(error["error"]["errors"].as_array().unwrap().len(), 3);
    let missing = Desk::shared().udal(&["access", "plan", file, "--tenant", "a-error"]);
    // The file is read first: what is wrong with it is wrong for every tenant.
    assert_eq!(missing.code(), 3);
    let near = Desk::shared().udal(&["access", "show", "--tenant", "a-error"]).refused(4);
    assert!(near.contains("there is no tenant `a-error`") && near.contains("did you mean `a-errors`?"), "{near}");
}

#[test]
fn single_changes() {
    let office = Office::open("a-single");
    office.access(&["user", "set", "nancy", "--name", "Nancy Edwards"]).json();
    office.access(&["user", "set", "jane", "--reports-to", "nancy"]).json();
    office.access(&["team", "set", "sales", "--ownership", "owner_only"]).json();
    office.access(&["member", "set", "sales", "jane", "--roles", "editor,viewer"]).json();
    let view = "crm.AppCRMAccount.view";
    let when = r#"{"status":{"in":["active"]}}"#;
    let granted = office.access(&["grant", view, "--to", "user:nancy", "--when", when]).json();
    assert_eq!(granted["changes"][0]["kind"], "grant");
    assert_eq!(office.access(&["grant", view, "--to", "user:nancy", "--when", when]).json()["changes"], json!([]));
    let until = "2040-01-01T00:00:00Z";
    office.access(&["share", "AppCRMAccount/1", "--with", "user:nancy", "--level", "edit", "--until", until]).json();
    let shown = office.access(&["show"]).json();
    assert_eq!(
        shown["grants"],
        json!([{"permission": view, "to": "user:nancy", "when": {"status": {"in": ["active"]}}}])
    );
    let share = json!({"record": "AppCRMAccount/1", "with": "user:nancy", "level": "edit", "until": until});
    assert_eq!(shown["shares"], json!([share]));

    for (arguments, code, said) in [
        (&["member", "set", "sale", "jane", "--roles", "editor"][..], 4, "did you mean `sales`?"),
        (&["member", "set", "sales", "jane", "--roles", "editr"], 3, "did you mean `editor`?"),
        (&["user", "remove", "nancy"], 3, "there is no user `nancy`"),
        (&["user", "set", "nancy", "--reports-to", "jane"], 3, "reports to themselves"),
        (&["grant", view, "--to", "nancy"], 3, "such as `role:auditor`"),
        (&["grant", "crm.AppCRMAcount.view", "--to", "user:nancy"], 3, "did you mean `AppCRMAccount`?"),
        (&["grant", view, "--to", "user:nancy", "--when", r#"{"statu":{"equals":"x"}}"#], 3, "did you mean `status`?"),
        (&["revoke", view, "--from", "user:jane"], 4, "is not granted to `user:jane` so"),
        (&["unshare", "AppCRMAccount/2", "--with", "user:nancy"], 4, "is not shared with"),
        (&["team", "set", "sales", "--ownership", "owner"], 3, "did you mean `owner_only`?"),
        (&["share", "AppCRMAccount/1", "--with", "user:nancy", "--level", "al"], 3, "view, edit, full"),
        (&["share", "AppCRMAccount/1", "--with", "user:nancy", "--until", "soon"], 3, "2027-01-01T00:00:00Z"),
    ] {
        let refused = office.access(arguments).refused(code);
        assert!(refused.contains(said), "{arguments:?}: {refused}");
    }
    assert_eq!(office.access(&["show"]).json(), shown);

    office.access(&["revoke", view, "--from", "user:nancy"]).json();
    office.access(&["unshare", "AppCRMAccount/1", "--with", "user:nancy"]).json();
    office.access(&["member", "remove", "sales", "jane"]).json();
    office.access(&["user", "remove", "jane"]).json();
    office.access(&["user", "remove", "nancy"]).json();
    office.access(&["team", "remove", "sales"]).json();
    assert_eq!(office.access(&["export"]).out(), "users:\n");
}

#[test]
fn commands_for_a_user_see_and_write_what_the_user_may() {
    let office = Office::open("a-user");
    let account = |id: &str, owner: &str| {
        let data = json!({"id": id, "name": id, "owned_by": owner, "team_id": "sales", "annual_revenue": "10.5"});
        office.record("create", &["--data", &data.to_string()]).json();
    };
    account("AppCRMAccount/of-jane", "jane");
    account("AppCRMAccount/of-otto", "otto");
    assert_eq!(office.ids("jane"), Vec::<String>::new());
    office.apply("a-user.yaml", POLICIES);
    assert_eq!(office.ids("jane"), ["AppCRMAccount/of-jane"]);
    assert_eq!(office.ids("nancy"), ["AppCRMAccount/of-jane"]);
    assert_eq!(office.ids("otto"), ["AppCRMAccount/of-otto"]);
    assert_eq!(office.ids("Jane"), Vec::<String>::new());
    assert_eq!(office.record("count", &["--user", "nancy"]).json(), json!({"count": 1}));

    // What may not be seen is answered as what is not there.
    let hidden = office.record("get", &["AppCRMAccount/of-otto", "--user", "jane"]).refused(4);
    let absent = office.record("get", &["AppCRMAccount/of-none", "--user", "jane"]).refused(4);
    assert_eq!(hidden.replace("of-otto", "x"), absent.replace("of-none", "x"));
    let update = ["--data", r#"{"city":"Berlin"}"#, "--user"];
    office.record("update", &[&["AppCRMAccount/of-otto"], &update[..], &["jane"]].concat()).refused(4);
    office.record("update", &[&["AppCRMAccount/of-jane"], &update[..], &["jane"]].concat()).json();
    // To see is not to change.
    office.record("update", &[&["AppCRMAccount/of-otto"], &update[..], &["otto"]].concat()).refused(4);
    let refused = office.record("create", &["--data", r#"{"name":"x"}"#, "--user", "otto"]).refused(6);
    assert!(refused.contains("note: the user `otto` does not hold `crm.AppCRMAccount.create`"), "{refused}");
    let created = office.record("create", &["--data", r#"{"name":"x"}"#, "--user", "jane"]).json();
    assert_eq!((&created["owned_by"], &created["team_id"]), (&json!("jane"), &json!("sales")));

    // A share, and its end.
    let share = ["AppCRMAccount/of-otto", "--with", "user:jane"];
    office.access(&[&["share"], &share[..]].concat()).json();
    assert!(office.ids("jane").contains(&"AppCRMAccount/of-otto".to_owned()));
    office.access(&[&["unshare"], &share[..]].concat()).json();
    assert!(!office.ids("jane").contains(&"AppCRMAccount/of-otto".to_owned()));

    let why = |user: &str, action: &str, rest: &[&str]| {
        let permission = format!("crm.AppCRMAccount.{action}");
        office.access(&[&["explain", "--user", user, "--permission", &permission], rest].concat())
    };
    let of_otto = ["--record", "AppCRMAccount/of-otto"];
    let explained = why("jane", "view", &of_otto).json();
    let outcome = |question: &str| {
        let rules = explained["considered"].as_array().unwrap();
        rules.iter().find(|rule| rule["question"] == question).map(|rule| rule["outcome"].clone())
    };
    assert_eq!((&explained["permitted"], outcome("permission")), (&json!(false), Some(json!("matched"))));
    assert_eq!((outcome("ownership"), outcome("share")), (Some(json!("not_matched")), None));
    assert!(explained["statement"].as_str().unwrap().starts_with("SELECT "), "{explained}");
    assert!(explained["predicate"].as_str().unwrap().contains("owned_by eq \"jane\""), "{explained}");
    assert!(!explained["plan"].as_array().unwrap().is_empty(), "{explained}");
    assert_eq!(why("nancy", "transfer", &[]).json()["permitted"], true);
    let missing = why("otto", "update", &["--format", "table"]).out();
    assert!(missing.starts_with("otto may not crm.AppCRMAccount.update\n"), "{missing}");
    assert!(missing.contains("- permission  crm.AppCRMAccount.update: no role of theirs holds it"), "{missing}");
    assert!(why("jan", "view", &["--format", "table"]).out().contains("- user        jan: did you mean `jane`?"));
    assert!(why("jane", "viev", &[]).refused(3).contains("did you mean `view`?"));
    why("jane", "view", &["--record", "AppCRMAccount/none"]).refused(4);

    // What was done and denied is in the audit log.
    let audit = |rest: &[&str]| office.desk.udal(&[&["audit", "list", "--tenant", "a-user"], rest].concat());
    let denials = audit(&["--kind", "denial", "--user", "otto"]).json();
    let operations: Vec<&str> =
        denials.as_array().unwrap().iter().map(|entry| entry["operation"].as_str().unwrap()).collect();
    assert_eq!(operations, ["create", "build_access_context", "build_access_context"]);
    let csv = audit(&["--kind", "write", "--user", "jane", "--all", "--format", "csv"]).out();
    assert!(csv.starts_with("at,kind,operation,model,record,records,user,team,task,request,detail"), "{csv}");
    assert!(csv.contains(",write,update,crm.AppCRMAccount,AppCRMAccount/of-jane,1,jane,sales,,"), "{csv}");
    assert_eq!(audit(&["--since", "2999-01-01T00:00:00Z"]).json(), json!([]));
    assert!(audit(&["--kind", "denail"]).refused(3).contains("did you mean `denial`?"));

    // A tenant that is made again starts without a directory.
    office.desk.udal(&["tenant", "drop", "a-user", "--yes"]).json();
    office.desk.udal(&["tenant", "create", "a-user"]).json();
    account("AppCRMAccount/of-jane", "jane");
    assert_eq!(office.ids("jane"), Vec::<String>::new());
    assert_eq!(office.access(&["show"]).json()["users"], json!([]));
}
