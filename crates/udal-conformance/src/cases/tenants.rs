//! Tenants: apart from one another, made when needed, gone when dropped.

use serde_json::json;
use udal_core::ErrorKind;

use crate::case::{Case, Outcome, case};
use crate::expect::{equal, fails, holds, same_record, some};
use crate::rows::Ask;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("TENANT-1", the_same_ids_in_two_tenants_are_two_records),
        case!("TENANT-1", an_update_stays_in_its_tenant),
        case!("TENANT-1", a_delete_stays_in_its_tenant),
        case!("TENANT-1", list_count_and_search_stay_in_their_tenant),
        case!("TENANT-1", idempotency_keys_are_of_one_tenant),
        case!("TENANT-1", slugs_that_contain_one_another_are_apart),
        case!("TENANT-2", reads_of_a_tenant_never_written_find_nothing),
        case!("TENANT-2", reads_make_no_tenant),
        case!("TENANT-2", reads_of_a_model_never_written_find_nothing),
        case!("TENANT-3", the_first_write_makes_the_tenant),
        case!("TENANT-3", the_first_batch_makes_the_tenant),
        case!("TENANT-3", a_write_to_a_tenant_made_before_finds_it),
        case!("TENANT-4", create_tenant_says_whether_it_made_it),
        case!("TENANT-4", create_tenant_asked_again_keeps_the_records),
        case!("TENANT-4", list_tenants_names_each_once_sorted),
        case!("TENANT-5", drop_tenant_says_whether_it_was_there),
        case!("TENANT-5", drop_tenant_removes_every_record),
        case!("TENANT-5", drop_tenant_leaves_the_others),
        case!("TENANT-5", a_tenant_made_again_is_empty),
        case!("TENANT-5", a_tenant_made_again_forgets_idempotency_keys),
    ]
}

async fn the_same_ids_in_two_tenants_are_two_records(world: &World) -> Outcome {
    let (here, there) = (world.rows("Plain")?, world.rows_of(&world.other_tenant()?, "Plain")?);
    let ours = here.create("a", json!({"name": "ours"})).await?;
    let theirs = there.create("a", json!({"name": "theirs"})).await?;
    same_record(&some(here.get("a").await?, "our record")?, &ours)?;
    same_record(&some(there.get("a").await?, "record of theirs")?, &theirs)
}

async fn an_update_stays_in_its_tenant(world: &World) -> Outcome {
    let (here, there) = (world.rows("Plain")?, world.rows_of(&world.other_tenant()?, "Plain")?);
    here.create("a", json!({"name": "ours"})).await?;
    let theirs = there.create("a", json!({"name": "theirs"})).await?;
    there.create("b", json!({})).await?;
    here.update("a", json!({"name": "changed"})).await?;
    same_record(&some(there.get("a").await?, "record of theirs")?, &theirs)?;
    fails(here.update("b", json!({"name": "changed"})).await, ErrorKind::NotFound)?;
    equal(there.find(json!({"name": "changed"})).await?, Vec::<String>::new())
}

async fn a_delete_stays_in_its_tenant(world: &World) -> Outcome {
    let (here, there) = (world.rows("Plain")?, world.rows_of(&world.other_tenant()?, "Plain")?);
    here.create("a", json!({})).await?;
    there.create("a", json!({})).await?;
    there.create("b", json!({})).await?;
    holds(here.delete("b").await?.is_none(), "a record of another tenant was deleted")?;
    holds(here.delete("a").await?.is_some(), "the tenant's own record was not deleted")?;
    equal(there.list(&Ask::everything()).await?, ["a", "b"])
}

async fn list_count_and_search_stay_in_their_tenant(world: &World) -> Outcome {
    let (here, there) = (world.rows("Plain")?, world.rows_of(&world.other_tenant()?, "Plain")?);
    here.fill([json!({"name": "one word"}), json!({"name": "two"})]).await?;
    there.fill([json!({"name": "a word"}), json!({"name": "b word"}), json!({"name": "c"})]).await?;
    equal(here.ordered("-name").await?, ["k001", "k000"])?;
    equal(here.search("word", &["name"]).await?, ["k000"])?;
    equal(there.search("word", &["name"]).await?, ["k000", "k001"])?;
    equal((here.count(json!({})).await?, there.count(json!({})).await?), (2, 3))
}

async fn idempotency_keys_are_of_one_tenant(world: &World) -> Outcome {
    let (here, there) = (world.rows("Plain")?, world.rows_of(&world.other_tenant()?, "Plain")?);
    let first = here.write(here.record("a", json!({"name": "ours"}))?, Some(("key", "print"))).await?;
    let second = there.write(there.record("b", json!({"name": "theirs"}))?, Some(("key", "print"))).await?;
    equal((first.replayed, second.replayed), (false, false))?;
    equal(there.list(&Ask::everything()).await?, ["b"])
}

async fn slugs_that_contain_one_another_are_apart(world: &World) -> Outcome {
    let tenants =
        [world.tenant.clone(), world.longer_tenant("x")?, world.longer_tenant("-")?, world.longer_tenant("-x")?];
    for tenant in &tenants {
        world.rows_of(tenant, "Plain")?.create("a", json!({"name": tenant.as_str()})).await?;
    }
    for tenant in &tenants {
        world.rows_of(tenant, "Plain")?.finds(json!({"name": tenant.as_str()}), &["a"]).await?;
        // Everything there is in a tenant is the one record: no other tenant's shows.
        equal(world.rows_of(tenant, "Plain")?.count(json!({})).await?, 1)?;
    }
    Ok(())
}

