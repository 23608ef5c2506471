//! People and what they own: the records over which reach is tested.

use serde_json::json;
use udal_core::access::People;
use udal_core::record::Record;
use udal_core::value::Value;
use udal_core::{Context, Ownership};

use crate::case::{Failure, Outcome};
use crate::corpus;
use crate::expect::some;
use crate::rows::Rows;
use crate::world::World;

/// An ownership policy, as user `ann` of team `red` has it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Policy {
    TeamWide,
    OwnerOnly,
    AssignedOnly,
    Hierarchical,
    /// Team-wide, without a team: sees nothing.
    Teamless,
}

impl Policy {
    /// `ann`'s context under this policy; below her are `bob` and `Ann`.
    pub(crate) fn context(self, world: &World) -> Result<Context, Failure> {
        let below = || People::new(["bob", "Ann"]);
        match self {
            Policy::TeamWide => world.user("ann", Some("red"), Ownership::TeamWide),
            Policy::OwnerOnly => world.user("ann", Some("red"), Ownership::OwnerOnly),
            Policy::AssignedOnly => world.user("ann", Some("red"), Ownership::AssignedOnly),
            Policy::Hierarchical => world.user("ann", Some("red"), Ownership::Hierarchical(below())),
            Policy::Teamless => world.user("ann", None, Ownership::TeamWide),
        }
    }

    /// The keys of the records of [`fill`] that she reaches, by id: said literally.
    pub(crate) fn reached(self) -> &'static [&'static str] {
        match self {
            Policy::TeamWide => &["anns", "bobs-red", "nobodys-red"],
            Policy::OwnerOnly => &["anns", "anns-blue", "anns-teamless"],
            Policy::AssignedOnly => &["anns", "anns-blue", "anns-teamless", "cids-for-ann"],
            Policy::Hierarchical => {
                &["Anns", "anns", "anns-blue", "anns-teamless", "bobs-for-ann-bob", "bobs-red", "cids-for-ann"]
            }
            // The right answer is nothing: a team-wide policy without a team is incomplete, and incomplete sees nothing.
            Policy::Teamless => &[],
        }
    }

    /// The members of a new record that she reaches, where there is one, and of one that she does not.
    pub(crate) fn writes(self) -> (Option<serde_json::Value>, serde_json::Value) {
        let out = json!({"owned_by": "cid", "team_id": "blue"});
        match self {
            Policy::TeamWide => (Some(json!({"owned_by": "cid", "team_id": "red"})), out),
            Policy::OwnerOnly => (Some(json!({"owned_by": "ann"})), json!({"owned_by": "cid", "assigned_to": ["ann"]})),
            Policy::AssignedOnly => (Some(json!({"owned_by": "cid", "assigned_to": ["zoe", "ann"]})), out),
            Policy::Hierarchical => (Some(json!({"owned_by": "bob"})), json!({"owned_by": "cid", "team_id": "red"})),
            Policy::Teamless => (None, json!({"owned_by": "ann"})),
        }
    }
}

/// The records over which reach is tested, in `Plain`, each with the name `some name`.
pub(crate) async fn fill(world: &World) -> Result<(Rows, Vec<Record>), Failure> {
    let rows = world.rows("Plain")?;
    let name = rows.model.field("name")?;
    let mut records = Vec::new();
    for (key, members) in [
        ("anns", json!({"owned_by": "ann", "team_id": "red"})),
        ("anns-blue", json!({"owned_by": "ann", "team_id": "blue"})),
        ("anns-teamless", json!({"owned_by": "ann"})),
        ("Anns", json!({"owned_by": "Ann", "team_id": "Red"})),
        ("bobs-red", json!({"owned_by": "bob", "team_id": "red"})),
        ("bobs-for-ann-bob", json!({"owned_by": "bob", "team_id": "blue", "assigned_to": ["bob", "annabel"]})),
        ("cids-for-ann", json!({"owned_by": "cid", "team_id": "blue", "assigned_to": ["zoe", "ann"]})),
        ("cids-for-bob", json!({"owned_by": "cid", "team_id": "blue", "assigned_to": ["bob"]})),
        ("nobodys-red", json!({"team_id": "red"})),
        ("nobodys", json!({})),
        ("someones-%", json!({"owned_by": "%", "team_id": "%", "assigned_to": ["%"]})),
    ] {
        let mut record = rows.record(key, members)?;
        record.set(name, Some(Value::from("some name")));
        records.push(record);
    }
    rows.store(&records).await?;
    Ok((rows, records))
}

/// Writes the records that references of the corpus lead to.
pub(crate) async fn befriend(world: &World) -> Outcome {
    let friends = world.rows("Friend")?;
    for key in corpus::FRIENDS {
        friends.create(key, json!({})).await?;
    }
    Ok(())
}

/// Records of `Single`, written: each value of the corpus in that field, some twice, and two records without one.
pub(crate) async fn singles(world: &World, field: &str) -> Result<(Rows, Vec<Record>), Failure> {
    let rows = world.rows("Single")?;
    let values = corpus::values(&some(rows.model.find(field), field)?.field_type().scalar);
    let repeated = values.iter().step_by(3).chain(&values);
    let mut members: Vec<_> = repeated.map(|value| json!({ field: value })).collect();
    // Missing values stand first, in the middle and last by id, so that no order by id looks right by chance.
    members.insert(0, json!({}));
    members.insert(members.len() / 2, json!({ field: null }));
    members.push(json!({}));
    if field == "friend" {
        befriend(world).await?;
    }
    let records = rows.fill(members).await?;
    Ok((rows, records))
}
