//! Pages as text: the bytes of the records that a page holds.

use serde_json::json;
use udal_core::Ownership;
use udal_core::contract::{MAX_LIMIT, PageEnd, Start};
use udal_core::order::{Order, Position};
use udal_core::record::Record;

use crate::case::{Case, Failure, Outcome, case};
use crate::corpus;
use crate::expect::{equal, holds};
use crate::fixture::{befriend, singles};
use crate::rows::{Ask, Rows};
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("LIST-9", text_holds_strings, single("text")),
        case!("LIST-9", text_holds_integers, single("whole")),
        case!("LIST-9", text_holds_floats, single("number")),
        case!("LIST-9", text_holds_booleans, single("truth")),
        case!("LIST-9", text_holds_instants, single("instant")),
        case!("LIST-9", text_holds_days, single("day")),
        case!("LIST-9", text_holds_decimals, single("amount")),
        case!("LIST-9", text_holds_json, single("anything")),
        case!("LIST-9", text_holds_words, single("choice")),
        case!("LIST-9", text_holds_references, single("friend")),
        case!("LIST-9", text_holds_sets_of_every_type, collections("Sets")),
        case!("LIST-9", text_holds_lists_of_every_type, collections("Lists")),
        case!("LIST-9", text_holds_names_that_are_keywords),
        case!("LIST-9", text_is_in_order_and_of_the_page),
        case!("LIST-9", text_tells_where_the_page_ends),
        case!("LIST-9", text_of_much_comes_whole),
        case!("LIST-9", text_holds_what_is_in_reach),
        case!("LIST-9", text_of_nothing_is_nothing),
        case!("LIST-9", text_that_is_dropped_harms_nobody),
    ]
}

/// The text of these records with that between them.
fn text(records: &[Record], between: &str) -> Result<String, Failure> {
    let texts = records.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>();
    Ok(texts.map_err(|error| Failure::new(error.to_string()))?.join(between))
}

/// A page as text holds the bytes of the records that the page holds, and the same end.
async fn same_as_page(rows: &Rows, ask: &Ask) -> Outcome {
    let page = rows.page(ask).await?;
    let order = Order::parse(&rows.model, &ask.order)?;
    let after = page.records.last().filter(|_| page.has_more).map(|record| Position::of(record, &order));
    for between in [",", "\n", ",\n  "] {
        let (got, end) = rows.text(ask, between).await?;
        equal(got, text(&page.records, between)?)?;
        equal(end, PageEnd { records: page.records.len() as u64, after: after.clone() })?;
    }
    Ok(())
}

async fn single(world: &World, field: &str) -> Outcome {
    let (rows, records) = singles(world, field).await?;
    equal(rows.text(&Ask::everything(), ",").await?.0, text(&records, ",")?)?;
    same_as_page(&rows, &Ask::order(&format!("-{field}")).limit(7)).await.or_else(|failure| {
        // What has no order cannot be ordered by.
        if field == "anything" { Ok(()) } else { Err(failure) }
    })
}

async fn collections(world: &World, model: &str) -> Outcome {
    befriend(world).await?;
    let rows = world.rows(model)?;
    let fields = rows.model.declared_fields();
    let full = fields.map(|field| json!({ field.name(): corpus::values(&field.field_type().scalar) }));
    let one = rows.model.declared_fields().filter_map(|field| {
        let value = corpus::values(&field.field_type().scalar).pop()?;
        Some(json!({ field.name(): [value] }))
    });
    let empty = rows.model.declared_fields().map(|field| json!({ field.name(): [] }));
    let members: Vec<_> = full.chain(one).chain(empty).collect();
    let records = rows.fill(members).await?;
    equal(rows.text(&Ask::everything(), ",").await?.0, text(&records, ",")?)
}

async fn text_holds_names_that_are_keywords(world: &World) -> Outcome {
    let long = "Modelwhosenameisaslongasanameofatablecanbe";
    for model in ["Keyword", "Hidden", "Wide", "Twelve", long] {
        let rows = world.rows(model)?;
        let text_fields = rows.model.declared_fields().filter(|field| field.field_type().to_string().contains("str"));
        let named: Vec<_> = text_fields.map(|field| field.name().to_owned()).collect();
        let members = named.iter().map(|name| {
            let value = if name.ends_with("may_be_2") { json!(["x"]) } else { json!(name) };
            let mut members = json!({ name: value });
            if model == "Twelve" {
                members["name"] = json!("x");
            }
            members
        });
        let records = rows.fill(members.collect::<Vec<_>>()).await?;
        equal(rows.text(&Ask::everything(), ",").await?.0, text(&records, ",")?)?;
    }
    Ok(())
}

