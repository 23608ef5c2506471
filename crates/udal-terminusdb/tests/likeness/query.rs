//! Answers to GraphQL requests, with the habits that the server's source shows.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use regex::Regex;
use serde_json::{Map, Value as Json, json};

use super::graphql::{Selection, members};
use super::store::{BASE, Database};

/// Answers a request.
pub(crate) fn answer(database: &Database, selections: &[Selection]) -> Result<Json, String> {
    let mut data = Map::new();
    for selection in selections {
        let answer = if selection.name == "_count" { count(database, selection)? } else { nodes(database, selection)? };
        data.insert(selection.alias.clone(), answer);
    }
    Ok(Json::Object(data))
}

fn count(database: &Database, selection: &Selection) -> Result<Json, String> {
    let Some((class, filter)) = selection.arguments.iter().next() else { return Err("count of nothing".to_owned()) };
    if !database.classes.contains_key(class) {
        return Err(format!("Unknown argument \"{class}\" on field \"_count\" of type \"Query\""));
    }
    // Repeats are counted.
    Ok(json!(filtered(database, class, filter, of_class(database, class))?.len()))
}

fn of_class<'a>(database: &'a Database, class: &str) -> Vec<&'a str> {
    let is_one = |members: &Map<String, Json>| members["@type"] == class;
    database.documents.iter().filter(|(_, members)| is_one(members)).map(|(id, _)| id.as_str()).collect()
}

fn nodes(database: &Database, selection: &Selection) -> Result<Json, String> {
    let class = selection.name.as_str();
    if !database.classes.contains_key(class) {
        return Err(format!("Unknown field \"{class}\" on type \"Query\""));
    }
    let arguments = &selection.arguments;
    let mut ids = of_class(database, class);
    let wanted =
        arguments.get("ids").and_then(Json::as_array).cloned().or_else(|| Some(vec![arguments.get("id")?.clone()]));
    if let Some(wanted) = wanted {
        ids.retain(|id| wanted.iter().any(|iri| *iri == format!("{BASE}{id}")));
    }
    if let Some(filter) = arguments.get("filter") {
        ids = filtered(database, class, filter, ids)?;
    }
    if let Some(order) = arguments.get("orderBy") {
        let mut seen = BTreeSet::new();
        ids.retain(|id| seen.insert(*id));
        let terms: Vec<(&str, bool)> = members(order).map(|(name, way)| (name, way == "DESC")).collect();
        ids.sort_by(|a, b| compare_by(database, &terms, a, b));
    }
    let number = |name: &str| arguments.get(name).and_then(Json::as_u64).map(|number| usize::try_from(number).unwrap());
    let ids = ids.into_iter().skip(number("offset").unwrap_or(0)).take(number("limit").unwrap_or(usize::MAX));
    ids.map(|id| node(database, id, &selection.inner)).collect::<Result<Json, String>>()
}

fn node(database: &Database, id: &str, inner: &[Selection]) -> Result<Json, String> {
    let mut answer = Map::new();
    for selection in inner {
        let value = match selection.name.as_str() {
            "_id" => json!(format!("{BASE}{id}")),
            "_json" => json!(Json::Object(database.documents[id].clone()).to_string()),
            back => {
                let (property, class) = back.trim_start_matches('_').rsplit_once("_of_").ok_or("no back link")?;
                let holds = |holder: &&str| {
                    let held = &database.documents[*holder].get(property).cloned().unwrap_or_default();
                    held == id || held.as_array().is_some_and(|items| items.iter().any(|item| item == id))
                };
                let holders = of_class(database, class).into_iter().filter(holds);
                holders.map(|holder| node(database, holder, &selection.inner)).collect::<Result<Json, String>>()?
            }
        };
        answer.insert(selection.alias.clone(), value);
    }
    Ok(Json::Object(answer))
}

fn compare_by(database: &Database, terms: &[(&str, bool)], a: &str, b: &str) -> Ordering {
    let value = |id: &str, name: &str| database.documents[id].get(name).cloned();
    let orders = terms.iter().map(|(name, descending)| {
        let order = match (value(a, name), value(b, name)) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => compare(&untimed(&a), &untimed(&b)),
        };
        if *descending { order.reverse() } else { order }
    });
    orders.fold(Ordering::Equal, Ordering::then)
}

