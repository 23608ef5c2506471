//! Access: permissions, conditions of grants, shares and transfers, in each operation.

mod batches;

use serde_json::{Value as Json, json};
use udal_core::access::{
    AccessBuilder, AccessContext, Action, Condition, ConditionOperator, Entitlement, Grant, Ownership, ShareLevel,
    Subject,
};
use udal_core::contract::BatchMode;
use udal_core::record::Record;
use udal_core::{Context, Error, ErrorKind};

use crate::case::{Case, Failure, Outcome, case};
use crate::changes::{Op, failures, item, refused};
use crate::expect::{equal, fails, same_record, some};
use crate::rows::Rows;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![
        case!("ACCESS-1", without_the_permission_nothing_is_there),
        case!("ACCESS-1", a_permission_of_another_model_is_none),
        case!("ACCESS-1", what_a_user_is_called_says_nothing_else),
        case!("ACCESS-2", without_the_permission_nothing_is_created),
        case!("ACCESS-3", each_condition_grants_what_it_says),
        case!("ACCESS-3", a_missing_attribute_meets_no_condition),
        case!("ACCESS-3", all_conditions_of_one_grant_hold),
        case!("ACCESS-3", conditions_do_not_widen_whose_records_are_seen),
        case!("ACCESS-3", conditions_hold_in_pages_and_counts),
        case!("ACCESS-4", to_see_is_not_to_change),
        case!("ACCESS-4", what_may_be_changed_and_not_seen_is_not_there),
        case!("ACCESS-5", to_say_whose_it_is_takes_the_permission),
        case!("ACCESS-5", a_transfer_stays_within_reach),
        case!("ACCESS-6", a_share_is_for_what_its_level_names),
        case!("ACCESS-6", a_share_is_no_permission),
        case!("ACCESS-7", a_change_leaves_no_condition),
        case!("ACCESS-7", a_change_counts_the_version_up_and_out_of_reach),
    ];
    cases.extend(batches::cases());
    cases
}

fn everything() -> Entitlement {
    Entitlement::of(Ownership::TeamWide).grant(Grant::new("the suite"))
}

fn when(field: &str, operator: ConditionOperator, operand: Json) -> Grant {
    Grant::new("the suite").when(Condition::new(field, operator, operand))
}

/// What `ann` of team `red` holds, for a model.
fn ann(subject: &Subject, held: &[(Action, Entitlement)]) -> Result<AccessBuilder, Error> {
    let ann = AccessContext::user("ann", Some("red"))?;
    Ok(held.iter().fold(ann, |ann, (action, entitlement)| ann.permit(subject.permission(*action), entitlement.clone())))
}

fn context(world: &World, rows: &Rows, held: &[(Action, Entitlement)]) -> Result<Context, Failure> {
    Ok(world.asker(ann(rows.model.subject(), held)?.build()))
}

/// Records of the teams `red` and `blue`.
async fn fill(world: &World) -> Result<(Rows, Vec<Record>), Failure> {
    let rows = world.rows("Plain")?;
    let mut records = Vec::new();
    for (key, members) in [
        ("blue", json!({"name": "a", "value": 1, "tags": ["t"], "team_id": "blue", "owned_by": "ann"})),
        ("empty", json!({"name": "", "team_id": "red"})),
        ("none", json!({"team_id": "red", "owned_by": "bob"})),
        ("one", json!({"name": "ab", "value": 1, "tags": ["t", "u"], "team_id": "red", "owned_by": "ann"})),
        ("two", json!({"name": "b%", "value": 2, "tags": ["u"], "team_id": "red", "assigned_to": ["ann"]})),
    ] {
        records.push(rows.record(key, members)?);
    }
    rows.store(&records).await?;
    Ok((rows, records))
}

async fn sees_nothing(rows: &Rows, asker: &Context, records: &[Record]) -> Outcome {
    let asked = rows.seen_by(asker);
    for record in records {
        equal(asked.get_id(record.id()).await?, None)?;
    }
    // The right answer is nothing: the permission to view is missing.
    equal((asked.find(json!({})).await?.len(), asked.count(json!({})).await?), (0, 0))?;
    equal(asked.search("a", &["name"]).await?, Vec::<String>::new())?;
    for key in ["one", "not-there"] {
        fails(asked.update(key, json!({"value": 9})).await, ErrorKind::NotFound)?;
        fails(asked.update_if(key, json!({"value": 9}), Some(9)).await, ErrorKind::NotFound)?;
        equal(asked.delete_if(key, Some(9)).await?, None)?;
        equal(asked.delete(key).await?, None)?;
    }
    rows.hold(records).await
}

