//! Deletes of documents that others link to: refused, or taken out of their links.

use serde_json::{Value as Json, json};
use udal_core::ErrorKind::{StillLinked, VersionConflict};
use udal_core::Ownership;
use udal_core::contract::Touched;
use udal_core::record::Record;
use udal_core::value::Value;

use crate::case::{Case, Failure, Outcome, case};
use crate::expect::{equal, fails, same_record, some};
use crate::rows::Rows;
use crate::subject::Need;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("LINK-3", records_that_link_to_each_other_hold_each_other).needs(Need::Documents),
        case!("LINK-3", a_link_of_another_tenant_holds_nothing).needs(Need::Documents),
        case!("LINK-3", a_linked_record_may_change).needs(Need::Documents),
        case!("LINK-4", links_are_taken_out_and_named).needs(Need::Documents),
        case!("LINK-4", a_record_with_many_links_counts_up_once).needs(Need::Documents),
        case!("LINK-4", other_links_stay).needs(Need::Documents),
        case!("LINK-4", links_out_of_reach_are_taken_out_too).needs(Need::Documents),
        case!("LINK-4", a_required_link_refuses_and_nothing_changes).needs(Need::Documents),
        case!("LINK-4", a_stale_version_unlinks_nothing).needs(Need::Documents),
        case!("LINK-4", a_record_out_of_reach_is_not_unlinked).needs(Need::Documents),
        case!("LINK-4", hundreds_of_links_are_taken_out).needs(Need::Documents),
        case!("LINK-4", another_tenants_links_stay).needs(Need::Documents),
    ]
}

async fn records_that_link_to_each_other_hold_each_other(world: &World) -> Outcome {
    let accounts = world.rows("Account")?;
    accounts.create("a", json!({})).await?;
    accounts.create("b", json!({"parent": "Account/a"})).await?;
    accounts.update("a", json!({"parent": "Account/b"})).await?;
    fails(accounts.delete("a").await, StillLinked)?;
    fails(accounts.delete("b").await, StillLinked)?;
    accounts.update("a", json!({"parent": null})).await?;
    some(accounts.delete("b").await?, "deleted account")?;
    some(accounts.delete("a").await?, "deleted account")?;
    accounts.hold(&[]).await
}

async fn a_link_of_another_tenant_holds_nothing(world: &World) -> Outcome {
    let other = world.other_tenant()?;
    let theirs = world.rows_of(&other, "Account")?;
    let held = vec![theirs.create("a", json!({})).await?, theirs.create("b", json!({"parent": "Account/a"})).await?];
    let accounts = world.rows("Account")?;
    accounts.create("a", json!({})).await?;
    some(accounts.delete("a").await?, "deleted account")?;
    theirs.hold(&held).await
}

async fn a_linked_record_may_change(world: &World) -> Outcome {
    let accounts = world.rows("Account")?;
    accounts.create("a", json!({"name": "n"})).await?;
    let child = accounts.create("b", json!({"parent": "Account/a"})).await?;
    let changed = accounts.update("a", json!({"name": "m"})).await?;
    accounts.hold(&[changed, child]).await
}

/// The record with these members changed, at that version.
fn changed(rows: &Rows, key: &str, members: Json, version: i64) -> Result<Record, Failure> {
    let mut record = rows.record(key, members)?;
    record.set(rows.model.field("version")?, Some(Value::Int(version)));
    Ok(record)
}

fn touched(rows: &Rows, key: &str, version: i64) -> Touched {
    Touched { model: rows.model.name().to_owned(), id: rows.id(key), version }
}

