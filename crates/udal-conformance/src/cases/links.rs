//! Links: between linked documents they lead somewhere; between tables they are not checked.

use serde_json::{Value as Json, json};
use udal_core::contract::{BatchMode, Touched};
use udal_core::model::StorageKind;
use udal_core::record::Record;
use udal_core::{Error, ErrorKind, Ownership};

use crate::case::{Case, Failure, Outcome, case};
use crate::expect::{equal, fails, holds, same_record, some};
use crate::rows::Rows;
use crate::subject::Need;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    let links = vec![
        case!("TENANT-1", a_link_does_not_cross_tenants),
        case!("LINK-1", a_create_with_a_link_to_nothing_is_refused),
        case!("LINK-1", every_broken_link_is_listed),
        case!("LINK-1", an_update_with_a_link_to_nothing_is_refused),
        case!("LINK-1", links_that_lead_somewhere_are_kept),
        case!("LINK-1", a_record_may_link_to_itself),
        case!("LINK-1", a_link_to_what_was_deleted_is_refused),
        case!("LINK-1", a_link_may_lead_to_a_hidden_record),
        case!("LINK-2", an_atomic_batch_links_in_any_order),
        case!("LINK-2", an_atomic_batch_with_a_broken_link_writes_nothing),
        case!("LINK-2", item_by_item_links_to_earlier_ones),
        case!("LINK-3", a_record_that_others_link_to_stays, restrict("account")),
        case!("LINK-3", a_record_in_a_set_of_links_stays, restrict("accounts")),
        case!("LINK-3", a_record_in_a_list_of_links_stays, restrict("history")),
        case!("LINK-3", once_the_links_are_gone_it_is_deleted),
        case!("LINK-3", hidden_records_keep_what_they_link_to),
        case!("LINK-3", a_link_to_itself_keeps_nothing),
        case!("LINK-4", unlink_takes_the_links_out),
        case!("LINK-4", unlink_counts_versions_up_and_names_the_records),
        case!("LINK-4", a_required_link_stops_it),
        case!("LINK-5", a_delete_and_new_links_at_one_instant),
        case!("LINK-5", a_delete_that_unlinks_and_new_links_at_one_instant),
        case!("LINK-5", a_delete_and_updates_that_link_at_one_instant),
    ];
    let mut cases: Vec<Case> = links.into_iter().map(|case| case.needs(Need::Documents)).collect();
    cases.push(case!("LINK-6", a_reference_to_another_storage_is_not_checked));
    cases.push(case!("LINK-6", what_references_lead_to_is_deleted_freely));
    cases.push(case!("LINK-6", references_between_tables_are_not_checked).needs(Need::Tables));
    cases
}

/// The field errors of a refusal, as field and code.
fn listed(error: &Error) -> Vec<(&str, &str)> {
    error.field_errors().iter().map(|error| (error.field.split('[').next().unwrap_or(""), error.code)).collect()
}

/// A value of that field that links to `id` among others.
fn link(field: &str, id: &str) -> Json {
    match field {
        "account" | "tag" => json!({ field: id }),
        "history" => json!({ field: ["Account/other", id, id] }),
        _ => json!({ field: ["Account/other", id] }),
    }
}

async fn accounts(world: &World) -> Result<(Rows, Rows), Failure> {
    let (accounts, contacts) = (world.rows("Account")?, world.rows("Contact")?);
    for key in ["acme", "other"] {
        accounts.create(key, json!({"name": key})).await?;
    }
    Ok((accounts, contacts))
}

async fn a_link_does_not_cross_tenants(world: &World) -> Outcome {
    world.rows_of(&world.other_tenant()?, "Account")?.create("acme", json!({})).await?;
    let contacts = world.rows("Contact")?;
    fails(contacts.try_create("ann", json!({"account": "Account/acme"})).await, ErrorKind::InvalidInput)?;
    equal(contacts.count(json!({})).await?, 0)
}

