//! What many do at one instant.

use serde_json::json;
use udal_core::ErrorKind;

use crate::case::{Case, Outcome, case};
use crate::expect::{equal, holds, same_record, some};
use crate::rows::Ask;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    vec![
        case!("TENANT-3", fifty_creates_at_once_make_one_tenant),
        case!("TENANT-3", fifty_creates_of_several_models_at_once),
        case!("TENANT-3", fifty_months_at_once),
        case!("TENANT-3", batches_and_creates_at_once),
        case!("TENANT-4", of_many_that_make_a_tenant_one_does),
        case!("TENANT-5", of_many_that_drop_a_tenant_one_does),
        case!("CREATE-2", of_many_creates_with_one_id_one_succeeds),
        case!("CREATE-2", of_many_creates_with_one_id_in_many_partitions_one_succeeds),
        case!("CREATE-3", of_many_creates_with_one_key_one_writes),
        case!("CREATE-4", one_key_with_many_fingerprints_writes_once),
        case!("UPDATE-2", of_many_updates_none_is_lost),
        case!("UPDATE-2", updates_of_different_fields_are_all_kept),
        case!("UPDATE-3", of_many_updates_of_one_version_one_succeeds),
        case!("DELETE-1", of_many_deletes_one_succeeds),
        case!("DELETE-2", updates_and_a_delete_at_once),
        case!("BATCH-3", of_many_batches_with_one_id_one_writes_it),
    ]
}

async fn fifty_creates_at_once_make_one_tenant(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let create = |at: usize| {
        let rows = rows.clone();
        async move { rows.try_create(&format!("{at:02}"), json!({"value": at})).await }
    };
    let created = world.at_once(50, create).await?.into_iter().collect::<Result<Vec<_>, _>>()?;
    rows.hold(&created).await?;
    let listed = world.backend.list_tenants().await?;
    equal(listed.iter().filter(|tenant| **tenant == world.tenant).count(), 1)
}

async fn fifty_creates_of_several_models_at_once(world: &World) -> Outcome {
    let models = ["Plain", "Friend", "Note", "Account", "Twelve"];
    let create = |at: usize| {
        let (world, model) = (world.clone(), models.get(at % models.len()).copied().unwrap_or("Plain"));
        async move {
            let members = match model {
                "Note" => json!({"title": "x"}),
                "Plain" => json!({}),
                _ => json!({"name": "x"}),
            };
            world.rows(model)?.create(&format!("{at:02}"), members).await
        }
    };
    for created in world.at_once(50, create).await? {
        created?;
    }
    for model in models {
        equal((model, world.rows(model)?.count(json!({})).await?), (model, 10))?;
    }
    Ok(())
}

async fn fifty_months_at_once(world: &World) -> Outcome {
    let rows = world.rows("Sample")?;
    let create = |at: usize| {
        let rows = rows.clone();
        async move {
            let day = format!("{}-{:02}-15", 2020 + at % 25 / 12, at % 25 % 12 + 1);
            rows.try_create(&format!("{at:02}"), json!({"taken_at": format!("{day}T12:00:00Z"), "day": day})).await
        }
    };
    let created = world.at_once(50, create).await?.into_iter().collect::<Result<Vec<_>, _>>()?;
    rows.hold(&created).await?;
    equal(rows.count(json!({"taken_at": {"gte": "2021-01-01T00:00:00Z"}})).await?, 26)
}

async fn batches_and_creates_at_once(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let write = |at: usize| {
        let rows = rows.clone();
        async move {
            if at.is_multiple_of(2) {
                return rows.create(&format!("one-{at}"), json!({})).await.map(|_| ());
            }
            let records = (0..20).map(|item| rows.record(&format!("{at}-{item}"), json!({"value": item})));
            rows.store(&records.collect::<Result<Vec<_>, _>>()?).await
        }
    };
    for written in world.at_once(12, write).await? {
        written?;
    }
    equal((rows.count(json!({})).await?, rows.count(json!({"value": 3})).await?), (126, 6))
}

