//! Random writes: each answer is compared, and then all that is there.

use serde_json::{Map, Value as Json};
use udal_core::contract::BatchMode;
use udal_core::record::{Change, Patch, Record, read_changes};
use udal_core::{Action, Error, ErrorKind};

use super::chance::{key, ownership};
use super::run::Game;
use crate::case::{Failure, Outcome};
use crate::expect::{equal, holds, same_record, shown};
use crate::rows::Rows;

/// An update of a record that is there or not, seen or not, at that version or not.
pub(super) async fn update(game: &mut Game<'_>, asked: &Rows) -> Outcome {
    let key = some_key(game, asked);
    let changes = changes(game);
    let found = game.records.iter().position(|record| record.id() == asked.id(&key));
    let current = found.and_then(|at| game.records.get(at)).cloned();
    let if_version = match game.dice.below(4) {
        0 => current.as_ref().map(Record::version),
        1 => Some(game.dice.below(4) as i64),
        _ => None,
    };
    let (mut may_fail, mut expected) = (Vec::new(), None);
    let patch = read_changes(&asked.model, &changes)?;
    let needed = needed(asked, &patch);
    let is_within = |record: &Record| needed.iter().flatten().all(|action| asked.may(*action, record));
    match current.filter(|record| is_within(record)) {
        None => may_fail.push(ErrorKind::NotFound),
        Some(mut record) => {
            if if_version.is_some_and(|version| version != record.version()) {
                may_fail.push(ErrorKind::VersionConflict);
            }
            record.apply(&patch);
            if !is_within(&record) {
                may_fail.push(ErrorKind::Denied);
            }
            expected = Some(record);
        }
    }
    if needed.is_none() {
        may_fail = vec![ErrorKind::Denied];
    }
    let told = |failure: Failure| Failure::new(format!("update {key:?} if {if_version:?}: {changes}\n{failure}"));
    let answer = asked.update_if(&key, changes.clone(), if_version).await;
    if let (Some(changed), Some(record), Some(at)) = (agree(answer, &may_fail).map_err(told)?, expected, found) {
        same_record(&changed, &record).map_err(told)?;
        if let Some(slot) = game.records.get_mut(at) {
            game.gone.push(std::mem::replace(slot, record));
        }
    }
    game.rows.hold(&game.records).await.map_err(told)
}

/// A delete of a record that is there or not, seen or not.
pub(super) async fn delete(game: &mut Game<'_>, asked: &Rows) -> Outcome {
    let key = some_key(game, asked);
    let told = |failure: Failure| Failure::new(format!("delete {key:?}\n{failure}"));
    let may_delete = |record: &Record| [Action::View, Action::Delete].iter().all(|action| asked.may(*action, record));
    let found = game.records.iter().position(|record| record.id() == asked.id(&key) && may_delete(record));
    let expected = found.map(|at| game.records.remove(at));
    let answer = asked.delete(&key).await.map_err(Failure::from).map_err(told)?;
    equal(answer.as_ref().map(|deleted| &deleted.record), expected.as_ref()).map_err(told)?;
    game.gone.extend(expected);
    game.rows.hold(&game.records).await.map_err(told)
}

/// A create under an id that is free or taken, within reach or not.
pub(super) async fn create(game: &mut Game<'_>, asked: &Rows) -> Outcome {
    let record = new_record(game, asked)?;
    let told = |failure: Failure| Failure::new(format!("create {}\n{failure}", record.to_json()));
    let may_fail = refusals(asked, &record, &game.records);
    let answer = asked.write(record.clone(), None).await;
    if let Some(created) = agree(answer, &may_fail).map_err(told)? {
        same_record(&created.record, &record).map_err(told)?;
        game.records.push(record.clone());
    }
    game.rows.hold(&game.records).await.map_err(told)
}