async fn without_the_permission_nothing_is_there(world: &World) -> Outcome {
    let (rows, records) = fill(world).await?;
    let all_but_view: Vec<_> =
        Action::ALL.into_iter().filter(|action| *action != Action::View).map(|action| (action, everything())).collect();
    for held in [vec![], all_but_view, vec![(Action::View, Entitlement::of(Ownership::TeamWide))]] {
        sees_nothing(&rows, &context(world, &rows, &held)?, &records).await?;
    }
    Ok(())
}

async fn a_permission_of_another_model_is_none(world: &World) -> Outcome {
    let (rows, records) = fill(world).await?;
    for other in ["suite.Friend", "suite.plain", "suite.Plains", "other.Plain"] {
        let ann = AccessContext::user("ann", Some("red"))?.permit_all(&Subject::parse(other)?, &Ownership::TeamWide);
        sees_nothing(&rows, &world.asker(ann.build()), &records).await?;
    }
    Ok(())
}

/// Ids of users that another language would read, or that look like others.
const STRANGE: [&str; 9] =
    ["' OR '1'='1", "ann' --", "\") { id } }", "woql:*v:x", "$1", "%", "аnn", "ａｎｎ", "ann\u{200b}"];

async fn what_a_user_is_called_says_nothing_else(world: &World) -> Outcome {
    let (rows, mut records) = fill(world).await?;
    for (at, user) in STRANGE.into_iter().enumerate() {
        let members = json!({"name": "theirs", "owned_by": user, "team_id": user, "assigned_to": [user]});
        let record = rows.create(&format!("strange-{at}"), members).await?;
        for ownership in [Ownership::TeamWide, Ownership::OwnerOnly, Ownership::AssignedOnly] {
            let theirs = rows.seen_by(&world.user(user, Some(user), ownership)?);
            equal(theirs.find(json!({})).await?, [format!("strange-{at}")])?;
            equal(theirs.count(json!({"or": [{"value": 1}, {"name": "theirs"}]})).await?, 1)?;
            fails(theirs.update("one", json!({"value": 9})).await, ErrorKind::NotFound)?;
        }
        records.push(record);
    }
    records.sort_by(|a, b| a.id().cmp(b.id()));
    rows.hold(&records).await
}

async fn without_the_permission_nothing_is_created(world: &World) -> Outcome {
    let (rows, records) = fill(world).await?;
    let held: Vec<_> = Action::ALL
        .into_iter()
        .filter(|action| *action != Action::Create)
        .map(|action| (action, everything()))
        .collect();
    let asked = rows.seen_by(&context(world, &rows, &held)?);
    let members = json!({"team_id": "red", "owned_by": "ann"});
    fails(asked.try_create("new", members.clone()).await, ErrorKind::Denied)?;
    fails(asked.write(rows.record("new", members.clone())?, Some(("key", "print"))).await, ErrorKind::Denied)?;
    // Whether the id is taken makes no difference.
    fails(asked.try_create("one", members.clone()).await, ErrorKind::Denied)?;
    fails(asked.try_create("blue", members.clone()).await, ErrorKind::Denied)?;
    let items = [Ok((0, rows.record("new", members.clone())?))];
    let report = asked.batch(BatchMode::PerItem, items).await?;
    equal(report.failures.iter().map(|failed| failed.error.kind()).collect::<Vec<_>>(), [ErrorKind::Denied])?;
    let report = asked.all_of(Op::Upsert, BatchMode::PerItem, &[item("new", members)]).await?;
    equal(failures(&report), [(0, ErrorKind::Denied)])?;
    rows.hold(&records).await
}

/// The keys of the records that someone sees with these grants.
async fn seen(world: &World, rows: &Rows, grants: Vec<Grant>) -> Result<Vec<String>, Failure> {
    let entitlement = grants.into_iter().fold(Entitlement::of(Ownership::TeamWide), Entitlement::grant);
    rows.seen_by(&context(world, rows, &[(Action::View, entitlement)])?).find(json!({})).await
}

