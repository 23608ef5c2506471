//! Random batches that change records: each answer is compared, and then all that is there.

use udal_core::Action;
use udal_core::ErrorKind::{self, AlreadyExists, Denied, NotFound, VersionConflict};
use udal_core::contract::BatchMode;
use udal_core::contract::Effect::{self, Created, Deleted, Updated};
use udal_core::record::{Patch, Record, read_changes, read_upsert};

use super::chance::key;
use super::run::Game;
use super::writes::{needed, refusals, some_key};
use crate::case::{Failure, Outcome};
use crate::changes::{Item, Op, failures, item};
use crate::expect::{equal, holds, shown};
use crate::rows::Rows;

/// A batch of up to seven changes of one kind, some of which cannot be made.
pub(super) async fn changes(game: &mut Game<'_>, asked: &Rows) -> Outcome {
    let mode = if game.dice.once_in(2) { BatchMode::Atomic } else { BatchMode::PerItem };
    let op = game.dice.pick(&[Op::Upsert, Op::Update, Op::Delete]).copied().unwrap_or(Op::Update);
    let mut items = Vec::new();
    for _ in 0..game.dice.below(8) {
        items.push(random(game, asked, op));
    }
    let told = |failure: Failure| Failure::new(format!("{op:?} {mode:?} of {}\n{failure}", shown(&items)));
    let mut kept = game.records.clone();
    let (mut refused, mut effects) = (Vec::new(), Vec::new());
    for (at, item) in (0_u64..).zip(&items) {
        match applied(asked, op, item, &mut kept)? {
            Ok(Some(effect)) => effects.push((at, effect)),
            Ok(None) => {}
            Err(may_fail) => refused.push((at, may_fail)),
        }
    }
    let answer = asked.all_of(op, mode, &items).await;
    match (mode, refused.first()) {
        (BatchMode::Atomic, Some((index, may_fail))) => {
            let error =
                answer.err().ok_or_else(|| told(Failure::new(format!("item {index} must fail {may_fail:?}"))))?;
            holds(may_fail.contains(&error.kind()), format!("{error:?}")).map_err(told)?;
            holds(error.message().contains(&index.to_string()), format!("{error:?}")).map_err(told)?;
        }
        _ => {
            let report = answer.map_err(Failure::from).map_err(told)?;
            let failed = failures(&report);
            let indexes = |failed: &mut dyn Iterator<Item = u64>| failed.collect::<Vec<_>>();
            let (got, expected) = (indexes(&mut failed.iter().map(|f| f.0)), indexes(&mut refused.iter().map(|r| r.0)));
            equal(got, expected).map_err(told)?;
            for ((_, kind), (_, may_fail)) in failed.iter().zip(&refused) {
                holds(may_fail.contains(kind), format!("{kind:?}, not {may_fail:?}")).map_err(told)?;
            }
            let written: Vec<(u64, Effect)> =
                report.written.iter().map(|written| (written.index, written.effect)).collect();
            equal(written, effects).map_err(told)?;
            let gone = game.records.iter().filter(|record| !kept.contains(record)).cloned();
            game.gone.extend(gone.collect::<Vec<_>>());
            game.records = kept;
        }
    }
    game.rows.hold(&game.records).await.map_err(told)
}

/// An item that is about a record that is there or not, seen or not, at that version or not.
fn random(game: &mut Game<'_>, asked: &Rows, op: Op) -> Item {
    if op == Op::Upsert {
        let key =
            if game.dice.once_in(2) { some_key(game, asked) } else { key(&mut game.dice, &game.rows, &game.records) };
        let members = game.pools.members(&mut game.dice, &asked.model);
        return item(&key, members);
    }
    let key = some_key(game, asked);
    let members = if op == Op::Update { super::writes::changes(game) } else { serde_json::json!({}) };
    let item = item(&key, members);
    match game.dice.below(6) {
        0 => item.at(1),
        1 => item.at(2),
        _ => item,
    }
}

/// What the item does to `records`; why it cannot do it, where that is so.
fn applied(
    asked: &Rows,
    op: Op,
    item: &Item,
    records: &mut Vec<Record>,
) -> Result<Result<Option<Effect>, Vec<ErrorKind>>, Failure> {
    let id = asked.id(&item.key);
    let actions: &[Action] = match op {
        Op::Delete => &[Action::View, Action::Delete],
        Op::Update | Op::Upsert => &[Action::View, Action::Update],
    };
    let is_within = |record: &Record| actions.iter().all(|action| asked.may(*action, record));
    let found = records.iter().position(|record| record.id() == id && is_within(record));
    let conflicts = |record: &Record| item.if_version.is_some_and(|version| version != record.version());
    Ok(match (op, found) {
        (Op::Delete, None) => Ok(None),
        (Op::Delete, Some(at)) if records.get(at).is_some_and(conflicts) => Err(vec![VersionConflict]),
        (Op::Delete, Some(at)) => {
            records.remove(at);
            Ok(Some(Deleted))
        }
        (Op::Update, found) => {
            let patch = read_changes(&asked.model, &item.members)?;
            let is_stale = found.and_then(|at| records.get(at)).is_some_and(conflicts);
            changed(asked, records, found, (&patch, NotFound), is_stale)
        }
        (Op::Upsert, Some(at)) => {
            let patch = read_upsert(&asked.model, &item.members)?.1;
            changed(asked, records, Some(at), (&patch, AlreadyExists), false)
        }
        (Op::Upsert, None) => {
            let record = asked.record(&item.key, item.members.clone())?;
            let may_fail = refusals(asked, &record, records);
            if may_fail.is_empty() {
                records.push(record);
                Ok(Some(Created))
            } else {
                Err(may_fail)
            }
        }
    })
}

/// Changes the record by the patch. Where it is out of reach for that, the kind says how.
fn changed(
    asked: &Rows,
    records: &mut [Record],
    at: Option<usize>,
    (patch, out_of_reach): (&Patch, ErrorKind),
    is_stale: bool,
) -> Result<Option<Effect>, Vec<ErrorKind>> {
    let needed = needed(asked, patch).ok_or_else(|| vec![Denied])?;
    let is_within = |record: &Record| needed.iter().all(|action| asked.may(*action, record));
    let found = at.and_then(|at| records.get_mut(at)).filter(|record| is_within(record));
    let slot = found.ok_or_else(|| vec![out_of_reach])?;
    let mut record = slot.clone();
    record.apply(patch);
    let reasons = [(is_stale, VersionConflict), (!is_within(&record), Denied)];
    let may_fail: Vec<ErrorKind> = reasons.into_iter().filter(|(holds, _)| *holds).map(|(_, kind)| kind).collect();
    if !may_fail.is_empty() {
        return Err(may_fail);
    }
    *slot = record;
    Ok(Some(Updated))
}
