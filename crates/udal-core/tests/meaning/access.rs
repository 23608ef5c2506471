//! What each kind of access sees and writes.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use udal_core::access::{
    Action, Condition, ConditionOperator, Entitlement, Grant, People, Permission, ShareLevel, Subject, check_within,
};
use udal_core::filter::{Predicate, evaluate};
use udal_core::model::{Catalog, GroupDeclaration, Model, ModelDeclaration};
use udal_core::record::{Record, read_changes};
use udal_core::{AccessContext, Context, ErrorKind, Ownership, TenantSlug};

use crate::sample::{model, record};

/// Owner, assigned users and team of each record of the grid.
const OWNERS: [Option<&str>; 4] = [None, Some("ada"), Some("bob"), Some("cid")];
const ASSIGNED: [&[&str]; 4] = [&[], &["ada"], &["bob", "ada"], &["bob"]];
const TEAMS: [Option<&str>; 3] = [None, Some("north"), Some("south")];

fn context(access: AccessContext) -> Context {
    Context::new(TenantSlug::new("acme").unwrap(), access)
}

fn user(id: &str, team: Option<&str>, ownership: Ownership) -> Context {
    context(AccessContext::user(id, team).unwrap().permit_all(model().subject(), &ownership).build())
}

type Rule = fn(Option<&str>, &[&str], Option<&str>) -> bool;

fn seen(ctx: &Context, rule: Rule) {
    let model = model();
    for owner in OWNERS {
        for assigned in ASSIGNED {
            for team in TEAMS {
                let members =
                    json!({"name": "a", "rank": 1, "owned_by": owner, "assigned_to": assigned, "team_id": team});
                let record: Record = record("1", members.as_object().unwrap().clone());
                let expected = rule(owner, assigned, team);
                for action in Action::ALL {
                    assert_eq!(evaluate(&ctx.reach(&model, action), &record), expected, "{ctx:?} {action} {members}");
                }
                assert_eq!(ctx.check_create(&record).is_ok(), expected);
                if !expected {
                    assert_eq!(ctx.check_create(&record).unwrap_err().kind(), ErrorKind::Denied);
                }
            }
        }
    }
}

#[test]
fn each_ownership_sees_what_it_says() {
    let people = |names: &[&str]| People::new(names.iter().copied());
    let north = Some("north");
    seen(&context(AccessContext::unrestricted("a test")), |_, _, _| true);
    seen(&user("ada", north, Ownership::TeamWide), |_, _, team| team == Some("north"));
    seen(&user("ada", None, Ownership::TeamWide), |_, _, _| false);
    seen(&user("ada", north, Ownership::OwnerOnly), |owner, _, _| owner == Some("ada"));
    seen(&user("ada", None, Ownership::OwnerOnly), |owner, _, _| owner == Some("ada"));
    seen(&user("ada", north, Ownership::AssignedOnly), |owner, assigned, _| {
        owner == Some("ada") || assigned.contains(&"ada")
    });
    seen(&user("ada", north, Ownership::Hierarchical(people(&[]))), |owner, assigned, _| {
        owner == Some("ada") || assigned.contains(&"ada")
    });
    seen(&user("ada", north, Ownership::Hierarchical(people(&["bob"]))), |owner, assigned, _| {
        matches!(owner, Some("ada" | "bob")) || assigned.contains(&"ada")
    });
    seen(&user("ada", north, Ownership::Hierarchical(people(&["bob", "cid"]))), |owner, assigned, _| {
        owner.is_some() || assigned.contains(&"ada")
    });
    seen(&user("nobody", Some("west"), Ownership::AssignedOnly), |_, _, _| false);
}

#[test]
fn who_acts_for_a_user_still_sees_everything() {
    let access = AccessContext::unrestricted("an import").acting_for("ada", Some("north")).unwrap();
    assert_eq!((access.user_id(), access.team_id()), (Some("ada"), Some("north")));
    assert_eq!(access.system_task(), Some("an import"));
    seen(&context(access), |_, _, _| true);
}

