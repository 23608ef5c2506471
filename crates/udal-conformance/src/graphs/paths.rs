//! Random paths, as trees and as the text that a backend's caller writes.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Value as Json, json};

use super::network::LINKS;
use crate::dice::Dice;

/// A path.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    /// A link of that name, followed back where it says so, to records of one model where it names it.
    Link {
        name: &'static str,
        is_back: bool,
        holder: Option<&'static str>,
    },
    Sequence(Vec<Tree>),
    Any(Vec<Tree>),
    /// At least so often, at most so often.
    Repeat(Box<Tree>, u32, Option<u32>),
    /// A filter as text and as what it means.
    Filtered(Box<Tree>, &'static str, Json),
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, parts: &[Tree], sign: &str| {
            f.write_str("(")?;
            for (at, part) in parts.iter().enumerate() {
                write!(f, "{}{part}", if at > 0 { sign } else { "" })?;
            }
            f.write_str(")")
        };
        match self {
            Tree::Link { name, is_back: false, .. } => f.write_str(name),
            Tree::Link { name, holder: None, .. } => write!(f, "^{name}"),
            Tree::Link { name, holder: Some(holder), .. } => write!(f, "^{holder}.{name}"),
            Tree::Sequence(parts) => joined(f, parts, "/"),
            Tree::Any(parts) => joined(f, parts, " | "),
            Tree::Repeat(inner, 0, None) => write!(f, "({inner})*"),
            Tree::Repeat(inner, 1, None) => write!(f, "({inner})+"),
            Tree::Repeat(inner, 0, Some(1)) => write!(f, "({inner})?"),
            Tree::Repeat(inner, least, None) => write!(f, "({inner}){{{least},}}"),
            Tree::Repeat(inner, least, Some(most)) => write!(f, "({inner}){{{least},{most}}}"),
            Tree::Filtered(inner, text, _) => write!(f, "({inner})[{text}]"),
        }
    }
}

/// The models of the records that may be at hand.
pub(crate) type Models = BTreeSet<&'static str>;

/// Rolls a path from records of these models; answers where it may lead, too.
pub(crate) fn roll(dice: &mut Dice, from: &Models, depth: usize) -> (Tree, Models) {
    match dice.below(if depth == 0 { 2 } else { 8 }) {
        2 | 3 => {
            let (first, middle) = roll(dice, from, depth - 1);
            let (second, to) = roll(dice, &middle, depth - 1);
            (Tree::Sequence(vec![first, second]), to)
        }
        4 => {
            let (first, mut to) = roll(dice, from, depth - 1);
            let (second, also) = roll(dice, from, depth - 1);
            to.extend(also);
            (Tree::Any(vec![first, second]), to)
        }
        5 | 6 => {
            let (inner, to) = roll(dice, from, depth - 1);
            let (least, most) = [(0, None), (1, None), (0, Some(1)), (1, Some(3)), (2, Some(2)), (2, None)]
                .get(dice.below(6))
                .copied()
                .unwrap_or((0, None));
            let to = if least == 0 { to.union(from).copied().collect() } else { to };
            (Tree::Repeat(Box::new(inner), least, most), to)
        }
        7 => {
            let (inner, to) = roll(dice, from, depth - 1);
            let (text, json) = filter(dice, &to);
            (Tree::Filtered(Box::new(inner), text, json), to)
        }
        _ => link(dice, from),
    }
}

fn link(dice: &mut Dice, from: &Models) -> (Tree, Models) {
    let forward = LINKS.iter().filter(|(holder, _, _)| from.contains(holder)).map(|link| (link, false));
    let back = LINKS.iter().filter(|(_, _, target)| from.contains(target)).map(|link| (link, true));
    let choices: Vec<_> = forward.chain(back).collect();
    let ((holder, name, _), is_back) = dice.pick(&choices).copied().unwrap_or((&("Person", "knows", "Person"), false));
    let holder = (is_back && dice.once_in(3)).then_some(*holder);
    // Several models may hold a link of that name.
    let of_name = LINKS.iter().filter(|(_, other, _)| other == name);
    let followed = of_name.filter(|(_, _, target)| !is_back || from.contains(target));
    let followed = followed.filter(|(source, _, _)| is_back || from.contains(source));
    let followed = followed.filter(|(source, _, _)| holder.is_none_or(|holder| holder == *source));
    let to = followed.map(|(source, _, target)| if is_back { *source } else { *target }).collect();
    (Tree::Link { name, is_back, holder }, to)
}

/// A filter that fits records of all these models.
fn filter(dice: &mut Dice, models: &Models) -> (&'static str, Json) {
    let numbers = [
        ("value >= 2", json!({"value": {"gte": 2}})),
        ("not value in (1, 2)", json!({"not": {"value": {"in": [1, 2]}}})),
        ("value != 0", json!({"value": {"ne": 0}})),
    ];
    let texts = [
        ("value = \"a\"", json!({"value": "a"})),
        (
            "value contains \"not\" or value is null",
            json!({"or": [{"value": {"contains": "not"}}, {"value": {"is_null": true}}]}),
        ),
    ];
    let any = [
        ("value is not null", json!({"value": {"is_null": false}})),
        ("team_id = \"red\"", json!({"team_id": "red"})),
        ("version > 5", json!({"version": {"gt": 5}})),
    ];
    let fitting = match (models.contains("Place"), models.len()) {
        (true, 1) => [texts.as_slice(), any.as_slice()].concat(),
        (false, _) => [numbers.as_slice(), any.as_slice()].concat(),
        _ => any.to_vec(),
    };
    dice.pick(&fitting).cloned().unwrap_or(("version > 0", json!({})))
}
