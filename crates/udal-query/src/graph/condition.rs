//! The filter of a step, as the filter in JSON that it means: `[status = "active"]` is `{"status": {"eq": "active"}}`.

use serde_json::{Value as Json, json};
use udal_core::Result;

use super::syntax::{MAX_NESTING, Reader};

/// What compares, and how filters call it.
const SIGNS: [(&str, &str); 6] = [("=", "eq"), ("!=", "ne"), ("<=", "lte"), (">=", "gte"), ("<", "lt"), (">", "gt")];
const WORDS: [&str; 3] = ["contains", "starts_with", "has"];
const HINT: &str = "write such as [status = \"active\" and value >= 5], with = != < <= > >= in contains starts_with has, \
                    is null, and, or, not";

/// Reads what stands in brackets.
pub(super) fn read(reader: &mut Reader) -> Result<Json> {
    any(reader, 0)
}

fn any(reader: &mut Reader, depth: usize) -> Result<Json> {
    if depth > MAX_NESTING {
        return Err(reader.misread("the filter nests deeper than 32"));
    }
    let mut parts = vec![all(reader, depth)?];
    while reader.takes_word("or") {
        parts.push(all(reader, depth)?);
    }
    Ok(one_or(parts, "or"))
}

fn all(reader: &mut Reader, depth: usize) -> Result<Json> {
    let mut parts = vec![one(reader, depth)?];
    while reader.takes_word("and") {
        parts.push(one(reader, depth)?);
    }
    Ok(one_or(parts, "and"))
}

fn one(reader: &mut Reader, depth: usize) -> Result<Json> {
    let mut is_negated = false;
    while reader.takes_word("not") {
        is_negated = !is_negated;
    }
    let part = if reader.takes("(") {
        let part = any(reader, depth + 1)?;
        reader.expect(")", "close the group with )")?;
        part
    } else {
        test(reader)?
    };
    Ok(if is_negated { json!({ "not": part }) } else { part })
}

fn test(reader: &mut Reader) -> Result<Json> {
    let field = reader.word().ok_or_else(|| reader.misread("the name of a field is missing").hint(HINT))?;
    let of_field = |operator: &str, operand: Json| json!({ field.as_str(): { operator: operand } });
    if let Some((_, operator)) = SIGNS.into_iter().find(|(sign, _)| reader.takes(sign)) {
        return Ok(of_field(operator, value(reader)?));
    }
    if let Some(operator) = WORDS.into_iter().find(|word| reader.takes_word(word)) {
        return Ok(of_field(operator, value(reader)?));
    }
    if reader.takes_word("is") {
        let is_null = !reader.takes_word("not");
        if !reader.takes_word("null") {
            return Err(reader.misread("`null` is missing").hint("write `is null` or `is not null`"));
        }
        return Ok(of_field("is_null", Json::Bool(is_null)));
    }
    let operator = if reader.takes_word("not") { "not_in" } else { "in" };
    if !reader.takes_word("in") {
        return Err(reader.misread(format!("`{field}` is not compared with anything")).hint(HINT));
    }
    Ok(of_field(operator, listed(reader)?))
}

fn listed(reader: &mut Reader) -> Result<Json> {
    let hint = "write such as in (\"draft\", \"final\")";
    reader.expect("(", hint)?;
    let mut values = vec![value(reader)?];
    while reader.takes(",") {
        values.push(value(reader)?);
    }
    reader.expect(")", hint)?;
    Ok(Json::Array(values))
}

fn value(reader: &mut Reader) -> Result<Json> {
    if let Some(literal) = reader.literal() {
        return Ok(literal);
    }
    for (word, truth) in [("true", true), ("false", false)] {
        if reader.takes_word(word) {
            return Ok(Json::Bool(truth));
        }
    }
    Err(reader.misread("a value is missing").hint("write a text in double quotes, a number, true or false"))
}

fn one_or(mut parts: Vec<Json>, word: &str) -> Json {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            json!({ word: parts })
        }
    }
}
