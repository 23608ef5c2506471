//! What must be true of a record for a grant to hold.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Value as Json;
use udal_core::access::ConditionOperator;

/// One condition, as it was written; whether it fits a model is for [`Directory::check`](crate::Directory::check).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The field.
    pub field: String,
    /// How it is tested: `equals`, `not_equals`, `in`, `not_in` or `contains`.
    pub operator: String,
    /// What it is tested against.
    pub operand: Json,
}

/// JSON has no order of its own; its text has one.
impl Ord for Condition {
    fn cmp(&self, other: &Self) -> Ordering {
        let names = (&self.field, &self.operator).cmp(&(&other.field, &other.operator));
        names.then_with(|| self.operand.to_string().cmp(&other.operand.to_string()))
    }
}

impl PartialOrd for Condition {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.field, self.operator, self.operand)
    }
}

impl Condition {
    /// The conditions that `json` writes, such as `{"status": {"equals": "active"}}`.
    ///
    /// # Errors
    /// What is wrong with its form.
    pub fn parse_all(json: &Json) -> Result<Vec<Condition>, String> {
        let fields = json.as_object().ok_or("conditions are an object of fields")?;
        let mut conditions = Vec::new();
        for (field, tests) in fields {
            let tests = tests.as_object().filter(|tests| !tests.is_empty());
            let tests = tests.ok_or_else(|| format!("`{}` needs an operator", udal_core::shorten(field)))?;
            conditions.extend(tests.iter().map(|(operator, operand)| Condition {
                field: field.clone(),
                operator: operator.clone(),
                operand: operand.clone(),
            }));
        }
        Ok(conditions)
    }

    /// These conditions as JSON, as [`parse_all`](Condition::parse_all) reads it.
    pub fn to_json<'a>(conditions: impl IntoIterator<Item = &'a Condition>) -> Json {
        let mut fields = serde_json::Map::new();
        for Condition { field, operator, operand } in conditions {
            let tests = fields.entry(field.as_str()).or_insert_with(|| Json::Object(serde_json::Map::new()));
            if let Some(tests) = tests.as_object_mut() {
                tests.insert(operator.clone(), operand.clone());
            }
        }
        Json::Object(fields)
    }
}

impl Condition {
    /// The condition as core knows it; none where its operator is none.
    pub fn to_core(&self) -> Option<udal_core::access::Condition> {
        let operator = ConditionOperator::parse(&self.operator).ok()?;
        Some(udal_core::access::Condition::new(self.field.as_str(), operator, self.operand.clone()))
    }
}
