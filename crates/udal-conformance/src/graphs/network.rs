//! A random graph: records of three models, links of every shape between them, and who may see which.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use udal_core::access::{Condition, ConditionOperator, Entitlement, Grant};
use udal_core::model::{Catalog, GroupDeclaration, Model, ModelDeclaration};
use udal_core::{AccessContext, Action, Ownership};

use crate::case::Failure;
use crate::dice::Dice;
use crate::models::GROUP;

/// The models and the fields that link, each with the model it links to.
pub(crate) const LINKS: [(&str, &str, &str); 8] = [
    ("Person", "knows", "Person"),
    ("Person", "boss", "Person"),
    ("Person", "likes", "Place"),
    ("Place", "near", "Place"),
    ("Place", "owner", "Person"),
    ("Note", "about", "Person"),
    // The name of a link that people hold, too.
    ("Note", "likes", "Place"),
    ("Note", "next", "Note"),
];

/// The fields that hold one link.
const SINGLE: [&str; 4] = ["boss", "owner", "about", "next"];

pub(crate) fn catalog() -> Result<Catalog, Failure> {
    let group = GroupDeclaration::new(GROUP)
        .model(
            ModelDeclaration::new("Person")
                .field("value", "Optional[int]")
                .field("shown", "bool")
                .field("knows", "Set[Ref[Person]]")
                .field("boss", "Optional[Ref[Person]]")
                .field("likes", "Optional[List[Ref[Place]]]"),
        )
        .model(
            ModelDeclaration::new("Place")
                // The name of a person's number: a test of the one must not be made of the other.
                .field("value", "Optional[str]")
                .field("near", "Set[Ref[Place]]")
                .field("owner", "Optional[Ref[Person]]"),
        )
        .model(
            ModelDeclaration::new("Note")
                .field("value", "Optional[int]")
                .field("about", "Optional[Ref[Person]]")
                .field("likes", "Set[Ref[Place]]")
                .field("next", "Optional[Ref[Note]]"),
        );
    Catalog::build(vec![group]).map_err(|problems| Failure::new(format!("the suite's models: {problems:?}")))
}

/// A record of the graph, as it was made.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) model: &'static str,
    /// The declared fields that do not link.
    pub(crate) members: BTreeMap<&'static str, Json>,
    /// The ids that each field links to.
    pub(crate) links: BTreeMap<&'static str, Vec<String>>,
    /// Who may see it, besides the operator.
    pub(crate) seen_by: [bool; ASKERS],
}

/// How many users ask.
pub(crate) const ASKERS: usize = 2;

/// The records by their ids.
pub(crate) type Network = BTreeMap<String, Node>;

/// Rolls a graph.
pub(crate) fn roll(dice: &mut Dice) -> Network {
    let mut network = Network::new();
    for (model, count) in [("Person", 9), ("Place", 6), ("Note", 5)] {
        for number in 0..count {
            let node = node(dice, model);
            network.insert(format!("{model}/{number}"), node);
        }
    }
    let ids: Vec<String> = network.keys().cloned().collect();
    for (model, field, target) in LINKS {
        let of = |model: &str| ids.iter().filter(|id| id.starts_with(&format!("{model}/"))).collect::<Vec<_>>();
        let targets = of(target);
        for source in of(model) {
            let most = if SINGLE.contains(&field) { 2 } else { 3 };
            let mut held: Vec<String> = Vec::new();
            for _ in 0..dice.below(most) {
                held.extend(dice.pick(&targets).map(|id| (*id).clone()));
            }
            held.dedup();
            if let Some(node) = network.get_mut(source) {
                node.links.insert(field, held);
            }
        }
    }
    network
}

fn node(dice: &mut Dice, model: &'static str) -> Node {
    let is_shown = !dice.once_in(4);
    let is_of_team = !dice.once_in(5);
    let value = |dice: &mut Dice| match model {
        _ if dice.once_in(4) => Json::Null,
        "Place" => json!(["a", "b", "not a number"].get(dice.below(3))),
        _ => json!(dice.below(4)),
    };
    let mut members = BTreeMap::from([("value", value(dice))]);
    members.insert("team_id", json!(if is_of_team { "red" } else { "blue" }));
    if model == "Person" {
        members.insert("shown", json!(is_shown));
    }
    // The first sees the team's records, of people those that are shown; the second the same without notes and with everyone.
    let seen_by = match model {
        "Person" => [is_of_team && is_shown, is_of_team],
        "Note" => [is_of_team, false],
        _ => [is_of_team, is_of_team],
    };
    Node { model, members, links: BTreeMap::new(), seen_by }
}

/// What the user of that number may do.
pub(crate) fn access(catalog: &Catalog, user: usize) -> Result<AccessContext, Failure> {
    let view = |model: &Model, grant: Grant| {
        (model.permission(Action::View), Entitlement::of(Ownership::TeamWide).grant(grant))
    };
    let mut access = AccessContext::user(&format!("user-{user}"), Some("red"))?;
    for model in catalog.models() {
        let grant = match (model.name(), user) {
            ("Person", 0) => {
                Grant::new("shown").when(Condition::new("shown", ConditionOperator::Equals, Json::Bool(true)))
            }
            ("Note", 1) => continue,
            _ => Grant::new("all"),
        };
        let (permission, entitlement) = view(model, grant);
        access = access.permit(permission, entitlement);
    }
    Ok(access.build())
}
