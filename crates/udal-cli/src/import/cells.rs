//! A cell's text to JSON, as the field's type says.

use serde_json::{Number, Value as Json};
use udal::FieldError;
use udal::model::{Field, Scalar, Shape};

/// Reads a cell that is not empty. What does not look like the field's type stays text, for the service to refuse.
pub(super) fn read(field: &Field, text: &str) -> Result<Json, FieldError> {
    let as_text = || Json::String(text.to_owned());
    let field_type = field.field_type();
    if field_type.shape != Shape::One {
        return Ok(serde_json::from_str(text).unwrap_or_else(|_| as_text()));
    }
    match field_type.scalar {
        Scalar::Int | Scalar::Float => {
            Ok(serde_json::from_str::<Number>(text).map_or_else(|_| as_text(), Json::Number))
        }
        Scalar::Bool => Ok(match text {
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            _ => as_text(),
        }),
        Scalar::Json => serde_json::from_str(text).map_err(|error| {
            FieldError::new(field.name(), "wrong_type", format!("the cell is not JSON: {error}"))
                .hint("quote text in it, as in \"text\"")
        }),
        Scalar::Str | Scalar::DateTime | Scalar::Date | Scalar::Decimal | Scalar::Enum(_) | Scalar::Ref(_) => {
            Ok(as_text())
        }
    }
}