/// Orders compare times themselves and not their texts.
fn untimed(value: &Json) -> Json {
    match value.as_str() {
        Some(text) if text.len() >= 20 && text.as_bytes()[10] == b'T' && text.ends_with('Z') => {
            json!(text.trim_end_matches('Z'))
        }
        _ => value.clone(),
    }
}

fn compare(a: &Json, b: &Json) -> Ordering {
    match (a, b) {
        (Json::String(a), Json::String(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Json::Bool(a), Json::Bool(b)) => a.cmp(b),
        _ => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a.as_f64().partial_cmp(&b.as_f64()).unwrap(),
        },
    }
}

fn filtered<'a>(database: &'a Database, class: &str, filter: &Json, ids: Vec<&'a str>) -> Result<Vec<&'a str>, String> {
    let mut ids = ids;
    for (name, operand) in members(filter) {
        let parts = operand.as_array().map(Vec::as_slice).unwrap_or_default();
        ids = match name {
            "_and" => parts.iter().try_fold(ids, |ids, part| filtered(database, class, part, ids))?,
            "_or" => {
                let branches = parts.iter().map(|part| filtered(database, class, part, ids.clone()));
                branches.collect::<Result<Vec<_>, _>>()?.concat()
            }
            "_not" => {
                let without: BTreeSet<&str> = filtered(database, class, operand, ids.clone())?.into_iter().collect();
                ids.into_iter().collect::<BTreeSet<_>>().difference(&without).copied().collect()
            }
            property => {
                if database.classes[class].get(property).is_none() {
                    return Err(format!("Invalid value for argument \"filter\", expected type \"{class}_Filter\""));
                }
                let mut kept = Vec::new();
                for id in ids {
                    if holds(database, &database.classes[class][property], &database.documents[id], property, operand)?
                    {
                        kept.push(id);
                    }
                }
                kept
            }
        };
    }
    Ok(ids)
}

fn holds(
    database: &Database,
    range: &Json,
    document: &Map<String, Json>,
    property: &str,
    operand: &Json,
) -> Result<bool, String> {
    let Some(value) = document.get(property) else { return Ok(false) };
    let Some((name, inner)) = members(operand).next() else { return Err("a filter without an operator".to_owned()) };
    if name != "someHave" {
        return operator(range.as_str().or(range["@class"].as_str()).unwrap_or_default(), value, operand);
    }
    let class = range["@class"].as_str().unwrap_or_default();
    for element in value.as_array().into_iter().flatten() {
        let holds = match database.classes.contains_key(class) {
            true => !filtered(database, class, inner, vec![element.as_str().unwrap_or_default()])?.is_empty(),
            false => operator(class, element, inner)?,
        };
        if holds {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The first operator that is there, in the server's own order, and no other.
fn operator(range: &str, value: &Json, operand: &Json) -> Result<bool, String> {
    let given = |name: &str| members(operand).find(|(given, _)| *given == name).map(|(_, operand)| operand);
    let names: &[&str] = if range == "xsd:boolean" { &["eq", "ne"] } else { &["eq", "ne", "lt", "le", "gt", "ge"] };
    if let Some((name, operand)) = names.iter().find_map(|name| Some((*name, given(name)?))) {
        let operand = match (range, operand) {
            ("xsd:integer", Json::String(digits)) => json!(digits.parse::<i64>().map_err(|error| error.to_string())?),
            ("xsd:integer", other) => return Err(format!("an integer is a string, not {other}")),
            (_, other) => other.clone(),
        };
        let order = compare(value, &operand);
        return Ok(match name {
            "eq" => order.is_eq(),
            "ne" => order.is_ne(),
            "lt" => order.is_lt(),
            "le" => order.is_le(),
            "gt" => order.is_gt(),
            _ => order.is_ge(),
        });
    }
    let Some(Json::String(expression)) = given("regex") else { return Err(format!("no operator of {operand}")) };
    let expression = Regex::new(expression).map_err(|error| error.to_string())?;
    Ok(expression.is_match(value.as_str().unwrap_or_default()))
}