async fn a_create_with_a_link_to_nothing_is_refused(world: &World) -> Outcome {
    let (_, contacts) = accounts(world).await?;
    for (field, value) in [
        ("account", json!("Account/ACME")),
        ("accounts", json!(["Account/acme", "Account/none"])),
        ("history", json!(["Account/acme", "Account/acme", "Account/none"])),
    ] {
        let refused = contacts.try_create("ann", json!({ field: value })).await;
        equal(listed(&fails(refused, ErrorKind::InvalidInput)?), [(field, "broken_link")])?;
    }
    // The right answer is nothing: every create was refused.
    equal(contacts.count(json!({})).await?, 0)
}

async fn every_broken_link_is_listed(world: &World) -> Outcome {
    let (_, contacts) = accounts(world).await?;
    let members = json!({"account": "Account/x", "accounts": ["Account/y", "Account/acme"], "history": ["Account/z"]});
    let error = fails(contacts.try_create("ann", members).await, ErrorKind::InvalidInput)?;
    let mut fields = listed(&error);
    fields.sort_unstable();
    equal(fields, [("account", "broken_link"), ("accounts", "broken_link"), ("history", "broken_link")])
}

async fn an_update_with_a_link_to_nothing_is_refused(world: &World) -> Outcome {
    let (_, contacts) = accounts(world).await?;
    let record = contacts.create("ann", json!({"name": "Ann", "account": "Account/acme"})).await?;
    for changes in [json!({"name": "x", "account": "Account/none"}), json!({"accounts": ["Account/none"]})] {
        fails(contacts.update("ann", changes).await, ErrorKind::InvalidInput)?;
    }
    contacts.hold(&[record]).await?;
    equal(contacts.update("ann", json!({"account": "Account/other"})).await?.version(), 2)
}

async fn links_that_lead_somewhere_are_kept(world: &World) -> Outcome {
    let (_, contacts) = accounts(world).await?;
    let members = json!({"account": "Account/acme", "accounts": ["Account/other", "Account/acme"],
        "history": ["Account/other", "Account/acme", "Account/other"]});
    let record = contacts.create("ann", members).await?;
    contacts.create("bob", json!({"account": "Account/other"})).await?;
    same_record(&some(contacts.get("ann").await?, "record")?, &record)?;
    contacts.finds(json!({"account": "Account/acme"}), &["ann"]).await?;
    contacts.finds(json!({"history": {"has": "Account/other"}}), &["ann"]).await
}

async fn a_record_may_link_to_itself(world: &World) -> Outcome {
    let rows = world.rows("Account")?;
    let record = rows.create("a", json!({"parent": "Account/a"})).await?;
    rows.create("b", json!({})).await?;
    rows.update("b", json!({"parent": "Account/b"})).await?;
    same_record(&some(rows.get("a").await?, "record")?, &record)?;
    rows.finds(json!({"parent": "Account/b"}), &["b"]).await
}

async fn a_link_to_what_was_deleted_is_refused(world: &World) -> Outcome {
    let (accounts, contacts) = accounts(world).await?;
    accounts.delete("acme").await?;
    fails(contacts.try_create("ann", json!({"account": "Account/acme"})).await, ErrorKind::InvalidInput)?;
    contacts.create("ann", json!({"account": "Account/other"})).await?;
    fails(contacts.update("ann", json!({"account": "Account/acme"})).await, ErrorKind::InvalidInput)?;
    contacts.finds(json!({"account": "Account/other"}), &["ann"]).await
}

async fn a_link_may_lead_to_a_hidden_record(world: &World) -> Outcome {
    // The clause speaks of records that are not there: one that is there and hidden does not break the link.
    world.rows("Account")?.create("hidden", json!({"owned_by": "bob"})).await?;
    let contacts = world.rows("Contact")?.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    contacts.create("ann", json!({"account": "Account/hidden", "owned_by": "ann"})).await?;
    contacts.finds(json!({"account": "Account/hidden"}), &["ann"]).await
}

fn numbered(records: Vec<Record>) -> Vec<Result<(u64, Record), Error>> {
    records.into_iter().enumerate().map(|(at, record)| Ok((at as u64, record))).collect()
}