#[test]
fn what_every_tenant_reads_takes_a_permission_to_write() {
    let units = ModelDeclaration::new("Unit").field("name", "str").postgresql().shared();
    let catalog = Catalog::build(vec![GroupDeclaration::new("lab").model(units)]).unwrap();
    let unit = catalog.model("lab", "Unit").unwrap();
    let patch = read_changes(unit, &json!({"name": "b"})).unwrap();
    let ada = || AccessContext::user("ada", Some("north")).unwrap().permit_all(unit.subject(), &Ownership::TeamWide);
    let record = Record::new(Arc::clone(unit), Vec::new());
    for (access, may) in [
        (ada().build(), false),
        (ada().permit_shared_reference_write().build(), true),
        (AccessContext::unrestricted("a test"), true),
    ] {
        let ctx = context(access);
        // Nobody owns it, and it is of no team: whoever holds the permission reaches it.
        assert!(evaluate(&ctx.reach(unit, Action::View), &record));
        assert_eq!(ctx.reach_to_update(unit, &patch).is_ok(), may, "{ctx:?}");
        assert_eq!(ctx.reach_to_delete(unit).is_ok(), may, "{ctx:?}");
        assert_eq!(ctx.check_create(&record).is_ok(), may, "{ctx:?}");
    }
    let error = context(ada().build()).reach_to_delete(unit).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.mend().unwrap().contains("shared_reference:write"));
    // That permission is not one for the model.
    let writer = AccessContext::user("ada", None).unwrap().permit_shared_reference_write().build();
    assert_eq!(context(writer.clone()).check_create(&record).unwrap_err().kind(), ErrorKind::Denied);
    assert!(!evaluate(&context(writer).reach(unit, Action::View), &record));
}

fn permission(action: Action) -> Permission {
    model().permission(action)
}

fn when(field: &str, operator: ConditionOperator, operand: Json) -> Grant {
    Grant::new("a test").when(Condition::new(field, operator, operand))
}

/// `ada` of `north`, who may view the team's records under these grants.
fn granted(grants: Vec<Grant>) -> Context {
    let entitlement = grants.into_iter().fold(Entitlement::of(Ownership::TeamWide), Entitlement::grant);
    let ada = AccessContext::user("ada", Some("north")).unwrap();
    context(ada.permit(permission(Action::View), entitlement).build())
}

fn of_north(id: &str, members: Json) -> Record {
    let mut members = members.as_object().unwrap().clone();
    for (name, value) in [("name", json!("a")), ("rank", json!(1)), ("team_id", json!("north"))] {
        members.entry(name).or_insert(value);
    }
    record(id, members)
}

#[test]
fn without_the_permission_nothing_is_seen_and_nothing_written() {
    let record = of_north("1", json!({"owned_by": "ada"}));
    for held in Action::ALL {
        let entitlement = Entitlement::of(Ownership::TeamWide).grant(Grant::new("a test"));
        let access = AccessContext::user("ada", Some("north")).unwrap().permit(permission(held), entitlement);
        let ctx = context(access.build());
        for action in Action::ALL {
            assert_eq!(evaluate(&ctx.reach(&model(), action), &record), action == held, "{held} {action}");
        }
        assert_eq!(ctx.check_create(&record).is_ok(), held == Action::Create);
        // To change or delete takes the permission to view as well.
        let patch = read_changes(&model(), &json!({"rank": 2})).unwrap();
        assert_eq!(ctx.reach_to_update(&model(), &patch).unwrap(), Predicate::never());
        assert_eq!(ctx.reach_to_delete(&model()).unwrap(), Predicate::never());
    }
    let nothing = context(AccessContext::user("ada", Some("north")).unwrap().build());
    assert_eq!(nothing.reach(&model(), Action::View), Predicate::never());
    let error = nothing.check_create(&record).unwrap_err();
    assert_eq!((error.kind(), error.mend()), (ErrorKind::Denied, Some("it takes the permission `lab.Thing.create`")));
    // A permission of another group's, or another model's, is none.
    for other in ["crm.Thing.view", "lab.Things.view", "lab.thing.view"] {
        let entitlement = Entitlement::of(Ownership::TeamWide).grant(Grant::new("a test"));
        let access = AccessContext::user("ada", Some("north")).unwrap();
        let ctx = context(access.permit(Permission::parse(other).unwrap(), entitlement).build());
        assert_eq!(ctx.reach(&model(), Action::View), Predicate::never(), "{other}");
    }
    // Nor is one without a grant.
    assert_eq!(granted(Vec::new()).reach(&model(), Action::View), Predicate::never());
}

