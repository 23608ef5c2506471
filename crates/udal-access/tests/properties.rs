//! What must hold of every directory, however it is made up.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;
use udal_access::{
    Change, Condition, Directory, Entry, Exception, FieldRule, Grant, Grantee, Pattern, Policy, Receiver, Role, Share,
    Team, User, Visibility, access_of, diff, load_text, parse_level,
};
use udal_core::access::{AccessContext, Action};
use udal_core::filter::evaluate;
use udal_core::value::Timestamp;
use udal_core::{Context, TenantSlug};

const USERS: [&str; 4] = ["u0", "u1", "u2", "u3"];
const TEAMS: [&str; 2] = ["t0", "t1"];
const ROLES: [&str; 4] = ["viewer", "editor", "admin", "own"];
const PATTERNS: [&str; 6] =
    ["crm.Account.view", "crm.Account.update", "crm.*.view", "*.*.*", "lab.Sample.view", "*.Account.delete"];

fn text(of: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(of).prop_map(str::to_owned)
}

fn pattern() -> impl Strategy<Value = Pattern> {
    select(&PATTERNS[..]).prop_map(|text| Pattern::parse(text).unwrap())
}

fn condition() -> impl Strategy<Value = Condition> {
    let all = [
        ("status", "equals", json!("active")),
        ("status", "not_equals", json!("closed")),
        ("status", "in", json!(["active", "closed"])),
        ("status", "not_in", json!(["active"])),
        ("tags", "contains", json!("a")),
        ("city", "equals", json!("no\"thing: [x]")),
    ];
    select(all.to_vec()).prop_map(|(field, operator, operand)| Condition {
        field: field.to_owned(),
        operator: operator.to_owned(),
        operand,
    })
}

fn grant() -> impl Strategy<Value = Grant> {
    let to = prop_oneof![text(&ROLES).prop_map(Grantee::Role), text(&USERS).prop_map(Grantee::User)];
    let plain = (pattern(), to.clone(), Just(BTreeSet::new()));
    let named = select(vec!["crm.Account.view", "crm.Account.*"]).prop_map(|text| Pattern::parse(text).unwrap());
    prop_oneof![plain, (named, to, btree_set(condition(), 1..3))].prop_map(|(permission, to, conditions)| Grant {
        permission,
        to,
        conditions,
    })
}

fn rule() -> impl Strategy<Value = FieldRule> {
    let visibility = prop_oneof![Just(Visibility::Hidden), Just(Visibility::Masked("x # y".to_owned()))];
    let exception = prop_oneof![
        text(&ROLES).prop_map(Exception::Role),
        text(&USERS).prop_map(Exception::User),
        pattern().prop_map(Exception::Permission),
    ];
    (text(&["city", "status", "revenue"]), visibility, btree_set(exception, 0..3)).prop_map(
        |(field, visibility, except)| FieldRule {
            group: "crm".to_owned(),
            subject: "Account".to_owned(),
            field,
            visibility,
            except,
        },
    )
}

fn share() -> impl Strategy<Value = ((String, Receiver), Share)> {
    let with = prop_oneof![text(&USERS).prop_map(Receiver::User), text(&TEAMS).prop_map(Receiver::Team)];
    let level = select(vec!["view", "edit", "full"]).prop_map(|level| parse_level(level).unwrap());
    let until = option::of(select(vec!["2020-01-01T00:00:00Z", "2040-01-01T00:00:00Z"]));
    ((0..45usize).prop_map(|at| format!("Account/r{at}")), with, level, until).prop_map(
        |(record, with, level, until)| {
            ((record, with), Share { level, until: until.map(|text| Timestamp::parse(text).unwrap()) })
        },
    )
}

/// A directory that is whole: nobody reports in a circle, and where one acts is plain.
fn directory() -> impl Strategy<Value = Directory> {
    let policies = vec(select(Policy::NAMES.map(|(_, policy)| policy).to_vec()), 2);
    let people = vec((option::of(0..4usize), option::of((0..2usize, btree_set(text(&ROLES), 0..3)))), 4);
    let role = btree_set(pattern(), 0..3);
    let rules = (btree_set(grant(), 0..6), btree_set(rule(), 0..4), btree_map_of_shares());
    (policies, people, role, rules).prop_map(|(policies, people, role, (grants, fields, shares))| {
        let mut directory = Directory { grants, fields, shares, ..Directory::default() };
        for (id, ownership) in TEAMS.iter().zip(policies) {
            directory.teams.insert((*id).to_owned(), Team { ownership, ..Team::default() });
        }
        for (at, (above, member)) in people.into_iter().enumerate() {
            // Who comes later reports to who comes earlier.
            let reports_to = above.filter(|above| *above < at).map(|above| USERS[above].to_owned());
            directory.users.insert(USERS[at].to_owned(), User { reports_to, ..User::default() });
            if let Some((team, roles)) = member {
                directory.teams.get_mut(TEAMS[team]).unwrap().members.insert(USERS[at].to_owned(), roles);
            }
        }
        directory.roles.insert("own".to_owned(), Role { description: None, permissions: role });
        directory
    })
}