async fn of_many_that_make_a_tenant_one_does(world: &World) -> Outcome {
    let create = |_| {
        let world = world.clone();
        async move { world.backend.create_tenant(&world.tenant).await }
    };
    let made = world.at_once(20, create).await?.into_iter().collect::<Result<Vec<_>, _>>()?;
    equal(made.into_iter().filter(|made| *made).count(), 1)?;
    world.rows("Plain")?.create("a", json!({})).await?;
    Ok(())
}

async fn of_many_that_drop_a_tenant_one_does(world: &World) -> Outcome {
    world.rows("Plain")?.create("a", json!({})).await?;
    let drop = |_| {
        let world = world.clone();
        async move { world.backend.drop_tenant(&world.tenant).await }
    };
    let dropped = world.at_once(8, drop).await?.into_iter().collect::<Result<Vec<_>, _>>()?;
    equal(dropped.into_iter().filter(|dropped| *dropped).count(), 1)?;
    equal(world.rows("Plain")?.count(json!({})).await?, 0)
}

async fn of_many_creates_with_one_id_one_succeeds(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    for key in ["a", "b", "c"] {
        let create = |at: usize| {
            let rows = rows.clone();
            async move { rows.try_create(key, json!({"value": at})).await }
        };
        let (created, failed): (Vec<_>, Vec<_>) = world.at_once(20, create).await?.into_iter().partition(Result::is_ok);
        let kinds: Vec<_> = failed.into_iter().filter_map(Result::err).map(|error| error.kind()).collect();
        equal(kinds, vec![ErrorKind::AlreadyExists; 19])?;
        let winner = some(created.into_iter().flatten().next(), "winner")?;
        same_record(&some(rows.get(key).await?, "record")?, &winner)?;
    }
    equal(rows.count(json!({})).await?, 3)
}

async fn of_many_creates_with_one_id_in_many_partitions_one_succeeds(world: &World) -> Outcome {
    let rows = world.rows("Sample")?;
    let create = |at: usize| {
        let rows = rows.clone();
        async move {
            let day = format!("20{:02}-01-01", 10 + at);
            rows.try_create("x", json!({"taken_at": format!("{day}T00:00:00Z"), "day": day})).await
        }
    };
    let answers = world.at_once(20, create).await?;
    let kinds: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err().map(udal_core::Error::kind)).collect();
    equal(kinds, vec![ErrorKind::AlreadyExists; 19])?;
    rows.hold(&answers.into_iter().flatten().collect::<Vec<_>>()).await
}

async fn of_many_creates_with_one_key_one_writes(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    for round in 0..3 {
        let create = |at: usize| {
            let rows = rows.clone();
            async move {
                let record = rows.record(&format!("{round}-{at:02}"), json!({"value": round}))?;
                Ok::<_, crate::case::Failure>(rows.write(record, Some((&format!("key {round}"), "print"))).await?)
            }
        };
        let created = world.at_once(20, create).await?.into_iter().collect::<Result<Vec<_>, _>>()?;
        equal(created.iter().filter(|created| !created.replayed).count(), 1)?;
        let first = some(created.first(), "answer")?;
        created.iter().try_for_each(|created| same_record(&created.record, &first.record))?;
        equal(rows.page(&Ask::filter(json!({"value": round}))).await?.records, vec![first.record.clone()])?;
    }
    equal(rows.count(json!({})).await?, 3)
}

async fn one_key_with_many_fingerprints_writes_once(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let create = |at: usize| {
        let rows = rows.clone();
        async move {
            let record = rows.record(&format!("{at:02}"), json!({"value": at}))?;
            Ok::<_, crate::case::Failure>(rows.write(record, Some(("key", &format!("print {at}")))).await)
        }
    };
    let mut written = Vec::new();
    for answer in world.at_once(10, create).await? {
        match answer? {
            Ok(created) => written.push(created.record),
            Err(error) => equal(error.kind(), ErrorKind::InvalidInput)?,
        }
    }
    equal(written.len(), 1)?;
    rows.hold(&written).await
}

async fn of_many_updates_none_is_lost(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.fill([json!({"value": 0}), json!({"value": 0})]).await?;
    let update = |at: usize| {
        let rows = rows.clone();
        async move { rows.update("k000", json!({"value": at})).await }
    };
    let changed = world.at_once(20, update).await?.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut versions: Vec<i64> = changed.iter().map(udal_core::record::Record::version).collect();
    versions.sort_unstable();
    equal(versions, (2..22).collect::<Vec<_>>())?;
    let last = some(changed.into_iter().max_by_key(udal_core::record::Record::version), "last update")?;
    same_record(&some(rows.get("k000").await?, "record")?, &last)?;
    rows.finds(json!({"version": 1}), &["k001"]).await
}