#[test]
fn conditions_are_two_valued() {
    use ConditionOperator::{Contains, Equals, In, NotEquals, NotIn};
    let records = [
        ("open", json!({"state": "open", "note": "ab", "tags": ["a"]})),
        ("closed", json!({"state": "closed", "note": "", "tags": ["b", "a"]})),
        ("none", json!({})),
    ]
    .map(|(id, members)| of_north(id, members));
    for (field, operator, operand, expected) in [
        ("state", Equals, json!("open"), vec!["open"]),
        ("state", NotEquals, json!("open"), vec!["closed"]),
        ("state", In, json!(["open", "closed"]), vec!["open", "closed"]),
        ("state", In, json!([]), vec![]),
        ("state", NotIn, json!(["open"]), vec!["closed"]),
        ("state", NotIn, json!([]), vec!["open", "closed"]),
        ("note", Contains, json!("b"), vec!["open"]),
        ("note", Contains, json!(""), vec!["open", "closed"]),
        ("tags", Contains, json!("b"), vec!["closed"]),
        ("owned_by", NotEquals, json!("zoe"), vec![]),
    ] {
        let condition = Condition::new(field, operator, operand.clone());
        assert_eq!(condition.check(&model()), Ok(()));
        let reach = granted(vec![Grant::new("a test").when(condition)]).reach(&model(), Action::View);
        let seen: Vec<&str> = records.iter().filter(|r| evaluate(&reach, r)).map(|r| &r.id()[6..]).collect();
        assert_eq!(seen, expected, "{field} {operator:?} {operand}");
    }
}

#[test]
fn all_conditions_of_one_grant_and_one_grant_is_enough() {
    use ConditionOperator::Equals;
    let both = when("state", Equals, json!("open")).when(Condition::new("rank", Equals, json!(2)));
    let one = when("rank", Equals, json!(3));
    let reach = granted(vec![both, one]).reach(&model(), Action::View);
    for (state, rank, expected) in [("open", 2, true), ("open", 1, false), ("closed", 2, false), ("closed", 3, true)] {
        assert_eq!(evaluate(&reach, &of_north("1", json!({"state": state, "rank": rank}))), expected);
    }
    let elsewhere = of_north("1", json!({"state": "open", "rank": 2, "team_id": "south"}));
    assert!(!evaluate(&reach, &elsewhere));
    // One without conditions makes the others say nothing.
    let reach = granted(vec![when("rank", Equals, json!(3)), Grant::new("role")]).reach(&model(), Action::View);
    assert_eq!(reach.to_string(), "team_id eq \"north\"");
}

#[test]
fn conditions_that_do_not_fit_are_refused_and_grant_nothing() {
    use ConditionOperator::{Contains, Equals, In, NotEquals, NotIn};
    for (field, operator, operand, code) in [
        ("stat", Equals, json!("open"), "unknown"),
        ("or", Equals, json!([]), "unknown"),
        ("state", Equals, json!("opne"), "not_allowed"),
        ("state", Equals, json!(null), "wrong_type"),
        ("state", NotIn, json!("open"), "wrong_type"),
        ("rank", NotEquals, json!("1"), "wrong_type"),
        ("rank", Contains, json!(1), "not_allowed"),
        ("tags", Equals, json!(["a"]), "not_allowed"),
        ("tags", In, json!(["a"]), "not_allowed"),
        ("extra", Equals, json!({}), "not_allowed"),
    ] {
        let condition = Condition::new(field, operator, operand);
        let error = condition.check(&model()).unwrap_err();
        assert_eq!((error.code, error.field.as_str()), (code, field), "{error}");
        let reach = granted(vec![Grant::new("a test").when(condition)]).reach(&model(), Action::View);
        assert_eq!(reach, Predicate::never(), "{field}");
    }
    let error = Condition::new("stat", Equals, json!("open")).check(&model()).unwrap_err();
    assert_eq!(error.hint.as_deref(), Some("did you mean `state`?"));
}

