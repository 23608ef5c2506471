//! Random reads.

use serde_json::json;
use udal_core::contract::{MAX_LIMIT, Start};
use udal_core::filter::Predicate;
use udal_core::order::{Order, Position};
use udal_core::search::Query;

use super::filters::{filter, order, words};
use super::run::Game;
use crate::case::{Failure, Outcome};
use crate::expect::{equal, same_records};
use crate::reference::page;
use crate::rows::{Ask, Rows};

/// How deep a random filter nests.
const DEPTH: usize = 4;

/// A page: any filter, order, limit and start.
pub(super) async fn list(game: &mut Game<'_>, asked: &Rows) -> Outcome {
    let ask = ask(game)?;
    let total = Order::parse(&asked.model, &ask.order)?;
    let all = asked.found(&game.records, &asked.predicate(&ask.filter)?);
    let expected = page(all, &total, ask.limit, &ask.start);
    let told = |failure: Failure| Failure::new(format!("{ask:?}\n{failure}"));
    let got = asked.page(&ask).await.map_err(told)?;
    same_records(&got.records, &expected.records).map_err(told)?;
    equal(got.has_more, expected.has_more).map_err(told)?;
    let (text, end) = asked.text(&ask, ",").await.map_err(told)?;
    let as_text = serde_json::to_string(&expected.records).map_err(|error| Failure::new(error.to_string()))?;
    equal(format!("[{text}]"), as_text).map_err(told)?;
    let last = expected.records.last().filter(|_| expected.has_more);
    equal(end.after, last.map(|record| Position::of(record, &total))).map_err(told)
}

fn ask(game: &mut Game<'_>) -> Result<Ask, Failure> {
    let Game { dice, pools, rows, records, gone, .. } = game;
    let filter = if dice.once_in(4) { json!({}) } else { filter(dice, &rows.model, pools, DEPTH) };
    let order = order(dice, &rows.model);
    let limit = if dice.once_in(2) { MAX_LIMIT } else { 1 + dice.below(12) };
    let places: Vec<_> = records.iter().chain(gone.iter()).collect();
    let start = match (dice.below(3), dice.pick(&places)) {
        (0, Some(record)) => Start::After(Position::of(record, &Order::parse(&rows.model, &order)?)),
        (1, _) => Start::Skip(dice.below(records.len() + 3) as u64),
        _ => Start::Beginning,
    };
    Ok(Ask { filter, order, limit, start })
}

/// All pages, one after another.
pub(super) async fn walk(game: &mut Game<'_>, asked: &Rows) -> Outcome {
    let order = order(&mut game.dice, &asked.model);
    let size = game.dice.pick(&[1, 2, 3, 7]).copied().unwrap_or(1);
    asked.walk(&game.records, &order, size).await.map(|_| ())
}

/// How many there are.
pub(super) async fn count(game: &mut Game<'_>, asked: &Rows) -> Outcome {
    let filter = filter(&mut game.dice, &asked.model, &game.pools, DEPTH);
    let expected = asked.found(&game.records, &asked.predicate(&filter)?).len() as u64;
    let told = |failure: Failure| Failure::new(format!("count {filter}\n{failure}"));
    equal(asked.count(filter.clone()).await.map_err(told)?, expected).map_err(told)
}

/// What words find; counted as made where the model has nothing to search.
pub(super) async fn search(game: &mut Game<'_>, asked: &Rows) -> Outcome {
    let Some(words) = words(&mut game.dice, &asked.model, &game.pools) else {
        return count(game, asked).await;
    };
    let limit = if game.dice.once_in(2) { MAX_LIMIT } else { 1 + game.dice.below(5) };
    let query = Query::new::<&str>(&asked.model, &words, &[])?;
    let mut expected = asked.found(&game.records, &Predicate::always());
    expected.retain(|record| query.finds(record));
    let expected = page(expected, &Order::by_id(&asked.model), limit, &Start::Beginning).records;
    let told = |failure: Failure| Failure::new(format!("search {words:?} limit {limit}\n{failure}"));
    let got = asked.search_some(&words, &[], limit).await.map_err(told)?;
    equal(got, asked.keys(&expected)).map_err(told)
}

/// One record that is there, or was.
pub(super) async fn get(game: &mut Game<'_>, asked: &Rows) -> Outcome {
    let places: Vec<String> = game.records.iter().chain(&game.gone).map(|record| record.id().to_owned()).collect();
    let id = game.dice.pick(&places).cloned().unwrap_or_else(|| asked.id("none"));
    let expected = asked.found(&game.records, &Predicate::always()).into_iter().find(|record| record.id() == id);
    equal((&id, asked.get_id(&id).await?), (&id, expected))
}