async fn updates_of_different_fields_are_all_kept(world: &World) -> Outcome {
    let rows = world.rows("Twelve")?;
    rows.create("a", json!({"name": "x"})).await?;
    let update = |at: usize| {
        let rows = rows.clone();
        async move { rows.update("a", json!({ format!("f{at}"): at })).await }
    };
    for changed in world.at_once(11, update).await? {
        changed?;
    }
    let read = some(rows.get("a").await?, "record")?;
    equal(read.version(), 12)?;
    let kept: Vec<Option<i64>> = (0..11).map(|at| read.value(&format!("f{at}")).and_then(|v| v.as_int())).collect();
    equal(kept, (0..11).map(Some).collect::<Vec<_>>())
}

async fn of_many_updates_of_one_version_one_succeeds(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.create("a", json!({"value": 0})).await?;
    for version in 1..4 {
        let update = |at: usize| {
            let rows = rows.clone();
            async move { rows.update_if("a", json!({"value": at}), Some(version)).await }
        };
        let answers = world.at_once(20, update).await?;
        let kinds: Vec<_> = answers.iter().filter_map(|a| a.as_ref().err().map(udal_core::Error::kind)).collect();
        equal(kinds, vec![ErrorKind::VersionConflict; 19])?;
        rows.hold(&answers.into_iter().flatten().collect::<Vec<_>>()).await?;
    }
    Ok(())
}

async fn of_many_deletes_one_succeeds(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let records = rows.fill([json!({"name": "x"}), json!({"name": "y"})]).await?;
    let delete = |_| {
        let rows = rows.clone();
        async move { rows.delete("k000").await }
    };
    let answers = world.at_once(20, delete).await?.into_iter().collect::<Result<Vec<_>, _>>()?;
    let deleted: Vec<_> = answers.into_iter().flatten().map(|deleted| deleted.record).collect();
    equal(deleted.iter().collect::<Vec<_>>(), records.first().into_iter().collect::<Vec<_>>())?;
    equal(rows.list(&Ask::everything()).await?, ["k001"])
}

async fn updates_and_a_delete_at_once(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    for round in 0..5 {
        rows.create("a", json!({"value": round})).await?;
        let act = |at: usize| {
            let rows = rows.clone();
            async move {
                match at {
                    4 => rows.delete("a").await.map(|deleted| deleted.map(|deleted| deleted.record)),
                    _ => rows.update("a", json!({"value": at})).await.map(|_| None),
                }
            }
        };
        let answers = world.at_once(10, act).await?;
        let updated = answers.iter().enumerate().filter(|(at, answer)| *at != 4 && answer.is_ok()).count();
        for answer in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            equal(answer.kind(), ErrorKind::NotFound)?;
        }
        let deleted = some(answers.into_iter().flatten().flatten().next(), "deleted record")?;
        holds(
            deleted.version() as usize == updated + 1,
            format!("{updated} updates, then {} deleted", deleted.version()),
        )?;
        equal(rows.get("a").await?, None)?;
    }
    Ok(())
}

async fn of_many_batches_with_one_id_one_writes_it(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let write = |at: usize| {
        let rows = rows.clone();
        async move {
            let mine = rows.record(&format!("own-{at}"), json!({}))?;
            let shared = rows.record("shared", json!({"value": at}))?;
            let mode = udal_core::contract::BatchMode::PerItem;
            Ok::<_, crate::case::Failure>(rows.batch(mode, [Ok((0, mine)), Ok((1, shared))]).await?)
        }
    };
    let reports = world.at_once(8, write).await?.into_iter().collect::<Result<Vec<_>, _>>()?;
    equal(reports.iter().map(|report| report.created).sum::<u64>(), 9)?;
    equal(reports.iter().flat_map(|report| &report.failures).filter(|failure| failure.index == 1).count(), 7)?;
    equal(rows.count(json!({})).await?, 9)
}
