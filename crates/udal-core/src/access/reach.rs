//! What a context may see and write of a model, as predicates.

use super::ownership::test;
use super::rights::SubjectRights;
use super::{AccessContext, Action, Context, Entitlement, Grant, Scope};
use crate::contract::refusal::{
    RAW_SQL, SHARED_REFERENCE_WRITE, already_exists, check_version, may_not_ask_in_sql, may_not_create,
    may_not_transfer, may_not_write_shared, not_found, out_of_reach,
};
use crate::contract::{Expect, UpsertItem};
use crate::error::Result;
use crate::filter::{Predicate, Test, evaluate};
use crate::model::{Model, position};
use crate::record::{Patch, Record};
use crate::value::Value;

/// The fields that say whose a record is: to change one of them is to transfer it.
pub const OWNERSHIP_FIELDS: [usize; 3] = [position::OWNED_BY, position::ASSIGNED_TO, position::TEAM_ID];

impl Context {
    /// The records of `model` with which the asker may do `action`: the predicate that every backend puts into its query.
    ///
    /// Of the system every record, of a user without the permission none. To read takes [`Action::View`]; what a write takes is
    /// in [`reach_to_update`](Context::reach_to_update), [`reach_to_delete`](Context::reach_to_delete) and
    /// [`check_create`](Context::check_create).
    pub fn reach(&self, model: &Model, action: Action) -> Predicate {
        self.access().reach(model, action)
    }

    /// The records that the asker may change by `patch`, before and after it: those within reach to view and to update, and to
    /// transfer where the patch says whose they are.
    ///
    /// # Errors
    /// [`Denied`](crate::ErrorKind::Denied) where the model is shared by every tenant and the asker may not write such, and
    /// where the patch says whose the record is and the asker may not transfer any.
    pub fn reach_to_update(&self, model: &Model, patch: &Patch) -> Result<Predicate> {
        self.check_shared(model)?;
        let transferred = OWNERSHIP_FIELDS.iter().find_map(|position| patch.change_of(*position));
        let reach = all_of(vec![self.reach(model, Action::View), self.reach(model, Action::Update)]);
        match transferred {
            Some(change) if self.access().holds(model, Action::Update) => {
                if !self.access().holds(model, Action::Transfer) {
                    return Err(may_not_transfer(change.field.name(), model));
                }
                Ok(all_of(vec![reach, self.reach(model, Action::Transfer)]))
            }
            _ => Ok(reach),
        }
    }

    /// What `patch` makes of `record`; none where the asker may not change it so.
    ///
    /// # Errors
    /// [`VersionConflict`](crate::ErrorKind::VersionConflict) where it is not at `if_version`;
    /// [`Denied`](crate::ErrorKind::Denied) where it would be out of the asker's reach, and as for
    /// [`reach_to_update`](Context::reach_to_update).
    pub fn changed(&self, record: &Record, patch: &Patch, if_version: Option<i64>) -> Result<Option<Record>> {
        let reach = self.reach_to_update(record.model(), patch)?;
        if !evaluate(&reach, record) {
            return Ok(None);
        }
        check_version(record, if_version)?;
        let mut changed = record.clone();
        changed.apply(patch);
        check_within(&reach, &changed)?;
        Ok(Some(changed))
    }

    /// What an upsert makes of `found`, the record that has its id; none where it is to create its own.
    ///
    /// A record out of reach is as if it were not there: the create then finds its id taken.
    ///
    /// # Errors
    /// As for [`changed`](Context::changed), and where what is there is not what the item [expects](Expect);
    /// [`AlreadyExists`](crate::ErrorKind::AlreadyExists) for a record that the asker may change, but not so.
    pub fn upserted(&self, found: Option<&Record>, item: &UpsertItem) -> Result<Option<Record>> {
        let UpsertItem { record, patch, expect } = item;
        let (id, reach) = (record.id(), self.reach_to_update(record.model(), &Patch::default())?);
        match (found.filter(|found| evaluate(&reach, found)), expect) {
            (None, Expect::Anything | Expect::Absent) => Ok(None),
            (None, Expect::Version(_)) => Err(not_found(id)),
            (Some(_), Expect::Absent) => Err(already_exists(id)),
            (Some(found), Expect::Version(version)) => {
                self.changed(found, patch, Some(*version))?.map(Some).ok_or_else(|| not_found(id))
            }
            (Some(found), Expect::Anything) => {
                self.changed(found, patch, None)?.map(Some).ok_or_else(|| already_exists(id))
            }
        }
    }

    /// The records that the asker may delete: those within reach to view and to delete.
    ///
    /// # Errors
    /// [`Denied`](crate::ErrorKind::Denied) where the model is shared by every tenant and the asker may not write such.
    pub fn reach_to_delete(&self, model: &Model) -> Result<Predicate> {
        self.check_shared(model)?;
        Ok(all_of(vec![self.reach(model, Action::View), self.reach(model, Action::Delete)]))
    }