async fn text_is_in_order_and_of_the_page(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let member = |at: usize| match at % 4 {
        0 => json!({"value": at / 8}),
        1 => json!({"value": at / 8, "tags": ["b", "a\"", "b", "\u{1}"], "assigned_to": ["zoe", "ann"]}),
        2 => json!({"name": "x\ny"}),
        _ => json!({"value": at % 7, "owned_by": "é", "team_id": "\\"}),
    };
    let records = rows.fill((0..24).map(member)).await?;
    for order in ["", "value", "-value", "name,-value", "-name,value"] {
        let place = records.get(11).ok_or_else(|| Failure::new("there is no twelfth record"))?;
        for limit in [1, 5, 23, 24, 25] {
            let ask = Ask::order(order).limit(limit);
            same_as_page(&rows, &ask).await?;
            same_as_page(&rows, &ask.clone().skip(20)).await?;
            same_as_page(&rows, &ask.after(place)?).await?;
        }
    }
    same_as_page(&rows, &Ask::filter(json!({"value": {"lt": 2}}))).await
}

async fn text_tells_where_the_page_ends(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let records = rows.fill((0..10).map(|at| json!({"value": at % 3}))).await?;
    let mut read = Vec::new();
    let mut ask = Ask::order("-value").limit(4);
    let mut sizes = Vec::new();
    loop {
        let (text, end) = rows.text(&ask, "\n").await?;
        sizes.push(end.records);
        read.extend(text.lines().map(str::to_owned));
        match end.after {
            Some(position) => ask.start = Start::After(position),
            None => break,
        }
    }
    let page = rows.page(&Ask::order("-value")).await?;
    equal(page.records.len(), records.len())?;
    equal((read.join("\n"), sizes), (text(&page.records, "\n")?, vec![4, 4, 2]))
}

/// Some megabytes, which no backend that streams has in one piece.
async fn text_of_much_comes_whole(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let name = |at: usize| format!("{at}{}", ["x", "é\"", "\n"][at % 3].repeat(20_000));
    let records = rows.fill((0..90).map(|at| json!({"name": name(at), "value": at}))).await?;
    for limit in [MAX_LIMIT, 90, 89, 40] {
        let ask = Ask::order("-value").limit(limit);
        let (got, end) = rows.text(&ask, ",").await?;
        let expected: Vec<Record> = records.iter().rev().take(limit).cloned().collect();
        holds(got == text(&expected, ",")?, "the text is another")?;
        equal((end.records, end.after.is_some()), (expected.len() as u64, limit < 90))?;
    }
    Ok(())
}

async fn text_holds_what_is_in_reach(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill((0..12).map(|at| json!({"value": at, "owned_by": if at % 3 == 1 { "ann" } else { "bob" }}))).await?;
    let anns = rows.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    for ask in [Ask::everything(), Ask::order("-value").limit(3), Ask::order("value").skip(1).limit(3)] {
        same_as_page(&anns, &ask).await?;
    }
    equal(anns.text(&Ask::everything(), ",").await?.1, PageEnd { records: 4, after: None })
}

async fn text_of_nothing_is_nothing(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    // The right answer is nothing: the tenant was never made, and then the filter finds none.
    let nothing = (String::new(), PageEnd { records: 0, after: None });
    equal(rows.text(&Ask::everything(), ",").await?, nothing.clone())?;
    rows.create("a", json!({"value": 1})).await?;
    equal(rows.text(&Ask::filter(json!({"value": 2})), ",").await?, nothing.clone())?;
    equal(rows.text(&Ask::everything().skip(1), ",").await?, nothing)?;
    equal(rows.text(&Ask::everything(), ",").await?.1.records, 1)
}

/// More pages than there are connections are begun and never read to their end.
async fn text_that_is_dropped_harms_nobody(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let records = rows.fill((0..60).map(|at| json!({"name": "x".repeat(30_000), "value": at}))).await?;
    for _ in 0..50 {
        drop(rows.begin_text(&Ask::everything()).await?);
    }
    let (got, _) = rows.text(&Ask::everything(), ",").await?;
    holds(got == text(&records, ",")?, "the text is another")
}