async fn reads_of_a_tenant_never_written_find_nothing(world: &World) -> Outcome {
    // The right answer is nothing: that is the clause.
    let rows = world.rows("Plain")?;
    equal(rows.get("a").await?, None)?;
    equal(rows.page(&Ask::order("-name,value")).await?, udal_core::contract::Page::default())?;
    equal(rows.search("word", &[]).await?, Vec::<String>::new())?;
    equal(rows.count(json!({"name": {"is_null": true}})).await?, 0)
}

async fn reads_make_no_tenant(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.get("a").await?;
    rows.all().await?;
    rows.search("word", &[]).await?;
    rows.count(json!({})).await?;
    holds(!world.backend.list_tenants().await?.contains(&world.tenant), "a read made the tenant")?;
    holds(world.backend.create_tenant(&world.tenant).await?, "the tenant was there after reads alone")
}

async fn reads_of_a_model_never_written_find_nothing(world: &World) -> Outcome {
    world.rows("Friend")?.create("a", json!({"name": "word"})).await?;
    // The right answer is nothing: that is the clause.
    reads_of_a_tenant_never_written_find_nothing(world).await
}

async fn the_first_write_makes_the_tenant(world: &World) -> Outcome {
    world.rows("Plain")?.create("a", json!({})).await?;
    holds(world.backend.list_tenants().await?.contains(&world.tenant), "the tenant is not listed")?;
    holds(!world.backend.create_tenant(&world.tenant).await?, "the tenant could be made a second time")
}

async fn the_first_batch_makes_the_tenant(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let records = rows.fill([json!({"value": 1}), json!({"value": 2})]).await?;
    holds(world.backend.list_tenants().await?.contains(&world.tenant), "the tenant is not listed")?;
    rows.hold(&records).await
}

async fn a_write_to_a_tenant_made_before_finds_it(world: &World) -> Outcome {
    holds(world.backend.create_tenant(&world.tenant).await?, "the tenant was there")?;
    let record = world.rows("Plain")?.create("a", json!({"name": "x"})).await?;
    world.rows("Plain")?.hold(&[record]).await
}

async fn create_tenant_says_whether_it_made_it(world: &World) -> Outcome {
    let answers =
        [world.backend.create_tenant(&world.tenant).await?, world.backend.create_tenant(&world.tenant).await?];
    equal(answers, [true, false])
}

async fn create_tenant_asked_again_keeps_the_records(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let records = rows.fill([json!({"name": "x"}), json!({"name": "y"})]).await?;
    equal(world.backend.create_tenant(&world.tenant).await?, false)?;
    rows.hold(&records).await
}

async fn list_tenants_names_each_once_sorted(world: &World) -> Outcome {
    let mut ours = vec![world.longer_tenant("b")?, world.tenant.clone(), world.longer_tenant("a")?];
    for tenant in &ours {
        world.backend.create_tenant(tenant).await?;
    }
    world.rows("Plain")?.create("a", json!({})).await?;
    ours.sort();
    // Other cases make and drop tenants meanwhile: theirs are left out before the lists are compared.
    let listed = world.backend.list_tenants().await?;
    holds(listed.is_sorted(), "the list is not sorted")?;
    let of_ours: Vec<_> = listed.into_iter().filter(|tenant| ours.contains(tenant)).collect();
    equal(of_ours, ours)
}

async fn drop_tenant_says_whether_it_was_there(world: &World) -> Outcome {
    equal(world.backend.drop_tenant(&world.tenant).await?, false)?;
    world.rows("Plain")?.create("a", json!({})).await?;
    equal(world.backend.drop_tenant(&world.tenant).await?, true)?;
    equal(world.backend.drop_tenant(&world.tenant).await?, false)?;
    holds(!world.backend.list_tenants().await?.contains(&world.tenant), "the dropped tenant is listed")
}

async fn drop_tenant_removes_every_record(world: &World) -> Outcome {
    world.rows("Plain")?.fill([json!({"name": "word"}), json!({"name": "other"})]).await?;
    world.rows("Friend")?.create("a", json!({})).await?;
    world.backend.drop_tenant(&world.tenant).await?;
    equal(world.rows("Friend")?.get("a").await?, None)?;
    // The right answer is nothing: that is the clause.
    reads_of_a_tenant_never_written_find_nothing(world).await
}

async fn drop_tenant_leaves_the_others(world: &World) -> Outcome {
    let other = world.longer_tenant("-1")?;
    let record = world.rows_of(&other, "Plain")?.create("a", json!({"name": "x"})).await?;
    world.rows("Plain")?.create("a", json!({})).await?;
    world.backend.drop_tenant(&world.tenant).await?;
    world.rows_of(&other, "Plain")?.hold(&[record]).await?;
    holds(world.backend.list_tenants().await?.contains(&other), "the other tenant is not listed any more")
}

async fn a_tenant_made_again_is_empty(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([json!({"name": "old"}), json!({"name": "older"})]).await?;
    world.backend.drop_tenant(&world.tenant).await?;
    equal(world.backend.create_tenant(&world.tenant).await?, true)?;
    equal(rows.count(json!({})).await?, 0)?;
    let fresh = rows.create("k000", json!({"name": "new"})).await?;
    rows.hold(&[fresh]).await
}

async fn a_tenant_made_again_forgets_idempotency_keys(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.write(rows.record("a", json!({}))?, Some(("key", "print"))).await?;
    world.backend.drop_tenant(&world.tenant).await?;
    let again = rows.write(rows.record("b", json!({}))?, Some(("key", "other print"))).await?;
    equal(again.replayed, false)?;
    equal(rows.list(&Ask::everything()).await?, ["b"])
}