    /// Checks that the asker may create `record`.
    ///
    /// # Errors
    /// [`Denied`](crate::ErrorKind::Denied) where they may not create records of its model, and where it is out of their reach.
    pub fn check_create(&self, record: &Record) -> Result<()> {
        let model = record.model();
        self.check_shared(model)?;
        if !self.access().holds(model, Action::Create) {
            return Err(may_not_create(model));
        }
        check_within(&self.reach(model, Action::Create), record)
    }

    /// Checks that the asker may ask in SQL of their own.
    ///
    /// # Errors
    /// [`Denied`](crate::ErrorKind::Denied) for a user who does not hold the permission `query:raw_sql`.
    pub fn check_raw_sql(&self) -> Result<()> {
        let access = self.access();
        let may = access.system_task().is_some() || access.permissions().contains(RAW_SQL);
        if may { Ok(()) } else { Err(may_not_ask_in_sql()) }
    }

    fn check_shared(&self, model: &Model) -> Result<()> {
        let access = self.access();
        let may = access.system_task().is_some() || access.permissions().contains(SHARED_REFERENCE_WRITE);
        if model.is_shared() && !may { Err(may_not_write_shared(model)) } else { Ok(()) }
    }
}

/// Checks that `record`, as a write is about to leave it, is within the writer's reach.
///
/// # Errors
/// [`Denied`](crate::ErrorKind::Denied) where it is not.
pub fn check_within(reach: &Predicate, record: &Record) -> Result<()> {
    if evaluate(reach, record) { Ok(()) } else { Err(out_of_reach()) }
}

impl AccessContext {
    /// Whether the asker may do `action` with some of the model's records.
    pub fn holds(&self, model: &Model, action: Action) -> bool {
        match &self.scope {
            Scope::System(_) => true,
            Scope::User(rights) => rights.of(model.subject()).is_some_and(|held| !held.entitlements(action).is_empty()),
        }
    }

    fn reach(&self, model: &Model, action: Action) -> Predicate {
        let rights = match &self.scope {
            Scope::System(_) => return Predicate::always(),
            Scope::User(rights) => rights,
        };
        let (Some(user), Some(held)) = (self.user_id.as_deref(), rights.of(model.subject())) else {
            return Predicate::never();
        };
        let shared = shared(model, held, action);
        let reach = |entitlement: &Entitlement| {
            let whose = match model.is_shared() {
                // What every tenant reads is nobody's: it has an owner or a team of no tenant.
                true => Predicate::always(),
                false => {
                    let own = entitlement.ownership.predicate(model, user, self.team_id.as_deref());
                    any_of(vec![own, shared.clone()])
                }
            };
            all_of(vec![whose, any_of(entitlement.grants.iter().map(|grant| granted(model, grant)).collect())])
        };
        any_of(held.entitlements(action).iter().map(reach).collect())
    }
}

/// The records that are shared with the user for that action.
fn shared(model: &Model, held: &SubjectRights, action: Action) -> Predicate {
    let ids: Vec<Value> = held.shared(action).map(Value::from).collect();
    if ids.is_empty() { Predicate::never() } else { test(model, position::ID, Test::In(ids.into())) }
}

fn granted(model: &Model, grant: &Grant) -> Predicate {
    all_of(grant.conditions.iter().map(|condition| condition.predicate(model)).collect())
}

/// All of these, without what is said twice or says nothing.
fn all_of(parts: Vec<Predicate>) -> Predicate {
    let mut kept: Vec<Predicate> = Vec::new();
    for part in parts {
        match part {
            Predicate::All(inner) => inner.into_iter().for_each(|part| add(&mut kept, part)),
            other => add(&mut kept, other),
        }
    }
    match kept.as_slice() {
        parts if parts.contains(&Predicate::never()) => Predicate::never(),
        [_] => kept.pop().unwrap_or_else(Predicate::never),
        _ => Predicate::All(kept),
    }
}

/// Any of these, without what is said twice or says nothing.
fn any_of(parts: Vec<Predicate>) -> Predicate {
    let mut kept: Vec<Predicate> = Vec::new();
    for part in parts {
        match part {
            Predicate::Any(inner) => inner.into_iter().for_each(|part| add(&mut kept, part)),
            other => add(&mut kept, other),
        }
    }
    match kept.as_slice() {
        parts if parts.contains(&Predicate::always()) => Predicate::always(),
        [_] => kept.pop().unwrap_or_else(Predicate::never),
        _ => Predicate::Any(kept),
    }
}

fn add(kept: &mut Vec<Predicate>, part: Predicate) {
    if !kept.contains(&part) {
        kept.push(part);
    }
}
