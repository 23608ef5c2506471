//! What TerminusDB keeps a value as.

use udal_core::model::{Field, Scalar};

/// The server's types that values are kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `xsd:string`. Also words of enums, JSON, decimals and ids of records that are not linked; see the decision about types.
    Text,
    /// `xsd:integer`
    Integer,
    /// `xsd:double`
    Float,
    /// `xsd:boolean`
    Boolean,
    /// `xsd:dateTime`
    Instant,
    /// `xsd:date`
    Day,
    /// A node of another class.
    Link,
}

impl Kind {
    pub(crate) fn of(field: &Field) -> Kind {
        match field.field_type().scalar {
            Scalar::Ref(_) if field.is_link() => Kind::Link,
            Scalar::Str | Scalar::Enum(_) | Scalar::Json | Scalar::Decimal | Scalar::Ref(_) => Kind::Text,
            Scalar::Int => Kind::Integer,
            Scalar::Float => Kind::Float,
            Scalar::Bool => Kind::Boolean,
            Scalar::DateTime => Kind::Instant,
            Scalar::Date => Kind::Day,
        }
    }

    /// The range of a property of this kind, unless it is a link.
    pub(crate) fn range(self) -> Option<&'static str> {
        match self {
            Kind::Text => Some("xsd:string"),
            Kind::Integer => Some("xsd:integer"),
            Kind::Float => Some("xsd:double"),
            Kind::Boolean => Some("xsd:boolean"),
            Kind::Instant => Some("xsd:dateTime"),
            Kind::Day => Some("xsd:date"),
            Kind::Link => None,
        }
    }
}