fn btree_map_of_shares() -> impl Strategy<Value = BTreeMap<(String, Receiver), Share>> {
    vec(share(), 0..4).prop_map(|shares| shares.into_iter().collect())
}

fn now() -> Timestamp {
    Timestamp::parse("2026-06-01T00:00:00Z").unwrap()
}

fn access(directory: &Directory, user: &str) -> AccessContext {
    access_of(directory, &support::catalog(), user, now()).unwrap().access
}

/// Which of the accounts `user` may do each action with.
fn reached(directory: &Directory, user: &str) -> BTreeSet<(Action, String)> {
    let catalog = support::catalog();
    let ctx = Context::new(TenantSlug::new("t").unwrap(), access(directory, user));
    let model = catalog.model("crm", "Account").unwrap();
    let mut reached = BTreeSet::new();
    for action in Action::ALL {
        let reach = ctx.reach(model, action);
        let within = support::accounts().iter().filter(|record| evaluate(&reach, record));
        reached.extend(within.map(|record| (action, record.id().to_owned())));
    }
    reached
}

/// What the steps make of a directory, without the help of `diff`'s own code.
fn take(directory: &mut Directory, change: &Change) {
    let (removed, added) = match change {
        Change::Remove(entry) => (Some(entry), None),
        Change::Add(entry) => (None, Some(entry)),
        Change::Replace { old, new } => (Some(old), Some(new)),
    };
    if let Some(entry) = removed {
        match entry {
            Entry::Role(name, _) => drop(directory.roles.remove(name)),
            Entry::User(id, _) => drop(directory.users.remove(id)),
            Entry::Team(id, _) if added.is_none() => drop(directory.teams.remove(id)),
            Entry::Team(..) => {}
            Entry::Member { team, user, .. } => drop(directory.teams.get_mut(team).unwrap().members.remove(user)),
            Entry::Grant(grant) => drop(directory.grants.remove(grant)),
            Entry::Field(rule) => drop(directory.fields.remove(rule)),
            Entry::Share { record, with, .. } => drop(directory.shares.remove(&(record.clone(), with.clone()))),
        }
    }
    if let Some(entry) = added {
        match entry.clone() {
            Entry::Role(name, role) => drop(directory.roles.insert(name, role)),
            Entry::User(id, user) => drop(directory.users.insert(id, user)),
            Entry::Team(id, team) => {
                let found = directory.teams.entry(id).or_default();
                (found.description, found.ownership) = (team.description, team.ownership);
            }
            Entry::Member { team, user, roles } => {
                drop(directory.teams.get_mut(&team).unwrap().members.insert(user, roles))
            }
            Entry::Grant(grant) => drop(directory.grants.insert(grant)),
            Entry::Field(rule) => drop(directory.fields.insert(rule)),
            Entry::Share { record, with, share } => drop(directory.shares.insert((record, with), share)),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_written_reads_the_same_in_any_order(directory in directory(), turn in 0..7usize) {
        prop_assert_eq!(&directory.check(&support::catalog()), &[]);
        let written = directory.to_yaml();
        prop_assert_eq!(&load_text("p", &written, &support::catalog()).unwrap(), &directory);
        // The sections, and the items of each, in another order.
        let mut sections: Vec<String> = written.split("\n\n").map(str::to_owned).collect();
        let count = sections.len();
        sections.rotate_left(turn % count);
        for section in &mut sections {
            let (head, items) = section.trim_end().split_once('\n').unwrap_or((section.trim_end(), ""));
            let mut parts: Vec<String> = Vec::new();
            for line in items.lines() {
                match line.starts_with("    ") {
                    true => parts.last_mut().unwrap().push_str(&format!("\n{line}")),
                    false => parts.push(line.to_owned()),
                }
            }
            parts.reverse();
            *section = format!("{head}\n{}", parts.join("\n"));
        }
        let shuffled = load_text("p", &sections.join("\n"), &support::catalog()).unwrap();
        prop_assert_eq!(&shuffled, &directory);
        for user in USERS {
            prop_assert_eq!(reached(&shuffled, user), reached(&directory, user));
        }
    }

    #[test]
    fn to_take_a_grant_back_never_widens(directory in directory(), at in 0..6usize) {
        let Some(grant) = directory.grants.iter().nth(at).cloned() else { return Ok(()) };
        let mut fewer = directory.clone();
        fewer.grants.remove(&grant);
        for user in USERS {
            prop_assert!(reached(&fewer, user).is_subset(&reached(&directory, user)));
        }
    }

    #[test]
    fn to_end_a_share_or_leave_a_role_never_widens(directory in directory(), at in 0..4usize) {
        let mut fewer = directory.clone();
        if let Some(key) = directory.shares.keys().nth(at) {
            fewer.shares.remove(key);
        }
        let user = USERS[at];
        for team in fewer.teams.values_mut() {
            team.members.get_mut(user).map(BTreeSet::pop_first);
        }
        for user in USERS {
            prop_assert!(reached(&fewer, user).is_subset(&reached(&directory, user)));
        }
    }

    #[test]
    fn to_hide_a_field_never_widens(directory in directory(), rule in rule()) {
        let mut stricter = directory.clone();
        stricter.fields.insert(rule);
        for user in USERS {
            prop_assert_eq!(reached(&stricter, user), reached(&directory, user));
            let (before, after) = (kept(&directory, user), kept(&stricter, user));
            for (field, before) in before {
                prop_assert!(after[&field] >= before, "{field}");
            }
        }
    }

    #[test]
    fn the_steps_lead_from_one_to_the_other(old in directory(), new in directory()) {
        let mut taken = old.clone();
        for change in diff(&old, &new) {
            take(&mut taken, &change);
        }
        prop_assert_eq!(&taken, &new);
        prop_assert_eq!(diff(&new, &new), vec![]);
    }
}

/// How far each field is kept from `user`: not, masked, hidden.
fn kept(directory: &Directory, user: &str) -> BTreeMap<String, u8> {
    let catalog = support::catalog();
    let model = catalog.model("crm", "Account").unwrap();
    let access = access(directory, user);
    let fields = ["city", "status", "revenue"].map(|name| {
        let kept = match access.visibility(model, name) {
            None => 0,
            Some(udal_core::access::Visibility::Masked(_)) => 1,
            Some(udal_core::access::Visibility::Hidden) => 2,
        };
        (name.to_owned(), kept)
    });
    fields.into_iter().collect()
}

#[test]
fn who_or_what_is_missing_sees_nothing() {
    let catalog = support::catalog();
    let text = "users:\n  jane:\n  alone:\n  two: {team: a}\nteams:\n  a: {members: {jane: [viewer], two: [viewer]}}\n";
    let directory = load_text("p", text, &catalog).unwrap();
    let permission = |text: &str| udal_core::access::Permission::parse(text).unwrap();
    let held = |directory: &Directory, user: &str, text: &str| {
        let access = udal_access::access_context(directory, &catalog, user, &permission(text), now()).unwrap();
        !access.permissions().is_empty()
    };
    assert!(held(&directory, "jane", "crm.Account.view") && held(&directory, "two", "crm.Account.view"));
    // A permission that is not held, a model that is not there, a user without a team, no such user, no directory.
    for (user, text) in [
        ("jane", "crm.Account.update"),
        ("jane", "crm.Nothing.view"),
        ("alone", "crm.Account.view"),
        ("joe", "crm.Account.view"),
        ("Jane", "crm.Account.view"),
    ] {
        assert!(!held(&directory, user, text), "{user} {text}");
        assert_eq!(reached(&Directory::default(), user), BTreeSet::new());
    }
    assert!(!held(&Directory::default(), "jane", "crm.Account.view"));
    assert!(udal_access::access_context(&directory, &catalog, "", &permission("crm.Account.view"), now()).is_err());
}

#[test]
fn a_grant_that_fits_no_more_grants_nothing() {
    let catalog = support::catalog();
    let text = "users:\n  jane:\nteams:\n  a: {members: {jane: []}}\n\
                grants:\n  - {permission: crm.Account.view, to: user:jane, when: {status: {equals: active}}}\n";
    let mut directory = load_text("p", text, &catalog).unwrap();
    assert!(access(&directory, "jane").permissions().contains("crm.Account.view"));
    // The model changed: the condition's field is gone.
    let mut grant = directory.grants.pop_first().unwrap();
    grant.conditions = BTreeSet::from([Condition {
        field: "gone".to_owned(),
        operator: "not_equals".to_owned(),
        operand: json!("x"),
    }]);
    directory.grants.insert(grant);
    assert!(access(&directory, "jane").permissions().is_empty());
}

#[test]
fn a_share_ends_when_it_ends() {
    let catalog = support::catalog();
    let text = "users:\n  jane:\nteams:\n  a: {ownership: owner_only, members: {jane: [viewer]}}\n\
                shares:\n  - {record: Account/r5, with: team:a, level: view, until: 2026-06-02T00:00:00Z}\n";
    let directory = load_text("p", text, &catalog).unwrap();
    let granted = access_of(&directory, &catalog, "jane", now()).unwrap();
    assert_eq!(granted.until, Some(Timestamp::parse("2026-06-02T00:00:00Z").unwrap()));
    assert_eq!(reached(&directory, "jane"), BTreeSet::from([(Action::View, "Account/r5".to_owned())]));
    let later = Timestamp::parse("2026-06-02T00:00:00Z").unwrap();
    let granted = access_of(&directory, &catalog, "jane", later).unwrap();
    let ctx = Context::new(TenantSlug::new("t").unwrap(), granted.access);
    let reach = ctx.reach(catalog.model("crm", "Account").unwrap(), Action::View);
    assert!(support::accounts().iter().all(|record| !evaluate(&reach, record)));
}
