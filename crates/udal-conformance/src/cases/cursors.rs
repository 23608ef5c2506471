//! Cursors: pages that follow one another, whatever happens between them.

use serde_json::{Value as Json, json};
use udal_core::contract::Start;
use udal_core::cursor;
use udal_core::filter::Predicate;
use udal_core::order::{Order, Position};

use crate::case::{Case, Outcome, case};
use crate::expect::{equal, some};
use crate::fixture::singles;
use crate::rows::Ask;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("LIST-7", pages_by_strings, walks("text")),
        case!("LIST-7", pages_by_integers, walks("whole")),
        case!("LIST-7", pages_by_floats, walks("number")),
        case!("LIST-7", pages_by_booleans, walks("truth")),
        case!("LIST-7", pages_by_instants, walks("instant")),
        case!("LIST-7", pages_by_days, walks("day")),
        case!("LIST-7", pages_by_decimals, walks("amount")),
        case!("LIST-7", pages_by_words, walks("choice")),
        case!("LIST-7", pages_by_references, walks("friend")),
        case!("LIST-7", pages_by_several_fields),
        case!("LIST-7", pages_by_system_fields),
        case!("LIST-7", pages_with_a_filter),
        case!("LIST-7", the_record_at_the_position_may_be_gone),
        case!("LIST-7", what_is_inserted_before_is_not_seen),
        case!("LIST-7", what_is_inserted_behind_is_seen),
        case!("LIST-7", what_is_deleted_between_pages_moves_nothing),
        case!("LIST-7", a_record_that_changes_does_not_move_the_others),
        case!("LIST-7", after_the_last_there_is_nothing),
        case!("LIST-7", a_position_where_no_record_ever_stood),
        case!("LIST-7", positions_survive_as_cursor_text),
    ]
}

/// Pages of every size by this field, in both directions, ties and missing values included.
async fn walks(world: &World, field: &str) -> Outcome {
    let (rows, records) = singles(world, field).await?;
    for size in [1, 2, 3, 7] {
        let pages = records.len().div_ceil(size);
        equal(rows.walk(&records, field, size).await?, pages)?;
        equal(rows.walk(&records, &format!("-{field}"), size).await?, pages)?;
    }
    equal(rows.walk(&records, &format!("{field},-id"), 3).await?, records.len().div_ceil(3))
}

/// Every combination of a name, a value and a time or none.
fn combinations() -> Vec<Json> {
    let mut members = Vec::new();
    for text in [Json::Null, json!(""), json!("a"), json!("é")] {
        for whole in [Json::Null, json!(-1), json!(7)] {
            for truth in [Json::Null, json!(true), json!(false)] {
                members.push(json!({"text": text, "whole": whole, "truth": truth}));
            }
        }
    }
    members
}

async fn pages_by_several_fields(world: &World) -> Outcome {
    let rows = world.rows("Single")?;
    let records = rows.fill(combinations()).await?;
    for order in
        ["text,whole,truth", "-text,whole", "text,-whole", "-truth,-text,whole", "truth,-id", "-whole,-text,-truth,-id"]
    {
        for size in [1, 2, 3, 7, 36] {
            equal(rows.walk(&records, order, size).await?, records.len().div_ceil(size))?;
        }
    }
    Ok(())
}

async fn pages_by_system_fields(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let who = [Json::Null, json!("ann"), json!("Ann"), json!("é")];
    let members = (0..20).map(|at| {
        let created_at = format!("2024-03-01T00:00:00.00000{}Z", at % 3);
        json!({"owned_by": who.get(at % 4), "team_id": who.get(at % 3), "created_at": created_at})
    });
    let mut records = rows.fill(members).await?;
    for key in ["k003", "k004", "k011"] {
        let changed = rows.update(key, json!({"value": 1})).await?;
        records.retain(|record| record.id() != changed.id());
        records.push(changed);
    }
    for order in
        ["created_at", "-created_at,owned_by", "-version", "owned_by,-team_id", "-team_id,created_at", "-updated_at"]
    {
        equal(rows.walk(&records, order, 3).await?, 7)?;
    }
    Ok(())
}

async fn pages_with_a_filter(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill((0..30).map(|at| json!({"value": at % 5, "name": if at % 2 == 0 { "even" } else { "odd" }}))).await?;
    let mut ask = Ask { order: "-value".to_owned(), ..Ask::filter(json!({"name": "odd"})) }.limit(4);
    let mut walked = Vec::new();
    loop {
        let page = rows.page(&ask).await?;
        walked.extend(rows.keys(&page.records));
        match page.records.last() {
            Some(last) if page.has_more => ask = ask.after(last)?,
            _ => break,
        }
    }
    let expected = [9, 19, 29, 3, 13, 23, 7, 17, 27, 1, 11, 21, 5, 15, 25].map(|at| format!("k{at:03}"));
    equal(walked, expected)
}

