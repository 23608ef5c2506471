//! One random model in one tenant: its records, and what is done with them.

use serde_json::{Value as Json, json};
use udal_core::model::{Field, Model};
use udal_core::record::Record;
use udal_core::value::decode_element;

use super::chance::{self, MODEL, PEOPLE, Pools, TARGET, TEAMS, key, someone};
use super::{Askers, changes, reads, writes};
use crate::case::{Failure, Outcome};
use crate::corpus;
use crate::dice::Dice;
use crate::judge::{Known, policy};
use crate::models;
use crate::rows::Rows;
use crate::runner::finish;
use crate::subject::Subject;
use crate::world::World;

/// How much of the records a failure shows, in characters.
const SHOWN: usize = 20_000;

/// A model, its records as they must be, and chance.
pub(super) struct Game<'w> {
    pub(super) world: &'w World,
    pub(super) askers: Askers,
    pub(super) dice: Dice,
    pub(super) pools: Pools,
    /// The records, as the operator sees them.
    pub(super) rows: Rows,
    /// What must be there.
    pub(super) records: Vec<Record>,
    /// What was there once: positions lead to such as well.
    pub(super) gone: Vec<Record>,
}

/// Makes the model of that number, and so many comparisons.
pub(super) fn compare_model(
    subject: &Subject,
    askers: Askers,
    (seed, number): (u64, u64),
    comparisons: usize,
) -> Result<(), String> {
    let mut dice = Dice::new(seed, number);
    let catalog = models::build(chance::models(&mut dice, subject.storage)).map_err(|failure| failure.to_string())?;
    let world =
        World::with(subject, &super::title_of(askers, number), catalog).map_err(|failure| failure.to_string())?;
    finish(subject, &world, play(&world, askers, dice, comparisons))
}

async fn play(world: &World, askers: Askers, mut dice: Dice, comparisons: usize) -> Outcome {
    let rows = world.rows(MODEL)?;
    let friends = world.rows(TARGET)?;
    for key in corpus::FRIENDS {
        friends.create(key, json!({})).await?;
    }
    let pools = Pools::new(&mut dice, &rows.model)?;
    let mut game = Game { world, askers, dice, pools, rows, records: Vec::new(), gone: Vec::new() };
    for _ in 0..game.dice.below(41) {
        let key = key(&mut game.dice, &game.rows, &game.records);
        let members = game.pools.members(&mut game.dice, &game.rows.model);
        let record = game.rows.record(&key, members)?;
        if game.records.iter().all(|other| other.id() != record.id()) {
            game.records.push(record);
        }
    }
    game.rows.store(&game.records).await.map_err(|failure| game.told(failure))?;
    for _ in 0..comparisons {
        game.compare().await.map_err(|failure| game.told(failure))?;
    }
    game.rows.hold(&game.records).await.map_err(|failure| game.told(failure))
}

impl Game<'_> {
    /// One comparison.
    async fn compare(&mut self) -> Outcome {
        let asked = match self.askers {
            Askers::Ann => self.rows.seen_by(&someone(&mut self.dice, self.world)?),
            Askers::Anyone => self.anyone()?,
        };
        let rolled = self.dice.below(25);
        let done = match rolled {
            0..=8 => reads::list(self, &asked).await,
            9..=10 => reads::walk(self, &asked).await,
            11..=12 => reads::count(self, &asked).await,
            13..=14 => reads::search(self, &asked).await,
            15 => reads::get(self, &asked).await,
            16..=18 => writes::update(self, &asked).await,
            19 => writes::delete(self, &asked).await,
            20 => writes::create(self, &asked).await,
            21 => writes::batch(self, &asked).await,
            _ => changes::changes(self, &asked).await,
        };
        done.map_err(|failure| match &asked.policy {
            Some(policy) => Failure::new(format!("asked under {policy:?}\n{failure}")),
            None => Failure::new(format!("asked by {:?}\n{failure}", asked.ctx.access())),
        })
    }

    /// The records, as someone with random permissions asks for them.
    fn anyone(&mut self) -> Result<Rows, Failure> {
        let Game { world, dice, pools, rows, records, gone, .. } = self;
        let element = |dice: &mut Dice, field: &Field| decode_element(field, &pools.element(dice, field)).ok();
        let ids = records.iter().chain(gone.iter()).map(|record| record.id().to_owned()).collect();
        let policy = policy(dice, &rows.model, &Known { element: &element, ids, people: &PEOPLE, teams: &TEAMS });
        let ctx = world.asker(policy.access(&rows.model)?);
        Ok(rows.asked_under(&ctx, policy))
    }

    /// The failure, with the model and the records.
    fn told(&self, failure: Failure) -> Failure {
        let records: Vec<String> = self.records.iter().map(|record| present(record).to_string()).collect();
        let records: String = records.join("\n  ").chars().take(SHOWN).collect();
        Failure::new(format!("{failure}\nmodel: {}\nrecords:\n  {records}", declared(&self.rows.model)))
    }
}

/// The model's fields and their types.
fn declared(model: &Model) -> String {
    let fields: Vec<String> =
        model.declared_fields().map(|field| format!("{}: {}", field.name(), field.field_type())).collect();
    format!("{} {:?}", fields.join(", "), model.storage())
}

/// The members of a record that are not missing.
fn present(record: &Record) -> Json {
    record.named().filter_map(|(field, value)| Some((field.name().to_owned(), value?.to_json()))).collect()
}