async fn links_are_taken_out_and_named(world: &World) -> Outcome {
    let (tags, tagged) = (world.rows("Tag")?, world.rows("Tagged")?);
    let tag = tags.create("t", json!({"name": "gone"})).await?;
    let other = tags.create("u", json!({})).await?;
    let (t, u) = ("Tag/t", "Tag/u");
    // Written in another order than they are answered; `b` was changed before.
    tagged.create("set", json!({"name": "n", "tags": [u, t]})).await?;
    tagged.create("one", json!({"name": "n", "tag": t})).await?;
    tagged.create("list", json!({"name": "n", "history": [t, u, t, u]})).await?;
    tagged.create("emptied", json!({"tags": [t], "history": [t, t]})).await?;
    tagged.create("One", json!({"tag": t})).await?;
    tagged.update("one", json!({"name": "m"})).await?;
    let untouched = tagged.create("other", json!({"tag": u, "tags": [u], "history": [u]})).await?;
    let deleted = some(tags.delete("t").await?, "deleted tag")?;
    same_record(&deleted.record, &tag)?;
    let expected =
        [("One", 2), ("emptied", 2), ("list", 2), ("one", 3), ("set", 2)].map(|(key, at)| touched(&tagged, key, at));
    equal(deleted.unlinked, expected.to_vec())?;
    tagged
        .hold(&[
            changed(&tagged, "set", json!({"name": "n", "tags": [u]}), 2)?,
            changed(&tagged, "one", json!({"name": "m"}), 3)?,
            changed(&tagged, "list", json!({"name": "n", "history": [u, u]}), 2)?,
            changed(&tagged, "emptied", json!({"history": []}), 2)?,
            changed(&tagged, "One", json!({}), 2)?,
            untouched,
        ])
        .await?;
    tags.hold(&[other]).await?;
    equal(
        tagged.find(json!({"tags": {"is_null": true}, "history": {"is_null": false}})).await?,
        vec!["emptied", "list"],
    )
}

async fn a_record_with_many_links_counts_up_once(world: &World) -> Outcome {
    let (tags, tagged) = (world.rows("Tag")?, world.rows("Tagged")?);
    tags.create("t", json!({})).await?;
    tagged.create("a", json!({"tag": "Tag/t", "tags": ["Tag/t"], "history": ["Tag/t", "Tag/t"]})).await?;
    let deleted = some(tags.delete("t").await?, "deleted tag")?;
    equal(deleted.unlinked, vec![touched(&tagged, "a", 2)])?;
    tagged.hold(&[changed(&tagged, "a", json!({"history": []}), 2)?]).await
}

async fn other_links_stay(world: &World) -> Outcome {
    let (tags, tagged) = (world.rows("Tag")?, world.rows("Tagged")?);
    for key in ["t", "T", "t ", "t/", "tt", "t%", "%"] {
        tags.create(key, json!({})).await?;
    }
    let near = ["Tag/T", "Tag/t ", "Tag/t/", "Tag/tt", "Tag/t%", "Tag/%"];
    let members = |links: &[&str]| json!({"tags": links, "history": links, "tag": near[0]});
    let with: Vec<&str> = near.iter().copied().chain(["Tag/t"]).collect();
    tagged.create("a", members(&with)).await?;
    let untouched = tagged.create("b", members(&near)).await?;
    let deleted = some(tags.delete("t").await?, "deleted tag")?;
    equal(deleted.unlinked, vec![touched(&tagged, "a", 2)])?;
    tagged.hold(&[changed(&tagged, "a", members(&near), 2)?, untouched]).await?;
    equal(tags.count(json!({})).await?, 6)
}

async fn links_out_of_reach_are_taken_out_too(world: &World) -> Outcome {
    let (tags, tagged) = (world.rows("Tag")?, world.rows("Tagged")?);
    tags.create("t", json!({"owned_by": "ann"})).await?;
    tagged.create("bobs", json!({"tag": "Tag/t", "owned_by": "bob"})).await?;
    let ann = world.user("ann", None, Ownership::OwnerOnly)?;
    // What deletes a record may leave no link to nothing behind, whoever holds it.
    let deleted = some(tags.seen_by(&ann).delete("t").await?, "deleted tag")?;
    equal(deleted.unlinked, vec![touched(&tagged, "bobs", 2)])?;
    tagged.hold(&[changed(&tagged, "bobs", json!({"owned_by": "bob"}), 2)?]).await
}

