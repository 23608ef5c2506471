//! Limits, skips, and what lies out of reach in them.

use serde_json::json;
use udal_core::Ownership;
use udal_core::contract::MAX_LIMIT;

use crate::case::{Case, Failure, Outcome, case};
use crate::expect::{equal, holds};
use crate::rows::{Ask, Rows};
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("LIST-5", a_page_holds_at_most_the_limit),
        case!("LIST-5", it_says_whether_there_are_more),
        case!("LIST-5", a_filter_is_applied_before_the_limit),
        case!("LIST-5", the_greatest_limit),
        case!("LIST-6", skip_leaves_out_the_first),
        case!("LIST-6", skip_past_the_end_finds_nothing),
        case!("LIST-6", skip_counts_what_the_filter_finds),
        case!("LIST-8", hidden_records_take_no_place_in_a_page),
        case!("LIST-8", hidden_records_are_not_skipped),
        case!("LIST-8", hidden_records_are_not_more),
        case!("LIST-8", pages_run_over_hidden_records),
    ]
}

async fn ten(world: &World) -> Result<Rows, Failure> {
    let rows = world.rows("Plain")?;
    rows.fill((0..10).map(|at| json!({"value": 9 - at}))).await?;
    Ok(rows)
}

async fn a_page_holds_at_most_the_limit(world: &World) -> Outcome {
    let rows = ten(world).await?;
    equal(rows.list(&Ask::order("value").limit(3)).await?, ["k009", "k008", "k007"])?;
    equal(rows.list(&Ask::order("-value").limit(1)).await?, ["k000"])?;
    equal(rows.list(&Ask::everything().limit(11)).await?.len(), 10)
}

async fn it_says_whether_there_are_more(world: &World) -> Outcome {
    let rows = ten(world).await?;
    for (limit, more) in [(1, true), (9, true), (10, false), (11, false), (MAX_LIMIT, false)] {
        equal((limit, rows.page(&Ask::everything().limit(limit)).await?.has_more), (limit, more))?;
    }
    equal(rows.page(&Ask::everything().skip(7).limit(3)).await?.has_more, false)?;
    equal(rows.page(&Ask::everything().skip(6).limit(3)).await?.has_more, true)
}

async fn a_filter_is_applied_before_the_limit(world: &World) -> Outcome {
    let rows = ten(world).await?;
    let page = rows.page(&Ask::filter(json!({"value": {"lt": 3}})).limit(2)).await?;
    equal((rows.keys(&page.records).concat(), page.has_more), ("k007k008".to_owned(), true))?;
    equal(rows.page(&Ask::filter(json!({"value": {"lt": 3}})).limit(3)).await?.has_more, false)
}

async fn the_greatest_limit(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let records = (0..=MAX_LIMIT).map(|at| rows.record(&format!("{at:05}"), json!({"value": at})));
    rows.store(&records.collect::<Result<Vec<_>, _>>()?).await?;
    let page = rows.page(&Ask::order("-value").limit(MAX_LIMIT)).await?;
    equal((page.records.len(), page.has_more), (MAX_LIMIT, true))?;
    equal(rows.keys(&page.records).last().map(String::as_str), Some("00001"))
}

async fn skip_leaves_out_the_first(world: &World) -> Outcome {
    let rows = ten(world).await?;
    equal(rows.list(&Ask::order("value").skip(0).limit(2)).await?, ["k009", "k008"])?;
    equal(rows.list(&Ask::order("value").skip(2).limit(2)).await?, ["k007", "k006"])?;
    equal(rows.list(&Ask::order("-value").skip(8)).await?, ["k008", "k009"])
}

async fn skip_past_the_end_finds_nothing(world: &World) -> Outcome {
    let rows = ten(world).await?;
    // The right answer is nothing: that is the clause.
    for skip in [10, 11, 1 << 31, 1 << 62, i64::MAX as u64, u64::MAX] {
        let page = rows.page(&Ask::everything().skip(skip)).await?;
        equal((skip, page.records.len(), page.has_more), (skip, 0, false))?;
    }
    equal(rows.list(&Ask::everything().skip(9)).await?, ["k009"])
}

async fn skip_counts_what_the_filter_finds(world: &World) -> Outcome {
    let rows = ten(world).await?;
    equal(rows.list(&Ask::filter(json!({"value": {"lt": 5}})).skip(3)).await?, ["k008", "k009"])
}

/// Twelve records of which `ann` sees every third; and those, as she sees them.
async fn partly_hidden(world: &World) -> Result<(Rows, Rows), Failure> {
    let rows = world.rows("Plain")?;
    rows.fill((0..12).map(|at| json!({"value": at, "owned_by": if at % 3 == 1 { "ann" } else { "bob" }}))).await?;
    let ann = world.user("ann", None, Ownership::OwnerOnly)?;
    Ok((rows.seen_by(&ann), rows))
}

async fn hidden_records_take_no_place_in_a_page(world: &World) -> Outcome {
    let (anns, rows) = partly_hidden(world).await?;
    equal(anns.list(&Ask::order("value").limit(3)).await?, ["k001", "k004", "k007"])?;
    equal(rows.list(&Ask::order("value").limit(3)).await?, ["k000", "k001", "k002"])
}

async fn hidden_records_are_not_skipped(world: &World) -> Outcome {
    let (anns, rows) = partly_hidden(world).await?;
    equal(anns.list(&Ask::order("-value").skip(1)).await?, ["k007", "k004", "k001"])?;
    equal(rows.list(&Ask::order("-value").skip(10)).await?, ["k001", "k000"])
}

async fn hidden_records_are_not_more(world: &World) -> Outcome {
    let (anns, _) = partly_hidden(world).await?;
    equal(anns.page(&Ask::everything().limit(4)).await?.has_more, false)?;
    equal(anns.page(&Ask::everything().limit(3)).await?.has_more, true)?;
    equal(anns.page(&Ask::everything().skip(2).limit(2)).await?.has_more, false)
}

async fn pages_run_over_hidden_records(world: &World) -> Outcome {
    let (anns, rows) = partly_hidden(world).await?;
    let records = rows.all().await?;
    for (order, size) in [("value", 1), ("-value", 2), ("name,-value", 3), ("id", 2)] {
        equal(anns.walk(&records, order, size).await?, 4_usize.div_ceil(size))?;
    }
    // A position may be that of a record she does not see: it tells nothing of it.
    let hidden = records.get(5).ok_or_else(|| Failure::new("there is no sixth record"))?;
    equal(anns.list(&Ask::order("value").after(hidden)?).await?, ["k007", "k010"])?;
    holds(anns.get_id(hidden.id()).await?.is_none(), "the record is not hidden")
}
