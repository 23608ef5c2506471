//! What records were.

use serde_json::{Value as Json, json};
use udal_core::ErrorKind::{NotFound, Unsupported};
use udal_core::Ownership;
use udal_core::contract::{BatchMode, FieldChange, MAX_VERSIONS, Moment, Version, Versions, changes_between};
use udal_core::record::Record;
use udal_core::value::Timestamp;

use crate::case::{Case, Failure, Outcome, case};
use crate::changes::Op::{Delete, Update};
use crate::changes::{item, key};
use crate::expect::{equal, fails, holds, same_record, some};
use crate::rows::Rows;
use crate::subject::Need;
use crate::world::World;

pub(super) fn cases() -> Vec<Case> {
    let kept = [
        case!("HISTORY-1", each_change_is_a_version),
        case!("HISTORY-1", a_commit_of_another_record_is_no_version),
        case!("HISTORY-1", batches_make_versions),
        case!("HISTORY-1", who_made_a_version_is_told),
        case!("HISTORY-1", many_versions),
        case!("HISTORY-2", a_delete_is_a_version_without_a_record),
        case!("HISTORY-2", a_delete_among_many_is_found),
        case!("HISTORY-2", a_delete_in_a_batch_is_found),
        case!("HISTORY-2", an_id_that_is_used_again_is_another_record),
        case!("HISTORY-3", the_limit_ends_it),
        case!("HISTORY-4", versions_out_of_reach_are_left_out),
        case!("HISTORY-4", a_record_out_of_reach_now_has_no_past),
        case!("HISTORY-4", a_deleted_record_that_was_out_of_reach_has_no_past),
        case!("HISTORY-5", what_was_never_written_has_no_versions),
        case!("AT-1", a_record_as_it_was_after_each_commit),
        case!("AT-1", a_record_as_it_was_at_each_time),
        case!("AT-1", a_deleted_record_as_it_was),
        case!("AT-2", what_was_out_of_reach_then_or_is_now_is_not_seen),
        case!("AT-3", a_commit_that_is_not_there),
        case!("DIFF-1", what_differs_between_two_versions),
    ];
    let linked = case!("HISTORY-1", a_link_that_is_taken_out_makes_a_version).needs(Need::LinkedHistory);
    let refused = case!("HISTORY-6", what_is_not_kept_is_refused).needs(Need::NoHistory);
    kept.into_iter().map(|case| case.needs(Need::History)).chain([linked, refused]).collect()
}

/// The whole history of the record with that key, which must be complete.
async fn whole(rows: &Rows, key: &str) -> Result<Vec<Version>, Failure> {
    let Versions { versions, is_complete } = rows.history(key, MAX_VERSIONS).await?;
    holds(is_complete, "the history is not complete")?;
    Ok(versions)
}

/// The records of these versions are these, the newest first; none stands for a delete.
fn are(versions: &[Version], expected: &[Option<&Record>]) -> Outcome {
    let told = |record: Option<&Record>| record.map(|record| (record.version(), record.to_json()));
    let got: Vec<_> = versions.iter().map(|version| told(version.record.as_ref())).collect();
    equal(got, expected.iter().map(|record| told(*record)).collect::<Vec<_>>())?;
    let times: Vec<Timestamp> = versions.iter().map(|version| version.at).collect();
    holds(times.is_sorted_by(|later, earlier| later > earlier), format!("they are not the newest first: {times:?}"))
}

/// A record that was made and changed twice, with what it was each time.
async fn three(world: &World) -> Result<(Rows, [Record; 3]), Failure> {
    let rows = world.rows("Plain")?;
    let first = rows.create("a", json!({"name": "one", "value": 1, "tags": ["x"]})).await?;
    let second = rows.update("a", json!({"name": "two", "tags": ["x", "y"]})).await?;
    let third = rows.update("a", json!({"name": null, "value": 3})).await?;
    Ok((rows, [first, second, third]))
}

async fn each_change_is_a_version(world: &World) -> Outcome {
    let (rows, [first, second, third]) = three(world).await?;
    let versions = whole(&rows, "a").await?;
    are(&versions, &[Some(&third), Some(&second), Some(&first)])?;
    same_record(&some(rows.get("a").await?, "record")?, &third)?;
    for version in versions {
        equal(rows.get_at("a", Moment::Commit(version.commit)).await?, version.record)?;
    }
    Ok(())
}

