//! Values as JSON.

use serde_json::{Map, Number, Value as Json};

use super::Value;

impl Value {
    /// The value as the JSON that answers hold.
    pub fn to_json(&self) -> Json {
        match self {
            Value::Str(text) => Json::String(text.clone()),
            Value::Int(number) => Json::from(*number),
            Value::Float(number) => Number::from_f64(*number).map_or(Json::Null, Json::Number),
            Value::Bool(truth) => Json::Bool(*truth),
            Value::DateTime(at) => Json::String(at.to_string()),
            Value::Date(day) => Json::String(day.to_string()),
            Value::Decimal(number) => Json::String(number.to_string()),
            Value::Json(json) => json.clone(),
            Value::Set(elements) | Value::List(elements) => elements.iter().map(Value::to_json).collect(),
        }
    }
}

/// Two to the 64th: the first whole number that JSON integers of ours do not hold.
const PAST_U64: f64 = 18_446_744_073_709_551_616.0;
/// Two to the 63rd, as a float.
const PAST_I64: f64 = 9_223_372_036_854_775_808.0;

/// `json` in the form that every store gives back: whole numbers are integers where 64 bits hold them.
pub fn canonical_json(json: Json) -> Json {
    match json {
        Json::Number(number) => Json::Number(canonical_number(number)),
        Json::Array(items) => items.into_iter().map(canonical_json).collect(),
        Json::Object(members) => {
            let members: Map<String, Json> =
                members.into_iter().map(|(name, member)| (name, canonical_json(member))).collect();
            Json::Object(members)
        }
        other => other,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked before each cast")]
fn canonical_number(number: Number) -> Number {
    if number.is_i64() || number.is_u64() {
        return number;
    }
    match number.as_f64() {
        Some(float) if float.fract() == 0.0 && (-PAST_I64..PAST_I64).contains(&float) => Number::from(float as i64),
        Some(float) if float.fract() == 0.0 && (PAST_I64..PAST_U64).contains(&float) => Number::from(float as u64),
        _ => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whole_numbers_are_integers() {
        assert_eq!(
            canonical_json(json!([1.0, -0.0, 1e15, 0.5, {"a": 2.0}])),
            json!([1, 0, 1_000_000_000_000_000_i64, 0.5, {"a": 2}])
        );
        assert_eq!(canonical_json(json!(1.844_674_407_370_955e19)).to_string(), "18446744073709549568");
        assert_eq!(canonical_json(json!(1e20)), json!(1e20));
    }
}
