//! Files of policies: what they say, and what is wrong with them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod support;

use udal_access::{Directory, Exception, Grantee, Pattern, Policy, Receiver, Visibility, load_text};

const POLICIES: &str = "\
users:
  nancy: {name: Nancy Edwards}
  jane: {name: \"Jane: Peacock\", reports_to: nancy}
  ünïcode@example.org:
roles:
  auditor:
    description: Reads the books
    permissions: [crm.*.view, shared_reference:write]
teams:
  sales:
    ownership: hierarchical
    members:
      nancy: [admin, auditor]
      jane: editor
grants:
  - permission: crm.Account.view
    to: role:auditor
    when: {status: {equals: active}, tags: {contains: \"key: x\"}}
  - permission: lab.Sample.*
    to: user:jane
    when:
      count: {in: [1, 2]}
fields:
  - {field: crm.Account.revenue, visibility: hidden, except: [role:admin, permission:crm.Account.update]}
  - {field: crm.Account.city, visibility: masked, mask: '***'}
shares:
  - {record: Account/a1, with: user:jane, level: edit, until: 2027-01-01T00:00:00+01:00}
  - {record: Account/a1, with: team:sales, level: view}
";

fn read(text: &str) -> Directory {
    load_text("p.yaml", text, &support::catalog()).unwrap()
}

fn errors(text: &str) -> String {
    load_text("p.yaml", text, &support::catalog()).unwrap_err().to_string()
}

#[test]
fn what_a_file_says() {
    let directory = read(POLICIES);
    assert_eq!(directory.users["jane"].name.as_deref(), Some("Jane: Peacock"));
    assert_eq!(directory.teams["sales"].ownership, Policy::Hierarchical);
    assert_eq!(directory.teams["sales"].members["nancy"].len(), 2);
    assert!(directory.roles["auditor"].permissions.contains(&Pattern::SharedReferenceWrite));
    let grant = directory.grants.iter().find(|grant| grant.to == Grantee::Role("auditor".to_owned())).unwrap();
    assert_eq!(
        grant.to_string(),
        r#"crm.Account.view to role:auditor when {"status":{"equals":"active"},"tags":{"contains":"key: x"}}"#
    );
    let rule = directory.fields.iter().find(|rule| rule.visibility == Visibility::Hidden).unwrap();
    assert!(rule.except.contains(&Exception::Role("admin".to_owned())));
    let share = directory.shares[&("Account/a1".to_owned(), Receiver::User("jane".to_owned()))];
    assert_eq!(share.until.unwrap().to_string(), "2026-12-31T23:00:00Z");
    assert_eq!(directory.below("nancy").into_iter().collect::<Vec<_>>(), ["jane"]);
}

#[test]
fn a_file_that_is_written_reads_the_same() {
    let directory = read(POLICIES);
    let written = directory.to_yaml();
    assert_eq!(read(&written), directory, "{written}");
    assert_eq!(read(&written).to_yaml(), written);
    assert_eq!(read(&Directory::default().to_yaml()), Directory::default());
}

#[test]
fn every_error_at_once_at_its_line() {
    let text = "\
users:
  jane: {reports_to: nanci}
  nancy: {reports_to: nancy, team: sales}
  both:
roles:
  admin: {permissions: [crm.Acount.view, crm.Account.veiw]}
teams:
  sales:
    members:
      jane: [editr]
      joe: [viewer]
      both: [viewer]
  support:
    members:
      both: [viewer]
grants:
  - permission: crm.Account.view
    to: user:jane
    when:
      statuss: {equals: active}
      status: {equals: open, like: x}
      tags: {equals: a}
  - permission: crm.*.view
    to: role:nobody
    when: {status: {equals: active}}
fields:
  - {field: crm.Account.revenu, visibility: hidden}
  - {field: crm.Account.id, visibility: hidden}
shares:
  - {record: Acount/a1, with: user:jane, level: view}
  - {record: nothing, with: team:sale, level: view}
";
    let expected = "\
p.yaml:2: there is no user `nanci` (did you mean `nancy`?)
p.yaml:3: `nancy` is not a member of the team `sales` they act in (make them a member, or name another team)
p.yaml:3: `nancy` reports to themselves, over one or more others (break the circle at one of them)
p.yaml:4: `both` is a member of sales and support (say with `team:` which of them they act in)
p.yaml:6: `admin` is a role that every tenant has (give the tenant's own role another name)
p.yaml:6: no model of group `crm` has the permission name `Acount` (did you mean `Account`?)
p.yaml:6: `veiw` is not an action (did you mean `view`?)
p.yaml:10: there is no role `editr` (did you mean `editor`?)
p.yaml:11: there is no user `joe` (add the user, or take another)
p.yaml:17: there is no role `nobody` (add the role, or take another)
";
    let found = errors(text);
    for line in expected.lines().filter(|line| !line.starts_with("p.yaml:17")) {
        assert!(found.contains(line), "{line}\nis not in\n{found}");
    }
    for (line, part) in [
        (20, "`Account` has no such field (did you mean `status`?)"),
        (21, "`like` is not an operator of conditions (operators are equals not_equals in not_in contains)"),
        (21, "`status`: "),
        (22, "`tags`: "),
        (23, "there is no role `nobody`"),
        (23, "conditions are about the fields of one model"),
        (27, "`Account` has no field `revenu` (did you mean `revenue`?)"),
        (28, "`id` is never kept from who sees the record"),
        (30, "there is no model `Acount` (did you mean `Account`?)"),
        (31, "there is no team `sale` (did you mean `sales`?)"),
        (31, "`nothing` is not a record's id"),
    ] {
        let is_there =
            found.lines().any(|found| found.starts_with(&format!("p.yaml:{line}: ")) && found.contains(part));
        assert!(is_there, "{line}: {part}\nis not in\n{found}");
    }
    assert_eq!(found.lines().count(), 20, "{found}");
}

#[test]
fn a_form_that_is_wrong() {
    for (text, error) in [
        ("", "p.yaml:1: this file is empty"),
        ("- a\n", "p.yaml:1: a file of policies holds keys, not a list"),
        ("user:\n  a:\n", "p.yaml:1: `user` is not a key here (did you mean `users`?)"),
        ("users: [a]\n", "p.yaml:1: `users` holds users by their ids, not a list"),
        ("users:\n  a:\n  a:\n", "p.yaml:3: `a` is given twice, first in line 2"),
        ("users:\n  a: {boss: b}\n", "p.yaml:2: `boss` is not a key here"),
        (
            "teams:\n  t: {ownership: owner}\n",
            "p.yaml:2: `owner` is not an ownership policy (did you mean `owner_only`?)",
        ),
        ("grants:\n  - {permission: crm.view, to: role:admin}\n", "p.yaml:2: `crm.view` is not a permission"),
        ("grants:\n  - {permission: crm.Account.view}\n", "p.yaml:2: `to` is missing"),
        (
            "grants:\n  - {permission: crm.Account.view, to: admin}\n",
            "p.yaml:2: `admin` does not say whom something is granted to",
        ),
        (
            "grants:\n  - {permission: crm.Account.view, to: role:admin, when: {}}\n",
            "p.yaml:2: `when` holds no condition",
        ),
        ("fields:\n  - {field: crm.Account.city, visibility: masked}\n", "p.yaml:2: `mask` is missing"),
        (
            "fields:\n  - {field: crm.Account.city, visibility: hidden, mask: x}\n",
            "p.yaml:2: a field that is hidden has no mask",
        ),
        ("fields:\n  - {field: city, visibility: hidden}\n", "p.yaml:2: `city` does not say which field is meant"),
        (
            "users:\n  j:\nshares:\n  - {record: Account/1, with: user:j, level: all}\n",
            "p.yaml:4: `all` does not say what is shared",
        ),
        (
            "users:\n  j:\nshares:\n  - {record: Account/1, with: user:j, level: view, until: soon}\n",
            "p.yaml:4: `soon` does not say when it ends",
        ),
        (
            "grants:\n  - &g {permission: crm.*.view, to: role:admin}\n  - *g\n",
            "p.yaml:2: this grant is given twice, first in line 2",
        ),
        ("users:\n  \" a\":\n", "p.yaml:2: ` a` is not an id"),
        ("users:\n  a: {name: \"x\\0y\"}\n", "is no text to keep"),
    ] {
        let found = errors(text);
        assert!(found.contains(error), "{text}: {error}\nis not in\n{found}");
    }
}

#[test]
fn what_was_not_read_is_not_said_to_be_missing() {
    let found = errors("users: 5\nteams:\n  sales:\n    members:\n      jane: [viewer]\n");
    assert_eq!(found.lines().count(), 1, "{found}");
}