async fn a_commit_of_another_record_is_no_version(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let friends = world.rows("Friend")?;
    rows.create("b", json!({})).await?;
    let first = rows.create("a", json!({"value": 1})).await?;
    for at in 0..3 {
        rows.update("b", json!({"value": at})).await?;
        friends.create(&format!("f{at}"), json!({})).await?;
    }
    let second = rows.update("a", json!({"value": 2})).await?;
    rows.delete("b").await?;
    // An update that is refused, and one of a record of the same key in another model.
    fails(rows.update_if("a", json!({"value": 9}), Some(1)).await, udal_core::ErrorKind::VersionConflict)?;
    friends.create("a", json!({})).await?;
    are(&whole(&rows, "a").await?, &[Some(&second), Some(&first)])
}

async fn batches_make_versions(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let records = rows.fill((0..20).map(|at| json!({"value": at}))).await?;
    let mut expected: Vec<Record> = records.into_iter().skip(7).take(1).collect();
    for (mode, value) in [(BatchMode::Atomic, 100), (BatchMode::PerItem, 200)] {
        let changes: Vec<_> = (0..20).map(|at| item(&format!("k{at:03}"), json!({ "value": value }))).collect();
        equal(rows.all_of(Update, mode, &changes).await?.updated, 20)?;
        expected.extend(rows.get("k007").await?);
    }
    let expected: Vec<_> = expected.iter().rev().map(Some).collect();
    equal(expected.len(), 3)?;
    are(&whole(&rows, "k007").await?, &expected)
}

async fn who_made_a_version_is_told(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    rows.create("a", json!({"owned_by": "ann", "team_id": "red"})).await?;
    let ann = rows.seen_by(&world.user("ann", Some("red"), Ownership::TeamWide)?);
    ann.update("a", json!({"value": 2})).await?;
    let authors: Vec<String> = whole(&rows, "a").await?.into_iter().map(|version| version.author).collect();
    equal(authors, ["ann", "udal"])
}

async fn many_versions(world: &World) -> Outcome {
    const CHANGES: i64 = 24;
    let rows = world.rows("Plain")?;
    let mut expected = vec![rows.create("a", json!({"value": 0})).await?];
    for value in 1..=CHANGES {
        expected.push(rows.update("a", json!({"value": value})).await?);
    }
    are(&whole(&rows, "a").await?, &expected.iter().rev().map(Some).collect::<Vec<_>>())
}

async fn a_delete_is_a_version_without_a_record(world: &World) -> Outcome {
    let (rows, [first, second, third]) = three(world).await?;
    rows.create("b", json!({})).await?;
    some(rows.delete("a").await?, "deleted record")?;
    rows.update("b", json!({"value": 1})).await?;
    are(&whole(&rows, "a").await?, &[None, Some(&third), Some(&second), Some(&first)])
}

async fn a_delete_among_many_is_found(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let records = rows.fill((0..30).map(|at| json!({"value": at}))).await?;
    let write = |at: usize| {
        let (rows, key) = (rows.clone(), format!("k{at:03}"));
        async move {
            match at % 2 {
                0 => rows.update(&key, json!({"value": -1})).await.map(|_| ()),
                _ => rows.delete(&key).await.map(|_| ()),
            }
        }
    };
    world.at_once(30, write).await?.into_iter().collect::<Result<Vec<_>, _>>()?;
    for at in [1, 15, 29] {
        are(&whole(&rows, &format!("k{at:03}")).await?, &[None, records.get(at)])?;
    }
    Ok(())
}

async fn a_delete_in_a_batch_is_found(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let records = rows.fill((0..12).map(|at| json!({"value": at}))).await?;
    let all: Vec<_> = (0..12).map(|at| key(&format!("k{at:03}"))).collect();
    equal(rows.all_of(Delete, BatchMode::Atomic, &all).await?.deleted, 12)?;
    rows.create("later", json!({})).await?;
    are(&whole(&rows, "k009").await?, &[None, records.get(9)])
}

async fn an_id_that_is_used_again_is_another_record(world: &World) -> Outcome {
    let (rows, _) = three(world).await?;
    rows.delete("a").await?;
    let mut anew = rows.record("a", json!({"name": "new"}))?;
    let later = Timestamp::parse("2024-03-02T12:00:00Z").map_err(Failure::new)?;
    anew.set(rows.model.field("created_at")?, Some(udal_core::value::Value::DateTime(later)));
    let anew = rows.write(anew, None).await?.record;
    let changed = rows.update("a", json!({"value": 5})).await?;
    are(&whole(&rows, "a").await?, &[Some(&changed), Some(&anew)])
}

