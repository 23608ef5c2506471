//! Which type of PostgreSQL keeps which type of a model.

use udal_core::model::{FieldType, Scalar, Shape};

/// A type of PostgreSQL, or an array of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SqlType {
    /// The type, of each element where it is an array.
    pub base: BaseType,
    /// Whether it is an array.
    pub is_array: bool,
}

/// A type of PostgreSQL that is not an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BaseType {
    /// `text`
    Text,
    /// `bigint`
    Int8,
    /// `double precision`
    Float8,
    /// `boolean`
    Bool,
    /// `timestamptz`
    Timestamptz,
    /// `date`
    Date,
    /// `numeric`
    Numeric,
    /// `jsonb`
    Jsonb,
}

impl SqlType {
    /// `text`
    pub const TEXT: SqlType = SqlType::one(BaseType::Text);
    /// `bigint`
    pub const INT8: SqlType = SqlType::one(BaseType::Int8);
    /// `jsonb`
    pub const JSONB: SqlType = SqlType::one(BaseType::Jsonb);

    /// The type `base`.
    pub const fn one(base: BaseType) -> Self {
        SqlType { base, is_array: false }
    }

    /// An array of this type.
    #[must_use]
    pub const fn array(self) -> Self {
        SqlType { base: self.base, is_array: true }
    }

    /// The type as statements write it.
    pub fn name(self) -> &'static str {
        match (self.base, self.is_array) {
            (BaseType::Text, false) => "text",
            (BaseType::Int8, false) => "bigint",
            (BaseType::Float8, false) => "double precision",
            (BaseType::Bool, false) => "boolean",
            (BaseType::Timestamptz, false) => "timestamptz",
            (BaseType::Date, false) => "date",
            (BaseType::Numeric, false) => "numeric",
            (BaseType::Jsonb, false) => "jsonb",
            (BaseType::Text, true) => "text[]",
            (BaseType::Int8, true) => "bigint[]",
            (BaseType::Float8, true) => "double precision[]",
            (BaseType::Bool, true) => "boolean[]",
            (BaseType::Timestamptz, true) => "timestamptz[]",
            (BaseType::Date, true) => "date[]",
            (BaseType::Numeric, true) => "numeric[]",
            (BaseType::Jsonb, true) => "jsonb[]",
        }
    }

    /// The type that `format_type` writes so; `None` where no field is kept as it.
    pub fn of_format(name: &str) -> Option<Self> {
        let (name, is_array) = name.strip_suffix("[]").map_or((name, false), |name| (name, true));
        let base = match name {
            "text" => BaseType::Text,
            "bigint" => BaseType::Int8,
            "double precision" => BaseType::Float8,
            "boolean" => BaseType::Bool,
            "timestamp with time zone" => BaseType::Timestamptz,
            "date" => BaseType::Date,
            "numeric" => BaseType::Numeric,
            "jsonb" => BaseType::Jsonb,
            _ => return None,
        };
        Some(SqlType { base, is_array })
    }

    /// Whether values of it are text, and so have a collation.
    pub fn is_text(self) -> bool {
        self.base == BaseType::Text
    }
}

/// The type that keeps one value of `scalar`.
pub fn scalar_type(scalar: &Scalar) -> SqlType {
    SqlType::one(match scalar {
        Scalar::Str | Scalar::Enum(_) | Scalar::Ref(_) => BaseType::Text,
        Scalar::Int => BaseType::Int8,
        Scalar::Float => BaseType::Float8,
        Scalar::Bool => BaseType::Bool,
        Scalar::DateTime => BaseType::Timestamptz,
        Scalar::Date => BaseType::Date,
        Scalar::Decimal => BaseType::Numeric,
        Scalar::Json => BaseType::Jsonb,
    })
}

/// The type of one element of a field.
pub fn element_type(field_type: &FieldType) -> SqlType {
    scalar_type(&field_type.scalar)
}

/// The type of the column that keeps a field.
pub fn column_type(field_type: &FieldType) -> SqlType {
    match field_type.shape {
        Shape::One => element_type(field_type),
        Shape::Set | Shape::List => element_type(field_type).array(),
    }
}