async fn each_condition_grants_what_it_says(world: &World) -> Outcome {
    use ConditionOperator::{Contains, Equals, In, NotEquals, NotIn};
    let (rows, _) = fill(world).await?;
    for (field, operator, operand, expected) in [
        ("value", Equals, json!(1), vec!["one"]),
        ("value", NotEquals, json!(1), vec!["two"]),
        ("name", In, json!(["ab", "b%", "x"]), vec!["one", "two"]),
        ("name", NotIn, json!(["ab"]), vec!["empty", "two"]),
        ("name", Contains, json!("b"), vec!["one", "two"]),
        ("name", Contains, json!("%"), vec!["two"]),
        ("tags", Contains, json!("t"), vec!["one"]),
        ("owned_by", Equals, json!("bob"), vec!["none"]),
        ("owned_by", NotEquals, json!("bob"), vec!["one"]),
        ("assigned_to", Contains, json!("ann"), vec!["two"]),
        ("id", Equals, json!("Plain/two"), vec!["two"]),
    ] {
        let got = seen(world, &rows, vec![when(field, operator, operand.clone())]).await?;
        equal(
            (field, operator, &operand, got),
            (field, operator, &operand, expected.iter().map(|k| (*k).to_owned()).collect()),
        )?;
    }
    Ok(())
}

async fn a_missing_attribute_meets_no_condition(world: &World) -> Outcome {
    use ConditionOperator::{NotEquals, NotIn};
    let (rows, _) = fill(world).await?;
    for grant in
        [when("value", NotEquals, json!(99)), when("value", NotIn, json!([])), when("value", NotIn, json!([99, 98]))]
    {
        equal(seen(world, &rows, vec![grant]).await?, ["one", "two"])?;
    }
    // An empty text is there, and is met.
    equal(seen(world, &rows, vec![when("name", NotEquals, json!("ab"))]).await?, ["empty", "two"])?;
    // The right answer is nothing: nothing is one of none.
    equal(seen(world, &rows, vec![when("value", ConditionOperator::In, json!([]))]).await?, Vec::<String>::new())
}

async fn all_conditions_of_one_grant_hold(world: &World) -> Outcome {
    use ConditionOperator::{Contains, Equals};
    let (rows, _) = fill(world).await?;
    let both = when("tags", Contains, json!("u")).when(Condition::new("value", Equals, json!(2)));
    equal(seen(world, &rows, vec![both.clone()]).await?, ["two"])?;
    equal(seen(world, &rows, vec![both.clone(), when("name", Equals, json!(""))]).await?, ["empty", "two"])?;
    equal(seen(world, &rows, vec![both, Grant::new("the suite")]).await?, ["empty", "none", "one", "two"])
}

async fn conditions_do_not_widen_whose_records_are_seen(world: &World) -> Outcome {
    let (rows, records) = fill(world).await?;
    let owned = Entitlement::of(Ownership::AssignedOnly).grant(when("value", ConditionOperator::In, json!([1, 2])));
    let asked = rows.seen_by(&context(world, &rows, &[(Action::View, owned)])?);
    equal(asked.find(json!({})).await?, ["blue", "one", "two"])?;
    asked.agree(&records, json!({"not": {"value": 1}})).await?;
    asked.agree(&records, json!({"or": [{"value": {"is_null": true}}, {"team_id": "red"}]})).await
}

async fn conditions_hold_in_pages_and_counts(world: &World) -> Outcome {
    let (rows, records) = fill(world).await?;
    let entitlement =
        Entitlement::of(Ownership::TeamWide).grant(when("name", ConditionOperator::NotEquals, json!("ab")));
    let asked = rows.seen_by(&context(world, &rows, &[(Action::View, entitlement)])?);
    equal(asked.walk(&records, "-name", 1).await?, 2)?;
    equal((asked.count(json!({})).await?, asked.count(json!({"value": 1})).await?), (2, 0))?;
    equal(asked.search("b", &["name"]).await?, ["two"])?;
    equal(asked.get("one").await?, None)
}