async fn the_limit_ends_it(world: &World) -> Outcome {
    let (rows, [first, second, third]) = three(world).await?;
    for (limit, expected, is_all) in [
        (1, vec![Some(&third)], false),
        (2, vec![Some(&third), Some(&second)], false),
        (3, vec![Some(&third), Some(&second), Some(&first)], true),
        (4, vec![Some(&third), Some(&second), Some(&first)], true),
    ] {
        let Versions { versions, is_complete } = rows.history("a", limit).await?;
        are(&versions, &expected)?;
        equal((limit, is_complete), (limit, is_all))?;
    }
    Ok(())
}

/// A record that was Bob's, then Ann's, and so again.
async fn changing_hands(world: &World) -> Result<(Rows, Vec<Record>), Failure> {
    let rows = world.rows("Plain")?;
    let mut versions = vec![rows.create("a", json!({"owned_by": "bob"})).await?];
    for owner in ["ann", "bob", "ann"] {
        versions.push(rows.update("a", json!({"owned_by": owner})).await?);
    }
    Ok((rows, versions))
}

fn owner(world: &World, rows: &Rows, user: &str) -> Result<Rows, Failure> {
    Ok(rows.seen_by(&world.user(user, None, Ownership::OwnerOnly)?))
}

async fn versions_out_of_reach_are_left_out(world: &World) -> Outcome {
    let (rows, versions) = changing_hands(world).await?;
    are(&whole(&owner(world, &rows, "ann")?, "a").await?, &[versions.get(3), versions.get(1)])?;
    equal(whole(&rows, "a").await?.len(), 4)
}

async fn a_record_out_of_reach_now_has_no_past(world: &World) -> Outcome {
    let (rows, _) = changing_hands(world).await?;
    equal(rows.history("a", 1).await?.versions.len(), 1)?;
    are(&whole(&owner(world, &rows, "bob")?, "a").await?, &[])
}

async fn a_deleted_record_that_was_out_of_reach_has_no_past(world: &World) -> Outcome {
    let (rows, versions) = changing_hands(world).await?;
    rows.delete("a").await?;
    are(&whole(&owner(world, &rows, "bob")?, "a").await?, &[])?;
    are(&whole(&owner(world, &rows, "ann")?, "a").await?, &[None, versions.get(3), versions.get(1)])
}

async fn what_was_never_written_has_no_versions(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    are(&whole(&rows, "a").await?, &[])?;
    equal(
        rows.get_at("a", Moment::Time(Timestamp::parse("2024-05-01T12:00:00Z").map_err(Failure::new)?)).await?,
        None,
    )?;
    world.rows("Friend")?.create("a", json!({})).await?;
    are(&whole(&rows, "a").await?, &[])?;
    rows.create("b", json!({})).await?;
    for key in ["a", "", "B", "b/", "b\"}", "%"] {
        are(&whole(&rows, key).await?, &[])?;
    }
    equal(whole(&rows, "b").await?.len(), 1)
}

async fn a_record_as_it_was_after_each_commit(world: &World) -> Outcome {
    let (rows, [first, second, third]) = three(world).await?;
    let other = rows.create("b", json!({"value": 1})).await?;
    let versions = whole(&rows, "a").await?;
    for (version, expected) in versions.iter().zip([third.clone(), second, first]) {
        equal(rows.get_at("a", Moment::Commit(version.commit.clone())).await?, Some(expected))?;
        equal(rows.get_at("b", Moment::Commit(version.commit.clone())).await?, None)?;
    }
    let later = some(whole(&rows, "b").await?.pop(), "version")?;
    equal(rows.get_at("a", Moment::Commit(later.commit.clone())).await?, Some(third))?;
    equal(rows.get_at("b", Moment::Commit(later.commit)).await?, Some(other))
}

async fn a_record_as_it_was_at_each_time(world: &World) -> Outcome {
    let (rows, [first, second, third]) = three(world).await?;
    let versions = whole(&rows, "a").await?;
    for (version, [before, expected]) in
        versions.iter().zip([[Some(&second), Some(&third)], [Some(&first), Some(&second)], [None, Some(&first)]])
    {
        let earlier = some(Timestamp::from_micros(version.at.as_micros() - 1), "time")?;
        equal(rows.get_at("a", Moment::Time(version.at)).await?.as_ref(), expected)?;
        equal(rows.get_at("a", Moment::Time(earlier)).await?.as_ref(), before)?;
    }
    Ok(())
}

