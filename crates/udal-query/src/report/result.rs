//! What the rows of a report are ordered by, and what is wrong with a request.

use std::sync::Arc;

use udal_core::FieldError;
use udal_core::model::{Field, Model};
use udal_core::{Error, ErrorKind, Result, nearest, shorten};

/// A column that rows are ordered by; a missing value is below every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sorting {
    /// Where the column stands in the answer.
    pub column: usize,
    /// Whether the highest comes first.
    pub descending: bool,
}

/// Reads such as `-count,test_type`, of columns of an answer.
pub(crate) fn read_order(fields: &[Arc<Field>], text: &str) -> std::result::Result<Vec<Sorting>, FieldError> {
    let mut order: Vec<Sorting> = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (name, descending) = part.strip_prefix('-').map_or((part, false), |name| (name, true));
        let Some(field) = fields.iter().find(|field| field.name() == name) else {
            let message = format!("`{}` is no column of the answer", shorten(name));
            let near = nearest(name, fields.iter().map(|field| field.name()));
            return Err(FieldError::new("order_by", "unknown", message).near(near));
        };
        field.check_unmasked("order_by")?;
        if !field.field_type().is_sortable() {
            let message = format!("`{name}` has no order: it is `{}`", field.field_type());
            return Err(
                FieldError::new("order_by", "not_allowed", message).hint("order by a single value that is not json")
            );
        }
        let sorting = Sorting { column: field.position(), descending };
        if order.iter().any(|before| before.column == sorting.column) {
            return Err(FieldError::new("order_by", "not_allowed", format!("`{name}` stands twice in the order")));
        }
        order.push(sorting);
    }
    Ok(order)
}

/// A limit that can be one.
pub(crate) fn read_limit(limit: Option<u64>) -> std::result::Result<Option<u64>, FieldError> {
    match limit {
        Some(0) => Err(FieldError::new("limit", "out_of_range", "a limit of 0 is out of range").hint("use 1 or more")),
        limit => Ok(limit),
    }
}

/// That a report does not fit the model.
pub(crate) fn unfit(view: &Model, errors: Vec<FieldError>) -> Error {
    let all_unknown = errors.iter().all(|error| error.code == "unknown");
    let kind = if all_unknown { ErrorKind::UnknownName } else { ErrorKind::InvalidInput };
    Error::with_fields(kind, format!("the query does not fit `{}`", view.name()), errors)
}

/// Keeps what is right, and notes what is wrong.
pub(crate) fn note<T>(errors: &mut Vec<FieldError>, read: Result<T>) -> Option<T> {
    match read {
        Ok(read) => Some(read),
        Err(error) => {
            errors.extend(error.field_errors().iter().cloned());
            None
        }
    }
}
