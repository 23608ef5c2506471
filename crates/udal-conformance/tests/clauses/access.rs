//! Access, each wrong in one way: who is let through, and where predicates say something else than the context does.

use std::sync::Arc;

use udal_core::access::OWNERSHIP_FIELDS;
use udal_core::contract::{
    Backend, BatchDelete, BatchUpdate, ChangeReport, Count, Create, Created, Delete, Deleted, Get, List, Page, Update,
};
use udal_core::filter::{Comparison, Predicate, Test, evaluate};
use udal_core::model::{Model, position};
use udal_core::record::{Patch, Record};
use udal_core::{Action, Context, Result};

use crate::wrong::{Fault, Wrong, everyone};

/// What the fault makes of what someone may view; `None` where it makes nothing of it.
fn misread(fault: Fault, ctx: &Context, model: &Model) -> Option<Predicate> {
    let reach = || ctx.reach(model, Action::View);
    match fault {
        Fault::AccessAsksNoPermission if !ctx.access().holds(model, Action::View) => Some(Predicate::always()),
        Fault::ConditionsAreMetByNothing
        | Fault::OneConditionIsEnough
        | Fault::SharesAreForgotten
        | Fault::TeamsAreForgotten
        | Fault::AssigneesAreForgotten
        | Fault::PeopleBelowAreForgotten
        | Fault::OwnersAreForgotten
        | Fault::ContainsIsStartsWith => Some(mutated(fault, reach())),
        _ => None,
    }
}

/// The predicate, wrong in one way.
fn mutated(fault: Fault, predicate: Predicate) -> Predicate {
    let each = |parts: Vec<Predicate>| parts.into_iter().map(|part| mutated(fault, part)).collect::<Vec<_>>();
    let (field, test) = match predicate {
        Predicate::All(parts) if fault == Fault::OneConditionIsEnough && parts.len() > 1 => {
            return Predicate::Any(each(parts));
        }
        Predicate::All(parts) => return Predicate::All(each(parts)),
        Predicate::Any(parts) => return Predicate::Any(each(parts)),
        Predicate::Not(inner) => return Predicate::Not(Box::new(mutated(fault, *inner))),
        Predicate::Test(field, test) => (field, test),
    };
    let of_missing = |test| {
        Predicate::Any(vec![
            Predicate::Test(Arc::clone(&field), test),
            Predicate::Test(Arc::clone(&field), Test::Missing),
        ])
    };
    match (fault, field.position(), test) {
        (Fault::ConditionsAreMetByNothing, _, test @ (Test::Compare(Comparison::NotEqual, _) | Test::NotIn(_))) => {
            of_missing(test)
        }
        (Fault::SharesAreForgotten, position::ID, Test::In(_)) => Predicate::never(),
        (Fault::TeamsAreForgotten, position::TEAM_ID, Test::Compare(Comparison::Equal, _)) => Predicate::always(),
        (Fault::AssigneesAreForgotten, position::ASSIGNED_TO, Test::Has(_)) => Predicate::never(),
        (Fault::PeopleBelowAreForgotten, position::OWNED_BY, Test::In(_)) => Predicate::never(),
        (Fault::OwnersAreForgotten, position::OWNED_BY, Test::Compare(Comparison::Equal, _)) => Predicate::always(),
        (Fault::ContainsIsStartsWith, _, Test::Contains(part)) => Predicate::Test(field, Test::StartsWith(part)),
        (_, _, test) => Predicate::Test(field, test),
    }
}

/// The answer to a read of what the fault takes for visible; `None` where it takes nothing else for it.
pub(crate) async fn get(wrong: &Wrong, ctx: &Context, op: &Get) -> Option<Result<Option<Record>>> {
    let reach = misread(wrong.fault, ctx, &op.model)?;
    let found = wrong.memory.get(&everyone(ctx), op.clone()).await;
    Some(found.map(|found| found.filter(|record| evaluate(&reach, record))))
}

pub(crate) async fn list(wrong: &Wrong, ctx: &Context, op: &List) -> Option<Result<Page>> {
    let reach = misread(wrong.fault, ctx, &op.model)?;
    let filter = op.filter.clone().and(reach);
    Some(wrong.memory.list(&everyone(ctx), List { filter, ..op.clone() }).await)
}

pub(crate) async fn count(wrong: &Wrong, ctx: &Context, op: &Count) -> Option<Result<u64>> {
    let reach = misread(wrong.fault, ctx, &op.model)?;
    let filter = op.filter.clone().and(reach);
    Some(wrong.memory.count(&everyone(ctx), Count { filter, ..op.clone() }).await)
}

pub(crate) async fn create(wrong: &Wrong, ctx: &Context, op: &Create) -> Option<Result<Created>> {
    let model = op.record.model();
    let is_let = wrong.fault == Fault::AccessAsksNoPermission && !ctx.access().holds(model, Action::Create);
    if is_let { Some(wrong.memory.create(&everyone(ctx), op.clone()).await) } else { None }
}

/// Whether the fault lets someone change or delete this record whom the contract would not.
async fn is_let(wrong: &Wrong, ctx: &Context, model: &Arc<Model>, id: &str, patch: &Patch) -> Result<bool> {
    let get = Get { model: Arc::clone(model), id: id.to_owned() };
    let Some(record) = wrong.memory.get(&everyone(ctx), get).await? else { return Ok(false) };
    let may = |action| evaluate(&ctx.reach(model, action), &record);
    Ok(match wrong.fault {
        Fault::ToViewIsEnough | Fault::BatchesAskToViewOnly => may(Action::View),
        Fault::ToUpdateIsEnough => may(Action::Update),
        Fault::TransferIsAnUpdate => {
            let is_transfer = OWNERSHIP_FIELDS.iter().any(|position| patch.change_of(*position).is_some());
            is_transfer && may(Action::View) && may(Action::Update)
        }
        Fault::ChangesMayLeaveTheReach => {
            ctx.reach_to_update(model, patch).is_ok_and(|reach| evaluate(&reach, &record))
        }
        _ => false,
    })
}

fn is_of_single_writes(fault: Fault) -> bool {
    fault != Fault::BatchesAskToViewOnly
}

pub(crate) async fn update(wrong: &Wrong, ctx: &Context, op: &Update) -> Result<Option<Record>> {
    if !is_of_single_writes(wrong.fault) || !is_let(wrong, ctx, &op.model, &op.id, &op.patch).await? {
        return Ok(None);
    }
    wrong.memory.update(&everyone(ctx), op.clone()).await.map(Some)
}

pub(crate) async fn delete(wrong: &Wrong, ctx: &Context, op: &Delete) -> Result<Option<Option<Deleted>>> {
    let is_asked = is_of_single_writes(wrong.fault) && wrong.fault != Fault::ChangesMayLeaveTheReach;
    if !is_asked || !is_let(wrong, ctx, &op.model, &op.id, &Patch::default()).await? {
        return Ok(None);
    }
    wrong.memory.delete(&everyone(ctx), op.clone()).await.map(Some)
}

/// Batches of someone who may view: as if they might do everything.
pub(crate) async fn batch_update(wrong: &Wrong, ctx: &Context, op: BatchUpdate<'_>) -> Result<ChangeReport> {
    wrong.memory.batch_update(&everyone(ctx), op).await
}

pub(crate) async fn batch_delete(wrong: &Wrong, ctx: &Context, op: BatchDelete<'_>) -> Result<ChangeReport> {
    wrong.memory.batch_delete(&everyone(ctx), op).await
}