async fn the_record_at_the_position_may_be_gone(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([5, 3, 3, 3, 1].map(|value| json!({"value": value}))).await?;
    let ask = Ask::order("-value").limit(2);
    let first = rows.page(&ask).await?;
    let last = some(first.records.last(), "last record")?;
    equal(rows.keys(&first.records), ["k000", "k001"])?;
    rows.delete("k001").await?;
    equal(rows.list(&ask.clone().after(last)?).await?, ["k002", "k003"])?;
    rows.delete("k002").await?;
    equal(rows.list(&ask.after(last)?).await?, ["k003", "k004"])
}

async fn what_is_inserted_before_is_not_seen(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([2, 4, 6, 8].map(|value| json!({"value": value}))).await?;
    let ask = Ask::order("value").limit(2);
    let first = rows.page(&ask).await?;
    rows.create("before", json!({"value": 3})).await?;
    // The same value as the last one read, and an id before its own: it stands before the position.
    rows.create("a", json!({"value": 4})).await?;
    rows.create("missing", json!({})).await?;
    equal(rows.list(&ask.after(some(first.records.last(), "last record")?)?).await?, ["k002", "k003"])
}

async fn what_is_inserted_behind_is_seen(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([2, 4, 6, 8].map(|value| json!({"value": value}))).await?;
    let ask = Ask::order("value").limit(2);
    let first = rows.page(&ask).await?;
    rows.create("z", json!({"value": 4})).await?;
    rows.create("five", json!({"value": 5})).await?;
    let rest = rows.list(&ask.limit(9).after(some(first.records.last(), "last record")?)?).await?;
    equal(rest, ["z", "five", "k002", "k003"])
}

async fn what_is_deleted_between_pages_moves_nothing(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill((0..20).map(|at| json!({"value": at / 4}))).await?;
    let mut ask = Ask::order("-value").limit(3);
    let mut walked = Vec::new();
    loop {
        let page = rows.page(&ask).await?;
        let keys = rows.keys(&page.records);
        for key in &keys {
            rows.delete(key).await?;
        }
        walked.extend(keys);
        match page.records.last() {
            Some(last) if page.has_more => ask = ask.after(last)?,
            _ => break,
        }
    }
    let by_value = [16, 17, 18, 19, 12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3];
    equal(walked, by_value.map(|at| format!("k{at:03}")))?;
    equal(rows.count(json!({})).await?, 0)
}

async fn a_record_that_changes_does_not_move_the_others(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill((0..6).map(|value| json!({"value": value}))).await?;
    let ask = Ask::order("value").limit(2);
    let first = rows.page(&ask).await?;
    rows.update("k001", json!({"value": 99})).await?;
    rows.update("k004", json!({"value": null})).await?;
    let rest = rows.list(&ask.limit(9).after(some(first.records.last(), "last record")?)?).await?;
    equal(rest, ["k002", "k003", "k005", "k001"])
}

async fn after_the_last_there_is_nothing(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let records = rows.fill([json!({"value": 1}), json!({}), json!({"value": 2})]).await?;
    let (missing, greatest) = (some(records.get(1), "record")?, some(records.get(2), "record")?);
    // The right answer is nothing at the end of each direction; at the other end it is the two others.
    equal(rows.list(&Ask::order("value").after(greatest)?).await?, Vec::<String>::new())?;
    equal(rows.list(&Ask::order("-value").after(missing)?).await?, Vec::<String>::new())?;
    equal(rows.list(&Ask::order("value").after(missing)?).await?, ["k000", "k002"])?;
    equal(rows.list(&Ask::order("-value").after(greatest)?).await?, ["k000", "k001"])
}

async fn a_position_where_no_record_ever_stood(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([1, 3, 5].map(|value| json!({"value": value, "name": "%"}))).await?;
    let nowhere = rows.record("'; --", json!({"value": 3, "name": "\\"}))?;
    equal(rows.list(&Ask::order("value").after(&nowhere)?).await?, ["k001", "k002"])?;
    equal(rows.list(&Ask::order("-value").after(&nowhere)?).await?, ["k001", "k000"])?;
    equal(rows.list(&Ask::order("name,-value").after(&nowhere)?).await?, Vec::<String>::new())
}

async fn positions_survive_as_cursor_text(world: &World) -> Outcome {
    for field in ["text", "number", "instant", "amount"] {
        world.backend.drop_tenant(&world.tenant).await?;
        let (rows, records) = singles(world, field).await?;
        let order = Order::parse(&rows.model, &format!("-{field}"))?;
        let everything = Predicate::always();
        let query = cursor::Query { ctx: &rows.ctx, model: &rows.model, filter: &everything, order: &order };
        for record in records.iter().step_by(5) {
            let ask = Ask::order(&format!("-{field}")).limit(4).after(record)?;
            let read = query.decode(&query.encode(&Position::of(record, &order)))?;
            let again = Ask { start: Start::After(read), ..ask.clone() };
            equal(rows.list(&again).await?, rows.list(&ask).await?)?;
        }
    }
    Ok(())
}