async fn an_atomic_batch_links_in_any_order(world: &World) -> Outcome {
    let rows = world.rows("Account")?;
    let link = |key: &str, parent: &str| rows.record(key, json!({"parent": format!("Account/{parent}")}));
    // A chain backwards and forwards, and a ring.
    let records = vec![
        link("a", "b")?,
        link("b", "c")?,
        rows.record("c", json!({}))?,
        link("d", "c")?,
        link("e", "f")?,
        link("f", "e")?,
    ];
    rows.batch(BatchMode::Atomic, numbered(records.clone())).await?;
    rows.hold(&records).await
}

async fn an_atomic_batch_with_a_broken_link_writes_nothing(world: &World) -> Outcome {
    let rows = world.rows("Account")?;
    let before = rows.create("before", json!({})).await?;
    let records = vec![
        rows.record("a", json!({"parent": "Account/b"}))?,
        rows.record("b", json!({"parent": "Account/before"}))?,
        rows.record("c", json!({"parent": "Account/none"}))?,
    ];
    let error = fails(rows.batch(BatchMode::Atomic, numbered(records)).await, ErrorKind::InvalidInput)?;
    holds(error.message().contains('2'), format!("it says: {}", error.message()))?;
    equal(listed(&error), [("parent", "broken_link")])?;
    rows.hold(&[before]).await
}

async fn item_by_item_links_to_earlier_ones(world: &World) -> Outcome {
    let rows = world.rows("Account")?;
    let link = |key: &str, parent: &str| rows.record(key, json!({"parent": format!("Account/{parent}")}));
    let records = vec![
        rows.record("a", json!({}))?,
        link("b", "a")?,
        link("c", "d")?,
        link("d", "b")?,
        link("e", "c")?,
        link("f", "f")?,
    ];
    let kept: Vec<Record> = [0, 1, 3, 5].iter().filter_map(|at: &usize| records.get(*at).cloned()).collect();
    let report = rows.batch(BatchMode::PerItem, numbered(records)).await?;
    let failed: Vec<_> = report.failures.iter().map(|failure| (failure.index, failure.error.kind())).collect();
    // `c` links to a later one, and `e` to one that failed.
    equal((report.created, failed), (4, vec![(2, ErrorKind::InvalidInput), (4, ErrorKind::InvalidInput)]))?;
    rows.hold(&kept).await
}

async fn restrict(world: &World, field: &str) -> Outcome {
    let (accounts, contacts) = accounts(world).await?;
    let contact = contacts.create("ann", link(field, "Account/acme")).await?;
    let account = some(accounts.get("acme").await?, "account")?;
    fails(accounts.delete("acme").await, ErrorKind::StillLinked)?;
    fails(accounts.delete_if("acme", Some(1)).await, ErrorKind::StillLinked)?;
    same_record(&some(accounts.get("acme").await?, "account")?, &account)?;
    contacts.hold(&[contact]).await
}

async fn once_the_links_are_gone_it_is_deleted(world: &World) -> Outcome {
    let (accounts, contacts) = accounts(world).await?;
    for (at, field) in ["account", "accounts", "history"].iter().enumerate() {
        contacts.create(&format!("c{at}"), link(field, "Account/acme")).await?;
    }
    contacts.update("c0", json!({"account": null})).await?;
    fails(accounts.delete("acme").await, ErrorKind::StillLinked)?;
    contacts.update("c1", json!({"accounts": ["Account/other"]})).await?;
    fails(accounts.delete("acme").await, ErrorKind::StillLinked)?;
    contacts.delete("c2").await?;
    holds(accounts.delete("acme").await?.is_some(), "it was not deleted")
}

async fn hidden_records_keep_what_they_link_to(world: &World) -> Outcome {
    let (accounts, contacts) = (world.rows("Account")?, world.rows("Contact")?);
    accounts.create("anns", json!({"owned_by": "ann"})).await?;
    contacts.create("bobs", json!({"owned_by": "bob", "account": "Account/anns"})).await?;
    let ann = accounts.seen_by(&world.user("ann", None, Ownership::OwnerOnly)?);
    fails(ann.delete("anns").await, ErrorKind::StillLinked)?;
    contacts.finds(json!({"account": "Account/anns"}), &["bobs"]).await
}