async fn to_see_is_not_to_change(world: &World) -> Outcome {
    let (rows, mut records) = fill(world).await?;
    let own = Entitlement::of(Ownership::OwnerOnly).grant(Grant::new("the suite"));
    let held =
        [(Action::View, everything()), (Action::Update, own), (Action::Delete, Entitlement::of(Ownership::TeamWide))];
    let asked = rows.seen_by(&context(world, &rows, &held)?);
    equal(asked.find(json!({})).await?, ["empty", "none", "one", "two"])?;
    for key in ["empty", "none", "two", "blue", "not-there"] {
        fails(asked.update(key, json!({"value": 9})).await, ErrorKind::NotFound)?;
        fails(asked.update_if(key, json!({"value": 9}), Some(9)).await, ErrorKind::NotFound)?;
    }
    for key in ["empty", "one", "blue", "not-there"] {
        equal(asked.delete_if(key, Some(9)).await?, None)?;
    }
    let changed = asked.update("one", json!({"value": 9})).await?;
    records.iter_mut().filter(|record| record.id() == changed.id()).for_each(|record| *record = changed.clone());
    rows.hold(&records).await
}

async fn what_may_be_changed_and_not_seen_is_not_there(world: &World) -> Outcome {
    let (rows, records) = fill(world).await?;
    let own = Entitlement::of(Ownership::OwnerOnly).grant(when("value", ConditionOperator::Equals, json!(2)));
    let held = [(Action::View, own), (Action::Update, everything()), (Action::Delete, everything())];
    let asked = rows.seen_by(&context(world, &rows, &held)?);
    for key in ["one", "two", "not-there"] {
        fails(asked.update(key, json!({"value": 2})).await, ErrorKind::NotFound)?;
        equal(asked.delete(key).await?, None)?;
    }
    rows.hold(&records).await
}

async fn to_say_whose_it_is_takes_the_permission(world: &World) -> Outcome {
    let (rows, records) = fill(world).await?;
    let held = [(Action::View, everything()), (Action::Update, everything())];
    let asked = rows.seen_by(&context(world, &rows, &held)?);
    for field in ["owned_by", "assigned_to", "team_id"] {
        let value = if field == "assigned_to" { json!(["bob"]) } else { json!("red") };
        for key in ["one", "blue", "not-there"] {
            // Also of what is not there, and of what stays what it is: nothing is learned by it.
            fails(asked.update(key, json!({ field: value, "value": 3 })).await, ErrorKind::Denied)?;
        }
        let items = [item("two", json!({ field: value }))];
        refused(asked.all_of(Op::Update, BatchMode::Atomic, &items).await, ErrorKind::Denied, 0)?;
        refused(asked.all_of(Op::Upsert, BatchMode::Atomic, &items).await, ErrorKind::Denied, 0)?;
    }
    rows.hold(&records).await
}

async fn a_transfer_stays_within_reach(world: &World) -> Outcome {
    let (rows, _) = fill(world).await?;
    let own = Entitlement::of(Ownership::OwnerOnly).grant(Grant::new("the suite"));
    let held = [(Action::View, everything()), (Action::Update, everything()), (Action::Transfer, own)];
    let asked = rows.seen_by(&context(world, &rows, &held)?);
    // What is seen and may be changed, but is not theirs to give, is as if it were not there.
    fails(asked.update("two", json!({"assigned_to": ["bob"]})).await, ErrorKind::NotFound)?;
    fails(asked.update("one", json!({"owned_by": "bob"})).await, ErrorKind::Denied)?;
    fails(asked.update("one", json!({"team_id": "blue"})).await, ErrorKind::Denied)?;
    equal(asked.update("one", json!({"assigned_to": ["bob"], "value": 7})).await?.version(), 2)?;
    let held = Action::ALL.map(|action| (action, everything()));
    let manager = rows.seen_by(&context(world, &rows, &held)?);
    equal(manager.update("one", json!({"owned_by": "bob"})).await?.version(), 3)?;
    fails(manager.update("one", json!({"team_id": "blue"})).await, ErrorKind::Denied)?;
    rows.finds(json!({"owned_by": "bob", "team_id": "red"}), &["none", "one"]).await
}