/// A batch of up to six, some of which cannot be written.
pub(super) async fn batch(game: &mut Game<'_>, asked: &Rows) -> Outcome {
    let mode = if game.dice.once_in(2) { BatchMode::Atomic } else { BatchMode::PerItem };
    let mut items = Vec::new();
    for _ in 0..game.dice.below(7) {
        items.push(new_record(game, asked)?);
    }
    let mut kept = game.records.clone();
    let mut expected: Vec<(u64, Vec<ErrorKind>)> = Vec::new();
    for (at, record) in items.iter().enumerate() {
        let may_fail = refusals(asked, record, &kept);
        if may_fail.is_empty() {
            kept.push(record.clone());
        } else {
            expected.push((at as u64, may_fail));
        }
    }
    let ids: Vec<&str> = items.iter().map(Record::id).collect();
    let told = |failure: Failure| Failure::new(format!("batch {mode:?} of {ids:?}\n{failure}"));
    let answer = asked.batch(mode, items.iter().cloned().enumerate().map(|(at, record)| Ok((at as u64, record)))).await;
    match (mode, expected.first()) {
        (BatchMode::Atomic, Some((index, may_fail))) => {
            let error =
                answer.err().ok_or_else(|| told(Failure::new(format!("item {index} must fail {may_fail:?}"))))?;
            holds(may_fail.contains(&error.kind()), format!("{error:?}")).map_err(told)?;
            holds(error.message().contains(&index.to_string()), format!("{error:?}")).map_err(told)?;
        }
        _ => {
            let report = answer.map_err(Failure::from).map_err(told)?;
            let failed: Vec<u64> = report.failures.iter().map(|failure| failure.index).collect();
            equal(failed, expected.iter().map(|(index, _)| *index).collect::<Vec<_>>()).map_err(told)?;
            equal(report.created as usize + expected.len(), items.len()).map_err(told)?;
            for (failure, (_, may_fail)) in report.failures.iter().zip(&expected) {
                holds(may_fail.contains(&failure.error.kind()), format!("{failure:?}")).map_err(told)?;
            }
            game.records = kept;
        }
    }
    game.rows.hold(&game.records).await.map_err(told)
}

/// What whoever asks must be allowed to do with a record to change it so, before and after; `None` where they are denied
/// whatever the record, because they say whose it is and may say so of none.
pub(super) fn needed(asked: &Rows, patch: &Patch) -> Option<Vec<Action>> {
    let says_whose = |change: &Change| ["owned_by", "assigned_to", "team_id"].contains(&change.field.name());
    let is_transfer = patch.changes().iter().any(says_whose);
    if is_transfer && asked.permits(Action::Update) && !asked.permits(Action::Transfer) {
        return None;
    }
    Some(if is_transfer {
        vec![Action::View, Action::Update, Action::Transfer]
    } else {
        vec![Action::View, Action::Update]
    })
}

/// The answer, where it may be one; `None` where it failed as it must.
fn agree<T: std::fmt::Debug>(answer: Result<T, Error>, may_fail: &[ErrorKind]) -> Result<Option<T>, Failure> {
    match answer {
        Ok(answer) if may_fail.is_empty() => Ok(Some(answer)),
        Ok(answer) => Err(Failure::new(format!("it must fail {may_fail:?}, got {}", shown(&answer)))),
        Err(error) if may_fail.contains(&error.kind()) => Ok(None),
        Err(error) => Err(Failure::new(format!("it may fail {may_fail:?}, got {error:?}"))),
    }
}

/// Why the record cannot be written beside these; where there are two reasons, either may be told.
pub(super) fn refusals(asked: &Rows, record: &Record, others: &[Record]) -> Vec<ErrorKind> {
    let taken = others.iter().any(|other| other.id() == record.id());
    let denied = !asked.may(Action::Create, record);
    let kinds = [(taken, ErrorKind::AlreadyExists), (denied, ErrorKind::Denied)];
    kinds.into_iter().filter(|(holds, _)| *holds).map(|(_, kind)| kind).collect()
}

fn new_record(game: &mut Game<'_>, asked: &Rows) -> Result<Record, Failure> {
    let key = key(&mut game.dice, &game.rows, &game.records);
    let members = game.pools.members(&mut game.dice, &asked.model);
    asked.record(&key, members)
}

/// The key of a record that is there, or sometimes of one that is not.
pub(super) fn some_key(game: &mut Game<'_>, asked: &Rows) -> String {
    let keys = asked.keys(&game.records);
    match game.dice.pick(&keys).cloned() {
        Some(key) if !game.dice.once_in(6) => key,
        _ => "none".to_owned(),
    }
}

/// Changes of some fields, of ownership sometimes.
pub(super) fn changes(game: &mut Game<'_>) -> Json {
    let Game { dice, pools, rows, .. } = game;
    let mut members = Map::new();
    for field in rows.model.declared_fields() {
        if dice.once_in(3) {
            members.insert(field.name().to_owned(), pools.value(dice, field));
        }
    }
    if dice.once_in(3) {
        members.extend(ownership(dice).into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    Json::Object(members)
}
