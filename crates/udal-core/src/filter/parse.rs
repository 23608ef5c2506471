//! JSON to predicates, bound to a model.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::{Comparison, Predicate, Test};
use crate::error::{Error, ErrorKind, FieldError, MAX_FIELD_ERRORS, Result};
use crate::model::{Field, Model, Scalar, Shape};
use crate::names::{nearest, shorten, suggestion};
use crate::value::{Value, decode_element};

/// How deep a filter may nest.
pub const MAX_DEPTH: usize = 32;
/// How many tests a filter may hold; an empty object or array counts as one.
pub const MAX_CONDITIONS: usize = 1_000;
/// How many values `in` and `not_in` may list.
pub const MAX_LISTED: usize = 10_000;

const OPERATORS: [&str; 12] =
    ["eq", "ne", "in", "not_in", "lt", "lte", "gt", "gte", "contains", "starts_with", "has", "is_null"];

/// Reads a filter such as `{"status": "active", "value": {"gte": 5}, "or": [{"a": 1}, {"not": {"b": 2}}]}`.
///
/// The members of an object must all hold; a bare value means `eq`.
///
/// # Errors
/// [`UnknownName`](ErrorKind::UnknownName) when only unknown fields are wrong with it,
/// [`InvalidInput`](ErrorKind::InvalidInput) otherwise, each with every error and where it stands.
pub fn parse(model: &Model, json: &Json) -> Result<Predicate> {
    read(Names { about: model.name(), fields: model.visible_fields().collect() }, json)
}

/// Reads such a filter of the rows of a result that has these fields; `about` says in errors what it is of.
///
/// # Errors
/// As for [`parse`].
pub fn parse_row(about: &str, fields: &[Arc<Field>], json: &Json) -> Result<Predicate> {
    read(Names { about, fields: fields.iter().collect() }, json)
}

/// What fields a filter may name, and of what they are.
struct Names<'a> {
    about: &'a str,
    fields: Vec<&'a Arc<Field>>,
}

fn read(names: Names<'_>, json: &Json) -> Result<Predicate> {
    let mut reader = Reader { names, errors: Vec::new(), conditions: 0 };
    let predicate = reader.object(json, "", 0);
    if reader.conditions > MAX_CONDITIONS {
        return Err(Error::invalid("the filter holds more than 1,000 conditions")
            .hint("use at most 1,000; `in` takes 10,000 values as one condition"));
    }
    if reader.errors.is_empty() {
        return Ok(predicate);
    }
    let all_unknown = reader.errors.iter().all(|error| error.code == "unknown");
    let kind = if all_unknown { ErrorKind::UnknownName } else { ErrorKind::InvalidInput };
    Err(Error::with_fields(kind, format!("the filter does not fit `{}`", reader.names.about), reader.errors))
}

struct Reader<'a> {
    names: Names<'a>,
    errors: Vec<FieldError>,
    conditions: usize,
}

impl Reader<'_> {
    /// Notes an error; what it answers is never used, because there is an error.
    fn fail(&mut self, error: FieldError) -> Predicate {
        self.errors.push(error);
        Predicate::never()
    }

    fn object(&mut self, json: &Json, path: &str, depth: usize) -> Predicate {
        if depth > MAX_DEPTH {
            return self.fail(FieldError::new(shorten(path), "not_allowed", "the filter nests deeper than 32"));
        }
        match json {
            Json::Object(members) => self.members(members, path, depth),
            _ => {
                let error = FieldError::new(named(path), "wrong_type", "a filter is a JSON object");
                self.fail(error.hint("write such as {\"status\": \"active\", \"value\": {\"gte\": 5}}"))
            }
        }
    }

    fn members(&mut self, members: &Map<String, Json>, path: &str, depth: usize) -> Predicate {
        // What says nothing counts too: a store has to read it all the same.
        self.conditions += usize::from(members.is_empty());
        let mut parts: Vec<Predicate> =
            members.iter().map_while(|(name, member)| self.member(name, member, path, depth)).collect();
        if parts.len() == 1 { parts.pop().unwrap_or_else(Predicate::always) } else { Predicate::All(parts) }
    }

    /// What one member says; none where enough is wrong already.
    fn member(&mut self, name: &str, member: &Json, path: &str, depth: usize) -> Option<Predicate> {
        if self.has_failed() {
            return None;
        }
        let path = join(path, name);
        Some(match name {
            "and" => Predicate::All(self.list(member, &path, depth)),
            "or" => Predicate::Any(self.list(member, &path, depth)),
            "not" => Predicate::Not(Box::new(self.object(member, &path, depth + 1))),
            _ => self.field(name, member, &path),
        })
    }

    /// Whether enough is wrong: what is read from now on is not worth the time.
    fn has_failed(&self) -> bool {
        self.errors.len() >= MAX_FIELD_ERRORS || self.conditions > MAX_CONDITIONS
    }

    fn list(&mut self, json: &Json, path: &str, depth: usize) -> Vec<Predicate> {
        match json {
            Json::Array(items) => {
                self.conditions += usize::from(items.is_empty());
                let each = items.iter().enumerate();
                let object = |(at, item)| {
                    let path = format!("{path}[{at}]");
                    (!self.has_failed()).then(|| self.object(item, &path, depth + 1))
                };
                each.map_while(object).collect()
            }
            _ => vec![self.fail(FieldError::new(path, "wrong_type", "expected an array of filters"))],
        }
    }

    fn field(&mut self, name: &str, json: &Json, path: &str) -> Predicate {
        let Some(field) = self.names.fields.iter().find(|field| field.name() == name) else {
            let message = format!("`{}` has no such field", self.names.about);
            let near = nearest(name, self.names.fields.iter().map(|field| field.name()));
            let error = FieldError::new(shorten(path), "unknown", message).near(near);
            return self.fail(error);
        };
        let field = Arc::clone(field);
        match json {
            Json::Object(tests) if tests.is_empty() => {
                self.fail(FieldError::new(path, "missing", "no operator is given").hint("write such as {\"gte\": 5}"))
            }
            Json::Object(tests) => {
                let parts = tests.iter().map(|(operator, operand)| self.test(&field, operator, operand, path));
                let mut parts: Vec<Predicate> = parts.collect();
                if parts.len() == 1 { parts.pop().unwrap_or_else(Predicate::always) } else { Predicate::All(parts) }
            }
            bare => self.test(&field, "eq", bare, path),
        }
    }

    fn test(&mut self, field: &Arc<Field>, operator: &str, operand: &Json, path: &str) -> Predicate {
        self.conditions += 1;
        let path = if operator == "eq" { path.to_owned() } else { join(path, operator) };
        if !OPERATORS.contains(&operator) {
            let error = FieldError::new(
                shorten(&path),
                "unknown_operator",
                format!("`{}` is not an operator", shorten(operator)),
            );
            let hint = suggestion(operator, OPERATORS, || format!("operators are {}", OPERATORS.join(" ")));
            return self.fail(error.hint(hint));
        }
        field_test(field, operator, operand, &path).unwrap_or_else(|error| self.fail(error))
    }
}

