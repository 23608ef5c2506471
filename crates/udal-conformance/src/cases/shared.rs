//! Models that every tenant reads: one set of records, which few may write.
//!
//! The records are everyone's, and drop with no tenant: each case keeps to ids and a tag of its own, and deletes them.

use serde_json::json;
use udal_core::contract::BatchMode;
use udal_core::{AccessContext, Context, ErrorKind, Ownership};

use crate::case::{Case, Failure, Outcome, case};
use crate::expect::{equal, fails, holds, same_record, some};
use crate::rows::Rows;
use crate::subject::Need;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    let cases = vec![
        case!("TENANT-6", every_tenant_reads_the_same_records),
        case!("TENANT-6", a_change_is_seen_by_every_tenant),
        case!("TENANT-6", an_id_is_taken_for_every_tenant),
        case!("TENANT-6", create_without_the_permission_is_denied),
        case!("TENANT-6", update_and_delete_without_the_permission_are_denied),
        case!("TENANT-6", a_batch_without_the_permission_is_denied),
        case!("TENANT-6", the_permission_is_enough),
        case!("TENANT-6", reads_do_not_take_the_permission),
        case!("TENANT-6", drop_tenant_keeps_them),
        case!("TENANT-6", reading_them_makes_no_tenant),
    ];
    cases.into_iter().map(|case| case.needs(Need::Tables)).collect()
}

/// The shared records, and a key and tag that no other case has.
fn shared(world: &World) -> Result<(Rows, String), Failure> {
    Ok((world.rows("Shared")?, world.tenant.to_string()))
}

/// Someone who sees the team `red`, with or without the permission to write what everyone reads.
fn reader(world: &World, permission: bool) -> Result<Context, Failure> {
    let shared = world.rows("Shared")?;
    let access = AccessContext::user("ann", Some("red"))?.permit_all(shared.model.subject(), &Ownership::TeamWide);
    let access = if permission { access.permit_shared_reference_write() } else { access };
    Ok(world.asker(access.build()))
}

async fn every_tenant_reads_the_same_records(world: &World) -> Outcome {
    let (rows, key) = shared(world)?;
    let record = rows.create(&key, json!({"name": "one", "tag": key})).await?;
    let there = world.rows_of(&world.other_tenant()?, "Shared")?;
    same_record(&some(there.get(&key).await?, "record in the other tenant")?, &record)?;
    there.finds(json!({"tag": key}), &[&key]).await?;
    equal(there.search(&key, &["tag"]).await?, [key.clone()])?;
    holds(rows.delete(&key).await?.is_some(), "it was not deleted")
}

async fn a_change_is_seen_by_every_tenant(world: &World) -> Outcome {
    let (rows, key) = shared(world)?;
    let there = world.rows_of(&world.other_tenant()?, "Shared")?;
    rows.create(&key, json!({"name": "one", "tag": key})).await?;
    let changed = there.update(&key, json!({"name": "two"})).await?;
    same_record(&some(rows.get(&key).await?, "record")?, &changed)?;
    holds(there.delete(&key).await?.is_some(), "it was not deleted")?;
    equal(rows.get(&key).await?, None)
}

async fn an_id_is_taken_for_every_tenant(world: &World) -> Outcome {
    let (rows, key) = shared(world)?;
    let there = world.rows_of(&world.other_tenant()?, "Shared")?;
    rows.create(&key, json!({"name": "one", "tag": key})).await?;
    fails(there.try_create(&key, json!({"name": "two", "tag": key})).await, ErrorKind::AlreadyExists)?;
    there.finds(json!({"tag": key, "name": "one"}), &[&key]).await?;
    holds(rows.delete(&key).await?.is_some(), "it was not deleted")
}

async fn create_without_the_permission_is_denied(world: &World) -> Outcome {
    let (rows, key) = shared(world)?;
    let ann = rows.seen_by(&reader(world, false)?);
    let members = json!({"name": "x", "tag": key, "team_id": "red", "owned_by": "ann"});
    fails(ann.try_create(&key, members).await, ErrorKind::Denied)?;
    // The right answer is nothing: nothing was written.
    equal(rows.count(json!({"tag": key})).await?, 0)
}