async fn a_link_to_itself_keeps_nothing(world: &World) -> Outcome {
    let rows = world.rows("Account")?;
    rows.create("a", json!({"parent": "Account/a"})).await?;
    // Others that link to it do; its own link goes with it.
    rows.create("b", json!({"parent": "Account/a"})).await?;
    fails(rows.delete("a").await, ErrorKind::StillLinked)?;
    rows.delete("b").await?;
    holds(rows.delete("a").await?.is_some(), "it was not deleted")
}

async fn tags(world: &World) -> Result<(Rows, Rows), Failure> {
    let (tags, tagged) = (world.rows("Tag")?, world.rows("Tagged")?);
    for key in ["red", "blue"] {
        tags.create(key, json!({})).await?;
    }
    let both = json!(["Tag/red", "Tag/blue"]);
    tagged.create("one", json!({"name": "n", "tag": "Tag/red", "tags": ["Tag/red"], "history": ["Tag/red"]})).await?;
    tagged.create("many", json!({"tags": both, "history": ["Tag/blue", "Tag/red", "Tag/blue", "Tag/red"]})).await?;
    tagged.create("none", json!({"tag": "Tag/blue"})).await?;
    Ok((tags, tagged))
}

async fn unlink_takes_the_links_out(world: &World) -> Outcome {
    let (tags, tagged) = tags(world).await?;
    holds(tags.delete("red").await?.is_some(), "it was not deleted")?;
    let one = some(tagged.get("one").await?, "record")?.to_json();
    equal(
        [one.get("tag"), one.get("tags"), one.get("history")],
        [Some(&Json::Null), Some(&json!([])), Some(&json!([]))],
    )?;
    equal(one.get("name"), Some(&json!("n")))?;
    let many = some(tagged.get("many").await?, "record")?.to_json();
    equal(
        [many.get("tags"), many.get("history")],
        [Some(&json!(["Tag/blue"])), Some(&json!(["Tag/blue", "Tag/blue"]))],
    )?;
    tagged.finds(json!({"tags": {"is_null": true}}), &["none", "one"]).await
}

async fn unlink_counts_versions_up_and_names_the_records(world: &World) -> Outcome {
    let (tags, tagged) = tags(world).await?;
    let untouched = some(tagged.get("none").await?, "record")?;
    tagged.update("many", json!({"name": "x"})).await?;
    let deleted = some(tags.delete("red").await?, "deleted record")?;
    let touched = |id: &str, version| Touched { model: "Tagged".to_owned(), id: id.to_owned(), version };
    equal(deleted.record.id(), "Tag/red")?;
    equal(deleted.unlinked, vec![touched("Tagged/many", 3), touched("Tagged/one", 2)])?;
    equal(some(tagged.get("many").await?, "record")?.version(), 3)?;
    same_record(&some(tagged.get("none").await?, "record")?, &untouched)
}

async fn a_required_link_stops_it(world: &World) -> Outcome {
    let (tags, tagged) = tags(world).await?;
    let labelled = world.rows("Labelled")?;
    let label = labelled.create("l", json!({"tag": "Tag/red"})).await?;
    let before = tagged.all().await?;
    fails(tags.delete("red").await, ErrorKind::StillLinked)?;
    tagged.hold(&before).await?;
    labelled.hold(&[label]).await?;
    holds(tags.get("red").await?.is_some(), "it was deleted")?;
    equal(some(tags.delete("blue").await?, "deleted record")?.unlinked.len(), 2)
}

/// What `Account` or `Tag` records link to is there, whoever came first.
async fn no_link_to_nothing(linkers: &Rows, targets: &Rows) -> Outcome {
    for record in linkers.all().await? {
        for (field, id) in record.links() {
            let there = targets.get_id(id).await?.is_some();
            holds(there, format!("`{}` of {} links to {id}, which is not there", field.name(), record.id()))?;
        }
    }
    Ok(())
}

async fn a_delete_and_new_links_at_one_instant(world: &World) -> Outcome {
    race(world, "Account", "Contact", |at| match at % 3 {
        0 => json!({"account": "Account/x"}),
        1 => json!({"accounts": ["Account/x"]}),
        _ => json!({"history": ["Account/x"]}),
    })
    .await
}