async fn a_share_is_for_what_its_level_names(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let subject = rows.model.subject().clone();
    for level in [ShareLevel::View, ShareLevel::Edit, ShareLevel::Full] {
        let record = rows.create(level.name(), json!({"value": 1, "team_id": "blue", "owned_by": "bob"})).await?;
        rows.create(&format!("not-{}", level.name()), json!({"value": 1, "team_id": "blue", "owned_by": "bob"}))
            .await?;
        let held = Action::ALL.map(|action| (action, everything()));
        let shared = ann(&subject, &held)?.share(&subject, record.id(), level).build();
        let asked = rows.seen_by(&world.asker(shared));
        same_record(&some(asked.get(level.name()).await?, "shared record")?, &record)?;
        equal((asked.find(json!({})).await?, asked.count(json!({})).await?), (vec![level.name().to_owned()], 1))?;
        let changed = asked.update(level.name(), json!({"value": 2})).await;
        if level == ShareLevel::View {
            fails(changed, ErrorKind::NotFound).map(drop)?
        } else {
            equal(changed?.version(), 2)?
        }
        let given = asked.update(level.name(), json!({"owned_by": "cid"})).await;
        if level == ShareLevel::Full {
            equal(given?.version(), 3)?
        } else {
            fails(given, ErrorKind::NotFound).map(drop)?
        }
        let deleted = asked.delete(level.name()).await?;
        equal(deleted.is_some(), level == ShareLevel::Full)?;
    }
    // Of what was not shared nothing was touched.
    rows.finds(json!({"version": 1, "value": 1}), &["not-edit", "not-full", "not-view", "view"]).await
}

async fn a_share_is_no_permission(world: &World) -> Outcome {
    let (rows, records) = fill(world).await?;
    let subject = rows.model.subject().clone();
    let shared = |held: &[(Action, Entitlement)]| -> Result<Rows, Failure> {
        let access = ann(&subject, held)?.share(&subject, "Plain/blue", ShareLevel::Full).build();
        Ok(rows.seen_by(&world.asker(access)))
    };
    equal(shared(&[])?.get("blue").await?, None)?;
    equal(shared(&[(Action::Update, everything())])?.count(json!({})).await?, 0)?;
    let viewer = shared(&[(Action::View, everything())])?;
    equal(viewer.count(json!({})).await?, 5)?;
    fails(viewer.update("blue", json!({"value": 9})).await, ErrorKind::NotFound)?;
    // The conditions of the grants are asked of a shared record as of every other.
    let two = Entitlement::of(Ownership::TeamWide).grant(when("value", ConditionOperator::Equals, json!(2)));
    equal(shared(&[(Action::View, two)])?.find(json!({})).await?, ["two"])?;
    rows.hold(&records).await
}

async fn a_change_leaves_no_condition(world: &World) -> Outcome {
    let (rows, mut records) = fill(world).await?;
    let low = Entitlement::of(Ownership::TeamWide).grant(when("value", ConditionOperator::In, json!([1, 2])));
    let held = [(Action::View, everything()), (Action::Update, low.clone()), (Action::Create, low)];
    let asked = rows.seen_by(&context(world, &rows, &held)?);
    for changes in [json!({"value": 3}), json!({"value": null}), json!({"value": 3, "name": "x"})] {
        fails(asked.update("one", changes.clone()).await, ErrorKind::Denied)?;
        refused(asked.all_of(Op::Update, BatchMode::Atomic, &[item("one", changes)]).await, ErrorKind::Denied, 0)?;
    }
    for members in [json!({"team_id": "red"}), json!({"team_id": "red", "value": 3})] {
        fails(asked.try_create("new", members).await, ErrorKind::Denied)?;
    }
    let changed = asked.update("one", json!({"value": 2})).await?;
    records.iter_mut().filter(|record| record.id() == changed.id()).for_each(|record| *record = changed.clone());
    rows.hold(&records).await
}

async fn a_change_counts_the_version_up_and_out_of_reach(world: &World) -> Outcome {
    let (rows, records) = fill(world).await?;
    let new = Entitlement::of(Ownership::TeamWide).grant(when("version", ConditionOperator::Equals, json!(1)));
    let held = [(Action::View, everything()), (Action::Update, new)];
    let asked = rows.seen_by(&context(world, &rows, &held)?);
    let changes = json!({"value": 2});
    fails(asked.update("one", changes.clone()).await, ErrorKind::Denied)?;
    refused(asked.all_of(Op::Update, BatchMode::Atomic, &[item("one", changes.clone())]).await, ErrorKind::Denied, 0)?;
    refused(asked.all_of(Op::Upsert, BatchMode::Atomic, &[item("one", changes)]).await, ErrorKind::Denied, 0)?;
    rows.hold(&records).await
}