async fn a_required_link_refuses_and_nothing_changes(world: &World) -> Outcome {
    let (tags, tagged, labelled) = (world.rows("Tag")?, world.rows("Tagged")?, world.rows("Labelled")?);
    let tag = tags.create("t", json!({})).await?;
    let first = tagged.create("a", json!({"tag": "Tag/t", "tags": ["Tag/t"]})).await?;
    let second = tagged.create("z", json!({"history": ["Tag/t"]})).await?;
    let required = labelled.create("m", json!({"tag": "Tag/t"})).await?;
    fails(tags.delete("t").await, StillLinked)?;
    fails(tags.delete_if("t", Some(1)).await, StillLinked)?;
    tags.hold(&[tag]).await?;
    tagged.hold(&[first, second]).await?;
    labelled.hold(&[required]).await?;
    labelled.delete("m").await?;
    let deleted = some(tags.delete("t").await?, "deleted tag")?;
    equal(deleted.unlinked, vec![touched(&tagged, "a", 2), touched(&tagged, "z", 2)])
}

async fn a_stale_version_unlinks_nothing(world: &World) -> Outcome {
    let (tags, tagged) = (world.rows("Tag")?, world.rows("Tagged")?);
    let tag = tags.create("t", json!({})).await?;
    let record = tagged.create("a", json!({"tag": "Tag/t"})).await?;
    fails(tags.delete_if("t", Some(2)).await, VersionConflict)?;
    tags.hold(&[tag]).await?;
    tagged.hold(&[record]).await
}

async fn a_record_out_of_reach_is_not_unlinked(world: &World) -> Outcome {
    let (tags, tagged) = (world.rows("Tag")?, world.rows("Tagged")?);
    let tag = tags.create("t", json!({"owned_by": "bob"})).await?;
    let record = tagged.create("a", json!({"tag": "Tag/t", "owned_by": "ann"})).await?;
    let ann = world.user("ann", None, Ownership::OwnerOnly)?;
    equal(tags.seen_by(&ann).delete("t").await?, None)?;
    tags.hold(&[tag]).await?;
    tagged.hold(&[record]).await
}

async fn hundreds_of_links_are_taken_out(world: &World) -> Outcome {
    let (tags, tagged) = (world.rows("Tag")?, world.rows("Tagged")?);
    tags.create("t", json!({})).await?;
    tags.create("u", json!({})).await?;
    tagged.fill((0..700).map(|at| json!({"tag": "Tag/u", "tags": [if at < 600 { "Tag/t" } else { "Tag/u" }]}))).await?;
    let deleted = some(tags.delete("t").await?, "deleted tag")?;
    let expected: Vec<Touched> = (0..600).map(|at| touched(&tagged, &format!("k{at:03}"), 2)).collect();
    equal(deleted.unlinked, expected)?;
    equal(tagged.count(json!({"tags": {"is_null": true}, "version": 2})).await?, 600)?;
    equal(tagged.count(json!({"tag": "Tag/u"})).await?, 700)
}

async fn another_tenants_links_stay(world: &World) -> Outcome {
    let other = world.other_tenant()?;
    world.rows_of(&other, "Tag")?.create("t", json!({})).await?;
    let theirs = world.rows_of(&other, "Tagged")?;
    let record = theirs.create("a", json!({"tag": "Tag/t"})).await?;
    let (tags, tagged) = (world.rows("Tag")?, world.rows("Tagged")?);
    tags.create("t", json!({})).await?;
    tagged.create("a", json!({"tag": "Tag/t"})).await?;
    some(tags.delete("t").await?, "deleted tag")?;
    theirs.hold(&[record]).await?;
    tagged.hold(&[changed(&tagged, "a", json!({}), 2)?]).await
}