#[test]
fn a_share_reaches_one_record_for_what_its_level_names() {
    use ConditionOperator::Equals;
    let thing = model().subject().clone();
    let foreign = of_north("1", json!({"team_id": "south", "owned_by": "bob", "state": "open"}));
    let other = of_north("2", json!({"team_id": "south", "owned_by": "bob", "state": "open"}));
    for (level, allowed) in [
        (ShareLevel::View, vec![Action::View]),
        (ShareLevel::Edit, vec![Action::View, Action::Update]),
        (ShareLevel::Full, vec![Action::View, Action::Update, Action::Delete, Action::Transfer, Action::Share]),
    ] {
        let ada = AccessContext::user("ada", Some("north")).unwrap();
        let ctx = context(ada.permit_all(&thing, &Ownership::OwnerOnly).share(&thing, "Thing/1", level).build());
        for action in Action::ALL {
            let reach = ctx.reach(&model(), action);
            assert_eq!(evaluate(&reach, &foreign), allowed.contains(&action), "{level:?} {action}");
            assert!(!evaluate(&reach, &other));
        }
    }
    // It widens whose records are reached: neither the permission nor the grant's conditions.
    let share = |access: udal_core::access::AccessBuilder| access.share(&thing, "Thing/1", ShareLevel::Full).build();
    let without = share(AccessContext::user("ada", Some("north")).unwrap());
    assert_eq!(context(without).reach(&model(), Action::View), Predicate::never());
    let closed = Entitlement::of(Ownership::TeamWide).grant(when("state", Equals, json!("closed")));
    let ada = AccessContext::user("ada", Some("north")).unwrap().permit(permission(Action::View), closed);
    assert!(!evaluate(&context(share(ada)).reach(&model(), Action::View), &foreign));
}

#[test]
fn to_say_whose_a_record_is_takes_the_permission_to_transfer() {
    let thing = model().subject().clone();
    let own = Entitlement::of(Ownership::OwnerOnly).grant(Grant::new("a test"));
    let team = Entitlement::of(Ownership::TeamWide).grant(Grant::new("a test"));
    let mine = of_north("1", json!({"owned_by": "ada"}));
    let theirs = of_north("2", json!({"owned_by": "bob"}));
    let patch = |changes: Json| read_changes(&model(), &changes).unwrap();
    let ada = || {
        let ada = AccessContext::user("ada", Some("north")).unwrap();
        ada.permit(thing.permission(Action::View), team.clone()).permit(thing.permission(Action::Update), team.clone())
    };
    let editor = context(ada().build());
    assert!(editor.changed(&theirs, &patch(json!({"rank": 2})), None).unwrap().is_some());
    for (field, value) in [("owned_by", json!("zoe")), ("assigned_to", json!(["zoe"])), ("team_id", json!("north"))] {
        let error = editor.changed(&mine, &patch(json!({ field: value })), None).unwrap_err();
        assert_eq!(
            (error.kind(), error.mend()),
            (ErrorKind::Denied, Some("it takes the permission `lab.Thing.transfer`"))
        );
        assert!(error.message().contains(field));
    }
    let ctx = context(ada().permit(thing.permission(Action::Transfer), own).build());
    let to_zoe = patch(json!({"assigned_to": ["zoe"]}));
    assert!(ctx.changed(&mine, &to_zoe, None).unwrap().is_some());
    assert_eq!(ctx.changed(&theirs, &to_zoe, None).unwrap(), None);
    // It must stay where it is reached, by each of the three.
    let away = ctx.changed(&mine, &patch(json!({"owned_by": "zoe"})), None).unwrap_err();
    assert_eq!(away.kind(), ErrorKind::Denied);
    // Who may not change records is not told what else it would take.
    let viewer = AccessContext::user("ada", Some("north")).unwrap().permit(thing.permission(Action::View), team);
    assert_eq!(context(viewer.build()).changed(&mine, &to_zoe, None).unwrap(), None);
}