async fn update_and_delete_without_the_permission_are_denied(world: &World) -> Outcome {
    let (rows, key) = shared(world)?;
    let record = rows.create(&key, json!({"name": "x", "tag": key, "team_id": "red"})).await?;
    let ann = rows.seen_by(&reader(world, false)?);
    fails(ann.update(&key, json!({"name": "y"})).await, ErrorKind::Denied)?;
    fails(ann.delete(&key).await, ErrorKind::Denied)?;
    same_record(&some(rows.get(&key).await?, "record")?, &record)?;
    holds(rows.delete(&key).await?.is_some(), "it was not deleted")
}

async fn a_batch_without_the_permission_is_denied(world: &World) -> Outcome {
    let (rows, key) = shared(world)?;
    let ann = rows.seen_by(&reader(world, false)?);
    let record = rows.record(&key, json!({"name": "x", "tag": key, "team_id": "red"}))?;
    fails(ann.batch(BatchMode::Atomic, [Ok((0, record.clone()))]).await, ErrorKind::Denied)?;
    // Item by item it may be an answer for the item, or for all of them: nothing can be written in either.
    match ann.batch(BatchMode::PerItem, [Ok((0, record))]).await {
        Ok(report) => {
            let kinds: Vec<ErrorKind> = report.failures.iter().map(|failure| failure.error.kind()).collect();
            equal((report.created, kinds), (0, vec![ErrorKind::Denied]))?;
        }
        Err(error) => equal(error.kind(), ErrorKind::Denied)?,
    }
    equal(rows.count(json!({"tag": key})).await?, 0)
}

async fn the_permission_is_enough(world: &World) -> Outcome {
    let (rows, key) = shared(world)?;
    let ann = rows.seen_by(&reader(world, true)?);
    ann.create(&key, json!({"name": "x", "tag": key, "team_id": "red"})).await?;
    equal(ann.update(&key, json!({"name": "y"})).await?.version(), 2)?;
    rows.finds(json!({"tag": key, "name": "y"}), &[&key]).await?;
    holds(ann.delete(&key).await?.is_some(), "it was not deleted")
}

async fn reads_do_not_take_the_permission(world: &World) -> Outcome {
    let (rows, key) = shared(world)?;
    let (red, none) = (key.clone(), format!("{key}-teamless"));
    rows.create(&red, json!({"name": "x", "tag": key, "team_id": "blue", "owned_by": "bob"})).await?;
    rows.create(&none, json!({"name": "x", "tag": key})).await?;
    // The permission is about writing. What every tenant reads is of no tenant's team and no user's own.
    let ann = rows.seen_by(&reader(world, false)?);
    ann.finds(json!({"tag": key}), &[&red, &none]).await?;
    // To see them takes the permission to view them.
    let nobody = rows.seen_by(&world.asker(AccessContext::user("ann", Some("red"))?.build()));
    equal((nobody.get(&red).await?, nobody.count(json!({"tag": key})).await?), (None, 0))?;
    rows.delete(&red).await?;
    holds(rows.delete(&none).await?.is_some(), "it was not deleted")
}

async fn drop_tenant_keeps_them(world: &World) -> Outcome {
    let (rows, key) = shared(world)?;
    world.rows("Plain")?.create("a", json!({})).await?;
    let record = rows.create(&key, json!({"name": "x", "tag": key})).await?;
    world.backend.drop_tenant(&world.tenant).await?;
    same_record(&some(rows.get(&key).await?, "record")?, &record)?;
    holds(rows.delete(&key).await?.is_some(), "it was not deleted")
}

async fn reading_them_makes_no_tenant(world: &World) -> Outcome {
    let (rows, key) = shared(world)?;
    equal(rows.count(json!({"tag": key})).await?, 0)?;
    holds(!world.backend.list_tenants().await?.contains(&world.tenant), "a read made the tenant")
}