async fn a_deleted_record_as_it_was(world: &World) -> Outcome {
    let (rows, [_, _, third]) = three(world).await?;
    rows.delete("a").await?;
    let versions = whole(&rows, "a").await?;
    let commits: Vec<&str> = versions.iter().map(|version| version.commit.as_str()).collect();
    let [deleted, last, ..] = commits.as_slice() else { return Err(Failure::new("there are too few versions")) };
    equal(rows.get_at("a", Moment::Commit((*last).to_owned())).await?, Some(third))?;
    equal(rows.get_at("a", Moment::Commit((*deleted).to_owned())).await?, None)
}

async fn what_was_out_of_reach_then_or_is_now_is_not_seen(world: &World) -> Outcome {
    let (rows, versions) = changing_hands(world).await?;
    let (ann, bob) = (owner(world, &rows, "ann")?, owner(world, &rows, "bob")?);
    let mut commits = whole(&rows, "a").await?;
    commits.reverse();
    for (at, version) in commits.into_iter().enumerate() {
        let moment = Moment::Commit(version.commit);
        let hers = versions.get(at).filter(|_| at % 2 == 1);
        equal((at, ann.get_at("a", moment.clone()).await?.as_ref()), (at, hers))?;
        // It was his at some of them, and is not now.
        equal((at, bob.get_at("a", moment.clone()).await?), (at, None))?;
        equal((at, rows.get_at("a", moment).await?.as_ref()), (at, versions.get(at)))?;
    }
    Ok(())
}

async fn a_commit_that_is_not_there(world: &World) -> Outcome {
    let (rows, _) = three(world).await?;
    for name in ["", "none", "../main", "a b", "\"", "qz7p0k1nbzgj9y5p6m0f0y9w2vyt1rz"] {
        fails(rows.get_at("a", Moment::Commit(name.to_owned())).await, NotFound)?;
    }
    Ok(())
}

async fn what_differs_between_two_versions(world: &World) -> Outcome {
    let (rows, _) = three(world).await?;
    let versions = whole(&rows, "a").await?;
    let of = |at: usize| some(versions.get(at).and_then(|version| version.record.as_ref()), "version");
    let told = |changes: Vec<FieldChange>| -> Vec<(String, Json, Json)> {
        let json = |value: Option<udal_core::value::Value>| value.map_or(Json::Null, |value| value.to_json());
        changes.into_iter().map(|FieldChange { field, from, to }| (field, json(from), json(to))).collect()
    };
    let owned = |field: &str, from: Json, to: Json| (field.to_owned(), from, to);
    let mut changed = told(changes_between(of(2)?, of(0)?));
    changed.sort_by(|a, b| a.0.cmp(&b.0));
    equal(
        changed,
        vec![
            owned("name", json!("one"), Json::Null),
            owned("tags", json!(["x"]), json!(["x", "y"])),
            owned("value", json!(1), json!(3)),
            owned("version", json!(1), json!(3)),
        ],
    )?;
    equal(told(changes_between(of(1)?, of(1)?)), Vec::new())
}

async fn a_link_that_is_taken_out_makes_a_version(world: &World) -> Outcome {
    let (tags, tagged) = (world.rows("Tag")?, world.rows("Tagged")?);
    tags.create("t", json!({})).await?;
    let first = tagged.create("a", json!({"name": "n", "tag": "Tag/t"})).await?;
    let other = tagged.create("b", json!({})).await?;
    some(tags.delete("t").await?, "deleted tag")?;
    let second = some(tagged.get("a").await?, "record")?;
    holds(second.value("tag").is_none(), "the link is there")?;
    are(&whole(&tagged, "a").await?, &[Some(&second), Some(&first)])?;
    are(&whole(&tagged, "b").await?, &[Some(&other)])
}

async fn what_is_not_kept_is_refused(world: &World) -> Outcome {
    let rows = world.rows("Plain")?;
    let record = rows.create("a", json!({})).await?;
    fails(rows.history("a", 1).await, Unsupported)?;
    fails(rows.get_at("a", Moment::Commit("1".to_owned())).await, Unsupported)?;
    let created = some(record.created_at(), "time")?;
    fails(rows.get_at("a", Moment::Time(created)).await, Unsupported).map(drop)
}
