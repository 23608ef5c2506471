//! What each kind of access sees.

use serde_json::json;
use udal_core::filter::evaluate;
use udal_core::model::{Catalog, GroupDeclaration, ModelDeclaration};
use udal_core::record::Record;
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
    context(AccessContext::user(id, team, ownership).unwrap())
}

type Rule = fn(Option<&str>, &[&str], Option<&str>) -> bool;

fn seen(ctx: &Context, rule: Rule) {
    let model = model();
    let reach = ctx.reach(&model).unwrap();
    for owner in OWNERS {
        for assigned in ASSIGNED {
            for team in TEAMS {
                let members =
                    json!({"name": "a", "rank": 1, "owned_by": owner, "assigned_to": assigned, "team_id": team});
                let record: Record = record("1", members.as_object().unwrap().clone());
                let expected = rule(owner, assigned, team);
                assert_eq!(evaluate(&reach, &record), expected, "{ctx:?} {members}");
                assert_eq!(ctx.check_reach(&record).is_ok(), expected);
                if !expected {
                    assert_eq!(ctx.check_reach(&record).unwrap_err().kind(), ErrorKind::Denied);
                }
            }
        }
    }
}

#[test]
fn each_ownership_sees_what_it_says() {
    let people = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let north = Some("north");
    seen(&context(AccessContext::unrestricted("a test")), |_, _, _| true);
    seen(&user("ada", north, Ownership::TeamWide), |_, _, team| team == Some("north"));
    seen(&user("ada", None, Ownership::TeamWide), |_, _, _| false);
    seen(&user("ada", north, Ownership::OwnerOnly), |owner, _, _| owner == Some("ada"));
    seen(&user("ada", None, Ownership::OwnerOnly), |owner, _, _| owner == Some("ada"));
    seen(&user("ada", north, Ownership::AssignedOnly), |owner, assigned, _| {
        owner == Some("ada") || assigned.contains(&"ada")
    });
    seen(&user("ada", north, Ownership::Hierarchical(vec![])), |owner, assigned, _| {
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
    assert_eq!(access.unrestricted_reason(), Some("an import"));
    seen(&context(access), |_, _, _| true);
}

#[test]
fn what_every_tenant_reads_takes_a_permission_to_write() {
    let units = ModelDeclaration::new("Unit").field("name", "str").postgresql().shared();
    let catalog = Catalog::build(vec![GroupDeclaration::new("lab").model(units)]).unwrap();
    let unit = catalog.model("lab", "Unit").unwrap();
    let ada = || AccessContext::user("ada", Some("north"), Ownership::TeamWide).unwrap();
    let permitted = ada().with_permissions(["shared_reference:write".to_owned()]);
    let near = ada().with_permissions(["shared_reference:read".to_owned(), "SHARED_REFERENCE:WRITE".to_owned()]);
    for (access, may) in
        [(ada(), false), (near, false), (permitted, true), (AccessContext::unrestricted("a test"), true)]
    {
        let ctx = context(access);
        assert_eq!(ctx.reach_to_write(unit).is_ok(), may, "{ctx:?}");
        assert!(ctx.reach_to_write(&model()).is_ok());
    }
    let error = context(ada()).reach_to_write(unit).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.mend().unwrap().contains("shared_reference:write"));
}

#[test]
fn every_request_has_a_name() {
    let ctx = || context(AccessContext::unrestricted("a test"));
    assert_ne!(ctx().request_id(), ctx().request_id());
    assert_eq!(ctx().with_request_id("r1").request_id(), "r1");
}