/// The test of a field by one of the [operators](OPERATORS); errors name `path`.
pub(crate) fn field_test(
    field: &Arc<Field>,
    operator: &str,
    operand: &Json,
    path: &str,
) -> std::result::Result<Predicate, FieldError> {
    field.check_unmasked(path)?;
    if let Some(hint) = not_for(field, operator) {
        let message = format!("`{operator}` does not apply to `{}`", field.field_type());
        return Err(FieldError::new(path, "not_allowed", message).hint(hint));
    }
    if operand.is_null() && operator != "is_null" {
        let error = FieldError::new(path, "wrong_type", "nothing compares with null");
        return Err(error.hint("to find missing values write {\"is_null\": true}"));
    }
    match operand_test(field, operator, operand) {
        Ok(test) => Ok(Predicate::Test(Arc::clone(field), test)),
        Err(mut error) => {
            path.clone_into(&mut error.field);
            Err(error)
        }
    }
}

/// Why `operator` is not for `field`, as a hint; `None` when it is.
fn not_for(field: &Field, operator: &str) -> Option<&'static str> {
    let field_type = field.field_type();
    let is_many = field_type.shape != Shape::One;
    match operator {
        "is_null" => None,
        _ if field_type.scalar == Scalar::Json => Some("json can only be tested with `is_null`"),
        "has" => (!is_many).then_some("`has` is for sets and lists; use `eq`"),
        _ if is_many => Some("a set or list is tested with `has` and `is_null`"),
        "contains" | "starts_with" => {
            (field_type.scalar != Scalar::Str).then_some("`contains` and `starts_with` are for `str`")
        }
        "lt" | "lte" | "gt" | "gte" => matches!(field_type.scalar, Scalar::Bool | Scalar::Enum(_) | Scalar::Ref(_))
            .then_some("use `eq`, `ne`, `in` or `not_in`"),
        _ => None,
    }
}

fn operand_test(field: &Field, operator: &str, operand: &Json) -> std::result::Result<Test, FieldError> {
    let comparison = |comparison| decode_element(field, operand).map(|value| Test::Compare(comparison, value));
    let text = || match decode_element(field, operand)? {
        Value::Str(text) => Ok(text),
        _ => Err(FieldError::new(field.name(), "wrong_type", "expected a string")),
    };
    match operator {
        "eq" => comparison(Comparison::Equal),
        "ne" => comparison(Comparison::NotEqual),
        "lt" => comparison(Comparison::Less),
        "lte" => comparison(Comparison::LessOrEqual),
        "gt" => comparison(Comparison::Greater),
        "gte" => comparison(Comparison::GreaterOrEqual),
        "in" => listed(field, operand).map(Test::In),
        "not_in" => listed(field, operand).map(Test::NotIn),
        "contains" => text().map(Test::Contains),
        "starts_with" => text().map(Test::StartsWith),
        "has" => decode_element(field, operand).map(Test::Has),
        _ => match operand.as_bool() {
            Some(true) => Ok(Test::Missing),
            Some(false) => Ok(Test::Present),
            None => Err(FieldError::new(field.name(), "wrong_type", "`is_null` takes true or false")),
        },
    }
}

fn listed(field: &Field, operand: &Json) -> std::result::Result<Arc<[Value]>, FieldError> {
    let Json::Array(items) = operand else {
        return Err(FieldError::new(field.name(), "wrong_type", "expected an array of values"));
    };
    if items.len() > MAX_LISTED {
        return Err(FieldError::new(
            field.name(),
            "too_long",
            format!("lists {} values; the most is 10,000", items.len()),
        ));
    }
    items.iter().map(|item| decode_element(field, item)).collect()
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn named(path: &str) -> &str {
    if path.is_empty() { "filter" } else { path }
}