async fn a_delete_that_unlinks_and_new_links_at_one_instant(world: &World) -> Outcome {
    race(world, "Tag", "Tagged", |at| if at % 2 == 0 { json!({"tag": "Tag/x"}) } else { json!({"tags": ["Tag/x"]}) })
        .await
}

async fn race(world: &World, target: &str, linker: &str, members: fn(usize) -> Json) -> Outcome {
    let (targets, linkers) = (world.rows(target)?, world.rows(linker)?);
    for round in 0..8 {
        targets.create("x", json!({})).await?;
        let act = |at: usize| {
            let (targets, linkers) = (targets.clone(), linkers.clone());
            async move {
                match at {
                    3 => targets.delete("x").await.map(|_| ()),
                    _ => linkers.try_create(&format!("{round}-{at}"), members(at)).await.map(|_| ()),
                }
            }
        };
        for error in world.at_once(7, act).await?.into_iter().filter_map(Result::err) {
            let refused = matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::StillLinked);
            holds(refused, format!("round {round}: {error:?}"))?;
        }
        no_link_to_nothing(&linkers, &targets).await?;
        for key in linkers.keys(&linkers.all().await?) {
            linkers.delete(&key).await?;
        }
        targets.delete("x").await?;
    }
    Ok(())
}

async fn a_delete_and_updates_that_link_at_one_instant(world: &World) -> Outcome {
    let (targets, linkers) = (world.rows("Account")?, world.rows("Contact")?);
    linkers.fill((0..6).map(|_| json!({}))).await?;
    for round in 0..8 {
        targets.create("x", json!({})).await?;
        let act = |at: usize| {
            let (targets, linkers) = (targets.clone(), linkers.clone());
            async move {
                match at {
                    6 => targets.delete("x").await.map(|_| ()),
                    _ => linkers.update(&format!("k{at:03}"), json!({"account": "Account/x"})).await.map(|_| ()),
                }
            }
        };
        for error in world.at_once(7, act).await?.into_iter().filter_map(Result::err) {
            let refused = matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::StillLinked);
            holds(refused, format!("round {round}: {error:?}"))?;
        }
        no_link_to_nothing(&linkers, &targets).await?;
        for at in 0..6 {
            linkers.update(&format!("k{at:03}"), json!({"account": null})).await?;
        }
        targets.delete("x").await?;
    }
    Ok(())
}

async fn a_reference_to_another_storage_is_not_checked(world: &World) -> Outcome {
    let (model, field) = match world.storage {
        StorageKind::Terminusdb => ("Visitor", "row"),
        StorageKind::Postgresql => ("Contact", "account"),
    };
    let rows = world.rows(model)?;
    let target = if field == "row" { "Foreign" } else { "Account" };
    let records = rows.fill([json!({ field: format!("{target}/nobody's 😀") }), json!({})]).await?;
    rows.hold(&records).await?;
    rows.update("k001", json!({ field: format!("{target}/none") })).await?;
    rows.finds(json!({ field: format!("{target}/none") }), &["k001"]).await
}

async fn what_references_lead_to_is_deleted_freely(world: &World) -> Outcome {
    // In a document store the reference leads into a table, which is another backend's; here nothing holds the document.
    let rows = world.rows("Visitor")?;
    rows.fill([json!({"row": "Foreign/a", "rows": ["Foreign/a", "Foreign/b"]}), json!({})]).await?;
    holds(rows.delete("k000").await?.is_some(), "it was not deleted")?;
    equal(rows.count(json!({})).await?, 1)
}

async fn references_between_tables_are_not_checked(world: &World) -> Outcome {
    let (accounts, contacts) = accounts(world).await?;
    let contact = contacts.create("ann", json!({"account": "Account/acme", "accounts": ["Account/none"]})).await?;
    holds(accounts.delete("acme").await?.is_some_and(|deleted| deleted.unlinked.is_empty()), "it was not deleted")?;
    contacts.hold(&[contact]).await
}
