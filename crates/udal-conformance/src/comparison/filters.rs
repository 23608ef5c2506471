//! Random filters, orders and words.

use serde_json::{Map, Value as Json, json};
use udal_core::model::{Field, Model, Scalar, Shape};

use super::chance::Pools;
use crate::dice::Dice;

/// A random filter, at most so deep.
pub(super) fn filter(dice: &mut Dice, model: &Model, pools: &Pools, depth: usize) -> Json {
    let parts = |dice: &mut Dice| -> Vec<Json> {
        let count = dice.below(4);
        (0..count).map(|_| filter(dice, model, pools, depth.saturating_sub(1))).collect()
    };
    match (depth, dice.below(6)) {
        (0, _) | (_, 0 | 1) => test(dice, model, pools),
        (_, 2) => json!({ "and": parts(dice) }),
        (_, 3) => json!({ "or": parts(dice) }),
        (_, 4) => json!({ "not": filter(dice, model, pools, depth.saturating_sub(1)) }),
        _ => {
            let mut members = Map::new();
            for part in [test(dice, model, pools), test(dice, model, pools)] {
                members.extend(part.as_object().cloned().unwrap_or_default());
            }
            Json::Object(members)
        }
    }
}

/// A test of one field.
fn test(dice: &mut Dice, model: &Model, pools: &Pools) -> Json {
    let Some(field) = any_field(dice, model) else { return json!({}) };
    let operator = dice.pick(operators(field)).copied().unwrap_or("is_null");
    let operand = match operator {
        "is_null" => json!(dice.once_in(2)),
        "in" | "not_in" => (0..dice.below(5)).map(|_| pools.element(dice, field)).collect(),
        "contains" | "starts_with" => {
            let text = pools.element(dice, field);
            part(dice, &text)
        }
        _ => pools.element(dice, field),
    };
    json!({ field.name(): { operator: operand } })
}

/// A field, more often a declared one.
fn any_field<'a>(dice: &mut Dice, model: &'a Model) -> Option<&'a Field> {
    let declared: Vec<&Field> = model.declared_fields().map(AsRef::as_ref).collect();
    let every: Vec<&Field> = model.fields().iter().map(AsRef::as_ref).collect();
    let from = if dice.once_in(4) { &every } else { &declared };
    dice.pick(from).copied()
}

fn operators(field: &Field) -> &'static [&'static str] {
    let field_type = field.field_type();
    match (field_type.shape, &field_type.scalar) {
        (_, Scalar::Json) => &["is_null"],
        (Shape::Set | Shape::List, _) => &["has", "has", "has", "is_null"],
        (_, Scalar::Str) => {
            &["eq", "ne", "in", "not_in", "lt", "lte", "gt", "gte", "contains", "contains", "starts_with", "is_null"]
        }
        (_, Scalar::Bool | Scalar::Enum(_) | Scalar::Ref(_)) => &["eq", "ne", "in", "not_in", "is_null"],
        _ => &["eq", "ne", "in", "not_in", "lt", "lte", "gt", "gte", "is_null"],
    }
}

/// A part of a text, whole letters.
fn part(dice: &mut Dice, text: &Json) -> Json {
    let letters: Vec<char> = text.as_str().unwrap_or_default().chars().collect();
    let from = if dice.once_in(2) { 0 } else { dice.below(letters.len()) };
    let count = dice.below(4);
    json!(letters.iter().skip(from).take(count).collect::<String>())
}

/// A random order of up to three fields.
pub(super) fn order(dice: &mut Dice, model: &Model) -> String {
    let sortable: Vec<&Field> =
        model.fields().iter().map(AsRef::as_ref).filter(|field: &&Field| field.field_type().is_sortable()).collect();
    let mut terms: Vec<String> = Vec::new();
    for _ in 0..dice.below(4) {
        let Some(field) = dice.pick(&sortable) else { continue };
        if terms.iter().all(|term| term.trim_start_matches('-') != field.name()) {
            let sign = if dice.once_in(2) { "-" } else { "" };
            terms.push(format!("{sign}{}", field.name()));
        }
    }
    terms.join(",")
}

/// Words to search for, made of parts of what the fields may hold; `None` where there is nothing to search.
pub(super) fn words(dice: &mut Dice, model: &Model, pools: &Pools) -> Option<String> {
    let texts: Vec<&Field> =
        model.declared_fields().map(AsRef::as_ref).filter(|field: &&Field| is_text(field)).collect();
    let count = 1 + dice.below(2);
    let mut words = Vec::new();
    for _ in 0..count {
        let field = dice.pick(&texts)?;
        let text = pools.element(dice, field);
        let word = part(dice, &text).as_str().unwrap_or_default().to_owned();
        words.push(if dice.once_in(2) { word.to_uppercase() } else { word });
    }
    Some(words.join(" ")).filter(|words| !words.trim().is_empty())
}

fn is_text(field: &Field) -> bool {
    field.field_type().shape == Shape::One && field.field_type().scalar == Scalar::Str
}
