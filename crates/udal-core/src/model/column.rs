//! Columns of results, beside the fields of models.

use super::{Field, FieldType, Scalar};

/// What a column of a result holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Values of this type; those of a `Ref` are references to records of its model.
    Values(FieldType),
    /// Ids of records of the model of this name, which start with it and a slash.
    Ids(String),
    /// References to records of any model.
    References,
}

impl ColumnKind {
    /// The type of its values.
    pub fn field_type(&self) -> FieldType {
        match self {
            ColumnKind::Values(field_type) => field_type.clone(),
            ColumnKind::Ids(_) | ColumnKind::References => FieldType::optional(Scalar::Str),
        }
    }
}

impl Field {
    /// A column of a result as a field: what is filtered and ordered by.
    pub fn of_result(name: &str, position: usize, field_type: FieldType) -> Self {
        let (name, description) = (name.to_owned(), String::new());
        Field { name, position, field_type, description, link: false, indexed: false, kept_back: None }
    }

    /// This field as a column of a result, under that name and at that position: hidden or masked as it is.
    #[must_use]
    pub fn in_result(&self, name: &str, position: usize) -> Self {
        Field { name: name.to_owned(), position, ..self.clone() }
    }
}