#[test]
fn a_change_may_not_leave_the_reach() {
    use ConditionOperator::Equals;
    let open = Entitlement::of(Ownership::TeamWide).grant(when("state", Equals, json!("open")));
    let ada = AccessContext::user("ada", Some("north")).unwrap();
    let ctx =
        context(ada.permit(permission(Action::View), open.clone()).permit(permission(Action::Update), open).build());
    let record = of_north("1", json!({"state": "open"}));
    let patch = |changes: Json| read_changes(&model(), &changes).unwrap();
    let changed = ctx.changed(&record, &patch(json!({"rank": 9})), Some(1)).unwrap().unwrap();
    assert_eq!((changed.version(), changed.value("rank").unwrap().as_int()), (2, Some(9)));
    for changes in [json!({"state": "closed"}), json!({"state": null})] {
        assert_eq!(ctx.changed(&record, &patch(changes), None).unwrap_err().kind(), ErrorKind::Denied);
    }
    let stale = ctx.changed(&record, &patch(json!({"rank": 9})), Some(2)).unwrap_err();
    assert_eq!(stale.kind(), ErrorKind::VersionConflict);
    let closed = of_north("1", json!({"state": "closed"}));
    // What is out of reach has no version that could be wrong.
    assert_eq!(ctx.changed(&closed, &patch(json!({"rank": 9})), Some(2)).unwrap(), None);
    assert_eq!(check_within(&Predicate::never(), &record).unwrap_err().kind(), ErrorKind::Denied);
}

#[test]
fn a_predicate_says_nothing_twice() {
    let below = Ownership::Hierarchical(People::new(["cid", "bob", "cid"]));
    let ctx = user("ada", None, below);
    let expected = "any(owned_by eq \"ada\", assigned_to has \"ada\", owned_by in [\"bob\",\"cid\"])";
    assert_eq!(ctx.reach(&model(), Action::View).to_string(), expected);
    let patch = read_changes(&model(), &json!({"owned_by": "bob"})).unwrap();
    assert_eq!(ctx.reach_to_update(&model(), &patch).unwrap().to_string(), expected);
}

#[test]
fn what_is_shown_of_a_context_holds_no_value() {
    let thing = model().subject().clone();
    let secret = Entitlement::of(Ownership::Hierarchical(People::new(["secret-1"]))).grant(when(
        "note",
        ConditionOperator::Equals,
        json!("secret-2"),
    ));
    let access = AccessContext::user("ada", Some("north")).unwrap().permit(permission(Action::View), secret);
    let access = access.share(&thing, "Thing/secret-3", ShareLevel::Full).restrict(
        &thing,
        "price",
        udal_core::access::Visibility::Masked("secret-4".to_owned()),
    );
    let shown = format!("{:?}", context(access.build()));
    assert!(!shown.contains("secret") && shown.contains("ada") && shown.contains("lab.Thing"), "{shown}");
}

#[test]
fn permissions_that_are_none() {
    for (bad, hint) in [
        ("crm.accounts", "write group, model and action"),
        ("", "write group, model and action"),
        ("crm.accounts.view.all", "write group, model and action"),
        ("crm.accounts.read", "actions are view, create, update, delete, transfer, share"),
        ("crm.accounts.View", "did you mean `view`?"),
        ("Crm.accounts.view", "lower-case letter first"),
        ("crm.a b.view", "a letter first"),
        ("crm.ａccounts.view", "a letter first"),
        ("crm..view", "a letter first"),
        ("*.*.view", "lower-case letter first"),
    ] {
        let error = Permission::parse(bad).unwrap_err();
        assert!(error.kind() == ErrorKind::InvalidInput && error.mend().unwrap().contains(hint), "{bad}: {error}");
    }
    assert!(Subject::parse("crm.accounts").is_ok() && Subject::parse("crm").is_err());
}

#[test]
fn a_model_is_called_what_it_says() {
    let named = |model: ModelDeclaration| model.field("name", "str");
    let group = GroupDeclaration::new("crm")
        .model(named(ModelDeclaration::new("Account").permission("accounts")))
        .model(named(ModelDeclaration::new("Contact")));
    let catalog = Catalog::build(vec![group]).unwrap();
    let called = |name: &str| -> String {
        let model: &Arc<Model> = catalog.model("crm", name).unwrap();
        model.permission(Action::View).to_string()
    };
    assert_eq!((called("Account"), called("Contact")), ("crm.accounts.view".to_owned(), "crm.Contact.view".to_owned()));
}

#[test]
fn every_request_has_a_name() {
    let ctx = || context(AccessContext::unrestricted("a test"));
    assert_ne!(ctx().request_id(), ctx().request_id());
    assert_eq!(ctx().with_request_id("r1").request_id(), "r1");
}
